import { COMPAT_DEPTH } from "../log/compat-book-file.ts";
import type { CompatBook, CompatLevel, CompatTop } from "../log/compat-book-file.ts";

const SHOWN = 10;
const WIDTH = 16;

/** Top of book with spread, bps of mid and age, as `reader` prints it. */
export function topText({ bid, ask, timestampMs }: CompatTop, nowMs: number): string {
  return [
    "Top of book",
    `  bid     ${levelText(bid)}`,
    `  ask     ${levelText(ask)}`,
    `  spread  ${bid && ask ? spreadText(bid.price, ask.price) : "-"}`,
    `  age     ${ageText(nowMs - timestampMs)} (${timeText(timestampMs)})`,
    "",
  ].join("\n");
}

/** The best ten levels two-sided, then how many of the fifty slots a side are filled. */
export function bookText({ bids, asks }: CompatBook): string {
  const rows = Array.from({ length: Math.min(SHOWN, Math.max(bids.length, asks.length)) }, (_, i) => {
    const [bid, ask] = [bids[i], asks[i]];
    return row(
      String(i + 1),
      micros(bid?.quantity),
      micros(bid?.price),
      micros(ask?.price),
      micros(ask?.quantity),
    );
  });
  const counts = `  levels  bids ${bids.length}/${COMPAT_DEPTH}, asks ${asks.length}/${COMPAT_DEPTH}`;
  return [
    "Order book",
    row("#", "bid quantity", "bid price", "ask price", "ask quantity"),
    ...rows,
    counts,
    "",
  ].join("\n");
}

/** Millionths as decimal text, six places. */
export function micros(value: bigint | undefined): string {
  if (value === undefined) return "";
  const digits = (value < 0n ? -value : value).toString().padStart(7, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** 1.234 s, 12 min 34 s, 5 h 6 min, 797 d 4 h. */
export function ageText(ms: number): string {
  if (ms < 0) return `${(-ms / 1000).toFixed(3)} s in the future`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${(ms / 1000).toFixed(3)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function levelText(level: CompatLevel | null): string {
  return level ? `${micros(level.price)} x ${micros(level.quantity)}` : "-";
}

function spreadText(bid: bigint, ask: bigint): string {
  const mid = Number(bid + ask) / 2;
  const bps = (Number(ask - bid) / mid) * 10_000;
  return `${micros(ask - bid)} (${bps.toFixed(2)} bps of mid)`;
}

/** Times past the calendar of JavaScript (year 275760) are printed as they are. */
function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}

function row(number: string, ...cells: string[]): string {
  const [bidQuantity, bid, ask, askQuantity] = cells.map((cell) => cell.padStart(WIDTH));
  return `  ${number.padStart(2)}${bidQuantity}${bid} |${ask}${askQuantity}`;
}
