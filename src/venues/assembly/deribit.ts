import {
  BOOK,
  COUNT,
  FIRST,
  ID,
  LEVELS,
  MOST_LEVELS,
  MOST_RECORDS,
  NUM,
  OPTION,
  PREV,
  QUOTE,
  RECORD,
  RECORDS,
  SIDES,
  STATS,
  TICKER,
  TRADE,
  TS,
} from "../../model/tape";
import * as shapes from "./deribit-shapes";
import {
  integer,
  is2,
  is4,
  is5,
  is6,
  is7,
  is8,
  isLong,
  isNumber,
  lengthOf,
  proved,
  putPart,
  putScaled,
  putTwo,
  shapeAt,
  textEnd,
  time,
  trust,
  wrong,
} from "./kit";
import { head, name } from "./tape";

/**
 * The frames of src/venues/deribit/parse.ts, which has a sample of each: the envelope as the venue writes it, the objects
 * in it with their keys in any order.
 */

const OPEN: u64 = 0x70726e6f736a227b; // {"jsonrp
const OPEN_END: u64 = 0x22302e32223a2263; // c":"2.0"
const METHOD: u64 = 0x646f6874656d222c; // ,"method
const METHOD_END: u64 = 0x6373627573223a22; // ":"subsc
const PARAMS: u64 = 0x226e6f6974706972; // ription"
const PARAMS_END: u64 = 0x736d61726170222c; // ,"params
const CHANNEL: u64 = 0x6e616863227b3a22; // ":{"chan
const CHANNEL_END: u64 = 0x223a226c656e6e61; // annel":"
const QUOTE_NAME: u64 = 0x2e65746f7571; // quote.
const TICKER_NAME: u64 = 0x2e72656b636974; // ticker.
const BOOK_NAME: u64 = 0x2e6b6f6f62; // book.
const TRADES_NAME: u64 = 0x2e736564617274; // trades.
const DATA: u64 = 0x2261746164222c22; // ","data"
const DATA_END: u64 = 0x7b3a226174616422; // "data":{
const ROWS_END: u64 = 0x5b3a226174616422; // "data":[
const NULL: u32 = 0x6c6c756e; // null
const TRUE: u32 = 0x65757274; // true
const FALSE: u64 = 0x65736c6166; // false
const BUY: u64 = 0x2279756222; // "buy"
const SELL: u64 = 0x226c6c657322; // "sell"
const WHOLE: u64 = 0x6f687370616e7322; // "snapsho
const WHOLE_END: u64 = 0x22746f687370616e; // napshot"
const CHANGE: u64 = 0x2265676e61686322; // "change"
const NEW_LEVEL: u64 = 0x2c2277656e225b; // ["new",
const CHANGE_LEVEL: u64 = 0x65676e616863225b; // ["change
const DELETE_LEVEL: u64 = 0x6574656c6564225b; // ["delete
const LEVEL_END: u32 = 0x2c22; // ",
const FRAME_END: u32 = 0x7d7d; // }}

const QUOTE_MARK = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO: u32 = 0x30;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE = 0x5d;
const LETTER_E = 0x65;
const LETTER_N = 0x6e;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const SHORTEST: usize = 100;

const SEEN_HEAD = 3;
const SEEN_QUOTE = 63;
const SEEN_TRADE = 63;
const SEEN_BOOK = 31;
const SEEN_LINK = 64;
const SEEN_OPTION = 4;
const BUYER = 1;
const SELLER = 2;
const BIDDER = 1;
const ASKER = 2;
const SNAPSHOT_FLAG = 32;

