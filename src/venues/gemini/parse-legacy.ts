import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, quoteAt, wanted } from "../keys.ts";
import { decimal, millis, word } from "../kit.ts";
import { amounts, id } from "./scan.ts";

/**
 * The archived second protocol, hot path: books (`l2`) with their trades. No frame of a book has a number or a time.
 * https://developer.gemini.com/websocket/archived/v2
 */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { ID, PREV, TS } = LONG;
const { PRICE, SIZE } = NUM;
const { NONE, BID, ASK, BUY, SELL } = SIDE;
const { SNAPSHOT } = FLAG;
const { DATA, HEARTBEAT } = FRAME;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE = 0x5d;
const BRACE = 0x7d;

const L2 = key('{"type":"l2_upda');
const TRADE = key('{"type":"trade",');
const ALIVE = key('{"type":"heartbe');

export function legacy(slab: Slab, start: number, end: number, out: Out): number {
  const book = after(slab, start, end, L2);
  if (book > 0) return l2(slab, book, end, out);
  const alive = after(slab, start, end, ALIVE);
  if (alive > 0) return heartbeat(slab, alive, end, out);
  return trade(slab, start, end, out, 0) === end ? DATA : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"type":"heartbeat","timestamp":1624493666869}: every five seconds.

const ALIVE_TIME = key('at","timestamp":');

