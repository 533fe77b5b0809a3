import { FRAME } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { after, key, textEnd } from "../keys.ts";
import type { Key } from "../keys.ts";
import { word } from "../kit.ts";
import { readExact } from "../reading.ts";
import { replayed } from "../scanned.ts";
import { readAnyOrder } from "./any.ts";
import { members, seenFields } from "./members.ts";
import { readFrame } from "./read.ts";
import { BOOK_SHAPE, INDEX_SHAPE, QUOTE_SHAPE, TICKER_SHAPE, TRADE_SHAPE } from "./shapes.ts";
import { noBook, noFigures, tellBook, tellIndex, tellQuote, tellTicker, tellTrade } from "./tell.ts";

/**
 * Deribit JSON-RPC over WebSocket, hot path. The envelope is read as the venue writes it, the objects in it in whatever
 * order their keys come ({@link members}); what is not that goes to any.ts, and from there to the reference in read.ts.
 * All numbers are JSON numbers, times UNIX milliseconds. The channel's name says what a frame is; of which instrument,
 * its data. https://docs.deribit.com
 */

const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE = 0x5d;
const BRACE = 0x7d;

export function parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const { scanner, base } = slab;
  if (scanner !== null) {
    const count = scanner.entries["deribit"]!(base + start, base + end);
    if (replayed(slab, scanner, count, out)) return FRAME.DATA;
  }
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
  const frame = readFrame(readExact(slab, start, end), out);
  if (frame === FRAME.DATA) out.slowFallbacks += 1;
  else out.begin(tsRecv);
  return frame;
}

const FIRST = key('{"jsonrpc":"2.0"');
const SECOND = key(',"method":"subsc');
const THIRD = key('ription","params');
const FOURTH = key('":{"channel":"');
const BOOK_WORD = word("book");
const QUOTE_WORD = word("quot");
const TICKER_WORD = word("tick");
const TRADES_WORD = word("trad");
const INDEX_WORD = word("deri");
const BOOK = key("book.");
const QUOTE = key("quote.");
const TICKER = key("ticker.");
const TRADES = key("trades.");
const VOLATILITY = key("deribit_volatili");
const VOLATILITY_END = key("ty_index.");
const DATA = key('","data":{');
const ROWS = key('","data":[');

/** Verdict of a frame that is written as always, or -1. */
function straight(slab: Slab, start: number, end: number, out: Out): number {
  const second = after(slab, after(slab, start, end, FIRST), end, SECOND);
  const p = after(slab, after(slab, second, end, THIRD), end, FOURTH);
  if (p < 0 || p >= end) return -1;
  switch (slab.view.getInt32(p, true)) {
    case BOOK_WORD:
      return book(slab, dataAt(slab, after(slab, p, end, BOOK), end, DATA), end, out);
    case QUOTE_WORD:
      return quote(slab, dataAt(slab, after(slab, p, end, QUOTE), end, DATA), end, out);
    case TICKER_WORD:
      return ticker(slab, dataAt(slab, after(slab, p, end, TICKER), end, DATA), end, out);
    case TRADES_WORD:
      return trades(slab, dataAt(slab, after(slab, p, end, TRADES), end, ROWS), end, out);
    case INDEX_WORD:
      return index(slab, volatilityAt(slab, p, end), end, out);
    default:
      return -1;
  }
}

/** Position behind `","data":{`, from within the channel's name on. */
function dataAt(slab: Slab, p: number, end: number, name: Key): number {
  return p < 0 ? -1 : after(slab, textEnd(slab, p, end), end, name);
}

function volatilityAt(slab: Slab, p: number, end: number): number {
  return dataAt(slab, after(slab, after(slab, p, end, VOLATILITY), end, VOLATILITY_END), end, DATA);
}

/** Whether the frame ends here with `}}`. */
function closes(slab: Slab, p: number, end: number): boolean {
  return p > 0 && p + 2 === end && slab.bytes[p] === BRACE && slab.bytes[p + 1] === BRACE;
}

// ---------------------------------------------------------------------------------------------------------------
// {"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":{"timestamp":1787644800120,
//  "instrument_name":"BTC-PERPETUAL","best_bid_price":64010.0,"best_bid_amount":152340.0,"best_ask_price":64010.5,
//  "best_ask_amount":8110.0}}}
// docs.deribit.com/subscriptions/market-data/quoteinstrument_name. Sent on every change. A price of null or 0.0 is a
// side without orders.

