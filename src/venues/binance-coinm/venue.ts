import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { CONTRACTS, PING_MS, futures } from "../binance-futures.ts";
import { makeServer } from "../binance-server.ts";
import { FUTURES_STREAMS, streamUrl } from "../binance-streams.ts";
import { coinCanonical, coinNative } from "../binance-symbols.ts";
import { knownFrames } from "./known-frames.ts";

/**
 * Binance COIN-M futures: margined in the base, quoted in dollars, sizes in contracts of 100 or 10 dollars
 * (`contractValue`). Its address was not split as that of USD-M was: one carries every channel.
 */
export const binanceCoinm = defineVenue({
  ...futures("/dapi/v1", 2),
  id: "binance-coinm",
  code: VENUE_CODES["binance-coinm"],
  title: "Binance COIN-M Futures",
  sockets: [
    {
      name: "stream",
      url: "wss://dstream.binance.com",
      channels: ["quote", "book", "partial_book", "trade", "agg_trade", "ticker", "liquidation"],
      always: CONTRACTS,
    },
  ],
  rest: { url: "https://dapi.binance.com", usedWeightHeader: "x-mbx-used-weight-1m" },
  connectUrl: (_endpoint, base) => streamUrl(base, "", ""),
  canonical: coinCanonical,
  native: coinNative,
  knownFrames,
  server: makeServer({ streams: FUTURES_STREAMS, futures: true, orderIds: false, inverse: true }, PING_MS),
});
