import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME, encodeText, instrumentOf } from "../../model/index.ts";
import type { Level, MarketEvent } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { RECV, Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { encode } from "./encode.ts";
import { kraken } from "./venue.ts";

const BTC = instrumentOf({
  symbol: "BTC/USD",
  canonical: "BTC-USD",
  tick: 0.1,
  lot: 1e-8,
  pricePrecision: 1,
  sizePrecision: 8,
});
const DOGE = instrumentOf({
  symbol: "DOGE/USD",
  canonical: "DOGE-USD",
  tick: 1e-5,
  lot: 1e-8,
  pricePrecision: 5,
  sizePrecision: 8,
});
const rig = new Rig(kraken, [BTC, DOGE]);
const read = (frame: string): Read => rig.text(frame, { at: 11, behind: 0x31 });

// ---- a second reading of the same frames, as plain as it can be: what must come out -------------------------------

interface RawLevel {
  price: number;
  qty: number;
}
type Raw = Record<string, number | string | RawLevel[]>;

function micros(text: unknown): number | null {
  if (typeof text !== "string") return null;
  const fraction = /\.(\d+)Z$/.exec(text)?.[1] ?? "0";
  const us = Date.parse(`${text.slice(0, 19)}Z`) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
  return us === 0 ? null : us;
}

function naive(text: string): MarketEvent[] {
  const { channel, type, data } = JSON.parse(text) as { channel: string; type: string; data: Raw[] };
  return data.flatMap((one): MarketEvent[] => {
    const symbol = String(one["symbol"]);
    const known = [BTC, DOGE].find((row) => row.symbol === symbol);
    if (known === undefined) return [];
    const common = {
      venue: "kraken",
      symbol,
      instrument: known.canonical,
      ts_event: micros(one["timestamp"]),
      ts_recv: RECV,
    };
    const flags = type === "snapshot" ? { flags: ["snapshot"] } : {};
    const number = (name: string): number => one[name] as number;
    const levels = (name: string): Level[] => (one[name] as RawLevel[]).map(({ price, qty }) => [price, qty]);
    if (channel === "book") {
      const action = type as "snapshot" | "update";
      const checksum = one["checksum"] === undefined ? {} : { checksum: number("checksum") };
      return [
        {
          type: "book",
          action,
          ...common,
          bids: levels("bids"),
          asks: levels("asks"),
          seq: null,
          prev_seq: null,
          ...checksum,
        },
      ];
    }
    if (channel === "trade") {
      const side = one["side"] as "buy" | "sell";
      return [
        {
          type: "trade",
          ...common,
          id: String(one["trade_id"]),
          price: number("price"),
          size: number("qty"),
          side,
          ...flags,
        },
      ];
    }
    const side = (name: string, price: string): number | null => (one[price] === 0 ? null : number(name));
    const [bid_price, bid_size] = [side("bid", "bid"), side("bid_qty", "bid")];
    const [ask_price, ask_size] = [side("ask", "ask"), side("ask_qty", "ask")];
    const quote: MarketEvent = {
      type: "quote",
      ...common,
      bid_price,
      bid_size,
      ask_price,
      ask_size,
      update_id: null,
    };
    const price = (key: string, name: string): object => (one[name] === 0 ? {} : { [key]: one[name] });
    const prices = { ...price("high_24h", "high"), ...price("low_24h", "low"), ...price("vwap_24h", "vwap") };
    const day: MarketEvent = {
      type: "ticker",
      ...common,
      last_price: number("last"),
      volume_24h: number("volume"),
      ...prices,
    };
    return [
      ...(bid_price === null && ask_price === null ? [] : [quote]),
      ...(one["last"] === 0 ? [] : [day]),
    ];
  });
}

// ---- frames as the venue writes them, with everything optional left out now and then -----------------------------

const decimal = (most: number, places: number): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(most), fc.nat(places)).map(([n, scale]) => (n / 10 ** scale).toFixed(scale));
const number = fc.oneof(
  { weight: 8, arbitrary: decimal(9_999_999, 2) },
  { weight: 8, arbitrary: decimal(2_000_000_000, 8) },
  fc.constantFrom(
    "0",
    "0.0",
    "0.00000000",
    "1e-08",
    "1.5E3",
    "1049374.33415860",
    "90071992.54740993",
    "12345678901.12345678",
  ),
);
const symbol = fc.constantFrom("BTC/USD", "DOGE/USD", "LTC/USD", "AAPLx/USD");
const time = fc
  .tuple(fc.nat(59), fc.nat(999_999), fc.constantFrom(6, 6, 6, 3, 1))
  .map(([second, us, digits]) => {
    const fraction = String(us).padStart(6, "0").slice(0, digits);
    return `"2026-10-05T09:1${second % 3}:${String(second).padStart(2, "0")}.${fraction}Z"`;
  });
