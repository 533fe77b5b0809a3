import { subscriptionKey } from "../../model/index.ts";
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
import type { JsonObject } from "../kit.ts";
import { isoText } from "../writing.ts";
import { channelOf } from "./control.ts";
import { encode, systemFrame } from "./encode.ts";
import { historyServer } from "./history.ts";
import { assetPairsBody } from "./instruments.ts";
import { DEPTHS } from "./requests.ts";

/** The venue's side of the wire: its grammar, answers and errors. */
export const server: VenueServer = {
  heartbeatMs: 1000,
  pingMs: 0,
  bookBatchMs: 0,
  request,
  welcome: (connection) => [systemFrame("online", connection.now())],
  initial: () => [],
  accept,
  refuse: (from, refused, connection) => refused.map((one) => refusal(from, one, connection)),
  failure: (error, connection) => [answer({ error: error.message, method: "", success: false }, connection)],
  // Only once something is subscribed.
  heartbeat: (connection) => (connection.active.length > 0 ? '{"channel":"heartbeat"}' : null),
  maintenance: (begins, connection) => [systemFrame(begins ? "maintenance" : "online", connection.now())],
  encode: (event, instrument) => encode(event, instrument),
  snapshotBody,
  instrumentsBody: assetPairsBody,
  history: historyServer,
  sendsSnapshot: ({ channel }) => channel !== "trade",
  restError,
};

/** What the venue takes for a book subscription without a depth. */
const VENUE_DEPTH = 10;

/** {"method":"subscribe"|"unsubscribe"|"ping","params":{"channel":..,"symbol":[..],..},"req_id":7} */
function request(text: string): ClientRequest | Error {
  const raw = parseJson(text);
  if (!isObject(raw)) return new Error("Malformed request");
  const { method, params, req_id: id = null } = raw;
  if (id !== null && typeof id !== "number") return new Error("Malformed request");
  if (method === "ping") return { op: "ping", id, subscriptions: [], raw };
  if ((method !== "subscribe" && method !== "unsubscribe") || !isObject(params))
    return new Error("Malformed request");
  const subscriptions = named(params);
  return subscriptions instanceof Error ? subscriptions : { op: method, id, subscriptions, raw };
}

function named(params: JsonObject): Subscription[] | Error {
  const { symbol, depth = VENUE_DEPTH } = params;
  const channel = channelOf(params);
  if (channel === null) return new Error("Channel not supported");
  if (channel === "instrument") return [{ channel, symbol: "" }];
  if (!Array.isArray(symbol) || !symbol.every((one) => typeof one === "string"))
    return new Error("Malformed request");
  if (channel !== "book") return symbol.map((one) => ({ channel, symbol: one }));
  if (typeof depth !== "number" || !DEPTHS.includes(depth))
    return new Error("Subscription depth not supported");
  return symbol.map((one) => ({ channel, symbol: one, depth }));
}

function accept(
  from: ClientRequest,
  accepted: readonly Subscription[],
  connection: ServerConnection,
): string[] {
  if (from.op === "ping") return [answer({ method: "pong", ...idOf(from) }, connection)];
  return accepted.map((one) =>
    answer({ method: from.op, ...idOf(from), result: resultOf(one), success: true }, connection),
  );
}

function idOf({ id }: ClientRequest): object {
  return id === null ? {} : { req_id: id };
}

/** The parameters in effect, as an ack repeats them. */
function resultOf({ channel, symbol, depth }: Subscription): object {
  if (channel === "book") return { channel, depth, snapshot: true, symbol };
  if (channel === "instrument")
    return { channel, snapshot: true, warnings: ["tick_size is deprecated, use price_increment"] };
  if (channel === "trade") return { channel, snapshot: false, symbol };
  return { channel: "ticker", event_trigger: channel === "quote" ? "bbo" : "trades", snapshot: true, symbol };
}

function refusal(from: ClientRequest, refused: Subscription, connection: ServerConnection): string {
  const taken = connection.active.some((one) => subscriptionKey(one) === subscriptionKey(refused));
  const error = taken ? "Already subscribed" : `Currency pair not supported ${refused.symbol}`;
  return answer(
    { error, method: from.op, ...idOf(from), success: false, symbol: refused.symbol },
    connection,
  );
}

function answer(body: object, connection: ServerConnection): string {
  const time = isoText(connection.now(), 6);
  return JSON.stringify({ ...body, time_in: time, time_out: time });
}

/** Body of Depth: {"error":[],"result":{"BTC/USD":{"asks":[["85600.5","0.90679198",1790000000]],"bids":[..]}}}. */
function snapshotBody(event: BookEvent, instrument: Instrument): string {
  const second = Math.floor((event.ts_event ?? event.ts_recv) / 1e6);
  const rows = (levels: readonly Level[]): unknown[] =>
    levels.map(([price, size]) => [
      price.toFixed(Math.max(0, instrument.pricePrecision)),
      String(size),
      second,
    ]);
  return JSON.stringify({
    error: [],
    result: { [event.symbol]: { asks: rows(event.asks), bids: rows(event.bids) } },
  });
}

function restError(status: number): { body: string; headers: Record<string, string> } {
  const error =
    status === 429
      ? "EAPI:Rate limit exceeded"
      : status >= 500
        ? "EService:Unavailable"
        : "EQuery:Unknown asset pair";
  return { body: JSON.stringify({ error: [error] }), headers: {} };
}
