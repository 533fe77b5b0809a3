import {
  BOOK,
  COUNT,
  FIRST,
  ID,
  LEVELS,
  MOST_LEVELS,
  NUM,
  PREV,
  QUOTE,
  RECORDS,
  SIDES,
  TICKER,
  TRADE,
  TS,
} from "../../model/tape";
import {
  integer,
  is2,
  is3,
  is5,
  is6,
  is7,
  is8,
  lengthOf,
  proved,
  putOne,
  putTwo,
  shapeAt,
  skipInteger,
  textEnd,
  time,
  trust,
} from "./kit";
import { head, name } from "./tape";

/**
 * The frames of src/venues/binance-parse.ts in the order in which the venue writes them; that file has a sample of each.
 * What is rare (forced orders, books without a name) or in any other order is left to it.
 */

const WRAPPED: u64 = 0x6d6165727473227b; // {"stream
const NAMED: u32 = 0x223a22; // ":"
const DATA: u64 = 0x2261746164222c22; // ","data"
const COLON = 0x3a; // :
const EVENT: u64 = 0x223a2265227b; // {"e":"
const U_FIRST: u64 = 0x3a2275227b; // {"u":
const BOOK_TICK: u64 = 0x6b6369546b6f6f62; // bookTick
const ER_U: u64 = 0x3a2275222c227265; // er","u":
const TRADE_EVENT: u64 = 0x222c226564617274; // trade","
const E_TIME: u32 = 0x3a2245; // E":
const AGG_TRADE: u64 = 0x6564617254676761; // aggTrade
const DEPTH_UPDATE: u64 = 0x6470556874706564; // depthUpd
const ATE_E: u64 = 0x2245222c22657461; // ate","E"
const MARK_PRICE: u64 = 0x636972506b72616d; // markPric
const PRICE_UPDATE: u64 = 0x2265746164705565; // eUpdate"
const LAST_UP: u64 = 0x70557473616c227b; // {"lastUp
const DATE_ID: u64 = 0x3a22644965746164; // dateId":

const C_E: u64 = 0x3a2245222c; // ,"E":
const C_T: u64 = 0x3a2254222c; // ,"T":
const C_A: u64 = 0x3a2261222c; // ,"a":
const C_U: u64 = 0x3a2275222c; // ,"u":
const C_L: u64 = 0x3a226c222c; // ,"l":
const C_M: u64 = 0x3a226d222c; // ,"m":
const C_MM: u64 = 0x3a224d222c; // ,"M":
const C_S: u64 = 0x223a2273222c; // ,"s":"
const C_P: u64 = 0x223a2270222c; // ,"p":"
const C_X: u64 = 0x223a2258222c; // ,"X":"
const C_PU: u64 = 0x3a227570222c; // ,"pu":
const C_ST: u64 = 0x3a227473222c; // ,"st":
const C_B_LIST: u64 = 0x5b3a2262222c; // ,"b":[
const C_A_LIST: u64 = 0x5b3a2261222c; // ,"a":[
const C_BIDS: u64 = 0x3a2273646962222c; // ,"bids":
const C_ASKS: u64 = 0x3a22736b7361222c; // ,"asks":
const Q_T: u64 = 0x3a2254222c22; // ","T":
const Q_TRADE: u64 = 0x3a2274222c22; // ","t":
const Q_A: u64 = 0x3a2261222c22; // ","a":
const Q_U: u64 = 0x3a2255222c22; // ","U":
const Q_F: u64 = 0x3a2266222c22; // ","f":
const Q_ORDER: u64 = 0x3a2262222c22; // ","b":
const Q_E: u64 = 0x3a2245222c22; // ","E":
const Q_ST: u64 = 0x3a227473222c22; // ","st":
const Q_P: u64 = 0x223a2270222c22; // ","p":"
const Q_Q: u64 = 0x223a2271222c22; // ","q":"
const Q_BID: u64 = 0x223a2262222c22; // ","b":"
const Q_BID_SIZE: u64 = 0x223a2242222c22; // ","B":"
const Q_ASK: u64 = 0x223a2261222c22; // ","a":"
const Q_ASK_SIZE: u64 = 0x223a2241222c22; // ","A":"
const Q_I: u64 = 0x223a2269222c22; // ","i":"
const Q_PP: u64 = 0x223a2250222c22; // ","P":"
const Q_R: u64 = 0x223a2272222c22; // ","r":"
const Q_PS: u64 = 0x223a227370222c22; // ","ps":"
const Q_NQ: u64 = 0x223a22716e222c22; // ","nq":"
const Q_AP: u64 = 0x223a227061222c22; // ","ap":"
const LEVEL: u32 = 0x225b; // ["
const BETWEEN: u32 = 0x222c22; // ","
const NEXT_LEVEL: u64 = 0x225b2c5d22; // "],["
const LAST_LEVEL: u32 = 0x5d5d22; // "]]
const DEPTH_STREAM: u64 = 0x687470656440; // @depth
const MARKET: u64 = 0x2254454b52414d; // MARKET"
const IS_TRUE: u64 = 0x65757274; // true
const IS_FALSE: u64 = 0x65736c6166; // false

