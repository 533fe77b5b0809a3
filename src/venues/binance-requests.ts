import { decoded } from "./address.ts";
import type { ClientRequest, ServerConnection, Subscription } from "../model/index.ts";
import { streamName, subscriptionOf } from "./binance-streams.ts";
import type { Streams } from "./binance-streams.ts";
import { isObject, parseJson } from "./kit.ts";
import type { JsonObject } from "./kit.ts";

/** What a client says to Binance and what Binance answers, for simulated venues (spot 3). */

const METHODS = ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"];
const OPS: Readonly<Record<string, ClientRequest["op"]>> = {
  SUBSCRIBE: "subscribe",
  UNSUBSCRIBE: "unsubscribe",
  LIST_SUBSCRIPTIONS: "list",
};

type Id = ClientRequest["id"];

/** A client frame that was refused: code 0 unknown property, 1 not a boolean, 2 invalid request, 3 invalid JSON. */
export class RequestError extends Error {
  readonly code: number;
  readonly id: Id;

  constructor(code: number, message: string, id: Id = null) {
    super(message);
    this.code = code;
    this.id = id;
  }
}

export function readRequest(streams: Streams, text: string): ClientRequest | RequestError {
  const frame = parseJson(text);
  if (frame === undefined) return new RequestError(3, "Invalid JSON: expected value at line 1 column 1");
  if (!isObject(frame)) return invalid("request must be an object", null);
  const id = frame["id"] ?? null;
  if (!isId(id))
    return invalid("request ID must be an unsigned integer, a string of 36 characters or null", null);
  const method = frame["method"];
  if (method === undefined) return invalid("missing field `method`", id);
  if (typeof method !== "string" || !METHODS.includes(method))
    return invalid(
      `unknown variant \`${String(method)}\`, expected one of ${METHODS.map(quoted).join(", ")}`,
      id,
    );
  const op = OPS[method] ?? "property";
  if (op === "property") return property(frame, id);
  if (op === "list") return { op, id, subscriptions: [], raw: frame };
  const subscriptions = named(streams, frame["params"]);
  return subscriptions === null ? invalid("invalid stream", id) : { op, id, subscriptions, raw: frame };
}

function invalid(what: string, id: Id): RequestError {
  return new RequestError(2, `Invalid request: ${what}`, id);
}

function quoted(word: string): string {
  return `\`${word}\``;
}

function isId(id: unknown): id is Id {
  return (
    id === null || Number.isSafeInteger(id) || (typeof id === "string" && /^[A-Za-z0-9_-]{0,36}$/.test(id))
  );
}

function property(frame: JsonObject, id: Id): ClientRequest | RequestError {
  const params = Array.isArray(frame["params"]) ? (frame["params"] as unknown[]) : [];
  if (typeof params[0] !== "string") return invalid("property name must be a string", id);
  if (params[0] !== "combined") return new RequestError(0, `Unknown property: ${params[0]}`, id);
  if (frame["method"] === "SET_PROPERTY" && typeof params[1] !== "boolean")
    return new RequestError(1, "Invalid value type: expected Boolean", id);
  return { op: "property", id, subscriptions: [], raw: frame };
}

function named(streams: Streams, params: unknown): Subscription[] | null {
  if (!Array.isArray(params)) return null;
  const found = params.map((name) => (typeof name === "string" ? subscriptionOf(streams, name) : null));
  return found.every((one) => one !== null) ? found : null;
}

/** Acks are never wrapped, whatever the path. */
export function answer(streams: Streams, request: ClientRequest, connection: ServerConnection): string {
  const method = isObject(request.raw) ? request.raw["method"] : undefined;
  const names = connection.active.map((one) => streamName(streams, one));
  const result =
    method === "LIST_SUBSCRIPTIONS" ? names : method === "GET_PROPERTY" ? isCombined(connection) : null;
  return JSON.stringify({ result, id: request.id });
}

export function errorText(error: Error): string {
  const known = error instanceof RequestError ? error : invalid(error.message, null);
  return JSON.stringify({ code: known.code, msg: known.message, id: known.id });
}

/** The path, not the number of streams, decides whether payloads are wrapped. */
export function isCombined(connection: ServerConnection): boolean {
  return connection.path.split("?")[0]!.endsWith("/stream");
}

/** Streams named by the URL: `/stream?streams=a/b` or `/ws/a/b`; names that mean nothing are left out. */
export function initialStreams(streams: Streams, path: string): Subscription[] {
  const [address = "", query = ""] = path.split("?");
  const list = /(?:^|&)streams=([^&]*)/.exec(query)?.[1] ?? /\/ws\/(.+)$/.exec(address)?.[1] ?? "";
  return list.split("/").flatMap((name) => subscriptionOf(streams, decoded(name)) ?? []);
}
