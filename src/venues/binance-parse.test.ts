import { describe, expect, it } from "vitest";
import { Rig } from "../../test/contracts/venue-rig.ts";
import { FRAME, instrumentOf } from "../model/index.ts";
import type { TickerEvent } from "../model/index.ts";
import { binanceUsdm } from "./binance-usdm/venue.ts";

/** What the shared venue suite cannot know: which of Binance's own spellings mean what. */

const rig = new Rig(binanceUsdm, [instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT-PERP" })]);

const QUOTE = { u: 7, s: "BTCUSDT", b: "1.5", B: "2", a: "1.6", A: "3" };
const TRADE = {
  e: "trade",
  E: 1779955201234,
  s: "BTCUSDT",
  t: 9,
  p: "1.5",
  q: "2",
  T: 1779955201233,
  m: true,
  M: true,
};
const DEPTH = {
  e: "depthUpdate",
  E: 1779955201300,
  s: "BTCUSDT",
  U: 5,
  u: 7,
  b: [["1.5", "2"]],
  a: [["1.6", "0"]],
};
const FUTURES = { ...DEPTH, T: 1779955201299, pu: 3 };
const BOOK = { lastUpdateId: 9, bids: [["1.5", "2"]], asks: [] };
const MARK = {
  e: "markPriceUpdate",
  E: 1779955202000,
  s: "BTCUSDT",
  p: "1",
  i: "1",
  P: "1",
  r: "0.1",
  T: 1779984000000,
};

function frame(payload: object, stream?: string): number {
  const text = JSON.stringify(stream === undefined ? payload : { stream, data: payload });
  const read = rig.text(text);
  if (read.frame !== FRAME.DATA) expect(read.events).toEqual([]);
  return read.frame;
}

const DAY = {
  e: "24hrTicker",
  E: 1779955201963,
  s: "BTCUSDT",
  w: "118123.45000000",
  c: "118345.61000000",
  h: "119000.00000000",
  l: "117000.00000000",
  v: "10000.00000000",
};

describe("numbers that no venue sends", () => {
  const bad = ["-1", "", "NaN", "Infinity", "1e400", "1,5", "01", " 1", "0x1", ".5", "5."];

  it.each(bad)("%j as a price or size is a bad frame, wherever it stands", (text) => {
    for (const key of ["b", "B", "a", "A"]) expect(frame({ ...QUOTE, [key]: text })).toBe(FRAME.BAD);
    for (const key of ["p", "q"]) expect(frame({ ...TRADE, [key]: text })).toBe(FRAME.BAD);
    for (const key of ["p", "i"]) expect(frame({ ...MARK, [key]: text })).toBe(FRAME.BAD);
    for (const key of ["w", "c", "h", "l", "v"]) expect(frame({ ...DAY, [key]: text })).toBe(FRAME.BAD);
    for (const level of [
      ["1", text],
      [text, "1"],
    ]) {
      expect(frame({ ...DEPTH, b: [["1", "1"], level] })).toBe(FRAME.BAD);
      expect(frame({ ...FUTURES, a: [["1", "1"], level] })).toBe(FRAME.BAD);
      expect(frame({ ...BOOK, asks: [level] }, "btcusdt@depth5@100ms")).toBe(FRAME.BAD);
    }
  });

  it.each([-1, 1.5, 2 ** 53, "7", null, true])("%j as an id or time is a bad frame", (value) => {
    expect(frame({ ...QUOTE, u: value })).toBe(FRAME.BAD);
    for (const key of ["t", "E", "T"]) expect(frame({ ...TRADE, [key]: value })).toBe(FRAME.BAD);
    for (const key of ["U", "u", "E"]) expect(frame({ ...DEPTH, [key]: value })).toBe(FRAME.BAD);
    expect(frame({ ...DAY, E: value })).toBe(FRAME.BAD);
    for (const key of ["U", "u", "pu", "T"]) expect(frame({ ...FUTURES, [key]: value })).toBe(FRAME.BAD);
  });

  it("a level is a pair of texts, no more", () => {
    for (const level of [["1"], ["1", "2", "3"], [1, 2], "1", null])
      expect(frame({ ...DEPTH, b: [level] })).toBe(FRAME.BAD);
  });

  it("funding may be negative or absent, and so may nothing else of it", () => {
    for (const r of ["-0.0001", "", "0"]) expect(frame({ ...MARK, r })).toBe(FRAME.DATA);
    for (const r of ["--1", "x", "1e400", 1]) expect(frame({ ...MARK, r })).toBe(FRAME.BAD);
  });
});

describe("forms", () => {
  it("without a key they need are unknown, not guessed at", () => {
    for (const [whole, keys] of [
      [QUOTE, ["u", "s", "b", "B", "a", "A"]],
      [TRADE, ["s", "t", "p", "q", "T", "m"]],
      [DEPTH, ["s", "U", "u", "b", "a"]],
      [FUTURES, ["T", "pu"]],
      [MARK, ["s", "p", "P", "r", "T"]],
      [DAY, ["E", "s", "w", "c", "h", "l", "v"]],
    ] as const)
      for (const key of keys) expect(frame({ ...whole, [key]: undefined })).toBe(FRAME.UNKNOWN);
  });

  it("that are documented and not normalised are ignored", () => {
    for (const e of ["kline", "avgPrice", "blockTrade", "referencePrice"])
      expect(frame({ e, E: 1 }, "x@y")).toBe(FRAME.IGNORED);
    expect(frame(FUTURES, "btcusdt@rpiDepth@500ms")).toBe(FRAME.IGNORED);
    expect(frame([{ e: "24hrMiniTicker" }], "!miniTicker@arr")).toBe(FRAME.IGNORED);
  });

  it("of events nobody documented are unknown", () => {
    expect(frame({ e: "newThing", E: 1 })).toBe(FRAME.UNKNOWN);
    expect(frame({ e: "__proto__" })).toBe(FRAME.UNKNOWN);
    expect(frame({ e: "toString" })).toBe(FRAME.UNKNOWN);
    expect(frame({ e: 7 })).toBe(FRAME.UNKNOWN);
    expect(frame({})).toBe(FRAME.UNKNOWN);
    expect(frame([])).toBe(FRAME.IGNORED);
    expect(frame(DEPTH, "btcusdt@somethingElse")).toBe(FRAME.UNKNOWN);
  });

  it("of control are left to `control`", () => {
    for (const text of [
      '{"result":null,"id":1}',
      '{"code":2,"msg":"x"}',
      '{"error":{"code":2,"msg":"x"},"id":1}',
    ])
      expect(rig.text(text).frame).toBe(FRAME.CONTROL);
    expect(frame({ e: "serverShutdown", E: 1 })).toBe(FRAME.CONTROL);
    expect(frame({ e: "contractInfo", E: 1, s: "BTCUSDT", cs: "TRADING" }, "!contractInfo")).toBe(
      FRAME.CONTROL,
    );
    expect(frame({ e: "serverShutdown", E: 1 }, "!serverShutdown")).toBe(FRAME.CONTROL);
  });

  it("are no frames at all when they are not JSON", () => {
    for (const text of [
      "",
      "{",
      "ping",
      '{"e":"trade"',
      "\u0000",
      `${JSON.stringify(QUOTE)}}`,
      `${JSON.stringify(QUOTE)},`,
    ])
      expect(rig.text(text).frame).toBe(FRAME.BAD);
  });
});

describe("meaning", () => {
  it("a complete book is told by the name of its stream alone", () => {
    const action = (stream: string): unknown => rig.text(JSON.stringify({ stream, data: FUTURES })).events[0];
    for (const name of ["depth", "depth@100ms", "depth@500ms"])
      expect(action(`btcusdt@${name}`)).toMatchObject({ action: "update", seq: "7", prev_seq: "3" });
    for (const name of ["depth5", "depth10@100ms", "depth20@500ms"])
      expect(action(`btcusdt@${name}`)).toMatchObject({ action: "snapshot", seq: "7" });
  });

  it("a first id of 0 has nothing before it and is refused", () => {
    expect(frame({ ...DEPTH, U: 0 })).toBe(FRAME.BAD);
    expect(frame({ ...DEPTH, U: 4294967296, u: 4294967297 })).toBe(FRAME.DATA);
    expect(rig.text(JSON.stringify({ ...DEPTH, U: 4294967296, u: 4294967297 })).events[0]).toMatchObject({
      seq: "4294967297",
      prev_seq: "4294967295",
    });
  });

  it("an index stands before the settle price, behind it (COIN-M), or nowhere", () => {
    const { e, E, s, p, P, r, T } = MARK;
    const index = (data: object): unknown =>
      (rig.text(JSON.stringify(data)).events[0] as TickerEvent).index_price;
    expect(index({ e, E, s, p, i: "7", P, r, T })).toBe(7);
    expect(index({ e, E, s, p, P, i: "7", r, T })).toBe(7);
    expect(index({ e, E, s, p, P, r, T })).toBeUndefined();
    expect(frame({ e, E, s, p, i: "7", P, i2: "7", r, T })).toBe(FRAME.DATA);
    expect(frame({ e, E, s, p, P, i: "", r, T })).toBe(FRAME.BAD);
    const { fallbacks, slowFallbacks } = rig.text(JSON.stringify({ e, E, s, p, P, i: "7", r, T, st: 2 }));
    expect([fallbacks, slowFallbacks]).toEqual([0, 0]);
  });

  it("trades of the insurance fund and of deleveraging are no trades", () => {
    const { M: _, ...futures } = { ...TRADE, X: "ADL" };
    expect(rig.text(JSON.stringify(futures))).toMatchObject({ frame: FRAME.DATA, events: [] });
    expect(rig.text(JSON.stringify({ ...futures, X: "MARKET" })).events).toHaveLength(1);
  });
});
