import { Buffer } from "node:buffer";
import type { BookEvent, Level, MarketEvent, Nanos } from "../../src/model/index.ts";
import { toMicros } from "../../src/model/index.ts";
import type { Rig } from "./venue-rig.ts";

/**
 * A second reading of Binance's SBE frames, written from the schema without the parser's help: a cursor that goes through
 * the fields in their order, BigInt for every number, Number() of the decimal text. Slow, and easy to believe.
 */
class Cursor {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next `size` bytes; what is read of them is read by a cursor of their own. Throws when there are fewer. */
  block(size: number): Cursor {
    const part = this.#bytes.subarray(this.#at, this.#at + size);
    if (part.length < size) throw new Error("too short");
    this.#at += size;
    return new Cursor(part);
  }

  #take(size: number): number {
    this.#at += size;
    return this.#at - size;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#take(1));
  }

  i8(): number {
    return this.#bytes.readInt8(this.#take(1));
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  i64(): bigint {
    return this.#bytes.readBigInt64LE(this.#take(8));
  }

  /** An id: no negative, none that JSON could not have carried. */
  id(): bigint {
    const id = this.i64();
    if (id < 0n || id >= 2n ** 53n) throw new Error("impossible id");
    return id;
  }

  /** Microseconds; null for 0. */
  time(): number | null {
    const time = this.i64();
    if (time < 0n || time >= 2n ** 32n * 1_000_000n) throw new Error("impossible time");
    return time === 0n ? null : Number(time);
  }

  decimal(exponent: number): number {
    return amount(this.i64(), exponent);
  }

  text(): string {
    return this.block(this.u8()).#bytes.toString("utf8");
  }

  /** Entries of a group whose header has been begun: their length, then `count` of them. */
  entries(size: number, count: number, least: number): Cursor[] {
    if (size < least) throw new Error("entries too short");
    if (size * count > this.left) throw new Error("too short");
    return Array.from({ length: count }, () => this.block(size));
  }
}

function amount(mantissa: bigint, exponent: number): number {
  if (mantissa < 0n) throw new Error("negative");
  return Number(`${mantissa}e${exponent}`);
}

type Body = Record<string, unknown> & { type: string };

const LEAST: Readonly<Record<number, number>> = { 10000: 18, 10001: 50, 10002: 18, 10003: 26 };

/** Events of a binary frame, or null when it is none of the schema's or its symbol's numbers cannot be. */
export function sbePlain(frame: Uint8Array, rig: Rig): MarketEvent[] | null {
  try {
    return message(new Cursor(Buffer.from(frame)), rig);
  } catch {
    return null;
  }
}

function message(frame: Cursor, rig: Rig): MarketEvent[] | null {
  const [block, template, schema, version] = [frame.u16(), frame.u16(), frame.u16(), frame.u16()];
  const least = LEAST[template];
  if (schema !== 1 || least === undefined || block < least) return null;
  const root = frame.block(block);
  const groups = groupsOf(template, frame);
  const symbol = frame.text();
  if (version === 0 && frame.left > 0) return null;
  const instrument = rig.instruments.find(
    (one) => one.symbol === symbol || one.symbol.toLowerCase() === symbol,
  );
  if (instrument === undefined) return [];
  return bodies(template, root, groups).map(
    (body) =>
      ({
        venue: rig.venue.id,
        symbol: instrument.symbol,
        instrument: instrument.canonical,
        ts_recv: micros(rig.tsRecv),
        ...body,
      }) as unknown as MarketEvent,
  );
}

function micros({ hi, lo }: Nanos): number {
  return toMicros(hi, lo);
}

function groupsOf(template: number, frame: Cursor): Cursor[][] {
  if (template === 10001) return [];
  if (template === 10000) return [frame.entries(frame.u16(), frame.u32(), 25)];
  return [frame.entries(frame.u16(), frame.u16(), 16), frame.entries(frame.u16(), frame.u16(), 16)];
}

function bodies(template: number, root: Cursor, groups: Cursor[][]): Body[] {
  if (template === 10000) return tradeBodies(root, groups[0]!);
  return [template === 10001 ? quoteBody(root) : bookBody(template, root, groups)];
}

function tradeBodies(root: Cursor, entries: Cursor[]): Body[] {
  root.i64();
  const ts_event = root.time();
  const [priceExp, sizeExp] = [root.i8(), root.i8()];
  return entries.map((entry) => {
    const [id, price, size, maker] = [
      entry.id(),
      entry.decimal(priceExp),
      entry.decimal(sizeExp),
      entry.u8(),
    ];
    if (maker > 1) throw new Error("no truth value");
    return { type: "trade", ts_event, id: String(id), price, size, side: maker === 1 ? "sell" : "buy" };
  });
}

function quoteBody(root: Cursor): Body {
  const [ts_event, id] = [root.time(), root.id()];
  const [priceExp, sizeExp] = [root.i8(), root.i8()];
  const [bid, ask] = [side(root, priceExp, sizeExp), side(root, priceExp, sizeExp)];
  return {
    type: "quote",
    ts_event,
    bid_price: bid[0],
    bid_size: bid[1],
    ask_price: ask[0],
    ask_size: ask[1],
    update_id: id === 0n ? null : String(id),
  };
}

const NULL = -(2n ** 63n);

/** Zeros and nulls are a side without a quote. */
function side(root: Cursor, priceExp: number, sizeExp: number): [number | null, number | null] {
  const [price, size] = [root.i64(), root.i64()];
  if (price === NULL && size === NULL) return [null, null];
  const values = [amount(price, priceExp), amount(size, sizeExp)] as [number, number];
  return values[0] === 0 && values[1] === 0 ? [null, null] : values;
}

function bookBody(template: number, root: Cursor, groups: Cursor[][]): Body {
  const ts_event = root.time();
  const ids = template === 10002 ? [0n, root.id()] : [root.id(), root.id()];
  const [first, last] = ids as [bigint, bigint];
  const [priceExp, sizeExp] = [root.i8(), root.i8()];
  if (template === 10003 && first === 0n) throw new Error("no id before the first");
  const [bids, asks] = groups.map((entries) =>
    entries.map((entry): Level => [entry.decimal(priceExp), entry.decimal(sizeExp)]),
  ) as [Level[], Level[]];
  const prev = template === 10002 ? 0n : first - 1n;
  const shape: Pick<BookEvent, "action" | "bids" | "asks" | "seq" | "prev_seq"> = {
    action: template === 10002 ? "snapshot" : "update",
    bids,
    asks,
    seq: last === 0n ? null : String(last),
    prev_seq: prev === 0n ? null : String(prev),
  };
  return { type: "book", ts_event, ...shape };
}
