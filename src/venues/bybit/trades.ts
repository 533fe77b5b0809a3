import { FRAME, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, quoteAt, textEnd, wanted } from "../keys.ts";
import type { Key } from "../keys.ts";
import { millis } from "../kit.ts";
import { brief, head, messageId, numberEnd, sameText, tradeId, truth } from "./scan.ts";

/**
 * {"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1786540363844,"data":[{"T":1786540363843,"s":"BTCUSDT",
 *  "S":"Buy","v":"0.015","p":"63976.10","L":"ZeroPlusTick","i":"e799c7b7-1ccc-53d9-b84a-fb7a460397bc","BT":false,
 *  "RPI":false,"seq":760579112851}]}
 * {"topic":"publicTrade.BTCUSDT","ts":1786538700834,"type":"snapshot","data":[{"i":"2290000001190010739",
 *  "T":1786538700833,"p":"64104.5","v":"0.00325","S":"Sell","seq":112571834644,"s":"BTCUSDT","BT":false,"RPI":false}]}
 * https://bybit-exchange.github.io/docs/v5/websocket/public/trade. The second order is that of spot and of options, whose
 * topic names the coin (publicTrade.BTC) and whose rows have four figures in place of RPI. `S` is the taker's side. The
 * type says snapshot, but nothing old is sent. Frames of 2023 have neither RPI nor `seq`.
 */

const { PRICE, SIZE } = NUM;
const QUOTE = 0x22;
const COMMA = 0x2c;
const CLOSE = 0x5d;
const BRACE = 0x7d;

const TOPIC = key("publicTrade.");
const FORCED = key("allLiquidation.");
const DATA = key(',"data":[');

/** The instrument of the row before: rows of a frame are mostly of one. Void at the start of a frame. */
let rowInstrument = NO_TEXT;
let rowName = 0;
let rowNameEnd = 0;

export function trades(slab: Slab, p: number, end: number, out: Out): number {
  return rows(slab, after(slab, p, end, TOPIC), end, false, out);
}

export function liquidations(slab: Slab, p: number, end: number, out: Out): number {
  return rows(slab, after(slab, p, end, FORCED), end, true, out);
}

/** From the name in the topic to the end. */
function rows(slab: Slab, name: number, end: number, isForced: boolean, out: Out): number {
  const nameEnd = name < 0 ? -1 : textEnd(slab, name, end);
  if (nameEnd <= name) return -1;
  let p = after(slab, messageId(slab, head(slab, nameEnd, end, out), end), end, DATA);
  rowNameEnd = 0;
  for (;;) {
    p = isForced ? forced(slab, p, end, out) : row(slab, p, end, out);
    if (p < 0 || slab.bytes[p] !== COMMA) break;
    p += 1;
  }
  return p > 0 && p + 2 === end && slab.bytes[p] === CLOSE && slab.bytes[p + 1] === BRACE ? FRAME.DATA : -1;
}

const ROW_TIME = key('{"T":');
const ROW_ID = key('{"i":"');

function row(slab: Slab, p: number, end: number, out: Out): number {
  const time = after(slab, p, end, ROW_TIME);
  return time > 0 ? contract(slab, time, end, out) : pair(slab, after(slab, p, end, ROW_ID), end, out);
}

const NAME = key(',"s":"');
const SIDE_NEXT = key('","S":"');
const BUY = key('Buy"');
const SELL = key('Sell"');
const BUY_SIZE = key('Buy","v":"');
const SELL_SIZE = key('Sell","v":"');
const SIZE_QUOTED = key('","v":"');
const PRICE_QUOTED = key('","p":"');
const TICK = key('","L":"');
const TRADE_ID = key('","i":"');
const BLOCK = key('","BT":');
const RETAIL = key(',"RPI":');
const CROSS = key(',"seq":');

/** A row of linear and inverse contracts, from the value of `T`. */
function contract(slab: Slab, p: number, end: number, out: Out): number {
  p = order(slab, p, end, out);
  const tick = after(slab, p, end, TICK);
  if (tick > 0) p = textEnd(slab, tick, end);
  p = tradeId(slab, after(slab, p, end, TRADE_ID), out);
  const plain = after(slab, after(slab, p, end, NO_FLAG), end, NO_FLAG_EITHER);
  p = plain > 0 ? plain : flags(slab, p, end);
  const cross = after(slab, p, end, CROSS);
  if (cross > 0) p = numberEnd(slab, cross, out);
  return emit(slab, p, rowBuy, out);
}

/** `","BT":false,"RPI":false`, as almost all rows have it. */
const NO_FLAG = key('","BT":false,"RP');
const NO_FLAG_EITHER = key('I":false');

/** Position behind `","BT":true,"RPI":false`; RPI may be absent. */
function flags(slab: Slab, p: number, end: number): number {
  return flag(slab, truth(slab, after(slab, p, end, BLOCK)), end, RETAIL);
}

/** Whether the row says "Buy". */
let rowBuy = false;

