/**
 * A lane for the stall bench, in a process of its own: both connections of bench/stall-server.ts in one thread. Its loop
 * never sleeps, so that each turn can be timed; what a turn takes is how long any socket may have to wait.
 * Its first message: port of the server, and what reads the frames (wasm or js).
 */
import { once } from "node:events";
import { widenInlining } from "../src/app/compiler.ts";
import { slabsFor } from "../src/app/scanner.ts";
import type { ScannerChoice } from "../src/app/scanner.ts";
import { Clock, Lane, openFastSocket } from "../src/feed/index.ts";
import type { FeedOptions, OpenSocket } from "../src/feed/index.ts";
import { RingReader, WORD } from "../src/log/index.ts";
import { KIND, toMicros } from "../src/model/index.ts";
import { heapRegion } from "../src/store/index.ts";
import { venueById } from "../src/venues/index.ts";
import { micros, ORIGIN } from "./latency-clock.ts";
import { threadMs } from "./stall-cpu.ts";

export type Mode = "sliced" | "whole";

/** Of one snapshot, from asking for it until it is committed, ns. */
export interface Stall {
  /** The longest turn of the loop, in processor time of its thread and by the clock. */
  readonly turn: number;
  readonly turnByClock: number;
  /** The longest that a trade of the other connection took from being sent to being committed. */
  readonly wait: number;
  readonly took: number;
}

const [port, scanner] = (await once(process, "message"))[0] as [number, ScannerChoice];
widenInlining();

const { region } = heapRegion({ lane: "stall", slots: 262_144 });
const reader = new RingReader(region.control, region.slots);
const slabs = slabsFor(scanner, (message) => process.stderr.write(`${message}\n`));
/** Looked at longer than to the commit, ms: its socket goes on, others are served. */
const AFTER = 5;
let mode: Mode = "sliced";
let wait = 0;

function look(): void {
  const now = micros();
  reader.poll(({ i32 }, w) => {
    if ((i32[w]! & 0xff) !== KIND.TRADE) return;
    wait = Math.max(wait, now - (toMicros(i32[w + WORD.TS_EVENT + 1]!, i32[w + WORD.TS_EVENT]!) - ORIGIN));
  });
}

const openSocket: OpenSocket = (url, slab, options, events) =>
  openFastSocket(
    url,
    slab,
    { ...options, slabs },
    {
      ...events,
      large: (...args) => mode === "sliced" && events.large!(...args),
      endOfRead: () => {
        events.endOfRead();
        // Where 50,000 slots of a book are looked through that is no work of the lane.
        if (url.includes("stream")) look();
      },
    },
  );

function feed(venue: string, symbol: string, channel: "trade" | "book"): FeedOptions {
  return {
    venue: venueById(venue)!,
    symbols: [symbol],
    channels: [channel],
    wsOrigin: `ws://127.0.0.1:${port}`,
    restUrl: `http://127.0.0.1:${port}`,
    idleMs: 60_000,
    backoff: { minMs: 100, maxMs: 100 },
    snapshotTimeoutMs: 60_000,
  };
}

const lane = new Lane({
  region,
  time: new Clock(),
  report: (level, message, facts) => {
    if (level === "error") process.stderr.write(`${message} ${JSON.stringify(facts)}\n`);
  },
  openSocket,
  maxFrame: 32 << 20,
  feeds: [feed("binance", "BTCUSDT", "trade"), feed("coinbase", "BTC-USD", "book")],
});

const turned = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function obey(next: Mode): Promise<void> {
  mode = next;
  for (let i = 0; i < 2000; i++) await turned();
  reader.seekHead();
  const { head } = lane.core.writer.ring;
  const began = performance.now();
  wait = 0;
  process.send!("ready");
  let [cpu, now, turn, turnByClock, settled] = [threadMs(), performance.now(), 0, 0, Infinity];
  while (now < Math.min(settled, began + 5000)) {
    await turned();
    const [cpuBefore, before] = [cpu, now];
    [cpu, now] = [threadMs(), performance.now()];
    turn = Math.max(turn, cpu - cpuBefore);
    turnByClock = Math.max(turnByClock, now - before);
    if (settled === Infinity && lane.core.writer.ring.head - head > 40_000) settled = now + AFTER;
  }
  if (settled === Infinity) throw new Error("expected a snapshot within 5 s, saw none");
  const ns = { turn, turnByClock, wait: wait / 1000, took: now - AFTER - began };
  for (const key of Object.keys(ns) as (keyof Stall)[]) ns[key] *= 1e6;
  process.send!(ns satisfies Stall);
}

process.on("message", (next: Mode) => void obey(next));
process.once("disconnect", () => process.exit());
await lane.start();
for (
  const end = performance.now() + 5000;
  lane.feeds.some(({ sessions }) => sessions.some((one) => one.state !== "open"));
) {
  if (performance.now() > end) throw new Error("expected both connections to open within 5 s");
  await new Promise((resolve) => setTimeout(resolve, 5));
}
process.send!("up");
