import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, quoteAt, wanted } from "../keys.ts";
import { millis, readJson, word } from "../kit.ts";
import { readAnyOrder } from "./any.ts";
import { readFrame } from "./read.ts";
import {
  SNAPSHOT_FRAME,
  brief,
  head,
  messageId,
  numberEnd,
  safeInteger,
  sameText,
  timeOfHead,
  typeOfHead,
} from "./scan.ts";
import { tickers } from "./tickers.ts";
import { liquidations, trades } from "./trades.ts";

/**
 * Bybit v5, hot path. A frame is read straight through in the orders in which the venue writes it; whatever is not
 * exactly one of them returns -1 and goes to any.ts, which reads any order of keys, and from there to the reference in
 * read.ts. Prices and sizes are texts, the rest are
 * numbers. Nothing in a frame says of which category it is: a socket carries one.
 * https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { ID, PREV } = LONG;
const { PRICE, BID_PRICE, ASK_PRICE } = NUM;
const POINT = 0x2e;
const COMMA = 0x2c;
const CLOSE = 0x5d;
const BRACE = 0x7d;
/** Three bytes of a word. */
const THREE = 0xffffff;
/** No data frame is shorter; keys at the start of a frame may be looked at without passing its end. */
const SHORTEST = 48;

export function parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const { inexact } = out;
  const read = straight(slab, start, end, out);
  if (read > 0) return read;
  out.begin(tsRecv);
  out.inexact = inexact;
  if (readAnyOrder(slab, start, end, out)) {
    out.fallbacks += 1;
    return FRAME.DATA;
  }
  out.begin(tsRecv);
  out.inexact = inexact;
  const frame = readFrame(readJson(slab, start, end), out);
  if (frame === FRAME.DATA) out.slowFallbacks += 1;
  else out.begin(tsRecv);
  return frame;
}

const TOPIC = key('{"topic":"');
const ORDERBOOK_WORD = word("orde");
const TRADE_WORD = word("publ");
const TICKERS_WORD = word("tick");
const FORCED_WORD = word("allL");
const ORDERBOOK = key("orderbook.");

function straight(slab: Slab, start: number, end: number, out: Out): number {
  if (end - start < SHORTEST) return -1;
  const p = after(slab, start, end, TOPIC);
  if (p < 0) return -1;
  switch (slab.view.getInt32(p, true)) {
    case ORDERBOOK_WORD:
      return orderbook(slab, p, end, out);
    case TRADE_WORD:
      return trades(slab, p, end, out);
    case TICKERS_WORD:
      return tickers(slab, p, end, out);
    case FORCED_WORD:
      return liquidations(slab, p, end, out);
    default:
      return -1;
  }
}

// ---------------------------------------------------------------------------------------------------------------
// {"topic":"orderbook.50.BTCUSDT","type":"delta","ts":1787644800122,"data":{"s":"BTCUSDT",
//  "b":[["63982.50","0.003"],["63980.60","0"]],"a":[],"u":53935310,"seq":760578520655},"cts":1787644800120}
// .../orderbook. A level is price and absolute size, 0 removes. `u` grows by one from frame to frame of a topic; a
// snapshot may come at any time, and u = 1 is one whatever its type says. `cts` is the matching engine's time; books of
// 2023 have none, and no `seq`. Spot and options write `ts` before `type`, options `id` behind it.

const DATA = key(',"data":{"s":"');
const BIDS = key('","b":[');
const ASKS = key(',"a":[');