const maybe = (field: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 5, arbitrary: field }, fc.constant(""));
const row = (...fields: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...fields.map((field) => (typeof field === "string" ? fc.constant(field) : field)))
    .map((parts) => parts.join(""));

const level = row('{"price":', number, ',"qty":', number, "}");
const levels = fc.array(level, { maxLength: 8 }).map((list) => list.join(","));
const checksum = fc.nat(0xffffffff).map((sum) => `,"checksum":${sum}`);
const stamp = time.map((text) => `,"timestamp":${text}`);
const book = row(
  symbol.map((name) => `{"symbol":"${name}"`),
  ',"bids":[',
  levels,
  '],"asks":[',
  levels,
  "]",
  maybe(checksum),
  maybe(stamp),
  "}",
);
const trade = row(
  symbol.map((name) => `{"symbol":"${name}"`),
  ',"side":"',
  fc.constantFrom("buy", "sell"),
  '","price":',
  number,
  ',"qty":',
  number,
  ',"ord_type":"',
  fc.constantFrom("market", "limit"),
  '","trade_id":',
  fc.nat({ max: 2 ** 53 - 1 }).map(String),
  stamp,
  "}",
);
const change = fc.tuple(fc.constantFrom("", "-"), decimal(99999, 4)).map((parts) => parts.join(""));
const figure = (name: string): fc.Arbitrary<string> => row(`,"${name}":`, number);
const ticker = row(
  symbol.map((name) => `{"symbol":"${name}"`),
  ...["bid", "bid_qty", "ask", "ask_qty", "last", "volume", "vwap", "low", "high"].map(figure),
  ',"change":',
  change,
  ',"change_pct":',
  change,
  maybe(fc.nat(99999).map((n) => `,"trades":${n}`)),
  maybe(stamp),
  "}",
);

function frames(channel: string, one: fc.Arbitrary<string>, most: number): fc.Arbitrary<string> {
  const list = fc.array(one, { minLength: 1, maxLength: most });
  return fc
    .tuple(fc.constantFrom("snapshot", "update"), list)
    .map(([type, rows]) => `{"channel":"${channel}","type":"${type}","data":[${rows.join(",")}]}`);
}

const KINDS = {
  book: frames("book", book, 2),
  trade: frames("trade", trade, 4),
  ticker: frames("ticker", ticker, 1),
};

/** The same JSON with the keys of every object in another order, and with blanks. */
function rearranged(text: string): string {
  const turn = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(turn);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries([
      ["more", [null, { a: "]}" }]],
      ...Object.entries(value)
        .toReversed()
        .map(([name, v]) => [name, turn(v)]),
    ]) as unknown;
  };
  return JSON.stringify(turn(JSON.parse(text)), null, 1);
}