function heartbeat(slab: Slab, p: number, end: number, out: Out): number {
  const time = after(slab, p, end, ALIVE_TIME);
  const close = time < 0 ? -1 : millis(slab, time, out);
  return close + 1 === end && slab.bytes[close] === BRACE ? HEARTBEAT : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","118340.10","0.25"],["sell","118341.00","0"]]}
// Sizes are absolute, zero removes. The first frame of a symbol is its full book; it alone goes on behind the changes:
// ..]],"trades":[{"type":"trade",..},..],"auction_events":[]} with the last trades, newest first.

const L2_SYMBOL = key('tes","symbol":"');
const CHANGES = key('","changes":[');
/** `["buy","` and `["sell","`, the second in overlapping words. */
const BUY_LEVEL = word('["bu');
const BUY_LEVEL_END = word('y","');
const SELL_LEVEL = word('["se');
const SELL_LEVEL_MIDDLE = word('ll",');
const SELL_LEVEL_END = word('l","');
const TRADES = key(',"trades":[');
const AUCTIONS = key(',"auction_events');
const NO_AUCTIONS = key('":[]}');

function l2(slab: Slab, start: number, end: number, out: Out): number {
  const { bytes, view } = slab;
  const { long } = out;
  const name = after(slab, start, end, L2_SYMBOL);
  const nameEnd = quoteAt(slab, name, end);
  const list = after(slab, nameEnd, end, CHANGES);
  const instrument = list < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  long[TS] = long[TS + 1] = long[ID] = long[ID + 1] = long[PREV] = long[PREV + 1] = 0;
  // `]]}` is the end of an update with changes; of others nothing is known before their end.
  const update = (view.getInt32(end - 4, true) & 0xffffff00) === UPDATE_END;
  if (update && instrument >= 0) out.openBook(instrument, 0);
  const p = changes(slab, list, end, out, instrument >= 0);
  if (p < 0) return -1;
  const whole = bytes[p] === COMMA;
  if (instrument >= 0) out.book(instrument, whole ? SNAPSHOT : 0);
  if (!whole) return p + 1 === end && bytes[p] === BRACE ? DATA : -1;
  const past = history(slab, after(slab, p, end, TRADES), end, out);
  return after(slab, after(slab, past, end, AUCTIONS), end, NO_AUCTIONS) === end ? DATA : -1;
}

/** `]]}` in the upper bytes of a word. */
const UPDATE_END = (CLOSE << 8) | (CLOSE << 16) | (BRACE << 24);

/** Levels behind `[` up to and with `]`; without an instrument they are only proved. */
function changes(slab: Slab, p: number, end: number, out: Out, emits: boolean): number {
  const { bytes } = slab;
  if (bytes[p] === CLOSE) return p + 1;
  for (;;) {
    const bought = isBuy(slab.view, p);
    if (!bought && !isSell(slab.view, p)) return -1;
    p = amounts(slab, bought ? p + 8 : p + 9, end, out);
    if (p < 0) return -1;
    if (emits) out.level(bought ? BID : ASK);
    const next = bytes[p];
    p += 1;
    if (next !== COMMA) return next === CLOSE ? p : -1;
  }
}

function isBuy(view: DataView, p: number): boolean {
  return view.getInt32(p, true) === BUY_LEVEL && view.getInt32(p + 4, true) === BUY_LEVEL_END;
}

function isSell(view: DataView, p: number): boolean {
  return (
    view.getInt32(p, true) === SELL_LEVEL &&
    view.getInt32(p + 4, true) === SELL_LEVEL_MIDDLE &&
    view.getInt32(p + 5, true) === SELL_LEVEL_END
  );
}

/** Starts of the trades of one snapshot (50 by the documentation, 68 were seen): they are emitted last to first. */
const starts = new Int32Array(512);
/** The shortest trade there can be, without its closing brace. */
const SHORTEST =
  '{"type":"trade","symbol":"A","event_id":1,"timestamp":1,"price":"1","quantity":"1","side":"buy"'.length;

/** Trades behind `[` up to and with `]`, oldest (last) first; longer lists are left to the reference reader. */
function history(slab: Slab, p: number, end: number, out: Out): number {
  const { bytes } = slab;
  if (p < 0 || bytes[p] === CLOSE) return p < 0 ? -1 : p + 1;
  let count = 0;
  for (;;) {
    if (count === starts.length || bytes[p] !== OPEN_BRACE) return -1;
    starts[count++] = p;
    for (p += SHORTEST; p < end && bytes[p] !== BRACE;) p += 1;
    p += 1;
    if (bytes[p] !== COMMA) break;
    p += 1;
  }
  if (p >= end || bytes[p] !== CLOSE) return -1;
  for (let next = p; count-- > 0; next = starts[count]! - 1)
    if (trade(slab, starts[count]!, end, out, SNAPSHOT) !== next) return -1;
  return p + 1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"type":"trade","symbol":"BTCUSD","event_id":169841458,"timestamp":1779955200428,"price":"118340.10",
//  "quantity":"0.0073173","side":"sell","tid":2840140800042677}
// `side` is the taker's; `block` trades have none. `tid`, the trade's id, is missing in recordings of 2021: there
// `event_id`, which orders events, stands for it.

const NAME = key('"symbol":"');
const EVENT_ID = key('","event_id":');
const TIME = key(',"timestamp":');
const PRICE_AT = key(',"price":"');
const QUANTITY = key('","quantity":"');
const BUY_SIDE = key('","side":"buy"');
const SELL_SIDE = key('","side":"sell"');
const BLOCK_SIDE = key('","side":"block"');
const TRADE_ID = key(',"tid":');

/** Position behind the trade at p, or -1. */
function trade(slab: Slab, p: number, end: number, out: Out, flags: number): number {
  const name = after(slab, after(slab, p, end, TRADE), end, NAME);
  const nameEnd = quoteAt(slab, name, end);
  const time = after(slab, id(slab, after(slab, nameEnd, end, EVENT_ID), end, out, ID), end, TIME);
  p = time < 0 ? -1 : millis(slab, time, out);
  p = decimal(slab, after(slab, p, end, PRICE_AT), out, PRICE);
  p = decimal(slab, after(slab, p, end, QUANTITY), out, SIZE);
  if (p < 0 || slab.bytes[p] !== QUOTE) return -1;
  const bought = after(slab, p, end, BUY_SIDE);
  const sold = bought > 0 ? -1 : after(slab, p, end, SELL_SIDE);
  p = bought > 0 ? bought : sold > 0 ? sold : after(slab, p, end, BLOCK_SIDE);
  const tid = after(slab, p, end, TRADE_ID);
  if (tid > 0) p = id(slab, tid, end, out, ID);
  if (p < 0 || p >= end || slab.bytes[p] !== BRACE) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) out.trade(instrument, bought > 0 ? BUY : sold > 0 ? SELL : NONE, flags);
  return p + 1;
}
