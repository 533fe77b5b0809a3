import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { history } from "../binance-history.ts";
import { parse } from "../binance-parse.ts";
import { makeServer } from "../binance-server.ts";
import { restSnapshot } from "../binance-snapshot.ts";
import { SPOT_STREAMS, lowerAscii, readControl, requests, streamUrl } from "../binance-streams.ts";
import { readInstruments, spotCanonical, spotNative } from "../binance-symbols.ts";
import { sbe } from "./sbe.ts";
import { knownFrames } from "./known-frames.ts";

/** Binance Spot: JSON market-data streams. Limits and rules: web-socket-streams.md and rest-api.md of its API docs. */
export const binance = defineVenue({
  id: "binance",
  code: VENUE_CODES.binance,
  title: "Binance Spot",
  sockets: [
    {
      name: "stream",
      url: "wss://stream.binance.com:9443",
      channels: ["trade", "agg_trade", "quote", "book", "partial_book", "ticker"],
    },
  ],
  rest: { url: "https://api.binance.com", usedWeightHeader: "x-mbx-used-weight-1m" },
  headers: {},
  limits: {
    streamsPerSocket: 1024,
    messages: 5,
    messageWindowMs: 1_000,
    connects: 300,
    connectWindowMs: 300_000,
    restWeight: 6_000,
    maxFrame: 1 << 20,
  },
  // The venue pings every 20 s, also when the market is silent.
  heartbeat: { idleMs: 60_000 },
  rotateMs: 23.5 * 3_600_000,
  book: "contiguous",
  trades: "contiguous",
  snapshot: restSnapshot("/api/v3/depth", 1000, 50),
  history: history({ root: "/api/v3", recent: 25, old: 25, aggregates: 4 }),
  instruments: { requests: [{ path: "/api/v3/exchangeInfo", weight: 20 }], parse: readInstruments },
  quoteIsTop: true,
  options: { stream: { json: {}, sbe } },

  connectUrl: (_endpoint, base) => streamUrl(base, "", "?timeUnit=MICROSECOND"),
  subscribe: (subscriptions, nextId) => requests(SPOT_STREAMS, "SUBSCRIBE", subscriptions, nextId),
  unsubscribe: (subscriptions, nextId) => requests(SPOT_STREAMS, "UNSUBSCRIBE", subscriptions, nextId),
  control: (text) => readControl(SPOT_STREAMS, text),
  canonical: spotCanonical,
  native: spotNative,
  aliases: (symbol) => [lowerAscii(symbol)],
  parse,
  knownFrames,
  server: makeServer({ streams: SPOT_STREAMS, futures: false, orderIds: false }, 20_000),
});
