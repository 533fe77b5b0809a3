import { LONG, SIDE } from "../../model/index.ts";
import type { Out, Slab } from "../../model/index.ts";
import * as any from "../any-order.ts";
import { MOST, closeSide, levels, openSide, sides } from "./levels.ts";
import { PERCENT, isNull, number, signed } from "./scan.ts";
import * as shapes from "./shapes.ts";
import { VALUE, figures, texts } from "./shapes.ts";
import type { Field, Shape } from "./shapes.ts";
import { noBook, noFigures, tellBook, tellQuote, tellTicker, tellTrade } from "./tell.ts";

/**
 * Deribit's frames whose envelope has another order, with white space, or with values where none are expected: without
 * an object made. What is not whole and of known types is left to the reference reader.
 */

const SHAPES = [shapes.QUOTE_SHAPE, shapes.TICKER_SHAPE, shapes.BOOK_SHAPE, shapes.TRADE_SHAPE];
const INNER = SHAPES.flatMap(({ fields }) => fields.flatMap(({ inner }) => inner ?? []));

const isKept = ({ value }: Field): boolean => value !== VALUE.SKIP;
const NAMES = [
  ...new Set([...SHAPES, ...INNER].flatMap(({ fields }) => fields.filter(isKept).map(({ name }) => name))),
];
const ENVELOPE = ["method", "params", "channel", "data"];
const KEYS = any.names(...NAMES, ...ENVELOPE);
const [METHOD, PARAMS, CHANNEL, DATA] = ENVELOPE.map((_, i) => NAMES.length + i) as [
  number,
  number,
  number,
  number,
];
const METHODS = any.names("subscription");
const ACTIONS = any.names("new", "change", "delete");
const DELETE = 2;
/** What the names of channels begin with. */
const CHANNELS = any.names("quote", "ticker", "book", "trades");
const POINT = 0x2e;

/** Nodes of the values of the object at hand, and of the one inside it, by the numbers of their keys. */
const at = new Int32Array(KEYS.count);
const innerAt = new Int32Array(KEYS.count);

/** Reads a frame; false leaves it to the reference, after another `begin`. */
export function readAnyOrder(slab: Slab, start: number, end: number, out: Out): boolean {
  if (!any.walk(slab, start, end, KEYS)) return false;
  any.fields(0, KEYS.count, at);
  const params = at[PARAMS]!;
  if (any.wordOf(slab, at[METHOD]!, METHODS) !== 0 || params === 0 || !any.isObject(slab, params))
    return false;
  any.fields(params, KEYS.count, at);
  const data = at[DATA]!;
  const channel = channelOf(slab, at[CHANNEL]!);
  if (channel < 0 || data === 0) return false;
  return channel === TRADES ? trades(slab, data, end, out) : single(slab, channel, data, end, out);
}

const QUOTE = 0;
const TICKER = 1;

const TRADES = 3;

/** Number of the channel, by what stands before the first point of its name. */
function channelOf(slab: Slab, node: number): number {
  const start = any.textOf(slab, node);
  const close = any.textEndOf(slab, node);
  let p = start;
  while (p > 0 && p < close && slab.bytes[p] !== POINT) p += 1;
  return p > 0 && p < close ? any.nameAt(slab, start, p, CHANNELS) : -1;
}

function single(slab: Slab, channel: number, data: number, end: number, out: Out): boolean {
  if (channel === QUOTE)
    return object(slab, data, shapes.QUOTE_SHAPE, at, out) && tellQuote(slab, seen, out) > 0;
  if (channel === TICKER) {
    noFigures();
    return object(slab, data, shapes.TICKER_SHAPE, at, out) && tellTicker(slab, seen, out) > 0;
  }
  noBook(out);
  return object(slab, data, shapes.BOOK_SHAPE, at, out) && tellBook(slab, end, seen, out) > 0;
}

