import { FLAG, FRAME, LONG, NUM, SIDE, halvesToNumber } from "../model/index.ts";
import type { Nanos, Out, Slab } from "../model/index.ts";
import { readAnyOrder } from "./binance-any.ts";
import { dayFigures } from "./binance-day.ts";
import * as scan from "./binance-kit.ts";
import { readFrame } from "./binance-reference.ts";
import { textEnd } from "./keys.ts";
import { word } from "./kit.ts";
import { replayed } from "./scanned.ts";

/**
 * Every product of Binance speaks one grammar; what a product leaves out or adds is an optional key.
 * Samples: "spot 4.3" is the place in the public Spot streams page, "futures 3.4" in the derivatives pages.
 * Frames come bare (`/ws`) or wrapped (`/stream`): {"stream":"btcusdt@trade","data":{..}}.
 */

// Constants of other files are spelled again: V8 folds those of the file a function stands in, but loads imported ones.
const { ID, PREV, TS } = LONG;
const { BID_PRICE, ASK_SIZE, PRICE, SIZE } = NUM;
const { MARK, INDEX, FUNDING, NEXT_FUNDING, OPEN_INTEREST } = NUM;
const { NONE, BUY, SELL } = SIDE;
const { SNAPSHOT } = FLAG;
const DATA_FRAME = FRAME.DATA;

const KEY_E = word('"E":');
const KEY_T = word('"T":');
const KEY_s = word('"s":');
const KEY_S = word('"S":');
const KEY_U = word('"U":');
const KEY_u = word('"u":');
const KEY_b = word('"b":');
const KEY_B = word('"B":');
const KEY_a = word('"a":');
const KEY_A = word('"A":');
const KEY_t = word('"t":');
const KEY_p = word('"p":');
const KEY_P = word('"P":');
const KEY_q = word('"q":');
const KEY_f = word('"f":');
const KEY_l = word('"l":');
const KEY_m = word('"m":');
const KEY_M = word('"M":');
const KEY_X = word('"X":');
const KEY_i = word('"i":');
const KEY_r = word('"r":');
const KEY_o = word('"o":');
const KEY_z = word('"z":');
const KEY_pu = word('"pu"');
const KEY_ps = word('"ps"');
const KEY_st = word('"st"');
const KEY_nq = word('"nq"');
const KEY_ap = word('"ap"');
const KEY_EVENT = word('"e":');

// Longer texts are proved four bytes at a time, overlapping where their length asks for it.
const WRAPPED = word('{"st');
const REAM = word("ream");
const NAME = word('m":"');
const DATA = word('","d');
const ATA = word('ata"');
const DEPT = word("dept");
const HUPD = word("hUpd");
const ATE = word('ate"');
const BOOK = word("book");
const TICK = word("Tick");
const ER = word('er",');
const TRAD = word("trad");
const AGGT = word("aggT");
const RADE = word("rade");
const DE = word('de",');
const MARK_WORD = word("mark");
const PRIC = word("Pric");
const EUPD = word("eUpd");
const FORC = word("forc");
const DAY = word("24hr");
const EORD = word("eOrd");
const DER = word('der"');
const MARKET = word("MARK");
const ET = word('ET",');
const SELL_WORD = word("SELL");
const BUY_WORD = word('BUY"');
const LAST = word('"las');
const TUPD = word("tUpd");
const ATEI = word("ateI");
const D_ID = word('Id":');
const BIDS = word(',"bi');
const DS = word('ds":');

const QUOTE = 0x22;
const COLON = 0x3a;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const LOWER_T = 0x74;
/** No frame with an event is shorter: within it names may be looked at without asking for the end. */
const SHORTEST = 38;

/** Frame bytes to events; see Venue.parse. */
export function parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const { scanner, base } = slab;
  if (scanner !== null) {
    const count = scanner.entries["binance"]!(base + start, base + end);
    if (replayed(slab, scanner, count, out)) return DATA_FRAME;
  }
  const { inexact } = out;
  if (positional(slab, start, end, out)) return DATA_FRAME;
  return readOtherwise(slab, start, end, tsRecv, out, inexact);
}

function readOtherwise(
  slab: Slab,
  start: number,
  end: number,
  tsRecv: Nanos,
  out: Out,
  inexact: number,
): number {
  out.begin(tsRecv);
  out.inexact = inexact;
  if (readAnyOrder(slab, start, end, out)) {
    out.fallbacks += 1;
    return DATA_FRAME;
  }
  out.inexact = inexact;
  return readFrame(slab, start, end, tsRecv, out);
}

