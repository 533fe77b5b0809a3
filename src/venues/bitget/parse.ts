import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Nanos, Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, quoteAt } from "../keys.ts";
import { decimal, word } from "../kit.ts";
import { readAnyOrder } from "./any.ts";
import { readExact } from "../exact.ts";
import { liquidations, tickers } from "./figures.ts";
import { OLD, channelAt, dataAt, instrumentAt, snapshotAt, symbolAt, typeAt, updateAt } from "./head.ts";
import { readFrame } from "./read.ts";
import { SAID, stamps, tailAt } from "./stamps.ts";
import { trades } from "./trades.ts";

/**
 * Bitget v2 and v3, hot path. A frame is read straight through in the order in which the venue writes it; whatever is
 * not exactly that returns -1 and goes to any.ts, which reads any order of keys, and from there to the reference in read.ts. The protocols are told apart by their frames:
 * one decoder with two sets of keys. https://www.bitget.com/api-doc/uta/websocket, .../common/websocket-intro
 */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { ID, PREV } = LONG;
const { PRICE, BID_PRICE, ASK_PRICE } = NUM;
const { SNAPSHOT } = FLAG;
const { SEQUENCE, LINK } = SAID;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const ONE = 0x31;
const FIVE = 0x35;
const ZERO = 0x30;

