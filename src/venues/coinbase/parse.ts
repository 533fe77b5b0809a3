import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { quickTime } from "../iso.ts";
import { after, key, quotedField, isPlain, quoteAt, wanted, NO_TEXT } from "../keys.ts";
import type { Key } from "../keys.ts";
import { integer, readJson } from "../kit.ts";
import { emitQuote, emitStats } from "../reading.ts";
import { readAnyOrder } from "./any.ts";
import { replayed } from "../scanned.ts";
import { readFrame } from "./read.ts";

/**
 * Coinbase Advanced Trade, hot path. A frame is read straight through in the order in which the venue writes it;
 * whatever is not exactly that returns -1 and goes to the reference reader in read.ts.
 * Numbers are decimal texts. Every frame carries the number of its connection, over all channels and products.
 * https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket/websocket-channels
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE = 0x5d;
const BRACE = 0x7d;

const CHANNEL = key('{"channel":"');
const LEVEL2 = key('l2_data"');
const TRADES = key('market_trades"');
const TICKER = key('ticker"');
const TICKER_BATCH = key('ticker_batch"');

/** Trades name the maker's side, so the aggressor is the other one. Sources conflict; see {@link parseTakerSide}. */
export function parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  return read(slab, start, end, tsRecv, out, SIDE.SELL);
}

/** As {@link parse}, for the reading of the documentation in which `side` of market_trades is the taker's. */
export function parseTakerSide(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  return read(slab, start, end, tsRecv, out, SIDE.BUY);
}

/** `buy` is the aggressor of a trade whose side is "BUY". */
function read(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out, buy: number): number {
  out.begin(tsRecv);
  const { scanner, base } = slab;
  if (scanner !== null) {
    const scan = buy === SIDE.SELL ? scanner.entries["coinbase"]! : scanner.entries["coinbaseTaker"]!;
    const count = scan(base + start, base + end);
    if (replayed(slab, scanner, count, out)) return FRAME.DATA;
  }
  const { inexact } = out;
  const fast = straight(slab, start, end, out, buy);
  if (fast > 0) return fast;
  out.begin(tsRecv);
  out.inexact = inexact;
  if (readAnyOrder(slab, start, end, out, buy)) {
    out.fallbacks += 1;
    return FRAME.DATA;
  }
  out.begin(tsRecv);
  out.inexact = inexact;
  const frame = readFrame(readJson(slab, start, end), out, buy);
  if (frame === FRAME.DATA) out.slowFallbacks += 1;
  else voidEvents(tsRecv, out);
  return frame;
}

/** Whatever else is wrong with a frame, its number was used: without it the next frame would look like a gap. */
function voidEvents(tsRecv: Nanos, out: Out): void {
  const numbered = out.hasConnection;
  out.begin(tsRecv);
  out.hasConnection = numbered;
}

function straight(slab: Slab, start: number, end: number, out: Out, buy: number): number {
  const p = after(slab, start, end, CHANNEL);
  if (p < 0) return -1;
  switch (slab.view.getInt32(p, true)) {
    case LEVEL2.first:
      return books(slab, envelope(slab, after(slab, p, end, LEVEL2), end, out), end, out);
    case TRADES.first:
      return trades(slab, envelope(slab, after(slab, p, end, TRADES), end, out), end, out, buy);
    case TICKER.first: {
      const one = after(slab, p, end, TICKER);
      return tickers(
        slab,
        envelope(slab, one > 0 ? one : after(slab, p, end, TICKER_BATCH), end, out),
        end,
        out,
      );
    }
    default:
      return -1;
  }
}

// ---------------------------------------------------------------------------------------------------------------
// {"channel":"l2_data","client_id":"","timestamp":"2026-05-28T08:00:01.456789123Z","sequence_num":12,"events":[..]}
// `client_id` is documented and empty, and not sent in production. `sequence_num` starts at 0 on each connection.

const CLIENT = key(',"client_id":""');
const TIMESTAMP = key(',"timestamp":"');
const SEQUENCE = key(',"sequence_num":');
const EVENTS = key(',"events":[');
/** High half of 2^53: a JSON number from here on is not exact. */
const UNSAFE = 0x200000;

/** From behind the channel's name to behind `"events":[`: LONG.TS and LONG.CONNECTION. */
function envelope(slab: Slab, p: number, end: number, out: Out): number {
  const client = after(slab, p, end, CLIENT);
  const time = after(slab, client > 0 ? client : p, end, TIMESTAMP);
  const timeEnd = time < 0 ? -1 : quickTime(slab, time, end, out);
  if (timeEnd < 0 || slab.bytes[timeEnd] !== QUOTE) return -1;
  const sequence = after(slab, timeEnd + 1, end, SEQUENCE);
  const sequenceEnd = sequence < 0 ? -1 : integer(slab, sequence, out, LONG.CONNECTION);
  if (sequenceEnd < 0 || out.long[LONG.CONNECTION + 1]! >>> 0 >= UNSAFE) return -1;
  out.hasConnection = true;
  return after(slab, sequenceEnd, end, EVENTS);
}

