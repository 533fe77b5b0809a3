/**
 * A lane for the garbage test, in a process of its own (--expose-gc): takes the stream of test/gc/server.ts through its
 * sessions, sockets, parsers, books, ring and tables, and tells its parent how much garbage that made.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { GCProfiler } from "node:v8";
import { widenInlining } from "../../src/app/compiler.ts";
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
}

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

async function flood({ port, frames, together }: Order, passes: number): Promise<void> {
  const wanted = sum("feedhorn_frames_total") + passes * frames;
  const url = `http://127.0.0.1:${port}/flood?passes=${passes}&together=${together}`;
  await (await fetch(url)).text();
  await until(() => sum("feedhorn_frames_total") >= wanted, `${passes * frames} more frames`);
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
      },
    ],
  });
  await lane.start();
  const [feed] = lane.feeds;
  const ready = (): boolean =>
    feed!.sessions.every((session) => session.state === "open") &&
    feed!.markets.every((market) => market.book === null || market.state.live);
  await until(() => feed!.markets.length > 0 && ready(), "every book live");
  await flood(order, order.warmup);
  const before = alive();
  const profiler = new GCProfiler();
  profiler.start();
  await flood(order, order.passes);
  const { statistics } = profiler.stop();
  const after = alive();
  const costs = statistics.map(({ cost }) => cost / 1000);
  const minor = statistics.filter(({ gcType }) => gcType === "Scavenge").length;
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
  };
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
