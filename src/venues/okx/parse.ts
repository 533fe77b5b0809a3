import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, isPlain, key, quoteAt, wanted } from "../keys.ts";
import type { Key } from "../keys.ts";
import { decimal, integer, millis, readJson, word } from "../kit.ts";
import { readAnyOrder } from "./any.ts";
import { figures } from "./figures.ts";
import { readFrame } from "./read.ts";
import { tickers } from "./tickers.ts";

/**
 * OKX v5, hot path. A frame is read straight through in the order in which the venue writes it; whatever is not exactly
 * that returns -1 and goes to any.ts, which reads any order of keys, and from there to the reference reader in read.ts. Values are texts; only ids and the checksum are numbers.
 * https://www.okx.com/docs-v5/en/#order-book-trading-market-data
 */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { ID, PREV } = LONG;
const { PRICE, SIZE, BID_PRICE, ASK_PRICE } = NUM;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const ONE = 0x31;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const OPEN_BRACE = 0x7b;
const BRACE = 0x7d;
/** High half of 2^53: a JSON number from here on is not exact. */
const UNSAFE = 0x200000;

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

const PONG = word("pong");
const REQUEST_ID = key('"id":"');
const ARG = key('"arg":{"channel');
/** No data frame is shorter; keys at the start of a frame may be looked at without passing its end. */
const SHORTEST = 48;

const BOOK_WORD = word("book");
const BBO_WORD = word("bbo-");
const TRADES_WORD = word("trad");
const TICKERS_WORD = word("tick");
const BOOKS = [key('":"books","instI'), key('d":"')] as const;
const BOOKS5 = [key('":"books5","inst'), key('Id":"')] as const;
const BBO = [key('":"bbo-tbt","ins'), key('tId":"')] as const;
const TRADES = [key('":"trades","inst'), key('Id":"')] as const;
const TICKERS = [key('":"tickers","ins'), key('tId":"')] as const;

function straight(slab: Slab, start: number, end: number, out: Out): number {
  if (end - start < SHORTEST) return isPong(slab, start, end) ? FRAME.HEARTBEAT : -1;
  const p = argAt(slab, start, end);
  if (p < 0) return -1;
  switch (slab.view.getInt32(p + 3, true)) {
    case BOOK_WORD: {
      const full = named(slab, p, end, BOOKS);
      return full > 0 ? books(slab, full, end, out) : books5(slab, named(slab, p, end, BOOKS5), end, out);
    }
    case BBO_WORD:
      return bbo(slab, named(slab, p, end, BBO), end, out);
    case TRADES_WORD:
      return trades(slab, named(slab, p, end, TRADES), end, out);
    case TICKERS_WORD:
      return tickers(slab, named(slab, p, end, TICKERS), end, out);
    default:
      return figures(slab, p, end, out);
  }
}

/** The answer to our text `ping`. */
function isPong(slab: Slab, start: number, end: number): boolean {
  return end - start === 4 && slab.view.getInt32(start, true) === PONG;
}

/**
 * Position behind `{"arg":{"channel`. Some pages of the documentation show the request's id before it, frames seen so
 * far have none; both are read.
 */
function argAt(slab: Slab, start: number, end: number): number {
  if (slab.bytes[start] !== OPEN_BRACE) return -1;
  const arg = after(slab, start + 1, end, ARG);
  if (arg > 0) return arg;
  const id = after(slab, start + 1, end, REQUEST_ID);
  const close = quoteAt(slab, id, end - SHORTEST);
  if (close < 0 || slab.bytes[close + 1] !== COMMA || !isPlain(slab, id, close)) return -1;
  return after(slab, close + 2, end, ARG);
}

/** Position of the instId behind a channel's name that stands at p. */
function named(slab: Slab, p: number, end: number, [first, second]: readonly [Key, Key]): number {
  return after(slab, after(slab, p, end, first), end, second);
}

// ---------------------------------------------------------------------------------------------------------------
// {"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["64010.1","0","0","0"]],
//  "bids":[["64010","2.1","0","13"]],"ts":"1787644800205","checksum":0,"prevSeqId":71230987001,"seqId":71230987044}]}
// .../#order-book-trading-market-data-ws-order-book-channel. A level is price, absolute size (0 removes; contracts but
// for SPOT), a field that is always "0", number of orders. A snapshot links to -1. An update without levels whose two
// ids are equal is a sign of life: it is emitted, as its link proves that nothing is missing. `checksum` is 0 since
// June 2026; recordings of 2022 have a checksum and no ids.

const ACTION = key('"},"action":"');
const UPDATE = key('update","data":[');
const SNAPSHOT = key('snapshot","data"');
const ASKS = key('{"asks":[');
const BIDS = key(',"bids":[');

