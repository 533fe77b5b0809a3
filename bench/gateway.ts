/**
 * Does one gateway sustain 50,000 messages per second without loss, and how many does a lane take at most against ws,
 * JSON.parse and tardis-dev?
 *
 * sustained: `feedhorn simulate` and `feedhorn run` as processes of their own, four venues, for FEEDHORN_BENCH_SECONDS
 *   (20) after a warm-up. Sampled from outside through the region: nothing may be lost by the lane or by a reader that
 *   follows everything, and resident memory must not grow. p50 and p99 are from the frame's
 *   arrival in the lane to its commit (the region's own histogram): time spent in socket buffers is not in them.
 * flat-out: a recorded session of Binance spot and USD-M (trades, quotes, 100 ms diffs, REST books), sent by a server
 *   process as fast as each client takes it; same bytes for both, clients in processes of their own, in turn. Ours does
 *   all of a lane's work (parse, deduplicate, sequence, books, ring, tables); theirs parses, maps and emits objects.
 *   Rounds end when FEEDHORN_BENCH_SECONDS have passed, after five at least.
 *   Before any timing both must hand on every event, and our books must be what the diffs add up to.
 *
 * FEEDHORN_BENCH_ONLY=sustained or flat-out runs one of the two.
 */
import { flood } from "./gateway-flood.ts";
import { Processes } from "./gateway-processes.ts";
import { sustained } from "./gateway-sustained.ts";
import type { BenchOptions, Row } from "./harness.ts";

const SECONDS = Number(process.env["FEEDHORN_BENCH_SECONDS"] ?? 20);
const ONLY = process.env["FEEDHORN_BENCH_ONLY"];

/** Throws after the last row when a promise was broken: loss, or memory that grows. */
export async function* bench(options: BenchOptions): AsyncIterable<Row> {
  if (!(SECONDS >= 3)) throw new RangeError(`FEEDHORN_BENCH_SECONDS: expected 3 or more, saw ${SECONDS}`);
  const processes = new Processes();
  const broken: string[] = [];
  try {
    if (ONLY !== "flat-out") {
      const row = await sustained(processes, SECONDS);
      broken.push(...row.broken);
      yield row;
      await processes.stopAll();
    }
    if (ONLY !== "sustained") yield* await flood(processes, { rounds: options.rounds, seconds: SECONDS });
  } finally {
    await processes.close();
  }
  if (broken.length > 0)
    throw new Error(`gateway: expected no loss and flat memory, saw ${broken.join("; ")}`);
}
