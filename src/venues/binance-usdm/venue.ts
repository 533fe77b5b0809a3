import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { parse } from "../binance-parse.ts";
import { makeServer } from "../binance-server.ts";
import { restSnapshot } from "../binance-snapshot.ts";
import { FUTURES_STREAMS, lowerAscii, readControl, requests, streamUrl } from "../binance-streams.ts";
import { futuresCanonical, futuresNative, readInstruments } from "../binance-symbols.ts";

/**
 * Binance USD-M futures. Since April 2026 market data comes over two addresses, and a stream asked for on the wrong
 * one is accepted and never sent; `trade` is undocumented and lives on /public.
 */
export const binanceUsdm = defineVenue({
  id: "binance-usdm",
  code: VENUE_CODES["binance-usdm"],
  title: "Binance USD-M Futures",
  sockets: [
    {
      name: "public",
      url: "wss://fstream.binance.com/public",
      channels: ["quote", "book", "partial_book", "trade"],
    },
    {
      name: "market",
      url: "wss://fstream.binance.com/market",
      channels: ["agg_trade", "ticker", "liquidation"],
    },
  ],
  rest: { url: "https://fapi.binance.com", usedWeightHeader: "x-mbx-used-weight-1m" },
  headers: {},
  limits: {
    streamsPerSocket: 200,
    messages: 10,
    messageWindowMs: 1_000,
    connects: 300,
    connectWindowMs: 300_000,
    restWeight: 2_400,
    maxFrame: 1 << 20,
  },
  // The venue pings every 3 minutes only: ask ourselves.
  heartbeat: { idleMs: 90_000, ping: { everyMs: 30_000 } },
  rotateMs: 23.5 * 3_600_000,
  book: "prevLink",
  // Insurance-fund and ADL prints take ids of the same series and are left out.
  trades: "increasing",
  snapshot: restSnapshot("/fapi/v1/depth", 1000, 20),
  instruments: { requests: [{ path: "/fapi/v1/exchangeInfo", weight: 1 }], parse: readInstruments },
  quoteIsTop: true,

  connectUrl: (endpoint, base) => streamUrl(base, `/${endpoint.name}`, ""),
  subscribe: (subscriptions, nextId) => requests(FUTURES_STREAMS, "SUBSCRIBE", subscriptions, nextId),
  unsubscribe: (subscriptions, nextId) => requests(FUTURES_STREAMS, "UNSUBSCRIBE", subscriptions, nextId),
  control: (text) => readControl(FUTURES_STREAMS, text),
  canonical: futuresCanonical,
  native: futuresNative,
  aliases: (symbol) => [lowerAscii(symbol)],
  parse,
  server: makeServer({ streams: FUTURES_STREAMS, futures: true, orderIds: false }, 180_000),
});
