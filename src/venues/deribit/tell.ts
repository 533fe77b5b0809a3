import { FLAG, FRAME, LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import { NO_TEXT, after, key, wanted } from "../keys.ts";
import { emitQuote, emitTicker } from "./emit.ts";
import { joinSides, levels, noLevels, sides } from "./levels.ts";
import * as shapes from "./shapes.ts";
import { figures, texts } from "./shapes.ts";

/**
 * Objects that were read in place, to events. `seen` are the bits of the fields an object had. Each gives FRAME.DATA,
 * or -1 where the reference has to judge: a field is missing, or a text is none of those that are known.
 */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { PREV } = LONG;
const { NAME, DIRECTION, TYPE } = shapes.TEXT;
const { PRICE, SIZE, INDEX_VALUE } = shapes.FIGURE;
const { SEEN_HEAD, SEEN_QUOTE, SEEN_OPTION, SEEN_INDEX, SEEN_TRADE, SEEN_BOOK, SEEN_TYPE, SEEN_LINK } =
  shapes;
/** Figures of tickers come first. */
const TICKER_FIGURES = shapes.FIGURE.LOW + 1;

function instrumentOf(slab: Slab, out: Out): number {
  return wanted(slab, texts[NAME]!, texts[NAME + 1]!, out);
}

export function tellQuote(slab: Slab, seen: number, out: Out): number {
  if ((seen & SEEN_QUOTE) !== SEEN_QUOTE) return -1;
  const instrument = instrumentOf(slab, out);
  if (instrument === NO_TEXT) return -1;
  emitQuote(instrument, out);
  return FRAME.DATA;
}

/** Before a ticker is read: what it does not say is absent. */
export function noFigures(): void {
  for (let i = 0; i < TICKER_FIGURES; i++) figures[i] = NaN;
}

export function tellTicker(slab: Slab, seen: number, out: Out): number {
  if ((seen & SEEN_HEAD) !== SEEN_HEAD) return -1;
  const instrument = instrumentOf(slab, out);
  if (instrument === NO_TEXT) return -1;
  emitTicker(instrument, (seen & SEEN_OPTION) !== 0, out);
  return FRAME.DATA;
}

/** Before a book is read: it has no levels and no link. */
export function noBook(out: Out): void {
  noLevels();
  out.long[PREV] = 0;
  out.long[PREV + 1] = 0;
}

const SNAPSHOT = key('snapshot"');
const CHANGE = key('change"');

export function tellBook(slab: Slab, end: number, seen: number, out: Out): number {
  if ((seen & SEEN_BOOK) !== SEEN_BOOK) return -1;
  const { long } = out;
  let snapshot = long[PREV] === 0 && long[PREV + 1] === 0;
  if ((seen & SEEN_TYPE) !== 0) {
    const whole = after(slab, texts[TYPE]!, end, SNAPSHOT) > 0;
    if (!whole && after(slab, texts[TYPE]!, end, CHANGE) < 0) return -1;
    if (!whole && (seen & SEEN_LINK) === 0) return -1;
    snapshot ||= whole;
  }
  const instrument = instrumentOf(slab, out);
  if (instrument < 0) return instrument === NO_TEXT ? -1 : FRAME.DATA;
  if (snapshot) {
    long[PREV] = 0;
    long[PREV + 1] = 0;
  }
  out.bookOf(instrument, snapshot ? FLAG.SNAPSHOT : 0, levels, sides, 0, joinSides());
  return FRAME.DATA;
}

const BUY = key('buy"');
const SELL = key('sell"');

export function tellTrade(slab: Slab, end: number, seen: number, out: Out): number {
  if ((seen & SEEN_TRADE) !== SEEN_TRADE) return -1;
  const bought = after(slab, texts[DIRECTION]!, end, BUY) > 0;
  if (!bought && after(slab, texts[DIRECTION]!, end, SELL) < 0) return -1;
  const price = figures[PRICE]!;
  const size = figures[SIZE]!;
  // Null is no price.
  if (price !== price || size !== size) return -1;
  const instrument = instrumentOf(slab, out);
  if (instrument === NO_TEXT) return -1;
  out.num[NUM.PRICE] = price;
  out.num[NUM.SIZE] = size;
  if (instrument >= 0) out.trade(instrument, bought ? SIDE.BUY : SIDE.SELL, 0);
  return FRAME.DATA;
}

export function tellIndex(slab: Slab, seen: number, out: Out): number {
  const value = figures[INDEX_VALUE]!;
  if ((seen & SEEN_INDEX) !== SEEN_INDEX || value !== value) return -1;
  const instrument = instrumentOf(slab, out);
  if (instrument === NO_TEXT) return -1;
  out.num[NUM.PRICE] = value;
  if (instrument >= 0) out.index(instrument, 0);
  return FRAME.DATA;
}