/** What may stand behind the levels. */
const IS_UPDATE = 0;
const IS_SNAPSHOT = 1;
/** A full state each time: linked to nothing, or to whatever it says. */
const IS_STATE = 2;

function books(slab: Slab, name: number, end: number, out: Out): number {
  const nameEnd = quoteAt(slab, name, end);
  const action = after(slab, nameEnd, end, ACTION);
  const update = after(slab, action, end, UPDATE);
  if (update > 0) return book(slab, name, nameEnd, update, end, IS_UPDATE, out);
  const data = after(slab, action, end, SNAPSHOT);
  if (data < 0 || slab.bytes[data] !== COLON || slab.bytes[data + 1] !== OPEN) return -1;
  return book(slab, name, nameEnd, data + 2, end, IS_SNAPSHOT, out);
}

// {"arg":{"channel":"books5","instId":"BTC-USDT-SWAP"},"data":[{"asks":[["63921.5","790.41","0","42"],..],
//  "bids":[..],"instId":"BTC-USDT-SWAP","ts":"1786541241006","seqId":333794734980}]}
// Five levels a side, a full state each time.

const DATA = key('"},"data":[');

function books5(slab: Slab, name: number, end: number, out: Out): number {
  const nameEnd = quoteAt(slab, name, end);
  return book(slab, name, nameEnd, after(slab, nameEnd, end, DATA), end, IS_STATE, out);
}

/** What follows the levels stands at the end of the frame, so it is read first and proved again on arrival. */
function book(
  slab: Slab,
  name: number,
  nameEnd: number,
  row: number,
  end: number,
  form: number,
  out: Out,
): number {
  const asks = after(slab, row, end, ASKS);
  const tail = asks < 0 ? -1 : tailAt(slab, asks, end);
  const times = tail < 0 ? -1 : sameName(slab, tail, end, name, nameEnd);
  if (times < 0 || !stamps(slab, times, end, form, out)) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  const flags = form === IS_UPDATE ? 0 : FLAG.SNAPSHOT;
  const emits = instrument >= 0;
  if (emits && !out.hasChecksum) out.openBook(instrument, flags);
  const between = levels(slab, asks, end, emits ? SIDE.ASK : SIDE.NONE, out);
  const bids = after(slab, between, end, BIDS);
  if (levels(slab, bids, end, emits ? SIDE.BID : SIDE.NONE, out) !== tail) return -1;
  if (emits) out.book(instrument, flags);
  return FRAME.DATA;
}

const TAIL_TIME = word('],"t');
const TAIL_NAME = word('],"i');

/** Length of the last tail found. The memory of a pure function: it changes what a call costs, never what it gives. */
let tailBytes = 0;

/** Position behind the `]` of the last levels, found from the end of the frame. */
function tailAt(slab: Slab, from: number, end: number): number {
  const guess = end - tailBytes - 1;
  if (guess >= from) {
    const four = slab.view.getInt32(guess, true);
    if (four === TAIL_TIME || four === TAIL_NAME) return guess + 1;
  }
  const bytes = slab.bytes;
  // The last byte but one closes the data.
  let p = end - 3;
  while (p >= from && bytes[p] !== CLOSE) p -= 1;
  if (p < from) return -1;
  tailBytes = end - p - 1;
  return p + 1;
}

const INST_ID = key(',"instId":"');

/** Position behind `,"instId":"…"`, which must be the name in the frame's head; p itself where there is none. */
function sameName(slab: Slab, p: number, end: number, name: number, nameEnd: number): number {
  const again = after(slab, p, end, INST_ID);
  if (again < 0) return p;
  const close = sameText(slab, again, name, nameEnd);
  return close > 0 && slab.bytes[close] === QUOTE ? close + 1 : -1;
}

/** Position behind the text at p if it equals [from, to), or -1. */
function sameText(slab: Slab, p: number, from: number, to: number): number {
  const bytes = slab.bytes;
  for (; from < to; from++, p++) if (bytes[p] !== bytes[from]) return -1;
  return p;
}

const TIME = key(',"ts":"');
const CHECKSUM = key(',"checksum":');
const LINK = key(',"prevSeqId":');
const SEQUENCE = key(',"seqId":');

