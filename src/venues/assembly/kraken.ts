import {
  BOOK,
  CHECKSUM,
  COUNT,
  FIRST,
  HAS_CHECKSUM,
  ID,
  LEVELS,
  MOST_LEVELS,
  MOST_RECORDS,
  NUM,
  PREV,
  QUOTE,
  RECORD,
  RECORDS,
  SIDES,
  STATS,
  TRADE,
  TS,
} from "../../model/tape";
import {
  integer,
  is2,
  is6,
  is7,
  is8,
  isLong,
  isNumber,
  isoTime,
  lengthOf,
  proved,
  putOne,
  putTwo,
  shapeAt,
  textEnd,
  trust,
  wrong,
} from "./kit";
import { head, name } from "./tape";

/** The frames of src/venues/kraken/parse.ts in the order in which the venue writes them; that file has a sample of each. */

const CHANNEL: u64 = 0x656e6e616863227b; // {"channe
const CHANNEL_END: u64 = 0x223a226c656e6e61; // annel":"
const BOOK_FRAME: u64 = 0x74222c226b6f6f62; // book","t
const BOOK_FRAME_END: u64 = 0x223a226570797422; // "type":"
const TRADE_FRAME: u64 = 0x222c226564617274; // trade","
const TRADE_FRAME_END: u64 = 0x223a226570797422; // "type":"
const TICKER: u64 = 0x2c2272656b636974; // ticker",
const TICKER_END: u64 = 0x223a226570797422; // "type":"
const UPDATE: u64 = 0x2c22657461647075; // update",
const UPDATE_END: u64 = 0x5b3a226174616422; // "data":[
const SNAPSHOT: u64 = 0x746f687370616e73; // snapshot
const SNAPSHOT_END: u64 = 0x2261746164222c22; // ","data"
const LIST_OPEN: u32 = 0x5b3a; // :[
const SYMBOL: u64 = 0x6c6f626d7973227b; // {"symbol
const SYMBOL_END: u64 = 0x223a226c6f626d79; // ymbol":"
const TIMESTAMP: u64 = 0x7473656d6974222c; // ,"timest
const TIMESTAMP_END: u64 = 0x223a22706d617473; // stamp":"
const CLOSING: u32 = 0x7d22; // "}

const BIDS: u64 = 0x2273646962222c22; // ","bids"
const BIDS_END: u64 = 0x5b3a227364696222; // "bids":[
const ASKS: u64 = 0x3a22736b7361222c; // ,"asks":
const ASKS_END: u64 = 0x5b3a22736b736122; // "asks":[
const LEVEL: u64 = 0x226563697270227b; // {"price"
const LEVEL_END: u64 = 0x3a22656369727022; // "price":
const SIZE: u64 = 0x3a22797471222c; // ,"qty":
const NEXT_LEVEL: u64 = 0x63697270227b2c7d; // },{"pric
const NEXT_LEVEL_END: u64 = 0x3a22656369727022; // "price":
const LEVELS_END: u32 = 0x5d7d; // }]
const SUM: u64 = 0x736b63656863222c; // ,"checks
const SUM_END: u64 = 0x3a226d75736b6365; // ecksum":

const TRADE_SIDE: u64 = 0x2265646973222c22; // ","side"
const TRADE_SIDE_END: u64 = 0x223a226564697322; // "side":"
const BUY: u64 = 0x7270222c22797562; // buy","pr
const BUY_END: u64 = 0x3a22656369727022; // "price":
const SELL: u64 = 0x70222c226c6c6573; // sell","p
const SELL_END: u64 = 0x3a22656369727022; // "price":
const ORDER_TYPE: u64 = 0x79745f64726f222c; // ,"ord_ty
const ORDER_TYPE_END: u64 = 0x223a22657079745f; // _type":"
const MARKET: u64 = 0x2274656b72616d; // market"
const LIMIT: u64 = 0x2274696d696c; // limit"
const TRADE_ID: u64 = 0x5f6564617274222c; // ,"trade_
const TRADE_ID_END: u64 = 0x3a2264695f656461; // ade_id":

