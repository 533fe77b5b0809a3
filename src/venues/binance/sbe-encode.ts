import { encodeText, plainText, scaled } from "../../model/index.ts";
import type {
  BookEvent,
  Instrument,
  Level,
  MarketEvent,
  QuoteEvent,
  ServerConnection,
  TradeEvent,
} from "../../model/index.ts";
import { decimalsOf } from "../binance-encode.ts";
import {
  DIFF,
  GROUP_16,
  GROUP_32,
  HEADER,
  LEVEL,
  QUOTE,
  SCHEMA_ID,
  SNAPSHOT,
  TEMPLATE,
  TRADE,
  TRADES,
} from "./sbe-layout.ts";

/** Events to SBE messages, byte for byte as the schema has them (sbe-layout.ts). Cold path: numbers pass through BigInt. */

/** Writes the fields of one message, from its root on. */
class Writer {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly priceScale: number;
  readonly sizeScale: number;

  /** A message of `size` bytes before its symbol, with its header written. */
  constructor(template: number, block: number, size: number, symbol: string, scales: Scales) {
    const name = encodeText(symbol);
    if (name.length > 255) throw new RangeError(`expected a symbol of at most 255 bytes, saw ${name.length}`);
    this.bytes = new Uint8Array(HEADER.size + size + 1 + name.length);
    this.view = new DataView(this.bytes.buffer);
    this.view.setUint16(HEADER.BLOCK, block, true);
    this.view.setUint16(HEADER.TEMPLATE, template, true);
    this.view.setUint16(HEADER.SCHEMA, SCHEMA_ID, true);
    this.bytes[HEADER.size + size] = name.length;
    this.bytes.set(name, HEADER.size + size + 1);
    this.priceScale = scales.price;
    this.sizeScale = scales.size;
  }

  long(at: number, value: bigint): void {
    if (BigInt.asIntN(64, value) !== value)
      throw new RangeError(`expected a number of 64 bits, saw ${value}`);
    this.view.setBigInt64(HEADER.size + at, value, true);
  }

  price(at: number, value: number): void {
    this.long(at, scaled(value, this.priceScale));
  }

  size(at: number, value: number): void {
    this.long(at, scaled(value, this.sizeScale));
  }

  /** priceExponent at `at`, qtyExponent behind it. */
  exponents(at: number): void {
    this.view.setInt8(HEADER.size + at, -this.priceScale);
    this.view.setInt8(HEADER.size + at + 1, -this.sizeScale);
  }

  /** A group of levels at `at`; returns where it ends. */
  levels(at: number, levels: readonly Level[]): number {
    this.view.setUint16(HEADER.size + at, LEVEL.size, true);
    this.view.setUint16(HEADER.size + at + 2, levels.length, true);
    levels.forEach(([price, size], i) => {
      this.price(at + GROUP_16 + i * LEVEL.size + LEVEL.PRICE, price);
      this.size(at + GROUP_16 + i * LEVEL.size + LEVEL.QTY, size);
    });
    return at + GROUP_16 + levels.length * LEVEL.size;
  }
}

/** Decimals of a message's prices and sizes: it has one exponent for each. */
interface Scales {
  readonly price: number;
  readonly size: number;
}

/** As many decimals as the instrument's steps have, and never fewer than the values need. */
function scalesOf(instrument: Instrument, prices: readonly number[], sizes: readonly number[]): Scales {
  const most = (step: number, values: readonly number[]): number =>
    values.reduce((sum, value) => Math.max(sum, places(value)), Math.max(0, decimalsOf(step)));
  return { price: most(instrument.tick, prices), size: most(instrument.lot, sizes) };
}

function places(value: number): number {
  return (plainText(value).split(".")[1] ?? "").length;
}

/** The binary frame of an event, or a RangeError for one that has none. */
export function encodeSbe(
  event: MarketEvent,
  instrument: Instrument,
  connection: ServerConnection,
): Uint8Array {
  if (event.type === "trade") return encodeTrades([event], instrument, connection);
  if (event.type === "quote") return encodeQuote(event, instrument, connection);
  if (event.type === "book")
    return event.action === "snapshot"
      ? encodeSnapshot(event, instrument, connection)
      : encodeDiff(event, instrument, connection);
  throw new RangeError(`expected a trade, a quote or a book, saw ${event.type}: SBE has no stream of it`);
}