/** `,"ts":"1787644800205","checksum":0,"prevSeqId":-1,"seqId":71230987001}]}` up to the end: TS, checksum, PREV, ID. */
function stamps(slab: Slab, p: number, end: number, form: number, out: Out): boolean {
  const bytes = slab.bytes;
  const time = after(slab, p, end, TIME);
  p = time < 0 ? -1 : millis(slab, time, out);
  if (p < 0 || bytes[p] !== QUOTE) return false;
  p = checksum(slab, p + 1, end, out);
  const link = after(slab, p, end, LINK);
  if (link > 0) p = linkTo(slab, link, form, out);
  else zero(out, PREV);
  const sequence = after(slab, p, end, SEQUENCE);
  if (sequence > 0) p = safeInteger(slab, sequence, out, ID);
  else zero(out, ID);
  // Best bids and offers have been seen with their link last.
  const late = link > 0 ? -1 : after(slab, p, end, LINK);
  if (late > 0) p = linkTo(slab, late, form, out);
  // An update says both ids; recordings of 2022 say neither.
  if (form === IS_UPDATE && (link > 0 || late > 0) !== sequence > 0) return false;
  return p > 0 && closes(slab, p, end);
}

/** The CRC into `out.checksum`; 0 is none. */
function checksum(slab: Slab, p: number, end: number, out: Out): number {
  const bytes = slab.bytes;
  out.hasChecksum = false;
  const at = after(slab, p, end, CHECKSUM);
  if (at < 0 || bytes[at] === ZERO) return at < 0 ? p : at + 1;
  const negative = bytes[at] === MINUS;
  const next = integer(slab, negative ? at + 1 : at, out, ID);
  const value = out.long[ID]! >>> 0;
  if (next < 0 || out.long[ID + 1] !== 0 || (negative && value > 0x80000000)) return -1;
  out.checksum = negative ? -value | 0 : value | 0;
  out.hasChecksum = value !== 0;
  return next;
}

/** The id a row links to, into PREV; -1, "to nothing", is not for updates, and of a snapshot nothing else is known. */
function linkTo(slab: Slab, p: number, form: number, out: Out): number {
  if (slab.bytes[p] !== MINUS) return form === IS_SNAPSHOT ? -1 : safeInteger(slab, p, out, PREV);
  zero(out, PREV);
  return form !== IS_UPDATE && slab.bytes[p + 1] === ONE ? p + 2 : -1;
}

function safeInteger(slab: Slab, p: number, out: Out, register: number): number {
  const next = integer(slab, p, out, register);
  return out.long[register + 1]! >>> 0 < UNSAFE ? next : -1;
}

function zero(out: Out, register: number): void {
  out.long[register] = 0;
  out.long[register + 1] = 0;
}