/** Figures of a ticker stand where levels would: those of an option, then funding, high and low. */
const FIGURES_END: usize = LEVELS + 144;
const MARK: usize = LEVELS;
const INDEX: usize = LEVELS + 8;
const INTEREST: usize = LEVELS + 24;
const MARK_IV: usize = LEVELS + 40;
const BID_IV: usize = LEVELS + 48;
const ASK_IV: usize = LEVELS + 56;
const LAST: usize = LEVELS + 104;
const VOLUME: usize = LEVELS + 112;
const FUNDING: usize = LEVELS + 120;
const HIGH: usize = LEVELS + 128;
const LOW: usize = LEVELS + 136;

/** Asks that come before the bids wait behind half of the levels. */
const HALF = MOST_LEVELS / 2;

/** What the object at hand said that is no number: the bits of its fields, its name, side and type. */
let seen: u32 = 0;
let nameFrom: usize = 0;
let nameEnd: usize = 0;
let side = 0;
let whole = false;
/** The book says that it is a change. */
let partial = false;
/** Where its numbers go. */
let record: usize = 0;
let figures: usize = 0;
let bids = 0;
let asks = 0;
let asksAt = 0;

export function deribit(start: usize, end: usize): i32 {
  trust();
  return proved(frame(start, end));
}

function frame(start: usize, end: usize): i32 {
  if (end - start < SHORTEST || !isLong(start, OPEN, OPEN_END, 16)) return -1;
  if (!isLong(start + 16, METHOD, METHOD_END, 16) || !isLong(start + 32, PARAMS, PARAMS_END, 16)) return -1;
  if (!isLong(start + 48, CHANNEL, CHANNEL_END, 14)) return -1;
  const p = start + 62;
  if (is6(p, QUOTE_NAME)) return quote(dataAt(p + 6, end, DATA_END), end);
  if (is5(p, BOOK_NAME)) return book(dataAt(p + 5, end, DATA_END), end);
  if (is7(p, TICKER_NAME)) return ticker(dataAt(p + 7, end, DATA_END), end);
  return is7(p, TRADES_NAME) ? trades(dataAt(p + 7, end, ROWS_END), end) : -1;
}

/** Position behind `","data":{` or `[`, from within the channel's name on. */
function dataAt(p: usize, end: usize, last: u64): usize {
  p = textEnd(p, end);
  return isLong(p, DATA, last, 10) ? p + 10 : 0;
}

/** Whether the frame ends at p with `}}`. */
function ends(p: usize, end: usize): bool {
  return p !== 0 && p + 2 === end && load<u16>(p) === FRAME_END;
}

/** Numbers of the next object go to the record, its figures to `into`. */
function begin(into: usize, place: usize): void {
  record = into;
  figures = place;
}

function quote(p: usize, end: usize): i32 {
  begin(RECORDS, RECORDS + NUM);
  p = members(p, end, shapes.QUOTE_FIELDS);
  if (!ends(p, end) || (seen & SEEN_QUOTE) !== SEEN_QUOTE) return -1;
  store<u64>(RECORDS + ID, 0);
  if (!(load<f64>(RECORDS + NUM) > 0)) v128.store(RECORDS + NUM, f64x2.splat(NaN));
  if (!(load<f64>(RECORDS + NUM + 16) > 0)) v128.store(RECORDS + NUM + 16, f64x2.splat(NaN));
  head(RECORDS, QUOTE, 0, 0, 0);
  name(RECORDS, nameFrom, nameEnd);
  return 1;
}

function ticker(p: usize, end: usize): i32 {
  begin(RECORDS, LEVELS);
  store<u64>(RECORDS + ID, 0);
  for (let at: usize = LEVELS; at < FIGURES_END; at += 16) v128.store(at, f64x2.splat(NaN));
  p = members(p, end, shapes.TICKER_FIELDS);
  if (!ends(p, end) || (seen & SEEN_HEAD) !== SEEN_HEAD) return -1;
  if ((seen & SEEN_OPTION) === 0) return contract();
  unlessZero(MARK_IV);
  unlessZero(BID_IV);
  unlessZero(ASK_IV);
  head(RECORDS, OPTION, 0, 0, 0);
  name(RECORDS, nameFrom, nameEnd);
  return 1;
}

