import { plainText, subscriptionKey } from "../../model/index.ts";
import type { BookEvent, ClientRequest, Level, Subscription, VenueServer } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { encoderOf } from "./encode.ts";
import { instrumentsBody } from "./instruments.ts";
import type { Protocol } from "./protocol.ts";
import { subscriptionOf } from "./requests.ts";

/** The venue's side of a protocol's wire: its grammar, answers and errors. It sends no heartbeats; it answers the text `ping`. */
export function serverOf(protocol: Protocol): VenueServer {
  return {
    heartbeatMs: 0,
    pingMs: 0,
    bookBatchMs: 100,
    request,
    welcome: () => [],
    initial: () => [],
    accept: (from, accepted) =>
      from.op === "ping"
        ? ["pong"]
        : argsOf(from, accepted).map((arg) =>
            JSON.stringify({ event: from.op, arg, ...connectionOf(protocol) }),
          ),
    refuse: (from, refused) => argsOf(from, refused).map((arg) => refusal(from.op, arg, protocol)),
    failure: (error) => [JSON.stringify({ event: "error", ...codeOf(protocol, 30002), msg: error.message })],
    heartbeat: () => null,
    encode: encoderOf(protocol),
    snapshotBody,
    instrumentsBody,
    sendsSnapshot: ({ channel }) => channel !== "trade" && channel !== "liquidation",
    restError,
  };
}

/** v3 names the connection in its answers. */
function connectionOf({ api }: Protocol): object {
  return api === "v3" ? { connId: "0ac601fffe2331d1-00009998-00e47cc5-79d77b39ac6144c9-36b400d0" } : {};
}

/** A number in v2, a text in v3. */
function codeOf({ api }: Protocol, code: number): object {
  return { code: api === "v3" ? String(code) : code };
}

function refusal(op: string, arg: JsonObject, protocol: Protocol): string {
  const code = codeOf(protocol, 30001);
  if (protocol.api === "v3") return JSON.stringify({ event: "error", arg, ...code, msg: "Param error" });
  const named = Object.entries(arg).map(([name, value]) => `${name}:${String(value)}`);
  return JSON.stringify({ event: "error", arg, ...code, msg: `${named.join(",")} doesn't exist`, op });
}

/** `ping`, or {"op":"subscribe"|"unsubscribe","args":[{"instType":"spot","topic":"books","symbol":"BTCUSDT"}]}. */
function request(text: string): ClientRequest | Error {
  if (text === "ping") return { op: "ping", id: null, subscriptions: [], raw: text };
  const raw = parseJson(text);
  if (!isObject(raw) || !Array.isArray(raw["args"])) return illegal(text);
  const { op, args } = raw;
  const named = args.map((arg) => (isObject(arg) ? subscriptionOf(arg) : null));
  if ((op !== "subscribe" && op !== "unsubscribe") || named.length === 0 || named.includes(null))
    return illegal(text);
  return { op, id: null, subscriptions: named.filter((one) => one !== null), raw };
}

function illegal(text: string): Error {
  return new Error(`Illegal request: ${text.slice(0, 200)}`);
}

/** The arguments of a request that concern one of the subscriptions. */
function argsOf({ raw }: ClientRequest, concerned: readonly Subscription[]): JsonObject[] {
  const args = isObject(raw) && Array.isArray(raw["args"]) ? raw["args"].filter(isObject) : [];
  const keys = new Set(concerned.map(subscriptionKey));
  return args.filter((arg) => {
    const one = subscriptionOf(arg);
    return one !== null && keys.has(subscriptionKey(one));
  });
}

/** Body of /api/v3/market/orderbook: {"code":"00000",..,"data":{"a":[["64010.1","0.2541"]],"b":[..],"ts":"1787644800105"}} */
function snapshotBody(event: BookEvent): string {
  const side = (levels: readonly Level[]): string[][] =>
    levels.map(([price, size]) => [plainText(price), plainText(size)]);
  const at = Math.floor((event.ts_event ?? event.ts_recv) / 1000);
  const data = { a: side(event.asks), b: side(event.bids), ts: String(at) };
  return JSON.stringify({ code: "00000", msg: "success", requestTime: at, data });
}

function restError(status: number): { body: string; headers: Record<string, string> } {
  const [code, msg] =
    status === 429
      ? ["429", "Too Many Requests"]
      : status >= 500
        ? ["40725", "service return an error"]
        : ["40034", "Parameter does not exist"];
  return { body: JSON.stringify({ code, msg, requestTime: 1787644800000, data: null }), headers: {} };
}