/** Time of the event itself; a trade's frame is sent no earlier. */
function timeOf(event: MarketEvent, connection: ServerConnection): number {
  return event.ts_event ?? connection.now();
}

/** One frame of several trades: they share their times. Ids below 2^63. */
export function encodeTrades(
  events: readonly TradeEvent[],
  instrument: Instrument,
  connection: ServerConnection,
): Uint8Array {
  const scales = scalesOf(
    instrument,
    events.map((one) => one.price),
    events.map((one) => one.size),
  );
  const size = TRADES.size + GROUP_32 + events.length * TRADE.size;
  const frame = new Writer(TEMPLATE.TRADES, TRADES.size, size, events[0]!.symbol, scales);
  const at = timeOf(events[0]!, connection);
  frame.long(TRADES.EVENT_TIME, BigInt(Math.max(at, connection.now())));
  frame.long(TRADES.TRANSACT_TIME, BigInt(at));
  frame.exponents(TRADES.PRICE_EXP);
  frame.view.setUint16(HEADER.size + TRADES.size, TRADE.size, true);
  frame.view.setUint32(HEADER.size + TRADES.size + 2, events.length, true);
  events.forEach((event, i) => {
    const entry = TRADES.size + GROUP_32 + i * TRADE.size;
    frame.long(entry + TRADE.ID, BigInt(event.id));
    frame.price(entry + TRADE.PRICE, event.price);
    frame.size(entry + TRADE.QTY, event.size);
    frame.view.setUint8(HEADER.size + entry + TRADE.MAKER, event.side === "sell" ? 1 : 0);
  });
  return frame.bytes;
}

function encodeQuote(event: QuoteEvent, instrument: Instrument, connection: ServerConnection): Uint8Array {
  const { bid_price = null, bid_size = null, ask_price = null, ask_size = null } = event;
  const [bid, bidSize, ask, askSize] = [bid_price ?? 0, bid_size ?? 0, ask_price ?? 0, ask_size ?? 0];
  const scales = scalesOf(instrument, [bid, ask], [bidSize, askSize]);
  const frame = new Writer(TEMPLATE.BEST_BID_ASK, QUOTE.size, QUOTE.size, event.symbol, scales);
  frame.long(QUOTE.EVENT_TIME, BigInt(timeOf(event, connection)));
  frame.long(QUOTE.ID, BigInt(event.update_id ?? 0));
  frame.exponents(QUOTE.PRICE_EXP);
  frame.price(QUOTE.BID_PRICE, bid);
  frame.size(QUOTE.BID_QTY, bidSize);
  frame.price(QUOTE.ASK_PRICE, ask);
  frame.size(QUOTE.ASK_QTY, askSize);
  return frame.bytes;
}

/** A writer for a book's frame with its groups and symbol written; the root is left to the caller. */
function bookFrame(event: BookEvent, instrument: Instrument, template: number, root: number): Writer {
  const levels = [...event.bids, ...event.asks];
  const scales = scalesOf(
    instrument,
    levels.map(([price]) => price),
    levels.map(([, size]) => size),
  );
  const size = root + 2 * GROUP_16 + levels.length * LEVEL.size;
  const frame = new Writer(template, root, size, event.symbol, scales);
  frame.levels(frame.levels(root, event.bids), event.asks);
  return frame;
}

function encodeSnapshot(event: BookEvent, instrument: Instrument, connection: ServerConnection): Uint8Array {
  const frame = bookFrame(event, instrument, TEMPLATE.DEPTH_SNAPSHOT, SNAPSHOT.size);
  frame.long(SNAPSHOT.EVENT_TIME, BigInt(timeOf(event, connection)));
  frame.long(SNAPSHOT.ID, BigInt(event.seq ?? 0));
  frame.exponents(SNAPSHOT.PRICE_EXP);
  return frame.bytes;
}

function encodeDiff(event: BookEvent, instrument: Instrument, connection: ServerConnection): Uint8Array {
  const frame = bookFrame(event, instrument, TEMPLATE.DEPTH_DIFF, DIFF.size);
  const last = BigInt(event.seq ?? 0);
  frame.long(DIFF.EVENT_TIME, BigInt(timeOf(event, connection)));
  frame.long(DIFF.FIRST_ID, event.prev_seq === null ? last : BigInt(event.prev_seq) + 1n);
  frame.long(DIFF.LAST_ID, last);
  frame.exponents(DIFF.PRICE_EXP);
  return frame.bytes;
}
