import type { Channel, Control, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { readPair } from "./instruments.ts";

/** Frames that are no market data: greetings, metadata, and answers to requests. */
export function control(text: string): Control[] {
  const frame = parseJson(text);
  if (!isObject(frame)) return [{ type: "unknown" }];
  if (frame["channel"] === "status") return readStatus(frame);
  if (frame["channel"] === "instrument") return readInstruments(frame);
  if (typeof frame["method"] === "string") return readAnswer(frame, frame["method"]);
  // {"Error":"Exceeded msg rate"}: the only error without a method, with a capital E.
  if (typeof frame["Error"] === "string") return [{ type: "error", reason: frame["Error"] }];
  return [{ type: "unknown" }];
}

const SYSTEM: Readonly<Record<string, InstrumentStatus>> = {
  online: "trading",
  cancel_only: "cancel_only",
  post_only: "post_only",
  maintenance: "halted",
};

/**
 * {"channel":"status","type":"update","data":[{"version":"2.0.10","system":"online","api_version":"v2",
 *  "connection_id":11893561204432109931,"upcoming_maintenance":[],"emergency":[]}]}
 * .../spot-websocket-v2/status. Sent on connect and whenever the engine's state changes. connection_id is above 2^53.
 */
function readStatus(frame: JsonObject): Control[] {
  const rows = Array.isArray(frame["data"]) ? frame["data"].filter(isObject) : [];
  return rows.map((row) => {
    const detail = typeof row["system"] === "string" ? row["system"] : "";
    return { type: "venue_status", state: SYSTEM[detail] ?? "unknown", detail };
  });
}

/**
 * {"channel":"instrument","type":"snapshot","data":{"assets":[..],"pairs":[..]}}: the only channel whose data is an object.
 * .../spot-websocket-v2/instrument
 */
function readInstruments(frame: JsonObject): Control[] {
  const { type, data } = frame;
  if (!isObject(data) || !Array.isArray(data["pairs"])) return [{ type: "unknown" }];
  const instruments = data["pairs"].flatMap((pair) => readPair(pair) ?? []);
  return [{ type: "instruments", instruments, snapshot: type === "snapshot" }];
}

function readAnswer(frame: JsonObject, method: string): Control[] {
  const id = typeof frame["req_id"] === "number" ? frame["req_id"] : null;
  if (frame["success"] === false || typeof frame["error"] === "string") return [readError(frame, id)];
  if (method === "pong") return [{ type: "pong", id }];
  if (method !== "subscribe" && method !== "unsubscribe") return [{ type: "unknown" }];
  return readAck(frame, id);
}

/**
 * {"method":"subscribe","req_id":7,"result":{"channel":"book","depth":100,"snapshot":true,"symbol":"BTC/USD"},
 *  "success":true,"time_in":"2026-10-05T09:12:44.100001Z","time_out":"2026-10-05T09:12:44.100044Z"}
 * One for each symbol of the request. Data may come earlier.
 */
function readAck(frame: JsonObject, id: number | null): Control[] {
  const result = frame["result"];
  const channel = isObject(result) ? channelOf(result) : null;
  if (!isObject(result) || channel === null) return [{ type: "unknown" }];
  return [{ type: "ack", id, channel, symbol: typeof result["symbol"] === "string" ? result["symbol"] : "" }];
}

/** Our channel of the venue's name and trigger, or null. */
export function channelOf(params: JsonObject): Channel | null {
  switch (params["channel"]) {
    case "ticker":
      return params["event_trigger"] === "bbo" ? "quote" : "ticker";
    case "book":
    case "trade":
    case "instrument":
      return params["channel"];
    default:
      return null;
  }
}

const ALREADY = "Already subscribed";

/**
 * {"error":"Currency pair not supported FOO/BAR","method":"subscribe","req_id":7,"success":false,"symbol":"FOO/BAR",
 *  "time_in":"..","time_out":".."}. Whether `symbol` is always there is not documented, so the text is read too.
 * "Already subscribed" is what we wanted.
 */
function readError(frame: JsonObject, id: number | null): Control {
  const reason = typeof frame["error"] === "string" ? frame["error"] : "request failed without a reason";
  const symbol = typeof frame["symbol"] === "string" ? frame["symbol"] : /\S+\/\S+$/.exec(reason)?.[0];
  const named = symbol === undefined ? {} : { symbol };
  return reason.startsWith(ALREADY)
    ? { type: "ack", id, ...named }
    : { type: "refused", id, ...named, reason };
}