describe("Kraken frames", () => {
  it.each(Object.entries(KINDS))("%s: straight through, value for value", (_kind, kind) => {
    fc.assert(
      fc.property(kind, (frame) => {
        const { frame: verdict, events, fallbacks } = read(frame);
        expect([verdict, fallbacks]).toEqual([FRAME.DATA, 0]);
        expect(events).toEqual(naive(frame));
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it.each(Object.entries(KINDS))(
    "%s: in any order of keys, with blanks and keys we do not know",
    (_kind, kind) => {
      fc.assert(
        fc.property(kind, (frame) => {
          const { frame: verdict, events, fallbacks } = read(rearranged(frame));
          expect([verdict, fallbacks]).toEqual([FRAME.DATA, 1]);
          expect(events).toEqual(naive(frame));
        }),
        { seed: 12, numRuns: 150 },
      );
    },
  );

  it("counts digits a double cannot hold, on either path", () => {
    const frame =
      '{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":1.00000000000000000001,"qty":1,"ord_type":"limit","trade_id":1,"timestamp":"2026-10-05T09:12:44.000001Z"}]}';
    expect([read(frame), read(` ${frame}`)].map(({ inexact, fallbacks }) => [inexact, fallbacks])).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });

  it("counts them once when the frame leaves the straight path behind them", () => {
    const frame =
      '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":1.00000000000000000001,"qty":1}],"asks":[],"more":1}]}';
    expect([read(frame).inexact, read(frame).fallbacks]).toEqual([1, 1]);
  });

  it("reads a snapshot of a thousand levels a side", () => {
    const side = (from: number): string =>
      Array.from(
        { length: 1000 },
        (_, i) => `{"price":${(from + i / 10).toFixed(1)},"qty":0.00000${100 + i}}`,
      ).join(",");
    const frame = `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[${side(1000)}],"asks":[${side(2000)}],"checksum":1,"timestamp":"2026-10-05T09:12:44.000001Z"}]}`;
    expect(read(frame).events).toEqual(naive(frame));
  });

  it("writes the frames it has read, byte for byte", () => {
    const books = fixturesOf("kraken").filter(({ name }) => /^0[23]/.test(name));
    const lines = books.flatMap(({ frames: list }) => list.filter(({ dir }) => dir === "in"));
    expect(lines.length).toBe(8);
    for (const { text = "" } of lines)
      for (const event of read(text).events)
        expect(encode(event, event.symbol === "BTC/USD" ? BTC : DOGE)).toBe(text);
  });
});

const trades = (fields: string): string =>
  `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD",${fields}}]}`;
const rest = '"ord_type":"limit","trade_id":7,"timestamp":"2026-10-05T09:12:44.000001Z"';
const heard = (sides: string): string =>
  `{"channel":"book","type":"update","data":[{"symbol":"BTC/USD",${sides}}]}`;

describe("Kraken frames that are no data", () => {
  it.each([
    ["a negative price", trades(`"side":"buy","price":-1,"qty":1,${rest}`)],
    ["a price beyond doubles", trades(`"side":"buy","price":1e400,"qty":1,${rest}`)],
    ["a price that is not JSON", trades(`"side":"buy","price":NaN,"qty":1,${rest}`)],
    ["a number with a leading zero", trades(`"side":"buy","price":01,"qty":1,${rest}`)],
    ["no price at all", trades(`"side":"buy","price":,"qty":1,${rest}`)],
    [
      "a trade id beyond 64 bits",
      trades(`"side":"buy","price":1,"qty":1,${rest}`).replace(":7", ":18446744073709551616"),
    ],
    ["a checksum beyond 32 bits", heard('"bids":[],"asks":[],"checksum":4294967296')],
    ["a checksum below zero", heard('"bids":[],"asks":[],"checksum":-1')],
    ["a time that is none", heard('"bids":[],"asks":[],"timestamp":"yesterday"')],
    ["more behind its end", `${trades(`"side":"buy","price":1,"qty":1,${rest}`)}}`],
    ["nothing", ""],
  ])("BAD: %s", (_what, frame) => {
    expect([read(frame).frame, read(frame).slots.length]).toEqual([FRAME.BAD, 0]);
  });

  it.each([
    ["a price as text", trades(`"side":"buy","price":"1","qty":1,${rest}`)],
    ["a side of another name", trades(`"side":"BUY","price":1,"qty":1,${rest}`)],
    [
      "a trade without id",
      trades('"side":"buy","price":1,"qty":1,"timestamp":"2026-10-05T09:12:44.000001Z"'),
    ],
    ["a second level that is none", heard('"bids":[{"price":1,"qty":1},[1,1]],"asks":[]')],
    ["a book without asks", heard('"bids":[{"price":1,"qty":1}]')],
    ["another type", '{"channel":"book","type":"delta","data":[]}'],
    ["another channel", '{"channel":"spread","type":"update","data":[]}'],
    ["no channel", "{}"],
    ["no object", "[1,2]"],
  ])("UNKNOWN: %s", (_what, frame) => {
    expect([read(frame).frame, read(frame).slots.length]).toEqual([FRAME.UNKNOWN, 0]);
  });

  it("tells heartbeats, cold frames and channels we do not use apart", () => {
    expect(read('{"channel":"heartbeat"}').frame).toBe(FRAME.HEARTBEAT);
    expect(read('{"channel": "heartbeat"}').frame).toBe(FRAME.HEARTBEAT);
    expect(read('{"channel":"ohlc","type":"update","data":[]}').frame).toBe(FRAME.IGNORED);
    for (const text of [
      '{"channel":"status","type":"update","data":[]}',
      '{"method":"pong","req_id":1}',
      '{"Error":"Exceeded msg rate"}',
    ])
      expect(read(text).frame).toBe(FRAME.CONTROL);
  });

  it("finds what a truncated frame would continue with, and still does not read on", () => {
    const frame = encodeText(heard('"bids":[{"price":1.5,"qty":2}],"asks":[]'));
    rig.slab.bytes.set(frame, 0);
    for (let end = 1; end < frame.length; end++) {
      const verdict = kraken.parse(rig.slab, 0, end, rig.tsRecv, rig.out);
      rig.out.rewind(rig.out.endFrame());
      expect(verdict).toBe(FRAME.BAD);
    }
  });
});
