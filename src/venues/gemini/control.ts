import type { Control } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { subscriptionOf } from "./streams.ts";
import { upper } from "./names.ts";

/** Frames that are no market data: answers of the current protocol, and the error of the archived ones. */
export function control(text: string): Control[] {
  const frame = parseJson(text);
  if (!isObject(frame)) return [{ type: "unknown" }];
  // {"reason":"NoValidTradingPairs","result":"error"}: it does not say which.
  if (frame["result"] === "error")
    return [{ type: "error", reason: String(frame["reason"] ?? "no reason given") }];
  return typeof frame["status"] === "number" ? [readAnswer(frame)] : [{ type: "unknown" }];
}

/**
 * {"id":"1","status":200} answers every method, some with a `result`: that of list_subscriptions is a list of names.
 * Ids come back as they were sent, as numbers or as texts. Data may precede the answer of a subscription.
 */
function readAnswer(frame: JsonObject): Control {
  const { status, result, error } = frame;
  const id = idOf(frame["id"]);
  if (status !== 200 || error !== undefined) return readError(id, status, error);
  if (!Array.isArray(result)) return { type: "ack", id };
  return {
    type: "active",
    subscriptions: result.flatMap((name) => (typeof name === "string" ? (subscriptionOf(name) ?? []) : [])),
  };
}

function idOf(value: unknown): number | null {
  const id = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof id === "number" && Number.isSafeInteger(id) ? id : null;
}

/**
 * {"id":4,"status":400,"error":{"code":-1013,"msg":"Invalid stream name: nosuchusd@depth@100ms"}}, and "Invalid symbol"
 * in the documentation. Nothing of such a request is subscribed, and a request is about one symbol: its name, where the
 * text has one, says what is lost.
 */
function readError(id: number | null, status: unknown, error: unknown): Control {
  const { code, msg } = isObject(error) ? error : { code: undefined, msg: undefined };
  const text = typeof msg === "string" ? msg : "refused";
  const reason = `${text} (code ${String(code ?? status)})`;
  if (id === null) return { type: "error", reason };
  const symbol = /([\w-]+)@\w/.exec(text)?.[1];
  return { type: "refused", id, ...(symbol === undefined ? {} : { symbol: upper(symbol) }), reason };
}
