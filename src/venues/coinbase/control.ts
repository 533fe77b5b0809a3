import type { Control, Subscription } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import { unified } from "./instruments.ts";
import { channelOf } from "./requests.ts";

/** Frames that are no market data: the list of subscriptions, and errors. */
export function control(text: string): Control[] {
  const frame = parseJson(text);
  if (!isObject(frame)) return [{ type: "unknown" }];
  // {"type":"error","message":"authentication failure"}: names neither channel nor product.
  if (frame["type"] === "error")
    return [{ type: "error", reason: String(frame["message"] ?? "no reason given") }];
  if (frame["channel"] !== "subscriptions" || !Array.isArray(frame["events"])) return [{ type: "unknown" }];
  return frame["events"].filter(isObject).map((event) => readList(event["subscriptions"]));
}

/**
 * {"channel":"subscriptions","client_id":"","timestamp":"2026-05-28T08:00:00.123456789Z","sequence_num":1,
 *  "events":[{"subscriptions":{"level2":["BTC-USD","ETH-USD"],"heartbeats":["heartbeats"]}}]}
 * .../websocket-overview. Everything that is active now; a product that is missing was not accepted.
 */
function readList(lists: unknown): Control {
  if (!isObject(lists)) return { type: "unknown" };
  const subscriptions = Object.entries(lists).flatMap(([name, products]) =>
    Array.isArray(products) ? readProducts(name, products) : [],
  );
  return { type: "active", subscriptions };
}

/** What is active as BTC-USD is active as BTC-USDC too, should that be the name it was asked for by. */
function readProducts(name: string, products: readonly unknown[]): Subscription[] {
  const channel = channelOf(name);
  if (channel === null) return [];
  // What the list holds for heartbeats, which have no product, is not documented.
  if (channel === "heartbeat") return [{ channel, symbol: "" }];
  return products
    .flatMap((product) => (typeof product === "string" ? [product, ...otherNames(product)] : []))
    .map((symbol) => ({ channel, symbol }));
}

function otherNames(product: string): string[] {
  const twin = `${product}C`;
  return product.endsWith("-USD") && unified(twin) === product ? [twin] : [];
}
