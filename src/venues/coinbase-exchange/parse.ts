import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { quickTime } from "../iso.ts";
import { NO_TEXT, after, key, quoteAt, quotedField, textEnd, wanted } from "../keys.ts";
import { decimal, integer, longIntegerEnd, readJson } from "../kit.ts";
import { emitStats } from "../reading.ts";
import { readAnyOrder } from "./any.ts";
import { emitTop } from "./emit.ts";
import { readFrame } from "./read.ts";

/**
 * Coinbase Exchange, hot path. A frame is read straight through in the order in which the venue writes it; whatever is
 * not exactly that returns -1 and goes to any.ts, and what that refuses to the reference reader in read.ts.
 * Numbers are decimal texts. Nothing numbers the frames of a book.
 * https://docs.cdp.coinbase.com/exchange/websocket-feed/channels
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const BRACE = 0x7d;

const TYPE = key('{"type":"');
const UPDATE = key('l2update"');
const SNAPSHOT = key('snapshot"');
const MATCH = key('match"');
const LAST_MATCH = key('last_match"');
const TICKER = key('ticker"');

export function parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const { inexact } = out;
  if (straight(slab, start, end, out) > 0) return FRAME.DATA;
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

/** The end of the frame when it was read whole, or -1. */
function straight(slab: Slab, start: number, end: number, out: Out): number {
  const p = after(slab, start, end, TYPE);
  if (p < 0) return -1;
  switch (slab.view.getInt32(p, true)) {
    case UPDATE.first:
      return update(slab, after(slab, p, end, UPDATE), end, out);
    case MATCH.first:
      return trade(slab, after(slab, p, end, MATCH), end, 0, out);
    case TICKER.first:
      return ticker(slab, after(slab, p, end, TICKER), end, out);
    case SNAPSHOT.first:
      return snapshot(slab, after(slab, p, end, SNAPSHOT), end, out);
    case LAST_MATCH.first:
      return trade(slab, after(slab, p, end, LAST_MATCH), end, FLAG.SNAPSHOT, out);
    default:
      return -1;
  }
}

const PRODUCT = key(',"product_id":"');
const TIME = key(',"time":"');

/** From a key before a time to behind the brace that ends the frame, or -1. */
function timeAndEnd(slab: Slab, p: number, end: number, out: Out): number {
  const time = after(slab, p, end, TIME);
  p = time < 0 ? -1 : quickTime(slab, time, end, out);
  return p > 0 && slab.bytes[p] === QUOTE && slab.bytes[p + 1] === BRACE && p + 2 === end ? end : -1;
}

function emitBook(instrument: number, flags: number, out: Out): void {
  const { long } = out;
  for (let i = LONG.ID; i < LONG.PREV + 2; i++) long[i] = 0;
  if (instrument >= 0) out.book(instrument, flags);
}

// ---------------------------------------------------------------------------------------------------------------
// {"type":"l2update","product_id":"BTC-USD","changes":[["sell","118341.00","0.00000000"]],
//  "time":"2026-05-28T08:00:01.451234Z"}
// .../channels#level2-batch-channel. Sizes are absolute, zero in any spelling removes.

const CHANGES = key('","changes":[');
const BUY = key('["buy","');
const SELL = key('["sell","');

function update(slab: Slab, p: number, end: number, out: Out): number {
  const name = after(slab, p, end, PRODUCT);
  const nameEnd = quoteAt(slab, name, end);
  p = after(slab, nameEnd, end, CHANGES);
  const instrument = p < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  p = timeAndEnd(slab, changes(slab, p, end, instrument >= 0, out), end, out);
  if (p > 0) emitBook(instrument, 0, out);
  return p;
}

/** Changes behind `[` up to behind `]`; those of unknown products are only proved. */
function changes(slab: Slab, p: number, end: number, emits: boolean, out: Out): number {
  const bytes = slab.bytes;
  if (bytes[p] === CLOSE) return p + 1;
  for (;;) {
    const buy = after(slab, p, end, BUY);
    p = pair(slab, buy > 0 ? buy : after(slab, p, end, SELL), out);
    if (p < 0) return -1;
    if (emits) out.level(buy > 0 ? SIDE.BID : SIDE.ASK);
    if (bytes[p] !== COMMA) return bytes[p] === CLOSE ? p + 1 : -1;
    p += 1;
  }
}