const QUOTE_MARK = 0x22;
const AT_SIGN = 0x40;
const MINUS = 0x2d;
const CLOSE = 0x5d;
const BRACE_END = 0x7d;
/** As in the parser: no frame with an event is shorter. */
const SHORTEST: usize = 38;

const BUY = 1;
const SELL = 2;
const BID = 1;
const ASK = 2;
const SNAPSHOT = 32;

export function binance(start: usize, end: usize): i32 {
  trust();
  return proved(frame(start, end));
}

function frame(start: usize, end: usize): i32 {
  if (end - start < SHORTEST) return -1;
  if (load<u64>(start) !== WRAPPED) return payload(start, end, 0);
  if (!is3(start + 8, NAMED)) return -1;
  const p = textEnd(start + 11, end - SHORTEST);
  if (!p || load<u64>(p) !== DATA || load<u8>(p + 8) !== COLON || load<u8>(end - 1) !== BRACE_END) return -1;
  return payload(p + 9, end - 1, start + 11);
}

/** `stream` is where the stream's name begins, 0 for a bare frame. */
function payload(p: usize, end: usize, stream: usize): i32 {
  if (end - p < SHORTEST) return -1;
  if (is5(p, U_FIRST)) return spotQuote(p, end);
  if (!is6(p, EVENT)) return load<u64>(p) === LAST_UP ? partialBook(p, end, stream) : -1;
  const event = load<u64>(p + 6);
  if (event === DEPTH_UPDATE) return depth(p, end, stream);
  if (event === BOOK_TICK) return quote(p, end);
  if (event === TRADE_EVENT) return trade(p, end);
  if (event === AGG_TRADE) return aggTrade(p, end);
  return event === MARK_PRICE ? markPrice(p, end) : -1;
}

function spotQuote(start: usize, end: usize): i32 {
  let p = integer(start + 5, RECORDS + ID);
  if (!is6(p, C_S)) return -1;
  const named = p + 6;
  p = textEnd(named, end);
  name(RECORDS, named, p);
  store<u64>(RECORDS + TS, 0);
  p = sides(p);
  if (!p) return -1;
  return closes(p, end) ? quoted() : -1;
}

function quote(start: usize, end: usize): i32 {
  if (load<u64>(start + 14) !== ER_U) return -1;
  let p = integer(start + 22, RECORDS + ID);
  const timed = is5(p, C_E);
  if (timed) {
    p = skipInteger(p + 5);
    if (!is5(p, C_T)) return -1;
    p = time(p + 5, RECORDS + TS);
  }
  if (!is6(p, C_S)) return -1;
  const named = p + 6;
  p = textEnd(named, end);
  name(RECORDS, named, p);
  if (is8(p, Q_PS)) p = textEnd(p + 8, end);
  p = sides(p);
  if (!timed) {
    if (!is6(p, Q_T)) return -1;
    p = time(p + 6, RECORDS + TS);
    if (!is5(p, C_E)) return -1;
    return ends(skipInteger(p + 5), end) ? quoted() : -1;
  }
  return p && closes(p, end) ? quoted() : -1;
}

