/** Largest body of an order, bytes. */
export const MAX_ORDER_BYTES = 65_536;

/** What became of one name of an order. */
export interface OrderResult {
  readonly action: "add" | "remove";
  readonly venue: string;
  readonly symbol: string;
  /** accepted, already, not_listed, no_room, refused; removed, not_subscribed. */
  readonly outcome: string;
  /** Native symbols it concerns. */
  readonly instruments: readonly string[];
  readonly reason?: string;
}

/** An order was done, was no order, or names a venue that has no feed. */
export type OrderReply =
  | { readonly type: "done"; readonly results: readonly OrderResult[] }
  | { readonly type: "wrong"; readonly error: string }
  | { readonly type: "no_feed"; readonly error: string };

/** Who knows what is listened to and can change it. Both reject with Error when a part of the gateway does not answer. */
export interface SubscriptionsSource {
  report(): Promise<unknown>;
  /** `body`: whatever the client sent as JSON. */
  order(body: unknown): Promise<OrderReply>;
}
