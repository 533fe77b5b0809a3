import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf, plainText, withOptions } from "../../model/index.ts";
import type { Level, MarketEvent, ServerConnection, TradeEvent } from "../../model/index.ts";
import { RECV, Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { encodeSbe, encodeTrades } from "./sbe-encode.ts";
import { binance } from "./venue.ts";

const sbe = withOptions(binance, { stream: "sbe" });
const BTC = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", tick: 0.01, lot: 1e-5 });
const TEST = instrumentOf({ symbol: "这是测试币456", canonical: "TEST-456" });
const rig = new Rig(sbe, [BTC, TEST]);
const connection: ServerConnection = { path: "/stream", sequence: 0, active: [], now: () => RECV };

/** Bytes that would be levels, ids or the end of the symbol stand behind the frame. */
const read = (frame: Uint8Array): Read => rig.bytes(frame, { at: 3, behind: 0x01 });

function changed(frame: Uint8Array, change: (view: DataView) => void): Uint8Array {
  const copy = frame.slice();
  change(new DataView(copy.buffer));
  return copy;
}

interface Vector {
  name: string;
  hex: string;
  expect: Record<string, unknown>;
}

const VECTORS = (
  JSON.parse(
    readFileSync(new URL("../../../fixtures/venues/binance/sbe/vectors.json", import.meta.url), "utf8"),
  ) as { vectors: Vector[] }
).vectors;
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));

const FIELDS: Record<string, string> = {
  bidPrice: "bid_price",
  bidQty: "bid_size",
  askPrice: "ask_price",
  askQty: "ask_size",
};

/** What the events of a vector say, in the words of the vector: the text of every number. */
function said(events: readonly MarketEvent[], id: number): Record<string, unknown> {
  const [first] = events;
  const levels = (all: readonly (readonly [number, number])[]): string[][] =>
    all.map((level) => level.map((n) => plainText(n)));
  const common = { templateId: id, symbol: first!.symbol };
  if (first!.type === "trade")
    return {
      ...common,
      transactTimeUs: String(first!.ts_event),
      trades: (events as TradeEvent[]).map((one) => ({
        id: one.id,
        price: plainText(one.price),
        qty: plainText(one.size),
        isBuyerMaker: one.side === "sell",
      })),
    };
  const timed = { ...common, eventTimeUs: String(first!.ts_event) };
  if (first!.type === "quote") {
    const quote = first as unknown as Record<string, number>;
    const sides = Object.entries(FIELDS).map(([name, field]) => [name, plainText(quote[field]!)]);
    return { ...timed, bookUpdateId: String(quote["update_id"]), ...Object.fromEntries(sides) };
  }
  if (first!.type !== "book") throw new Error(`expected a trade, quote or book, saw ${first!.type}`);
  const sides = { bids: levels(first.bids), asks: levels(first.asks) };
  if (first.action === "snapshot") return { ...timed, bookUpdateId: first.seq, ...sides };
  const firstId = String(BigInt(first.prev_seq!) + 1n);
  return { ...timed, firstBookUpdateId: firstId, lastBookUpdateId: first.seq, ...sides };
}

