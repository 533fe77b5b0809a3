import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { control } from "./control.ts";
import { history } from "./history.ts";
import { canonical, native, readAssetPairs } from "./instruments.ts";
import { parse } from "./parse.ts";
import { bookDepth, subscribe, unsubscribe } from "./requests.ts";
import { server } from "./server.ts";
import { knownFrames } from "./known-frames.ts";

/** Kraken Spot over WebSocket v2. https://docs.kraken.com/exchange/guides/spot-websocket */
export const kraken = defineVenue({
  id: "kraken",
  code: VENUE_CODES.kraken,
  title: "Kraken Spot",
  sockets: [
    {
      name: "public",
      url: "wss://ws.kraken.com/v2",
      channels: ["trade", "quote", "book", "ticker", "instrument", "status", "heartbeat"],
      // The precisions of the checksum, and changes of a pair's state. It has no symbol filter.
      always: [{ channel: "instrument", symbol: "" }],
    },
  ],
  rest: { url: "https://api.kraken.com" },
  headers: {},
  limits: {
    // No limit is published; a shard of this size keeps one connection's loss small.
    streamsPerSocket: 250,
    // Not published either ("Exceeded msg rate"): one request in 100 ms is known to be safe.
    messages: 10,
    messageWindowMs: 1_000,
    // About 150 attempts in ten minutes before a ban of ten; the official client allows itself 120.
    connects: 120,
    connectWindowMs: 600_000,
    // One public call a second.
    restWeight: 60,
    // The snapshot of all instruments is the largest frame, about 1 MB.
    maxFrame: 16 << 20,
  },
  // Heartbeats come every second once something is subscribed.
  heartbeat: {
    idleMs: 10_000,
    ping: { everyMs: 30_000, text: (id) => JSON.stringify({ method: "ping", req_id: id }) },
  },
  rotateMs: 0,
  book: "checksum",
  trades: "increasing",
  snapshot: { via: "resubscribe" },
  history,
  instruments: { requests: [{ path: "/0/public/AssetPairs", weight: 1 }], parse: readAssetPairs },
  keepsDepth: true,
  bookDepth,
  quoteIsTop: true,

  connectUrl: (_endpoint, base) => base,
  subscribe,
  unsubscribe,
  control,
  canonical,
  native,
  aliases: () => [],
  parse,
  knownFrames,
  server,
});
