import { instrumentOf } from "../model/index.ts";
import type { Venue } from "../model/index.ts";

/** The list of trades in a frame, or null where a frame is one trade. */
function listOf(value: unknown): unknown[] | null {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value) && value.length > 0 && isTrade(value[0])) return value;
  for (const inner of Object.values(value)) {
    const list = listOf(inner);
    if (list !== null) return list;
  }
  return null;
}

/** An entry of a list of trades: an object that holds no list of its own. */
function isTrade(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((one) => typeof one !== "object" || one === null);
}

/** Two frames of one trade each as one frame of two, the first one's envelope around both; null where frames have no lists. */
export function mergedTrades(first: string, second: string): string | null {
  const whole: unknown = JSON.parse(first);
  const into = listOf(whole);
  const from = listOf(JSON.parse(second));
  if (into === null || from === null) return null;
  into.push(...from);
  return JSON.stringify(whole);
}

const SAMPLE = {
  type: "trade",
  ts_event: 1.7e15,
  ts_recv: 1.7e15,
  id: "1",
  price: 1,
  size: 1,
  side: "buy",
} as const;

const known = new WeakMap<Venue["server"], boolean>();

/** Whether a frame of the venue can hold several trades. */
export function listsTrades(venue: Venue): boolean {
  let lists = known.get(venue.server);
  if (lists === undefined) known.set(venue.server, (lists = tried(venue)));
  return lists;
}

/** What the venue's own encoder makes of a trade tells. */
function tried({ id, server }: Venue): boolean {
  const symbol = "BTC-USD";
  const instrument = instrumentOf({ symbol, canonical: "BTC-USD", tick: 0.01, lot: 0.01 });
  const connection = { path: "/", sequence: 0, active: [], now: () => SAMPLE.ts_event };
  const event = { ...SAMPLE, venue: id, symbol, instrument: instrument.canonical };
  const text = server.encode(event, instrument, { channel: "trade", symbol }, connection);
  return text !== "" && listOf(JSON.parse(text)) !== null;
}
