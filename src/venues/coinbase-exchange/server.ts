import type {
  BookEvent,
  ClientRequest,
  Instrument,
  Level,
  ServerConnection,
  Subscription,
  VenueServer,
} from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import { decimalsOf, fixed, isoText } from "../writing.ts";
import { encode } from "./encode.ts";
import { historyServer } from "./history.ts";
import { productsBody } from "./instruments.ts";
import { HEARTBEAT, NAMES, channelOf } from "./requests.ts";

/** The venue's side of the wire: its grammar, answers and errors. */
export const server: VenueServer = {
  heartbeatMs: 1000,
  pingMs: 0,
  // What level2_batch is: the changes of 50 ms.
  bookBatchMs: 50,
  request,
  welcome: () => [],
  initial: () => [],
  // Answers have no id: each says everything that is subscribed on the connection.
  accept: (_request, _accepted, connection) => [
    JSON.stringify({ type: "subscriptions", channels: active(connection) }),
  ],
  refuse: (_request, refused) =>
    refused.map((one) => error("Failed to subscribe", `${one.symbol} is not a valid product`)),
  failure: (reason) => [error("Failed to subscribe", reason.message)],
  heartbeat: () => null,
  heartbeats: (connection) => products(connection).map((product) => heartbeat(product, connection)),
  encode,
  snapshotBody,
  instrumentsBody: productsBody,
  history: historyServer,
  sendsSnapshot: ({ channel }) => channel === "book" || channel === "quote" || channel === "ticker",
  restError,
};

function error(message: string, reason: string): string {
  return JSON.stringify({ type: "error", message, reason });
}

/** {"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2_batch",{"name":"ticker","product_ids":["ETH-USD"]}]} */
function request(text: string): ClientRequest | Error {
  const raw = parseJson(text);
  if (!isObject(raw)) return new Error("Malformed JSON");
  const { type, channels } = raw;
  if (type !== "subscribe" && type !== "unsubscribe") return new Error("Type is invalid");
  if (!Array.isArray(channels) || channels.length === 0) return new Error("channels must not be empty");
  const lists = channels.map((one) => listed(one, raw["product_ids"]));
  const wrong = lists.find((one) => one instanceof Error);
  if (wrong !== undefined) return wrong;
  const all = (lists as Subscription[][]).flat();
  // Heartbeats of what is subscribed otherwise are not subscriptions of their own.
  const others = all.filter(({ channel }) => channel !== "heartbeat");
  return { op: type, id: null, subscriptions: others.length > 0 ? others : all, raw };
}

/** The subscriptions of one entry of `channels`, with the products of the whole message where it has none. */
function listed(entry: unknown, common: unknown): Subscription[] | Error {
  const { name, product_ids = common }: { name?: unknown; product_ids?: unknown } = isObject(entry)
    ? entry
    : { name: entry };
  const channel = channelOf(name);
  if (channel === null) return new Error(`${String(name)} is not a valid channel`);
  if (channel === "instrument") return [{ channel, symbol: "" }];
  if (!Array.isArray(product_ids) || product_ids.length === 0)
    return new Error(`${String(name)} channel requires product_ids`);
  if (!product_ids.every((one) => typeof one === "string")) return new Error("product_ids must be strings");
  return product_ids.map((symbol) => ({ channel, symbol }));
}

/** Products with a heartbeat: all that are subscribed. */
function products(connection: ServerConnection): string[] {
  return [...new Set(connection.active.map(({ symbol }) => symbol))].filter((symbol) => symbol !== "");
}

/** Everything that is subscribed. level2_batch is answered as level2_50. */
function active(connection: ServerConnection): { name: string; product_ids: string[] }[] {
  const lists = new Map<string, string[]>();
  for (const { channel, symbol } of connection.active) {
    if (channel === "heartbeat") continue;
    const name = channel === "book" ? "level2_50" : NAMES[channel]!;
    lists.set(name, [...(lists.get(name) ?? []), symbol]);
  }
  const alive = products(connection);
  if (alive.length > 0) lists.set(HEARTBEAT, alive);
  return Array.from(lists, ([name, product_ids]) => ({ name, product_ids }));
}

function heartbeat(product_id: string, connection: ServerConnection): string {
  return JSON.stringify({
    type: "heartbeat",
    last_trade_id: connection.lastTrade?.(product_id) ?? 0,
    product_id,
    sequence: connection.sequence++,
    time: isoText(connection.now(), 6),
  });
}

/** Body of /products/<id>/book?level=2: {"bids":[[price,size,orders]],"asks":[..],"sequence":..,"time":..}. */
function snapshotBody(event: BookEvent, instrument: Instrument): string {
  const side = (levels: readonly Level[]): (string | number)[][] =>
    levels.map(([price, size]) => [fixed(price, decimalsOf(instrument.tick)), fixed(size, 0), 1]);
  const time = isoText(event.ts_event ?? event.ts_recv, 6);
  return JSON.stringify({
    bids: side(event.bids),
    asks: side(event.asks),
    sequence: Number(event.seq ?? 0),
    auction_mode: false,
    auction: null,
    time,
  });
}

function restError(status: number): { body: string; headers: Record<string, string> } {
  const message =
    status === 429 ? "Public rate limit exceeded" : status >= 500 ? "Internal server error" : "NotFound";
  return { body: JSON.stringify({ message }), headers: {} };
}