const BID: u64 = 0x3a22646962222c22; // ","bid":
const BID_SIZE: u64 = 0x74715f646962222c; // ,"bid_qt
const BID_SIZE_END: u64 = 0x3a227974715f6469; // id_qty":
const ASK: u64 = 0x3a226b7361222c; // ,"ask":
const ASK_SIZE: u64 = 0x74715f6b7361222c; // ,"ask_qt
const ASK_SIZE_END: u64 = 0x3a227974715f6b73; // sk_qty":
const LAST: u64 = 0x3a227473616c222c; // ,"last":
const VOLUME: u64 = 0x656d756c6f76222c; // ,"volume
const VOLUME_END: u64 = 0x3a22656d756c6f76; // volume":
const VWAP: u64 = 0x3a2270617776222c; // ,"vwap":
const LOW: u64 = 0x3a22776f6c222c; // ,"low":
const HIGH: u64 = 0x3a2268676968222c; // ,"high":
const CHANGE: u64 = 0x65676e616863222c; // ,"change
const CHANGE_END: u64 = 0x3a2265676e616863; // change":
const CHANGE_PERCENT: u64 = 0x65676e616863222c; // ,"change
const CHANGE_PERCENT_END: u64 = 0x3a227463705f6567; // ge_pct":
const TRADES: u64 = 0x736564617274222c; // ,"trades
const TRADES_END: u64 = 0x3a22736564617274; // trades":

const CLOSE = 0x5d;
const COMMA = 0x2c;
const BRACE = 0x7d;
const MINUS = 0x2d;
/** `]}` */
const FRAME_END: u32 = 0x7d5d;
const SHORTEST: usize = 60;

const BUYER = 1;
const SELLER = 2;
const BIDDER = 1;
const ASKER = 2;
const SNAPSHOT_FLAG = 32;

export function kraken(start: usize, end: usize): i32 {
  trust();
  return proved(frame(start, end));
}

function frame(start: usize, end: usize): i32 {
  if (end - start < SHORTEST || !isLong(start, CHANNEL, CHANNEL_END, 12)) return -1;
  const p = start + 12;
  if (isLong(p, BOOK_FRAME, BOOK_FRAME_END, 14)) return books(p + 14, end);
  if (isLong(p, TRADE_FRAME, TRADE_FRAME_END, 15)) return trades(p + 15, end);
  return isLong(p, TICKER, TICKER_END, 16) ? ticker(p + 16, end) : -1;
}

/** Position behind `update","data":[` or `snapshot","data":[`, or 0. */
function dataAt(p: usize): usize {
  if (isLong(p, UPDATE, UPDATE_END, 16)) return p + 16;
  return isLong(p, SNAPSHOT, SNAPSHOT_END, 16) && load<u16>(p + 16) === LIST_OPEN ? p + 18 : 0;
}

function flagsAt(p: usize): i32 {
  return load<u64>(p) === SNAPSHOT ? SNAPSHOT_FLAG : 0;
}

/** Closing quote of `{"symbol":"BTC/USD"`, which becomes the record's name; 0 when it is not there. */
function symbol(p: usize, end: usize, record: usize): usize {
  if (!isLong(p, SYMBOL, SYMBOL_END, 11)) return 0;
  const quote = textEnd(p + 11, end);
  name(record, p + 11, quote);
  return quote;
}

/** Position behind `,"timestamp":"2026-10-05T09:12:44.123456Z"}`; the time goes to the record. */
function timestamp(p: usize, record: usize): usize {
  if (!isLong(p, TIMESTAMP, TIMESTAMP_END, 14)) return 0;
  const close = isoTime(p + 14, record + TS);
  wrong(load<u16>(close) ^ CLOSING);
  return close + 2;
}

/** `count` when the frame ends at p with `]}`, else -1. */
function counted(p: usize, end: usize, count: i32): i32 {
  return p + 2 === end && load<u16>(p) === FRAME_END ? count : -1;
}

function books(start: usize, end: usize): i32 {
  const flags = flagsAt(start);
  let p = dataAt(start);
  let record: usize = RECORDS;
  let first = 0;
  for (let count = 1; p && count <= MOST_RECORDS; count++) {
    store<i32>(record + FIRST, first);
    p = book(p, end, record, flags);
    if (!p) return -1;
    if (load<u8>(p) !== COMMA || p >= end) return counted(p, end, count);
    p += 1;
    first += load<i32>(record + COUNT);
    record += RECORD;
  }
  return -1;
}

