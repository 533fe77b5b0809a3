import type { Channel, Control, Request, Subscription } from "../model/index.ts";
import { statusOf } from "./binance-symbols.ts";
import { isObject, parseJson } from "./kit.ts";
import type { JsonObject } from "./kit.ts";

/**
 * Stream names and the JSON that asks for them (spot 3, the same for every product of Binance):
 * {"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":7}, answered by {"result":null,"id":7}.
 */

/**
 * A product's streams: the part of the name behind the symbol. `#` stands for the levels of a partial book; a name that
 * begins with ! is whole, and of all symbols.
 */
export type Streams = Readonly<Partial<Record<Channel, string>>>;

export const SPOT_STREAMS: Streams = {
  trade: "trade",
  agg_trade: "aggTrade",
  quote: "bookTicker",
  book: "depth@100ms",
  partial_book: "depth#@100ms",
  ticker: "ticker",
};

export const FUTURES_STREAMS: Streams = {
  ...SPOT_STREAMS,
  ticker: "markPrice@1s",
  liquidation: "forceOrder",
  instrument: "!contractInfo",
};

/** Levels a partial book stream can have. */
const DEPTHS = [5, 10, 20];
const DEFAULT_DEPTH = 20;
/** Names in one SUBSCRIBE: frames stay small, and one refused name takes few others with it. */
export const NAMES_PER_REQUEST = 200;

/** Upper case for ASCII letters only: symbols can hold others since late 2025, and those have one case. */
export function upperAscii(text: string): string {
  return text.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The smallest partial book with at least `depth` levels, or the largest there is. */
export function partialDepth(depth = DEFAULT_DEPTH): number {
  return DEPTHS.find((one) => one >= depth) ?? DEFAULT_DEPTH;
}

/** Name of a subscription's stream; throws RangeError for a channel the product does not have. */
export function streamName(streams: Streams, subscription: Subscription): string {
  const { channel, symbol, depth } = subscription;
  const form = streams[channel];
  if (form === undefined) {
    const known = Object.keys(streams).join(", ");
    throw new RangeError(`expected a channel out of ${known}; saw ${channel}`);
  }
  return form.startsWith("!")
    ? form
    : `${lowerAscii(symbol)}@${form.replace("#", String(partialDepth(depth)))}`;
}

/** The subscription a stream's name stands for, or null. */
export function subscriptionOf(streams: Streams, name: string): Subscription | null {
  const cut = name.indexOf("@");
  if (cut <= 0) return wholeStream(streams, name);
  const symbol = upperAscii(name.slice(0, cut));
  const form = name.slice(cut + 1);
  for (const [channel, known] of Object.entries(streams) as [Channel, string][]) {
    const depth = known.includes("#")
      ? DEPTHS.find((one) => known.replace("#", String(one)) === form)
      : undefined;
    if (known === form && !/[#!]/.test(known)) return { channel, symbol };
    if (depth !== undefined) return { channel, symbol, depth };
  }
  return null;
}

function wholeStream(streams: Streams, name: string): Subscription | null {
  const whole = Object.entries(streams).find(([, form]) => form === name && name.startsWith("!"));
  return whole === undefined ? null : { channel: whole[0] as Channel, symbol: "" };
}

export type Method = "SUBSCRIBE" | "UNSUBSCRIBE";

/** Requests for all of `subscriptions`, at most {@link NAMES_PER_REQUEST} each. */
export function requests(
  streams: Streams,
  method: Method,
  subscriptions: readonly Subscription[],
  nextId: () => number,
): Request[] {
  const made: Request[] = [];
  for (let i = 0; i < subscriptions.length; i += NAMES_PER_REQUEST) {
    const covers = subscriptions.slice(i, i + NAMES_PER_REQUEST);
    const id = nextId();
    const params = covers.map((one) => streamName(streams, one));
    made.push({ id, text: JSON.stringify({ method, params, id }), covers });
  }
  return made;
}

/**
 * Reads acks, lists, errors, the shutdown notice and the state of contracts; never throws. `family` is that of the
 * product's contracts (st of futures frames): since 2026-06 streams of all symbols carry those of the other, too.
 */
export function readControl(streams: Streams, text: string, family = 0): Control[] {
  const frame = parseJson(text);
  if (!isObject(frame)) return [{ type: "unknown" }];
  const event = isObject(frame["data"]) ? frame["data"] : frame;
  // {"e":"serverShutdown","E":1779955200123}, also wrapped with "stream":"!serverShutdown" (spot 2)
  if (event["e"] === "serverShutdown") return [{ type: "shutdown", reason: "serverShutdown" }];
  if (event["e"] === "contractInfo") return contractState(event, family);
  const id = Number.isSafeInteger(frame["id"]) ? (frame["id"] as number) : null;
  // {"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":9} or {"code":2,"msg":"..","id":9}
  const error = isObject(frame["error"]) ? frame["error"] : frame;
  if (error["code"] !== undefined) return [refusal(id, error["code"], error["msg"])];
  if (!("result" in frame)) return [{ type: "unknown" }];
  const result = frame["result"];
  // {"result":["btcusdt@trade"],"id":3} answers LIST_SUBSCRIPTIONS; null, true and false answer the rest.
  return Array.isArray(result)
    ? [{ type: "active", subscriptions: listed(streams, result) }]
    : [{ type: "ack", id }];
}

/**
 * {"e":"contractInfo","E":1779955202000,"s":"BTCUSDT","ps":"BTCUSDT","ct":"PERPETUAL","dt":4133404800000,
 * "ot":1569398400000,"cs":"TRADING","st":1}, some with "bks": leverage brackets (futures 1.1 !contractInfo)
 */
function contractState({ s: symbol, cs, st }: JsonObject, family: number): Control[] {
  if (typeof symbol !== "string" || typeof cs !== "string") return [{ type: "unknown" }];
  if (st !== undefined && st !== family) return [];
  return [{ type: "instrument_state", symbol, state: statusOf(cs) }];
}

function refusal(id: number | null, code: unknown, message: unknown): Control {
  const reason = `${typeof message === "string" ? message : "refused"} (code ${String(code)})`;
  return id === null ? { type: "error", reason } : { type: "refused", id, reason };
}

function listed(streams: Streams, names: readonly unknown[]): Subscription[] {
  return names.flatMap((name) => (typeof name === "string" ? (subscriptionOf(streams, name) ?? []) : []));
}

/** `wss://host` + `/stream`, with the endpoint's own folder where the address does not already end with it. */
export function streamUrl(base: string, folder: string, query: string): string {
  const root = base.replace(/\/+$/, "").replace(/\/(stream|ws)$/, "");
  return `${folder === "" || root.endsWith(folder) ? root : root + folder}/stream${query}`;
}