/** Whether the frame ends here with `}]}`. */
function closes(slab: Slab, p: number, end: number): boolean {
  const bytes = slab.bytes;
  return p + 3 === end && bytes[p] === BRACE && bytes[p + 1] === CLOSE && bytes[p + 2] === BRACE;
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

const UNUSED = word('","0');
const POINT = 0x2e ^ 0x30;
const LOWER_E = 0x65 ^ 0x30;
const UPPER_E = 0x45 ^ 0x30;
/** Digits whose mantissa fits an int32. */
const BRIEF = 9;
const POW10 = Float64Array.from({ length: BRIEF + 1 }, (_, i) => Number(`1e${i}`));

/**
 * As the kit's decimal, for the few digits most levels have: one mantissa, one division, small enough to be inlined.
 * Both operands are exact, so the quotient is the correctly rounded value; whatever is longer or strange goes to the kit.
 */
function brief(slab: Slab, start: number, out: Out, register: number): number {
  const bytes = slab.bytes;
  let p = start;
  let c = 0;
  let mantissa = 0;
  for (; (c = bytes[p]! ^ ZERO) <= 9; p++) mantissa = (mantissa * 10 + c) | 0;
  const whole = p - start;
  let scale = 0;
  if (c === POINT) {
    const dot = p + 1;
    for (p = dot; (c = bytes[p]! ^ ZERO) <= 9; p++) mantissa = (mantissa * 10 + c) | 0;
    scale = p - dot;
    if (scale === 0) return -1;
  }
  const long = whole + scale > BRIEF || (whole > 1 && bytes[start] === ZERO);
  if (long || whole === 0 || c === LOWER_E || c === UPPER_E) return decimal(slab, start, out, register);
  out.num[register] = mantissa / POW10[scale]!;
  return p;
}

/** `["`, `","` and a byte, `0","`, `"]`: a level's punctuation, two to four bytes at once. */
const BEFORE = 0x225b;
const BETWEEN = 0x222c22;
const THREE = 0xffffff;
const ORDERS = word('0","');
const BEHIND = 0x5d22;

/** `["64010","2.1","0","13"]`: price and size into `register` and the one behind it. */
function level(slab: Slab, p: number, end: number, out: Out, register: number): number {
  const { bytes, view } = slab;
  if (p >= end || view.getInt16(p, true) !== BEFORE) return -1;
  p = brief(slab, p + 2, out, register);
  if (p < 0 || p >= end || (view.getInt32(p, true) & THREE) !== BETWEEN) return -1;
  p = brief(slab, p + 3, out, register + 1);
  if (p < 0 || p >= end) return -1;
  if (view.getInt32(p, true) !== UNUSED || view.getInt32(p + 3, true) !== ORDERS) return -1;
  p += 7;
  if ((bytes[p]! ^ ZERO) > 9) return -1;
  do p += 1;
  while ((bytes[p]! ^ ZERO) <= 9);
  return p < end && view.getInt16(p, true) === BEHIND ? p + 2 : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["64010.1","0.2541","0","3"]],
//  "bids":[["64010","1.913","0","12"]],"ts":"1787644800105","seqId":71230987001}]}
// .../#order-book-trading-market-data-ws-order-book-channel. Every 10 ms on change; a side without orders is [].

function bbo(slab: Slab, name: number, end: number, out: Out): number {
  const nameEnd = quoteAt(slab, name, end);
  const asks = after(slab, after(slab, nameEnd, end, DATA), end, ASKS);
  const bids = after(slab, best(slab, asks, end, out, ASK_PRICE), end, BIDS);
  const tail = best(slab, bids, end, out, BID_PRICE);
  if (tail < 0 || !stamps(slab, tail, end, IS_STATE, out)) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
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

// ---------------------------------------------------------------------------------------------------------------
// {"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[{"instId":"BTC-USDT-SWAP","tradeId":"2832749645",
//  "px":"63913.4","sz":"34.95","side":"sell","ts":"1786540436090","count":"10","source":"0","seqId":333793118093}]}
// .../#order-book-trading-market-data-ws-trades-channel. `side` is the taker's; `tradeId` is that of the last of
// `count` fills of one order at one price. Older frames end behind `ts`.

const ROW_NAME = key('{"instId":"');
const TRADE_ID = key('","tradeId":"');
const TRADE_PRICE = key('","px":"');
const TRADE_SIZE = key('","sz":"');
const TRADE_SIDE = key('","side":"');
const BUY = key('buy","ts":"');
const SELL = key('sell","ts":"');
const COUNT = key(',"count":"');
const SOURCE = key(',"source":"');

function trades(slab: Slab, name: number, end: number, out: Out): number {
  const nameEnd = quoteAt(slab, name, end);
  let p = after(slab, nameEnd, end, DATA);
  if (p < 0) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  for (;;) {
    p = trade(slab, p, end, name, nameEnd, instrument, out);
    if (p < 0 || slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  return p + 2 === end && slab.bytes[p] === CLOSE && slab.bytes[p + 1] === BRACE ? FRAME.DATA : -1;
}

function trade(
  slab: Slab,
  p: number,
  end: number,
  name: number,
  nameEnd: number,
  instrument: number,
  out: Out,
): number {
  const row = after(slab, p, end, ROW_NAME);
  const id = row < 0 ? -1 : after(slab, sameText(slab, row, name, nameEnd), end, TRADE_ID);
  p = id < 0 ? -1 : integer(slab, id, out, ID);
  p = after(slab, p, end, TRADE_PRICE);
  p = p < 0 ? -1 : brief(slab, p, out, PRICE);
  p = after(slab, p, end, TRADE_SIZE);
  p = p < 0 ? -1 : brief(slab, p, out, SIZE);
  const side = after(slab, p, end, TRADE_SIDE);
  const bought = after(slab, side, end, BUY);
  const time = bought > 0 ? bought : after(slab, side, end, SELL);
  p = time < 0 ? -1 : millis(slab, time, out);
  if (p < 0 || slab.bytes[p] !== QUOTE) return -1;
  p = tradeTail(slab, p + 1, end, out);
  if (p < 0 || slab.bytes[p] !== BRACE) return -1;
  if (instrument >= 0) out.trade(instrument, bought > 0 ? SIDE.BUY : SIDE.SELL, 0);
  return p + 1;
}

/** `,"count":"10","source":"0","seqId":333793118093`, each optional; none of it is kept. */
function tradeTail(slab: Slab, p: number, end: number, out: Out): number {
  p = digitsBehind(slab, p, end, COUNT);
  p = digitsBehind(slab, p, end, SOURCE);
  const sequence = after(slab, p, end, SEQUENCE);
  return sequence < 0 ? p : integer(slab, sequence, out, PREV);
}

/** Position behind a key and the digits and quote that follow; p itself where the key is not. */
function digitsBehind(slab: Slab, p: number, end: number, name: Key): number {
  const first = after(slab, p, end, name);
  if (first < 0) return p;
  const bytes = slab.bytes;
  let close = first;
  while ((bytes[close]! ^ ZERO) <= 9) close += 1;
  return close > first && bytes[close] === QUOTE ? close + 1 : -1;
}