/** A volatility of 0 stands where there is no quote. */
function unlessZero(at: usize): void {
  if (load<f64>(at) === 0) store<f64>(at, NaN);
}

/** Figures of the contract, figures of the day, or both; each as far as there are any. */
function contract(): i32 {
  let count = 0;
  if (isKnown(MARK) || isKnown(INDEX) || isKnown(FUNDING) || isKnown(INTEREST)) {
    figure(RECORDS, 0, MARK);
    figure(RECORDS, 8, INDEX);
    figure(RECORDS, 16, FUNDING);
    store<f64>(RECORDS + NUM + 24, NaN);
    figure(RECORDS, 32, INTEREST);
    head(RECORDS, TICKER, 0, 0, 0);
    name(RECORDS, nameFrom, nameEnd);
    count = 1;
  }
  if (!isKnown(LAST)) return count;
  const day: usize = RECORDS + count * RECORD;
  store<u64>(day + TS, load<u64>(RECORDS + TS));
  store<u64>(day + ID, load<u64>(RECORDS + ID));
  store<u64>(day + PREV, load<u64>(RECORDS + PREV));
  figure(day, 0, LAST);
  figure(day, 8, VOLUME);
  figure(day, 16, HIGH);
  figure(day, 24, LOW);
  store<f64>(day + NUM + 32, NaN);
  head(day, STATS, 0, 0, 0);
  name(day, nameFrom, nameEnd);
  return count + 1;
}

function isKnown(at: usize): bool {
  return load<f64>(at) === load<f64>(at);
}

function figure(into: usize, register: usize, from: usize): void {
  store<f64>(into + NUM + register, load<f64>(from));
}

function book(p: usize, end: usize): i32 {
  begin(RECORDS, RECORDS + NUM);
  store<u64>(RECORDS + PREV, 0);
  whole = false;
  partial = false;
  bids = 0;
  asks = 0;
  asksAt = 0;
  p = members(p, end, shapes.BOOK_FIELDS);
  if (!ends(p, end) || (seen & SEEN_BOOK) !== SEEN_BOOK) return -1;
  const snapshot = whole || load<u64>(RECORDS + PREV) === 0;
  if (partial && (seen & SEEN_LINK) === 0) return -1;
  if (snapshot) store<u64>(RECORDS + PREV, 0);
  if (asks !== 0 && asksAt !== bids) {
    memory.copy(LEVELS + (bids << 4), LEVELS + (asksAt << 4), asks << 4);
    memory.copy(SIDES + bids, SIDES + asksAt, asks);
  }
  store<i32>(RECORDS + FIRST, 0);
  store<i32>(RECORDS + COUNT, bids + asks);
  head(RECORDS, BOOK, 0, snapshot ? SNAPSHOT_FLAG : 0, 0);
  name(RECORDS, nameFrom, nameEnd);
  return 1;
}

function trades(p: usize, end: usize): i32 {
  if (p === 0) return -1;
  let count = 0;
  if (load<u8>(p) !== CLOSE) {
    for (;;) {
      if (count === MOST_RECORDS || load<u8>(p) !== BRACE) return -1;
      const into: usize = RECORDS + count * RECORD;
      begin(into, into + NUM);
      p = members(p + 1, end, shapes.TRADE_FIELDS);
      if (p === 0 || (seen & SEEN_TRADE) !== SEEN_TRADE) return -1;
      // Null is no price.
      wrong(i32(!isKnown(into + NUM)) | i32(!isKnown(into + NUM + 8)));
      head(into, TRADE, side, 0, 0);
      name(into, nameFrom, nameEnd);
      count += 1;
      if (load<u8>(p) !== COMMA || p >= end) break;
      p += 1;
    }
  }
  return load<u8>(p) === CLOSE && ends(p + 1, end) ? count : -1;
}