function orderbook(slab: Slab, p: number, end: number, out: Out): number {
  const depth = depthEnd(slab, after(slab, p, end, ORDERBOOK));
  if (depth < 0) return -1;
  const nameEnd = quoteAt(slab, depth, end);
  if (nameEnd <= depth) return -1;
  const data = after(slab, messageId(slab, head(slab, nameEnd, end, out), end), end, DATA);
  const again = data < 0 ? -1 : sameText(slab, data, depth, nameEnd);
  const bids = after(slab, again, end, BIDS);
  const tail = bids < 0 ? -1 : tailAt(slab, bids, end);
  if (tail < 0 || !numbers(slab, tail, end, out)) return -1;
  const instrument = wanted(slab, depth, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  return depth - p === LEVEL_1
    ? quote(slab, bids, end, tail, instrument, out)
    : book(slab, bids, end, tail, instrument, out);
}

/** Bytes of `orderbook.1.` */
const LEVEL_1 = 12;
/** `50.` and `1.`, the depths that come most often. */
const FIFTY = 0x2e3035;
const FIRST = 0x2e31;

/** Position behind `50.`: of a depth that there is, or was (25 and 100 of options, 500 until September 2025). */
function depthEnd(slab: Slab, p: number): number {
  if (p < 0) return -1;
  const { bytes, view } = slab;
  const digits = view.getInt32(p, true);
  if ((digits & THREE) === FIFTY) return p + 3;
  if ((digits & 0xffff) === FIRST) return p + 2;
  const known = digits === TWO_HUNDRED || digits === HUNDRED || digits === FIVE_HUNDRED;
  if (known) return p + 4;
  if (digits === THOUSAND) return bytes[p + 4] === POINT ? p + 5 : -1;
  return (digits & THREE) === TWENTY_FIVE ? p + 3 : -1;
}

const TWENTY_FIVE = 0x2e3532;
const HUNDRED = word("100.");
const TWO_HUNDRED = word("200.");
const FIVE_HUNDRED = word("500.");
const THOUSAND = word("1000");

const TAIL = word('],"u');

/** Length of the last tail found. The memory of a pure function: it changes what a call costs, never what it gives. */
let tailBytes = 0;

/** Position behind the `]` of the last levels, found from the end of the frame. */
function tailAt(slab: Slab, from: number, end: number): number {
  const guess = end - tailBytes - 1;
  if (guess >= from && slab.view.getInt32(guess, true) === TAIL) return guess + 1;
  const bytes = slab.bytes;
  let p = end - 2;
  while (p >= from && bytes[p] !== CLOSE) p -= 1;
  if (p < from) return -1;
  tailBytes = end - p - 1;
  return p + 1;
}

const UPDATE = key(',"u":');
const CROSS = key(',"seq":');
const ENGINE_TIME = key('},"cts":');

/** `,"u":53935310,"seq":760578520655},"cts":1787644800120}` up to the end: ID, PREV = ID - 1, TS. */
function numbers(slab: Slab, p: number, end: number, out: Out): boolean {
  const { bytes } = slab;
  p = safeInteger(slab, after(slab, p, end, UPDATE), out, ID);
  const cross = after(slab, p, end, CROSS);
  if (cross > 0) p = numberEnd(slab, cross, out);
  const engine = after(slab, p, end, ENGINE_TIME);
  if (engine > 0) p = millis(slab, engine, out);
  else if (p > 0 && bytes[p] === BRACE && millis(slab, timeOfHead(), out) > 0) p += 1;
  else return false;
  if (p + 1 !== end || bytes[p] !== BRACE) return false;
  const low = out.long[ID]!;
  const high = out.long[ID + 1]!;
  out.long[PREV] = low === 0 && high === 0 ? 0 : (low - 1) | 0;
  out.long[PREV + 1] = low === 0 && high !== 0 ? high - 1 : high;
  return true;
}

function book(slab: Slab, bids: number, end: number, tail: number, instrument: number, out: Out): number {
  const long = out.long;
  const flags = typeOfHead() === SNAPSHOT_FRAME || (long[ID] === 1 && long[ID + 1] === 0) ? FLAG.SNAPSHOT : 0;
  if (flags !== 0) {
    long[PREV] = 0;
    long[PREV + 1] = 0;
  }
  const emits = instrument >= 0;
  if (emits) out.openBook(instrument, flags);
  const between = levels(slab, bids, end, emits ? SIDE.BID : SIDE.NONE, out);
  const asks = after(slab, between, end, ASKS);
  if (levels(slab, asks, end, emits ? SIDE.ASK : SIDE.NONE, out) !== tail) return -1;
  if (emits) out.book(instrument, flags);
  return FRAME.DATA;
}

/** Levels behind `[` up to `]`; of side NONE they are only proved. */
function levels(slab: Slab, p: number, end: number, side: number, out: Out): number {
  if (p < 0) return -1;
  const bytes = slab.bytes;
  if (bytes[p] === CLOSE) return p + 1;
  for (;;) {
    p = level(slab, p, end, out, PRICE);
    if (p < 0) return -1;
    if (side !== SIDE.NONE) out.level(side);
    const next = bytes[p];
    p += 1;
    if (next !== COMMA) return next === CLOSE ? p : -1;
  }
}

/** `["`, `","` and a byte, `"]`: a level's punctuation, two to four bytes at once. */
const BEFORE = 0x225b;
const BETWEEN = 0x222c22;
const BEHIND = 0x5d22;

/** `["63982.50","0.003"]`: price and size into `register` and the one behind it. */
function level(slab: Slab, p: number, end: number, out: Out, register: number): number {
  const { view } = slab;
  if (p >= end || view.getInt16(p, true) !== BEFORE) return -1;
  p = brief(slab, p + 2, out, register);
  if (p < 0 || p >= end || (view.getInt32(p, true) & THREE) !== BETWEEN) return -1;
  p = brief(slab, p + 3, out, register + 1);
  return p > 0 && p < end && view.getInt16(p, true) === BEHIND ? p + 2 : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"topic":"orderbook.1.BTCUSDT","ts":1786613159749,"type":"snapshot","data":{"s":"BTCUSDT","b":[["63705.3","2.045546"]],
//  "a":[["63705.4","2.334566"]],"u":72212457,"seq":112603120278},"cts":1786613159748}
// Level 1 is a full state each time, sent again after three seconds with the same `u`; a side without orders is [].

function quote(slab: Slab, bids: number, end: number, tail: number, instrument: number, out: Out): number {
  if (typeOfHead() !== SNAPSHOT_FRAME) return -1;
  const asks = after(slab, best(slab, bids, end, out, BID_PRICE), end, ASKS);
  if (best(slab, asks, end, out, ASK_PRICE) !== tail) return -1;
  if (instrument >= 0) out.quote(instrument, 0);
  return FRAME.DATA;
}

/** The only level of a side, or none, up to its `]`. */
function best(slab: Slab, p: number, end: number, out: Out, register: number): number {
  if (p < 0) return -1;
  if (slab.bytes[p] === CLOSE) {
    out.num[register] = NaN;
    out.num[register + 1] = NaN;
    return p + 1;
  }
  const close = level(slab, p, end, out, register);
  return close > 0 && slab.bytes[close] === CLOSE ? close + 1 : -1;
}
