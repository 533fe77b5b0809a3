/** The normalised channels a venue can be asked for. A venue maps each to its own stream names. */
export const CHANNELS = [
  "trade",
  "agg_trade",
  "quote",
  "book",
  "partial_book",
  "ticker",
  "liquidation",
  "index",
  "instrument",
  "status",
  "heartbeat",
] as const;

export type Channel = (typeof CHANNELS)[number];

/** One thing to listen to: a channel of one native symbol ("" for channels without one). */
export interface Subscription {
  readonly channel: Channel;
  readonly symbol: string;
  /** Levels per side, where the channel has a choice. */
  readonly depth?: number;
}

export function subscriptionKey(subscription: Subscription): string {
  return `${subscription.channel}:${subscription.symbol}`;
}