/** Members of an object from behind its `{` to behind its `}`; 0 for what is of another type, or comes twice. */
function members(p: usize, end: usize, fields: i32): usize {
  let had: u32 = 0;
  let place = shapes.startOf(fields);
  if (p === 0) return 0;
  if (load<u8>(p) === BRACE_END) {
    seen = 0;
    return p + 1;
  }
  for (;;) {
    if (p >= end) return 0;
    const field = shapes.fieldAt(p, place, fields);
    if (field === 0) p = unknown(p, end);
    else {
      const bit = shapes.bitOf(field);
      if ((had & bit) !== 0) return 0;
      had |= bit;
      place = shapes.placeBehind(field);
      p = value(p + shapes.keyLength(field), end, shapes.kindOf(field), shapes.placeOf(field));
    }
    if (p === 0) return 0;
    const c = load<u8>(p);
    p += 1;
    if (c === COMMA) continue;
    seen = had;
    return c === BRACE_END ? p : 0;
  }
}

/** Position behind a member whose key nobody asks for. */
function unknown(p: usize, end: usize): usize {
  if (load<u8>(p) !== QUOTE_MARK) return 0;
  const close = textEnd(p + 1, end);
  if (load<u8>(close) !== QUOTE_MARK || load<u8>(close + 1) !== COLON) return 0;
  return skip(close + 2, end);
}

function value(p: usize, end: usize, kind: i32, to: i32): usize {
  if (kind === shapes.SKIP) return skip(p, end);
  if (kind <= shapes.PERCENT) return number(p, kind, figures + (to as usize));
  switch (kind) {
    case shapes.TIME:
      return time(p, record + (to as usize));
    case shapes.COUNT_VALUE:
      return counter(p, to);
    case shapes.NAME:
      return text(p, end);
    case shapes.DIRECTION:
      return direction(p);
    case shapes.TYPE:
      return type(p);
    case shapes.OBJECT:
      return load<u8>(p) === BRACE ? members(p + 1, end, to) : 0;
    case shapes.BIDS:
      return bidders(p, end);
    default:
      return askers(p, end);
  }
}

/** A link may be null, which is none; other counts may not. */
function counter(p: usize, to: i32): usize {
  if (load<u8>(p) !== LETTER_N) return integer(p, record + (to as usize));
  store<u64>(record + PREV, 0);
  return to === PREV && is4(p, NULL) ? p + 4 : 0;
}

function text(p: usize, end: usize): usize {
  if (load<u8>(p) !== QUOTE_MARK) return 0;
  nameFrom = p + 1;
  nameEnd = textEnd(p + 1, end);
  return load<u8>(nameEnd) === QUOTE_MARK ? nameEnd + 1 : 0;
}

function direction(p: usize): usize {
  if (is5(p, BUY)) {
    side = BUYER;
    return p + 5;
  }
  side = SELLER;
  return is6(p, SELL) ? p + 6 : 0;
}

function type(p: usize): usize {
  partial = is8(p, CHANGE);
  if (partial) return p + 8;
  whole = true;
  return isLong(p, WHOLE, WHOLE_END, 10) ? p + 10 : 0;
}

/** A number, or null, which is NaN. */
function number(p: usize, kind: i32, into: usize): usize {
  if (load<u8>(p) === LETTER_N) {
    store<f64>(into, NaN);
    return is4(p, NULL) ? p + 4 : 0;
  }
  const minus = kind === shapes.SIGNED && load<u8>(p) === MINUS;
  if (minus) p += 1;
  const percent = kind === shapes.PERCENT;
  const shape = shapeAt(p);
  let behind = p + lengthOf(shape);
  if ((load<u8>(behind) | 0x20) === LETTER_E) behind = real(p, percent ? -2 : 0, into);
  else putPart(p, shape, percent ? 100 : 1, into);
  if (minus) store<f64>(into, -load<f64>(into));
  return behind;
}

