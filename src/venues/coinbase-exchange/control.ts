import type { Control, Subscription } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { readRows } from "./instruments.ts";
import { channelOf } from "./requests.ts";

/** Frames that are no market data: the list of subscriptions, errors, products and their states, heartbeats. */
export function control(text: string): Control[] {
  const frame = parseJson(text);
  if (!isObject(frame)) return [{ type: "unknown" }];
  switch (frame["type"]) {
    case "subscriptions":
      return readList(frame["channels"]);
    case "error":
      return [readError(frame)];
    case "status":
      return readStatus(frame["products"]);
    case "heartbeat":
      return [readHeartbeat(frame)];
    default:
      return [{ type: "unknown" }];
  }
}

/**
 * {"type":"subscriptions","channels":[{"name":"level2_50","product_ids":["BTC-USD"]},{"name":"heartbeat",..}]}
 * .../overview#subscribe. Everything that is active now; a product that is missing was not accepted.
 */
function readList(channels: unknown): Control[] {
  if (!Array.isArray(channels)) return [{ type: "unknown" }];
  const lists = channels.filter(isObject);
  const subscriptions = lists.flatMap(({ name, product_ids }) => readProducts(name, product_ids));
  const active: Control = { type: "active", subscriptions };
  const status = subscriptions.some(({ channel }) => channel === "instrument");
  return status ? [active, { type: "ack", id: null, channel: "instrument" }] : [active];
}

/** The products of `status` are all there are: what its list holds is not documented. */
function readProducts(name: unknown, products: unknown): Subscription[] {
  const channel = channelOf(name);
  if (channel === null) return [];
  if (channel === "instrument") return [{ channel, symbol: "" }];
  const named = Array.isArray(products) ? products.filter((one) => typeof one === "string") : [];
  return named.map((symbol) => ({ channel, symbol }));
}

const NOT_VALID = /^([A-Z0-9]+-[A-Z0-9]+) is not a valid product/i;

/** {"type":"error","message":"Failed to subscribe","reason":"DOGE-XYZ is not a valid product"}: it names no channel. */
function readError({ message, reason }: JsonObject): Control {
  const said = [message, reason].filter((one) => typeof one === "string" && one !== "");
  const text = said.length > 0 ? said.join(": ") : "no reason given";
  const symbol = typeof reason === "string" ? NOT_VALID.exec(reason)?.[1] : undefined;
  return symbol === undefined
    ? { type: "error", reason: text }
    : { type: "refused", id: null, symbol, reason: text };
}

/** {"type":"status","currencies":[..],"products":[{"id":"BTC-USD",..}]} .../channels#status-channel, all there are. */
function readStatus(products: unknown): Control[] {
  if (!Array.isArray(products)) return [{ type: "unknown" }];
  return [{ type: "instruments", instruments: readRows(products), snapshot: true }];
}

/** {"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"BTC-USD","time":".."}, each second. */
function readHeartbeat({ product_id: symbol, last_trade_id: id }: JsonObject): Control {
  if (typeof symbol !== "string" || typeof id !== "number" || !Number.isSafeInteger(id) || id < 0)
    return { type: "unknown" };
  return { type: "last_trade", symbol, id };
}
