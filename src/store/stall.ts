import { COPIED_WORD, READERS_HEADER } from "../log/index.ts";
import type { Gate } from "../log/index.ts";
import type { Doorbell } from "./doorbell.ts";

/** Sleep where nobody can wake the writer. */
const NAP_MS = 1;
const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * How a writer waits for its journal: on the mapped word (`bell`), in the shared memory of one process, or by the clock.
 * `buffer` is the whole region, its readers section at byte `readersAt`. Null: it never waits.
 */
export function waitsOf(
  buffer: ArrayBufferLike,
  readersAt: number,
  bell: Doorbell | null,
  maxStallMs: number,
): Pick<Gate, "maxStallMs" | "sleep"> | null {
  if (!Number.isInteger(maxStallMs) || maxStallMs < 0 || maxStallMs > 60_000)
    throw new RangeError(`maxStallMs: expected a whole number from 0 to 60000, saw ${maxStallMs}`);
  if (maxStallMs === 0) return null;
  const marks = new Int32Array(buffer, readersAt, READERS_HEADER.size / 4);
  const shared = buffer instanceof SharedArrayBuffer;
  return {
    maxStallMs,
    sleep(seen, ms) {
      const start = performance.now();
      if (bell !== null) bell.sleep(seen, ms);
      else if (shared) Atomics.wait(marks, COPIED_WORD, seen, ms);
      else Atomics.wait(never, 0, 0, Math.min(ms, NAP_MS));
      return performance.now() - start;
    },
  };
}
