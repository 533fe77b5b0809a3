import { NUM } from "../model/index.ts";
import type { Out, Slab } from "../model/index.ts";
import * as scan from "./binance-kit.ts";
import { word } from "./kit.ts";
import { emitStats } from "./reading.ts";

/** Figures of 24 hours, once a second and symbol: `<symbol>@ticker` of spot (4.6). */

const KEY_E = word('"E":');
const KEY_s = word('"s":');
const KEY_w = word('"w":');
const KEY_c = word('"c":');
const KEY_h = word('"h":');
const KEY_l = word('"l":');
const KEY_v = word('"v":');
const KEY_q = word('"q":');
const TICK = word("Tick");
const ER = word('er",');

/** Texts that are proved and passed: changes; the price before; size and best quotes; the opening price. */
const BEFORE_AVERAGE = [word('"p":'), word('"P":')];
const BEFORE_LAST = [word('"x":')];
const BEFORE_HIGH = ["Q", "b", "B", "a", "A", "o"].map((key) => word(`"${key}":`));
/** Opening and closing time, first and last trade, their number. */
const AFTER = ["O", "C", "F", "L", "n"].map((key) => word(`"${key}":`));

/**
 * spot 4.6: {"e":"24hrTicker","E":1779955201963,"s":"BTCUSDT","p":"345.61000000","P":"0.293","w":"118123.45000000",
 * "x":"118000.00000000","c":"118345.61000000","Q":"0.01250000","b":"118345.61000000","B":"7.31250000","a":"118345.62000000",
 * "A":"1.20000000","o":"118000.00000000","h":"119000.00000000","l":"117000.00000000","v":"10000.00000000",
 * "q":"1181234500.00000000","O":1779868801963,"C":1779955201963,"F":5012000000,"L":5012345678,"n":345679}
 * w average by volume, c last, h high, l low, v volume in base units. `start` is that of the payload.
 */
export function dayFigures(slab: Slab, start: number, end: number, out: Out): boolean {
  if (slab.view.getInt32(start + 10, true) !== TICK || slab.view.getInt32(start + 14, true) !== ER)
    return false;
  let p = scan.time(slab, start + 17, end, KEY_E, out);
  const name = p + 6;
  p = scan.text(slab, p, end, KEY_s);
  const nameEnd = p - 1;
  p = scan.price(slab, texts(slab, p, end, BEFORE_AVERAGE), end, KEY_w, out, NUM.VWAP);
  p = scan.price(slab, texts(slab, p, end, BEFORE_LAST), end, KEY_c, out, NUM.LAST);
  p = scan.price(slab, texts(slab, p, end, BEFORE_HIGH), end, KEY_h, out, NUM.HIGH);
  p = scan.price(slab, p, end, KEY_l, out, NUM.LOW);
  p = scan.text(slab, scan.price(slab, p, end, KEY_v, out, NUM.VOLUME), end, KEY_q);
  for (let i = 0; i < AFTER.length; i++) p = scan.skipId(slab, p, end, AFTER[i]!);
  if (!scan.closes(slab, p, end)) return false;
  const instrument = out.instrument(slab.bytes, name, nameEnd);
  if (instrument >= 0) emitStats(instrument, out);
  return true;
}

function texts(slab: Slab, start: number, end: number, keys: readonly number[]): number {
  let p = start;
  for (let i = 0; i < keys.length && p >= 0; i++) p = scan.text(slab, p, end, keys[i]!);
  return p;
}
