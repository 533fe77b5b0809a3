/**
 * A lane for the garbage test, in a process of its own (--expose-gc): takes the stream of test/gc/server.ts through its
 * sessions, sockets, parsers, books, ring and tables, and tells its parent how much garbage that made.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { GCProfiler } from "node:v8";
import { widenInlining } from "../../src/app/compiler.ts";
import { checkConfig } from "../../src/app/config.ts";
import { LaneLedger } from "../../src/app/ledger/lane.ts";
import { Clock, Lane, ScannerMemory, openFastSocket } from "../../src/feed/index.ts";
import { readCounters } from "../../src/log/index.ts";
import type { Channel } from "../../src/model/index.ts";
import { heapRegion } from "../../src/store/index.ts";
import { binance } from "../../src/venues/binance/venue.ts";

export interface Order {
  port: number;
  symbols: string[];
  channels: Channel[];
  /** Frames of one pass of the stream. */
  frames: number;
  /** Passes before counting begins (compilation, buffers that grow once), and passes counted. */
  warmup: number;
  passes: number;
  /** Frames of one write of the server; 0 = as many as the socket takes. */
  together: number;
  /** What reads the frames. */
  scanner: "js" | "wasm";
  /** Connections that carry the same. */
  copies: number;
  /** Whether a ledger reads the ring beside the lane. */
  ledger: boolean;
}

export interface Garbage {
  messages: number;
  /** With those of the warm-up. */
  total: number;
  minor: number;
  major: number;
  /** Time of all collections, and of the longest, ms. */
  pauses: number;
  longest: number;
  /** Growth of what is alive after a full collection, bytes: the heap, and memory outside of it. */
  heap: number;
  external: number;
  /** What the lane counted, warm-up included: sums by name, and events by kind. */
  counters: Record<string, number>;
  /** Messages in the ledger's rows, warm-up included, and slots it was too slow for. */
  told: number;
  unread: number;
}

/** As in app/ledger.ts. */
const LOOK_MS = 50;
const PATIENCE_MS = 100_000;

// As in a lane's thread.
widenInlining();

const { region } = heapRegion({ lane: "gc" });

function sum(name: string): number {
  const rows = readCounters(region.counters).filter((row) => row.name === name);
  return rows.reduce((total, { value }) => total + value, 0);
}

/** Looks rarely: a look makes garbage of its own. */
async function until(done: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !done(); await sleep(25))
    if (performance.now() > end) throw new Error(`expected ${what} within ${PATIENCE_MS} ms`);
}

async function flood({ port, frames, together, copies }: Order, passes: number): Promise<void> {
  const wanted = sum("feedhorn_frames_total") + passes * frames * copies;
  const url = `http://127.0.0.1:${port}/flood?passes=${passes}&together=${together}`;
  await (await fetch(url)).text();
  await until(() => sum("feedhorn_frames_total") >= wanted, `${passes * frames * copies} more frames`);
}

function alive(): { heap: number; external: number } {
  globalThis.gc!();
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, external };
}

async function run(order: Order): Promise<Garbage> {
  const origin = `127.0.0.1:${order.port}`;
  const slabs = order.scanner === "wasm" ? new ScannerMemory() : undefined;
  const lane = new Lane({
    region,
    time: new Clock(),
    report: () => {},
    openSocket: (url, slab, options, events) => openFastSocket(url, slab, { ...options, slabs }, events),
    maxFrame: 1 << 20,
    feeds: [
      {
        venue: binance,
        symbols: order.symbols,
        channels: order.channels,
        wsOrigin: `ws://${origin}`,
        restUrl: `http://${origin}`,
        backoff: { minMs: 1000, maxMs: 1000 },
        snapshotTimeoutMs: 60_000,
        redundancy: order.copies,
      },
    ],
  });
  await lane.start();
  const [feed] = lane.feeds;
  const ready = (): boolean =>
    feed!.sessions.every((session) => session.state === "open") &&
    sum("feedhorn_connections_up") === order.copies &&
    feed!.markets.every((market) => market.book === null || market.state.live);
  await until(() => feed!.markets.length > 0 && ready(), "every book live");
  const ledger = order.ledger ? ledgerOf() : null;
  const looks = setInterval(() => look(ledger), LOOK_MS);
  await flood(order, order.warmup);
  const before = alive();
  const profiler = new GCProfiler();
  profiler.start();
  await flood(order, order.passes);
  const { statistics } = profiler.stop();
  const after = alive();
  const costs = statistics.map(({ cost }) => cost / 1000);
  const minor = statistics.filter(({ gcType }) => gcType === "Scavenge").length;
  clearInterval(looks);
  look(ledger);
  const rows = ledger?.rows(ledger.ledger.hour, Date.now() * 1000) ?? [];
  await lane.stop();
  return {
    messages: order.passes * order.frames,
    total: (order.warmup + order.passes) * order.frames,
    minor,
    major: statistics.length - minor,
    pauses: costs.reduce((total, cost) => total + cost, 0),
    longest: Math.max(0, ...costs),
    heap: after.heap - before.heap,
    external: after.external - before.external,
    counters: counted(),
    told: rows
      .filter(({ channel }) => channel !== "status")
      .reduce((total, { messages }) => total + messages, 0),
    unread: ledger?.lost ?? 0,
  };
}

function ledgerOf(): LaneLedger {
  const plan = checkConfig({ feeds: [{ venue: "binance", symbols: ["*"] }] }, "test", {}).lanes[0]!;
  return new LaneLedger({ plan, region, keepHours: 24, pages: [] });
}

function look(ledger: LaneLedger | null): void {
  while (ledger?.poll(Date.now() * 1000) === true);
}

function counted(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, labels, value, gauge } of readCounters(region.counters)) {
    if (gauge) continue;
    const kind = name === "feedhorn_events_total" ? ` ${/kind="(\w+)"/.exec(labels)?.[1] ?? ""}` : "";
    found[name + kind] = (found[name + kind] ?? 0) + value;
  }
  return found;
}

process.once("message", (order: Order) => void run(order).then((garbage) => process.send!(garbage)));
process.once("disconnect", () => process.exit());