/** From the quote that closes the text before `,"b":"` to the one that closes the size of the ask. */
function sides(p: usize): usize {
  if (!is7(p, Q_BID)) return 0;
  const bid = p + 7;
  const bidShape = shapeAt(bid);
  p = bid + lengthOf(bidShape);
  if (!is7(p, Q_BID_SIZE)) return 0;
  const bidSize = p + 7;
  const bidSizeShape = shapeAt(bidSize);
  p = bidSize + lengthOf(bidSizeShape);
  if (!is7(p, Q_ASK)) return 0;
  const ask = p + 7;
  const askShape = shapeAt(ask);
  p = ask + lengthOf(askShape);
  if (!is7(p, Q_ASK_SIZE)) return 0;
  const askSize = p + 7;
  const askSizeShape = shapeAt(askSize);
  p = askSize + lengthOf(askSizeShape);
  putTwo(bid, bidShape, bidSize, bidSizeShape, RECORDS + NUM);
  putTwo(ask, askShape, askSize, askSizeShape, RECORDS + NUM + 16);
  return p;
}

/** A side with price 0 and size 0 is no quote. */
function quoted(): i32 {
  const none = f64x2.splat(0);
  const bid = f64x2.eq(v128.load(RECORDS + NUM), none);
  const ask = f64x2.eq(v128.load(RECORDS + NUM + 16), none);
  if (v128.any_true(v128.or(bid, ask))) {
    absent(RECORDS + NUM, bid);
    absent(RECORDS + NUM + 16, ask);
  }
  head(RECORDS, QUOTE, 0, 0, 0);
  return 1;
}

function absent(at: usize, zeros: v128): void {
  if (i64x2.all_true(zeros)) v128.store(at, f64x2.splat(NaN));
}

function trade(start: usize, end: usize): i32 {
  if (!is3(start + 14, E_TIME)) return -1;
  let p = skipInteger(start + 17);
  const timed = is5(p, C_T);
  if (timed) p = time(p + 5, RECORDS + TS);
  if (!is6(p, C_S)) return -1;
  const named = p + 6;
  p = textEnd(named, end);
  name(RECORDS, named, p);
  if (!is6(p, Q_TRADE)) return -1;
  p = priceAndSize(integer(p + 6, RECORDS + ID));
  if (is6(p, Q_ORDER)) {
    p = skipInteger(p + 6);
    if (!is5(p, C_A)) return -1;
    p = skipInteger(p + 5);
    if (timed || !is5(p, C_T)) return -1;
    p = time(p + 5, RECORDS + TS);
  } else if (!timed) {
    if (!is6(p, Q_T)) return -1;
    p = time(p + 6, RECORDS + TS);
  } else {
    // Futures: an order type other than MARKET is no trade of the market.
    if (load<u8>(p) !== QUOTE_MARK) return -1;
    p += 1;
    if (is6(p, C_X)) {
      if (!is7(p + 6, MARKET)) return -1;
      p += 13;
    }
  }
  return maker(p, end);
}

function aggTrade(start: usize, end: usize): i32 {
  if (!is6(start + 14, Q_E)) return -1;
  let p = skipInteger(start + 20);
  const numbered = is5(p, C_A);
  if (numbered) p = integer(p + 5, RECORDS + ID);
  if (!is6(p, C_S)) return -1;
  const named = p + 6;
  p = textEnd(named, end);
  name(RECORDS, named, p);
  if (numbered) p += 1;
  else if (is6(p, Q_A)) p = integer(p + 6, RECORDS + ID);
  else return -1;
  p = priceAndSize(p);
  if (is8(p, Q_NQ)) p = textEnd(p + 8, end);
  if (!is6(p, Q_F)) return -1;
  p = skipInteger(p + 6);
  if (!is5(p, C_L)) return -1;
  p = skipInteger(p + 5);
  if (!is5(p, C_T)) return -1;
  return maker(time(p + 5, RECORDS + TS), end);
}

/** `,"p":"118345.61","q":"0.0125` to the closing quote. */
function priceAndSize(p: usize): usize {
  if (!is6(p, C_P)) return 0;
  const price = p + 6;
  const shape = shapeAt(price);
  p = price + lengthOf(shape);
  if (!is7(p, Q_Q)) return 0;
  const size = p + 7;
  const sizeShape = shapeAt(size);
  p = size + lengthOf(sizeShape);
  putTwo(price, shape, size, sizeShape, RECORDS + NUM);
  return p;
}

