import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { CONTRACTS, PING_MS, futures } from "../binance-futures.ts";
import { makeServer } from "../binance-server.ts";
import { FUTURES_STREAMS, streamUrl } from "../binance-streams.ts";
import { futuresCanonical, futuresNative } from "../binance-symbols.ts";
import { knownFrames } from "./known-frames.ts";

/**
 * Binance USD-M futures. Since April 2026 market data comes over two addresses, and a stream asked for on the wrong
 * one is accepted and never sent; `trade` is undocumented and lives on /public.
 */
export const binanceUsdm = defineVenue({
  ...futures("/fapi/v1", 1),
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
      always: CONTRACTS,
    },
  ],
  rest: { url: "https://fapi.binance.com", usedWeightHeader: "x-mbx-used-weight-1m" },
  connectUrl: (endpoint, base) => streamUrl(base, `/${endpoint.name}`, ""),
  canonical: futuresCanonical,
  native: futuresNative,
  knownFrames,
  server: makeServer({ streams: FUTURES_STREAMS, futures: true, orderIds: false }, PING_MS),
});
