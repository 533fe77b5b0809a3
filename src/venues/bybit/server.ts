import { plainText } from "../../model/index.ts";
import type { BookEvent, ClientRequest, Level, Subscription, VenueServer } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import { encodeOf } from "./encode.ts";
import { instrumentsBody } from "./instruments.ts";
import { textOf } from "./names.ts";
import type { Names } from "./names.ts";
import { subscriptionOf, topicOf } from "./requests.ts";

/** The venue's side of a category's wire: its grammar, answers and errors. It sends no heartbeats; it answers pings. */
export function serverOf(names: Names): VenueServer {
  return {
    heartbeatMs: 0,
    pingMs: 0,
    bookBatchMs: 20,
    request: (text) => request(text, names),
    welcome: () => [],
    initial: () => [],
    accept: (from, accepted) => accept(from, accepted, names),
    refuse: (from, refused) => refuse(from, refused, names),
    failure: (error) => [answer(null, "", false, error.message)],
    heartbeat: () => null,
    encode: encodeOf(names),
    snapshotBody,
    instrumentsBody: (instruments, path) => instrumentsBody(instruments, names, path),
    sendsSnapshot: ({ channel }) => channel === "book" || channel === "quote" || channel === "ticker",
    restError,
  };
}

const CONNECTION = "d9avsh3fo0jvsls9d82g-5m9jh";

function answer(id: ClientRequest["id"], op: string, success: boolean, ret_msg: string): string {
  return JSON.stringify({ success, ret_msg, conn_id: CONNECTION, req_id: String(id ?? ""), op });
}

/** {"req_id":"17","op":"subscribe","args":["orderbook.50.BTCUSDT"]}, {"req_id":"18","op":"ping"}; the id may be absent. */
function request(text: string, names: Names): ClientRequest | Error {
  const raw = parseJson(text);
  if (!isObject(raw)) return new Error("error:json parse failed");
  const { req_id: id = null, op, args } = raw;
  if (id !== null && typeof id !== "string" && typeof id !== "number")
    return new Error("error:req_id must be a text");
  if (op === "ping") return { op, id, subscriptions: [], raw };
  if ((op !== "subscribe" && op !== "unsubscribe") || !Array.isArray(args))
    return new Error("Request not supported");
  const topics = args.filter((one) => typeof one === "string");
  if (topics.length === 0 || topics.length !== args.length) return new Error("error:args must be topics");
  if (names.category === "spot" && topics.length > 10) return new Error("args size >10");
  const wanted = topics.map((topic) => subscriptionOf(names, topic));
  const unknown = wanted.indexOf(null);
  if (unknown >= 0) return new Error(`error:handler not found,topic:${topics[unknown]}`);
  return { op, id, subscriptions: wanted as Subscription[], raw };
}

/** The topics of a request. */
function topicsOf({ raw }: ClientRequest): string[] {
  return isObject(raw) && Array.isArray(raw["args"]) ? raw["args"].map(String) : [];
}

/** Options are answered by two lists; in one of them with the other empty, as accepted and refused parts come apart. */
function lists(success: string[], fail: string[]): string {
  const data = { failTopics: fail, successTopics: success };
  return JSON.stringify({ success: fail.length === 0, conn_id: CONNECTION, data, type: "COMMAND_RESP" });
}

function accept(from: ClientRequest, accepted: readonly Subscription[], names: Names): string[] {
  const { id, op } = from;
  const option = names.category === "option";
  if (op === "ping")
    return [option ? JSON.stringify({ args: ["1787644800846"], op: "pong" }) : answer(id, op, true, "pong")];
  if (option) {
    const topics = new Set(accepted.map((one) => topicOf(names, one)));
    return [
      lists(
        topicsOf(from).filter((one) => topics.has(one) || one.startsWith("publicTrade.")),
        [],
      ),
    ];
  }
  // A request with a topic that there is not fails as a whole: its refusal follows.
  if (op === "subscribe" && accepted.length < from.subscriptions.length) return [];
  return [answer(id, op, true, names.category === "spot" ? op : "")];
}

function refuse(from: ClientRequest, refused: readonly Subscription[], names: Names): string[] {
  const topics = refused.map((one) => topicOf(names, one) ?? "");
  if (names.category === "option") return [lists([], topics)];
  return topics
    .slice(0, 1)
    .map((topic) => answer(from.id, from.op, false, `error:handler not found,topic:${topic}`));
}

/** Body of market/orderbook. */
function snapshotBody(event: BookEvent): string {
  const side = (levels: readonly Level[]): string[][] =>
    levels.map(([price, size]) => [plainText(price), plainText(size)]);
  const ts = Math.floor((event.ts_event ?? event.ts_recv) / 1000);
  const numbers = { ts, u: Number(event.seq), seq: Number(event.seq), cts: ts };
  const result = { s: textOf(event.symbol), b: side(event.bids), a: side(event.asks), ...numbers };
  return JSON.stringify({ retCode: 0, retMsg: "OK", result, retExtInfo: {}, time: ts });
}

function restError(status: number): { body: string; headers: Record<string, string> } {
  const [retCode, retMsg] =
    status === 429 || status === 403
      ? [10006, "Too many visits. Exceeded the API Rate Limit."]
      : status >= 500
        ? [10016, "Server error."]
        : [10001, "Not supported symbols"];
  return { body: JSON.stringify({ retCode, retMsg, result: {}, retExtInfo: {}, time: 0 }), headers: {} };
}