/** Position behind an exponent, and its value. */
let power = 0;

/** A decimal, maybe with an exponent, times a power of ten, to `into`. */
function real(p: usize, shift: i32, into: usize): usize {
  const shape = shapeAt(p);
  let end = p + lengthOf(shape);
  if ((load<u8>(end) | 0x20) === LETTER_E) {
    end = exponent(end + 1);
    shift += power;
  }
  putScaled(p, shape, shift, into);
  return end;
}

/** One or two digits, behind a sign or not. */
function exponent(p: usize): usize {
  const sign = load<u8>(p);
  if (sign === MINUS || sign === PLUS) p += 1;
  const first = load<u8>(p) - ZERO;
  const second = load<u8>(p + 1) - ZERO;
  if (first > 9) return 0;
  const two = second <= 9;
  const size: i32 = (two ? first * 10 + second : first) as i32;
  power = sign === MINUS ? -size : size;
  return two ? p + 2 : p + 1;
}

/** Position behind a text, number or literal that is not kept. */
function skip(p: usize, end: usize): usize {
  const c = load<u8>(p);
  if (c === QUOTE_MARK) {
    const close = textEnd(p + 1, end);
    return load<u8>(close) === QUOTE_MARK ? close + 1 : 0;
  }
  if (is4(p, NULL) || is4(p, TRUE)) return p + 4;
  if (is5(p, FALSE)) return p + 5;
  if (c === MINUS) p += 1;
  const shape = shapeAt(p);
  wrong(i32(!isNumber(p, shape)));
  p += lengthOf(shape);
  return (load<u8>(p) | 0x20) === LETTER_E ? exponent(p + 1) : p;
}

function bidders(p: usize, end: usize): usize {
  p = list(p, end, 0, BIDDER);
  bids = read;
  return p;
}

function askers(p: usize, end: usize): usize {
  asksAt = bids !== 0 ? bids : HALF;
  p = list(p, end, asksAt, ASKER);
  asks = read;
  return p;
}

/** Levels of the last list. */
let read = 0;

/** The levels of a side from `[` to behind `]`, to the places from `first` on. */
function list(p: usize, end: usize, first: i32, which: i32): usize {
  read = 0;
  if (load<u8>(p) !== OPEN_LIST) return 0;
  if (load<u8>(p + 1) === CLOSE) return p + 2;
  const most = first === 0 ? HALF : MOST_LEVELS;
  for (let n = first; n < most; n++) {
    p = level(p + 1, (LEVELS as usize) + ((n as usize) << 4));
    if (p === 0 || p >= end) return 0;
    store<u8>(SIDES + n, which as u8);
    if (load<u8>(p) === COMMA) continue;
    read = n + 1 - first;
    return load<u8>(p) === CLOSE ? p + 1 : 0;
  }
  return 0;
}

/** One level at p, its price and amount to `into`; position behind its `]`. */
function level(p: usize, into: usize): usize {
  const gone = is8(p, DELETE_LEVEL);
  if (is8(p, CHANGE_LEVEL) || gone) {
    if (!is2(p + 8, LEVEL_END)) return 0;
    p += 10;
  } else if (is7(p, NEW_LEVEL)) p += 7;
  else if (load<u8>(p) === OPEN_LIST) p += 1;
  else return 0;
  const shape = shapeAt(p);
  const between = p + lengthOf(shape);
  const other = shapeAt(between + 1);
  let close = between + 1 + lengthOf(other);
  if (load<u8>(between) === COMMA && load<u8>(close) === CLOSE) putTwo(p, shape, between + 1, other, into);
  else {
    const comma = real(p, 0, into);
    if (comma === 0 || load<u8>(comma) !== COMMA) return 0;
    close = real(comma + 1, 0, into + 8);
    if (close === 0 || load<u8>(close) !== CLOSE) return 0;
  }
  if (gone) store<f64>(into + 8, 0);
  return close + 1;
}
