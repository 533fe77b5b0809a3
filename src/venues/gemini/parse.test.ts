import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WORD } from "../../log/index.ts";
import { FRAME, encodeText, instrumentOf } from "../../model/index.ts";
import type { Level, MarketEvent } from "../../model/index.ts";
import { RECV, Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { gemini } from "./venue.ts";

const SYMBOLS = ["BTCUSD", "ETHBTC", "BTCGUSDPERP"];
const rig = new Rig(
  gemini,
  SYMBOLS.map((symbol) => instrumentOf({ symbol, canonical: gemini.canonical(symbol)! })),
  1 << 22,
  1 << 17,
);
const read = (frame: string): Read => rig.text(frame, { at: 11, behind: 0x31 });

/** UNIX ns in the first slot of what was read. */
function nanosOf({ slots }: Read): bigint {
  return new DataView(slots.buffer).getBigInt64(WORD.TS_EVENT * 4, true);
}

// ---- a second reading of the same frames, as plain as it can be: what must come out -------------------------------

type Raw = Record<string, unknown>;
const exact = (frame: string, key: string): string => new RegExp(`"${key}":(\\d+)`).exec(frame)![1]!;
const levels = (raw: unknown): Level[] => (raw as [string, string][]).map(([p, q]) => [Number(p), Number(q)]);

function naive(frame: string): MarketEvent[] {
  const raw = JSON.parse(frame) as Raw;
  const symbol = String(raw["s"] ?? raw["symbol"]).toUpperCase();
  if (!SYMBOLS.includes(symbol)) return [];
  const at = raw["E"] === undefined ? null : Number(BigInt(exact(frame, "E")) / 1000n);
  const common = {
    venue: "gemini",
    symbol,
    instrument: gemini.canonical(symbol),
    ts_event: at,
    ts_recv: RECV,
  };
  if (raw["lastUpdateId"] !== undefined) {
    const sides = { bids: levels(raw["bids"]), asks: levels(raw["asks"]) };
    const seq = exact(frame, "lastUpdateId");
    return [{ type: "book", action: "snapshot", ...common, ...sides, seq, prev_seq: null }];
  }
  if (raw["e"] === "depthUpdate") {
    const [first, seq] = [exact(frame, "U"), exact(frame, "u")];
    const sides = { bids: levels(raw["b"]), asks: levels(raw["a"]) };
    const action = first === seq ? "snapshot" : "update";
    return [{ type: "book", action, ...common, ...sides, seq, prev_seq: first === seq ? null : first }];
  }
  if (raw["t"] !== undefined) {
    const numbers = { id: exact(frame, "t"), price: Number(raw["p"]), size: Number(raw["q"]) };
    return [{ type: "trade", ...common, ...numbers, side: raw["m"] === true ? "sell" : "buy" }];
  }
  const none = (p: string, q: string): boolean => !(Number(raw[p] ?? 0) > 0 && Number(raw[q] ?? 0) > 0);
  const side = (p: string, q: string): [number | null, number | null] =>
    none(p, q) ? [null, null] : [Number(raw[p]), Number(raw[q])];
  const [bid_price, bid_size] = side("b", "B");
  const [ask_price, ask_size] = side("a", "A");
  const tops = { bid_price, bid_size, ask_price, ask_size };
  return [{ type: "quote", ...common, ...tops, update_id: exact(frame, "u") }];
}

// ---- frames as the venue writes them, with everything optional left out now and then -----------------------------

const decimal = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(fc.nat(99_999_999), fc.nat(2)).map(([n, scale]) => (n / 10 ** scale).toFixed(scale)),
  },
  { weight: 8, arbitrary: fc.nat(2_000_000_000).map((n) => (n / 1e8).toFixed(8)) },
  fc.constantFrom("0", "0.00000000", "0.00000001", "1049374.33415860", "9000000000000.00", "0.000"),
);
const figure = fc.oneof({ weight: 6, arbitrary: decimal }, fc.constant(""));
const symbol = fc.constantFrom("btcusd", "ethbtc", "btcgusdperp", "ltcusd");
const time = fc
  .tuple(fc.integer({ min: 1_000_000_000, max: 4_294_967_295 }), fc.nat(999_999_999))
  .map(([s, ns]) => `${s}${String(ns).padStart(9, "0")}`);
const id = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1_764_000_000_000_000, max: 8_999_999_999_999_999 }) },
  fc.integer({ min: 1, max: 1e15 }),
  fc.constantFrom(1, 9_007_199_254_740_991),
);
const level = fc.tuple(decimal, decimal);
const side = fc.array(level, { maxLength: 8 }).map((all) => JSON.stringify(all));

