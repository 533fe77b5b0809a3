import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chaosScript } from "../../src/app/chaos/script.ts";
import { MAX_FRAME, startRig } from "../../src/app/chaos/rig.ts";
import type { Rig, RigOptions } from "../../src/app/chaos/rig.ts";
import { aboutOf, replayTape } from "../../src/app/tape/replay.ts";
import type { TapeReplay } from "../../src/app/tape/replay.ts";
import { startTape } from "../../src/app/tape/start.ts";
import type { RunningTape } from "../../src/app/tape/start.ts";
import type { FeedOptions } from "../../src/feed/index.ts";
import { EventReader } from "../../src/log/index.ts";
import type { Region } from "../../src/log/index.ts";
import { heapRegion, openTape } from "../../src/store/index.ts";

const ORIGIN = 1_795_000_000_000_000;
const SLOT_WORDS = 16;

export interface Recording {
  readonly dir: string;
  readonly region: Region;
  readonly feeds: readonly FeedOptions[];
  readonly faults: readonly string[];
  /** Of the tape. */
  readonly warnings: readonly string[];
  remove(): void;
}

export interface RecordOptions extends RigOptions {
  readonly realMs: number;
  /** Faults a simulated minute at each venue. */
  readonly perMinute: number;
  readonly ringBytes?: number;
  /** What else happens, once the lane runs. */
  readonly during?: (rig: Rig, tape: RunningTape) => Promise<void>;
}

/** Records a lane that listens to simulated venues while faults strike. */
export async function record(options: RecordOptions): Promise<Recording> {
  const { realMs, perMinute, during, ringBytes, ...rest } = options;
  const warnings: string[] = [];
  const dir = mkdtempSync(join(tmpdir(), "feedhorn-tape-"));
  let tape: RunningTape | null = null;
  const rig = await startRig({
    origin: ORIGIN,
    ...rest,
    world: (region) => {
      tape = startTape({
        dir,
        lane: "rig",
        maxBytes: 1 << 30,
        region,
        maxFrame: MAX_FRAME,
        config: null,
        secrets: ["simulated"],
        ringBytes,
        report: (_level, message) => void warnings.push(message),
      });
      return tape.world;
    },
  });
  const running = tape as unknown as RunningTape;
  const { simulator } = rig;
  const { symbols } = simulator;
  const length = realMs * (options.speed ?? 1);
  const script = chaosScript({
    seed: String(options.seed),
    venues: options.venues,
    symbols,
    perMinute,
    length,
  });
  simulator.plan(script.map((entry) => ({ ...entry, at: (simulator.now() - ORIGIN) / 1000 + entry.at })));
  await during?.(rig, running);
  await new Promise((resolve) => setTimeout(resolve, realMs));
  const faults = [...new Set(simulator.faultLog.map(({ fault }) => fault))];
  running.recorder.stop();
  await rig.close();
  await running.end();
  const remove = (): void => rmSync(dir, { recursive: true });
  return { dir, region: rig.handle.region, feeds: rig.feeds, faults, warnings, remove };
}

/** Plays it again into memory of its own. */
export async function again(
  { dir, feeds }: Pick<Recording, "dir" | "feeds">,
  which = 0,
): Promise<TapeReplay & { readonly region: Region }> {
  const tape = openTape(dir);
  const session = tape.sessions[which]!;
  const about = aboutOf(session);
  const start = { first: about.first, end: about.first };
  const { region } = heapRegion({ lane: "again", ...about.region, start });
  const reports: string[] = [];
  const report = (level: string, message: string, facts: object): void =>
    void reports.push(`${level} ${message} ${JSON.stringify(facts)}`);
  const result = await replayTape({ session, about, region, feeds, report });
  tape.close();
  return { ...result, region };
}

/** Where two logs differ first, as events; "" when all slots up to `end` are the same. */
export function difference(then: Region, now: Region, first: number, end: number): string {
  const mask = then.slots.count - 1;
  for (let seq = first; seq < end; seq++) {
    const word = (seq & mask) * SLOT_WORDS;
    for (let i = 0; i < SLOT_WORDS; i++)
      if (then.slots.i32[word + i] !== now.slots.i32[word + i])
        return `slot ${seq}, word ${i}: ${told(then, seq)} then, ${told(now, seq)} now`;
  }
  return "";
}

function told(region: Region, seq: number): string {
  const reader = new EventReader(region.names());
  const word = (seq & (region.slots.count - 1)) * SLOT_WORDS;
  const event = reader.accept(region.slots, word);
  return JSON.stringify(event ?? [...region.slots.i32.subarray(word, word + SLOT_WORDS)]);
}