/** The fast path: true when the whole frame was of a known form, to its last byte. */
function positional(slab: Slab, start: number, end: number, out: Out): boolean {
  if (end - start < SHORTEST) return false;
  const view = slab.view;
  if (view.getInt32(start, true) !== WRAPPED) return payload(slab, start, end, -1, out);
  if (view.getInt32(start + 4, true) !== REAM || view.getInt32(start + 7, true) !== NAME) return false;
  const p = textEnd(slab, start + 11, end - SHORTEST);
  if (p < 0 || view.getInt32(p, true) !== DATA || view.getInt32(p + 4, true) !== ATA) return false;
  if (slab.view.getUint8(p + 8) !== COLON || slab.view.getUint8(end - 1) !== BRACE_END) return false;
  return payload(slab, p + 9, end - 1, start + 11, out);
}

/** `stream` is where the stream's name begins, or -1 for a bare frame. */
function payload(slab: Slab, p: number, end: number, stream: number, out: Out): boolean {
  if (end - p < SHORTEST || slab.view.getUint8(p) !== BRACE) return false;
  const view = slab.view;
  const first = view.getInt32(p + 1, true);
  if (first === KEY_u) return spotQuote(slab, p, end, out);
  if (first === LAST) return fullBook(slab, p, end, stream, -1, out);
  if (first !== KEY_EVENT || slab.view.getUint8(p + 5) !== QUOTE) return false;
  const event = view.getInt32(p + 6, true);
  if (event === DEPT) return depth(slab, p, end, stream, out);
  if (event === BOOK) return quote(slab, p, end, out);
  if (event === TRAD) return trade(slab, p, end, out);
  if (event === AGGT) return aggTrade(slab, p, end, out);
  if (event === MARK_WORD) return markPrice(slab, p, end, out);
  if (event === FORC) return liquidation(slab, p, end, out);
  return event === DAY && dayFigures(slab, p, end, out);
}

/** spot 4.3: {"u":72000000123,"s":"BTCUSDT","b":"118345.61000000","B":"7.31250000","a":"118345.62000000","A":"1.20000000"} */
function spotQuote(slab: Slab, start: number, end: number, out: Out): boolean {
  let p = scan.idValue(slab, start + 5, end, out, ID);
  const name = p + 6;
  p = scan.text(slab, p, end, KEY_s);
  const nameEnd = p - 1;
  p = sides(slab, p, end, out);
  if (!scan.closes(slab, p, end)) return false;
  scan.clear(out, TS);
  return scan.emitQuote(slab, name, nameEnd, out);
}

/**
 * futures 3.3: {"e":"bookTicker","u":9012345678901,"E":1779955201301,"T":1779955201296,"s":"BTCUSDT","ps":"BTCUSDT",
 * "b":"118301.10","B":"3.214","a":"118301.20","A":"1.006","st":1}; in 2021 T and E stood at the end.
 */
function quote(slab: Slab, start: number, end: number, out: Out): boolean {
  if (slab.view.getInt32(start + 10, true) !== TICK || slab.view.getInt32(start + 14, true) !== ER)
    return false;
  let p = scan.id(slab, start + 17, end, KEY_u, out, ID);
  const timed = scan.at(slab, p, KEY_E);
  if (timed) p = scan.time(slab, scan.skipId(slab, p, end, KEY_E), end, KEY_T, out);
  const name = p + 6;
  p = scan.text(slab, p, end, KEY_s);
  const nameEnd = p - 1;
  p = sides(slab, scan.skipMaybeText2(slab, p, end, KEY_ps), end, out);
  if (!timed) p = scan.skipId(slab, scan.time(slab, p, end, KEY_T, out), end, KEY_E);
  p = scan.skipMaybe2(slab, p, end, KEY_st);
  return scan.closes(slab, p, end) && scan.emitQuote(slab, name, nameEnd, out);
}

/** Keys of the two sides, by the register that their values go to. */
const SIDE_KEYS = Int32Array.from({ length: 17 }, (_, i) => [KEY_b, KEY_B, KEY_a, KEY_A][i] ?? 0);

/** A loop instead of four lines: then `decimal` is small enough to be compiled into it. */
function sides(slab: Slab, p: number, end: number, out: Out): number {
  for (let reg: number = BID_PRICE; reg <= ASK_SIZE && p > 0; reg++)
    p = scan.price(slab, p, end, SIDE_KEYS[reg]!, out, reg);
  return p;
}

