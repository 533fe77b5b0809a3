import { LONG, putNanos } from "../../model/index.ts";
import type { Out } from "../../model/index.ts";
import { WHOLE } from "../exact.ts";
import { putTime } from "../kit.ts";

/** UNIX nanoseconds (nineteen digits) to LONG.TS. */
export function putNanoTime(text: string, out: Out): boolean {
  const seconds = Number(text.slice(0, 10));
  if (!WHOLE.test(text) || text.length !== 19 || seconds >= 2 ** 32) return false;
  putNanos(seconds, Number(text.slice(10)), out.long, LONG.TS);
  return true;
}

/** UNIX milliseconds to LONG.TS; nanoseconds are told by their length. */
export function putAnyTime(text: string, out: Out): boolean {
  if (text.length === 19) return putNanoTime(text, out);
  return WHOLE.test(text) && text.length <= 16 && putTime(Number(text), out);
}
