import {
  BOOK,
  CONNECTION,
  COUNT,
  FIRST,
  HAS_CONNECTION,
  ID,
  LEVELS,
  MEMORY,
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
  is3,
  is4,
  is5,
  is7,
  is8,
  isLong,
  isoTime,
  lengthOf,
  proved,
  putTwo,
  shapeAt,
  textEnd,
  trust,
  wrong,
} from "./kit";
import { flag, head, name, reverse } from "./tape";

/** The frames of src/venues/coinbase/parse.ts in the order in which the venue writes them; that file has a sample of each. */

const CHANNEL: u64 = 0x656e6e616863227b; // {"channe
const CHANNEL_END: u64 = 0x223a226c656e6e61; // annel":"
const LEVEL2: u64 = 0x22617461645f326c; // l2_data"
const MARKET_TRADES: u64 = 0x745f74656b72616d; // market_t
const MARKET_TRADES_END: u64 = 0x227365646172745f; // _trades"
const TICKER: u64 = 0x2272656b636974; // ticker"
const TICKER_BATCH: u64 = 0x625f72656b636974; // ticker_b
const TICKER_BATCH_END: u64 = 0x2268637461625f72; // r_batch"
const CLIENT: u64 = 0x746e65696c63222c; // ,"client
const CLIENT_END: u64 = 0x22223a2264695f74; // t_id":""
const TIMESTAMP: u64 = 0x7473656d6974222c; // ,"timest
const TIMESTAMP_END: u64 = 0x223a22706d617473; // stamp":"
const SEQUENCE: u64 = 0x6e6575716573222c; // ,"sequen
const SEQUENCE_END: u64 = 0x3a226d756e5f6563; // ce_num":
const EVENTS: u64 = 0x73746e657665222c; // ,"events
const EVENTS_END: u64 = 0x5b3a2273746e6576; // vents":[
const TYPE: u64 = 0x3a2265707974227b; // {"type":
const TYPE_END: u64 = 0x223a226570797422; // "type":"
const UPDATE: u64 = 0x22657461647075; // update"
const SNAPSHOT: u64 = 0x746f687370616e73; // snapshot
const SNAPSHOT_END: u64 = 0x22746f687370616e; // napshot"
const PRODUCT: u64 = 0x6375646f7270222c; // ,"produc
const PRODUCT_END: u64 = 0x223a2264695f7463; // ct_id":"

const UPDATES: u64 = 0x7461647075222c22; // ","updat
const UPDATES_END: u64 = 0x5b3a227365746164; // dates":[
const BID: u64 = 0x3a2265646973227b; // {"side":
const BID_END: u64 = 0x646962223a226564; // de":"bid
const OFFER: u64 = 0x3a2265646973227b; // {"side":
const OFFER_END: u64 = 0x726566666f223a22; // ":"offer
const EVENT_TIME: u64 = 0x746e657665222c22; // ","event
const EVENT_TIME_END: u64 = 0x223a22656d69745f; // _time":"
const LEVEL_PRICE: u64 = 0x6563697270222c22; // ","price
const LEVEL_PRICE_END: u64 = 0x3a226c6576656c5f; // _level":
const LEVEL_SIZE: u64 = 0x715f77656e222c22; // ","new_q
const LEVEL_SIZE_END: u64 = 0x22797469746e6175; // uantity"
const OPENING: u32 = 0x223a; // :"
const NEXT_LEVEL: u32 = 0x2c7d22; // "},
const LEVELS_END: u32 = 0x5d7d22; // "}]

const TRADES: u64 = 0x736564617274222c; // ,"trades
const TRADES_END: u64 = 0x5b3a227365646172; // rades":[
const TRADE_ID: u64 = 0x5f6564617274227b; // {"trade_
const TRADE_ID_END: u64 = 0x223a2264695f6564; // de_id":"
const TRADE_PRODUCT: u64 = 0x75646f7270222c22; // ","produ
const TRADE_PRODUCT_END: u64 = 0x223a2264695f7463; // ct_id":"
const PRICE: u64 = 0x6563697270222c22; // ","price
const PRICE_END: u64 = 0x223a226563697270; // price":"
const SIZE: u64 = 0x22657a6973222c22; // ","size"
const SIZE_END: u64 = 0x223a22657a697322; // "size":"
const TRADE_SIDE: u64 = 0x2265646973222c22; // ","side"
const TRADE_SIDE_END: u64 = 0x223a226564697322; // "side":"
const BUYING: u32 = 0x22595542; // BUY"
const SELLING: u64 = 0x224c4c4553; // SELL"
const TRADE_TIME: u64 = 0x3a22656d6974222c; // ,"time":
const TRADE_TIME_END: u64 = 0x223a22656d697422; // "time":"
const CLOSING: u32 = 0x7d22; // "}

