import type { Channel, Request, Subscription } from "../../model/index.ts";
import { plainString } from "../exact.ts";
import type { JsonObject } from "../kit.ts";
import { lower, namedOf, productOf, symbolOf } from "./names.ts";
import { PROTOCOLS } from "./protocol.ts";
import type { Protocol } from "./protocol.ts";

/**
 * What we ask for. One request names many channels, and the venue answers each by itself, by naming it again: there are
 * no request ids. It counts requests (240 an hour and connection), so arguments are packed.
 * {"op":"subscribe","args":[{"instType":"spot","topic":"books","symbol":"BTCUSDT"}]}                   v3
 * {"op":"subscribe","args":[{"instType":"SPOT","channel":"books","instId":"BTCUSDT"}]}                 v2
 */

/** A limit of 4096 bytes stands in older texts and is not confirmed; other clients keep to it. */
const BYTES_PER_REQUEST = 4000;

export type Arg = { readonly instType: string } & Readonly<Record<string, string>>;

/** The channel that stands for each of ours; `trade` is the protocol's. */
const NAMES: Partial<Record<Channel, string>> = { quote: "books1", book: "books", ticker: "ticker" };
/** Levels a side that partial books have. */
const DEPTHS: Readonly<Record<Protocol["api"], readonly number[]>> = { v2: [5, 15], v3: [5, 50] };
const LIQUIDATION = "liquidation";

function channelName({ channel, depth = 5 }: Subscription, { api, trade }: Protocol): string | undefined {
  if (channel === "trade") return trade.channel;
  if (channel !== "partial_book") return NAMES[channel];
  const depths = DEPTHS[api];
  return `books${depths.find((one) => one >= depth) ?? depths.at(-1)!}`;
}

/** The venue's argument for a subscription, or null where it has none. Forced orders come for a whole instType; of spot pairs the venue refuses them. */
export function argOf(subscription: Subscription, protocol: Protocol): Arg | null {
  const { id, product } = namedOf(subscription.symbol);
  const instType = protocol.api === "v3" ? lower(product) : product;
  if (subscription.channel === "liquidation") {
    return protocol.api === "v3" ? { instType, [protocol.channel]: LIQUIDATION } : null;
  }
  const name = channelName(subscription, protocol);
  return name === undefined ? null : { instType, [protocol.channel]: name, [protocol.symbol]: id };
}

/** The subscription that an argument of either protocol stands for; its symbol is "" where it has none. Or null. */
export function subscriptionOf(arg: JsonObject): Subscription | null {
  const protocol = PROTOCOLS.find((one) => typeof arg[one.channel] === "string");
  const product = productOf(arg["instType"]);
  if (protocol === undefined || product === null) return null;
  const name = String(arg[protocol.channel]);
  if (name === LIQUIDATION) return { channel: "liquidation", symbol: "" };
  const id = plainString(arg[protocol.symbol]);
  if (id === null) return null;
  const symbol = symbolOf({ id, product });
  const depth = DEPTHS[protocol.api].find((one) => name === `books${one}`);
  if (depth !== undefined) return { channel: "partial_book", symbol, depth };
  if (name === protocol.trade.channel) return { channel: "trade", symbol };
  const channel = (Object.keys(NAMES) as Channel[]).find((one) => NAMES[one] === name);
  return channel === undefined ? null : { channel, symbol };
}

type Make = (subscriptions: readonly Subscription[], nextId: () => number) => Request[];

/**
 * `subscribe` and `unsubscribe` of a protocol. Forced orders are told for a whole product: they are not ended, as others
 * on the connection may want them.
 */
export function requestsOf(protocol: Protocol): { subscribe: Make; unsubscribe: Make } {
  return {
    subscribe: (all, nextId) => requests("subscribe", all, protocol, nextId),
    unsubscribe: (all, nextId) =>
      requests(
        "unsubscribe",
        all.filter(({ channel }) => channel !== "liquidation"),
        protocol,
        nextId,
      ),
  };
}

interface Batch {
  readonly args: Map<string, Arg>;
  readonly covers: Subscription[];
  bytes: number;
}

function requests(
  op: string,
  subscriptions: readonly Subscription[],
  protocol: Protocol,
  nextId: () => number,
): Request[] {
  const batches: Batch[] = [];
  for (const one of subscriptions) add(batches, one, argOf(one, protocol));
  return batches.map(({ args, covers }) => ({
    id: nextId(),
    text: JSON.stringify({ op, args: [...args.values()] }),
    covers,
  }));
}

/** Puts a subscription into the last batch, or into a new one where it finds no room. An argument is named once. */
function add(batches: Batch[], subscription: Subscription, arg: Arg | null): void {
  if (arg === null) return;
  const text = JSON.stringify(arg);
  let batch = batches.at(-1);
  if (batch === undefined || batch.bytes + text.length + 1 > BYTES_PER_REQUEST)
    batches.push((batch = { args: new Map(), covers: [], bytes: 0 }));
  if (!batch.args.has(text)) batch.bytes += text.length + 1;
  batch.args.set(text, arg);
  batch.covers.push(subscription);
}
