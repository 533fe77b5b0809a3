/**
 * Child process: commits one slot at a time and waits until all readers have read it. argv: dir lane commits readers seed.
 * Says "ready", waits for a line, says "woken N" in the end, or "lost at N: cursors ..." when a reader did not come
 * within a time in which nobody who is woken can be away.
 */
import * as readline from "node:readline";
import { loadSequence, READER_ROW, RingWriter } from "../../src/log/index.ts";
import { createRegion } from "../../src/store/index.ts";
import { putEvent, seeded } from "./pattern.ts";

const [dir = "", lane = "", commits = "0", readers = "1", seed = "1"] = process.argv.slice(2);
const LOST_MS = 5000;
const SPINS_MAX = 3000;

process.stdout.write("ready\n");
readline.createInterface(process.stdin).once("line", () => {
  process.stdout.write(`${wakeAll()}\n`);
  process.exit(0);
});

function wakeAll(): string {
  const { region } = createRegion({ dir, lane });
  const ring = new RingWriter(region.control, region.slots, region.bell);
  const random = seeded(Number(seed));
  const rows = Array.from(
    { length: Number(readers) },
    (_, i) => (i * READER_ROW.size + READER_ROW.at.cursor) / 4,
  );
  const behind = (): boolean => rows.some((word) => loadSequence(region.readers.i32, word) < ring.head);
  for (let n = 1; n <= Number(commits); n++) {
    putEvent(ring, ring.head, 1);
    ring.commit();
    if (behind() && !within(behind))
      return `lost at ${ring.head}: cursors ${rows.map((word) => loadSequence(region.readers.i32, word)).join(" ")}`;
    pause(random(), random());
  }
  return `woken ${ring.head}`;
}

/** Waits until a condition is over; false when that took too long. */
function within(going: () => boolean): boolean {
  const until = performance.now() + LOST_MS;
  for (let i = 1; going(); i++) if (i % 1024 === 0 && performance.now() > until) return false;
  return true;
}

/** Mostly so short that the commit meets readers on their way to sleep, sometimes so long that they are fast asleep. */
function pause(kind: number, length: number): void {
  if (kind < 0.001) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, length * 3);
  else if (kind < 0.8) for (let i = 0; i < length * SPINS_MAX; i++);
}