const TICKERS: u64 = 0x72656b636974222c; // ,"ticker
const TICKERS_END: u64 = 0x5b3a227372656b63; // ckers":[
const ONE: u64 = 0x3a2265707974227b; // {"type":
const ONE_END: u64 = 0x2272656b63697422; // "ticker"
const VOLUME: u64 = 0x6d756c6f76222c22; // ","volum
const VOLUME_END: u64 = 0x3a22685f34325f65; // e_24_h":
const LOW: u64 = 0x325f776f6c222c22; // ","low_2
const LOW_END: u64 = 0x223a22685f34325f; // _24_h":"
const HIGH: u64 = 0x5f68676968222c22; // ","high_
const HIGH_END: u64 = 0x223a22685f34325f; // _24_h":"
const YEAR_LOW: u64 = 0x355f776f6c222c22; // ","low_5
const YEAR_LOW_END: u64 = 0x223a22775f32355f; // _52_w":"
const YEAR_HIGH: u64 = 0x5f68676968222c22; // ","high_
const YEAR_HIGH_END: u64 = 0x223a22775f32355f; // _52_w":"
const PERCENT: u64 = 0x6563697270222c22; // ","price
const PERCENT_END: u64 = 0x746e65637265705f; // _percent
const PERCENT_REST: u64 = 0x5f34325f6768635f; // _chg_24_
const PERCENT_REST_END: u64 = 0x223a22685f34325f; // _24_h":"
const BEST_BID: u64 = 0x5f74736562222c22; // ","best_
const BEST_BID_END: u64 = 0x223a226469625f74; // t_bid":"
const BEST_BID_SIZE: u64 = 0x5f74736562222c22; // ","best_
const BEST_BID_SIZE_END: u64 = 0x6e6175715f646962; // bid_quan
const BEST_ASK: u64 = 0x5f74736562222c22; // ","best_
const BEST_ASK_END: u64 = 0x223a226b73615f74; // t_ask":"
const BEST_ASK_SIZE: u64 = 0x5f74736562222c22; // ","best_
const BEST_ASK_SIZE_END: u64 = 0x6e6175715f6b7361; // ask_quan
const QUANTITY: u64 = 0x223a2279746974; // tity":"

const QUOTE_MARK = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x5d;
const BRACE = 0x7d;
/** `]}`, the end of a frame. */
const FRAME_END: u32 = 0x7d5d;
/** `]}`, the end of an event. */
const LIST_END: u32 = 0x7d5d;
const SHORTEST: usize = 100;
/** Where the frame's number stays until it is through. */
const SEQUENCE_NUMBER: usize = MEMORY + 24;
/** Length of `2026-05-28T08:00:01.451234Z`. */
const MICRO_TIME: usize = 27;

const BUY = 1;
const SELL = 2;
const BIDDER = 1;
const ASKER = 2;
const SNAPSHOT_FLAG = 32;

/** Trades name the maker's side, so the aggressor is the other one. */
export function coinbase(start: usize, end: usize): i32 {
  return frame(start, end, SELL);
}

/** As the option of the venue that reads them as the taker's. */
export function coinbaseTaker(start: usize, end: usize): i32 {
  return frame(start, end, BUY);
}

/** `buy` is the aggressor of a trade whose side is "BUY". */
function frame(start: usize, end: usize, buy: i32): i32 {
  trust();
  return proved(frameOf(start, end, buy));
}

function frameOf(start: usize, end: usize, buy: i32): i32 {
  if (end - start < SHORTEST || !isLong(start, CHANNEL, CHANNEL_END, 12)) return -1;
  const p = start + 12;
  if (is8(p, LEVEL2)) return books(envelope(p + 8), end);
  if (isLong(p, MARKET_TRADES, MARKET_TRADES_END, 14)) return trades(envelope(p + 14), end, buy);
  if (is7(p, TICKER)) return tickers(envelope(p + 7), end);
  return isLong(p, TICKER_BATCH, TICKER_BATCH_END, 13) ? tickers(envelope(p + 13), end) : -1;
}

