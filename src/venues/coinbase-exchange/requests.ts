import type { Channel, Request, Subscription } from "../../model/index.ts";

/**
 * What we ask for. The first has to arrive within five seconds of connecting. Requests carry no id: the answer is the
 * list of everything that is subscribed. An unknown product refuses the whole message, so each message asks for one.
 * The heartbeat of a product rides with whatever is asked of it: without it a quiet product looks like a dead connection.
 * {"type":"subscribe","product_ids":["BTC-USD"],"channels":["level2_batch","heartbeat"]}
 */

/** The venue's name of each channel in requests. */
export const NAMES: Partial<Record<Channel, string>> = {
  book: "level2_batch",
  trade: "matches",
  quote: "ticker",
  ticker: "ticker_batch",
  instrument: "status",
  heartbeat: "heartbeat",
};

export const HEARTBEAT = "heartbeat";

/** `level2_batch` is answered as `level2_50`; `level2` is the same without batches, for clients with a key. */
const OTHER_NAMES: Readonly<Record<string, Channel>> = { level2_50: "book", level2: "book" };

export function channelOf(name: unknown): Channel | null {
  const channel = (Object.keys(NAMES) as Channel[]).find((one) => NAMES[one] === name);
  return channel ?? (typeof name === "string" ? OTHER_NAMES[name] : null) ?? null;
}

export function subscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("subscribe", subscriptions, nextId);
}

export function unsubscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("unsubscribe", subscriptions, nextId);
}

function requests(type: string, subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  const named = subscriptions.filter(({ channel }) => NAMES[channel] !== undefined);
  const status = named.filter(({ channel }) => channel === "instrument");
  const others = named.filter(({ channel }) => channel !== "instrument");
  return [
    ...others.map((one) => request(type, one, nextId())),
    // All products come together: it has no filter.
    ...(status.length > 0
      ? [{ id: nextId(), text: JSON.stringify({ type, channels: ["status"] }), covers: status }]
      : []),
  ];
}

function request(type: string, one: Subscription, id: number): Request {
  const channels = [...new Set([NAMES[one.channel], HEARTBEAT])];
  return { id, text: JSON.stringify({ type, product_ids: [one.symbol], channels }), covers: [one] };
}
