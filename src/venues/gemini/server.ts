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
import { encode, price, size } from "./encode.ts";
import { detailsBody } from "./instruments.ts";
import { streamName, subscriptionOf } from "./streams.ts";

/** The venue's side of the current protocol: its grammar, answers and errors. */
export const server: VenueServer = {
  heartbeatMs: 0,
  // Measured on the venue; there is no heartbeat of its own.
  pingMs: 20_000,
  bookBatchMs: 100,
  request,
  welcome: () => [],
  initial: () => [],
  accept,
  refuse: ({ id }, refused) => [
    failed(id, -1013, `Invalid stream name: ${refused.map(streamName)[0] ?? ""}`),
  ],
  failure: (error) => [
    error instanceof RequestError
      ? failed(error.id, error.code, error.message)
      : failed(null, -1000, error.message),
  ],
  heartbeat: () => null,
  encode,
  snapshotBody,
  instrumentsBody: detailsBody,
  sendsSnapshot: ({ channel }) => channel === "book",
  restError,
};

type Id = ClientRequest["id"];

/** A client frame that was refused: -1013 is no message of this grammar, -1020 no known method. */
class RequestError extends Error {
  readonly code: number;
  readonly id: Id;

  constructor(code: number, message: string, id: Id) {
    super(message);
    this.code = code;
    this.id = id;
  }
}

const OPS: Readonly<Record<string, ClientRequest["op"]>> = {
  subscribe: "subscribe",
  unsubscribe: "unsubscribe",
  list_subscriptions: "list",
  ping: "ping",
  time: "property",
  conninfo: "property",
};

/** {"id":"1","method":"subscribe","params":["btcusd@trade"]}; the case of the method does not matter. */
function request(text: string): ClientRequest | Error {
  const raw = parseJson(text);
  if (!isObject(raw)) return new RequestError(-1013, "Invalid JSON", null);
  const { method } = raw;
  const id = typeof raw["id"] === "number" || typeof raw["id"] === "string" ? raw["id"] : null;
  const name = typeof method === "string" ? method.toLowerCase() : "";
  const op = Object.hasOwn(OPS, name) ? OPS[name] : undefined;
  if (op === undefined) return new RequestError(-1020, "Unsupported operation", id);
  if (op !== "subscribe" && op !== "unsubscribe") return { op, id, subscriptions: [], raw };
  return named(raw, op, id);
}

/** One name that means nothing refuses the whole request. */
function named(raw: JsonObject, op: ClientRequest["op"], id: Id): ClientRequest | Error {
  const params: unknown[] | null = Array.isArray(raw["params"]) ? raw["params"] : null;
  if (params === null) return new RequestError(-1013, "Invalid params", id);
  const subscriptions: Subscription[] = [];
  for (const name of params) {
    const one = typeof name === "string" ? subscriptionOf(name) : null;
    if (one === null) return new RequestError(-1013, `Invalid stream name: ${String(name)}`, id);
    subscriptions.push(one);
  }
  return { op, id, subscriptions, raw };
}

/** A request that is refused in part is refused: the answer is that of `refuse` alone. */
function accept(
  from: ClientRequest,
  accepted: readonly Subscription[],
  connection: ServerConnection,
): string[] {
  const { op, id, subscriptions } = from;
  if (op === "subscribe" && accepted.length < subscriptions.length) return [];
  if (op === "list") return [JSON.stringify({ id, status: 200, result: connection.active.map(streamName) })];
  if (op !== "property") return [JSON.stringify({ id, status: 200 })];
  return [JSON.stringify({ id, status: 200, serverTime: Math.floor(connection.now() / 1000) })];
}

function failed(id: Id, code: number, msg: string): string {
  const status = code === -1000 ? 500 : 400;
  return JSON.stringify({ ...(id === null ? {} : { id }), status, error: { code, msg } });
}

/** Body of /v1/book/btcusd: {"bids":[{"price":"118340.10","amount":"0.25","timestamp":"1779955200"}],"asks":[..]}. */
function snapshotBody(event: BookEvent, instrument: Instrument): string {
  const timestamp = String(Math.floor((event.ts_event ?? event.ts_recv) / 1e6));
  const side = (levels: readonly Level[]): object[] =>
    levels.map(([at, of]) => ({ price: price(at, instrument), amount: size(of, instrument), timestamp }));
  return JSON.stringify({ bids: side(event.bids), asks: side(event.asks) });
}

export function restError(status: number): { body: string; headers: Record<string, string> } {
  const [reason, message] =
    status === 429
      ? ["Too Many Requests", "Too Many Requests"]
      : status >= 500
        ? ["Maintenance", "The system is down for maintenance"]
        : ["Bad Request", "Supplied value is not a valid symbol"];
  return { body: JSON.stringify({ result: "error", reason, message }), headers: {} };
}
