import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { quickTime } from "../iso.ts";
import { after, bareField, key, quoteAt, wanted, NO_TEXT } from "../keys.ts";
import type { Key } from "../keys.ts";
import { decimal, integer } from "../kit.ts";
import { emitQuote, emitStats, readExact } from "../reading.ts";
import { readAnyOrder } from "./any.ts";
import { replayed } from "../scanned.ts";
import { readFrame } from "./read.ts";

/**
 * Kraken WebSocket v2, hot path. A frame is read straight through in the order in which the venue writes it;
 * whatever is not exactly that returns -1 and goes to the reference reader in read.ts.
 * Numbers are JSON numbers, times RFC 3339 with microseconds.
 * https://docs.kraken.com/exchange/api-reference/spot-websocket-v2
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACE = 0x7d;

const CHANNEL = key('{"channel":"');
const HEARTBEAT = key('heartbeat"}');
const BOOK = key('book","type":"');
const TRADE = key('trade","type":"');
const TICKER = key('ticker","type":"');
const UPDATE = key('update","data":[');
const SNAPSHOT = key('snapshot","data"');

const SYMBOL = key('{"symbol":"');
const TIMESTAMP = key(',"timestamp":"');

export function parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const { scanner, base } = slab;
  if (scanner !== null) {
    const count = scanner.entries["kraken"]!(base + start, base + end);
    if (replayed(slab, scanner, count, out)) return FRAME.DATA;
  }
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
  const frame = readFrame(readExact(slab, start, end), out);
  if (frame === FRAME.DATA) out.slowFallbacks += 1;
  else out.begin(tsRecv);
  return frame;
}

function straight(slab: Slab, start: number, end: number, out: Out): number {
  const p = after(slab, start, end, CHANNEL);
  if (p < 0) return -1;
  switch (slab.view.getInt32(p, true)) {
    case BOOK.first:
      return books(slab, after(slab, p, end, BOOK), end, out);
    case TRADE.first:
      return trades(slab, after(slab, p, end, TRADE), end, out);
    case TICKER.first:
      return ticker(slab, after(slab, p, end, TICKER), end, out);
    default:
      return after(slab, p, end, HEARTBEAT) === end ? FRAME.HEARTBEAT : -1;
  }
}

/** Position behind `update","data":[` or `snapshot","data":[`. */
function dataAt(slab: Slab, p: number, end: number): number {
  const update = after(slab, p, end, UPDATE);
  if (update > 0) return update;
  const name = after(slab, p, end, SNAPSHOT);
  return name > 0 && slab.bytes[name] === COLON && slab.bytes[name + 1] === OPEN ? name + 2 : -1;
}

function typeFlag(slab: Slab, p: number): number {
  return slab.view.getInt32(p, true) === SNAPSHOT.first ? FLAG.SNAPSHOT : 0;
}

/** Whether the frame ends here with `]}`. */
function closes(slab: Slab, p: number, end: number): boolean {
  return p + 2 === end && slab.bytes[p] === CLOSE && slab.bytes[p + 1] === BRACE;
}

/** `"2026-10-05T09:12:44.123456Z"}` behind its key: the time goes to LONG.TS. */
function timeLast(slab: Slab, p: number, end: number, out: Out): number {
  const close = p < 0 ? -1 : quickTime(slab, p, end, out);
  return close > 0 && close < end && slab.bytes[close] === QUOTE && slab.bytes[close + 1] === BRACE
    ? close + 2
    : -1;
}

function noTime(out: Out): void {
  out.long[LONG.TS] = 0;
  out.long[LONG.TS + 1] = 0;
}

// ---------------------------------------------------------------------------------------------------------------
// {"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[],
//  "asks":[{"price":85601.6,"qty":0.0},{"price":85608.0,"qty":0.04358176}],
//  "checksum":3973935795,"timestamp":"2026-10-05T09:12:44.204512Z"}]}
// .../spot-websocket-v2/book. `qty` is absolute, 0 removes; `checksum` covers the ten best levels of each side after
// this event. There are no sequence numbers. Older frames have no `timestamp`, a thin first snapshot no `checksum`.

const BIDS = key('","bids":[');
const ASKS = key(',"asks":[');
const LEVEL_PRICE = key('{"price":');
const SIZE = key(',"qty":');
const CHECKSUM = key(',"checksum":');

