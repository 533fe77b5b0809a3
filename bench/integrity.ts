/**
 * What does completeness cost: the gateway's processor time per message of the market, against the plain path?
 *
 * The plain path is a `feedhorn run` with one connection for each subscription that keeps neither ledger nor any other
 * watch. Each case is a second gateway of the same `feedhorn simulate` (four venues), and both are looked at in the same windows, so
 * that whatever disturbs the machine disturbs both: a round is one window. A connection brings 20,000 messages a second,
 * unless the machine cannot (`messages_per_s` says what came). FEEDHORN_BENCH_WINDOW is the length of a window, ms, and
 * FEEDHORN_BENCH_RATE another rate.
 *
 * Redundancy 3 receives three times the bytes by three times the reads of the system: per message of the market that
 * is all its own cost, and `ns_per_frame` tells what it takes for each frame received.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Processes } from "./gateway-processes.ts";
import { feedhorn } from "./gateway-sustained.ts";
import { sum } from "./gateway-watch.ts";
import { compare, quantile } from "./harness.ts";
import { cpuNs, framesOf, run, simulate } from "./integrity-gateways.ts";
import type { BenchOptions, Row, Samples } from "./harness.ts";
import type { Gateway, Shape } from "./integrity-gateways.ts";

const WINDOW_MS = Number(process.env["FEEDHORN_BENCH_WINDOW"] ?? 1000);
const RATE = Number(process.env["FEEDHORN_BENCH_RATE"] ?? 20_000);
/** Time over the plain path that all parts of completeness together may take. */
const LIMIT = 1.25;
/** Until everything hot is compiled. */
const WARM_MS = 10_000;

const BLIND = { audit_ms: 0, backfill: "off", silence: { off: true } };
const NONE = { drift: false, ledger: { enabled: false } };
const PLAIN: Shape = { name: "plain", copies: 1, feed: BLIND, config: NONE };
/** What is added to the plain path. The clocks of venues cannot be left out: they are judged there as well. */
const CASES: readonly Shape[] = [
  { name: "watchdog, drift, audit", copies: 1, feed: {}, config: { ledger: { enabled: false } } },
  { name: "the same and ledger", copies: 1, feed: {}, config: {} },
  { name: "redundancy 2", copies: 2, feed: BLIND, config: NONE },
  { name: "redundancy 3", copies: 3, feed: BLIND, config: NONE },
  { name: "redundancy 3, all and ledger", copies: 3, feed: {}, config: {} },
];

export interface IntegrityRow extends Row {
  /** Times the plain path, per message of the market: the median over the rounds, its 10th and 90th percentile. */
  times: number;
  times_spread: [number, number];
  limit: number;
  held: boolean;
  ns_per_frame: number;
  messages_per_s: number;
  baseline_messages_per_s: number;
}

export async function* bench(options: BenchOptions): AsyncIterable<Row> {
  if (process.platform !== "linux") throw new Error(`expected Linux (/proc), saw ${process.platform}`);
  const rows: IntegrityRow[] = [];
  for (const shape of CASES) {
    const row = await against(shape, options);
    rows.push(row);
    yield row;
  }
  process.stderr.write(tableOf(rows));
}

/** One case beside the plain path. */
async function against(shape: Shape, options: BenchOptions): Promise<IntegrityRow> {
  const processes = new Processes();
  try {
    const command = feedhorn();
    const market = await simulate(processes, command, RATE * (PLAIN.copies + shape.copies));
    const plain = await run(processes, command, market, PLAIN);
    const other = await run(processes, command, market, shape);
    return await Promise.race([measure(plain, other, options), plain.failed, other.failed, market.failed]);
  } finally {
    await processes.close();
  }
}

interface Look {
  readonly at: number;
  readonly cpu: readonly number[];
  readonly frames: readonly number[];
}

function look(pair: readonly Gateway[]): Look {
  return {
    at: performance.now(),
    cpu: pair.map(({ pid }) => cpuNs(pid)),
    frames: pair.map((one) => framesOf(one)),
  };
}

async function measure(
  plain: Gateway,
  other: Gateway,
  { rounds, warmup }: BenchOptions,
): Promise<IntegrityRow> {
  const pair = [plain, other];
  await sleep(WARM_MS + warmup * WINDOW_MS);
  const samples: Samples = new Map(pair.map(({ shape }) => [shape.name, []]));
  const first = look(pair);
  let before = first;
  for (let round = 0; round < rounds; round++) {
    await sleep(WINDOW_MS);
    const now = look(pair);
    for (const [i, { shape }] of pair.entries())
      samples.get(shape.name)!.push(perMessage(before, now, i, shape.copies));
    before = now;
  }
  return rowOf(samples, plain, other, first, before);
}

/** ns of processor time per message of the market: what one connection brings. */
function perMessage(from: Look, to: Look, i: number, copies: number): number {
  return ((to.cpu[i]! - from.cpu[i]!) * copies) / (to.frames[i]! - from.frames[i]!);
}

function rowOf(
  samples: Samples,
  plain: Gateway,
  { shape, region }: Gateway,
  from: Look,
  to: Look,
): IntegrityRow {
  const row = compare("integrity", shape.name, samples, shape.name, plain.shape.name);
  const own = samples.get(shape.name)!;
  const times = own.map((ns, round) => ns / samples.get(plain.shape.name)![round]!);
  const seconds = (to.at - from.at) / 1000;
  const rate = (i: number, copies: number): number =>
    Math.round((to.frames[i]! - from.frames[i]!) / copies / seconds);
  const median = quantile(times, 0.5);
  const live = `${sum(region, "feedhorn_books_live")} of ${sum(region, "feedhorn_books", "")}`;
  if (sum(region, "feedhorn_books_live") < sum(region, "feedhorn_books", ""))
    process.stderr.write(`integrity: ${shape.name}: ${live} books live\n`);
  return {
    ...row,
    times: short(median),
    times_spread: [short(quantile(times, 0.1)), short(quantile(times, 0.9))],
    limit: LIMIT,
    held: median <= LIMIT,
    ns_per_frame: short(row.ns_per_op / shape.copies),
    messages_per_s: rate(1, shape.copies),
    baseline_messages_per_s: rate(0, plain.shape.copies),
  };
}

function tableOf(rows: readonly IntegrityRow[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(30) : String(cell).padStart(12))).join("");
  const lines = rows.map((row) =>
    line([
      row.case,
      row.times,
      row.times_spread.join("-"),
      row.ns_per_op,
      row.ns_per_frame,
      row.messages_per_s,
      row.held ? "held" : "NOT held",
    ]),
  );
  const head = line(["case", "x plain", "10-90 %", "ns/message", "ns/frame", "messages/s", `<= ${LIMIT}`]);
  return [head, ...lines, ""].join("\n");
}

/** Three significant digits. */
function short(value: number): number {
  return Number(value.toPrecision(3));
}