/** `,"p":"118345.61000000","q":"0.01250000"`, in a loop as {@link sides}. */
function priceAndSize(slab: Slab, p: number, end: number, out: Out): number {
  for (let reg: number = PRICE; reg <= SIZE && p > 0; reg++)
    p = scan.price(slab, p, end, reg === PRICE ? KEY_p : KEY_q, out, reg);
  return p;
}

/**
 * spot 4.1: {"e":"trade","E":1779955201234,"s":"BTCUSDT","t":5012345678,"p":"118345.61000000","q":"0.01250000",
 * "T":1779955201233,"m":true,"M":true}; Binance.US has the order ids "b":1,"a":2 before T.
 * futures 3.2: {"e":"trade","E":1779955201205,"T":1779955201200,"s":"BTCUSDT","t":6712345678,"p":"118301.20","q":"0.004",
 * "X":"MARKET","m":false}; X other than MARKET (insurance fund, ADL) is no trade of the market.
 */
function trade(slab: Slab, start: number, end: number, out: Out): boolean {
  const { bytes, view } = slab;
  if (view.getInt32(start + 9, true) !== DE) return false;
  let p = scan.skipId(slab, start + 12, end, KEY_E);
  const timed = scan.at(slab, p, KEY_T);
  if (timed) p = scan.time(slab, p, end, KEY_T, out);
  const name = p + 6;
  p = scan.text(slab, p, end, KEY_s);
  const nameEnd = p - 1;
  p = scan.id(slab, p, end, KEY_t, out, ID);
  p = priceAndSize(slab, p, end, out);
  if (scan.at(slab, p, KEY_b)) p = scan.skipId(slab, scan.skipId(slab, p, end, KEY_b), end, KEY_a);
  if (!timed) p = scan.time(slab, p, end, KEY_T, out);
  let market = true;
  if (scan.at(slab, p, KEY_X)) {
    market = view.getInt32(p + 6, true) === MARKET && view.getInt32(p + 10, true) === ET;
    p = scan.text(slab, p, end, KEY_X);
  }
  const maker = p + 5;
  p = scan.bool(slab, p, end, KEY_m);
  if (scan.at(slab, p, KEY_M)) p = scan.bool(slab, p, end, KEY_M);
  p = scan.skipMaybe2(slab, p, end, KEY_st);
  if (!scan.closes(slab, p, end)) return false;
  return !market || scan.emitTrade(slab, name, nameEnd, bytes[maker] === LOWER_T, out);
}

/**
 * spot 4.2: {"e":"aggTrade","E":1779955201234,"s":"BTCUSDT","a":3712345601,"p":"118345.61000000","q":"0.03000000",
 * "f":5012345676,"l":5012345678,"T":1779955201233,"m":true,"M":true}
 * futures 3.1: .."s":"BTCUSDT","a":3012345678,"p":"118301.20","q":"0.350","nq":"0.300","f":..,"l":..,"T":..,"m":false,"st":1};
 * in 2021 a stood before s.
 */
function aggTrade(slab: Slab, start: number, end: number, out: Out): boolean {
  if (slab.view.getInt32(start + 10, true) !== RADE || slab.view.getInt32(start + 12, true) !== DE)
    return false;
  let p = scan.skipId(slab, start + 15, end, KEY_E);
  const numbered = scan.at(slab, p, KEY_a);
  if (numbered) p = scan.id(slab, p, end, KEY_a, out, ID);
  const name = p + 6;
  p = scan.text(slab, p, end, KEY_s);
  const nameEnd = p - 1;
  if (!numbered) p = scan.id(slab, p, end, KEY_a, out, ID);
  p = priceAndSize(slab, p, end, out);
  p = scan.skipMaybeText2(slab, p, end, KEY_nq);
  p = scan.skipId(slab, scan.skipId(slab, p, end, KEY_f), end, KEY_l);
  p = scan.time(slab, p, end, KEY_T, out);
  const maker = p + 5;
  p = scan.bool(slab, p, end, KEY_m);
  if (scan.at(slab, p, KEY_M)) p = scan.bool(slab, p, end, KEY_M);
  p = scan.skipMaybe2(slab, p, end, KEY_st);
  return (
    scan.closes(slab, p, end) &&
    scan.emitTrade(slab, name, nameEnd, slab.view.getUint8(maker) === LOWER_T, out)
  );
}

