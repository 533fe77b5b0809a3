/** One clock for all processes of the latency bench: CLOCK_MONOTONIC, us, with `performance.now()` as its hand. */

/** What the frames call UNIX microseconds begins here at boot; far enough from 0 that parsers take it for microseconds. */
export const ORIGIN = 1_700_000_000_000_000;

/** Milliseconds from `performance.now()` to CLOCK_MONOTONIC: the tightest of many pairs of readings. */
function offsetOfNow(): number {
  let [tightest, offset] = [Infinity, 0];
  for (let i = 0; i < 5000; i++) {
    const before = process.hrtime.bigint();
    const now = performance.now();
    const width = Number(process.hrtime.bigint() - before);
    if (width >= tightest) continue;
    tightest = width;
    offset = Number(before) / 1e6 + width / 2e6 - now;
  }
  return offset;
}

const OFFSET = offsetOfNow();

/** Microseconds since boot; fractions count. */
export function micros(): number {
  return (performance.now() + OFFSET) * 1000;
}
