import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import type { SocketEndpoint, Venue } from "../../model/index.ts";
import { control } from "./control.ts";
import { metadataOf } from "./instruments.ts";
import { PRODUCTS, canonical, native } from "./names.ts";
import { parse } from "./parse.ts";
import { V2, V3 } from "./protocol.ts";
import type { Protocol } from "./protocol.ts";
import { requestsOf } from "./requests.ts";
import { serverOf } from "./server.ts";
import { knownFrames } from "./known-frames.ts";

const CHANNELS = ["trade", "quote", "book", "partial_book", "ticker"] as const;
const SOCKETS: Readonly<Record<Protocol["api"], SocketEndpoint>> = {
  v3: { name: "public", url: "wss://ws.bitget.com/v3/ws/public", channels: [...CHANNELS, "liquidation"] },
  v2: { name: "public", url: "wss://ws.bitget.com/v2/ws/public", channels: CHANNELS },
};

/** What a protocol changes. `parse` and `control` read both, told apart by their frames. */
function protocolOf(protocol: Protocol): Pick<Venue, "sockets" | "subscribe" | "unsubscribe" | "server"> {
  return { sockets: [SOCKETS[protocol.api]], ...requestsOf(protocol), server: serverOf(protocol) };
}

/**
 * Bitget, spot and futures: v3, the protocol of unified accounts, which needs none for public data; v2 by option.
 * https://www.bitget.com/api-doc/uta/websocket, https://www.bitget.com/api-doc/common/websocket-intro
 */
export const bitget = defineVenue({
  id: "bitget",
  code: VENUE_CODES.bitget,
  title: "Bitget",
  ...protocolOf(V3),
  rest: { url: "https://api.bitget.com" },
  headers: {},
  limits: {
    // 1000 are allowed, 50 are recommended.
    streamsPerSocket: 50,
    // More close the connection, and often more ban the address.
    messages: 10,
    messageWindowMs: 1_000,
    // Requests to subscribe and unsubscribe have a second limit, by the hour.
    windows: [{ count: 240, ms: 3_600_000 }],
    // Pings are among the ten a second, not among the 240: one in 20 s fits into what is not planned for.
    pingsCount: false,
    connects: 300,
    connectWindowMs: 300_000,
    // 6000 a minute and address over all; most addresses of market data allow 20 a second.
    restWeight: 1200,
    // 1000 levels a side are about 50 KB.
    maxFrame: 4 << 20,
  },
  // The text `ping` is answered by `pong`; data of the venue does not stand for it, and older texts say to send one in
  // 30 s at least. The venue closes after 2 min without.
  heartbeat: { idleMs: 45_000, ping: { everyMs: 20_000, text: () => "ping" } },
  // The venue closes every connection after 24 h.
  rotateMs: 23 * 3_600_000,
  book: "prevLink",
  // By what was recorded, ids grow with time and are far apart.
  trades: "increasing",
  snapshot: { via: "resubscribe" },
  instruments: metadataOf(...PRODUCTS),
  quoteIsTop: true,

  connectUrl: (_endpoint, base) => base,
  control,
  canonical,
  native,
  aliases: () => [],
  knownFrames,
  parse,
  options: {
    api: { v3: {}, v2: protocolOf(V2) },
    // Which instruments a feed knows by metadata: the venue gives them by product.
    products: {
      all: {},
      spot: { instruments: metadataOf("SPOT") },
      "usdt-futures": { instruments: metadataOf("USDT-FUTURES") },
      "coin-futures": { instruments: metadataOf("COIN-FUTURES") },
      "usdc-futures": { instruments: metadataOf("USDC-FUTURES") },
    },
  },
});
