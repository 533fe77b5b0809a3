import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { isObject, putDecimal } from "../kit.ts";
import type { JsonObject } from "../kit.ts";
import { named, readNumbers } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { numberText, plainString, putWhole } from "../exact.ts";
import { putAnyTime } from "./times.ts";
import { readUpdate } from "./read-first.ts";

/**
 * Frames that say their `type`: those of the archived second protocol, and `update` and numbered heartbeats of the
 * archived first one. See read.ts for the verdicts.
 */
export function readTyped(frame: JsonObject, out: Out): number {
  putConnection(frame.socket_sequence, out);
  switch (frame.type) {
    case "l2_updates":
      return readL2(frame, out);
    case "trade":
      return readTrade(frame, 0, out);
    case "update":
      return readUpdate(frame, out);
    case "heartbeat":
      return FRAME.HEARTBEAT;
    case "mark_price_updates":
      return readMarks(frame, out);
    default:
      return isIgnored(frame.type) ? FRAME.IGNORED : FRAME.UNKNOWN;
  }
}

/** {"type":"heartbeat","socket_sequence":8}: the first protocol numbers every frame of a connection, from 0. */
function putConnection(number: unknown, out: Out): void {
  const text = numberText(number);
  if (text === null || text.length > 15 || !putWhole(text, out, LONG.CONNECTION)) return;
  out.hasConnection = true;
}

/**
 * Known and not read: auctions, candles, and amounts of funding (per contract, not a rate; the rate beside it is cut
 * to three digits).
 */
function isIgnored(type: unknown): boolean {
  return (
    typeof type === "string" &&
    /^(auction_(open|indicative|result|cancelled)|candles_\w+_updates|funding_amount_updates|block_trade)$/.test(
      type,
    )
  );
}

function readL2(frame: JsonObject, out: Out): number {
  const symbol = plainString(frame.symbol);
  if (symbol === null || !Array.isArray(frame.changes)) return FRAME.UNKNOWN;
  const instrument = named(symbol, out);
  for (const change of frame.changes) {
    const result = readChange(change, instrument >= 0, out);
    if (result !== FRAME.DATA) return result;
  }
  const whole = frame.auction_events !== undefined || frame.trades !== undefined;
  out.long.fill(0, LONG.TS, LONG.PREV + 2);
  if (instrument >= 0) out.book(instrument, whole ? FLAG.SNAPSHOT : 0);
  return frame.trades === undefined ? FRAME.DATA : readHistory(frame.trades, out);
}

function readChange(change: unknown, wanted: boolean, out: Out): number {
  if (!Array.isArray(change) || change.length !== 3) return FRAME.UNKNOWN;
  const [side, price, size] = change.map(plainString);
  if (typeof price !== "string" || typeof size !== "string" || (side !== "buy" && side !== "sell"))
    return FRAME.UNKNOWN;
  if (!putDecimal(price, out, NUM.PRICE) || !putDecimal(size, out, NUM.SIZE)) return FRAME.BAD;
  if (wanted) out.level(side === "buy" ? SIDE.BID : SIDE.ASK);
  return FRAME.DATA;
}

/** The last trades come newest first and are emitted oldest first. */
function readHistory(trades: unknown, out: Out): number {
  if (!Array.isArray(trades)) return FRAME.UNKNOWN;
  for (const one of trades.toReversed()) {
    const result = isObject(one) ? readTrade(one, FLAG.SNAPSHOT, out) : FRAME.UNKNOWN;
    if (result !== FRAME.DATA) return result;
  }
  return FRAME.DATA;
}

const TRADE: Fields = [
  ["price", NUM.PRICE],
  ["quantity", NUM.SIZE],
];
const AGGRESSORS: ReadonlyMap<unknown, number> = new Map([
  ["buy", SIDE.BUY],
  ["sell", SIDE.SELL],
  ["block", SIDE.NONE],
]);

/** The documentation spells `eventid` once, the wire always `event_id`. */
function readTrade(frame: JsonObject, flags: number, out: Out): number {
  const symbol = plainString(frame.symbol);
  const trade = numberText(frame.tid ?? frame.event_id ?? frame.eventid);
  const time = numberText(frame.timestamp);
  const side = AGGRESSORS.get(frame.side);
  if (symbol === null || trade === null || time === null || side === undefined) return FRAME.UNKNOWN;
  const numbers = readNumbers(frame, plainString, TRADE, out);
  if (numbers !== FRAME.DATA) return numbers;
  if (!putWhole(trade, out, LONG.ID) || !putAnyTime(time, out)) return FRAME.BAD;
  const instrument = named(symbol, out);
  if (instrument >= 0) out.trade(instrument, side, flags);
  return FRAME.DATA;
}

const MARKS: Fields = [
  ["mark_price", NUM.MARK],
  ["spot_index", NUM.INDEX],
];

/**
 * {"changes":[{"mark_price":"77233.302","spot_index":"77188.41867","timestamp":1789456071687541147}],
 *  "symbol":"BTCGUSDPERP","type":"mark_price_updates"}: the time is in nanoseconds.
 */
function readMarks(frame: JsonObject, out: Out): number {
  const symbol = plainString(frame.symbol);
  if (symbol === null || !Array.isArray(frame.changes)) return FRAME.UNKNOWN;
  const instrument = named(symbol, out);
  for (const one of frame.changes) {
    const time = isObject(one) ? numberText(one.timestamp) : null;
    if (time === null) return FRAME.UNKNOWN;
    const result = readNumbers(one as JsonObject, plainString, MARKS, out);
    if (result !== FRAME.DATA) return result;
    if (!putAnyTime(time, out)) return FRAME.BAD;
    out.num.fill(NaN, NUM.FUNDING, NUM.OPEN_INTEREST + 1);
    if (instrument >= 0) out.ticker(instrument, 0);
  }
  return FRAME.DATA;
}