/**
 * spot 4.4: {"e":"depthUpdate","E":1779955201300,"s":"BTCUSDT","U":72000000131,"u":72000000137,
 * "b":[["118345.61000000","0.00000000"]],"a":[["118345.62000000","0.90000000"]]}: links to U - 1, time is E.
 * futures 3.4: {"e":"depthUpdate","E":1779955201340,"T":1779955201331,"s":"BTCUSDT","ps":"BTCUSDT","U":9012345676001,
 * "u":9012345678950,"pu":9012345675990,"b":[..],"a":[..],"st":1}: links to pu, time is T.
 * futures 3.5, `@depth20`: the same text, but complete; only the stream's name tells.
 */
function depth(slab: Slab, start: number, end: number, stream: number, out: Out): boolean {
  if (slab.view.getInt32(start + 10, true) !== HUPD || slab.view.getInt32(start + 14, true) !== ATE)
    return false;
  const flags = stream < 0 ? 0 : scan.depthFlags(slab, stream);
  if (flags < 0) return false;
  let p = scan.time(slab, start + 18, end, KEY_E, out);
  const futures = scan.at(slab, p, KEY_T);
  if (futures) p = scan.time(slab, p, end, KEY_T, out);
  const name = p + 6;
  p = scan.text(slab, p, end, KEY_s);
  const nameEnd = p - 1;
  if (futures) p = scan.skipId(slab, scan.skipMaybeText2(slab, p, end, KEY_ps), end, KEY_U);
  else p = scan.id(slab, p, end, KEY_U, out, PREV);
  p = scan.id(slab, p, end, KEY_u, out, ID);
  if (p < 0 || futures !== scan.at2(slab, p, KEY_pu)) return false;
  if (futures) p = scan.idValue(slab, p + 6, end, out, PREV);
  else if (!scan.decrement(out, PREV)) return false;
  const instrument = p < 0 ? -1 : out.instrument(slab.bytes, name, nameEnd);
  const known = instrument >= 0;
  if (known) out.openBook(instrument, flags);
  p = scan.levels(slab, scan.at(slab, p, KEY_b) ? p + 5 : -1, end, 5, known, out);
  p = scan.skipMaybe2(slab, p, end, KEY_st);
  if (!scan.closes(slab, p, end)) return false;
  if (known) out.book(instrument, flags);
  return true;
}

/**
 * spot 4.5, wrapped only (the symbol is in the stream's name) and spot 5 REST:
 * {"lastUpdateId":72000000130,"bids":[["118345.61000000","7.31250000"]],"asks":[["118345.62000000","1.20000000"]]}
 * futures 4 REST: {"lastUpdateId":9012345678000,"E":1779955201264,"T":1779955201261,"bids":[..],"asks":[..]};
 * COIN-M has "symbol":"BTCUSD_PERP","pair":"BTCUSD" behind the id.
 * `stream` as in payload(), unless the instrument is known already.
 */
function fullBook(slab: Slab, start: number, end: number, stream: number, known: number, out: Out): boolean {
  const { bytes, view } = slab;
  if (view.getInt32(start + 5, true) !== TUPD || view.getInt32(start + 9, true) !== ATEI) return false;
  if (view.getInt32(start + 12, true) !== D_ID) return false;
  let p = scan.skipNames(slab, scan.idValue(slab, start + 16, end, out, ID), end);
  scan.clear(out, PREV);
  scan.clear(out, TS);
  if (scan.at(slab, p, KEY_E)) p = scan.time(slab, scan.skipId(slab, p, end, KEY_E), end, KEY_T, out);
  const instrument =
    known >= 0 || stream < 0 ? known : out.instrument(bytes, stream, scan.nameEndOf(slab, stream));
  const listed = instrument >= 0;
  if (listed) out.openBook(instrument, SNAPSHOT);
  if (p < 0 || view.getInt32(p, true) !== BIDS || view.getInt32(p + 4, true) !== DS) return false;
  p = scan.levels(slab, p + 8, end, 8, listed, out);
  if (!scan.closes(slab, p, end)) return false;
  if (listed) out.book(instrument, SNAPSHOT);
  return true;
}

/** The fast path of a REST depth body; false leaves it to the reference. */
export function positionalBook(
  slab: Slab,
  start: number,
  end: number,
  instrument: number,
  out: Out,
): boolean {
  if (
    end - start < SHORTEST ||
    slab.view.getUint8(start) !== BRACE ||
    slab.view.getInt32(start + 1, true) !== LAST
  )
    return false;
  return fullBook(slab, start, end, -1, instrument, out);
}