describe("the vectors", () => {
  it.each(VECTORS)("$name: every number, to its digits", ({ hex, expect: wanted }) => {
    const { frame, events, slowFallbacks, inexact, fallbacks } = read(bytesOf(hex));
    expect([frame, slowFallbacks, inexact]).toEqual([FRAME.DATA, 0, 0]);
    // A newer version is read as far as it is known, and counted.
    expect(fallbacks).toBe(wanted["version"] === undefined ? 0 : 1);
    const got = said(events, Buffer.from(hex, "hex").readUInt16LE(2));
    const spoken = Object.keys(wanted).filter((key) => key in got);
    expect(spoken.length).toBeGreaterThanOrEqual(4);
    expect(got).toMatchObject(Object.fromEntries(spoken.map((key) => [key, wanted[key]])));
    const unsaid = Object.keys(wanted).filter((key) => !(key in got));
    expect(["eventTimeUs", "priceExponent", "qtyExponent", "version", "templateId"]).toEqual(
      expect.arrayContaining(unsaid),
    );
  });

  it("are what our encoder writes, where it writes that form", () => {
    const [, , , , newer] = VECTORS;
    for (const { hex, name } of VECTORS) {
      if (name === newer!.name) continue;
      const bytes = bytesOf(hex);
      const { events } = read(bytes);
      const steps = name.includes("Depth") ? { tick: 0.01, lot: 1e-5 } : { tick: 1e-8, lot: 1e-8 };
      const instrument = { ...BTC, ...steps };
      const now = Number(new DataView(bytes.buffer).getBigInt64(8, true));
      const at = { ...connection, now: () => now };
      const made =
        events[0]!.type === "trade"
          ? encodeTrades(events as TradeEvent[], instrument, at)
          : encodeSbe(events[0]!, instrument, at);
      expect(Buffer.from(made).toString("hex")).toBe(hex);
    }
  });
});

const vector = (i: number): Uint8Array => bytesOf(VECTORS[i]!.hex);
const [TRADES, QUOTE, SNAPSHOT, DIFF, NEWER] = [0, 1, 2, 3, 4].map(vector) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const ALL = [TRADES, QUOTE, SNAPSHOT, DIFF, NEWER];

/** Sets the mantissa of the price in the quote's bid. */
const bid = (mantissa: bigint, exponent = -8, size = 100000000n): Uint8Array =>
  changed(QUOTE, (view) => {
    view.setBigInt64(8 + 18, mantissa, true);
    view.setBigInt64(8 + 26, size, true);
    view.setInt8(8 + 16, exponent);
    view.setInt8(8 + 17, exponent);
  });