/** Whether the frame ends here with `]}`. */
function closes(slab: Slab, p: number, end: number): boolean {
  return p + 2 === end && slab.bytes[p] === CLOSE && slab.bytes[p + 1] === BRACE;
}

const TYPE = key('{"type":"');
const UPDATE = key('update"');
const SNAPSHOT = key('snapshot"');
const PRODUCT = key(',"product_id":"');

/** Position behind `{"type":"update"` or `{"type":"snapshot"`. */
function eventType(slab: Slab, p: number, end: number): number {
  const type = after(slab, p, end, TYPE);
  const update = after(slab, type, end, UPDATE);
  return update > 0 ? update : after(slab, type, end, SNAPSHOT);
}

/** FLAG.SNAPSHOT when the event at p is one; p is that of a proved {@link eventType}. */
function eventFlag(slab: Slab, p: number): number {
  return slab.view.getInt32(p + TYPE.length, true) === SNAPSHOT.first ? FLAG.SNAPSHOT : 0;
}

// ---------------------------------------------------------------------------------------------------------------
// "events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"offer",
//  "event_time":"2026-05-28T08:00:01.451234Z","price_level":"118341.00","new_quantity":"0"}]}]
// .../websocket-channels#level2-channel. Subscribed as `level2`, sent as `l2_data`. The ask side is "offer"; quantities
// are absolute, zero in any spelling removes. `event_time` of a level may be a constant: the envelope's time counts.

const UPDATES = key('","updates":[');
const BID = key('{"side":"bid","e');
const BID_TIME = key('vent_time":"');
const ASK = key('{"side":"offer",');
const ASK_TIME = key('"event_time":"');
const LEVEL_PRICE = key(',"price_level":');
const LEVEL_SIZE = key(',"new_quantity":');

