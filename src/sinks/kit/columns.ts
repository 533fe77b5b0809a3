import { WORD } from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import type { Column } from "./cells.ts";
import { putTime, READINGS, textOrNone } from "./puts.ts";
import type { Reading } from "./puts.ts";
import type { DescribedColumn, Kind } from "./table-columns.ts";

/** Columns as databases have them, and the two that only databases have. */

/** `slots`: how many a row of its table stands for. */
export function columnOf(one: DescribedColumn, slots: number): Column {
  const { name, doc = "", required = false } = one;
  const [type, putOf] = READINGS[one.is] as Reading<Kind>;
  return { name, type, doc, required, put: putOf(one, slots) };
}

/** A venue's clock is believed when it is at most so far before and behind ours, s. */
const OLDEST_S = 7 * 86_400;
const NEWEST_S = 3600;
/** 2^32 ns, s. */
const HALF_S = 4.294967296;

/** True where a row's time is the venue's. Seconds are near enough to judge it. */
function byVenue({ i32 }: SlotViews, word: number): boolean {
  const hi = i32[word + WORD.TS_EVENT + 1]!;
  if (hi === 0 && i32[word + WORD.TS_EVENT] === 0) return false;
  const behind = (i32[word + WORD.TS_RECV + 1]! - hi) * HALF_S;
  return behind <= OLDEST_S && behind >= -NEWEST_S;
}

/** Where a row's own time stands: what it is ordered, partitioned and forgotten by. */
export function timeWord(slots: SlotViews, word: number): number {
  return word + (byVenue(slots, word) ? WORD.TS_EVENT : WORD.TS_RECV);
}

/** The row's own time. A row without any lies at the first nanosecond there is. */
export const TS: Column = {
  name: "ts",
  type: "time",
  doc: "its time: `ts_event` where that is at most 7 days behind and an hour before `ts_recv`, else `ts_recv`",
  required: true,
  put: ({ slots, word }, cells) => {
    if (!putTime(slots, timeWord(slots, word), cells)) cells.time(0, 1);
  },
};

/** For vendors whose decimals have bounds: put it behind the other columns of every table. */
export const UNFIT: Column = {
  name: "unfit",
  type: "text",
  doc: 'values that their columns cannot hold, which are NULL: JSON, as {"price":"1e-19"}; else NULL',
  required: false,
  put: ({ unfit }, cells) => textOrNone(unfit === null ? null : JSON.stringify(unfit), cells),
};