describe("numbers", () => {
  it("are the correctly rounded value of mantissa and exponent, and counted where digits are lost", () => {
    const mantissas = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 0n, max: 10n ** 16n }),
      fc
        .tuple(fc.bigInt({ min: 1n, max: 10n ** 10n }), fc.integer({ min: 0, max: 8 }))
        .map(([n, k]) => n * 10n ** BigInt(k)),
    );
    fc.assert(
      fc.property(mantissas, fc.integer({ min: -30, max: 30 }), (mantissa, exponent) => {
        const { frame, events, inexact } = read(bid(mantissa, exponent, mantissa === 0n ? 1n : mantissa));
        const value = Number(`${mantissa}e${exponent}`);
        expect(frame).toBe(FRAME.DATA);
        expect(events[0]).toMatchObject({ bid_price: value });
        const digits = (text: string): string => text.replace(".", "").replace(/^0+|0+$/g, "");
        const kept = digits(plainText(value)) === digits(String(mantissa));
        expect(inexact > 0).toBe(!kept);
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  it.each([
    ["a size of a meme coin", 100_000_000_000_000_000n, -8, 1_000_000_000],
    ["with places", 123_456_789_012_050_000n, -8, 1_234_567_890.1205],
    ["the largest", 2n ** 63n - 1n, -8, 92233720368.54776],
    ["of two limbs", 4_294_967_296_00000000n, -8, 4294967296],
    ["no places", 118345n, 0, 118345],
    ["tens", 118345n, 3, 118345000],
  ])("%s", (_what, mantissa, exponent, value) => {
    expect(read(bid(mantissa, exponent)).events[0]).toMatchObject({ bid_price: value });
  });

  it("may not be negative", () => {
    expect(read(bid(-1n)).frame).toBe(FRAME.BAD);
    expect(read(bid(1n, -8, -1n)).frame).toBe(FRAME.BAD);
    expect(read(bid(-(2n ** 63n))).frame).toBe(FRAME.BAD);
  });

  it("of a side without a quote are zeros or nulls", () => {
    const none = { bid_price: null, bid_size: null, ask_price: 118345.62, ask_size: 1.2 };
    expect(read(bid(0n, -8, 0n)).events).toMatchObject([none]);
    expect(read(bid(-(2n ** 63n), -8, -(2n ** 63n))).events).toMatchObject([none]);
  });

  it.each([
    ["quote id", QUOTE, 8 + 8],
    ["first id", DIFF, 8 + 8],
    ["last id", DIFF, 8 + 16],
    ["snapshot id", SNAPSHOT, 8 + 8],
    ["trade id", TRADES, 8 + 18 + 6],
    ["quote time", QUOTE, 8],
    ["trade time", TRADES, 8 + 8],
    ["diff time", DIFF, 8],
  ])("%s: neither negative nor beyond what fits", (_what, frame, at) => {
    for (const value of [-1n, -(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n])
      expect(read(changed(frame, (view) => view.setBigInt64(at, value, true))).frame).toBe(FRAME.BAD);
  });

  it("keep microseconds across the seam of the halves", () => {
    for (const time of [0n, 4294967n, 4294968n, 1753430400123111n, 4294967295999999n]) {
      const { events } = read(changed(QUOTE, (view) => view.setBigInt64(8, time, true)));
      expect(events[0]!.ts_event).toBe(time === 0n ? null : Number(time));
    }
  });

  it("of a diff that begins with id 0 link to nothing", () => {
    expect(read(changed(DIFF, (view) => view.setBigInt64(16, 0n, true))).frame).toBe(FRAME.BAD);
    const one = read(changed(DIFF, (view) => view.setBigInt64(16, 2n ** 32n, true))).events[0];
    expect(one).toMatchObject({ prev_seq: "4294967295" });
  });
});

describe("lengths", () => {
  it("are those of the frame: roots and entries may grow, groups and data may follow", () => {
    const before = read(DIFF).events;
    const longer = Uint8Array.of(...DIFF, 1, 2, 3);
    expect(read(longer).frame).toBe(FRAME.BAD);
    const newer = changed(longer, (view) => view.setUint16(6, 1, true));
    expect([read(newer).events, read(newer).fallbacks]).toEqual([before, 1]);
    const root = Uint8Array.of(...DIFF.slice(0, 8 + 26), 9, 9, ...DIFF.slice(8 + 26));
    expect(read(changed(root, (view) => view.setUint16(0, 28, true))).events).toEqual(before);
  });

  it.each(ALL.map((frame, i) => [VECTORS[i]!.name.slice(0, 24), frame] as const))(
    "%s: shorter roots than known are bad",
    (_name, frame) => {
      const least = [18, 50, 18, 26][ALL.indexOf(frame)] ?? 26;
      for (const length of [0, least - 1, 0xffff])
        expect(read(changed(frame, (view) => view.setUint16(0, length, true))).frame).toBe(FRAME.BAD);
    },
  );

  it("of entries and counts stay within the frame", () => {
    for (const [frame, at, least] of [
      [DIFF, 34, 16],
      [SNAPSHOT, 26, 16],
      [TRADES, 26, 25],
    ] as const) {
      for (const step of [0, least - 1, 0xffff])
        expect(read(changed(frame, (view) => view.setUint16(at, step, true))).frame).toBe(FRAME.BAD);
      expect(read(changed(frame, (view) => view.setUint16(at + 2, 0xffff, true))).frame).toBe(FRAME.BAD);
    }
    expect(read(changed(TRADES, (view) => view.setUint32(28, 0xffffffff, true))).frame).toBe(FRAME.BAD);
  });

  it("of thousands of levels find room", () => {
    const levels = (from: number): Level[] =>
      Array.from({ length: 6000 }, (_, i) => [(100 * from + i) / 100, i + 1]);
    const names = { venue: "binance", symbol: "BTCUSDT", instrument: "BTC-USDT", ts_event: 5, ts_recv: RECV };
    const ids = { seq: "9", prev_seq: "7" };
    const event = {
      type: "book",
      action: "update",
      ...names,
      bids: levels(1),
      asks: levels(900),
      ...ids,
    } as const;
    expect(
      read(encodeSbe({ ...event, bids: [...event.bids], asks: [...event.asks] }, BTC, connection)).events,
    ).toEqual([event]);
    expect(read(DIFF).events).toMatchObject([{ bids: [[118345.61, 0]] }]);
  });

  it("are right at no length but the frame's own", () => {
    for (const frame of ALL)
      for (let length = 0; length < frame.length; length++) {
        rig.slab.bytes.set(frame, 3);
        const { frame: verdict, slots } = rig.bytes(frame.slice(0, length), {
          at: 3,
          behind: frame[length]!,
        });
        expect([verdict, slots.length]).toEqual([FRAME.BAD, 0]);
      }
  });

  it("a trade whose maker is no truth value is bad, whatever stood before it", () => {
    const second = 8 + 18 + 6 + 25 + 24;
    const { frame, slots } = read(changed(TRADES, (view) => view.setUint8(second, 255)));
    expect([frame, slots.length]).toEqual([FRAME.BAD, 0]);
  });
});

describe("what a frame is", () => {
  const text = (frame: unknown): number => rig.text(JSON.stringify(frame), { at: 3, behind: 0 }).frame;

  it("unknown: templates and schemas nobody has published", () => {
    expect(read(changed(QUOTE, (view) => view.setUint16(2, 10004, true))).frame).toBe(FRAME.UNKNOWN);
    expect(read(changed(QUOTE, (view) => view.setUint16(4, 2, true))).frame).toBe(FRAME.UNKNOWN);
  });

  it("control: the texts of the socket", () => {
    expect(text({ result: null, id: 1 })).toBe(FRAME.CONTROL);
    expect(text({ code: 2, msg: "Invalid request", id: 1 })).toBe(FRAME.CONTROL);
    expect(text({ e: "serverShutdown", E: 1779955200123 })).toBe(FRAME.CONTROL);
    expect(text({ stream: "!serverShutdown", data: { e: "serverShutdown" } })).toBe(FRAME.CONTROL);
    expect(sbe.control('{"result":null,"id":1}')).toEqual([{ type: "ack", id: 1 }]);
  });

  it("unknown: market data as text, and other JSON", () => {
    expect(text({ e: "trade", s: "BTCUSDT" })).toBe(FRAME.UNKNOWN);
    expect(text({})).toBe(FRAME.UNKNOWN);
  });

  it("bad: neither", () => {
    for (const frame of ["", "{", "[1]", "null", "\u0000\u0000\u0000\u0000"])
      expect(rig.text(frame).frame).toBe(FRAME.BAD);
  });

  it("no JSON text is taken for a message, and no message for a text", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 2, stringUnit: "binary" }), (json) => {
        expect(Buffer.from(json).includes(0)).toBe(false);
      }),
      { seed: 6, numRuns: 100 },
    );
    for (const raw of ['{"a":"\u0000"}', '{"a"\u0000:1}', "{}\u0000"])
      expect(() => JSON.parse(raw) as unknown).toThrow(SyntaxError);
    for (const frame of ALL) expect(frame[5]).toBe(0);
    // A root of 0x7b bytes makes a message begin with a brace.
    const root = Uint8Array.of(...QUOTE.slice(0, 58), ...new Uint8Array(0x7b - 50), ...QUOTE.slice(58));
    const braced = changed(root, (view) => view.setUint16(0, 0x7b, true));
    expect(braced[0]).toBe("{".charCodeAt(0));
    expect(read(braced).events).toEqual(read(QUOTE).events);
  });

  it("of nobody's symbol: data without an event, unless it is broken", () => {
    const other = new Rig(sbe, []);
    for (const frame of ALL) {
      const { frame: verdict, events } = other.bytes(frame);
      expect([verdict, events]).toEqual([FRAME.DATA, []]);
      expect(other.bytes(frame.slice(0, -1)).frame).toBe(FRAME.BAD);
    }
  });
});
