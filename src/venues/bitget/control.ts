import type { Control } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { subscriptionOf } from "./requests.ts";

/** Frames that are no market data: answers and errors, each about one argument of a request, which is named again. */
export function control(text: string): Control[] {
  if (text === "pong") return [{ type: "pong", id: null }];
  if (text === "ping") return [{ type: "answer", text: "pong" }];
  const frame = parseJson(text);
  if (!isObject(frame)) return [{ type: "unknown" }];
  switch (frame["event"]) {
    case "subscribe":
      return [readAck(frame, null)];
    case "unsubscribe":
      return [readAck(frame, ENDED)];
    case "error":
      return [readError(frame)];
    default:
      return [{ type: "unknown" }];
  }
}

/** Id of no request: the end of a stream settles nothing that was asked for since. */
const ENDED = -1;

/** {"event":"subscribe","arg":{"instType":"spot","topic":"books","symbol":"BTCUSDT"},"connId":"0ac601ff.."}; v2 has no connId. */
function readAck({ arg }: JsonObject, id: number | null): Control {
  const named = isObject(arg) ? subscriptionOf(arg) : null;
  if (named === null) return { type: "unknown" };
  const { channel, symbol } = named;
  return { type: "ack", id, channel, ...(symbol === "" ? {} : { symbol }) };
}

/**
 * {"event":"error","arg":{"instType":"SPOT","channel":"books","instId":"FOOUSDT"},"code":30001,
 *  "msg":"instType:SPOT,channel:books,instId:FOOUSDT doesn't exist","op":"subscribe"}
 * {"event":"error","arg":{"instType":"spot","topic":"books","symbol":"FOOUSDT"},"code":"30001","msg":"Param error"}
 * 30001 channel or symbol does not exist; 30002 illegal request, 30003 no such op, 30004 and 30005 login, 30006 too many
 * requests, 30007 over the limit, 30016 wrong parameter (all but the first UNCONFIRMED, so the code is always told).
 * Without `arg` what is refused stands in the text, or it is about the connection.
 */
function readError(frame: JsonObject): Control {
  const { arg, code, msg } = frame;
  const text = typeof msg === "string" ? msg : "no reason given";
  const reason = `${String(code ?? "no code")}: ${text}`;
  const named = subscriptionOf(isObject(arg) ? arg : argIn(text));
  if (named !== null) {
    const { channel, symbol } = named;
    return { type: "refused", id: null, channel, ...(symbol === "" ? {} : { symbol }), reason };
  }
  return { type: "error", reason };
}

const NAMED = /(instType|channel|topic|instId|symbol):([\w-]+)/g;

/** The argument that an error's text spells: `instType:SPOT,channel:books,instId:FOOUSDT doesn't exist`. */
function argIn(text: string): JsonObject {
  return Object.fromEntries([...text.matchAll(NAMED)].map(([, name, value]) => [name!, value]));
}