const KINDS: Record<string, fc.Arbitrary<string>> = {
  bookTicker: fc
    .tuple(id, time, symbol, fc.tuple(figure, figure, figure, figure), fc.option(fc.tuple(figure, figure)))
    .map(([u, E, s, [b, B, a, A], last]) => {
      const more = last === null ? "" : `,"c":"${last[0]}","C":"${last[1]}"`;
      return `{"u":${u},"E":${E},"s":"${s}","b":"${b}","B":"${B}","a":"${a}","A":"${A}"${more}}`;
    }),
  trade: fc
    .tuple(id, time, symbol, decimal, decimal, fc.boolean())
    .map(([t, E, s, p, q, m]) => `{"E":${E},"s":"${s}","t":${t},"p":"${p}","q":"${q}","m":${m}}`),
  depth: fc
    .tuple(id, fc.nat(3), time, symbol, side, side)
    .map(
      ([u, back, E, s, b, a]) =>
        `{"e":"depthUpdate","E":${E},"s":"${s}","U":${Math.max(1, u - back)},"u":${u},"b":${b},"a":${a}}`,
    ),
  partial: fc
    .tuple(id, fc.constantFrom("symbol", "s"), symbol, side, side)
    .map(([u, key, s, b, a]) => `{"lastUpdateId":${u},"${key}":"${s}","bids":${b},"asks":${a}}`),
};

