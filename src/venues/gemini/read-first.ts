import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putDecimal } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { named, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { numberText, plainString, putWhole } from "../exact.ts";
import { putAnyTime } from "./times.ts";

/**
 * The archived first protocol, as the address for many symbols speaks it. It has no hot path: it is there for the day
 * on which the others are not, and for recordings.
 * https://developer.gemini.com/websocket/archived/v1
 *
 * {"type":"update","eventId":5375461993,"timestamp":1779955200,"timestampms":1779955200428,"socket_sequence":7,
 *  "events":[{"type":"change","symbol":"BTCUSD","side":"bid","price":"118340.10","remaining":"0.25","delta":"0.05",
 *  "reason":"place"},{"type":"trade","symbol":"BTCUSD","tid":5375461993,"price":"118341.00","amount":"0.02",
 *  "makerSide":"ask"}]}
 * `remaining` is absolute, zero removes. The first frame of a symbol has all its levels, with the reason `initial`.
 */
export function readUpdate(frame: JsonObject, out: Out): number {
  const { events } = frame;
  if (!out.hasConnection || !Array.isArray(events) || !events.every(isObject)) return FRAME.UNKNOWN;
  // At the address of a single symbol the frames do not say whose they are.
  if (events.length > 0 && events.every((one) => one.symbol === undefined)) return FRAME.IGNORED;
  const time = frame.timestampms === undefined ? "0" : numberText(frame.timestampms);
  if (time === null) return FRAME.UNKNOWN;
  if (!putAnyTime(time, out)) return FRAME.BAD;
  return readTrades(events, out) ?? readBooks(events, out) ?? FRAME.DATA;
}

/** Sides of the aggressor by the maker's; an auction has none. */
const AGGRESSORS: ReadonlyMap<unknown, number> = new Map([
  ["bid", SIDE.SELL],
  ["ask", SIDE.BUY],
  ["auction", SIDE.NONE],
]);
const TRADE: Fields = [
  ["price", NUM.PRICE],
  ["amount", NUM.SIZE],
];
const IGNORED = /^(block_trade|auction_(open|indicative|result|cancelled))$/;

/** A verdict that ends the frame, or null. */
function readTrades(events: readonly JsonObject[], out: Out): number | null {
  for (const one of events) {
    if (typeof one.type !== "string") return FRAME.UNKNOWN;
    if (one.type === "change" || IGNORED.test(one.type)) continue;
    const result = one.type === "trade" ? readTrade(one, out) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
  }
  return null;
}

function readTrade(one: JsonObject, out: Out): number {
  const [symbol, trade] = [plainString(one.symbol), numberText(one.tid)];
  const side = AGGRESSORS.get(one.makerSide);
  if (symbol === null || trade === null || side === undefined) return FRAME.UNKNOWN;
  const numbers = readNumbers(one, plainString, TRADE, out);
  if (numbers !== FRAME.DATA) return numbers;
  if (!putWhole(trade, out, LONG.ID)) return FRAME.BAD;
  const instrument = named(symbol, out);
  if (instrument >= 0) out.trade(instrument, side, 0);
  return FRAME.DATA;
}

/** One book event for each symbol with changes; its number is that of the frame. */
function readBooks(events: readonly JsonObject[], out: Out): number | null {
  const bySymbol = new Map<string, JsonObject[]>();
  for (const one of events) {
    if (one.type !== "change") continue;
    const symbol = plainString(one.symbol);
    if (symbol === null) return FRAME.UNKNOWN;
    // With top_of_book each change is the best of one side: what the other is, and what went away, it does not say.
    if (one.reason !== "top-of-book") bySymbol.set(symbol, [...(bySymbol.get(symbol) ?? []), one]);
  }
  for (const [symbol, changes] of bySymbol) {
    const result = readBook(named(symbol, out), changes, out);
    if (result !== FRAME.DATA) return result;
  }
  return null;
}

const REASONS: ReadonlySet<unknown> = new Set(["place", "trade", "cancel", "initial"]);

function readBook(instrument: number, changes: readonly JsonObject[], out: Out): number {
  for (const change of changes) {
    const result = readChange(change, instrument >= 0, out);
    if (result !== FRAME.DATA) return result;
  }
  const { long } = out;
  for (const half of [0, 1]) long[LONG.ID + half] = long[LONG.CONNECTION + half]!;
  long.fill(0, LONG.PREV, LONG.PREV + 2);
  const initial = changes.every((one) => one.reason === "initial");
  if (instrument >= 0) out.book(instrument, initial ? FLAG.SNAPSHOT : 0);
  return FRAME.DATA;
}

function readChange(one: JsonObject, wanted: boolean, out: Out): number {
  const [price, size] = [plainString(one.price), plainString(one.remaining)];
  if (price === null || size === null || !REASONS.has(one.reason)) return FRAME.UNKNOWN;
  if (one.side !== "bid" && one.side !== "ask") return FRAME.UNKNOWN;
  if (!putDecimal(price, out, NUM.PRICE) || !putDecimal(size, out, NUM.SIZE)) return FRAME.BAD;
  if (wanted) out.level(one.side === "bid" ? SIDE.BID : SIDE.ASK);
  return FRAME.DATA;
}