function trades(slab: Slab, list: number, end: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  for (let row = list + 1; row < any.after(list); row = any.after(row))
    if (!object(slab, row, shapes.TRADE_SHAPE, at, out) || tellTrade(slab, end, seen, out) < 0) return false;
  return true;
}

/** Bits of the fields that the last object had. */
let seen = 0;

/** Reads an object by its shape; false when it is none, or a value is of another type. */
function object(slab: Slab, node: number, shape: Shape, nodes: Int32Array, out: Out): boolean {
  if (!any.isObject(slab, node)) return false;
  any.fields(node, KEYS.count, nodes);
  let had = 0;
  for (let i = 0; i < shape.fields.length; i++) {
    const field = shape.fields[i]!;
    const value = isKept(field) ? nodes[NUMBER_OF.get(field)!]! : 0;
    if (value === 0) continue;
    if (!read(slab, value, field, out)) return false;
    had |= 1 << i;
  }
  seen = had;
  return true;
}

/** Numbers of the fields' keys. */
const NUMBER_OF = new Map(
  [...SHAPES, ...INNER].flatMap(({ fields }) => fields.map((one) => [one, NAMES.indexOf(one.name)] as const)),
);

function read(slab: Slab, node: number, { value, to, inner }: Field, out: Out): boolean {
  switch (value) {
    case VALUE.TIME:
      return any.stamp(slab, node, out);
    case VALUE.TEXT:
      texts[to] = any.textOf(slab, node);
      texts[to + 1] = any.textEndOf(slab, node);
      return texts[to]! > 0;
    case VALUE.COUNT:
      return any.whole(slab, node, out, to);
    case VALUE.LINK:
      return isNull(slab, any.startOf(node)) || any.whole(slab, node, out, LONG.PREV);
    case VALUE.OBJECT:
      return object(slab, node, inner!, innerAt, out);
    case VALUE.BIDS:
      return side(slab, node, SIDE.BID, out);
    case VALUE.ASKS:
      return side(slab, node, SIDE.ASK, out);
    default:
      return figure(slab, node, value, to, out);
  }
}

function figure(slab: Slab, node: number, value: number, to: number, out: Out): boolean {
  const p = any.startOf(node);
  if (isNull(slab, p)) {
    figures[to] = NaN;
    return true;
  }
  const shift = value === VALUE.PERCENT ? PERCENT : 0;
  const next =
    value === VALUE.SIGNED ? signed(slab, p, figures, to, out) : number(slab, p, shift, figures, to, out);
  return any.textOf(slab, node) < 0 && next === any.textEndOf(slab, node);
}

/** `[["new",64010.0,152340.0],..]`, or pairs. */
function side(slab: Slab, list: number, which: number, out: Out): boolean {
  if (!any.isList(slab, list)) return false;
  const first = openSide(which);
  let i = first;
  for (let item = list + 1; item < any.after(list); item = any.after(item)) {
    if (i === first + MOST || !level(slab, item, i, out)) return false;
    sides[i] = which;
    i += 1;
  }
  closeSide(which, first, i - first);
  return true;
}

function level(slab: Slab, item: number, i: number, out: Out): boolean {
  if (!any.isList(slab, item)) return false;
  const named = any.textOf(slab, item + 1) > 0;
  const price = named ? item + 2 : item + 1;
  if (any.after(item) !== price + 2) return false;
  const action = named ? any.wordOf(slab, item + 1, ACTIONS) : 0;
  if (action < 0 || !amount(slab, price, 2 * i, out) || !amount(slab, price + 1, 2 * i + 1, out))
    return false;
  if (named && action === DELETE) levels[2 * i + 1] = 0;
  return true;
}

function amount(slab: Slab, node: number, place: number, out: Out): boolean {
  const p = any.startOf(node);
  return any.textOf(slab, node) < 0 && number(slab, p, 0, levels, place, out) === any.textEndOf(slab, node);
}