function books(slab: Slab, p: number, end: number, out: Out): number {
  const flags = p < 0 ? -1 : typeFlag(slab, p);
  p = dataAt(slab, p, end);
  while (p > 0) {
    p = book(slab, p, end, flags, out);
    if (p < 0 || slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  return closes(slab, p, end) ? FRAME.DATA : -1;
}

function book(slab: Slab, p: number, end: number, flags: number, out: Out): number {
  const name = after(slab, p, end, SYMBOL);
  const nameEnd = quoteAt(slab, name, end);
  if (nameEnd < 0) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  p = levels(slab, after(slab, nameEnd, end, BIDS), end, instrument >= 0, out);
  p = bookTail(slab, p, end, out);
  if (p < 0) return -1;
  out.long[LONG.ID] = 0;
  out.long[LONG.ID + 1] = 0;
  out.long[LONG.PREV] = 0;
  out.long[LONG.PREV + 1] = 0;
  if (instrument >= 0) out.book(instrument, flags);
  return p;
}

/**
 * Both lists of levels, from behind `"bids":[` to behind the asks' `]`; with `emits` false they are only proved. One
 * function for both, because this loop is where a busy feed spends its time: V8 makes one piece of code of it and
 * `decimal`, for one caller.
 */
function levels(slab: Slab, p: number, end: number, emits: boolean, out: Out): number {
  const view = slab.view;
  for (let side: number = SIDE.BID; p > 0; side = SIDE.ASK) {
    let more = view.getUint8(p) !== CLOSE;
    if (!more) p += 1;
    while (more) {
      p = bareField(slab, p, end, LEVEL_PRICE, out, NUM.PRICE);
      p = bareField(slab, p, end, SIZE, out, NUM.SIZE);
      if (p >>> 0 >= end || view.getUint8(p) !== BRACE) return -1;
      if (emits) out.level(side);
      more = view.getUint8(p + 1) === COMMA;
      if (!more && view.getUint8(p + 1) !== CLOSE) return -1;
      p = (p + 2) | 0;
    }
    if (side === SIDE.ASK) return p;
    p = after(slab, p, end, ASKS);
  }
  return -1;
}

/** `,"checksum":3973935795,"timestamp":"…"}`, both optional. */
function bookTail(slab: Slab, p: number, end: number, out: Out): number {
  const sum = after(slab, p, end, CHECKSUM);
  out.hasChecksum = sum > 0;
  if (sum > 0) {
    p = integer(slab, sum, out, LONG.ID);
    if (p < 0 || out.long[LONG.ID + 1] !== 0) return -1;
    out.checksum = out.long[LONG.ID]!;
  }
  const time = after(slab, p, end, TIMESTAMP);
  if (time > 0) return timeLast(slab, time, end, out);
  noTime(out);
  return p > 0 && slab.bytes[p] === BRACE ? p + 1 : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":85600.5,"qty":0.00210000,
//  "ord_type":"market","trade_id":91234567,"timestamp":"2026-10-05T09:12:44.120001Z"}]}
// .../spot-websocket-v2/trade. `side` is the taker's; `trade_id` grows per book; a snapshot is history.

const TRADE_SIDE = key('","side":"');
const BUY = key('buy","price":');
const SELL = key('sell","price":');
const ORDER_TYPE = key(',"ord_type":"');
const MARKET = key('market"');
const LIMIT = key('limit"');
const TRADE_ID = key(',"trade_id":');

function trades(slab: Slab, p: number, end: number, out: Out): number {
  const flags = p < 0 ? -1 : typeFlag(slab, p);
  p = dataAt(slab, p, end);
  while (p > 0) {
    p = trade(slab, p, end, flags, out);
    if (p < 0 || slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  return closes(slab, p, end) ? FRAME.DATA : -1;
}

function trade(slab: Slab, p: number, end: number, flags: number, out: Out): number {
  const name = after(slab, p, end, SYMBOL);
  const nameEnd = quoteAt(slab, name, end);
  const side = after(slab, nameEnd, end, TRADE_SIDE);
  const bought = after(slab, side, end, BUY);
  p = bought > 0 ? bought : after(slab, side, end, SELL);
  p = priceAndSize(slab, p, end, out);
  p = tradeTail(slab, p, end, out);
  const instrument = p < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) out.trade(instrument, bought > 0 ? SIDE.BUY : SIDE.SELL, flags);
  return p;
}

/** `85600.5,"qty":0.00210000`; in a loop, as {@link fields}. */
function priceAndSize(slab: Slab, p: number, end: number, out: Out): number {
  for (let reg: number = NUM.PRICE; ; reg = NUM.SIZE) {
    p = decimal(slab, p, out, reg);
    if (p < 0 || reg === NUM.SIZE) return p;
    p = after(slab, p, end, SIZE);
  }
}

/** `,"ord_type":"market","trade_id":91234567,"timestamp":"…"}` */
function tradeTail(slab: Slab, p: number, end: number, out: Out): number {
  const type = after(slab, p, end, ORDER_TYPE);
  const market = after(slab, type, end, MARKET);
  p = after(slab, market > 0 ? market : after(slab, type, end, LIMIT), end, TRADE_ID);
  p = p < 0 ? -1 : integer(slab, p, out, LONG.ID);
  return timeLast(slab, after(slab, p, end, TIMESTAMP), end, out);
}

// ---------------------------------------------------------------------------------------------------------------
// {"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":85600.4,"bid_qty":0.20401971,"ask":85600.5,
//  "ask_qty":0.90679198,"last":85600.5,"volume":1420.5531,"vwap":85211.7,"low":84100.0,"high":86250.1,
//  "change":812.3,"change_pct":0.96,"trades":48211,"timestamp":"2026-10-05T09:12:44.123456Z"}]}
// .../spot-websocket-v2/ticker. With event_trigger "bbo" one frame for each change of the best bid or offer.
// A pair with an empty book has zeros and the epoch instead of values. Older frames lack `trades` and `timestamp`.

const BID = key('","bid":');
const BID_SIZE = key(',"bid_qty":');
const ASK = key(',"ask":');
const ASK_SIZE = key(',"ask_qty":');
const LAST = key(',"last":');
const VOLUME = key(',"volume":');
const VWAP = key(',"vwap":');
const LOW = key(',"low":');
const HIGH = key(',"high":');
const CHANGE = key(',"change":');
const CHANGE_PERCENT = key(',"change_pct":');
const TRADES = key(',"trades":');
/** No ticker is shorter: so far back from its end is still inside it. */
const SHORTEST = 160;
/** Length of `2026-10-05T09:12:44.123456Z`. */
const MICRO_TIME = 27;

function ticker(slab: Slab, p: number, end: number, out: Out): number {
  const tail = closingTime(slab, p, end, out);
  const name = after(slab, dataAt(slab, p, end), end, SYMBOL);
  const nameEnd = quoteAt(slab, name, end);
  const instrument = tail < 0 || nameEnd < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  p = tops(slab, nameEnd, end, instrument, out);
  p = figures(slab, p, end, instrument, out);
  return p > 0 && p === tail ? FRAME.DATA : -1;
}

/**
 * The time stands at the end of the frame, but the quote at its start needs it: read first, and proved again by
 * the values ending where it begins. Returns that position; without a time that of the closing `}]}`.
 */
function closingTime(slab: Slab, start: number, end: number, out: Out): number {
  const bytes = slab.bytes;
  const close = end - 3;
  if (start < 0 || end - start < SHORTEST || bytes[close] !== BRACE || !closes(slab, close + 1, end))
    return -1;
  noTime(out);
  if (bytes[close - 1] !== QUOTE) return close;
  let time = close - 1 - MICRO_TIME;
  if (bytes[time - 1] !== QUOTE) time = textStart(bytes, close - 2);
  const at = time - TIMESTAMP.length;
  return after(slab, at, end, TIMESTAMP) === time && quickTime(slab, time, end, out) === close - 1 ? at : -1;
}

/** First byte of the text that ends at p; the frame's many quotes stop the search. */
function textStart(bytes: Uint8Array, p: number): number {
  while (p > 0 && bytes[p] !== QUOTE) p -= 1;
  return p + 1;
}

const TOP = [BID, BID_SIZE, ASK, ASK_SIZE];
const TOP_AT = Int32Array.of(NUM.BID_PRICE, NUM.BID_SIZE, NUM.ASK_PRICE, NUM.ASK_SIZE);
const DAY = [LAST, VOLUME, VWAP, LOW, HIGH];
const DAY_AT = Int32Array.of(NUM.LAST, NUM.VOLUME, NUM.VWAP, NUM.LOW, NUM.HIGH);

/** Bare numbers, each behind its key, to their registers. A loop, so that `decimal` is small enough to be compiled into it. */
function fields(slab: Slab, p: number, end: number, keys: Key[], registers: Int32Array, out: Out): number {
  for (let i = 0; i < keys.length && p > 0; i++) p = bareField(slab, p, end, keys[i]!, out, registers[i]!);
  return p;
}

/** Best bid and offer; a side without price is NaN, and nothing is emitted when both are. */
function tops(slab: Slab, p: number, end: number, instrument: number, out: Out): number {
  p = fields(slab, p, end, TOP, TOP_AT, out);
  if (p > 0 && instrument >= 0) emitQuote(instrument, out);
  return p;
}

/** Position behind a JSON number without exponent that is not kept. */
function skipNumber(slab: Slab, p: number, end: number): number {
  if (p < 0) return -1;
  const whole = slab.bytes[p] === MINUS ? p + 1 : p;
  const point = skipDigits(slab, whole, end);
  if (point === whole || (slab.bytes[whole] === ZERO && point > whole + 1)) return -1;
  if (slab.bytes[point] !== POINT) return point;
  const behind = skipDigits(slab, point + 1, end);
  return behind === point + 1 ? -1 : behind;
}

function skipDigits(slab: Slab, p: number, end: number): number {
  const bytes = slab.bytes;
  while (p < end && (bytes[p]! ^ ZERO) <= 9) p += 1;
  return p;
}

/** The 24-hour figures, then those that are not kept: change, percent, number of trades. */
function figures(slab: Slab, p: number, end: number, instrument: number, out: Out): number {
  p = fields(slab, p, end, DAY, DAY_AT, out);
  if (p > 0 && instrument >= 0) emitStats(instrument, out);
  p = skipNumber(slab, after(slab, p, end, CHANGE), end);
  p = skipNumber(slab, after(slab, p, end, CHANGE_PERCENT), end);
  const count = after(slab, p, end, TRADES);
  return count < 0 ? p : skipNumber(slab, count, end);
}