export function parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number {
  out.begin(tsRecv);
  const { inexact } = out;
  const read = straight(slab, start, end, out);
  if (read > 0) return read;
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

const PONG = word("pong");
const PING = word("ping");
const BOOK_WORD = word("book");
const TRADE_WORD = word("trad");
const PUBLIC_WORD = word("publ");
const TICKER_WORD = word("tick");
const LIQUIDATION_WORD = word("liqu");
const TRADE = key("trade");
const PUBLIC_TRADE = key("publicTrade");
const TICKER = key("ticker");
const LIQUIDATION = key("liquidation");
/** No data frame is shorter: keys at the start of a frame may be looked at without passing its end. */
const SHORTEST = 64;

function straight(slab: Slab, start: number, end: number, out: Out): number {
  if (end - start < SHORTEST) return signOfLife(slab, start, end);
  const update = updateAt(slab, start, end);
  const at = update > 0 ? update : snapshotAt(slab, start, end);
  const type = at < 0 ? -1 : typeAt(slab, at);
  const channel = type < 0 ? -1 : channelAt(slab, at, end, type);
  if (channel < 0) return -1;
  const flags = update > 0 ? 0 : SNAPSHOT;
  switch (slab.view.getInt32(channel, true)) {
    case BOOK_WORD:
      return bookFrame(slab, channel, end, type, flags, out);
    case PUBLIC_WORD:
    case TRADE_WORD: {
      const close = after(slab, channel, end, type >= OLD ? TRADE : PUBLIC_TRADE);
      return trades(slab, symbolAt(slab, close, end, type), end, type, flags, out);
    }
    case TICKER_WORD:
      return tickers(slab, symbolAt(slab, after(slab, channel, end, TICKER), end, type), end, type, out);
    case LIQUIDATION_WORD:
      return type >= OLD ? -1 : liquidations(slab, after(slab, channel, end, LIQUIDATION), end, type, out);
    default:
      return -1;
  }
}

/** The answer to our text `ping`; servers have been seen to ask by themselves, and want `pong`. */
function signOfLife(slab: Slab, start: number, end: number): number {
  const first = end - start === 4 ? slab.view.getInt32(start, true) : 0;
  return first === PONG ? FRAME.HEARTBEAT : first === PING ? FRAME.CONTROL : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"action":"update","arg":{"instType":"usdt-futures","topic":"books","symbol":"BTCUSDT"},"data":[{
//  "a":[["76642","0"],["76642.1","0"]],"b":[["76598.9","0.0783"]],"seq":483415085712,"pseq":483415077719,
//  "ts":"1787644800400"}],"ts":1787644800401}
// {"action":"snapshot","arg":{"instType":"SPOT","channel":"books","instId":"BTCUSDT"},"data":[{
//  "asks":[["64124.7","1.049783"]],"bids":[["64124.6","0.062194"]],"ts":"1787644800330","seq":451275591390,"pseq":0}],
//  "ts":1787644800334}
// .../uta/websocket/public/Order-Book-Channel, .../spot/websocket/public/Depth-Channel. A level is price and absolute
// size, 0 removes. `seq` is the number of the event and `pseq` that of the one before; a full book links to 0. An update
// without levels moves the number only. Live numbers are near 4.5e11; pages show some above 2^53: they are kept to the
// last digit, but links are compared as doubles, so that numbers less than 128 apart would pass for one another. books1,
// books5, books15 (v2) and books50 (v3) are full states each time; that books50 is one, too, is UNCONFIRMED: as an update
// it is not known. Whether levels pushed out of the deepest 1000 are removed is not documented.

function bookFrame(slab: Slab, p: number, end: number, type: number, flags: number, out: Out): number {
  const { bytes } = slab;
  if (bytes[p + 4] !== S) return -1;
  const first = bytes[p + 5]!;
  if (first === QUOTE) return book(slab, symbolAt(slab, p + 5, end, type), end, type, flags, true, out);
  if (flags === 0) return -1;
  if (bytes[p + 6] === QUOTE) {
    const name = symbolAt(slab, p + 6, end, type);
    if (first === ONE) return best(slab, name, end, type, out);
    return first === FIVE ? book(slab, name, end, type, flags, false, out) : -1;
  }
  const second = bytes[p + 6]!;
  const known = type >= OLD ? first === ONE && second === FIVE : first === FIVE && second === ZERO;
  return known ? book(slab, symbolAt(slab, p + 7, end, type), end, type, flags, false, out) : -1;
}

const S = 0x73;
const ASKS = key('{"a":[');
const BIDS = key(',"b":[');
const OLD_ASKS = key('{"asks":[');
const OLD_BIDS = key(',"bids":[');

/** What follows the levels stands at the end of the frame, so it is read first and proved again on arrival. */
function book(
  slab: Slab,
  name: number,
  end: number,
  type: number,
  flags: number,
  linked: boolean,
  out: Out,
): number {
  const nameEnd = quoteAt(slab, name, end);
  const row = dataAt(slab, nameEnd, end);
  const asks = after(slab, row, end, type >= OLD ? OLD_ASKS : ASKS);
  const tail = asks < 0 ? -1 : tailAt(slab, asks, end);
  const said = tail < 0 ? -1 : stamps(slab, tail, end, out);
  const instrument = said < 0 ? NO_TEXT : instrumentAt(slab, name, nameEnd, type, out);
  if (instrument === NO_TEXT) return -1;
  const full = linked ? numbered(said, flags, out) : flags;
  const emits = instrument >= 0;
  if (emits && !out.hasChecksum) out.openBook(instrument, full);
  const between = levels(slab, asks, end, emits ? SIDE.ASK : SIDE.NONE, out);
  const bids = after(slab, between, end, type >= OLD ? OLD_BIDS : BIDS);
  if (levels(slab, bids, end, emits ? SIDE.BID : SIDE.NONE, out) !== tail) return -1;
  if (emits) out.book(instrument, full);
  return FRAME.DATA;
}

/** Flags of a book by its numbers: a link to 0 is a full one, and without both numbers it has none. */
function numbered(said: number, flags: number, { long }: Out): number {
  if ((said & SEQUENCE) === 0 || (said & LINK) === 0) {
    long[ID] = long[ID + 1] = long[PREV] = long[PREV + 1] = 0;
    return flags;
  }
  return (long[PREV]! | long[PREV + 1]!) === 0 ? SNAPSHOT : flags;
}

/** Levels behind `[` up to `]`; of side NONE they are only proved. */
function levels(slab: Slab, p: number, end: number, side: number, out: Out): number {
  if (p < 0) return -1;
  const bytes = slab.bytes;
  if (bytes[p] === CLOSE) return p + 1;
  for (;;) {
    p = level(slab, p, end, out, PRICE);
    if (p < 0) return -1;
    if (side !== SIDE.NONE) out.level(side);
    const next = bytes[p];
    p += 1;
    if (next !== COMMA) return next === CLOSE ? p : -1;
  }
}

/** `["`, `","` and a byte, `"]`: a level's punctuation. */
const BEFORE = 0x225b;
const BETWEEN = 0x222c22;
const THREE = 0xffffff;
const BEHIND = 0x5d22;

/** `["64124.6","0.062194"]`: price and size into `register` and the one behind it. */
function level(slab: Slab, p: number, end: number, out: Out, register: number): number {
  const view = slab.view;
  if (p >= end || view.getInt16(p, true) !== BEFORE) return -1;
  p = decimal(slab, p + 2, out, register);
  if (p < 0 || p >= end || (view.getInt32(p, true) & THREE) !== BETWEEN) return -1;
  p = decimal(slab, p + 3, out, register + 1);
  return p > 0 && p < end && view.getInt16(p, true) === BEHIND ? p + 2 : -1;
}

// ---------------------------------------------------------------------------------------------------------------
// {"action":"snapshot","arg":{"instType":"spot","topic":"books1","symbol":"BTCUSDT"},"data":[{"a":[["64124.7","1.049783"]],
//  "b":[["64124.6","0.062194"]],"seq":451275591390,"pseq":0,"ts":"1787644800330"}],"ts":1787644800334}
// On change every 10 to 20 ms. A side without orders is [], or has a price of 0.

function best(slab: Slab, name: number, end: number, type: number, out: Out): number {
  const nameEnd = quoteAt(slab, name, end);
  const asks = after(slab, dataAt(slab, nameEnd, end), end, type >= OLD ? OLD_ASKS : ASKS);
  const between = top(slab, asks, end, out, ASK_PRICE);
  const tail = top(slab, after(slab, between, end, type >= OLD ? OLD_BIDS : BIDS), end, out, BID_PRICE);
  if (tail < 0 || stamps(slab, tail, end, out) < 0) return -1;
  const instrument = instrumentAt(slab, name, nameEnd, type, out);
  if (instrument === NO_TEXT) return -1;
  if (instrument >= 0) out.quote(instrument, 0);
  return FRAME.DATA;
}

/** The only level of a side, or none, up to its `]`. */
function top(slab: Slab, p: number, end: number, out: Out, register: number): number {
  if (p < 0) return -1;
  const { bytes } = slab;
  const empty = bytes[p] === CLOSE;
  const close = empty ? p : bytes[p] === OPEN ? level(slab, p, end, out, register) : -1;
  if (empty || out.num[register] === 0) {
    out.num[register] = NaN;
    out.num[register + 1] = NaN;
  }
  return close > 0 && bytes[close] === CLOSE ? close + 1 : -1;
}
