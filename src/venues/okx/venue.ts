import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import type { SocketEndpoint, Venue } from "../../model/index.ts";
import { control } from "./control.ts";
import { metadataOf } from "./instruments.ts";
import type { Product } from "./instruments.ts";
import { canonical, native } from "./names.ts";
import { parse } from "./parse.ts";
import { subscribe, unsubscribe } from "./requests.ts";
import { server } from "./server.ts";
import { restSnapshot } from "./snapshot.ts";
import { knownFrames } from "./known-frames.ts";

/** What a feed lists: its metadata over REST, and on every connection what changes of it, and maintenance. */
function listing(...products: Product[]): Pick<Venue, "sockets" | "instruments"> {
  const types = [...new Set(products.map((product) => product.split(" ")[0]!))];
  const socket: SocketEndpoint = {
    name: "public",
    url: "wss://ws.okx.com:8443/ws/v5/public",
    channels: ["trade", "quote", "book", "partial_book", "ticker", "liquidation", "instrument", "status"],
    always: [
      ...types.map((type) => ({ channel: "instrument", symbol: type }) as const),
      { channel: "status", symbol: "" },
    ],
  };
  return { sockets: [socket], instruments: metadataOf(products) };
}

/** OKX v5, public channels: spot, perpetuals, dated futures and options. https://www.okx.com/docs-v5/en/#overview-websocket */
export const okx = defineVenue({
  id: "okx",
  code: VENUE_CODES.okx,
  title: "OKX",
  ...listing("SPOT", "SWAP", "FUTURES"),
  // Regional sites (my.okx.com, app.okx.com) have hosts and instruments of their own: see ws_url and rest_url of a feed.
  rest: { url: "https://www.okx.com" },
  headers: {},
  limits: {
    // No limit is published; a shard of this size keeps one connection's loss small, and its subscribing to a few requests.
    streamsPerSocket: 100,
    // Subscribe and unsubscribe requests together, per connection.
    messages: 480,
    messageWindowMs: 3_600_000,
    // "480 operations" are those that subscribe, unsubscribe and log in; a text ping is none of them.
    pingsCount: false,
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
  audit: restSnapshot,
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
  knownFrames,
  server,
  options: {
    // Options are left out unless asked for: they are thousands, and their metadata is given by family.
    products: {
      no_options: {},
      all: listing("SPOT", "SWAP", "FUTURES", "OPTION BTC-USD", "OPTION ETH-USD"),
      spot: listing("SPOT"),
      swap: listing("SWAP"),
      futures: listing("FUTURES"),
      option: listing("OPTION BTC-USD", "OPTION ETH-USD"),
      option_btc: listing("OPTION BTC-USD"),
      option_eth: listing("OPTION ETH-USD"),
    },
    // Should the stream send no snapshot any more.
    book_snapshot: { stream: {}, rest: { snapshot: restSnapshot } },
  },
});
