import type { Channel, Request, Subscription } from "../../model/index.ts";

/**
 * What we ask for: one channel a message, many products. Requests carry no id; the answer is the list of everything
 * that is subscribed. The first has to arrive within five seconds of connecting.
 * {"type":"subscribe","channel":"level2","product_ids":["BTC-USD","ETH-USD"]}
 */

const PRODUCTS_PER_REQUEST = 100;

/** The venue's name of each channel, as requests and answers write it. Data of `level2` comes as `l2_data`. */
export const NAMES: Partial<Record<Channel, string>> = {
  heartbeat: "heartbeats",
  book: "level2",
  trade: "market_trades",
  quote: "ticker",
  ticker: "ticker_batch",
};

export function channelOf(name: unknown): Channel | null {
  return (Object.keys(NAMES) as Channel[]).find((channel) => NAMES[channel] === name) ?? null;
}

export function subscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("subscribe", subscriptions, nextId);
}

export function unsubscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("unsubscribe", subscriptions, nextId);
}

function requests(type: string, subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return (Object.keys(NAMES) as Channel[]).flatMap((channel) =>
    batches(subscriptions.filter((one) => one.channel === channel)).map((covers) =>
      request(type, channel, covers, nextId()),
    ),
  );
}

function request(type: string, channel: Channel, covers: readonly Subscription[], id: number): Request {
  const product_ids = covers.map((one) => one.symbol).filter((one) => one !== "");
  const named = product_ids.length > 0 ? { product_ids } : {};
  return { id, text: JSON.stringify({ type, channel: NAMES[channel], ...named }), covers };
}

function batches(all: readonly Subscription[]): Subscription[][] {
  const count = Math.ceil(all.length / PRODUCTS_PER_REQUEST);
  return Array.from({ length: count }, (_, i) =>
    all.slice(i * PRODUCTS_PER_REQUEST, (i + 1) * PRODUCTS_PER_REQUEST),
  );
}
