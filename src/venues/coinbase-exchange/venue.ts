import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { carve } from "./carve.ts";
import { control } from "./control.ts";
import { history } from "./history.ts";
import { canonical, native, readProducts } from "./instruments.ts";
import { parse } from "./parse.ts";
import { subscribe, unsubscribe } from "./requests.ts";
import { server } from "./server.ts";
import { knownFrames } from "./known-frames.ts";

/** Coinbase Exchange, the public feed without a key. https://docs.cdp.coinbase.com/exchange/websocket-feed/overview */
export const coinbaseExchange = defineVenue({
  id: "coinbase-exchange",
  code: VENUE_CODES["coinbase-exchange"],
  title: "Coinbase Exchange",
  sockets: [
    {
      name: "feed",
      url: "wss://ws-feed.exchange.coinbase.com",
      channels: ["trade", "quote", "book", "ticker", "instrument", "heartbeat"],
    },
  ],
  rest: { url: "https://api.exchange.coinbase.com" },
  // The sister API rejects a handshake without one, and REST here asks for one.
  headers: { "User-Agent": "feedhorn" },
  limits: {
    // Not published; a frame that cannot be read makes every book of the connection start again, so few share one.
    streamsPerSocket: 64,
    // Per connection and address.
    messages: 100,
    messageWindowMs: 1_000,
    // Eight requests a second; bursts of twenty are not made use of.
    connects: 8,
    connectWindowMs: 1_000,
    // Ten public requests a second are allowed; only metadata and missed trades are fetched.
    restWeight: 300,
    // The snapshot of BTC-USD is about 1.3 MB.
    maxFrame: 16 << 20,
  },
  // The heartbeat of each product comes every second.
  heartbeat: { idleMs: 5_000 },
  rotateMs: 0,
  book: "none",
  trades: "contiguous",
  snapshot: { via: "resubscribe" },
  history,
  instruments: { requests: [{ path: "/products", weight: 1 }], parse: readProducts },
  // `ticker` is sent on matches only.
  quoteIsTop: false,

  connectUrl: (_endpoint, base) => base,
  subscribe,
  unsubscribe,
  control,
  canonical,
  native,
  aliases: () => [],
  parse,
  carve,
  knownFrames,
  server,
});
