import type { Out, Slab } from "../../model/index.ts";
import { NO_TEXT, UNWANTED, after, isPlain, key, wanted } from "../keys.ts";
import { literal, word } from "../kit.ts";
import { PRODUCTS } from "./names.ts";

/**
 * The head of a frame, up to the channel's name, and what a symbol in it stands for:
 * {"action":"update","arg":{"instType":"usdt-futures","topic":"books","symbol":"BTCUSDT"},"data":[   (v3)
 * {"action":"update","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"},"data":[ (v2)
 */

const ACTION = key('{"action":"');
const UPDATE = key('update","arg":{"');
const SNAPSHOT = key('snapshot","arg":');
const SNAPSHOT_OPEN = key('{"instType":"');
const INST_TYPE = key('instType":"');

/** Position of the instType of an update, or -1. */
export function updateAt(slab: Slab, start: number, end: number): number {
  return after(slab, after(slab, after(slab, start, end, ACTION), end, UPDATE), end, INST_TYPE);
}

/** Position of the instType of a snapshot, or -1. */
export function snapshotAt(slab: Slab, start: number, end: number): number {
  return after(slab, after(slab, after(slab, start, end, ACTION), end, SNAPSHOT), end, SNAPSHOT_OPEN);
}

const SPOT = word("spot");
const USDT = word("usdt");
const COIN = word("coin");
const USDC = word("usdc");
/** The bit of each letter that tells its case. */
const LOWER = 0x20202020;
const FUTURES_LOWER = key("-futures");
const FUTURES_UPPER = key("-FUTURES");
const TOPIC = key('","topic":"');
const CHANNEL = key('","channel":"');

/** What the instType at p says: the place in PRODUCTS, plus four where it is written as v2 does; or -1. */
export function typeAt(slab: Slab, p: number): number {
  const letters = slab.view.getInt32(p, true);
  const letterCase = letters & LOWER;
  const old = letterCase === 0 ? OLD : 0;
  if (old === 0 && letterCase !== LOWER) return -1;
  switch (letters | LOWER) {
    case SPOT:
      return old;
    case USDT:
      return old + 1;
    case COIN:
      return old + 2;
    case USDC:
      return old + 3;
    default:
      return -1;
  }
}

/** Added to a product by v2. */
export const OLD = 4;

/** Position of the channel's name behind an instType that {@link typeAt} has read. */
export function channelAt(slab: Slab, p: number, end: number, type: number): number {
  const old = type >= OLD;
  const close = (type & 3) === 0 ? p + 4 : after(slab, p + 4, end, old ? FUTURES_UPPER : FUTURES_LOWER);
  return after(slab, close, end, old ? CHANNEL : TOPIC);
}

const SYMBOL = key('","symbol":"');
const INST_ID = key('","instId":"');
const DATA = key('"},"data":[');

/** Position of the symbol behind a channel's name that ends at p. */
export function symbolAt(slab: Slab, p: number, end: number, type: number): number {
  return after(slab, p, end, type >= OLD ? INST_ID : SYMBOL);
}

/** Position behind `"},"data":[`. */
export function dataAt(slab: Slab, p: number, end: number): number {
  return after(slab, p, end, DATA);
}

/** Longest symbol that is looked for. */
const LONGEST = 64;
/** Length of `:USDT-FUTURES`, `:COIN-FUTURES` and `:USDC-FUTURES`. */
const SUFFIX = ":USDT-FUTURES".length;
/** By product, its suffix behind the place for a symbol, which is put right before it. The memory of a pure function. */
const joined = PRODUCTS.map((product) => {
  const bytes = new Uint8Array(LONGEST + SUFFIX);
  if (product !== "SPOT") bytes.set(literal(`:${product}`), LONGEST);
  return bytes;
});

/** Instrument of the venue's symbol at [p, end), as {@link wanted}: our name is the symbol alone, or with its instType. */
export function instrumentAt(slab: Slab, p: number, end: number, type: number, out: Out): number {
  const product = type & 3;
  if (product === 0) return wanted(slab, p, end, out);
  const length = end - p;
  if (length > LONGEST) return NO_TEXT;
  const bytes = slab.bytes;
  const name = joined[product]!;
  for (let from = p, to = LONGEST - length; to < LONGEST; from++, to++) name[to] = bytes[from]!;
  const instrument = out.instrument(name, LONGEST - length, LONGEST + SUFFIX);
  return instrument >= 0 || isPlain(slab, p, end) ? Math.max(instrument, UNWANTED) : NO_TEXT;
}
