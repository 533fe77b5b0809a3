import type { Channel, Request, Subscription } from "../../model/index.ts";

/**
 * What we ask for, by names of channels. https://docs.deribit.com/api-reference/subscription-management/public-subscribe
 * {"jsonrpc":"2.0","id":10,"method":"public/subscribe","params":{"channels":["book.BTC-PERPETUAL.100ms"]}}
 * Without an account the finest interval is 100 ms; quotes and what is rare have none.
 */

/** How often the venue is to give a sign of life, s; 10 is the least it takes. */
export const HEARTBEAT_SECONDS = 30;
/** Frames of more than about 250 channels have been refused as too large. */
const CHANNELS_PER_REQUEST = 200;

/** Depths of books that come whole each time. */
const DEPTHS: readonly number[] = [1, 10, 20];

/** Levels a side of the shallowest whole book that has as many as are wanted, or of the deepest there is. */
export function partialDepth(wanted = 20): number {
  return DEPTHS.find((depth) => depth >= wanted) ?? DEPTHS.at(-1)!;
}

/** The name of a subscription's channel, or null where there is none. */
export function nameOf({ channel, symbol, depth }: Subscription): string | null {
  switch (channel) {
    case "trade":
      return `trades.${symbol}.100ms`;
    case "quote":
      return `quote.${symbol}`;
    case "book":
      return `book.${symbol}.100ms`;
    case "partial_book":
      return `book.${symbol}.none.${partialDepth(depth)}.100ms`;
    case "ticker":
      return `ticker.${symbol}.100ms`;
    case "index":
      return `deribit_volatility_index.${symbol}`;
    case "instrument":
      return "instrument.state.any.any";
    case "status":
      return "platform_state";
    default:
      return null;
  }
}

const STREAMS: Readonly<Record<string, Channel>> = {
  trades: "trade",
  quote: "quote",
  book: "book",
  ticker: "ticker",
  deribit_volatility_index: "index",
};

/** The subscription that a channel is, or null for one that we do not ask for. */
export function subscriptionOf(name: string): Subscription | null {
  if (name === "platform_state") return { channel: "status", symbol: "" };
  if (name === "instrument.state.any.any") return { channel: "instrument", symbol: "" };
  const [, stream = "", symbol = "", depth] =
    /^(\w+)\.([^.]+)(?:\.none\.(\d+))?(?:\.100ms)?$/.exec(name) ?? [];
  const channel = Object.hasOwn(STREAMS, stream) ? STREAMS[stream] : undefined;
  if (channel === undefined) return null;
  const found: Subscription =
    depth === undefined ? { channel, symbol } : { channel: "partial_book", symbol, depth: Number(depth) };
  return nameOf(found) === name ? found : null;
}

export function requestText(id: number, method: string, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

export function subscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return [
    ...heartbeat(subscriptions, "public/set_heartbeat", { interval: HEARTBEAT_SECONDS }, nextId),
    ...channels(subscriptions, "public/subscribe", nextId),
  ];
}

export function unsubscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return [
    ...heartbeat(subscriptions, "public/disable_heartbeat", {}, nextId),
    ...channels(subscriptions, "public/unsubscribe", nextId),
  ];
}

function heartbeat(
  subscriptions: readonly Subscription[],
  method: string,
  params: object,
  nextId: () => number,
): Request[] {
  const covers = subscriptions.filter(({ channel }) => channel === "heartbeat");
  if (covers.length === 0) return [];
  const id = nextId();
  return [{ id, text: requestText(id, method, params), covers }];
}

function channels(subscriptions: readonly Subscription[], method: string, nextId: () => number): Request[] {
  const wanted = subscriptions.filter((one) => nameOf(one) !== null);
  const count = Math.ceil(wanted.length / CHANNELS_PER_REQUEST);
  return Array.from({ length: count }, (_, i) => {
    const covers = wanted.slice(i * CHANNELS_PER_REQUEST, (i + 1) * CHANNELS_PER_REQUEST);
    const id = nextId();
    const names = [...new Set(covers.map((one) => nameOf(one)!))];
    return { id, text: requestText(id, method, { channels: names }), covers };
  });
}
