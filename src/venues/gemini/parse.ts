import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, quoteAt, wanted } from "../keys.ts";
import { decimal, word } from "../kit.ts";
import { readAnyOrder } from "./any.ts";
import { readExact } from "../exact.ts";
import { emitQuote, fullBook } from "./emit.ts";
import { legacy } from "./parse-legacy.ts";
import { readFrame } from "./read.ts";
import { between, figure, five, id, levels, nanos, six } from "./scan.ts";

/**
 * Gemini, hot path. A frame is read straight through in the order in which the venue writes it; whatever is not
 * exactly that returns -1 and goes to any.ts, which reads any order of keys, and from there to the reference in read.ts. All three protocols are told apart by their
 * frames alone: the current one here, the archived second one in parse-legacy.ts, the archived first one in the
 * reference only. Prices and sizes are decimal texts, times JSON integers of nanoseconds, symbols lower case.
 * https://developer.gemini.com/websocket/streams
 */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { ID, PREV, TS } = LONG;
const { PRICE, SIZE, VWAP } = NUM;
const { NONE, BID, ASK, BUY, SELL } = SIDE;
const { SNAPSHOT } = FLAG;
const { DATA } = FRAME;
const QUOTE = 0x22;
const COLON = 0x3a;
const LOWER_F = 0x66;
const BRACE = 0x7d;

const TICKER_FRAME = word('{"u"');
const TRADE_FRAME = word('{"E"');
const DEPTH_FRAME = word('{"e"');
const PARTIAL_FRAME = word('{"la');
const TYPED_FRAME = word('{"ty');
/** No frame that is read here is shorter: its first word may be looked at. */
const SHORTEST = 32;

export function parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const { inexact } = out;
  const fast = end - start < SHORTEST ? -1 : straight(slab, start, end, out);
  if (fast > 0) return fast;
  out.begin(tsRecv);
  out.inexact = inexact;
  if (readAnyOrder(slab, start, end, out)) {
    out.fallbacks += 1;
    return DATA;
  }
  out.begin(tsRecv);
  out.inexact = inexact;
  const frame = readFrame(readExact(slab, start, end), out);
  if (frame === DATA) out.slowFallbacks += 1;
  else voidEvents(tsRecv, out);
  return frame;
}

/** Whatever else is wrong with a frame, its number was used: without it the next frame would look like a gap. */
function voidEvents(tsRecv: Nanos, out: Out): void {
  const numbered = out.hasConnection;
  out.begin(tsRecv);
  out.hasConnection = numbered;
}

function straight(slab: Slab, start: number, end: number, out: Out): number {
  switch (slab.view.getInt32(start, true)) {
    case TICKER_FRAME:
      return quote(slab, start, end, out);
    case DEPTH_FRAME:
      return depth(slab, start, end, out);
    case TRADE_FRAME:
      return trade(slab, start, end, out);
    case PARTIAL_FRAME:
      return partial(slab, start, end, out);
    case TYPED_FRAME:
      return legacy(slab, start, end, out);
    default:
      return -1;
  }
}

const TIME = word(',"E"');
const SYMBOL = word(',"s"');
const SYMBOL_END = word('s":"');

/** Whether the frame ends here with `"}`. */
function closes(slab: Slab, p: number, end: number): boolean {
  return p + 2 === end && slab.bytes[p] === QUOTE && slab.bytes[p + 1] === BRACE;
}

// ---------------------------------------------------------------------------------------------------------------
// {"u":1764549594389752,"E":1783981140076872200,"s":"btcusd","b":"118340.10","B":"0.25000000",
//  "a":"118341.00","A":"0.10000000","c":"118340.55","C":"0.01000000"}
// .../streams#book-ticker. A side without orders is empty text. `c` and `C`, the last trade, are sent but not
// documented; they say nothing that the trade stream does not.

/** What stands before the four sides and the last trade, `","b":"`, as two overlapping words each. */
const KEYS = Int32Array.from({ length: 20 }, (_, i) => {
  const letter = "bBaAcC"[i >> 1];
  return letter === undefined ? 0 : word(i % 2 === 0 ? `","${letter}` : `${letter}":"`);
});
const SIDES = 4;
const FIGURES = 6;

function quote(slab: Slab, start: number, end: number, out: Out): number {
  const update = five(slab, start, end, TICKER_FRAME, COLON);
  const time = five(slab, id(slab, update, end, out, ID), end, TIME, COLON);
  const name = six(slab, nanos(slab, time, end, out), end, SYMBOL, SYMBOL_END);
  const nameEnd = quoteAt(slab, name, end);
  let p = nameEnd;
  // One call for all of them: V8 inlines it once. The registers of the sides are 0 to 3.
  for (let i = 0; i < FIGURES; i++) {
    const value = between(slab, p, end, KEYS[2 * i]!, KEYS[2 * i + 1]!);
    if (value < 0 && i === SIDES) break;
    p = figure(slab, value, out, i < SIDES ? i : VWAP);
  }
  if (!closes(slab, p, end)) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) emitQuote(instrument, out);
  return DATA;
}

// ---------------------------------------------------------------------------------------------------------------
// {"E":1783981140085684200,"s":"btcusd","t":2840141014190422,"p":"118340.55","q":"0.01625222","m":true}
// .../streams#trade-stream. `m` says that the buyer was the maker: the aggressor sold.

