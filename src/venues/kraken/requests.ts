import type { Channel, Request, Subscription } from "../../model/index.ts";

/**
 * What we ask for. One request names many symbols of one channel; the venue answers for each symbol by itself.
 * {"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD","ETH/USD"],"depth":100,"snapshot":true},"req_id":7}
 */

/** Levels a side the book channel offers, and the one we take when a subscription names none. */
export const DEPTHS: readonly number[] = [10, 25, 100, 500, 1000];
export const DEFAULT_DEPTH = 100;

const SYMBOLS_PER_REQUEST = 100;

/** How each channel is asked for. `quote` and `ticker` are one channel whose trigger is part of the subscription. */
const PARAMS: Partial<Record<Channel, object>> = {
  // The venue's default trigger "trades" leaves the best bid and offer stale until the next trade.
  quote: { channel: "ticker", event_trigger: "bbo", snapshot: true },
  ticker: { channel: "ticker", event_trigger: "trades", snapshot: true },
  // A snapshot would be the last 50 trades, history that a reader may take for live.
  trade: { channel: "trade", snapshot: false },
  instrument: { channel: "instrument", snapshot: true },
};

export function subscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("subscribe", subscriptions, nextId);
}

/** Depth and trigger are repeated: without them the venue ends its default subscription and leaves ours alive. */
export function unsubscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  return requests("unsubscribe", subscriptions, nextId);
}

/** `status` and `heartbeat` come without being asked for, so they make no request. */
function requests(method: string, subscriptions: readonly Subscription[], nextId: () => number): Request[] {
  const groups = new Map<string, Subscription[]>();
  for (const one of subscriptions) {
    const params = one.channel === "book" ? bookParams(one.depth) : PARAMS[one.channel];
    if (params === undefined) continue;
    const group = JSON.stringify(params);
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  return [...groups].flatMap(([params, covers]) =>
    batches(covers).map((part) => request(method, JSON.parse(params) as object, part, nextId())),
  );
}

function bookParams(depth: number | undefined): object {
  return { channel: "book", depth: bookDepth(depth), snapshot: true };
}

/** The smallest depth on offer that holds as many levels, or the largest there is. */
export function bookDepth(depth = DEFAULT_DEPTH): number {
  return DEPTHS.find((one) => one >= depth) ?? DEPTHS.at(-1)!;
}

function request(method: string, params: object, covers: readonly Subscription[], id: number): Request {
  const symbol = covers.map((one) => one.symbol).filter((one) => one !== "");
  const named = symbol.length > 0 ? { ...params, symbol } : params;
  return { id, text: JSON.stringify({ method, params: named, req_id: id }), covers };
}

function batches(all: readonly Subscription[]): Subscription[][] {
  const count = Math.ceil(all.length / SYMBOLS_PER_REQUEST);
  return Array.from({ length: count }, (_, i) =>
    all.slice(i * SYMBOLS_PER_REQUEST, (i + 1) * SYMBOLS_PER_REQUEST),
  );
}