function book(start: usize, end: usize, record: usize, flags: i32): usize {
  store<i32>(record + COUNT, 0);
  store<u64>(record + PREV, 0);
  let p = symbol(start, end, record);
  if (!isLong(p, BIDS, BIDS_END, 10)) return 0;
  p = levels(p + 10, end, record, BIDDER);
  if (!isLong(p, ASKS, ASKS_END, 9)) return 0;
  p = levels(p + 9, end, record, ASKER);
  let has = 0;
  if (isLong(p, SUM, SUM_END, 12)) {
    p = integer(p + 12, record + ID);
    if (load<u64>(record + ID) >> 32) return 0;
    store<u32>(record + CHECKSUM, load<u32>(record + ID));
    has = HAS_CHECKSUM;
  }
  store<u64>(record + ID, 0);
  head(record, BOOK, 0, flags, has);
  if (load<u8>(p) !== BRACE) return timestamp(p, record);
  store<u64>(record + TS, 0);
  return p ? p + 1 : 0;
}

/** `{"price":85601.6,"qty":0.0}` and so on up to `]`, or `]` alone. */
function levels(p: usize, end: usize, record: usize, side: i32): usize {
  if (load<u8>(p) === CLOSE) return p + 1;
  if (!isLong(p, LEVEL, LEVEL_END, 9)) return 0;
  p += 9;
  for (let n = load<i32>(record + FIRST) + load<i32>(record + COUNT); n < MOST_LEVELS; n++) {
    const price = p;
    const shape = shapeAt(price);
    p += lengthOf(shape);
    if (!is7(p, SIZE)) return 0;
    const size = p + 7;
    const sizeShape = shapeAt(size);
    p = size + lengthOf(sizeShape);
    putTwo(price, shape, size, sizeShape, LEVELS + (n << 4));
    store<u8>(SIDES + n, side as u8);
    if (!isLong(p, NEXT_LEVEL, NEXT_LEVEL_END, 11)) {
      if (!is2(p, LEVELS_END)) return 0;
      store<i32>(record + COUNT, n + 1 - load<i32>(record + FIRST));
      return p + 2;
    }
    p += 11;
    if (p >= end) return 0;
  }
  return 0;
}

function trades(start: usize, end: usize): i32 {
  const flags = flagsAt(start);
  let p = dataAt(start);
  let record: usize = RECORDS;
  for (let count = 1; p && count <= MOST_RECORDS; count++) {
    p = trade(p, end, record, flags);
    if (!p) return -1;
    if (load<u8>(p) !== COMMA || p >= end) return counted(p, end, count);
    p += 1;
    record += RECORD;
  }
  return -1;
}

function trade(start: usize, end: usize, record: usize, flags: i32): usize {
  let p = symbol(start, end, record);
  if (!isLong(p, TRADE_SIDE, TRADE_SIDE_END, 10)) return 0;
  p += 10;
  const bought = isLong(p, BUY, BUY_END, 13);
  if (!bought && !isLong(p, SELL, SELL_END, 14)) return 0;
  const price = p + (bought ? 13 : 14);
  const shape = shapeAt(price);
  p = price + lengthOf(shape);
  if (!is7(p, SIZE)) return 0;
  const size = p + 7;
  const sizeShape = shapeAt(size);
  p = size + lengthOf(sizeShape);
  if (!isLong(p, ORDER_TYPE, ORDER_TYPE_END, 13)) return 0;
  putTwo(price, shape, size, sizeShape, record + NUM);
  p += 13;
  if (is7(p, MARKET)) p += 7;
  else if (is6(p, LIMIT)) p += 6;
  else return 0;
  if (!isLong(p, TRADE_ID, TRADE_ID_END, 12)) return 0;
  head(record, TRADE, bought ? BUYER : SELLER, flags, 0);
  return timestamp(integer(p + 12, record + ID), record);
}

