import { runPart } from "../parts/inside.ts";
import { widenInlining } from "../compiler.ts";
import { SinkRunner } from "./runner.ts";
import type { SinkData, SinkMessage, SinkOrder } from "./messages.ts";

/** The process of one sink: what its vendor's code does to it, it does to nothing else. */

const TELL_MS = 250;

runPart<SinkData, SinkOrder, SinkMessage>(async (inside) => {
  widenInlining();
  const report: ConstructorParameters<typeof SinkRunner>[1] = (level, message, facts = {}) =>
    inside.post({ type: "report", level, message, facts: { sink: inside.data.sink.name, ...facts } });
  const runner = new SinkRunner(inside.data, report);
  inside.onMessage(({ ends }) => runner.stop(ends));
  await runner.claim();
  inside.post({ type: "ready" });
  const tell = (): void => inside.post({ type: "standing", standing: runner.standing() });
  const timer = setInterval(tell, TELL_MS);
  await runner.run();
  clearInterval(timer);
  tell();
  await inside.end();
});
