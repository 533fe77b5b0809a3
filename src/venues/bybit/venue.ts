import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import type { Channel, SocketEndpoint, Venue } from "../../model/index.ts";
import { controlOf } from "./control.ts";
import { metadataOf } from "./instruments.ts";
import { namesOf } from "./names.ts";
import type { Category } from "./names.ts";
import { parse } from "./parse.ts";
import { depthOf, requestsOf } from "./requests.ts";
import { serverOf } from "./server.ts";
import { knownFrames } from "./known-frames.ts";

const CHANNELS: Readonly<Record<Category, readonly Channel[]>> = {
  spot: ["trade", "quote", "book", "ticker"],
  linear: ["trade", "quote", "book", "ticker", "liquidation"],
  inverse: ["trade", "quote", "book", "ticker", "liquidation"],
  // The socket of options takes orderbook.1 and sends nothing for it.
  option: ["trade", "book", "ticker"],
};

function sockets(category: Category): SocketEndpoint[] {
  const base = "wss://stream.bybit.com/v5/public";
  return [
    { name: category, url: `${base}/${category}`, channels: CHANNELS[category] },
    { name: "status", url: `${base}/misc/status`, channels: ["status"] },
  ];
}

/** What differs from one category to the next: its address, its list, its names, and how requests are answered. */
function market(
  category: Category,
  ...coins: string[]
): Pick<
  Venue,
  | "sockets"
  | "instruments"
  | "quoteIsTop"
  | "subscribe"
  | "unsubscribe"
  | "control"
  | "canonical"
  | "native"
  | "server"
> & { bookDepth(wanted: number | undefined): number } {
  const names = namesOf(category);
  return {
    sockets: sockets(category),
    instruments: metadataOf(names, ...coins),
    quoteIsTop: category !== "option",
    bookDepth: (wanted) => depthOf(category, wanted),
    subscribe: requestsOf(names, "subscribe"),
    unsubscribe: requestsOf(names, "unsubscribe"),
    control: controlOf(names),
    canonical: names.canonical,
    native: names.native,
    server: serverOf(names),
  };
}

/** Bybit v5: spot, linear and inverse contracts and options, one category a feed. https://bybit-exchange.github.io/docs/v5/ws/connect */
export const bybit = defineVenue({
  id: "bybit",
  code: VENUE_CODES.bybit,
  title: "Bybit",
  ...market("spot"),
  // Regional sites (bybit.tr, bybit.kz, manepa.jp) have hosts of their own: see ws_url and rest_url of a feed.
  rest: { url: "https://api.bybit.com" },
  headers: {},
  limits: {
    // The topics of one connection may have 21,000 characters; the longest, of options, have about 45.
    streamsPerSocket: 400,
    // No limit is published.
    messages: 100,
    messageWindowMs: 1_000,
    connects: 500,
    connectWindowMs: 300_000,
    // 600 requests in 5 s are allowed, and being above bars the address for ten minutes: a minute is given no more.
    restWeight: 600,
    // A list of 1000 instruments is about 1 MB.
    maxFrame: 16 << 20,
  },
  // Nothing is sent for quiet symbols; the answer to a ping, every 20 s as documented, is proof of life.
  heartbeat: {
    idleMs: 30_000,
    ping: { everyMs: 20_000, text: (id) => JSON.stringify({ req_id: String(id), op: "ping" }) },
  },
  rotateMs: 0,
  // `u` grows by one from frame to frame of a topic.
  book: "contiguous",
  // Spot ids have been seen to grow by one, which is not documented; all others are UUIDs.
  trades: "opaque",
  snapshot: { via: "resubscribe" },
  // Whether removals are sent for levels that leave the depth is not documented.
  keepsDepth: true,

  connectUrl: (_endpoint, base) => base,
  // Frames have the venue's text alone.
  aliases: (symbol) => (symbol.includes(":") ? [symbol.slice(symbol.indexOf(":") + 1)] : []),
  knownFrames,
  parse,
  options: {
    category: {
      spot: {},
      linear: market("linear"),
      inverse: market("inverse"),
      // The venue lists options by coin.
      option: market("option", "BTC", "ETH"),
      option_btc: market("option", "BTC"),
      option_eth: market("option", "ETH"),
      option_sol: market("option", "SOL"),
      option_xrp: market("option", "XRP"),
    },
  },
});
