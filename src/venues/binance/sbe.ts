import type { Venue } from "../../model/index.ts";
import { makeServer } from "../binance-server.ts";
import { readControl, requests, streamUrl } from "../binance-streams.ts";
import type { Streams } from "../binance-streams.ts";
import { encodeSbe } from "./sbe-encode.ts";
import { parseSbe } from "./sbe-parse.ts";

/** Streams in binary form: no aggregated trades, one depth of the partial book, changes of a book every 20 ms. */
const SBE_STREAMS: Streams = {
  trade: "trade",
  quote: "bestBidAsk",
  book: "depth",
  partial_book: "depth20",
};

/** Since 2026-08-04; it was 100 ms a year before, so nothing but the simulator goes by it. */
const DEPTH_MS = 20;

const server = makeServer({ streams: SBE_STREAMS, futures: false, orderIds: false }, 20_000);

/**
 * What the SBE streams change of Binance Spot (sbe-market-data-streams.md of its API docs): requests and answers stay
 * JSON, market data are binary, and the upgrade carries an API key. REST, ids and the rules of books are the same.
 */
export const sbe: Partial<Venue> = {
  title: "Binance Spot, SBE",
  sockets: [
    {
      name: "stream",
      url: "wss://stream-sbe.binance.com:9443",
      channels: ["trade", "quote", "book", "partial_book"],
    },
  ],
  // The key's kind is checked by the venue alone: HMAC and RSA keys look alike and are refused.
  apiKey: { header: "X-MBX-APIKEY", kind: "Ed25519 API key" },
  connectUrl: (_endpoint, base) => streamUrl(base, "", ""),
  subscribe: (subscriptions, nextId) => requests(SBE_STREAMS, "SUBSCRIBE", subscriptions, nextId),
  unsubscribe: (subscriptions, nextId) => requests(SBE_STREAMS, "UNSUBSCRIBE", subscriptions, nextId),
  control: (text) => readControl(SBE_STREAMS, text),
  parse: parseSbe,
  server: {
    ...server,
    bookBatchMs: DEPTH_MS,
    encodeBinary: (event, instrument, _subscription, connection) => encodeSbe(event, instrument, connection),
  },
};
