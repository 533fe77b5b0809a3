import { plainText, subscriptionKey } from "../../model/index.ts";
import type { BookEvent, ClientRequest, Level, Subscription, VenueServer } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { encode } from "./encode.ts";
import { instrumentsBody } from "./instruments.ts";
import { isShared, subscriptionOf } from "./requests.ts";

/** The venue's side of the wire: its grammar, answers and errors. It sends no heartbeats; it answers the text `ping`. */
export const server: VenueServer = {
  heartbeatMs: 0,
  pingMs: 0,
  bookBatchMs: 100,
  request,
  welcome: () => [],
  initial: () => [],
  accept,
  refuse,
  failure: (error) => [errorFrame(null, "60012", error.message)],
  heartbeat: () => null,
  maintenance: (begins) => (begins ? [CLOSING_NOTICE] : []),
  encode,
  snapshotBody: (event) => snapshotBody(event),
  instrumentsBody,
  sendsSnapshot: ({ channel }) => channel !== "trade" && channel !== "liquidation" && channel !== "status",
  restError,
};

/** Levels a side of books5. */
const PARTIAL_DEPTH = 5;
const CONNECTION = "a4d3ae55";
const CLOSING_NOTICE = JSON.stringify({
  event: "notice",
  code: "64008",
  msg: "The connection will soon be closed for a service upgrade. Please reconnect.",
  connId: CONNECTION,
});

/** `ping`, or {"id":"17","op":"subscribe"|"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}; the id may be absent. */
function request(text: string): ClientRequest | Error {
  if (text === "ping") return { op: "ping", id: null, subscriptions: [], raw: text };
  const raw = parseJson(text);
  if (!isObject(raw) || !Array.isArray(raw["args"])) return illegal(text);
  const { id = null, op, args } = raw;
  if ((op !== "subscribe" && op !== "unsubscribe") || (id !== null && typeof id !== "string"))
    return illegal(text);
  const named = args.map((arg) => (isObject(arg) ? subscriptionOf(arg) : null));
  if (named.length === 0 || named.includes(null)) return illegal(text);
  const wanted = args.filter((arg) => !isShared(arg as JsonObject)).map((arg) => ours(arg as JsonObject));
  const subscriptions = [...new Map(wanted.map((one) => [subscriptionKey(one), one])).values()];
  return { op, id: id as string | null, subscriptions, raw };
}

function illegal(text: string): Error {
  return new Error(`Invalid request: ${text.slice(0, 200)}`);
}

/** The subscription an argument is part of. The simulated venue has no figures of an index or family by itself. */
function ours(arg: JsonObject): Subscription {
  const { channel, symbol } = subscriptionOf(arg)!;
  return channel === "partial_book" ? { channel, symbol, depth: PARTIAL_DEPTH } : { channel, symbol };
}

/** The arguments of a request that concern one of the subscriptions; those that are shared concern them all. */
function argsOf({ raw }: ClientRequest, concerned: readonly Subscription[], shared: boolean): JsonObject[] {
  const args = isObject(raw) && Array.isArray(raw["args"]) ? raw["args"].filter(isObject) : [];
  const keys = new Set(concerned.map(subscriptionKey));
  return args.filter((arg) => (isShared(arg) ? shared : keys.has(subscriptionKey(ours(arg)))));
}

function accept(from: ClientRequest, accepted: readonly Subscription[]): string[] {
  if (from.op === "ping") return ["pong"];
  return argsOf(from, accepted, true).map((arg) =>
    JSON.stringify({ ...idOf(from), event: from.op, arg, connId: CONNECTION }),
  );
}

function idOf({ id }: ClientRequest): object {
  return id === null ? {} : { id };
}

const ADVICE = "Please use the correct URL, channel and parameters referring to API document.";

/** An error has no `arg`: what it is about stands in its text. */
function refuse(from: ClientRequest, refused: readonly Subscription[]): string[] {
  return argsOf(from, refused, false).map((arg) => {
    const { channel, ...rest } = arg;
    const [[name, value] = ["instId", ""]] = Object.entries(rest);
    const what = `channel:${String(channel)},${name}:${String(value)}`;
    return errorFrame(from.id, "60018", `Wrong URL or ${what} doesn't exist. ${ADVICE}`);
  });
}

function errorFrame(id: ClientRequest["id"], code: string, msg: string): string {
  return JSON.stringify({ ...(id === null ? {} : { id }), event: "error", code, msg, connId: CONNECTION });
}

/** Body of market/books: {"code":"0","msg":"","data":[{"asks":[[price,size,"0",orders],..],"bids":[..],"ts":..,"seqId":..}]} */
function snapshotBody(event: BookEvent): string {
  const side = (levels: readonly Level[]): string[][] =>
    levels.map(([price, size]) => [plainText(price), plainText(size), "0", "1"]);
  const ts = String(Math.floor((event.ts_event ?? event.ts_recv) / 1000));
  const row = { asks: side(event.asks), bids: side(event.bids), ts, seqId: Number(event.seq) };
  return JSON.stringify({ code: "0", msg: "", data: [row] });
}

function restError(status: number): { body: string; headers: Record<string, string> } {
  const [code, msg] =
    status === 429
      ? ["50011", "Too Many Requests"]
      : status >= 500
        ? ["50001", "Service temporarily unavailable. Please try again later."]
        : ["51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist."];
  return { body: JSON.stringify({ code, msg, data: [] }), headers: {} };
}
