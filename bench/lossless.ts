/**
 * Does a gateway keep 100,000 events per second, from the socket through lane and journal to the lake, on two cores, and lose none?
 *
 * A load in a process of its own, a gateway whose lane, journal and lake are processes (so that each has its own CPU and memory), for
 * FEEDHORN_BENCH_SECONDS (60) after a warm-up. A witness follows the ring and writes every slot down; when the gateway has ended in order, SQL over
 * the lake compares every row with what the witness saw. The rate is of events, over the whole time.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { House, LANE } from "../test/lossless/house.ts";
import { judge } from "../test/lossless/judge.ts";
import { cpuSeconds, residentBytes } from "./gateway-processes.ts";
import type { Row } from "./harness.ts";

const SECONDS = Number(process.env["FEEDHORN_BENCH_SECONDS"] ?? 60);
const WANTED = 100_000;
/** What is asked of the load: a little more, as books and status come on top or not at all. */
const ASKED = 103_000;
const WARM_UP_MS = 5000;
/** Slots that are not yet in the lake at the end of the time: some seconds' worth, or it does not keep up. */
const BEHIND = 15 * WANTED;

interface LosslessRow extends Row {
  seconds: number;
  events_per_s: number;
  /** Cores and MiB at the end, by part. */
  cores: Record<string, number>;
  rss_mib: Record<string, number>;
  /** Slots not yet in the lake when the time was over, and in the journal's files. */
  lake_lag_slots: number;
  journal_bytes: number;
  slots_in_lake: number;
  lost: number;
}

/** Throws after its row when something was lost, or the lake fell behind. */
export async function* bench(): AsyncIterable<Row> {
  const house = await House.build({ messagesPerSecond: ASKED, slots: 1 << 20 });
  try {
    house.start();
    await house.live();
    await sleep(WARM_UP_MS);
    const { row, broken } = await measure(house);
    yield row;
    if (broken.length > 0) throw new Error(`lossless: expected every slot once, saw ${broken.join("; ")}`);
  } finally {
    await house.close();
  }
}

interface Look {
  readonly at: number;
  readonly events: number;
  readonly cpu: Readonly<Record<string, number>>;
}

async function look(house: House, pids: Readonly<Record<string, number>>): Promise<Look> {
  const cpu = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)]));
  const [told] = (await house.testimony()).slice(-1);
  return { at: performance.now() / 1000, events: told!.events, cpu };
}

async function measure(house: House): Promise<{ row: LosslessRow; broken: readonly string[] }> {
  const pids: Record<string, number> = { gateway: house.gatewayPid };
  for (const part of ["lane main", "journal", "sink lake"]) pids[part] = await house.pidOf(part);
  const before = await look(house, pids);
  await sleep(SECONDS * 1000);
  const after = await look(house, pids);
  const { journal, sinks } = (await house.health())!;
  const rss = Object.entries(pids).map(([name, pid]) => [name, short(residentBytes(pid) / 2 ** 20)]);
  const ended = await house.stop();
  const verdict = await judge(join(house.data, "lake"), await house.testimony(), house.folder);
  const seconds = after.at - before.at;
  const perSecond = (after.events - before.events) / seconds;
  const cores = Object.keys(pids).map((name) => [
    name,
    short((after.cpu[name]! - before.cpu[name]!) / seconds),
  ]);
  const lag = sinks!["lake"]!.lag_slots;
  const row: LosslessRow = {
    bench: "lossless",
    case: "socket to lake",
    ns_per_op: short(1e9 / perSecond),
    baseline: `${WANTED} events/s`,
    baseline_ns_per_op: 1e9 / WANTED,
    ratio: short(perSecond / WANTED),
    seconds: short(seconds),
    events_per_s: Math.round(perSecond),
    cores: Object.fromEntries(cores) as Record<string, number>,
    rss_mib: Object.fromEntries(rss) as Record<string, number>,
    lake_lag_slots: lag,
    journal_bytes: journal![LANE]!.bytes,
    slots_in_lake: verdict.slots,
    lost: verdict.end - verdict.slots,
  };
  const broken = [
    ...verdict.faults,
    ...(ended === "code 0" ? [] : [`the gateway ended with ${ended}: ${house.lastWords()}`]),
    ...(lag > BEHIND ? [`the lake ${lag} slots behind`] : []),
  ];
  return { row, broken };
}

function short(value: number): number {
  return Number(value.toPrecision(3));
}