/**
 * futures 3.7: {"e":"markPriceUpdate","E":1779955202000,"s":"BTCUSDT","p":"118300.55000000","i":"118352.10891304",
 * "P":"118340.02000000","r":"0.00010000","ap":"118322.41000000","T":1779984000000,"st":1}
 * p mark, i index, r funding rate ("" for dated futures), T next funding (0 for dated futures); ap since 2026-03.
 * COIN-M: .."p":"118300.55","P":"118340.02","i":"118352.10891304","r":"0.00010000","T":..; without i before 2026.
 */
function markPrice(slab: Slab, start: number, end: number, out: Out): boolean {
  const { bytes, view } = slab;
  if (view.getInt32(start + 10, true) !== PRIC || view.getInt32(start + 14, true) !== EUPD) return false;
  if (view.getInt32(start + 18, true) !== ATE) return false;
  let p = scan.time(slab, start + 22, end, KEY_E, out);
  const name = p + 6;
  p = scan.text(slab, p, end, KEY_s);
  const nameEnd = p - 1;
  p = indexPrice(slab, scan.price(slab, p, end, KEY_p, out, MARK), end, out);
  p = scan.signedPrice(slab, p, end, KEY_r, out, FUNDING);
  p = scan.skipMaybeText2(slab, p, end, KEY_ap);
  p = scan.id(slab, p, end, KEY_T, out, ID);
  p = scan.skipMaybe2(slab, p, end, KEY_st);
  if (!scan.closes(slab, p, end)) return false;
  out.num[NEXT_FUNDING] = scan.fundingTime(halvesToNumber(out.long[ID + 1]!, out.long[ID]!));
  out.num[OPEN_INTEREST] = NaN;
  const instrument = out.instrument(bytes, name, nameEnd);
  if (instrument >= 0) out.ticker(instrument, 0);
  return true;
}

/** `"i":".."` before or behind `"P":".."`, or not there. */
function indexPrice(slab: Slab, start: number, end: number, out: Out): number {
  out.num[INDEX] = NaN;
  let p = start;
  if (scan.at(slab, p, KEY_i))
    return scan.text(slab, scan.price(slab, p, end, KEY_i, out, INDEX), end, KEY_P);
  p = scan.text(slab, p, end, KEY_P);
  return scan.at(slab, p, KEY_i) ? scan.price(slab, p, end, KEY_i, out, INDEX) : p;
}

/**
 * futures 3.8: {"e":"forceOrder","E":1779955201234,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014",
 * "p":"118301.20","ap":"118310.00","X":"FILLED","l":"0.014","z":"0.014","T":1779955201230,"ps":"BTCUSDT"},"st":1}
 * S is the forced order's own side, p and q its price and size. COIN-M has ps behind s.
 */
function liquidation(slab: Slab, start: number, end: number, out: Out): boolean {
  const { bytes, view } = slab;
  if (view.getInt32(start + 10, true) !== EORD || view.getInt32(start + 13, true) !== DER) return false;
  let p = scan.skipId(slab, start + 17, end, KEY_E);
  if (!scan.at(slab, p, KEY_o) || bytes[p + 5] !== BRACE || view.getInt32(p + 6, true) !== KEY_s)
    return false;
  const name = p + 11;
  const nameEnd = bytes[p + 10] === QUOTE ? textEnd(slab, name, end) : -1;
  p = nameEnd < 0 ? -1 : scan.skipMaybeText2(slab, nameEnd + 1, end, KEY_ps);
  if (!scan.at(slab, p, KEY_S)) return false;
  const order = view.getInt32(p + 6, true);
  const side = order === SELL_WORD && bytes[p + 10] === QUOTE ? SELL : order === BUY_WORD ? BUY : NONE;
  if (side === NONE) return false;
  p = scan.text(slab, p, end, KEY_S);
  p = scan.text(slab, scan.text(slab, p, end, KEY_o), end, KEY_f);
  p = scan.price(slab, p, end, KEY_q, out, SIZE);
  p = scan.price(slab, p, end, KEY_p, out, PRICE);
  p = scan.text(slab, scan.skipMaybeText2(slab, p, end, KEY_ap), end, KEY_X);
  p = scan.text(slab, scan.text(slab, p, end, KEY_l), end, KEY_z);
  p = scan.time(slab, p, end, KEY_T, out);
  p = scan.skipMaybeText2(slab, p, end, KEY_ps);
  p = p >= 0 && bytes[p] === BRACE_END ? scan.skipMaybe2(slab, p + 1, end, KEY_st) : -1;
  if (!scan.closes(slab, p, end)) return false;
  const instrument = out.instrument(bytes, name, nameEnd);
  if (instrument >= 0) out.liquidation(instrument, side, 0);
  return true;
}