const TRADE_ID = word(',"t"');
const TRADE_PRICE = word(',"p"');
const TRADE_PRICE_END = word('p":"');
const TRADE_SIZE = word('","q');
const TRADE_SIZE_END = word('q":"');
const MAKER = word('","m');
const MAKER_END = word('"m":');
const TRUE = word("true");
const FALSE = word("alse");

function trade(slab: Slab, start: number, end: number, out: Out): number {
  const { bytes, view } = slab;
  const time = five(slab, start, end, TRADE_FRAME, COLON);
  const name = six(slab, nanos(slab, time, end, out), end, SYMBOL, SYMBOL_END);
  const nameEnd = quoteAt(slab, name, end);
  let p = five(slab, nameEnd + 1, end, TRADE_ID, COLON);
  if (nameEnd < 0 || p < 0) return -1;
  p = six(slab, id(slab, p, end, out, ID), end, TRADE_PRICE, TRADE_PRICE_END);
  for (let reg: number = PRICE; reg <= SIZE; reg++) {
    p = decimal(slab, p, out, reg);
    if (reg === PRICE) p = between(slab, p, end, TRADE_SIZE, TRADE_SIZE_END);
  }
  p = six(slab, p, end, MAKER, MAKER_END);
  if (p < 0 || p + 5 > end || bytes[end - 1] !== BRACE) return -1;
  const sold = p + 5 === end && view.getInt32(p, true) === TRUE;
  if (!sold && (p + 6 !== end || bytes[p] !== LOWER_F || view.getInt32(p + 1, true) !== FALSE)) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) out.trade(instrument, sold ? SELL : BUY, 0);
  return DATA;
}

// ---------------------------------------------------------------------------------------------------------------
// {"e":"depthUpdate","E":1784851239122227005,"s":"btcusd","U":1764550512767893,"u":1764550512813829,
//  "b":[["118339.50","0.80000000"]],"a":[["118341.20","0.00000000"]]}
// .../streams#l2-differential-depth-streams. Sizes are absolute, zero removes, levels come in any order. U repeats the
// u of the frame before (the "overlap" since July 2026), so a change has U < u; the full book that follows a
// subscription has one id only, U = u. Nothing else marks it.

const DEPTH = key('{"e":"depthUpdat');
const DEPTH_TIME = key('e","E":');
const FIRST_ID = word(',"U"');
const LAST_ID = word(',"u"');
const BIDS = word(',"b"');
const BIDS_END = word('b":[');
const ASKS = word(',"a"');
const ASKS_END = word('a":[');

function depth(slab: Slab, start: number, end: number, out: Out): number {
  const time = after(slab, after(slab, start, end, DEPTH), end, DEPTH_TIME);
  const name = six(slab, nanos(slab, time, end, out), end, SYMBOL, SYMBOL_END);
  const nameEnd = quoteAt(slab, name, end);
  const first = nameEnd < 0 ? -1 : five(slab, nameEnd + 1, end, FIRST_ID, COLON);
  const last = five(slab, id(slab, first, end, out, PREV), end, LAST_ID, COLON);
  const bids = six(slab, id(slab, last, end, out, ID), end, BIDS, BIDS_END);
  if (bids < 0) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  const flags = fullBook(out);
  if (instrument >= 0) out.openBook(instrument, flags);
  const changed = levels(slab, bids, end, out, instrument < 0 ? NONE : BID);
  const asks = six(slab, changed, end, ASKS, ASKS_END);
  const p = levels(slab, asks, end, out, instrument < 0 ? NONE : ASK);
  if (p + 1 !== end || slab.bytes[p] !== BRACE) return -1;
  if (instrument >= 0) out.book(instrument, flags);
  return DATA;
}

// ---------------------------------------------------------------------------------------------------------------
// {"lastUpdateId":1764527605192164,"symbol":"btcusd","bids":[["118340.10","0.25000000"]],"asks":[["118341.00","0.10000000"]]}
// .../streams#l2-partial-depth-streams. The documentation shows it without a symbol, reports of 2026 with `symbol` or
// with `s`; without one it cannot be attributed (read.ts).

const PARTIAL = key('{"lastUpdateId":');
const PARTIAL_NAME = key(',"symbol":"');
const PARTIAL_BIDS = key('","bids":[');
const PARTIAL_ASKS = key(',"asks":[');

function partial(slab: Slab, start: number, end: number, out: Out): number {
  const { long } = out;
  const named = id(slab, after(slab, start, end, PARTIAL), end, out, ID);
  const fullName = after(slab, named, end, PARTIAL_NAME);
  const name = fullName > 0 ? fullName : six(slab, named, end, SYMBOL, SYMBOL_END);
  const nameEnd = quoteAt(slab, name, end);
  const bids = after(slab, nameEnd, end, PARTIAL_BIDS);
  const instrument = bids < 0 ? NO_TEXT : wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  long[TS] = long[TS + 1] = long[PREV] = long[PREV + 1] = 0;
  if (instrument >= 0) out.openBook(instrument, SNAPSHOT);
  const asks = after(slab, levels(slab, bids, end, out, instrument < 0 ? NONE : BID), end, PARTIAL_ASKS);
  const p = levels(slab, asks, end, out, instrument < 0 ? NONE : ASK);
  if (p + 1 !== end || slab.bytes[p] !== BRACE) return -1;
  if (instrument >= 0) out.book(instrument, SNAPSHOT);
  return DATA;
}
