import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { carve } from "./carve.ts";
import { control } from "./control.ts";
import { aliases, canonical, native, readProducts } from "./instruments.ts";
import { parse, parseTakerSide } from "./parse.ts";
import { subscribe, unsubscribe } from "./requests.ts";
import { server } from "./server.ts";
import { knownFrames } from "./known-frames.ts";

/** Coinbase Advanced Trade, public channels without a key. https://docs.cdp.coinbase.com/coinbase-app/advanced-trade-apis/websocket */
export const coinbase = defineVenue({
  id: "coinbase",
  code: VENUE_CODES.coinbase,
  title: "Coinbase Advanced Trade",
  sockets: [
    {
      name: "market",
      url: "wss://advanced-trade-ws.coinbase.com",
      channels: ["trade", "quote", "book", "ticker", "heartbeat"],
      // Without it a quiet connection is closed after 60 to 90 s.
      always: [{ channel: "heartbeat", symbol: "" }],
    },
  ],
  rest: { url: "https://api.coinbase.com/api/v3/brokerage" },
  // A handshake without one is rejected.
  headers: { "User-Agent": "feedhorn" },
  limits: {
    // One lost frame makes every book of the connection stale, so few share one.
    streamsPerSocket: 32,
    messages: 8,
    messageWindowMs: 1_000,
    connects: 8,
    connectWindowMs: 1_000,
    restWeight: 300,
    // The level2 snapshot of BTC-USD is about 5 MB.
    maxFrame: 32 << 20,
  },
  // Heartbeats come every second.
  heartbeat: { idleMs: 5_000 },
  rotateMs: 0,
  book: "connectionWide",
  trades: "contiguous",
  snapshot: { via: "resubscribe" },
  instruments: { requests: [{ path: "/market/products", weight: 1 }], parse: readProducts },
  // `ticker` is sent on trades only.
  quoteIsTop: false,

  connectUrl: (_endpoint, base) => base,
  subscribe,
  unsubscribe,
  control,
  canonical,
  native,
  aliases,
  parse,
  carve,
  knownFrames,
  server,
  // Sources conflict on whose side market_trades names; the maker's is what captures of the sister feed confirm.
  options: { market_trades_side: { maker: {}, taker: { parse: parseTakerSide } } },
});