/**
 * From behind the channel's name to behind `"events":[`: the time stays in the first record, whence the others take it,
 * the number in SEQUENCE_NUMBER.
 */
function envelope(p: usize): usize {
  if (isLong(p, CLIENT, CLIENT_END, 15)) p += 15;
  if (!isLong(p, TIMESTAMP, TIMESTAMP_END, 14)) return 0;
  p = isoTime(p + 14, RECORDS + TS);
  if (load<u8>(p) !== QUOTE_MARK) return 0;
  if (!isLong(p + 1, SEQUENCE, SEQUENCE_END, 16)) return 0;
  p = integer(p + 17, SEQUENCE_NUMBER);
  return isLong(p, EVENTS, EVENTS_END, 11) ? p + 11 : 0;
}

/** The number of the frame is in its first record; `count` when it ends at p with `]}`, else -1. */
function counted(p: usize, end: usize, count: i32): i32 {
  if (p + 2 !== end || load<u16>(p) !== FRAME_END) return -1;
  store<u64>(RECORDS + CONNECTION, load<u64>(SEQUENCE_NUMBER));
  flag(RECORDS, HAS_CONNECTION);
  return count;
}

/** Position behind `{"type":"update"` or `{"type":"snapshot"`, or 0. */
function eventType(p: usize): usize {
  if (!isLong(p, TYPE, TYPE_END, 9)) return 0;
  if (is7(p + 9, UPDATE)) return p + 16;
  return isLong(p + 9, SNAPSHOT, SNAPSHOT_END, 9) ? p + 18 : 0;
}

function flagsAt(p: usize): i32 {
  return load<u64>(p + 9) === SNAPSHOT ? SNAPSHOT_FLAG : 0;
}

function books(p: usize, end: usize): i32 {
  let record: usize = RECORDS;
  let first = 0;
  for (let count = 1; p && count <= MOST_RECORDS; count++) {
    store<i32>(record + FIRST, first);
    p = book(p, end, record);
    if (!p) return -1;
    if (load<u8>(p) !== COMMA || p >= end) return counted(p, end, count);
    p += 1;
    first += load<i32>(record + COUNT);
    record += RECORD;
  }
  return -1;
}

function book(start: usize, end: usize, record: usize): usize {
  let p = eventType(start);
  if (!isLong(p, PRODUCT, PRODUCT_END, 15)) return 0;
  const named = p + 15;
  p = textEnd(named, end);
  if (!isLong(p, UPDATES, UPDATES_END, 13)) return 0;
  name(record, named, p);
  head(record, BOOK, 0, flagsAt(start), 0);
  store<u64>(record + TS, load<u64>(RECORDS + TS));
  store<u64>(record + ID, load<u64>(SEQUENCE_NUMBER));
  store<u64>(record + PREV, 0);
  p = levels(p + 13, end, record);
  return load<u8>(p) === BRACE ? p + 1 : 0;
}

/** Levels behind `[` up to `]`. */
function levels(p: usize, end: usize, record: usize): usize {
  const first = load<i32>(record + FIRST);
  store<i32>(record + COUNT, 0);
  if (load<u8>(p) === CLOSE) return p + 1;
  for (let n = first; n < MOST_LEVELS; n++) {
    const bid = isLong(p, BID, BID_END, 12);
    if (!bid && !isLong(p, OFFER, OFFER_END, 14)) return 0;
    p += bid ? 12 : 14;
    if (!isLong(p, EVENT_TIME, EVENT_TIME_END, 16)) return 0;
    p = timeEnd(p + 16, end);
    if (!isLong(p, LEVEL_PRICE, LEVEL_PRICE_END, 16) || load<u8>(p + 16) !== QUOTE_MARK) return 0;
    const price = p + 17;
    const shape = shapeAt(price);
    p = price + lengthOf(shape);
    if (!isLong(p, LEVEL_SIZE, LEVEL_SIZE_END, 16) || load<u16>(p + 16) !== OPENING) return 0;
    const size = p + 18;
    const sizeShape = shapeAt(size);
    p = size + lengthOf(sizeShape);
    putTwo(price, shape, size, sizeShape, LEVELS + (n << 4));
    store<u8>(SIDES + n, (bid ? BIDDER : ASKER) as u8);
    if (!is3(p, NEXT_LEVEL)) {
      if (!is3(p, LEVELS_END)) return 0;
      store<i32>(record + COUNT, n + 1 - first);
      return p + 3;
    }
    p += 3;
    if (p >= end) return 0;
  }
  return 0;
}

