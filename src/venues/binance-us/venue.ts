import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { history } from "../binance-history.ts";
import { parse } from "../binance-parse.ts";
import { makeServer } from "../binance-server.ts";
import { restSnapshot } from "../binance-snapshot.ts";
import { SPOT_STREAMS, lowerAscii, readControl, requests, streamUrl } from "../binance-streams.ts";
import { readInstruments, spotCanonical, spotNative } from "../binance-symbols.ts";
import { knownFrames } from "./known-frames.ts";

/** Binance.US: an older branch of Binance Spot; its message shapes, but not its limits, weights and times in us. */
export const binanceUs = defineVenue({
  id: "binance-us",
  code: VENUE_CODES["binance-us"],
  title: "Binance.US",
  sockets: [
    {
      name: "stream",
      url: "wss://stream.binance.us:9443",
      channels: ["trade", "agg_trade", "quote", "book", "partial_book", "ticker"],
    },
  ],
  rest: { url: "https://api.binance.us", usedWeightHeader: "x-mbx-used-weight-1m" },
  headers: {},
  limits: {
    streamsPerSocket: 1024,
    messages: 5,
    messageWindowMs: 1_000,
    connects: 300,
    connectWindowMs: 300_000,
    restWeight: 1_200,
    maxFrame: 1 << 20,
  },
  // The venue pings every 3 minutes only and thin books are silent for long: ask ourselves.
  heartbeat: { idleMs: 90_000, ping: { everyMs: 25_000 } },
  rotateMs: 23.5 * 3_600_000,
  book: "contiguous",
  trades: "contiguous",
  snapshot: restSnapshot("/api/v3/depth", 1000, 10),
  history: history({ root: "/api/v3", recent: 1, old: 5, aggregates: 1 }),
  instruments: { requests: [{ path: "/api/v3/exchangeInfo", weight: 10 }], parse: readInstruments },
  quoteIsTop: true,

  connectUrl: (_endpoint, base) => streamUrl(base, "", ""),
  subscribe: (subscriptions, nextId) => requests(SPOT_STREAMS, "SUBSCRIBE", subscriptions, nextId),
  unsubscribe: (subscriptions, nextId) => requests(SPOT_STREAMS, "UNSUBSCRIBE", subscriptions, nextId),
  control: (text) => readControl(SPOT_STREAMS, text),
  canonical: spotCanonical,
  native: spotNative,
  aliases: (symbol) => [lowerAscii(symbol)],
  parse,
  knownFrames,
  server: makeServer({ streams: SPOT_STREAMS, futures: false, orderIds: true }, 180_000),
});