/** `1786540363843,"s":"BTCUSDT","S":"Buy","v":"0.015","p":"63976.10` and the position of the quote behind. */
function order(slab: Slab, p: number, end: number, out: Out): number {
  const name = p < 0 ? -1 : after(slab, millis(slab, p, out), end, NAME);
  const side = after(slab, instrumentAt(slab, name, end, out), end, SIDE_NEXT);
  const bought = after(slab, side, end, BUY_SIZE);
  rowBuy = bought > 0;
  p = rowBuy ? bought : after(slab, side, end, SELL_SIZE);
  p = p < 0 ? -1 : brief(slab, p, out, SIZE);
  p = after(slab, p, end, PRICE_QUOTED);
  return p < 0 ? -1 : brief(slab, p, out, PRICE);
}

/**
 * {"topic":"allLiquidation.ROSEUSDT","type":"snapshot","ts":1739502303204,"data":[{"T":1739502302929,"s":"ROSEUSDT",
 *  "S":"Sell","v":"20000","p":"0.04499"}]}
 * .../all-liquidation. Every half second. `S` is the position's side: what is sold by force was a long, a "Buy"; `p` is
 * the price at which it was bankrupt.
 */
function forced(slab: Slab, p: number, end: number, out: Out): number {
  p = order(slab, after(slab, p, end, ROW_TIME), end, out);
  if (p < 0 || slab.bytes[p] !== QUOTE || slab.bytes[p + 1] !== BRACE) return -1;
  if (rowInstrument >= 0) out.liquidation(rowInstrument, rowBuy ? SIDE.SELL : SIDE.BUY, 0);
  return p + 2;
}

const TIME_QUOTED = key('","T":');
const PRICE_NEXT = key(',"p":"');
const SEQUENCE = key(',"seq":');

/** A row of spot pairs and options, from the value of `i`. */
function pair(slab: Slab, p: number, end: number, out: Out): number {
  p = after(slab, tradeId(slab, p, out), end, TIME_QUOTED);
  p = p < 0 ? -1 : after(slab, millis(slab, p, out), end, PRICE_NEXT);
  p = p < 0 ? -1 : after(slab, brief(slab, p, out, PRICE), end, SIZE_QUOTED);
  const side = p < 0 ? -1 : after(slab, brief(slab, p, out, SIZE), end, SIDE_NEXT);
  const bought = after(slab, side, end, BUY);
  p = bought > 0 ? bought : after(slab, side, end, SELL);
  const cross = after(slab, p, end, SEQUENCE);
  if (cross > 0) p = numberEnd(slab, cross, out);
  const nameEnd = instrumentAt(slab, after(slab, p, end, NAME), end, out);
  const plain = after(slab, after(slab, nameEnd, end, NO_FLAG), end, NO_FLAG_EITHER);
  p = plain > 0 ? plain : figures(slab, flags(slab, nameEnd, end), end);
  return emit(slab, p, bought > 0, out);
}

/** Position behind a key and its truth value; p itself where the key is not. */
function flag(slab: Slab, p: number, end: number, name: Key): number {
  const first = after(slab, p, end, name);
  return first < 0 ? p : truth(slab, first);
}

const MARK = key(',"mP":"');
const INDEX = key('","iP":"');
const MARK_IV = key('","mIv":"');
const IV = key('","iv":"');

/** Position behind `,"mP":"238.7827077","iP":"83885.18","mIv":"0.1389","iv":"0.14"`; p itself where there is none. */
function figures(slab: Slab, p: number, end: number): number {
  const mark = after(slab, p, end, MARK);
  if (mark < 0) return p;
  const index = after(slab, textEnd(slab, mark, end), end, INDEX);
  const markIv = index < 0 ? -1 : after(slab, textEnd(slab, index, end), end, MARK_IV);
  const iv = markIv < 0 ? -1 : after(slab, textEnd(slab, markIv, end), end, IV);
  const close = iv < 0 ? -1 : textEnd(slab, iv, end);
  return close < 0 ? -1 : close + 1;
}

function emit(slab: Slab, p: number, bought: boolean, out: Out): number {
  if (p < 0 || slab.bytes[p] !== BRACE) return -1;
  if (rowInstrument >= 0) out.trade(rowInstrument, bought ? SIDE.BUY : SIDE.SELL, 0);
  return p + 1;
}

/** The instrument of the name at p, to `rowInstrument`; position of the quote behind it. */
function instrumentAt(slab: Slab, p: number, end: number, out: Out): number {
  if (p < 0) return -1;
  const again = rowNameEnd === 0 ? -1 : sameText(slab, p, rowName, rowNameEnd);
  if (again > 0 && slab.bytes[again] === QUOTE) return again;
  rowName = p;
  rowNameEnd = quoteAt(slab, p, end);
  rowInstrument = rowNameEnd < 0 ? NO_TEXT : wanted(slab, p, rowNameEnd, out);
  return rowInstrument === NO_TEXT ? -1 : rowNameEnd;
}