/** Two records, the quote and the day's figures; each is left out where the venue has none. */
function ticker(start: usize, end: usize): i32 {
  const stats: usize = RECORDS + RECORD;
  let p = symbol(dataAt(start), end, RECORDS);
  p = figures(tops(p), end, stats);
  p = number(p, end, CHANGE, CHANGE_END, 10);
  p = number(p, end, CHANGE_PERCENT, CHANGE_PERCENT_END, 14);
  p = number(p, end, TRADES, TRADES_END, 10);
  p = timestamp(p, RECORDS);
  if (!p || counted(p, end, 1) < 0) return -1;
  store<u64>(RECORDS + ID, 0);
  v128.store(stats, v128.load(RECORDS));
  store<u64>(stats + TS, load<u64>(RECORDS + TS));
  head(RECORDS, QUOTE, 0, 0, 0);
  head(stats, STATS, 0, 0, 0);
  return marked(stats);
}

function tops(p: usize): usize {
  if (!is8(p, BID)) return 0;
  const bid = p + 8;
  const bidShape = shapeAt(bid);
  p = bid + lengthOf(bidShape);
  if (!isLong(p, BID_SIZE, BID_SIZE_END, 11)) return 0;
  const bidSize = p + 11;
  const bidSizeShape = shapeAt(bidSize);
  p = bidSize + lengthOf(bidSizeShape);
  if (!is7(p, ASK)) return 0;
  const ask = p + 7;
  const askShape = shapeAt(ask);
  p = ask + lengthOf(askShape);
  if (!isLong(p, ASK_SIZE, ASK_SIZE_END, 11)) return 0;
  const askSize = p + 11;
  const askSizeShape = shapeAt(askSize);
  p = askSize + lengthOf(askSizeShape);
  putTwo(bid, bidShape, bidSize, bidSizeShape, RECORDS + NUM);
  putTwo(ask, askShape, askSize, askSizeShape, RECORDS + NUM + 16);
  return p;
}

/** LAST VOLUME HIGH LOW VWAP of a record, from `,"last":…,"volume":…,"vwap":…,"low":…,"high":…`. */
function figures(p: usize, end: usize, record: usize): usize {
  if (!is8(p, LAST)) return 0;
  const last = p + 8;
  const lastShape = shapeAt(last);
  p = last + lengthOf(lastShape);
  if (!isLong(p, VOLUME, VOLUME_END, 10)) return 0;
  const volume = p + 10;
  const volumeShape = shapeAt(volume);
  p = volume + lengthOf(volumeShape);
  if (!is8(p, VWAP)) return 0;
  const vwap = p + 8;
  const vwapShape = shapeAt(vwap);
  p = vwap + lengthOf(vwapShape);
  if (!is7(p, LOW)) return 0;
  const low = p + 7;
  const lowShape = shapeAt(low);
  p = low + lengthOf(lowShape);
  if (!is8(p, HIGH)) return 0;
  const high = p + 8;
  const highShape = shapeAt(high);
  p = high + lengthOf(highShape);
  putTwo(last, lastShape, volume, volumeShape, record + NUM);
  putOne(vwap, vwapShape, record + NUM + 32);
  putTwo(high, highShape, low, lowShape, record + NUM + 16);
  return p;
}

/** Position behind a key and a number that is not kept, or 0. */
function number(p: usize, end: usize, first: u64, last: u64, length: usize): usize {
  if (!isLong(p, first, last, length)) return 0;
  p += length;
  if (load<u8>(p) === MINUS) p += 1;
  const shape = shapeAt(p);
  wrong(i32(!isNumber(p, shape)));
  return p + lengthOf(shape);
}

/** Prices of 0 are how the venue says "none": absent, and without any of them the record, too. How many are left. */
function marked(stats: usize): i32 {
  const bid = load<f64>(RECORDS + NUM) !== 0;
  const ask = load<f64>(RECORDS + NUM + 16) !== 0;
  const traded = load<f64>(stats + NUM) !== 0;
  if (!bid) v128.store(RECORDS + NUM, f64x2.splat(NaN));
  if (!ask) v128.store(RECORDS + NUM + 16, f64x2.splat(NaN));
  for (let at = stats + NUM + 16; at <= stats + NUM + 32; at += 8)
    if (load<f64>(at) === 0) store<f64>(at, NaN);
  if (bid || ask) return traded ? 2 : 1;
  if (traded) memory.copy(RECORDS, stats, RECORD);
  return traded ? 1 : 0;
}
