import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf, withOptions } from "../../model/index.ts";
import type { Channel, MarketEvent, ServerConnection, Venue } from "../../model/index.ts";
import { venueContract } from "../../../test/contracts/venue.ts";
import { Rig } from "../../../test/contracts/venue-rig.ts";
import { bybit } from "./venue.ts";

/** The venue with its switch set: what the suite says of spot holds for the others too. */
const of = (category: string): Venue => withOptions(bybit, { category });

venueContract(of("linear"), { folder: "bybit/linear" });
venueContract(of("inverse"), { folder: "bybit/inverse" });
venueContract(of("option"), { folder: "bybit/option" });

const NOW = 1_787_644_800_123_000;
const connection: ServerConnection = { path: "/", sequence: 0, active: [], now: () => NOW };

/** A market of each category, by its own rule of names. */
const MARKETS = [
  ["linear", "BTC-USDT-PERP", "linear:BTCUSDT"],
  ["inverse", "BTC-USD-25DEC26", "inverse:BTCUSDZ26"],
  ["option", "BTC-USDT-25DEC26-100000-C", "option:BTC-25DEC26-100000-C-USDT"],
] as const;

function eventsOf(symbol: string, instrument: string): [Channel, MarketEvent][] {
  const common = { venue: "bybit", symbol, instrument, ts_event: NOW, ts_recv: 0 };
  const book = { bids: [[64010.5, 1.25]] as [number, number][], asks: [[64011, 0]] as [number, number][] };
  const day = { last_price: 64010, volume_24h: 812.5, high_24h: 65000, low_24h: 63000 };
  const figures = { mark_price: 64010.25, index_price: 64008.5, open_interest: 28899.069 };
  const tickers: [Channel, MarketEvent][] = [
    ["ticker", { type: "ticker", ...common, ...figures }],
    ["ticker", { type: "ticker", ...common, ...day }],
  ];
  return [
    ["book", { type: "book", action: "update", ...common, ...book, seq: "101", prev_seq: "100" }],
    ["book", { type: "book", action: "snapshot", ...common, ...book, seq: "7", prev_seq: null }],
    [
      "trade",
      { type: "trade", ...common, id: "18446744073709551615", price: 64010.5, size: 3, side: "sell" },
    ],
    ...(symbol.startsWith("option:") ? [] : tickers),
  ];
}

describe.each(MARKETS)("frames of %s", (category, canonical, symbol) => {
  const venue = of(category);
  const instrument = instrumentOf({ symbol, canonical, tick: 0.1, lot: 0.001 });
  const rig = new Rig(venue, [instrument]);

  it("have the venue's text, and mean our symbol", () => {
    expect(venue.native(canonical)).toBe(symbol);
    for (const [channel, event] of eventsOf(symbol, canonical)) {
      const text = venue.server.encode(event, instrument, { channel, symbol }, connection);
      expect(text).not.toContain(`${category}:`);
      const { frame, events, slowFallbacks } = rig.text(text);
      expect([frame, slowFallbacks]).toEqual([FRAME.DATA, 0]);
      expect(events).toEqual([{ ...event, ts_recv: events[0]!.ts_recv }]);
    }
  });

  it("are asked for on an address of their own", () => {
    expect(venue.sockets[0]!.url).toBe(`wss://stream.bybit.com/v5/public/${category}`);
    expect(venue.instruments.requests[0]!.path).toContain(`category=${category}&`);
  });
});

describe("forced orders", () => {
  it("are of the other side than the position they close", () => {
    const [symbol, canonical] = ["linear:BTCUSDT", "BTC-USDT-PERP"];
    const instrument = instrumentOf({ symbol, canonical });
    const common = { venue: "bybit", symbol, instrument: canonical, ts_event: NOW, ts_recv: 0 };
    const event = { type: "liquidation", ...common, price: 63499.9, size: 1.5, side: "sell" } as const;
    const text = of("linear").server.encode(
      event,
      instrument,
      { channel: "liquidation", symbol },
      connection,
    );
    expect(text).toContain('"S":"Buy"');
    expect(new Rig(of("linear"), [instrument]).text(text).events).toMatchObject([
      { side: "sell", price: 63499.9 },
    ]);
  });
});

describe("options", () => {
  it("have no quotes of their own, and books of other depths", () => {
    expect(of("option").sockets[0]!.channels).toEqual(["trade", "book", "ticker"]);
    expect([of("option").quoteIsTop, bybit.quoteIsTop]).toEqual([false, true]);
    expect([undefined, 25, 26, 500].map((depth) => of("option").bookDepth!(depth))).toEqual([
      25, 25, 100, 100,
    ]);
    expect([undefined, 1, 51, 201, 5000].map((depth) => bybit.bookDepth!(depth))).toEqual([
      50, 50, 200, 1000, 1000,
    ]);
  });

  it("are listed coin by coin", () => {
    const path = (category: string): string => of(category).instruments.requests[0]!.path;
    expect(of("option").instruments.requests.map((one) => one.path)).toEqual(
      ["option_btc", "option_eth"].map(path),
    );
    expect(["option", "option_eth", "option_xrp"].map(path)).toEqual([
      "/v5/market/instruments-info?category=option&baseCoin=BTC&limit=1000",
      "/v5/market/instruments-info?category=option&baseCoin=ETH&limit=1000",
      "/v5/market/instruments-info?category=option&baseCoin=XRP&limit=1000",
    ]);
    expect(() => of("spread")).toThrow("bybit category: expected spot or linear");
  });
});