/** `,"m":true,"M":true}`, the end of a trade. The buyer rested (`m`), so the seller was the aggressor. */
function maker(p: usize, end: usize): i32 {
  if (!is5(p, C_M)) return -1;
  const sold = (load<u32>(p + 5) as u64) === IS_TRUE;
  p = boolEnd(p + 5);
  if (is5(p, C_MM)) p = boolEnd(p + 5);
  if (!ends(p, end)) return -1;
  head(RECORDS, TRADE, sold ? SELL : BUY, 0, 0);
  return 1;
}

function boolEnd(p: usize): usize {
  const word = load<u64>(p);
  return (word & 0xffffffff) === IS_TRUE ? p + 4 : (word & 0xffffffffff) === IS_FALSE ? p + 5 : 0;
}

function depth(start: usize, end: usize, stream: usize): i32 {
  const flags = stream ? depthFlags(stream) : 0;
  if (flags < 0 || load<u64>(start + 14) !== ATE_E || load<u8>(start + 22) !== COLON) return -1;
  let p = time(start + 23, RECORDS + TS);
  const futures = is5(p, C_T);
  if (futures) p = time(p + 5, RECORDS + TS);
  if (!is6(p, C_S)) return -1;
  const named = p + 6;
  p = textEnd(named, end);
  name(RECORDS, named, p);
  if (futures && is8(p, Q_PS)) p = textEnd(p + 8, end);
  if (!is6(p, Q_U)) return -1;
  p = integer(p + 6, RECORDS + PREV);
  if (!is5(p, C_U)) return -1;
  p = integer(p + 5, RECORDS + ID);
  if (futures !== is6(p, C_PU)) return -1;
  if (futures) p = integer(p + 6, RECORDS + PREV);
  else if (!linkBefore()) return -1;
  store<u64>(RECORDS + FIRST, 0);
  if (!is6(p, C_B_LIST)) return -1;
  p = levels(p + 6, end, BID);
  if (!is6(p, C_A_LIST)) return -1;
  p = levels(p + 6, end, ASK);
  if (!ends(p, end)) return -1;
  head(RECORDS, BOOK, 0, flags, 0);
  return 1;
}

/** Spot links to U - 1; false when U is 0. */
function linkBefore(): bool {
  const first = load<u64>(RECORDS + PREV);
  store<u64>(RECORDS + PREV, first - 1);
  return first !== 0;
}

/** Flags by a stream's name: `x@depth`, `x@depth@100ms` are changes, `x@depth20@100ms` is complete; -1 for others. */
function depthFlags(stream: usize): i32 {
  const at = streamSymbolEnd(stream);
  if ((load<u64>(at) & 0xffffffffffff) !== DEPTH_STREAM) return -1;
  let p = at + 6;
  while (load<u8>(p) - <u32>0x30 <= 9) p += 1;
  if (load<u8>(p) !== QUOTE_MARK && load<u8>(p) !== AT_SIGN) return -1;
  return p === at + 6 ? 0 : SNAPSHOT;
}

/** The first @ or quote of a stream's name, which is known to end with a quote. */
function streamSymbolEnd(stream: usize): usize {
  let p = stream;
  while (load<u8>(p) !== AT_SIGN && load<u8>(p) !== QUOTE_MARK) p += 1;
  return p;
}

function partialBook(start: usize, end: usize, stream: usize): i32 {
  if (!stream || load<u64>(start + 8) !== DATE_ID) return -1;
  let p = integer(start + 16, RECORDS + ID);
  store<u64>(RECORDS + PREV, 0);
  store<u64>(RECORDS + TS, 0);
  store<u64>(RECORDS + FIRST, 0);
  name(RECORDS, stream, streamSymbolEnd(stream));
  if (is5(p, C_E)) {
    p = skipInteger(p + 5);
    if (!is5(p, C_T)) return -1;
    p = time(p + 5, RECORDS + TS);
  }
  if (!is8(p, C_BIDS) || load<u8>(p + 8) !== 0x5b) return -1;
  p = levels(p + 9, end, BID);
  if (!is8(p, C_ASKS) || load<u8>(p + 8) !== 0x5b) return -1;
  p = levels(p + 9, end, ASK);
  if (p + 1 !== end || load<u8>(p) !== BRACE_END) return -1;
  head(RECORDS, BOOK, 0, SNAPSHOT, 0);
  return 1;
}

