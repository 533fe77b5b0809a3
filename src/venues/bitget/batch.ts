import { LONG, NUM, SIDE } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";

/**
 * The events of one list, put in order before they are emitted: by time, then by id, and of those that are equal in both
 * the last one first. Lists are newest first, so they are gone through from their end, where an insertion finds its
 * place at once. The memory of a pure function: nothing of a frame outlives the call that reads it.
 */

// V8 folds constants of the file a function stands in, but loads imported ones.
const { TS, ID } = LONG;
const { PRICE, SIZE } = NUM;
const { BUY, SELL } = SIDE;

/** Longer lists go to the reference. */
const MOST = 1024;
const numbers = new Float64Array(2 * MOST);
/** Time and id as halves: low, high, low, high. */
const stamps = new Int32Array(4 * MOST);
const sides = new Uint8Array(MOST);
const instruments = new Int32Array(MOST);
const order = new Int32Array(MOST);
let count = 0;

export function clear(): void {
  count = 0;
}

export function isFull(): boolean {
  return count === MOST;
}

/** Notes what is in the registers PRICE, SIZE, TS and ID. */
export function add(side: number, instrument: number, { num, long }: Out): void {
  const at = count++;
  numbers[2 * at] = num[PRICE]!;
  numbers[2 * at + 1] = num[SIZE]!;
  stamps[4 * at] = long[TS]!;
  stamps[4 * at + 1] = long[TS + 1]!;
  stamps[4 * at + 2] = long[ID]!;
  stamps[4 * at + 3] = long[ID + 1]!;
  sides[at] = side;
  instruments[at] = instrument;
}

/** Emits all of it as trades of one instrument. A trade alone is still in the registers. */
export function emitTrades(instrument: number, flags: number, out: Out): void {
  if (count === 1) {
    out.trade(instrument, sides[0]!, flags);
    return;
  }
  sort();
  for (let i = 0; i < count; i++) {
    const at = order[i]!;
    load(at, out);
    out.trade(instrument, sides[at]!, flags);
  }
}

/** Emits all of it as forced orders; a side is that of the position, which the order closes. */
export function emitLiquidations(out: Out): void {
  sort();
  for (let i = 0; i < count; i++) {
    const at = order[i]!;
    if (instruments[at]! < 0) continue;
    load(at, out);
    out.liquidation(instruments[at]!, sides[at] === BUY ? SELL : BUY, 0);
  }
}

function load(at: number, { num, long }: Out): void {
  num[PRICE] = numbers[2 * at]!;
  num[SIZE] = numbers[2 * at + 1]!;
  long[TS] = stamps[4 * at]!;
  long[TS + 1] = stamps[4 * at + 1]!;
  long[ID] = stamps[4 * at + 2]!;
  long[ID + 1] = stamps[4 * at + 3]!;
}

function sort(): void {
  for (let at = count - 1, length = 0; at >= 0; at--, length++) {
    let place = length;
    for (; place > 0 && isAfter(order[place - 1]!, at); place--) order[place] = order[place - 1]!;
    order[place] = at;
  }
}

/** Whether one comes after the other: time, then id, as unsigned 64-bit numbers. */
function isAfter(one: number, other: number): boolean {
  const a = 4 * one;
  const b = 4 * other;
  if (stamps[a + 1] !== stamps[b + 1]) return stamps[a + 1]! >>> 0 > stamps[b + 1]! >>> 0;
  if (stamps[a] !== stamps[b]) return stamps[a]! >>> 0 > stamps[b]! >>> 0;
  if (stamps[a + 3] !== stamps[b + 3]) return stamps[a + 3]! >>> 0 > stamps[b + 3]! >>> 0;
  return stamps[a + 2]! >>> 0 > stamps[b + 2]! >>> 0;
}
