import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, quoteAt, wanted } from "../keys.ts";
import { word } from "../kit.ts";
import { readExact } from "./exact.ts";
import { emitQuote, fullBook } from "./emit.ts";
import { legacy } from "./parse-legacy.ts";
import { readFrame } from "./read.ts";
import { figure, id, levels, nanos } from "./scan.ts";

/**
 * Gemini, hot path. A frame is read straight through in the order in which the venue writes it; whatever is not
 * exactly that returns -1 and goes to the reference reader in read.ts. All three protocols are told apart by their
 * frames alone: the current one here, the archived second one in parse-legacy.ts, the archived first one in the
 * reference only. Prices and sizes are decimal texts, times JSON integers of nanoseconds, symbols lower case.
 * https://developer.gemini.com/websocket/streams
 */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { ID, PREV, TS } = LONG;
const { BID_PRICE, BID_SIZE, ASK_PRICE, ASK_SIZE, PRICE, SIZE, VWAP } = NUM;
const { NONE, BID, ASK, BUY, SELL } = SIDE;
const { SNAPSHOT } = FLAG;
const { DATA } = FRAME;
const QUOTE = 0x22;
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
  const frame = readFrame(readExact(slab, start, end), out);
  if (frame === DATA) out.fallbacks += 1;
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

const TIME = key(',"E":');
const SYMBOL = key(',"s":"');

/** Whether the frame ends here with `"}`. */
function closes(slab: Slab, p: number, end: number): boolean {
  return p + 2 === end && slab.bytes[p] === QUOTE && slab.bytes[p + 1] === BRACE;
}

// ---------------------------------------------------------------------------------------------------------------
// {"u":1764549594389752,"E":1783981140076872200,"s":"btcusd","b":"118340.10","B":"0.25000000",
//  "a":"118341.00","A":"0.10000000","c":"118340.55","C":"0.01000000"}
// .../streams#book-ticker. A side without orders is empty text. `c` and `C`, the last trade, are sent but not
// documented; they say nothing that the trade stream does not.

const UPDATE = key('{"u":');
const BID_AT = key('","b":"');
const BID_OF = key('","B":"');
const ASK_AT = key('","a":"');
const ASK_OF = key('","A":"');
const LAST_AT = key('","c":"');
const LAST_OF = key('","C":"');

function quote(slab: Slab, start: number, end: number, out: Out): number {
  const time = after(slab, id(slab, after(slab, start, end, UPDATE), end, out, ID), end, TIME);
  const name = after(slab, nanos(slab, time, end, out), end, SYMBOL);
  const nameEnd = quoteAt(slab, name, end);
  let p = figure(slab, after(slab, nameEnd, end, BID_AT), out, BID_PRICE);
  p = figure(slab, after(slab, p, end, BID_OF), out, BID_SIZE);
  p = figure(slab, after(slab, p, end, ASK_AT), out, ASK_PRICE);
  p = figure(slab, after(slab, p, end, ASK_OF), out, ASK_SIZE);
  const last = after(slab, p, end, LAST_AT);
  if (last > 0) p = figure(slab, after(slab, figure(slab, last, out, VWAP), end, LAST_OF), out, VWAP);
  if (!closes(slab, p, end)) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) emitQuote(instrument, out);
  return DATA;
}

// ---------------------------------------------------------------------------------------------------------------
// {"E":1783981140085684200,"s":"btcusd","t":2840141014190422,"p":"118340.55","q":"0.01625222","m":true}
// .../streams#trade-stream. `m` says that the buyer was the maker: the aggressor sold.

const TRADE_TIME = key('{"E":');
const TRADE_ID = key('","t":');
const TRADE_PRICE = key(',"p":"');
const TRADE_SIZE = key('","q":"');
const BUYER_MADE = key('","m":true}');
const SELLER_MADE = key('","m":false}');

function trade(slab: Slab, start: number, end: number, out: Out): number {
  const name = after(slab, nanos(slab, after(slab, start, end, TRADE_TIME), end, out), end, SYMBOL);
  const nameEnd = quoteAt(slab, name, end);
  let p = after(slab, id(slab, after(slab, nameEnd, end, TRADE_ID), end, out, ID), end, TRADE_PRICE);
  p = figure(slab, p, out, PRICE);
  p = figure(slab, after(slab, p, end, TRADE_SIZE), out, SIZE);
  const sold = after(slab, p, end, BUYER_MADE) === end;
  if (!sold && after(slab, p, end, SELLER_MADE) !== end) return -1;
  // NaN: an empty text is no price of a trade.
  if (!(out.num[PRICE]! >= 0 && out.num[SIZE]! >= 0)) return -1;
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
const FIRST_ID = key('","U":');
const LAST_ID = key(',"u":');
const BIDS = key(',"b":[');
const ASKS = key(',"a":[');

function depth(slab: Slab, start: number, end: number, out: Out): number {
  const time = after(slab, after(slab, start, end, DEPTH), end, DEPTH_TIME);
  const name = after(slab, nanos(slab, time, end, out), end, SYMBOL);
  const nameEnd = quoteAt(slab, name, end);
  const last = after(slab, id(slab, after(slab, nameEnd, end, FIRST_ID), end, out, PREV), end, LAST_ID);
  const bids = after(slab, id(slab, last, end, out, ID), end, BIDS);
  if (bids < 0) return -1;
  const instrument = wanted(slab, name, nameEnd, out);
  if (instrument === NO_TEXT) return -1;
  const flags = fullBook(out);
  if (instrument >= 0) out.openBook(instrument, flags);
  const asks = after(slab, levels(slab, bids, end, out, instrument < 0 ? NONE : BID), end, ASKS);
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
  const name = fullName > 0 ? fullName : after(slab, named, end, SYMBOL);
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
