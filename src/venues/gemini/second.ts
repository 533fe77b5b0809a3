import type {
  BookEvent,
  ClientRequest,
  Instrument,
  Level,
  MarketEvent,
  Request,
  ServerConnection,
  Subscription,
  TradeEvent,
  Venue,
  VenueServer,
} from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { price, size } from "./encode.ts";
import { server } from "./server.ts";

/**
 * The archived second protocol, as an option: {"type":"subscribe","subscriptions":[{"name":"l2","symbols":["BTCUSD"]}]}.
 * It answers nothing, so that a symbol it does not know shows by silence alone: requests cover nothing, and a book
 * without its first frame is asked for again and again, and never live.
 * https://developer.gemini.com/websocket/archived/v2
 */

const SYMBOLS_PER_REQUEST = 50;

type Names = Readonly<Record<string, readonly string[]>>;

/** Symbols by the venue's name of what is wanted: trades come with the book, marks are a channel of their own. */
function names(subscriptions: readonly Subscription[]): Names {
  const of = (marks: boolean): string[] => {
    const wanted = subscriptions.filter((one) => (one.channel === "ticker") === marks);
    return [...new Set(wanted.map((one) => one.symbol))];
  };
  return { l2: of(false), mark_price: of(true) };
}

function requests(type: string, subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return Object.entries(names(subscriptions)).flatMap(([name, all]) =>
    batches(all).map((symbols): Request => {
      const text = JSON.stringify({ type, subscriptions: [{ name, symbols }] });
      return { id: nextId(), text, covers: [] };
    }),
  );
}

function batches(all: readonly string[]): (readonly string[])[] {
  const count = Math.ceil(all.length / SYMBOLS_PER_REQUEST);
  return Array.from({ length: count }, (_, i) =>
    all.slice(i * SYMBOLS_PER_REQUEST, (i + 1) * SYMBOLS_PER_REQUEST),
  );
}

function request(text: string): ClientRequest | Error {
  const raw = parseJson(text);
  if (!isObject(raw) || !Array.isArray(raw["subscriptions"])) return new Error("MalformedRequest");
  const { type } = raw;
  if (type !== "subscribe" && type !== "unsubscribe") return new Error("MalformedRequest");
  const subscriptions = raw["subscriptions"].filter(isObject).flatMap(subscriptionsOf);
  if (subscriptions.length === 0) return new Error("NoValidTradingPairs");
  return { op: type, id: null, subscriptions, raw };
}

function subscriptionsOf({ name, symbols }: JsonObject): Subscription[] {
  if (!Array.isArray(symbols)) return [];
  const known = symbols.filter((one): one is string => typeof one === "string");
  if (name === "mark_price") return known.map((symbol) => ({ channel: "ticker", symbol }));
  if (name !== "l2") return [];
  return known.flatMap((symbol): Subscription[] => [
    { channel: "book", symbol },
    { channel: "trade", symbol },
  ]);
}

/** The second protocol's frames; its times are milliseconds, and books have none. */
function encode(event: MarketEvent, instrument: Instrument, _: Subscription, at: ServerConnection): string {
  switch (event.type) {
    case "book":
      return book(event, instrument);
    case "trade":
      return trade(event, instrument, at);
    case "ticker": {
      const { mark_price, index_price } = event;
      // Only perpetuals have these; of spot nothing is sent.
      if (mark_price === undefined || index_price === undefined) return "";
      const prices = `"mark_price":"${price(mark_price, instrument)}","spot_index":"${price(index_price, instrument)}"`;
      const time = `${event.ts_event ?? at.now()}000`;
      return `{"changes":[{${prices},"timestamp":${time}}],"symbol":"${event.symbol}","type":"mark_price_updates"}`;
    }
    default:
  }
  throw new RangeError(`expected a trade, book or mark price, saw ${event.type}`);
}

function book(event: BookEvent, instrument: Instrument): string {
  const side = (name: string, levels: readonly Level[]): string[] =>
    levels.map(([at, of]) => `["${name}","${price(at, instrument)}","${size(of, instrument)}"]`);
  const changes = [...side("buy", event.bids), ...side("sell", event.asks)].join(",");
  const whole = event.action === "snapshot" ? `,"trades":[],"auction_events":[]` : "";
  return `{"type":"l2_updates","symbol":"${event.symbol}","changes":[${changes}]${whole}}`;
}

function trade(event: TradeEvent, instrument: Instrument, connection: ServerConnection): string {
  const timestamp = Math.floor((event.ts_event ?? connection.now()) / 1000);
  const ids = `"event_id":${event.id},"timestamp":${timestamp}`;
  const amounts = `"price":"${price(event.price, instrument)}","quantity":"${size(event.size, instrument)}"`;
  const side = event.side ?? "block";
  return `{"type":"trade","symbol":"${event.symbol}",${ids},${amounts},"side":"${side}","tid":${event.id}}`;
}

const secondServer: VenueServer = {
  ...server,
  heartbeatMs: 5000,
  pingMs: 0,
  bookBatchMs: 0,
  request,
  accept: () => [],
  refuse: () => [JSON.stringify({ result: "error", reason: "NoValidTradingPairs" })],
  failure: (error) => [JSON.stringify({ result: "error", reason: error.message })],
  heartbeat: (connection) => `{"type":"heartbeat","timestamp":${Math.floor(connection.now() / 1000)}}`,
  encode,
};

/** What the second protocol changes of the venue. */
export const second: Partial<Venue> = {
  sockets: [
    {
      name: "market",
      url: "wss://api.gemini.com/v2/marketdata",
      channels: ["trade", "book", "ticker"],
    },
  ],
  limits: {
    streamsPerSocket: 300,
    // Not published.
    messages: 10,
    messageWindowMs: 1000,
    // "12 connection requests per minute" of the old documentation.
    connects: 12,
    connectWindowMs: 60_000,
    restWeight: 60,
    maxFrame: 8 << 20,
  },
  // Heartbeats come every 5 s.
  heartbeat: { idleMs: 15_000 },
  // A loss cannot be seen: no book is trusted for longer than a day.
  rotateMs: 24 * 3_600_000,
  book: "none",
  quoteIsTop: false,
  connectUrl: (_endpoint, base) => base,
  subscribe: (subscriptions, nextId) => requests("subscribe", subscriptions, nextId),
  unsubscribe: (subscriptions, nextId) => requests("unsubscribe", subscriptions, nextId),
  server: secondServer,
};
