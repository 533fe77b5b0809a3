/**
 * Child process of bench/ring.ts: writer|reader, path of the region. Commands on stdin, answers on stdout, as c/ring.c:
 *   "batch slots n"        writes or reads that many slots as fast as it can, n per commit   "ns sum"
 *   "pace slots gap how"   one slot per `gap` ns; the reader waits as `how` says             "p50 p90" of its delays, ns
 *   "idle ms how"          the reader waits for nothing                                      "ns" of processor time
 * `how` is a wait of the client; with "thread-" before it the reader's thread does nothing else.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { Waiter } from "../src/client/waiter.ts";
import {
  CLAIM_STEP,
  EventWriter,
  loadSequence,
  READER_ROW,
  RingReader,
  RingWriter,
  storeSequence,
} from "../src/log/index.ts";
import type { SlotViews, Wait } from "../src/log/index.ts";
import { LONG, NUM, SymbolTable } from "../src/model/index.ts";
import { createRegion, openRegion } from "../src/store/index.ts";
import type { RegionHandle } from "../src/store/index.ts";
import { quantile } from "./harness.ts";

const CURSOR = READER_ROW.at.cursor / 4;
/** Index of a quote's bid price and ask price from the slot's first double. */
const BID = 3;
const ASK = 5;
const MAX_DELAYS = 1 << 16;

const [role = "", file = ""] = process.argv.slice(2);
const say = (text: string): void => void fs.writeSync(1, `${text}\n`);
/** Sums and delays go through arrays so that they are never boxed. */
const sum = new Float64Array(1);
const delays = new Float64Array(MAX_DELAYS);
let delayed = 0;
/** CLOCK_MONOTONIC in ns, which two processes share, minus performance.now in ns: best of many pairs. */
const offset = calibrate();

function calibrate(): number {
  let [narrowest, best] = [Infinity, 0];
  for (let i = 0; i < 2000; i++) {
    const before = process.hrtime.bigint();
    const now = performance.now();
    const width = Number(process.hrtime.bigint() - before);
    if (width >= narrowest) continue;
    narrowest = width;
    best = Number(before) + width / 2 - now * 1e6;
  }
  return best;
}

function quote(out: EventWriter, n: number, bid: number): void {
  out.num[NUM.BID_PRICE] = bid;
  out.num[NUM.BID_SIZE] = 1;
  out.num[NUM.ASK_PRICE] = bid + 1;
  out.num[NUM.ASK_SIZE] = 2;
  out.long[LONG.ID] = n;
  out.quote(n & 15, 0);
}

function writeBatches({ region }: RegionHandle, out: EventWriter, count: number, batch: number): string {
  const { ring } = out;
  const free = ring.capacity - 2 * CLAIM_STEP - batch;
  let pending = 0;
  for (let n = 0; n < count; n++) {
    if (n % CLAIM_STEP === 0) while (ring.head + pending - loadSequence(region.readers.i32, CURSOR) > free);
    quote(out, n, n & 1023);
    sum[0]! += (n & 1023) * 2 + 1;
    pending += 1;
    if (pending === batch || n + 1 === count) {
      ring.commit();
      pending = 0;
    }
  }
  return String(sum[0]);
}

function readBatches({ region }: RegionHandle, reader: RingReader, count: number): string {
  const end = reader.cursor + count;
  while (reader.cursor < end) {
    const polled = reader.poll(add, 1024);
    if (polled > 0) storeSequence(region.readers.i32, CURSOR, reader.cursor);
  }
  return String(sum[0]);
}

function add(slots: SlotViews, word: number): void {
  sum[0]! += slots.f64[(word >> 1) + BID]! + slots.f64[(word >> 1) + ASK]!;
}

/** Each slot carries the time of its commit as bid price. */
function writePaced(out: EventWriter, count: number, gap: number): string {
  let next = performance.now() * 1e6;
  for (let n = 0; n < count; n++) {
    next += gap;
    while (performance.now() * 1e6 < next);
    quote(out, n, performance.now() * 1e6 + offset);
    out.ring.commit();
  }
  return "0";
}

function measure(slots: SlotViews, word: number): void {
  delays[delayed++] = performance.now() * 1e6 + offset - slots.f64[(word >> 1) + BID]!;
}

async function readPaced(reader: RingReader, waiter: Waiter, count: number, how: string): Promise<string> {
  delayed = 0;
  for (let left = count; left > 0;) {
    const polled = reader.poll(measure);
    left -= polled;
    if (polled > 0) continue;
    const waiting = wait(waiter, how, 250);
    if (waiting !== undefined) await waiting;
  }
  const sorted = [...delays.subarray(0, count)];
  return `${quantile(sorted, 0.5)} ${quantile(sorted, 0.9)}`;
}

/** One bounded wait; no promise where the thread waits: awaiting one would count as delay. */
function wait(waiter: Waiter, how: string, ms: number): Promise<void> | undefined {
  if (!how.startsWith("thread-")) return waiter.step(how as Wait, how === "futex" ? ms : 1);
  waiter.stepSync(how === "thread-spin" ? "spin" : "futex", ms);
  return undefined;
}

/** Processor time of a wait in which nothing comes, of all threads. */
async function idle(waiter: Waiter, ms: number, how: string): Promise<string> {
  const begun = process.cpuUsage();
  const until = performance.now() + ms;
  for (let left = ms; left > 0; left = until - performance.now()) await wait(waiter, how, left);
  const { user, system } = process.cpuUsage(begun);
  return String((user + system) * 1000);
}

const handle =
  role === "writer"
    ? createRegion({ lane: path.basename(file, ".region"), dir: path.dirname(file) })
    : openRegion(file);
const { control, slots, bell } = handle.region;
const out =
  role === "writer" ? new EventWriter(new RingWriter(control, slots, bell), new SymbolTable()) : null;
const reader = new RingReader(control, slots);
const waiter = new Waiter(reader, handle);

async function answer(what: string, count: number, rest: string): Promise<string> {
  if (what === "batch") {
    sum[0] = 0;
    const start = process.hrtime.bigint();
    const seen =
      out === null ? readBatches(handle, reader, count) : writeBatches(handle, out, count, Number(rest));
    return `${process.hrtime.bigint() - start} ${seen}`;
  }
  if (what === "idle") return idle(waiter, count, rest);
  const [gap, how] = rest.split(" ");
  return out === null ? readPaced(reader, waiter, count, how) : writePaced(out, count, Number(gap));
}

createInterface(process.stdin).on("line", async (line) => {
  const [what = "", count = "", ...rest] = line.split(" ");
  if (out === null) reader.seekHead();
  say("begun");
  say(await answer(what, Number(count), rest.join(" ")));
});
say("ready");
