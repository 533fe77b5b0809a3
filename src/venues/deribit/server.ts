import type {
  BookEvent,
  ClientRequest,
  Level,
  ServerConnection,
  Subscription,
  VenueServer,
} from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import { encode } from "./encode.ts";
import { historyServer } from "./history.ts";
import { instrumentsBody } from "./instruments.ts";
import { HEARTBEAT_SECONDS, nameOf, subscriptionOf } from "./requests.ts";

/** The venue's side of the wire: JSON-RPC, its heartbeats and errors. */
export const server: VenueServer = {
  heartbeatMs: HEARTBEAT_SECONDS * 1000,
  pingMs: 0,
  bookBatchMs: 100,
  request,
  welcome: () => [],
  initial: () => [],
  accept,
  refuse,
  failure: ({ message }, connection) => [errorText(undefined, errorOf(message), connection)],
  heartbeat,
  encode,
  snapshotBody,
  instrumentsBody,
  history: historyServer,
  sendsSnapshot: ({ channel }) => channel === "book" || channel === "quote" || channel === "ticker",
  restError,
};

/** Every request has an answer of its own: `{"jsonrpc":"2.0","id":10,"result":..,"usIn":..,"usOut":..}`. */
function resultText(id: ClientRequest["id"], result: unknown, connection: ServerConnection): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result, ...times(connection), testnet: false });
}

function errorText(
  id: ClientRequest["id"] | undefined,
  error: { code: number; message: string },
  connection: ServerConnection,
): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error, testnet: false, ...times(connection) });
}

function times(connection: ServerConnection): { usIn: number; usOut: number; usDiff: number } {
  const usIn = Math.floor(connection.now());
  return { usIn, usOut: usIn + 143, usDiff: 143 };
}

/** Errors of {@link request} begin with their code. */
function errorOf(message: string): { code: number; message: string } {
  const [, code = "11050", said = message] = /^(-?\d+) (.*)$/.exec(message) ?? [];
  return { code: Number(code), message: said };
}

const HEARTBEAT: readonly Subscription[] = [{ channel: "heartbeat", symbol: "" }];

function request(text: string): ClientRequest | Error {
  const raw = parseJson(text);
  if (!isObject(raw)) return new Error("-32700 Parse error");
  const { id = null, method, params } = raw;
  if (id !== null && typeof id !== "string" && typeof id !== "number")
    return new Error("-32600 Invalid Request");
  const given = isObject(params) ? params : {};
  switch (method) {
    case "public/subscribe":
    case "public/unsubscribe":
      return streams(method === "public/subscribe" ? "subscribe" : "unsubscribe", id, given["channels"], raw);
    case "public/set_heartbeat":
      return typeof given["interval"] === "number" && given["interval"] >= 10
        ? { op: "subscribe", id, subscriptions: HEARTBEAT, raw }
        : new Error("-32602 Invalid params");
    case "public/disable_heartbeat":
      return { op: "unsubscribe", id, subscriptions: HEARTBEAT, raw };
    case "public/test":
      return { op: "ping", id, subscriptions: [], raw };
    default:
      return new Error("-32601 Method not found");
  }
}

/** Channels that there are not are left out, and nothing is said of them. */
function streams(
  op: "subscribe" | "unsubscribe",
  id: ClientRequest["id"],
  channels: unknown,
  raw: unknown,
): ClientRequest | Error {
  if (!Array.isArray(channels) || channels.some((one) => typeof one !== "string"))
    return new Error("-32602 Invalid params");
  const subscriptions = (channels as string[]).flatMap((name) => subscriptionOf(name) ?? []);
  return { op, id, subscriptions, raw };
}

/** The channels that were accepted, not in the order in which they were asked for. */
function accept(
  from: ClientRequest,
  accepted: readonly Subscription[],
  connection: ServerConnection,
): string[] {
  const { id, op, subscriptions } = from;
  if (op === "ping") return [resultText(id, { version: "1.2.26" }, connection)];
  if (subscriptions === HEARTBEAT) return [resultText(id, "ok", connection)];
  return [resultText(id, accepted.map((one) => nameOf(one)!).toReversed(), connection)];
}

/** Only where nothing was accepted is there an answer still to be given. */
function refuse(
  from: ClientRequest,
  refused: readonly Subscription[],
  connection: ServerConnection,
): string[] {
  return refused.length < from.subscriptions.length ? [] : [resultText(from.id, [], connection)];
}

/** For those who asked for heartbeats; each wants an answer. */
function heartbeat({ active }: ServerConnection): string | null {
  if (!active.some(({ channel }) => channel === "heartbeat")) return null;
  return '{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}';
}

/** Body of public/get_order_book. */
function snapshotBody(event: BookEvent): string {
  const side = (levels: readonly Level[]): Level[] => levels.map(([price, amount]) => [price, amount]);
  const timestamp = Math.floor((event.ts_event ?? event.ts_recv) / 1000);
  const sides = { bids: side(event.bids), asks: side(event.asks) };
  const result = {
    timestamp,
    state: "open",
    instrument_name: event.symbol,
    ...sides,
    change_id: Number(event.seq),
  };
  return JSON.stringify({ jsonrpc: "2.0", result, usIn: event.ts_recv, usOut: event.ts_recv, usDiff: 0 });
}

function restError(status: number): { body: string; headers: Record<string, string> } {
  const [code, message] =
    status === 429
      ? [10028, "too_many_requests"]
      : status >= 500
        ? [11051, "system_maintenance"]
        : [13020, "not_found"];
  return { body: JSON.stringify({ jsonrpc: "2.0", error: { code, message }, testnet: false }), headers: {} };
}