/** The same JSON with the keys turned around, blanks, and a key we do not know; numbers keep their digits. */
function rearranged(frame: string): string {
  const parts = [...frame.slice(1, -1).matchAll(/"\w+":(?:\[(?:\[[^\]]*\],?)*\]|"[^"]*"|[^,]+)/g)];
  return `{ "more": ["]}"], ${parts
    .map(([part]) => part)
    .toReversed()
    .join(" , ")} }`;
}

describe("frames of the current protocol", () => {
  it.each(Object.entries(KINDS))("%s: straight through, value for value", (_kind, kind) => {
    fc.assert(
      fc.property(kind, (frame) => {
        const one = read(frame);
        expect([one.frame, one.slowFallbacks, one.inexact]).toEqual([FRAME.DATA, 0, 0]);
        expect(one.events).toEqual(naive(frame));
        if (one.events.length > 0 && frame.includes('"E"'))
          expect(nanosOf(one)).toBe(BigInt(exact(frame, "E")));
      }),
      { seed: 31, numRuns: 400 },
    );
  });

  it.each(Object.entries(KINDS))("%s: in any order of keys, to the byte", (_kind, kind) => {
    fc.assert(
      fc.property(kind, (frame) => {
        const [fast, slow] = [read(frame), read(rearranged(frame))];
        expect([slow.frame, slow.fallbacks, slow.slowFallbacks]).toEqual([FRAME.DATA, 1, 0]);
        expect(slow.slots).toEqual(fast.slots);
      }),
      { seed: 32, numRuns: 200 },
    );
  });

  it("reads exponents, which the venue writes in metadata only", () => {
    const frame = '{"E":1783981140076872217,"s":"btcusd","t":1,"p":"1.5E+3","q":"1e-8","m":true}';
    expect(read(frame).events).toEqual(naive(frame));
  });

  it("keeps every digit of times above 2^53", () => {
    for (const E of ["1783981140076872217", "1784851239122227005", "1000000000000000001"]) {
      const frame = `{"E":${E},"s":"btcusd","t":1,"p":"1","q":"1","m":true}`;
      expect([nanosOf(read(frame)), nanosOf(read(` ${frame}`))]).toEqual([BigInt(E), BigInt(E)]);
    }
  });

  it("takes a book whose first id is its last for the whole book, and links all others to their first id", () => {
    const depth = (U: number, u: number): string =>
      `{"e":"depthUpdate","E":1784851239122227005,"s":"btcusd","U":${U},"u":${u},"b":[],"a":[]}`;
    expect([depth(7, 7), depth(7, 9), depth(9, 7)].flatMap((frame) => read(frame).events)).toMatchObject([
      { action: "snapshot", seq: "7", prev_seq: null },
      { action: "update", seq: "9", prev_seq: "7" },
      { action: "update", seq: "7", prev_seq: "9" },
    ]);
  });
});

const trade = (change: (good: string) => string): string =>
  change(
    '{"E":1783981140085684200,"s":"btcusd","t":2840141014190422,"p":"118340.55","q":"0.01625222","m":true}',
  );
const depth = (b: string, u = "8"): string =>
  `{"e":"depthUpdate","E":1784851239122227005,"s":"btcusd","U":7,"u":${u},"b":${b},"a":[]}`;
const quote = (sides: string): string => `{"u":8,"E":1783981140076872200,"s":"btcusd",${sides}}`;

describe("frames that are no data", () => {
  it.each([
    ["a negative price", trade((good) => good.replace('"118340.55"', '"-1"'))],
    ["a price beyond doubles", trade((good) => good.replace('"118340.55"', '"1e400"'))],
    ["an empty price", trade((good) => good.replace('"118340.55"', '""'))],
    ["a size that is no number", trade((good) => good.replace('"0.01625222"', '"NaN"'))],
    ["a time in milliseconds", trade((good) => good.replace("1783981140085684200", "1783981140085"))],
    ["a time after 2106", trade((good) => good.replace("1783981140085684200", "4294967296000000000"))],
    ["a fractional id", trade((good) => good.replace("2840141014190422", "2.5"))],
    ["an id beyond 64 bits", trade((good) => good.replace("2840141014190422", "18446744073709551616"))],
    ["more behind its end", trade((good) => `${good}}`)],
    ["half a frame", trade((good) => good.slice(0, 60))],
    ["a level with an empty size", depth('[["1",""]]')],
    ["a negative id", depth("[]", "-8")],
    ["a quote with a negative size", quote('"b":"1","B":"-1","a":"2","A":"1"')],
    ["a last price that is no number", quote('"b":"1","B":"1","a":"2","A":"1","c":"x","C":"1"')],
  ])("BAD: %s", (_what, frame) => {
    expect([read(frame).frame, read(frame).slots.length]).toEqual([FRAME.BAD, 0]);
  });

  it.each([
    ["a price as a number", trade((good) => good.replace('"118340.55"', "118340.55"))],
    ["a maker that is neither", trade((good) => good.replace("true", '"true"'))],
    ["a time as text", trade((good) => good.replace("1783981140085684200", '"1783981140085684200"'))],
    ["a symbol as a number", trade((good) => good.replace('"btcusd"', "7"))],
    ["a level of three texts", depth('[["1","2","3"]]')],
    ["a level of numbers", depth("[[1,2]]")],
    ["a quote with a number", quote('"b":1,"B":"1","a":"2","A":"1"')],
    ["another event", '{"e":"aggTrade","E":1784851239122227005,"s":"btcusd","U":7,"u":8,"b":[],"a":[]}'],
    ["nothing that is known", '{"hello":"world"}'],
    ["a list", "[1,2,3]"],
  ])("UNKNOWN: %s", (_what, frame) => {
    expect([read(frame).frame, read(frame).slots.length]).toEqual([FRAME.UNKNOWN, 0]);
  });

  it("are told apart by what they are for", () => {
    const verdicts = [
      '{"id":"1","status":200}',
      '{"reason":"NoValidTradingPairs","result":"error"}',
      '{"e":"contractStatus","E":1784870400000,"s":"gemi-btc15m","o":"a","n":"b"}',
      '{"e":"markPrice","E":1789456746446652397,"s":"btcgusdperp","p":"77303.727","i":"7725880.833"}',
      '{"e":"fundingAmount","E":1789459200000000000,"s":"btcgusdperp","i":60,"f":"7.90688","R":false}',
      '{"lastUpdateId":7,"bids":[],"asks":[]}',
      '{"u":1764549594389758,"E":1783981140676872200,"s":"btcusd"}',
      '{"type":"heartbeat","timestamp":1779955203869}',
    ].map((frame) => read(frame).frame);
    const { CONTROL, IGNORED, HEARTBEAT } = FRAME;
    expect(verdicts).toEqual([CONTROL, CONTROL, IGNORED, IGNORED, IGNORED, IGNORED, IGNORED, HEARTBEAT]);
  });

  it("counts digits a double cannot hold once, whichever way the frame was read", () => {
    const frame = trade((good) => good.replace("118340.55", "1.00000000000000000001"));
    expect([read(frame).inexact, read(` ${frame}`).inexact]).toEqual([1, 1]);
  });

  it("end where they end, even when what is missing stands behind", () => {
    for (const [, kind] of Object.entries(KINDS)) {
      const [one] = fc.sample(kind, { seed: 5, numRuns: 1 });
      const frame = encodeText(one!);
      rig.slab.bytes.set(frame, 0);
      for (let end = 1; end < frame.length; end++) {
        const verdict = gemini.parse(rig.slab, 0, end, rig.tsRecv, rig.out);
        rig.out.rewind(rig.out.endFrame());
        expect(verdict).toBe(FRAME.BAD);
      }
    }
  });
});
