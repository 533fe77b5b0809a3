import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instrumentOf } from "../../model/index.ts";
import type { Instrument, InstrumentStatus } from "../../model/index.ts";
import { coinbaseExchange } from "./venue.ts";

const code = fc.stringMatching(/^[A-Z0-9]{1,8}$/);
const step = fc.integer({ min: 0, max: 10 }).map((n) => Number(`1e-${n}`));
const states = ["trading", "halted", "cancel_only", "pre_open", "post_only", "delisted", "unknown"] as const;

/** As many products as the venue lists, each id once. */
const list = fc.uniqueArray(
  fc
    .tuple(code, code, step, step, fc.constantFrom<InstrumentStatus>(...states))
    .map(([base, quote, tick, lot, status]): Instrument =>
      instrumentOf({ symbol: `${base}-${quote}`, canonical: `${base}-${quote}`, tick, lot, status }),
    ),
  { minLength: 600, maxLength: 900, selector: ({ symbol }) => symbol },
);

describe("products of Coinbase Exchange", () => {
  it("are read as they are written, and named both ways, whole lists of them", () => {
    fc.assert(
      fc.property(list, (products) => {
        const body = coinbaseExchange.server.instrumentsBody(products, "/products");
        const read = coinbaseExchange.instruments.parse(body);
        expect(read).toEqual(products);
        for (const { symbol, canonical } of read) {
          expect(coinbaseExchange.canonical(symbol)).toBe(canonical);
          expect(coinbaseExchange.native(canonical)).toBe(symbol);
          expect(coinbaseExchange.aliases(symbol)).toEqual([]);
        }
      }),
      { seed: 4, numRuns: 20 },
    );
  });

  it("are in the strongest of the states that are said of them", () => {
    const state = (more: object): string | undefined =>
      coinbaseExchange.instruments.parse(JSON.stringify([{ id: "BTC-USD", status: "online", ...more }]))[0]
        ?.status;
    expect(state({})).toBe("trading");
    expect(state({ limit_only: true })).toBe("trading");
    expect(state({ post_only: true, auction_mode: true })).toBe("pre_open");
    expect(state({ post_only: true, cancel_only: true })).toBe("cancel_only");
    expect(state({ trading_disabled: true, cancel_only: true })).toBe("halted");
    expect(state({ status: "delisted", trading_disabled: true })).toBe("delisted");
    expect(state({ status: "offline" })).toBe("unknown");
  });

  it("leave out what is no pair", () => {
    const body = JSON.stringify([{ id: "BTC-USD" }, { id: "BTC-PERP-INTX" }, { id: 7 }, null, {}]);
    expect(coinbaseExchange.instruments.parse(body).map(({ symbol }) => symbol)).toEqual(["BTC-USD"]);
    expect(
      ["BTC-PERP-INTX", "BTCUSD", "btc-usd", "BTC/USD"].map((name) => coinbaseExchange.canonical(name)),
    ).toEqual([null, null, null, null]);
    expect(() => coinbaseExchange.native("BTC-USDT-PERP")).toThrow(
      'expected a spot pair BASE-QUOTE, saw "BTC-USDT-PERP"',
    );
  });
});
