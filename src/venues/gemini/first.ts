import type {
  BookEvent,
  Instrument,
  Level,
  MarketEvent,
  ServerConnection,
  Subscription,
  TradeEvent,
  Venue,
  VenueServer,
} from "../../model/index.ts";
import { price, size } from "./encode.ts";
import { server } from "./server.ts";

/**
 * The archived first protocol, as an option: everything is asked for by the address, and no message is ever sent.
 * Top of book comes from the full book: with `top_of_book` a frame tells of one side only.
 * https://developer.gemini.com/websocket/archived/v1
 */

/** Books and trades of all symbols of a connection; if any of the filters is given, only those given as true are sent. */
function connectUrl(base: string, subscriptions: readonly Subscription[]): string {
  const symbols = [...new Set(subscriptions.map((one) => one.symbol))].join(",");
  const wanted = (channel: string): boolean => subscriptions.some((one) => one.channel === channel);
  const filters = [
    ...(wanted("book") ? ["bids=true", "offers=true"] : []),
    ...(wanted("trade") ? ["trades=true"] : []),
  ];
  return `${base}?${[`symbols=${symbols}`, "heartbeat=true", ...filters].join("&")}`;
}

/** The subscriptions an address stands for. */
function initial(path: string): Subscription[] {
  const query = new Map(
    (path.split("?")[1] ?? "").split("&").map((part) => part.split("=") as [string, string]),
  );
  const symbols = (query.get("symbols") ?? "").split(",").filter((symbol) => symbol !== "");
  const on = (name: string): boolean => query.get(name) === "true";
  const any = ["bids", "offers", "trades", "auctions"].some(on);
  return symbols.flatMap((symbol): Subscription[] => [
    ...(on("bids") || on("offers") || !any ? [{ channel: "book", symbol } as const] : []),
    ...(on("trades") || !any ? [{ channel: "trade", symbol } as const] : []),
  ]);
}

/** A frame with the connection's next number. */
function frame(events: readonly string[], event: MarketEvent, connection: ServerConnection): string {
  const ms = Math.floor((event.ts_event ?? connection.now()) / 1000);
  const time = `"timestamp":${Math.floor(ms / 1000)},"timestampms":${ms}`;
  const number = connection.sequence++;
  return `{"type":"update","eventId":${5_375_461_990 + number},${time},"socket_sequence":${number},"events":[${events.join(",")}]}`;
}

function changes(event: BookEvent, instrument: Instrument): string[] {
  const reason = event.action === "snapshot" ? "initial" : "place";
  const side = (name: string, levels: readonly Level[]): string[] =>
    levels.map(([at, of]) => {
      const amounts = `"price":"${price(at, instrument)}","remaining":"${size(of, instrument)}"`;
      return `{"type":"change","symbol":"${event.symbol}","side":"${name}",${amounts},"delta":"0","reason":"${reason}"}`;
    });
  return [...side("bid", event.bids), ...side("ask", event.asks)];
}

function trade(event: TradeEvent, instrument: Instrument): string {
  const amounts = `"price":"${price(event.price, instrument)}","amount":"${size(event.size, instrument)}"`;
  const maker = event.side === null ? "auction" : event.side === "sell" ? "bid" : "ask";
  return `{"type":"trade","symbol":"${event.symbol}","tid":${event.id},${amounts},"makerSide":"${maker}"}`;
}

function encode(event: MarketEvent, instrument: Instrument, _: Subscription, at: ServerConnection): string {
  if (event.type === "book") return frame(changes(event, instrument), event, at);
  if (event.type === "trade") return frame([trade(event, instrument)], event, at);
  throw new RangeError(`expected a trade or book, saw ${event.type}`);
}

const firstServer: VenueServer = {
  ...server,
  heartbeatMs: 5000,
  pingMs: 0,
  bookBatchMs: 0,
  request: () => new Error("no messages are taken"),
  // What a client says is not answered.
  failure: () => [],
  initial,
  heartbeat: (connection) => `{"type":"heartbeat","socket_sequence":${connection.sequence++}}`,
  encode,
};

/** What the first protocol changes of the venue. */
export const first: Partial<Venue> = {
  sockets: [{ name: "market", url: "wss://api.gemini.com/v1/multimarketdata", channels: ["trade", "book"] }],
  limits: {
    // One lost frame makes every book of the connection stale, so few share one; their names stand in the address.
    streamsPerSocket: 40,
    messages: 10,
    messageWindowMs: 1000,
    connects: 12,
    connectWindowMs: 60_000,
    restWeight: 60,
    maxFrame: 8 << 20,
  },
  heartbeat: { idleMs: 15_000 },
  book: "connectionWide",
  quoteIsTop: false,
  connectUrl: (_endpoint, base, subscriptions = []) => connectUrl(base, subscriptions),
  subscribe: () => [],
  unsubscribe: () => [],
  server: firstServer,
};