/** Price and size from behind the first quote of `"118341.00","0.25"]`, to behind the bracket. */
function pair(slab: Slab, p: number, out: Out): number {
  const bytes = slab.bytes;
  const price = decimal(slab, p, out, NUM.PRICE);
  if (price < 0 || bytes[price] !== QUOTE || bytes[price + 1] !== COMMA || bytes[price + 2] !== QUOTE)
    return -1;
  const size = decimal(slab, price + 3, out, NUM.SIZE);
  return size > 0 && bytes[size] === QUOTE && bytes[size + 1] === CLOSE ? size + 2 : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"type":"snapshot","product_id":"ETH-USD","asks":[["1955.81","0.00130538"]],"bids":[["1955.80","0.19478896"]],
//  "time":"2026-05-28T08:00:00.223456Z"}
// The whole book, after subscribing. Frames of 2022 have no time.

const ASKS = key('","asks":[');
const BIDS = key(',"bids":[');

function snapshot(slab: Slab, p: number, end: number, out: Out): number {
  const name = after(slab, p, end, PRODUCT);
  const nameEnd = quoteAt(slab, name, end);
  p = after(slab, nameEnd, end, ASKS);
  const instrument = p < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  const bids = after(slab, levels(slab, p, end, SIDE.ASK, instrument >= 0, out), end, BIDS);
  p = bids < 0 ? -1 : levels(slab, bids, end, SIDE.BID, instrument >= 0, out);
  if (p > 0 && p + 1 === end && slab.bytes[p] === BRACE) {
    out.long[LONG.TS] = 0;
    out.long[LONG.TS + 1] = 0;
    p = end;
  } else p = timeAndEnd(slab, p, end, out);
  if (p > 0) emitBook(instrument, FLAG.SNAPSHOT, out);
  return p;
}

/** Levels behind `[` up to behind `]`. */
function levels(slab: Slab, p: number, end: number, side: number, emits: boolean, out: Out): number {
  const bytes = slab.bytes;
  if (p < end && bytes[p] === CLOSE) return p + 1;
  while (p < end && bytes[p] === OPEN && bytes[p + 1] === QUOTE) {
    p = pair(slab, p + 2, out);
    if (p < 0) return -1;
    if (emits) out.level(side);
    if (bytes[p] !== COMMA) return p < end && bytes[p] === CLOSE ? p + 1 : -1;
    p += 1;
  }
  return -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"type":"match","trade_id":995098701,"maker_order_id":"ac928c66-ca53-498f-9c13-a110027a60e8",
//  "taker_order_id":"132fb6ae-456b-4654-b4e0-d681ac05cea1","side":"sell","size":"0.0015","price":"118341.00",
//  "product_id":"BTC-USD","sequence":126772717215,"time":"2026-05-28T08:00:02.701234Z"}
// .../channels#match-channel. `side` is the maker's; trade_id is +1 a trade of the product. After subscribing comes a
// `last_match`: history.

const TRADE_ID = key(',"trade_id":');
const MAKER = key(',"maker_order_id');
const TAKER = key(',"taker_order_id');
/** `":"` and whatever comes next. */
const VALUE = 0x223a22;
/** Length of `ac928c66-ca53-498f-9c13-a110027a60e8`. */
const UUID = 36;
const TRADE_SIDE = key(',"side":"');
const BOUGHT = key('buy"');
const SOLD = key('sell"');
const SIZE = key(',"size":');
const PRICE = key(',"price":');
const TRADE_SEQUENCE = key('","sequence":');
/** High half of 2^53: a JSON number from here on is not exact. */
const UNSAFE = 0x200000;

function trade(slab: Slab, p: number, end: number, flags: number, out: Out): number {
  const id = after(slab, p, end, TRADE_ID);
  p = id < 0 ? -1 : integer(slab, id, out, LONG.ID);
  if (p < 0 || out.long[LONG.ID + 1]! >>> 0 >= UNSAFE) return -1;
  const side = after(slab, orderId(slab, orderId(slab, p, end, true), end, false), end, TRADE_SIDE);
  const bought = after(slab, side, end, BOUGHT);
  p = quotedField(slab, bought > 0 ? bought : after(slab, side, end, SOLD), end, SIZE, out, NUM.SIZE);
  p = quotedField(slab, p, end, PRICE, out, NUM.PRICE);
  const name = after(slab, p, end, PRODUCT);
  const nameEnd = quoteAt(slab, name, end);
  const sequence = after(slab, nameEnd, end, TRADE_SEQUENCE);
  p = sequence < 0 ? -1 : timeAndEnd(slab, countEnd(slab, sequence), end, out);
  const instrument = p < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) out.trade(instrument, bought > 0 ? SIDE.SELL : SIDE.BUY, flags);
  return p;
}

/** Position behind the maker's or taker's order id, which is not kept. */
function orderId(slab: Slab, p: number, end: number, maker: boolean): number {
  p = after(slab, p, end, maker ? MAKER : TAKER);
  if (p < 0 || (slab.view.getInt32(p, true) & 0xffffff) !== VALUE) return -1;
  p += 3;
  if (p + UUID < end && slab.bytes[p + UUID] === QUOTE && isUuid(slab.view, p)) return p + UUID + 1;
  const close = textEnd(slab, p, end);
  return close < 0 ? -1 : close + 1;
}

/**
 * Whether 36 bytes lie between `-` and DEL with the bit of 32 set, where dashes, digits and small letters do and neither
 * quotes nor backslashes: four at once, by their high bits.
 */
function isUuid(view: DataView, p: number): boolean {
  let all = -1;
  let outside = 0;
  for (let q = p; q < p + UUID; q += 4) {
    const four = view.getInt32(q, true);
    all &= four;
    outside |= four | (four - 0x2d2d2d2d);
  }
  return (outside & 0x80808080) === 0 && (all & 0x20202020) === 0x20202020;
}

/** Position behind a whole number that is not kept, or -1 when it is longer than a JSON number holds. */
function countEnd(slab: Slab, p: number): number {
  const long = longIntegerEnd(slab, p);
  if (long > 0) return long;
  const bytes = slab.bytes;
  let q = p;
  while ((bytes[q]! ^ 0x30) <= 9) q += 1;
  return q - p > 0 && q - p < 8 && (bytes[p] !== 0x30 || q === p + 1) ? q : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"type":"ticker","sequence":126772717215,"product_id":"BTC-USD","price":"75205.32","open_24h":"76064.94",
//  "volume_24h":"6971.01295932","low_24h":"73741.53","high_24h":"76193.12","volume_30d":"257056.93796654",
//  "best_bid":"75203.18","best_bid_size":"0.21317581","best_ask":"75205.32","best_ask_size":"0.24736366","side":"buy",
//  "time":"2026-04-20T14:04:11.141674Z","trade_id":1005003868,"last_size":"0.01857498"}
// .../channels#ticker-channel. Sent on matches only, so its quote is not the top of the book in real time. ticker_batch
// is the same every 5 s. `side` is the taker's here.

const TICKER_SEQUENCE = key(',"sequence":');
const OPEN_24H = key(',"open_24h":"');
const VOLUME = key(',"volume_24h":');
const LOW = key(',"low_24h":');
const HIGH = key(',"high_24h":');
const VOLUME_30D = key(',"volume_30d":"');
const BEST_BID = key(',"best_bid":');
const BID_SIZE = key(',"best_bid_size"');
const BEST_ASK = key(',"best_ask":');
const ASK_SIZE = key(',"best_ask_size"');
const LAST_SIZE = key(',"last_size":"');
const COLON = 0x3a;

/** The figures of the day and the best prices share registers, and the time they need stands behind both: they wait here. */
function ticker(slab: Slab, p: number, end: number, out: Out): number {
  const { num } = out;
  const sequence = after(slab, p, end, TICKER_SEQUENCE);
  p = sequence < 0 ? -1 : integer(slab, sequence, out, LONG.ID);
  if (p < 0 || out.long[LONG.ID + 1]! >>> 0 >= UNSAFE) return -1;
  const name = after(slab, p, end, PRODUCT);
  const nameEnd = quoteAt(slab, name, end);
  p = figures(slab, nameEnd < 0 ? -1 : nameEnd + 1, end, out);
  const last = num[NUM.LAST]!;
  const volume = num[NUM.VOLUME]!;
  const low = num[NUM.LOW]!;
  const high = num[NUM.HIGH]!;
  p = rest(slab, tops(slab, p, end, out), end, out);
  const instrument = p < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument < 0) return instrument === NO_TEXT ? -1 : p;
  const bid = num[NUM.BID_PRICE]!;
  const bidSize = num[NUM.BID_SIZE]!;
  const ask = num[NUM.ASK_PRICE]!;
  const askSize = num[NUM.ASK_SIZE]!;
  num[NUM.LAST] = last;
  num[NUM.VOLUME] = volume;
  num[NUM.LOW] = low;
  num[NUM.HIGH] = high;
  num[NUM.VWAP] = NaN;
  emitStats(instrument, out);
  num[NUM.BID_PRICE] = bid;
  num[NUM.BID_SIZE] = bidSize;
  num[NUM.ASK_PRICE] = ask;
  num[NUM.ASK_SIZE] = askSize;
  emitTop(instrument, out);
  return p;
}

/** From behind the product to behind the volume of thirty days. */
function figures(slab: Slab, p: number, end: number, out: Out): number {
  p = quotedField(slab, p, end, PRICE, out, NUM.LAST);
  p = skipText(slab, after(slab, p, end, OPEN_24H), end);
  p = quotedField(slab, p, end, VOLUME, out, NUM.VOLUME);
  p = quotedField(slab, p, end, LOW, out, NUM.LOW);
  p = quotedField(slab, p, end, HIGH, out, NUM.HIGH);
  return skipText(slab, after(slab, p, end, VOLUME_30D), end);
}

function tops(slab: Slab, p: number, end: number, out: Out): number {
  p = quotedField(slab, p, end, BEST_BID, out, NUM.BID_PRICE);
  p = sizeField(slab, after(slab, p, end, BID_SIZE), out, NUM.BID_SIZE);
  p = quotedField(slab, p, end, BEST_ASK, out, NUM.ASK_PRICE);
  return sizeField(slab, after(slab, p, end, ASK_SIZE), out, NUM.ASK_SIZE);
}

/** `:"0.25"` behind a key. */
function sizeField(slab: Slab, p: number, out: Out, reg: number): number {
  if (p < 0 || slab.bytes[p] !== COLON || slab.bytes[p + 1] !== QUOTE) return -1;
  const close = decimal(slab, p + 2, out, reg);
  return close > 0 && slab.bytes[close] === QUOTE ? close + 1 : -1;
}

/** From behind the best prices to the end: side and last trade are proved and skipped. */
function rest(slab: Slab, p: number, end: number, out: Out): number {
  const side = after(slab, p, end, TRADE_SIDE);
  const bought = after(slab, side, end, BOUGHT);
  const time = after(slab, bought > 0 ? bought : after(slab, side, end, SOLD), end, TIME);
  p = time < 0 ? -1 : quickTime(slab, time, end, out);
  if (p < 0 || slab.bytes[p] !== QUOTE) return -1;
  const id = after(slab, p + 1, end, TRADE_ID);
  p = id < 0 ? -1 : skipText(slab, after(slab, countEnd(slab, id), end, LAST_SIZE), end);
  return p > 0 && slab.bytes[p] === BRACE && p + 1 === end ? end : -1;
}

/** Position behind the closing quote of a text whose first byte is at p. */
function skipText(slab: Slab, p: number, end: number): number {
  const close = p < 0 ? -1 : textEnd(slab, p, end);
  return close < 0 ? -1 : close + 1;
}