function quote(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0) return -1;
  p = members(slab, p, end, QUOTE_SHAPE, out);
  return closes(slab, p, end) ? tellQuote(slab, seenFields(), out) : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {..,"params":{"channel":"ticker.BTC-25DEC26-100000-C.100ms","data":{"timestamp":1787644800120,
//  "instrument_name":"BTC-25DEC26-100000-C","state":"open","stats":{"high":0.0135,"low":0.0101,"volume":212.4,
//  "volume_usd":171233.12,"price_change":-6.25},"index_price":64012.55,"underlying_index":"BTC-25DEC26",
//  "underlying_price":65240.1,"interest_rate":0.0,"mark_price":0.0112,"mark_iv":48.21,"bid_iv":47.6,"ask_iv":48.9,
//  "best_bid_price":0.0110,"best_bid_amount":12.3,"best_ask_price":0.0115,"best_ask_amount":30.0,"last_price":0.0110,
//  "settlement_price":0.01185,"min_price":0.0001,"max_price":0.0405,"open_interest":5321.7,
//  "estimated_delivery_price":64012.55,"greeks":{"delta":0.10321,"gamma":0.00001,"vega":41.88,"theta":-21.5,"rho":14.2}}}}
// .../tickerinstrument_nameinterval. A full state each time; perpetuals have current_funding, funding_8h and
// interest_value instead of what is of options alone. Volatilities are percent, 0 without a quote. The estimated delivery
// price may be the text "expired". The best bid and offer are those of `quote`, later: they are not told a second time.

function ticker(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0) return -1;
  noFigures();
  p = members(slab, p, end, TICKER_SHAPE, out);
  return closes(slab, p, end) ? tellTicker(slab, seenFields(), out) : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {..,"params":{"channel":"book.BTC-PERPETUAL.100ms","data":{"type":"change","timestamp":1787644800104,
//  "instrument_name":"BTC-PERPETUAL","change_id":169600103676,"prev_change_id":169600103289,
//  "bids":[["delete",64009.5,0.0]],"asks":[["change",64010.5,9000.0],["new",64012.0,500.0]]}}}
// .../bookinstrument_nameinterval. A snapshot is told by its type, or by its link, which is null or 0, or missing where
// there is no type either (books of 2019); each change must link to the last. Grouped and truncated books
// (book.NAME.none.20.100ms) are full states each time, of plain pairs.

function book(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0) return -1;
  noBook(out);
  p = members(slab, p, end, BOOK_SHAPE, out);
  return closes(slab, p, end) ? tellBook(slab, end, seenFields(), out) : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {..,"params":{"channel":"trades.BTC-25DEC26-100000-C.100ms","data":[{"trade_seq":812,"trade_id":"412345678",
//  "timestamp":1787644800098,"tick_direction":1,"price":0.0115,"mark_price":0.0112,"iv":48.7,
//  "instrument_name":"BTC-25DEC26-100000-C","index_price":64012.1,"direction":"buy","amount":5.0,"contracts":5.0,
//  "starbase_match_id":178764480012345678,"starbase_timestamp":1787644800098123456}]}}
// .../tradesinstrument_nameinterval. Oldest first. The id we keep is trade_seq, which counts one by one per instrument;
// trade_id counts over all of a currency. Block trades, legs of combos and liquidations are trades as well, and counted
// with them; what marks them is not kept. The numbers of starbase are above 2^53: proved, never read.

function trades(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0) return -1;
  const { bytes } = slab;
  if (bytes[p] !== CLOSE)
    for (;;) {
      if (bytes[p] !== OPEN_BRACE) return -1;
      p = trade(slab, p + 1, end, out);
      if (p < 0) return -1;
      if (bytes[p] !== COMMA) break;
      p += 1;
    }
  return bytes[p] === CLOSE && closes(slab, p + 1, end) ? FRAME.DATA : -1;
}

function trade(slab: Slab, p: number, end: number, out: Out): number {
  p = members(slab, p, end, TRADE_SHAPE, out);
  return p < 0 || tellTrade(slab, end, seenFields(), out) < 0 ? -1 : p;
}

// ---------------------------------------------------------------------------------------------------------------
// {..,"params":{"channel":"deribit_volatility_index.btc_usd","data":{"timestamp":1787644801000,"volatility":46.83,
//  "index_name":"btc_usd"}}}
// .../deribit_volatility_indexindex_name. Points of annualised percent, as they are published.

function index(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0) return -1;
  p = members(slab, p, end, INDEX_SHAPE, out);
  return closes(slab, p, end) ? tellIndex(slab, seenFields(), out) : -1;
}
