import type { Control, InstrumentStatus } from "../../model/index.ts";
import { isObject, parseJson } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { readInstrument } from "./instruments.ts";
import { isShared, subscriptionOf } from "./requests.ts";

/** Frames that are no market data: answers, errors, notices, metadata and the state of the venue. */
export function control(text: string): Control[] {
  const frame = parseJson(text);
  if (!isObject(frame)) return [{ type: "unknown" }];
  const { event, arg, data } = frame;
  if (typeof event === "string") return [readEvent(frame, event)];
  if (!isObject(arg) || !Array.isArray(data)) return [{ type: "unknown" }];
  const rows = data.filter(isObject);
  if (arg["channel"] === "status") return rows.map(readStatus);
  if (arg["channel"] !== "instruments") return [{ type: "unknown" }];
  const instruments = rows.flatMap((row) => readInstrument(row) ?? []);
  // The first frame holds all rows, later ones those that changed; nothing in them tells which it is.
  return [{ type: "instruments", instruments, snapshot: false }];
}

function readEvent(frame: JsonObject, event: string): Control {
  switch (event) {
    case "subscribe":
    case "unsubscribe":
      return readAck(frame);
    case "error":
      return readError(frame);
    case "notice":
      return readNotice(frame);
    default:
      return { type: "unknown" };
  }
}

/** Ids are texts, also those that are numbers. */
function idOf({ id }: JsonObject): number | null {
  return typeof id === "string" && /^\d{1,15}$/.test(id) ? Number(id) : null;
}

/**
 * {"id":"17","event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"},"connId":"a4d3ae55"}
 * .../#overview-websocket-subscribe. One for each argument. The figures beside `tickers` are parts of one subscription:
 * they are named as such, so that only `tickers` itself settles it.
 */
function readAck(frame: JsonObject): Control {
  const { arg } = frame;
  const named = isObject(arg) ? subscriptionOf(arg) : null;
  if (!isObject(arg) || named === null) return { type: "unknown" };
  const { channel, symbol, part } = named;
  const id = idOf(frame);
  if (symbol === "") return { type: "ack", id, channel };
  return { type: "ack", id, channel, symbol: part ? `${String(arg["channel"])} of ${symbol}` : symbol };
}

const NAMED = /channel:([\w-]+),(instId|instType|instFamily):(\S+?)[.,]? doesn't exist/;

/**
 * {"id":"17","event":"error","code":"60018","msg":"Wrong URL or channel:books,instId:FOO-BAR doesn't exist. Please use
 *  the correct URL, channel and parameters referring to API document.","connId":"a4d3ae55"}
 * .../#error-code-websocket-public. What is refused is told in the text alone; other errors are of the whole request.
 */
function readError(frame: JsonObject): Control {
  const reason = reasonOf(frame);
  const id = idOf(frame);
  const [, channel = "", , symbol = ""] = NAMED.exec(reason) ?? [];
  const named = channel === "" ? null : subscriptionOf({ channel, instId: symbol, instFamily: symbol });
  if (named !== null) {
    // An index or a family is no instrument, though a spot pair may have its name.
    const subject =
      named.symbol === "" ? {} : { symbol: isShared({ channel }) ? `${channel} of ${symbol}` : symbol };
    return { type: "refused", id, channel: named.channel, ...subject, reason };
  }
  if (channel !== "") return { type: "refused", id, symbol, reason };
  return id === null ? { type: "error", reason } : { type: "refused", id, reason };
}

function reasonOf({ code, msg }: JsonObject): string {
  return `${String(code ?? "no code")}: ${typeof msg === "string" ? msg : "no reason given"}`;
}

/** An upgrade of the server: it will close the connection soon, so we open another one before. */
const CLOSING = "64008";

/**
 * {"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.",
 *  "connId":"a4d3ae55"}. .../#overview-websocket-notification. How soon is not documented.
 */
function readNotice(frame: JsonObject): Control {
  const reason = reasonOf(frame);
  return frame["code"] === CLOSING ? { type: "shutdown", reason } : { type: "error", reason };
}

/** States of a maintenance, and what trades meanwhile. What is scheduled still trades. */
const MAINTENANCE: Readonly<Record<string, InstrumentStatus>> = {
  scheduled: "trading",
  ongoing: "halted",
  pre_open: "pre_open",
  completed: "trading",
  canceled: "trading",
};

/** Services without which there is no market data or no trading: WebSocket, and trading in all its forms. */
const SERVICES: ReadonlySet<string> = new Set(["0", "1", "5", "8", "9"]);

/**
 * {"arg":{"channel":"status"},"data":[{"title":"Spot System Upgrade","state":"ongoing","begin":"1672823400000",
 *  "end":"1672825980000","href":"","serviceType":"5","system":"unified","scheDesc":"","maintType":"1","env":"1","ts":".."}]}
 * .../#status-ws-status-channel. Maintenance of bots or copy trading halts nothing.
 */
function readStatus(row: JsonObject): Control {
  const [word, service, title] = [row["state"], row["serviceType"], row["title"]].map(String);
  const detail = `maintenance ${word}: ${title} (service ${service})`;
  if (!SERVICES.has(service!)) return { type: "venue_status", state: "trading", detail };
  return { type: "venue_status", state: MAINTENANCE[word!] ?? "unknown", detail };
}
