import { describe, expect, it } from "vitest";
import type { SourceMessage } from "../../sinks/kit/source.ts";
import { keyOf, payloadOf } from "./payload.ts";

const NOW = Date.parse("2026-03-14T09:26:53.589Z");
const LIMITS = { maxBytes: 1000, now: NOW };

function message(text: string, more: Partial<SourceMessage> = {}): SourceMessage {
  const value = new TextEncoder().encode(text);
  const place = { stream: "t/2", offset: "41", place: "t/2/41" };
  return { key: null, value, headers: {}, timestamp: NOW, ...place, ...more };
}

describe("a message", () => {
  it("in scheme gemini is a row with all digits", () => {
    const text = `{"ts_ms":${NOW},"symbol":"SOLUSD","price_u":9007199254740993,"qty_u": 2500000 ,"side":"sell"}`;
    expect(payloadOf(message(text), "gemini", LIMITS)).toEqual({
      row: { cells: [NOW, "SOLUSD", "9007199254740993", "2500000", "sell", "t/2", 41], at: NOW },
    });
  });

  it("in scheme native is whole, with microseconds", () => {
    const text = `{"lane":"main","log_seq":7,"slots":1,"type":"trade","venue":"kraken","symbol":"BTC/USD","instrument":null,"ts_event":${NOW}123,"ts_recv":1}`;
    expect(payloadOf(message(text), "native", LIMITS)).toEqual({
      row: {
        cells: ["2026-03-14T09:26:53.589123Z", "main", 7, 1, "trade", "kraken", "BTC/USD", null, text],
        at: NOW,
      },
    });
  });

  it("is poison in words", () => {
    const said = (text: string, scheme: "gemini" | "native" = "gemini"): string => {
      const payload = payloadOf(message(text), scheme, LIMITS);
      return "poison" in payload ? payload.poison : "a row";
    };
    expect(said("null")).toBe("expected a JSON object, saw object");
    expect(said("7")).toBe("expected a JSON object, saw number");
    expect(said(`{"ts_ms":${NOW + 2 * 86_400_000}}`)).toMatch(
      /^ts_ms: expected a time from 2009 to a day ahead/,
    );
    // Two of one name: which of them is meant?
    const twice = `{"ts_ms":${NOW},"symbol":"S","price_u":9007199254740993,"price_u":9007199254740995,"qty_u":1}`;
    expect(said(twice)).toMatch(/^price_u: expected an integer/);
    expect(said(`{"ts_ms":${NOW},"symbol":"S","price_u":1.5,"qty_u":1}`)).toMatch(/^price_u: .*saw 1\.5$/);
    expect(said(`{"ts_ms":${NOW},"symbol":"S\\u0000","price_u":1,"qty_u":1}`)).toMatch(/^symbol: /);
    expect(said('{"lane":"a","log_seq":-1}', "native")).toBe(
      "log_seq: expected an integer from 0 to 2^53, saw -1",
    );
    expect(said(`"${"x".repeat(1000)}"`)).toBe("too large: expected at most 1000 bytes, saw 1002");
  });
});

it("is known again by feedhorn's place, else by the broker's", () => {
  const headers = { lane: "main", log_seq: "7041" };
  expect(keyOf(message("", { headers }))).toEqual({ lane: "main", seq: 7041 });
  expect(keyOf(message("", { headers: { lane: "main", log_seq: "x" } }))).toEqual({ lane: "t/2", seq: 41 });
  const pulsar = { stream: "persistent://public/default/t", offset: "12:345:-1:3" };
  expect(keyOf(message("", pulsar))).toEqual({
    lane: "persistent://public/default/t#12",
    seq: 345 * 65_536 + 3,
  });
  expect(keyOf(message("", { ...pulsar, offset: "12:345:-1:-1" })).seq).toBe(345 * 65_536);
});