/** Closing quote of a time that is not kept: any text, but mostly one of 27 bytes. */
function timeEnd(p: usize, end: usize): usize {
  if (load<u8>(p + MICRO_TIME) !== QUOTE_MARK || !isPlain(p)) return textEnd(p, end);
  return p + MICRO_TIME;
}

/** Whether 27 bytes lie between `-` and `Z`, where all characters of a time do. */
function isPlain(p: usize): bool {
  return i8x16.all_true(v128.and(ofTime(v128.load(p)), ofTime(v128.load(p + MICRO_TIME - 16))));
}

function ofTime(text: v128): v128 {
  return i8x16.le_u(i8x16.sub(text, i8x16.splat(0x2d)), i8x16.splat(0x5a - 0x2d));
}

/** Lists of trades come newest first: each is turned round. */
function trades(p: usize, end: usize, buy: i32): i32 {
  let count = 0;
  while (p) {
    const flags = flagsAt(p);
    p = eventType(p);
    if (!isLong(p, TRADES, TRADES_END, 11)) return -1;
    p += 11;
    const first = count;
    for (;;) {
      if (count === MOST_RECORDS) return -1;
      p = trade(p, end, RECORDS + count * RECORD, flags, buy);
      if (!p) return -1;
      count += 1;
      if (load<u8>(p) !== COMMA || p >= end) break;
      p += 1;
    }
    if (load<u16>(p) !== LIST_END) return -1;
    reverse(first, count);
    p += 2;
    if (load<u8>(p) !== COMMA || p >= end) return counted(p, end, count);
    p += 1;
  }
  return -1;
}

function trade(p: usize, end: usize, record: usize, flags: i32, buy: i32): usize {
  if (!isLong(p, TRADE_ID, TRADE_ID_END, 13)) return 0;
  p = integer(p + 13, record + ID);
  if (!isLong(p, TRADE_PRODUCT, TRADE_PRODUCT_END, 16)) return 0;
  const named = p + 16;
  p = textEnd(named, end);
  name(record, named, p);
  if (!isLong(p, PRICE, PRICE_END, 11)) return 0;
  const price = p + 11;
  const shape = shapeAt(price);
  p = price + lengthOf(shape);
  if (!isLong(p, SIZE, SIZE_END, 10)) return 0;
  const size = p + 10;
  const sizeShape = shapeAt(size);
  p = size + lengthOf(sizeShape);
  if (!isLong(p, TRADE_SIDE, TRADE_SIDE_END, 10)) return 0;
  putTwo(price, shape, size, sizeShape, record + NUM);
  p += 10;
  const bought = is4(p, BUYING);
  if (!bought && !is5(p, SELLING)) return 0;
  p += bought ? 4 : 5;
  head(record, TRADE, bought ? buy : BUY + SELL - buy, flags, 0);
  if (!isLong(p, TRADE_TIME, TRADE_TIME_END, 9)) return 0;
  p = isoTime(p + 9, record + TS);
  wrong(load<u16>(p) ^ CLOSING);
  return p + 2;
}

function tickers(p: usize, end: usize): i32 {
  let count = 0;
  while (p) {
    p = eventType(p);
    if (!isLong(p, TICKERS, TICKERS_END, 12)) return -1;
    p += 12;
    for (;;) {
      if (count > MOST_RECORDS - 2) return -1;
      p = ticker(p, end, RECORDS + count * RECORD);
      if (!p) return -1;
      count += taken(RECORDS + count * RECORD);
      if (load<u8>(p) !== COMMA || p >= end) break;
      p += 1;
    }
    if (load<u16>(p) !== LIST_END) return -1;
    p += 2;
    if (load<u8>(p) !== COMMA || p >= end) return count ? counted(p, end, count) : -1;
    p += 1;
  }
  return -1;
}

