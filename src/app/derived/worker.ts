import { setTimeout as sleep } from "node:timers/promises";
import { Clock } from "../../feed/index.ts";
import { DERIVED, toMicros } from "../../model/index.ts";
import { openRegion, sharedRegion } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import type { LanePlace } from "../journal/messages.ts";
import { openMemory } from "../lane/memory.ts";
import { runPart } from "../parts/inside.ts";
import type { Inside } from "../parts/inside.ts";
import { LaneSource } from "./lane-source.ts";
import type { DerivedData, DerivedMessage, DerivedOrder } from "./messages.ts";
import { DerivedOutput } from "./output.ts";
import { pipelinesOf } from "./pipelines.ts";
import { DerivedRunner } from "./runner.ts";

/** The part that makes derived figures, thread or process: reads the other lanes, writes its own. */

/** Longest time between two looks at the lanes: a ring holds seconds of the busiest. */
const LOOK_MS = 50;
const TELL_MS = 250;
/** The wall's second has surely come, us. */
const BEHIND_US = 500;

runPart<DerivedData, DerivedOrder, DerivedMessage>(async (inside) => {
  const { config, lanes, buffer: before } = inside.data;
  const settings = config.derived!;
  const { handle, note } = await openMemory(config, { name: DERIVED, isolation: settings.isolation }, before);
  const runner = new DerivedRunner(
    pipelinesOf(settings),
    (hear) => lanes.map((lane) => new LaneSource(lane.name, memoryOf(lane), hear)),
    (codeOf) => new DerivedOutput(handle.region, codeOf),
  );
  const buffer = handle.path === null ? (handle.buffer as SharedArrayBuffer) : null;
  const state = { stopping: false };
  const released = new Promise<void>((go) => {
    inside.onMessage(({ type }) => {
      state.stopping ||= type === "stop";
      go();
    });
    if (!inside.data.hold) go();
  });
  inside.post({ type: "region", path: handle.path, buffer, note });
  await released;
  await run(runner, inside, state);
  handle.close();
  await inside.end();
});

function memoryOf({ path, buffer }: LanePlace): RegionHandle {
  return path === null ? sharedRegion(buffer!) : openRegion(path);
}

async function run(
  runner: DerivedRunner,
  inside: Inside<DerivedData, DerivedOrder, DerivedMessage>,
  state: { readonly stopping: boolean },
): Promise<void> {
  const clock = new Clock();
  const time = { lo: 0, hi: 0 };
  const now = (): number => {
    clock.read(time);
    return toMicros(time.hi, time.lo);
  };
  let told = 0;
  while (!state.stopping) {
    const more = runner.step(now);
    if (performance.now() - told > TELL_MS) {
      told = performance.now();
      inside.post({ type: "standing", standing: runner.standing() });
    }
    const due = (runner.left(now()) + BEHIND_US) / 1000;
    await sleep(more ? 0 : Math.max(1, Math.min(LOOK_MS, due)));
  }
  inside.post({ type: "standing", standing: runner.standing() });
}
