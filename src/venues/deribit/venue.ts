import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import type { SocketEndpoint, Venue } from "../../model/index.ts";
import { control } from "./control.ts";
import { fetchedBook } from "./fetched-book.ts";
import { history } from "./history.ts";
import { metadata } from "./instruments.ts";
import { canonical, native } from "./names.ts";
import { parse } from "./parse.ts";
import { HEARTBEAT_SECONDS, subscribe, unsubscribe } from "./requests.ts";
import { server } from "./server.ts";
import { knownFrames } from "./known-frames.ts";

const INSTRUMENT_CHANNELS = ["trade", "quote", "book", "partial_book", "ticker"] as const;

function sockets(name: string): SocketEndpoint[] {
  return [
    {
      name: "public",
      url: `wss://${name}/ws/api/v2`,
      channels: [...INSTRUMENT_CHANNELS, "index", "instrument", "status", "heartbeat"],
      // Without heartbeats a dead connection may go unnoticed; states of instruments are told for all of them.
      always: [
        { channel: "heartbeat", symbol: "" },
        { channel: "status", symbol: "" },
        { channel: "instrument", symbol: "" },
      ],
    },
  ];
}

/** Where a feed is had from. Metadata of the hosts for data alone are those of the main one. */
function at(name: string, rest = "www.deribit.com"): Pick<Venue, "sockets" | "rest"> {
  return { sockets: sockets(name), rest: { url: `https://${rest}` } };
}

/** Deribit: options, futures, perpetuals and spot, JSON-RPC over WebSocket. https://docs.deribit.com */
export const deribit = defineVenue({
  id: "deribit",
  code: VENUE_CODES.deribit,
  title: "Deribit",
  ...at("www.deribit.com"),
  headers: {},
  limits: {
    // The cap that is quoted most often; none is published.
    streamsPerSocket: 500,
    // 500 credits a request of 50,000, 10,000 come back a second; public/subscribe 3,000 of 30,000, and no published
    // rate of return that would bear more than three a second. Who spends too many is cut. One in 400 ms is safe.
    messages: 5,
    messageWindowMs: 2_000,
    // 32 connections of an address may be open; how fast they may be opened is not published.
    connects: 32,
    connectWindowMs: 60_000,
    // One request for instruments a second.
    restWeight: 60,
    // The full book of a perpetual is some hundred kB; the list of all instruments comes over HTTP, about 4 MB.
    maxFrame: 16 << 20,
  },
  // The venue's own heartbeats come every 30 s, data or not.
  heartbeat: { idleMs: 2 * HEARTBEAT_SECONDS * 1000 },
  rotateMs: 0,
  // Each change names the id it follows. The ids themselves have holes.
  book: "prevLink",
  // trade_seq
  trades: "contiguous",
  snapshot: { via: "resubscribe" },
  audit: fetchedBook,
  history,
  instruments: metadata,
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
    host: {
      www: {},
      streams: at("streams.deribit.com"),
      test: at("test.deribit.com", "test.deribit.com"),
      // For accounts that came by way of another exchange.
      drb: at("drb.coinbase.com"),
    },
  },
});