/** `"118345.61","0.5"],["118345.60","0"]]` behind `[[`, or `]` behind `[`: levels of the record's book. */
function levels(p: usize, end: usize, side: i32): usize {
  if (load<u8>(p) === CLOSE) return p + 1;
  if (!is2(p, LEVEL)) return 0;
  p += 2;
  for (let n = load<i32>(RECORDS + COUNT); n < MOST_LEVELS; n++) {
    const price = p;
    const shape = shapeAt(price);
    p += lengthOf(shape);
    if (!is3(p, BETWEEN)) return 0;
    const size = p + 3;
    const sizeShape = shapeAt(size);
    p = size + lengthOf(sizeShape);
    putTwo(price, shape, size, sizeShape, LEVELS + (n << 4));
    store<u8>(SIDES + n, side as u8);
    if (!is5(p, NEXT_LEVEL)) {
      if (!is3(p, LAST_LEVEL)) return 0;
      store<i32>(RECORDS + COUNT, n + 1);
      return p + 3;
    }
    p += 5;
    if (p >= end) return 0;
  }
  return 0;
}

function markPrice(start: usize, end: usize): i32 {
  if (load<u64>(start + 14) !== PRICE_UPDATE || !is5(start + 22, C_E)) return -1;
  let p = time(start + 27, RECORDS + TS);
  if (!is6(p, C_S)) return -1;
  const named = p + 6;
  p = textEnd(named, end);
  name(RECORDS, named, p);
  if (!is7(p, Q_P)) return -1;
  const mark = p + 7;
  const markShape = shapeAt(mark);
  p = mark + lengthOf(markShape);
  // COIN-M has the index behind the estimated settle price.
  const behind = is7(p, Q_PP);
  if (behind) p = textEnd(p + 7, end);
  if (!is7(p, Q_I)) return -1;
  const index = p + 7;
  const indexShape = shapeAt(index);
  p = index + lengthOf(indexShape);
  putTwo(mark, markShape, index, indexShape, RECORDS + NUM);
  if (!behind) {
    if (!is7(p, Q_PP)) return -1;
    p = textEnd(p + 7, end);
  }
  if (!is7(p, Q_R)) return -1;
  p = funding(p + 7);
  if (is8(p, Q_AP)) p = textEnd(p + 8, end);
  if (!is6(p, Q_T)) return -1;
  // Milliseconds, 0 for none; as microseconds it is a whole number below 2^53 in a double.
  p = integer(p + 6, RECORDS + ID);
  const next = load<u64>(RECORDS + ID);
  if (!ends(p, end)) return -1;
  store<f64>(RECORDS + NUM, next === 0 ? NaN : (next as i64 as f64) * 1000, 24);
  store<f64>(RECORDS + NUM, NaN, 32);
  head(RECORDS, TICKER, 0, 0, 0);
  return 1;
}

/** A rate that may be negative, or no text for none; the closing quote, or 0. */
function funding(p: usize): usize {
  if (load<u8>(p) === QUOTE_MARK) {
    store<f64>(RECORDS + NUM, NaN, 16);
    return p;
  }
  const negative = load<u8>(p) === MINUS;
  const digits = negative ? p + 1 : p;
  const shape = shapeAt(digits);
  putOne(digits, shape, RECORDS + NUM + 16);
  if (negative) store<f64>(RECORDS + NUM, -load<f64>(RECORDS + NUM, 16), 16);
  return digits + lengthOf(shape);
}

/** `"}` or `","st":1}`, the end of a payload behind a text. */
function closes(p: usize, end: usize): bool {
  return is7(p, Q_ST) ? closed(skipInteger(p + 7), end) : load<u8>(p) === QUOTE_MARK && closed(p + 1, end);
}

/** The same behind a number or a list. */
function ends(p: usize, end: usize): bool {
  return closed(is6(p, C_ST) ? skipInteger(p + 6) : p, end);
}

function closed(p: usize, end: usize): bool {
  return p + 1 === end && load<u8>(p) === BRACE_END;
}
