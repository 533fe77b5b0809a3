import { LONG, NUM, OPTION_FIGURES } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { FIGURE, figures } from "./shapes.ts";

/** What the figures of a frame say, the same for whatever read them. `instrument` is -1 for those nobody wants. */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { MARK, INDEX, OPEN_INTEREST, MARK_IV, BID_IV, ASK_IV, LAST, VOLUME, FUNDING, HIGH, LOW } = FIGURE;
const { BID_PRICE, BID_SIZE, ASK_PRICE, ASK_SIZE } = FIGURE;

/** A side whose price is null or 0 has no quote. Deribit numbers no quotes. */
export function emitQuote(instrument: number, out: Out): void {
  if (instrument < 0) return;
  const { num, long } = out;
  const bid = figures[BID_PRICE]! > 0;
  const ask = figures[ASK_PRICE]! > 0;
  num[NUM.BID_PRICE] = bid ? figures[BID_PRICE]! : NaN;
  num[NUM.BID_SIZE] = bid ? figures[BID_SIZE]! : NaN;
  num[NUM.ASK_PRICE] = ask ? figures[ASK_PRICE]! : NaN;
  num[NUM.ASK_SIZE] = ask ? figures[ASK_SIZE]! : NaN;
  long[LONG.ID] = 0;
  long[LONG.ID + 1] = 0;
  out.quote(instrument, 0);
}

/** An option's figures; of all others those of the contract and those of the day, as far as there are any. */
export function emitTicker(instrument: number, isOption: boolean, out: Out): void {
  if (instrument < 0) return;
  if (isOption) emitOption(instrument, out);
  else {
    emitContract(instrument, out);
    emitDay(instrument, out);
  }
}

/** A volatility of 0 stands where there is no quote. */
function emitOption(instrument: number, out: Out): void {
  const option = out.option;
  for (let i = 0; i < OPTION_FIGURES; i++) option[i] = figures[i]!;
  if (figures[MARK_IV] === 0) option[MARK_IV] = NaN;
  if (figures[BID_IV] === 0) option[BID_IV] = NaN;
  if (figures[ASK_IV] === 0) option[ASK_IV] = NaN;
  out.optionTicker(instrument, 0);
}

/** Funding is paid all the time, so there is no next. */
function emitContract(instrument: number, out: Out): void {
  const num = out.num;
  num[NUM.MARK] = figures[MARK]!;
  num[NUM.INDEX] = figures[INDEX]!;
  num[NUM.FUNDING] = figures[FUNDING]!;
  num[NUM.NEXT_FUNDING] = NaN;
  num[NUM.OPEN_INTEREST] = figures[OPEN_INTEREST]!;
  const some =
    isKnown(figures[MARK]!) ||
    isKnown(figures[INDEX]!) ||
    isKnown(figures[FUNDING]!) ||
    isKnown(figures[OPEN_INTEREST]!);
  if (some) out.ticker(instrument, 0);
}

/** Before the first trade there is no last price, and nothing to say. */
function emitDay(instrument: number, out: Out): void {
  if (!isKnown(figures[LAST]!)) return;
  const num = out.num;
  num[NUM.LAST] = figures[LAST]!;
  num[NUM.VOLUME] = figures[VOLUME]!;
  num[NUM.HIGH] = figures[HIGH]!;
  num[NUM.LOW] = figures[LOW]!;
  num[NUM.VWAP] = NaN;
  out.stats(instrument, 0);
}

const isKnown = (figure: number): boolean => figure === figure;
