import { FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { names } from "../any-order.ts";
import { NO_TEXT, quoteAt } from "../keys.ts";
import { decimal, millis, signedDecimal, word } from "../kit.ts";
import { add, clear, emitLiquidations, isFull } from "./batch.ts";
import { OLD, dataAt, instrumentAt } from "./head.ts";
import { V2, V3 } from "./protocol.ts";
import type { Protocol } from "./protocol.ts";
import { emitDay, emitFigures } from "./read.ts";
import { ends, fieldsOf, starts } from "./rows.ts";
import { frameTimeAt } from "./stamps.ts";

/**
 * Channels that speak some times a second at most. Their rows hold texts alone, whose keys have been seen in several
 * orders and numbers: they are gone through once, pair by pair.
 *
 * {"action":"snapshot","arg":{"instType":"usdt-futures","topic":"ticker","symbol":"BTCUSDT"},"data":[{
 *  "highPrice24h":"64444","lowPrice24h":"63218.4","openPrice24h":"64265.3","lastPrice":"63997.5",
 *  "turnover24h":"3914300111.2","volume24h":"61234.11","bid1Price":"63997.5","ask1Price":"63997.6","bid1Size":"7.4638",
 *  "ask1Size":"6.7885","price24hPcnt":"-0.00417","indexPrice":"64023.4365","markPrice":"63997.5","fundingRate":"0.00001",
 *  "openInterest":"37698.1952","deliveryTime":"","deliveryStartTime":"","deliveryStatus":"",
 *  "nextFundingTime":"1787650400000"}],"ts":1787644800110}
 * .../uta/websocket/public/Tickers-Channel, .../contract/websocket/public/Tickers-Channel (v2). Full objects so far, also
 * as updates; that only some keys come is documented and not seen (UNCONFIRMED): those that are missing are not said.
 */

const { TS } = LONG;
const { FUNDING, PRICE, SIZE } = NUM;
const QUOTE = 0x22;
const COMMA = 0x2c;

interface Form {
  readonly keys: ReturnType<typeof names>;
  /** Registers of the figures and of the day, by the number of their key; the time of v2 stands behind them. */
  readonly figures: readonly number[];
  readonly day: readonly number[];
}

function formOf({ ticker }: Protocol): Form {
  const all = [...ticker.figures, ...ticker.day];
  const registers = (fields: Protocol["ticker"]["day"]): number[] => fields.map(([, register]) => register);
  return {
    keys: names(...all.map(([name]) => name), "ts"),
    figures: registers(ticker.figures),
    day: registers(ticker.day),
  };
}

const FORMS = [formOf(V3), formOf(V2)] as const;

export function tickers(slab: Slab, name: number, end: number, type: number, out: Out): number {
  const form = FORMS[type >= OLD ? 1 : 0];
  const nameEnd = quoteAt(slab, name, end);
  const p = fieldsOf(slab, dataAt(slab, nameEnd, end), end, form.keys);
  const frameTime = p < 0 ? -1 : frameTimeAt(slab, p, end);
  if (frameTime < 0 || !tickerTime(slab, type, frameTime, form, out)) return -1;
  const instrument = instrumentAt(slab, name, nameEnd, type, out);
  if (instrument === NO_TEXT) return -1;
  if (!fill(slab, 0, form.figures, out)) return -1;
  if (instrument >= 0) emitFigures(instrument, out);
  if (!fill(slab, form.figures.length, form.day, out)) return -1;
  if (instrument >= 0) emitDay(instrument, out);
  return FRAME.DATA;
}

/** v2 says when its row was made, v3 only when the frame was. */
function tickerTime(slab: Slab, type: number, frameTime: number, { keys }: Form, out: Out): boolean {
  if (type < OLD) return millis(slab, frameTime, out) > 0;
  const own = keys.count - 1;
  return starts[own]! > 0 && millis(slab, starts[own]!, out) === ends[own];
}

/** Texts from field `first` on to registers; NaN for what is missing or empty. */
function fill(slab: Slab, first: number, registers: readonly number[], out: Out): boolean {
  for (let i = 0; i < registers.length; i++) {
    const register = registers[i]!;
    const p = starts[first + i]!;
    if (p === 0 || slab.bytes[p] === QUOTE) {
      out.num[register] = NaN;
      continue;
    }
    const signed = register === FUNDING && first === 0;
    const next = signed ? signedDecimal(slab, p, out, register) : decimal(slab, p, out, register);
    if (next !== ends[first + i]) return false;
  }
  return true;
}

// {"action":"update","arg":{"instType":"usdt-futures","topic":"liquidation"},"data":[{"symbol":"BTCUSDT","side":"buy",
//  "price":"63911.2","amount":"0.412","ts":"1787644800100"}],"ts":1787644800102}
// .../uta/websocket/public/Liquidation-Channel. Once a second at most, for all symbols of an instType; v2 has no such
// channel. `side` is that of the position. What `amount` counts is UNCONFIRMED (base or quote units): it is given as sent.

const LIQUIDATION = names("symbol", "side", "price", "amount", "ts");
const AMOUNT_FIELD = 3;
const TIME_FIELD = 4;
const IS_BUY = word('buy"');
const IS_SELL = word("sell");

export function liquidations(slab: Slab, p: number, end: number, type: number, out: Out): number {
  p = dataAt(slab, p, end);
  if (p < 0) return -1;
  clear();
  for (;;) {
    p = fieldsOf(slab, p, end, LIQUIDATION);
    if (p < 0 || isFull() || !liquidation(slab, type, out)) return -1;
    if (slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  if (frameTimeAt(slab, p, end) < 0) return -1;
  emitLiquidations(out);
  return FRAME.DATA;
}

/** Notes the order whose fields were found. */
function liquidation(slab: Slab, type: number, out: Out): boolean {
  for (let field = 0; field < LIQUIDATION.count; field++) if (starts[field] === 0) return false;
  const instrument = instrumentAt(slab, starts[0]!, ends[0]!, type, out);
  const side = sideOf(slab, starts[1]!, ends[1]!);
  if (instrument === NO_TEXT || side === SIDE.NONE) return false;
  if (decimal(slab, starts[2]!, out, PRICE) !== ends[2]) return false;
  if (decimal(slab, starts[AMOUNT_FIELD]!, out, SIZE) !== ends[AMOUNT_FIELD]) return false;
  if (millis(slab, starts[TIME_FIELD]!, out) !== ends[TIME_FIELD]) return false;
  out.long.fill(0, TS + 2, TS + 4);
  add(side, instrument, out);
  return true;
}

function sideOf(slab: Slab, p: number, end: number): number {
  const four = slab.view.getInt32(p, true);
  if (four === IS_BUY) return end === p + 3 ? SIDE.BUY : SIDE.NONE;
  return four === IS_SELL && end === p + 4 ? SIDE.SELL : SIDE.NONE;
}
