import type { Channel, Request, Subscription } from "../../model/index.ts";
import type { JsonObject } from "../kit.ts";
import { INST_TYPES, familyOf, indexOf, instTypeOf } from "./names.ts";
import type { InstType } from "./names.ts";

/**
 * What we ask for. One request names many channels; the venue answers each argument by itself, and counts requests
 * (480 an hour and connection), so arguments are packed. Its id comes back in answers and errors.
 * {"id":"17","op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT"},{"channel":"bbo-tbt","instId":"BTC-USDT"}]}
 */

/** A limit of 64 KB is documented, of 4096 bytes in older texts; peers still keep to that. */
const BYTES_PER_REQUEST = 4000;

export type Arg = {
  readonly channel: string;
  readonly instId?: string;
  readonly instType?: string;
  readonly instFamily?: string;
};

/** The channel that stands for each of ours. */
const NAMES: Partial<Record<Channel, string>> = {
  trade: "trades",
  quote: "bbo-tbt",
  book: "books",
  partial_book: "books5",
  ticker: "tickers",
};

/** Channels whose figures belong to `ticker` beside `tickers`, by what the instrument is. */
const FIGURES: Readonly<Record<InstType, readonly string[]>> = {
  SPOT: [],
  SWAP: ["mark-price", "funding-rate", "open-interest"],
  FUTURES: ["mark-price", "open-interest"],
  OPTION: ["mark-price", "open-interest"],
};

/** Dated contracts that pay funding all the same: BTC-USD_UM_XPERP-310404 (ruleType xperp). */
const PAYS_FUNDING = /_XPERP-/;

/** Channels of a whole kind of instruments, and of none. */
const LIQUIDATIONS = "liquidation-orders";
const INSTRUMENTS = "instruments";
const STATUS = "status";
/** Told once for all that follow it: an index, the options of a family. */
const INDEX = "index-tickers";
const SUMMARY = "opt-summary";

/**
 * The venue's arguments for one subscription. Forced orders come for a whole instType; `instrument` takes an instType
 * as its symbol, "" being all of them. The index of a derivative is an instrument of its own: BTC-USDT of BTC-USDT-SWAP.
 * Volatilities and greeks come for a whole family of options.
 */
export function argsOf({ channel, symbol }: Subscription): Arg[] {
  const instType = INST_TYPES.find((one) => one === symbol) ?? instTypeOf(symbol) ?? "SPOT";
  if (channel === "status") return [{ channel: STATUS }];
  if (channel === "instrument")
    return (symbol === "" ? INST_TYPES : [instType]).map((one) => ({ channel: INSTRUMENTS, instType: one }));
  // Forced orders of spot pairs are those of margin trading.
  if (channel === "liquidation")
    return [{ channel: LIQUIDATIONS, instType: instType === "SPOT" ? "MARGIN" : instType }];
  const name = NAMES[channel];
  if (name === undefined) return [];
  const own = { channel: name, instId: symbol };
  if (channel !== "ticker" || instType === "SPOT") return [own];
  const funded = instType === "FUTURES" && PAYS_FUNDING.test(symbol) ? ["funding-rate"] : [];
  const figures = [...FIGURES[instType], ...funded].map((one) => ({ channel: one, instId: symbol }));
  const family = instType === "OPTION" ? [{ channel: SUMMARY, instFamily: familyOf(symbol) }] : [];
  return [own, ...figures, ...family, { channel: INDEX, instId: indexOf(symbol) }];
}

const WHOLE: Readonly<Record<string, Channel>> = {
  [LIQUIDATIONS]: "liquidation",
  [INSTRUMENTS]: "instrument",
  [STATUS]: "status",
};

/** Which of our subscriptions an argument is part of; null for what we do not know. */
export function subscriptionOf(arg: JsonObject): (Subscription & { readonly part: boolean }) | null {
  const { channel: name, instId } = arg;
  if (typeof name !== "string") return null;
  const whole = WHOLE[name];
  if (whole !== undefined) return { channel: whole, symbol: "", part: false };
  if (name === SUMMARY && typeof arg["instFamily"] === "string")
    return { channel: "ticker", symbol: arg["instFamily"], part: true };
  if (typeof instId !== "string") return null;
  const own = (Object.keys(NAMES) as Channel[]).find((one) => NAMES[one] === name);
  if (own !== undefined) return { channel: own, symbol: instId, part: false };
  const figure = name === INDEX || FIGURES.SWAP.includes(name);
  return figure ? { channel: "ticker", symbol: instId, part: true } : null;
}

/** Whether the argument is about an index or a family rather than one instrument. */
export function isShared({ channel }: JsonObject | Arg): boolean {
  return channel === INDEX || channel === SUMMARY;
}

export function subscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("subscribe", subscriptions, argsOf, nextId);
}

/** What is told for many stays: others on the connection may want it, and what nobody wants is skipped cheaply. */
export function unsubscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  const own = (one: Subscription): Arg[] =>
    argsOf(one).filter((arg) => !isShared(arg) && arg.channel !== LIQUIDATIONS);
  return requests("unsubscribe", subscriptions, own, nextId);
}

interface Batch {
  readonly args: Map<string, Arg>;
  readonly covers: Subscription[];
  bytes: number;
}

function requests(
  op: string,
  subscriptions: readonly Subscription[],
  argsFor: (one: Subscription) => Arg[],
  nextId: () => number,
): Request[] {
  const batches: Batch[] = [];
  for (const one of subscriptions) add(batches, one, argsFor(one));
  return batches.map(({ args, covers }) => {
    const id = nextId();
    return { id, text: JSON.stringify({ id: String(id), op, args: [...args.values()] }), covers };
  });
}

/** Puts a subscription into the last batch, or into a new one where it finds no room. An argument is named once. */
function add(batches: Batch[], subscription: Subscription, named: readonly Arg[]): void {
  const args = named.map((arg) => [JSON.stringify(arg), arg] as const);
  if (args.length === 0) return;
  const bytes = args.reduce((sum, [text]) => sum + text.length + 1, 0);
  let batch = batches.at(-1);
  if (batch === undefined || batch.bytes + bytes > BYTES_PER_REQUEST)
    batches.push((batch = { args: new Map(), covers: [], bytes: 0 }));
  for (const [text, arg] of args) {
    if (batch.args.has(text)) continue;
    batch.args.set(text, arg);
    batch.bytes += text.length + 1;
  }
  batch.covers.push(subscription);
}
