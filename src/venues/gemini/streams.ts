import type { Channel, Request, Subscription } from "../../model/index.ts";
import { lower, upper } from "./names.ts";

/**
 * What we ask for at the current protocol, by names of streams: `btcusd@depth@100ms`.
 * {"id":7,"method":"subscribe","params":["btcusd@depth@100ms","btcusd@trade"]}, answered by {"id":7,"status":200}.
 * One wrong name refuses the whole request, so each request is about one symbol alone.
 */

/** The part of a stream's name behind the symbol; `#` stands for the levels of a partial book. */
const STREAMS: Partial<Record<Channel, string>> = {
  trade: "trade",
  quote: "bookTicker",
  // `depth` without its pace is the same once a second, and its frames cannot be told from these.
  book: "depth@100ms",
  partial_book: "depth#@100ms",
};
/** Levels a partial book can have. */
const DEPTHS: readonly number[] = [5, 10, 20];

/** The smallest partial book with at least `depth` levels, or the largest there is. */
function partialDepth(depth = Infinity): number {
  return DEPTHS.find((one) => one >= depth) ?? DEPTHS.at(-1)!;
}

/** Name of a subscription's stream; throws RangeError for a channel the venue does not have. */
export function streamName({ channel, symbol, depth }: Subscription): string {
  const form = STREAMS[channel];
  if (form === undefined)
    throw new RangeError(`expected a channel out of ${Object.keys(STREAMS).join(", ")}; saw ${channel}`);
  return `${lower(symbol)}@${form.replace("#", String(partialDepth(depth)))}`;
}

/** The subscription a stream's name stands for, or null. */
export function subscriptionOf(name: string): Subscription | null {
  const cut = name.indexOf("@");
  if (cut <= 0) return null;
  const symbol = upper(name.slice(0, cut));
  const form = name.slice(cut + 1);
  const depth = DEPTHS.find((one) => form === `depth${one}@100ms`);
  if (depth !== undefined) return { channel: "partial_book", symbol, depth };
  const channel = (Object.keys(STREAMS) as Channel[]).find((one) => STREAMS[one] === form);
  return channel === undefined || channel === "partial_book" ? null : { channel, symbol };
}

export function subscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("subscribe", subscriptions, nextId);
}

export function unsubscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("unsubscribe", subscriptions, nextId);
}

function requests(method: string, subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  const symbols = [...new Set(subscriptions.map((one) => one.symbol))];
  return symbols.map((symbol) => {
    const covers = subscriptions.filter((one) => one.symbol === symbol);
    const id = nextId();
    return { id, text: JSON.stringify({ id, method, params: covers.map(streamName) }), covers };
  });
}
