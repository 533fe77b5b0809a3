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
import { encode, envelope } from "./encode.ts";
import { productsBody, unified } from "./instruments.ts";
import { NAMES, channelOf } from "./requests.ts";

/** The venue's side of the wire: its grammar, answers and errors. Every frame but an error takes a number. */
export const server: VenueServer = {
  heartbeatMs: 1000,
  pingMs: 0,
  bookBatchMs: 50,
  request,
  welcome: () => [],
  initial: () => [],
  // Answers have no id: each says everything that is subscribed on the connection.
  accept: (_request, _accepted, connection) => [
    envelope("subscriptions", connection.now(), { subscriptions: active(connection) }, connection),
  ],
  refuse: (_request, refused) => refused.map((one) => error(`${one.symbol} is not a valid product`)),
  failure: (reason) => [error(reason.message)],
  heartbeat,
  encode,
  snapshotBody,
  instrumentsBody: productsBody,
  sendsSnapshot: ({ channel }) => channel === "book" || channel === "quote" || channel === "ticker",
  restError,
};

function error(message: string): string {
  return JSON.stringify({ type: "error", message });
}

/** {"type":"subscribe"|"unsubscribe","channel":"level2","product_ids":["BTC-USD"]} */
function request(text: string): ClientRequest | Error {
  const raw = parseJson(text);
  if (!isObject(raw)) return new Error("failed to parse message as JSON");
  const { type, product_ids: products = [] } = raw;
  if (type !== "subscribe" && type !== "unsubscribe")
    return new Error("type must be subscribe or unsubscribe");
  const channel = channelOf(raw["channel"]);
  if (channel === null) return new Error(`channel ${String(raw["channel"])} is not supported`);
  if (!Array.isArray(products) || !products.every((one) => typeof one === "string"))
    return new Error("product_ids must be a list of product ids");
  if (channel === "heartbeat") return { op: type, id: null, subscriptions: [{ channel, symbol: "" }], raw };
  if (products.length === 0) return new Error("product_ids must not be empty");
  return { op: type, id: null, subscriptions: products.map((symbol) => ({ channel, symbol })), raw };
}

/** {"level2":["BTC-USD"],"heartbeats":["heartbeats"]} of everything that is subscribed. */
function active(connection: ServerConnection): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  for (const { channel, symbol } of connection.active) {
    const name = NAMES[channel];
    if (name !== undefined) (lists[name] ??= []).push(symbol === "" ? name : unified(symbol));
  }
  return lists;
}

/** Once a second where the channel is subscribed. `current_time` is Go's text in part of the frames. */
function heartbeat(connection: ServerConnection): string | null {
  if (!connection.active.some((one: Subscription) => one.channel === "heartbeat")) return null;
  const now = connection.now();
  const current_time = `${isoText(now, 9).slice(0, 29).replace("T", " ")} +0000 UTC`;
  return envelope("heartbeats", now, { current_time, heartbeat_counter: Math.floor(now / 1e6) }, connection);
}

/** Body of product_book: {"pricebook":{"product_id":..,"bids":[{"price":..,"size":..}],"asks":[..],"time":..}}. */
function snapshotBody(event: BookEvent, instrument: Instrument): string {
  const side = (levels: readonly Level[]): object[] =>
    levels.map(([price, size]) => ({
      price: fixed(price, decimalsOf(instrument.tick)),
      size: fixed(size, 0),
    }));
  const time = isoText(event.ts_event ?? event.ts_recv, 6);
  return JSON.stringify({
    pricebook: { product_id: event.symbol, bids: side(event.bids), asks: side(event.asks), time },
  });
}

function restError(status: number): { body: string; headers: Record<string, string> } {
  const [name, message] =
    status === 429
      ? ["RESOURCE_EXHAUSTED", "too many requests"]
      : status >= 500
        ? ["UNAVAILABLE", "service unavailable"]
        : ["NOT_FOUND", "valid product_id is required"];
  return { body: JSON.stringify({ error: name, error_details: message, message }), headers: {} };
}
