import fc from "fast-check";
import { expect, it } from "vitest";
import { plainText } from "../../model/index.ts";
import { feedOf } from "../../../test/contracts/sink-feed.ts";
import { geminiTrades, millionths } from "./gemini.ts";

it("says a decimal text times a million", () => {
  expect([2.01, 145.85, 0.000001, 0, 1e9, 123456789.123456, 0.1 + 0.2].map(millionths)).toEqual([
    "2010000",
    "145850000",
    "1",
    "0",
    "1000000000000000",
    "123456789123456",
    "300000",
  ]);
  expect([2.0100019, 0.0000009, 123456789012.12346].map(millionths)).toEqual([
    "2010001",
    "0",
    "123456789012123460",
  ]);
  expect([NaN, -1, Infinity].map(millionths)).toEqual([null, null, null]);
});

it("is exact for every number of up to six decimals", () => {
  const check = (units: number): void => {
    expect(millionths(Number(`${Math.floor(units / 1e6)}.${String(units % 1e6).padStart(6, "0")}`))).toBe(
      String(units),
    );
  };
  fc.assert(fc.property(fc.nat(999_999_999_999_999), check), { numRuns: 3000, seed: 5 });
});

it("cuts what stands behind the sixth decimal of the text", () => {
  const check = (value: number): void => {
    const [whole, fraction = ""] = plainText(value).split(".");
    expect(millionths(value)).toBe(String(BigInt(whole! + fraction.slice(0, 6).padEnd(6, "0"))));
  };
  fc.assert(fc.property(fc.double({ min: 0, max: 1e12, noNaN: true }), check), { numRuns: 3000, seed: 6 });
});

it("takes the trades of a batch and nothing else", () => {
  const feed = feedOf("a", 40, 7);
  const said = [...geminiTrades(feed.batch(0, 40))];
  expect(said.map(({ seq }) => seq)).toEqual([0, 10, 20, 30].map((i) => feed.starts[i]));
  for (const { text } of said) {
    const trade = JSON.parse(text!) as Record<string, unknown>;
    expect(Object.keys(trade)).toEqual(["ts_ms", "symbol", "price_u", "qty_u", "side"]);
    expect(trade["side"]).toBe("buy");
    expect(trade["symbol"]).toMatch(/^(BTC|ETH)\/USD/);
  }
  const times = said.map(({ text }) => (JSON.parse(text!) as { ts_ms: number }).ts_ms);
  expect(times).toEqual(
    [0, 10, 20, 30].map((i) => Math.floor((1_700_000_000_000_000 + i * 250_000 - 1500) / 1000)),
  );
});