function books(slab: Slab, p: number, end: number, out: Out): number {
  out.long[LONG.ID] = out.long[LONG.CONNECTION]!;
  out.long[LONG.ID + 1] = out.long[LONG.CONNECTION + 1]!;
  out.long[LONG.PREV] = 0;
  out.long[LONG.PREV + 1] = 0;
  while (p > 0) {
    p = book(slab, p, end, out);
    if (p < 0 || slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  return closes(slab, p, end) ? FRAME.DATA : -1;
}

function book(slab: Slab, at: number, end: number, out: Out): number {
  const name = after(slab, eventType(slab, at, end), end, PRODUCT);
  const nameEnd = quoteAt(slab, name, end);
  const open = after(slab, nameEnd, end, UPDATES);
  const instrument = open < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  const flags = eventFlag(slab, at);
  if (instrument >= 0) out.openBook(instrument, flags);
  const p = levels(slab, open, end, instrument >= 0, out);
  if (p < 0 || slab.bytes[p] !== BRACE) return -1;
  if (instrument >= 0) out.book(instrument, flags);
  return p + 1;
}

/** Levels behind `[` up to `]`; those of unknown products are only proved. */
function levels(slab: Slab, p: number, end: number, emits: boolean, out: Out): number {
  const bytes = slab.bytes;
  if (bytes[p] === CLOSE) return p + 1;
  for (;;) {
    const bid = after(slab, p, end, BID);
    const time =
      bid > 0 ? after(slab, bid, end, BID_TIME) : after(slab, after(slab, p, end, ASK), end, ASK_TIME);
    p = pair(slab, skipTime(slab, time, end), end, LEVEL_PAIR, out);
    if (p < 0 || bytes[p] !== BRACE) return -1;
    if (emits) out.level(bid > 0 ? SIDE.BID : SIDE.ASK);
    const next = bytes[p + 1];
    p += 2;
    if (next !== COMMA) return next === CLOSE ? p : -1;
  }
}

const LEVEL_PAIR = [LEVEL_PRICE, LEVEL_SIZE];

/** Price and size, each behind its key. A loop, so that `decimal` is compiled into it once, and small enough for that. */
function pair(slab: Slab, p: number, end: number, keys: readonly Key[], out: Out): number {
  for (let reg: number = NUM.PRICE; reg <= NUM.SIZE && p > 0; reg++)
    p = quotedField(slab, p, end, keys[reg]!, out, reg);
  return p;
}

/** Length of `2026-05-28T08:00:01.451234Z`. */
const MICRO_TIME = 27;

/** Position behind a time that is not kept and its closing quote. */
function skipTime(slab: Slab, p: number, end: number): number {
  if (p < 0) return -1;
  if (p + MICRO_TIME < end && slab.bytes[p + MICRO_TIME] === QUOTE && isTime(slab, p))
    return p + MICRO_TIME + 1;
  const close = quoteAt(slab, p, end);
  return close > 0 && isPlain(slab, p, close) ? close + 1 : -1;
}

/** Whether 27 bytes lie between `-` and `Z`, where all characters of a time do: four at once, by their high bits. */
function isTime(slab: Slab, p: number): boolean {
  const view = slab.view;
  const date = outside(view.getInt32(p, true)) | outside(view.getInt32(p + 4, true));
  const hours = outside(view.getInt32(p + 8, true)) | outside(view.getInt32(p + 12, true));
  const seconds = outside(view.getInt32(p + 16, true)) | outside(view.getInt32(p + 20, true));
  return ((date | hours | seconds | outside(view.getInt32(p + 23, true))) & 0x80808080) === 0;
}

/** A word whose high bits are clear when all its bytes are in 0x2d .. 0x5a. */
function outside(text: number): number {
  return text | (text - 0x2d2d2d2d) | (text + 0x25252525);
}

// ---------------------------------------------------------------------------------------------------------------
// "events":[{"type":"update","trades":[{"trade_id":"995098701","product_id":"BTC-USD","price":"118341.00",
//  "size":"0.0015","side":"SELL","time":"2026-05-28T08:00:02.701234Z"}]}]
// .../websocket-channels#market-trades-channel. Batched over 250 ms, newest first; a snapshot is history.

const TRADES_OPEN = key(',"trades":[');
const TRADE_ID = key('{"trade_id":"');
const TRADE_PRODUCT = key('","product_id":"');
const PRICE = key('","price":');
const SIZE = key(',"size":');
const TRADE_PAIR = [PRICE, SIZE];
const TRADE_SIDE = key(',"side":"');
const TRADE_BUY = key('BUY"');
const TRADE_SELL = key('SELL"');
const TRADE_TIME = key(',"time":"');

/** Position of the closing brace of the shortest trade there can be. */
const SHORTEST_TRADE =
  '{"trade_id":"1","product_id":"A","price":"1","size":"1","side":"BUY","time":"1970-01-01T00:00:00Z"'.length;

/** Starts of the trades of one event, because they are emitted last to first. Longer lists go to the reference. */
const starts = new Int32Array(2048);

function trades(slab: Slab, p: number, end: number, out: Out, buy: number): number {
  while (p > 0) {
    const list = after(slab, eventType(slab, p, end), end, TRADES_OPEN);
    p = list < 0 ? -1 : tradeList(slab, list, end, eventFlag(slab, p), out, buy);
    if (p < 0 || slab.bytes[p] !== BRACE) return -1;
    p += 1;
    if (slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  return closes(slab, p, end) ? FRAME.DATA : -1;
}

/** Trades behind `[`, oldest (last) first; returns the position behind `]`. A trade alone is read in one pass. */
function tradeList(slab: Slab, p: number, end: number, flags: number, out: Out, buy: number): number {
  const bytes = slab.bytes;
  if (bytes[p] === CLOSE) return p + 1;
  const { inexact } = out;
  const first = trade(slab, p, end, flags, out, buy, true);
  if (first < 0 || bytes[first] === CLOSE) return first < 0 ? -1 : first + 1;
  // Read again in its turn, and then counted.
  out.inexact = inexact;
  let count = 0;
  for (;;) {
    if (count === starts.length || bytes[p] !== OPEN_BRACE) return -1;
    starts[count++] = p;
    for (p += SHORTEST_TRADE; p < end && bytes[p] !== BRACE;) p += 1;
    p += 1;
    if (bytes[p] !== COMMA) break;
    p += 1;
  }
  if (p >= end || bytes[p] !== CLOSE) return -1;
  let next = p;
  while (count-- > 0) {
    if (trade(slab, starts[count]!, end, flags, out, buy, false) !== next) return -1;
    next = starts[count]! - 1;
  }
  return p + 1;
}

/** Reads the trade at p; with `alone` it is only emitted when the list ends behind it. */
function trade(
  slab: Slab,
  p: number,
  end: number,
  flags: number,
  out: Out,
  buy: number,
  alone: boolean,
): number {
  const id = after(slab, p, end, TRADE_ID);
  const name = after(slab, id < 0 ? -1 : integer(slab, id, out, LONG.ID), end, TRADE_PRODUCT);
  const nameEnd = quoteAt(slab, name, end);
  p = pair(slab, nameEnd, end, TRADE_PAIR, out);
  const side = after(slab, p, end, TRADE_SIDE);
  const bought = after(slab, side, end, TRADE_BUY);
  const time = after(slab, bought > 0 ? bought : after(slab, side, end, TRADE_SELL), end, TRADE_TIME);
  p = time < 0 ? -1 : quickTime(slab, time, end, out);
  if (p < 0 || slab.bytes[p] !== QUOTE || slab.bytes[p + 1] !== BRACE) return -1;
  if (alone && slab.bytes[p + 2] !== CLOSE) return p + 2;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) out.trade(instrument, bought > 0 ? buy : SIDE.BUY + SIDE.SELL - buy, flags);
  return p + 2;
}

// ---------------------------------------------------------------------------------------------------------------
// "events":[{"type":"update","tickers":[{"type":"ticker","product_id":"BTC-USD","price":"118341.00",
//  "volume_24_h":"15328.12","low_24_h":"116000","high_24_h":"119000","low_52_w":"60000","high_52_w":"126000",
//  "price_percent_chg_24_h":"1.85","best_bid":"118340.10","best_bid_quantity":"0.25","best_ask":"118341.00",
//  "best_ask_quantity":"0.1"}]}]
// .../websocket-channels#ticker-channel. Sent on trades only, so its quote is not the top of the book in real time;
// ticker_batch comes every 5 s and has no best_* fields.

const TICKERS_OPEN = key(',"tickers":[');
const TICKER_TYPE = key('{"type":"ticker"');
const VOLUME = key(',"volume_24_h":');
const LOW = key(',"low_24_h":');
const HIGH = key(',"high_24_h":');
const YEAR_LOW = key(',"low_52_w":');
const YEAR_HIGH = key(',"high_52_w":');
const PERCENT = key(',"price_percent_');
const PERCENT_REST = key('chg_24_h":');
const BEST_BID = key(',"best_bid":');
const BEST_BID_SIZE = key(',"best_bid_quant');
const BEST_ASK = key(',"best_ask":');
const BEST_ASK_SIZE = key(',"best_ask_quant');
const QUANTITY = key('ity":');

function tickers(slab: Slab, p: number, end: number, out: Out): number {
  while (p > 0) {
    p = tickerList(slab, after(slab, eventType(slab, p, end), end, TICKERS_OPEN), end, out);
    if (p < 0 || slab.bytes[p] !== BRACE) return -1;
    p += 1;
    if (slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  return closes(slab, p, end) ? FRAME.DATA : -1;
}

function tickerList(slab: Slab, p: number, end: number, out: Out): number {
  if (p > 0 && slab.bytes[p] === CLOSE) return p + 1;
  while (p > 0) {
    p = ticker(slab, p, end, out);
    if (p < 0 || slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  return p > 0 && slab.bytes[p] === CLOSE ? p + 1 : -1;
}

function ticker(slab: Slab, p: number, end: number, out: Out): number {
  const name = after(slab, after(slab, p, end, TICKER_TYPE), end, PRODUCT);
  const nameEnd = quoteAt(slab, name, end);
  const instrument = nameEnd < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  p = figures(slab, nameEnd, end, instrument, out);
  if (p > 0 && slab.bytes[p] === COMMA) p = tops(slab, p, end, instrument, out);
  return p > 0 && slab.bytes[p] === BRACE ? p + 1 : -1;
}

/** The 24-hour figures; those of a year and the percentage are proved and skipped. */
function figures(slab: Slab, p: number, end: number, instrument: number, out: Out): number {
  p = quotedField(slab, p, end, PRICE, out, NUM.LAST);
  p = quotedField(slab, p, end, VOLUME, out, NUM.VOLUME);
  p = quotedField(slab, p, end, LOW, out, NUM.LOW);
  p = quotedField(slab, p, end, HIGH, out, NUM.HIGH);
  p = skipText(slab, after(slab, p, end, YEAR_LOW), end);
  p = skipText(slab, after(slab, p, end, YEAR_HIGH), end);
  p = skipText(slab, after(slab, after(slab, p, end, PERCENT), end, PERCENT_REST), end);
  out.num[NUM.VWAP] = NaN;
  if (p > 0 && instrument >= 0) emitStats(instrument, out);
  return p;
}

function tops(slab: Slab, p: number, end: number, instrument: number, out: Out): number {
  p = quotedField(slab, p, end, BEST_BID, out, NUM.BID_PRICE);
  p = quotedField(slab, after(slab, p, end, BEST_BID_SIZE), end, QUANTITY, out, NUM.BID_SIZE);
  p = quotedField(slab, p, end, BEST_ASK, out, NUM.ASK_PRICE);
  p = quotedField(slab, after(slab, p, end, BEST_ASK_SIZE), end, QUANTITY, out, NUM.ASK_SIZE);
  if (p > 0 && instrument >= 0) emitQuote(instrument, out);
  return p;
}

/** Position behind a text and its quotes. */
function skipText(slab: Slab, p: number, end: number): number {
  if (p < 0 || slab.bytes[p] !== QUOTE) return -1;
  const close = quoteAt(slab, p + 1, end);
  return close > 0 && isPlain(slab, p, close) ? close + 1 : -1;
}
