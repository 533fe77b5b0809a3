import { UsageError } from "./program.ts";

/** UNIX us of a time as people and programs write it: with a date, or as UNIX seconds, ms, us or ns by its digits. */
export function timeOption(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{10,19}$/.test(text)) return Math.floor(Number(text) * 10 ** (16 - text.length));
  const ms = Date.parse(text);
  if (Number.isFinite(ms) && /^\d{4}-/.test(text)) return ms * 1000;
  throw new UsageError(
    `${name}: expected a time (2026-11-21T14:03:10Z) or a UNIX time in s, ms, us or ns, saw "${text}"`,
  );
}
