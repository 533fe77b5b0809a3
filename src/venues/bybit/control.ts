import type { Control, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import type { Category, Names } from "./names.ts";
import { subscriptionOf } from "./requests.ts";

/** Frames of a category that are no market data: answers, refusals, maintenance. */
export function controlOf(names: Names): (text: string) => Control[] {
  return (text) => {
    const frame = parseJson(text);
    if (!isObject(frame)) return [{ type: "unknown" }];
    if (frame["topic"] === "system.status") return readStatus(frame["data"], names.category);
    if (frame["type"] === "COMMAND_RESP") return readLists(frame, names);
    return [readAnswer(frame, names)];
  };
}

/** Our ids are numbers, echoed as texts. */
function idOf({ req_id: id }: JsonObject): number | null {
  return typeof id === "string" && /^\d{1,15}$/.test(id) ? Number(id) : null;
}

/**
 * {"success":true,"ret_msg":"subscribe","conn_id":"..","req_id":"17","op":"subscribe"}, `ret_msg` "" of contracts. One for
 * each request. {"success":false,"ret_msg":"error:handler not found,topic:orderbook.77.BTCUSDT",..} refuses all of it.
 */
function readAnswer(frame: JsonObject, names: Names): Control {
  const { success, op } = frame;
  const id = idOf(frame);
  if (success === false) return readRefusal(frame, id, names);
  if (op === "ping" || op === "pong") return { type: "pong", id };
  const asked = op === "subscribe" || op === "unsubscribe";
  return success === true && asked ? { type: "ack", id } : { type: "unknown" };
}

/** `topic:orderbook.77.BTCUSDT`, `Invalid symbol :[tickers.NOPE]`: where a text names what was asked for. */
const NAMED = /(?:topic|symbol) ?: ?\[?([\w.:-]+)/;

/** A symbol's topics were asked for together, and none of them comes: the symbol is named, not the channel. */
function readRefusal({ ret_msg: text }: JsonObject, id: number | null, names: Names): Control {
  const reason = typeof text === "string" && text !== "" ? text : "no reason given";
  const topic = NAMED.exec(reason)?.[1];
  if (topic === undefined && id === null) return { type: "error", reason };
  const named = topic === undefined ? null : subscriptionOf(names, topic);
  if (named === null) {
    const text_ = topic?.split(".").at(-1);
    return text_ === undefined
      ? { type: "refused", id, reason }
      : { type: "refused", id, symbol: names.symbol(text_), reason };
  }
  const { channel, symbol } = named;
  return symbol === "" ? { type: "refused", id, channel, reason } : { type: "refused", id, symbol, reason };
}

/**
 * {"success":true,"conn_id":"..","data":{"failTopics":[],"successTopics":["tickers.BTC-25DEC26-100000-C-USDT"]},
 *  "type":"COMMAND_RESP"}: options. It has no id; topics that will never send anything have been seen among the successes.
 */
function readLists({ data, ret_msg: text }: JsonObject, names: Names): Control[] {
  if (!isObject(data)) return [{ type: "unknown" }];
  const topics = (list: unknown): string[] =>
    Array.isArray(list) ? list.filter((one) => typeof one === "string") : [];
  const told = (topic: string): { channel?: "trade"; symbol?: string } => {
    const named = subscriptionOf(names, topic);
    if (named === null) return { symbol: names.symbol(topic) };
    const { channel, symbol } = named;
    return { channel, ...(symbol === "" ? {} : { symbol }) } as { channel: "trade" };
  };
  const reason = typeof text === "string" && text !== "" ? text : "among failTopics";
  return [
    ...topics(data["successTopics"]).map((topic): Control => ({ type: "ack", id: null, ...told(topic) })),
    ...topics(data["failTopics"]).map((topic): Control => ({
      type: "refused",
      id: null,
      ...told(topic),
      reason: `${reason}: ${topic}`,
    })),
  ];
}

/** States of a maintenance, and what trades meanwhile. What is scheduled still trades. */
const MAINTENANCE: Readonly<Record<string, InstrumentStatus>> = {
  scheduled: "trading",
  ongoing: "halted",
  completed: "trading",
  canceled: "trading",
};

/** Numbers of products: 1 futures, 2 spot, 3 options. .../enum#product */
const PRODUCTS: Readonly<Record<Category, number>> = { spot: 2, linear: 1, inverse: 1, option: 3 };

/**
 * {"topic":"system.status","ts":1751858399649,"data":[{"id":"4d95b2a0-587f-11f0-bcc9-56f28c94d6ea","title":"t06",
 *  "state":"completed","begin":"1751596902000","end":"1751597011000","href":"","serviceTypes":[2,3,4,5],
 *  "product":[1,2],"uidSuffix":[],"maintainType":1,"env":1}]}
 * https://bybit-exchange.github.io/docs/v5/websocket/system/system-status. Maintenance of other products halts nothing.
 */
function readStatus(data: unknown, category: Category): Control[] {
  if (!Array.isArray(data)) return [{ type: "unknown" }];
  return data.filter(isObject).map(({ title, state, product }): Control => {
    const word = String(state);
    const detail = `maintenance ${word}: ${String(title)}`;
    const ours = !Array.isArray(product) || product.length === 0 || product.includes(PRODUCTS[category]);
    return { type: "venue_status", state: ours ? (MAINTENANCE[word] ?? "unknown") : "trading", detail };
  });
}
