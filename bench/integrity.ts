/**
 * What does completeness cost: the gateway's processor time per message with the ledger against without it?
 *
 * `feedhorn simulate` and `feedhorn run` (four venues, 50,000 messages a second, no ledger of its own) run as processes of their own; the
 * ledger of their lane runs in this process, at the pace it has in a gateway. It is a reader: what it costs is its own time and
 * what it does to the caches of the writer. A round is a second with it and a second without, in alternating order;
 * a contestant's time is that of the gateway, and of the ledger where there is one, per message received.
 * FEEDHORN_BENCH_WINDOW is the length of these seconds, ms.
 *
 * `limit` is what all parts of completeness together may take over the plain path.
 */
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { checkConfig } from "../src/app/config.ts";
import { VenueReader } from "../src/log/index.ts";
import { LaneLedger } from "../src/app/ledger/lane.ts";
import { pageText } from "../src/app/ledger/page.ts";
import { Processes, cpuSeconds } from "./gateway-processes.ts";
import { start, warmUp } from "./gateway-sustained.ts";
import { sum } from "./gateway-watch.ts";
import type { Watched } from "./gateway-watch.ts";
import { compare, race } from "./harness.ts";
import type { BenchOptions, Contestant, Row } from "./harness.ts";

const WINDOW_MS = Number(process.env["FEEDHORN_BENCH_WINDOW"] ?? 1000);
/** As in app/ledger.ts. */
const POLL_MS = 50;
const PLAIN = "gateway without a ledger";
const LEDGER = "gateway with a ledger";
/** Time over the plain path that the whole of it may take. */
const LIMIT = 1.25;

export interface IntegrityRow extends Row {
  messages_per_s: number;
  /** Of the ledger alone, over all rounds. */
  ledger_ns_per_message: number;
  ledger_ns_per_slot: number;
  /** Slots it was too slow for. */
  lost: number;
  /** One page of the current hour: rows, bytes, and ms to make its text. */
  page: { rows: number; bytes: number; ms: number };
  limit: number;
}

/** What all windows with a ledger added up to. */
interface Spent {
  messages: number;
  slots: number;
  ns: number;
  ms: number;
  lost: number;
  page: IntegrityRow["page"];
}

export async function bench(options: BenchOptions): Promise<Row[]> {
  if (process.platform !== "linux") throw new Error(`expected Linux (/proc), saw ${process.platform}`);
  const processes = new Processes();
  try {
    const { watched, failed } = await start(processes, { ledger: { enabled: false } });
    return await Promise.race([measure(watched, options), failed]);
  } finally {
    await processes.close();
  }
}

async function measure(watched: Watched, options: BenchOptions): Promise<IntegrityRow[]> {
  await warmUp(watched);
  const spent: Spent = { messages: 0, slots: 0, ns: 0, ms: 0, lost: 0, page: { rows: 0, bytes: 0, ms: 0 } };
  const contestants: Contestant[] = [
    { name: PLAIN, run: async () => perMessage(await window(watched)) },
    { name: LEDGER, run: () => withLedger(watched, spent) },
  ];
  const samples = await race(contestants, options);
  const row = compare("integrity", "ledger, CPU", samples, LEDGER, PLAIN);
  if (1 / row.ratio > LIMIT)
    process.stderr.write(`integrity: expected at most ${LIMIT} times the plain path\n`);
  return [
    {
      ...row,
      messages_per_s: Math.round((1000 * spent.messages) / spent.ms),
      ledger_ns_per_message: Math.round(spent.ns / spent.messages),
      ledger_ns_per_slot: Math.round(spent.ns / spent.slots),
      lost: spent.lost,
      page: spent.page,
      limit: LIMIT,
    },
  ];
}

interface Window {
  messages: number;
  /** Processor time of the gateway, and of this process. */
  gatewayNs: number;
  ownNs: number;
  ms: number;
}

function perMessage({ messages, gatewayNs }: Window): number {
  return gatewayNs / messages;
}

async function window({ region, gateway }: Watched): Promise<Window> {
  const frames = sum(region, "feedhorn_frames_total");
  const cpu = cpuSeconds(gateway);
  const own = process.cpuUsage();
  const begun = performance.now();
  await sleep(WINDOW_MS);
  const { user, system } = process.cpuUsage(own);
  return {
    ms: performance.now() - begun,
    ownNs: (user + system) * 1000,
    gatewayNs: (cpuSeconds(gateway) - cpu) * 1e9,
    messages: sum(region, "feedhorn_frames_total") - frames,
  };
}

async function withLedger(watched: Watched, spent: Spent): Promise<number> {
  const { region } = watched;
  const venues = new VenueReader(region.venues).all();
  const feeds = venues.map(({ id }) => ({ venue: id, symbols: ["*"] }));
  const plan = checkConfig({ feeds }, "bench", {}).lanes[0]!;
  const lane = new LaneLedger({ plan, region, keepHours: 24, pages: [] });
  // What it finds in the ring belongs to no round.
  while (lane.poll(Date.now() * 1000));
  const before = Number(lane.cursorOf(NaN));
  const timer = setInterval(() => {
    while (lane.poll(Date.now() * 1000));
  }, POLL_MS);
  const took = await window(watched);
  clearInterval(timer);
  spent.messages += took.messages;
  spent.slots += Number(lane.cursorOf(NaN)) - before;
  spent.ns += took.ownNs;
  spent.ms += took.ms;
  spent.lost += lane.lost;
  spent.page = pageOf(lane);
  return (took.gatewayNs + took.ownNs) / took.messages;
}

function pageOf(lane: LaneLedger): IntegrityRow["page"] {
  const now = Date.now() * 1000;
  const { hour } = lane.ledger;
  const begun = performance.now();
  const page = lane.page(hour, now);
  const head = { lane: lane.name, hour, written: now, closed: false, stopped: false };
  const text = pageText({ head: { ...head, region: lane.region, cursor: "0" }, ...page });
  const ms = performance.now() - begun;
  return { rows: page.rows.length, bytes: text.length, ms: Number(ms.toPrecision(3)) };
}
