import { VENUE_CODES, defineVenue } from "../../model/index.ts";
import { control } from "./control.ts";
import { first } from "./first.ts";
import { readDetails } from "./instruments.ts";
import { canonical, lower, native } from "./names.ts";
import { parse } from "./parse.ts";
import { second } from "./second.ts";
import { server } from "./server.ts";
import { subscribe, unsubscribe } from "./streams.ts";
import { knownFrames } from "./known-frames.ts";

/** Gemini, over the WebSocket API of 2026; two archived ones by option. https://developer.gemini.com/websocket/introduction */
export const gemini = defineVenue({
  id: "gemini",
  code: VENUE_CODES.gemini,
  title: "Gemini",
  sockets: [
    {
      name: "market",
      url: "wss://ws.gemini.com",
      channels: ["trade", "quote", "book", "partial_book"],
    },
  ],
  rest: { url: "https://api.gemini.com" },
  headers: {},
  limits: {
    // Not published; a hundred symbols with three channels keep one connection's loss small.
    streamsPerSocket: 300,
    // A weight of 7,000 in ten seconds, by `conninfo`; what a request weighs is not published.
    messages: 1000,
    messageWindowMs: 10_000,
    // By `conninfo` too.
    connects: 300,
    connectWindowMs: 300_000,
    // 120 a minute are allowed, one a second is recommended.
    restWeight: 60,
    maxFrame: 8 << 20,
  },
  // Nothing is sent while a book is idle, and how long the venue tolerates silence is not published: it pings every
  // 20 s, and so do we, a little faster.
  heartbeat: { idleMs: 45_000, ping: { everyMs: 15_000 } },
  rotateMs: 0,
  book: "overlap",
  // REST pages through trades by their ids (`since_tid`): they grow.
  trades: "increasing",
  snapshot: { via: "resubscribe" },
  instruments: { requests: [{ path: "/v1/symbols/details/all", weight: 1 }], parse: readDetails },
  quoteIsTop: true,

  // Without the parameter the first frame of a book is a change like any other.
  connectUrl: (_endpoint, base) => `${base.replace(/\/+$/, "")}/?snapshot=-1`,
  subscribe,
  unsubscribe,
  control,
  canonical,
  native,
  aliases: (symbol) => [lower(symbol)],
  parse,
  knownFrames,
  server,
  // `parse` reads all three, told apart by their frames.
  options: { api: { current: {}, v2: second, v1: first } },
});
