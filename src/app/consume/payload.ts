import type { SourceMessage } from "../../sinks/kit/source.ts";
import type { ConsumedRow, ConsumedScheme } from "../../sinks/postgres/consumed.ts";

/** A message as a row, or why it is none. */
export type Payload = { readonly row: ConsumedRow } | { readonly poison: string };

export interface PayloadLimits {
  /** Longer messages are not looked into. */
  readonly maxBytes: number;
  /** UNIX ms; times more than a day ahead are no times. */
  readonly now: number;
}

const DAY_MS = 86_400_000;
/** 2009-01-03: there is no older market to hear of. */
const FIRST_MS = 1_230_940_800_000;
const MOST = 2n ** 63n;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** What a message says, in its scheme. Never throws: whatever is wrong is said in words. */
export function payloadOf(message: SourceMessage, scheme: ConsumedScheme, limits: PayloadLimits): Payload {
  const { length } = message.value;
  if (length > limits.maxBytes)
    return { poison: `too large: expected at most ${limits.maxBytes} bytes, saw ${length}` };
  try {
    const text = UTF8.decode(message.value);
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new Poison(`expected a JSON object, saw ${Array.isArray(value) ? "an array" : typeof value}`);
    const said = value as Record<string, unknown>;
    return {
      row:
        scheme === "gemini" ? geminiRow(said, text, message, limits) : nativeRow(said, text, message, limits),
    };
  } catch (error) {
    if (error instanceof Poison) return { poison: error.message };
    return { poison: `not JSON: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300) };
  }
}

class Poison extends Error {}

/** {ts_ms, symbol, price_u, qty_u, side} */
function geminiRow(
  said: Record<string, unknown>,
  text: string,
  message: SourceMessage,
  { now }: PayloadLimits,
): ConsumedRow {
  const at = timeOf("ts_ms", said["ts_ms"], now);
  const { lane, seq } = keyOf(message);
  const price = bigOf("price_u", said["price_u"], text);
  const size = bigOf("qty_u", said["qty_u"], text);
  const side = said["side"] === null || said["side"] === undefined ? null : wordOf("side", said["side"], 16);
  return { cells: [at, wordOf("symbol", said["symbol"], 64), price, size, side, lane, seq], at };
}

/** {lane, log_seq, slots, type, ..} as `tail` prints it. */
function nativeRow(
  said: Record<string, unknown>,
  text: string,
  message: SourceMessage,
  { now }: PayloadLimits,
): ConsumedRow {
  const lane = wordOf("lane", said["lane"], 64);
  const seq = wholeOf("log_seq", said["log_seq"], 0);
  const slots = wholeOf("slots", said["slots"], 1);
  const type = wordOf("type", said["type"], 32);
  const us = said["ts_event"] ?? said["ts_recv"] ?? message.timestamp * 1000;
  const at = timeOf("ts_event", typeof us === "number" ? Math.floor(us / 1000) : us, now);
  const ts = `${new Date(at).toISOString().slice(0, -1)}${String(Number(us) % 1000).padStart(3, "0")}Z`;
  const [venue, symbol, instrument] = ["venue", "symbol", "instrument"].map((key) =>
    said[key] === null || said[key] === undefined ? null : wordOf(key, said[key], 128, 0),
  );
  return { cells: [ts, lane, seq, slots, type, venue!, symbol!, instrument!, text], at };
}

/**
 * What a row is known again by: the place in feedhorn's log where the headers tell it, else the place in the broker's own: Kafka
 * `<topic>/<partition>` and offset; Pulsar `<topic>#<ledger>`, and entry and place in its batch in one number.
 */
export function keyOf({ headers, stream, offset }: SourceMessage): { lane: string; seq: number } {
  const { lane, log_seq: seq } = headers;
  if (lane !== undefined && seq !== undefined && /^\d{1,15}$/.test(seq)) return { lane, seq: Number(seq) };
  const [ledger, entry, , batch] = offset.split(":");
  if (entry === undefined) return { lane: stream, seq: Number(offset) };
  return { lane: `${stream}#${ledger}`, seq: Number(entry) * 65_536 + Math.max(0, Number(batch ?? 0)) };
}

function timeOf(name: string, value: unknown, now: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= FIRST_MS && (value as number) <= now + DAY_MS)
    return value as number;
  throw new Poison(`${name}: expected a time from 2009 to a day ahead, saw ${shown(value)}`);
}

function wholeOf(name: string, value: unknown, least: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  throw new Poison(`${name}: expected an integer from ${least} to 2^53, saw ${shown(value)}`);
}

function wordOf(name: string, value: unknown, most: number, least = 1): string {
  if (typeof value === "string" && value.length >= least && value.length <= most && !value.includes("\0"))
    return value;
  throw new Poison(`${name}: expected ${least} to ${most} characters, saw ${shown(value)}`);
}

/** An integer from 0 to 2^63 with all its digits, also beyond what a double holds. */
function bigOf(name: string, value: unknown, text: string): string {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return String(value);
  const digits = new RegExp(`"${name}"\\s*:\\s*(\\d{1,19})\\s*[,}]`, "g");
  const found = typeof value === "number" ? [...text.matchAll(digits)] : [];
  const exact = found.length === 1 ? BigInt(found[0]![1]!) : MOST;
  if (exact < MOST) return String(exact);
  throw new Poison(`${name}: expected an integer from 0 to 2^63 - 1, saw ${shown(value)}`);
}

function shown(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value).slice(0, 80);
}