/** Two records, the day's figures and the quote, which not all tickers have; see {@link taken}. */
function ticker(p: usize, end: usize, stats: usize): usize {
  if (!isLong(p, ONE, ONE_END, 16) || !isLong(p + 16, PRODUCT, PRODUCT_END, 15)) return 0;
  const named = p + 31;
  p = textEnd(named, end);
  store<u64>(stats + TS, load<u64>(RECORDS + TS));
  name(stats, named, p);
  head(stats, STATS, 0, 0, 0);
  p = skipText(figures(p, end, stats), end, YEAR_LOW, YEAR_LOW_END, 14);
  p = skipText(p, end, YEAR_HIGH, YEAR_HIGH_END, 15);
  if (!isLong(p, PERCENT, PERCENT_END, 16)) return 0;
  p = skipText(p + 16, end, PERCENT_REST, PERCENT_REST_END, 12);
  if (!p) return 0;
  const quote = stats + RECORD;
  v128.store(quote, v128.load(stats));
  store<u64>(quote + TS, load<u64>(stats + TS));
  store<u64>(quote + ID, 0);
  head(quote, QUOTE, 0, 0, 0);
  v128.store(quote + NUM, f64x2.splat(0));
  v128.store(quote + NUM + 16, f64x2.splat(0));
  if (load<u16>(p) === CLOSING) return p + 2;
  p = tops(p, end, quote);
  return p && load<u16>(p) === CLOSING ? p + 2 : 0;
}

/** Closing quote of the text behind a key, or 0. */
function skipText(p: usize, end: usize, first: u64, last: u64, length: usize): usize {
  return isLong(p, first, last, length) ? textEnd(p + length, end) : 0;
}

/** LAST VOLUME HIGH LOW of a record, from `","price":"…","volume_24_h":"…","low_24_h":"…","high_24_h":"…`. */
function figures(p: usize, end: usize, record: usize): usize {
  if (!isLong(p, PRICE, PRICE_END, 11)) return 0;
  const last = p + 11;
  const lastShape = shapeAt(last);
  p = last + lengthOf(lastShape);
  if (!isLong(p, VOLUME, VOLUME_END, 16) || load<u8>(p + 16) !== QUOTE_MARK) return 0;
  const volume = p + 17;
  const volumeShape = shapeAt(volume);
  p = volume + lengthOf(volumeShape);
  if (!isLong(p, LOW, LOW_END, 14)) return 0;
  const low = p + 14;
  const lowShape = shapeAt(low);
  p = low + lengthOf(lowShape);
  if (!isLong(p, HIGH, HIGH_END, 15)) return 0;
  const high = p + 15;
  const highShape = shapeAt(high);
  p = high + lengthOf(highShape);
  putTwo(last, lastShape, volume, volumeShape, record + NUM);
  putTwo(high, highShape, low, lowShape, record + NUM + 16);
  store<f64>(record + NUM, NaN, 32);
  return p;
}

/** From `","best_bid":"` to the closing quote behind the size of the ask. */
function tops(p: usize, end: usize, record: usize): usize {
  if (!isLong(p, BEST_BID, BEST_BID_END, 14)) return 0;
  const bid = p + 14;
  const bidShape = shapeAt(bid);
  p = bid + lengthOf(bidShape);
  if (!isLong(p, BEST_BID_SIZE, BEST_BID_SIZE_END, 16) || !is7(p + 16, QUANTITY)) return 0;
  const bidSize = p + 23;
  const bidSizeShape = shapeAt(bidSize);
  p = bidSize + lengthOf(bidSizeShape);
  if (!isLong(p, BEST_ASK, BEST_ASK_END, 14)) return 0;
  const ask = p + 14;
  const askShape = shapeAt(ask);
  p = ask + lengthOf(askShape);
  if (!isLong(p, BEST_ASK_SIZE, BEST_ASK_SIZE_END, 16) || !is7(p + 16, QUANTITY)) return 0;
  const askSize = p + 23;
  const askSizeShape = shapeAt(askSize);
  p = askSize + lengthOf(askSizeShape);
  putTwo(bid, bidShape, bidSize, bidSizeShape, record + NUM);
  putTwo(ask, askShape, askSize, askSizeShape, record + NUM + 16);
  return p;
}

/** Prices of 0 are how the venue says "none": absent, and without any of them the record, too. How many are left. */
function taken(stats: usize): i32 {
  const quote = stats + RECORD;
  const bid = load<f64>(quote + NUM) !== 0;
  const ask = load<f64>(quote + NUM + 16) !== 0;
  const traded = load<f64>(stats + NUM) !== 0;
  if (!bid) v128.store(quote + NUM, f64x2.splat(NaN));
  if (!ask) v128.store(quote + NUM + 16, f64x2.splat(NaN));
  for (let at = stats + NUM + 16; at < stats + NUM + 32; at += 8)
    if (load<f64>(at) === 0) store<f64>(at, NaN);
  if (!traded && (bid || ask)) memory.copy(stats, quote, RECORD);
  return i32(traded) + i32(bid || ask);
}
