import type { Control, Subscription } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { statusOf } from "./instruments.ts";
import { requestText, subscriptionOf } from "./requests.ts";

/** Frames that are no market data: answers, errors, heartbeats, the state of the platform and of instruments. */
export function control(text: string): Control[] {
  const frame = parseJson(text);
  if (!isObject(frame)) return [{ type: "unknown" }];
  const { method, params } = frame;
  if (method === undefined) return [readAnswer(frame)];
  if (!isObject(params)) return [{ type: "unknown" }];
  if (method === "heartbeat") return params["type"] === "test_request" ? [TEST] : [{ type: "unknown" }];
  const { channel, data } = params;
  if (method !== "subscription" || typeof channel !== "string" || !isObject(data))
    return [{ type: "unknown" }];
  if (channel.startsWith("instrument.state.")) return [readState(data)];
  if (channel === "platform_state") return [readPlatform(data)];
  return channel.startsWith("platform_state.") ? [readAccess(data)] : [{ type: "unknown" }];
}

/** Id of our answers to test requests: the session counts its own from one. */
const TEST_ID = 0;

/**
 * {"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}
 * https://docs.deribit.com/api-reference/session-management/public-set_heartbeat. Unanswered, the venue closes.
 */
const TEST: Control = { type: "answer", text: requestText(TEST_ID, "public/test", {}) };

/**
 * {"jsonrpc":"2.0","id":10,"result":["book.BTC-PERPETUAL.100ms"],"usIn":..,"usOut":..,"usDiff":900,"testnet":false}
 * Channels that there are not, or no more, are left out of the list, and nothing is said of them. Heartbeats are
 * answered by "ok", tests by {"version":"1.2.26"}.
 */
function readAnswer(frame: JsonObject): Control {
  const id = typeof frame["id"] === "number" ? frame["id"] : null;
  if (isObject(frame["error"])) return readError(frame["error"], id);
  const { result } = frame;
  if (Array.isArray(result)) return { type: "ack", id, only: result.flatMap(namedBy) };
  if (isObject(result) && typeof result["version"] === "string") {
    const { usOut } = frame;
    return typeof usOut === "number" ? { type: "pong", id, at: usOut } : { type: "pong", id };
  }
  return result === "ok" ? { type: "ack", id } : { type: "unknown" };
}

function namedBy(name: unknown): Subscription[] {
  const one = typeof name === "string" ? subscriptionOf(name) : null;
  return one === null ? [] : [one];
}

/** Codes after which the same request may be made again, later. docs.deribit.com/articles/errors */
const PASSING: ReadonlySet<unknown> = new Set([
  10028, 10040, 10041, 10047, 10066, 11051, 11094, 13028, 13888,
]);

/** Under maintenance nothing trades. */
const MAINTENANCE = 11051;

/**
 * {"jsonrpc":"2.0","id":1,"error":{"code":10028,"message":"too_many_requests","data":{"wait":2}},"testnet":false,..}
 * `data` may be null, an object with reason, param or wait, or absent. Too many requests end the session.
 */
function readError({ code, message, data }: JsonObject, id: number | null): Control {
  const said = `${String(code)} ${typeof message === "string" ? message : "without a message"}`;
  const more = isObject(data) ? ` ${JSON.stringify(data)}` : "";
  const reason = said + more;
  if (id === null && code === MAINTENANCE) return { type: "venue_status", state: "halted", detail: reason };
  if (id === null || id === TEST_ID) return { type: "error", reason };
  return PASSING.has(code) ? { type: "refused", id, reason, again: true } : { type: "refused", id, reason };
}

/**
 * {"channel":"instrument.state.any.any","data":{"timestamp":1787644800000,"state":"halted",
 *  "instrument_name":"BTC-25DEC26-100000-C"}}
 * https://docs.deribit.com/subscriptions/market-data/instrumentstatekindcurrency. `created` announces a new one.
 */
function readState({ state, instrument_name: symbol }: JsonObject): Control {
  if (typeof symbol !== "string" || typeof state !== "string") return { type: "unknown" };
  return { type: "instrument_state", symbol, state: statusOf(state) };
}

/**
 * {"channel":"platform_state","data":{"maintenance":true}}, and {"price_index":"sol_usdc","locked":true}: the
 * instruments of one index do not trade, which instrument.state tells of each. The venue is as it was.
 */
function readPlatform({ maintenance, price_index: index, locked }: JsonObject): Control {
  if (typeof maintenance === "boolean") {
    const detail = maintenance ? "maintenance" : "no maintenance";
    return { type: "venue_status", state: maintenance ? "halted" : "trading", detail };
  }
  if (typeof locked !== "boolean") return { type: "unknown" };
  return { type: "error", reason: `price index ${String(index)} ${locked ? "is locked" : "is open again"}` };
}

/** {"channel":"platform_state.public_methods_state","data":{"allow_unauthenticated_public_requests":true}} */
function readAccess({ allow_unauthenticated_public_requests: allowed }: JsonObject): Control {
  if (typeof allowed !== "boolean") return { type: "unknown" };
  const reason = allowed
    ? "public requests need no account any more"
    : "public requests need an account: without one nothing more can be asked for";
  return { type: "error", reason };
}
