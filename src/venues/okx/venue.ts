import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import type { SocketEndpoint } from "../../model/index.ts";
import { control } from "./control.ts";
import { metadataOf } from "./instruments.ts";
import { canonical, native } from "./names.ts";
import type { InstType } from "./names.ts";
import { parse } from "./parse.ts";
import { subscribe, unsubscribe } from "./requests.ts";
import { server } from "./server.ts";
import { restSnapshot } from "./snapshot.ts";

/** The public address; metadata that changes and maintenance are told on every connection. */
function publicSocket(type: InstType): SocketEndpoint {
  return {
    name: "public",
    url: "wss://ws.okx.com:8443/ws/v5/public",
    channels: ["trade", "quote", "book", "partial_book", "ticker", "liquidation", "instrument", "status"],
    always: [
      { channel: "instrument", symbol: type },
      { channel: "status", symbol: "" },
    ],
  };
}

/** What one feed lists: the venue gives metadata by kind, and of options by family. */
function products(
  type: InstType,
  family?: string,
): { sockets: SocketEndpoint[]; instruments: ReturnType<typeof metadataOf> } {
  return { sockets: [publicSocket(type)], instruments: metadataOf(type, family) };
}

/** OKX v5, public channels: spot, perpetuals, dated futures and options. https://www.okx.com/docs-v5/en/#overview-websocket */
export const okx = defineVenue({
  id: "okx",
  code: VENUE_CODES.okx,
  title: "OKX",
  ...products("SPOT"),
  // Regional sites (my.okx.com, app.okx.com) have hosts and instruments of their own: see ws_url and rest_url of a feed.
  rest: { url: "https://www.okx.com" },
  headers: {},
  limits: {
    // No limit is published; a shard of this size keeps one connection's loss small, and its subscribing to a few requests.
    streamsPerSocket: 100,
    // Subscribe and unsubscribe requests together, per connection. Our pings are counted too.
    messages: 480,
    messageWindowMs: 3_600_000,
    connects: 3,
    connectWindowMs: 1_000,
    // 20 requests for metadata and 40 for books are allowed in 2 s; a minute is given no more, as it may come in one burst.
    restWeight: 600,
    // The list of all spot pairs or options is about 1 MB.
    maxFrame: 16 << 20,
  },
  // Nothing pushed for 30 s closes the connection; the text `ping` is answered by `pong`.
  heartbeat: { idleMs: 30_000, ping: { everyMs: 20_000, text: () => "ping" } },
  rotateMs: 0,
  book: "prevLink",
  // An id is that of the last of several fills: they grow by `count`, which is not documented for all products.
  trades: "increasing",
  snapshot: { via: "resubscribe" },
  bookDepth: () => 400,
  quoteIsTop: true,

  connectUrl: (_endpoint, base) => base,
  subscribe,
  unsubscribe,
  control,
  canonical,
  native,
  aliases: () => [],
  parse,
  server,
  options: {
    products: {
      spot: {},
      swap: products("SWAP"),
      futures: products("FUTURES"),
      option_btc: products("OPTION", "BTC-USD"),
      option_eth: products("OPTION", "ETH-USD"),
    },
    // Should the stream send no snapshot any more.
    book_snapshot: { stream: {}, rest: { snapshot: restSnapshot } },
  },
});
