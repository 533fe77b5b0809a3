import { subscriptionKey } from "../model/index.ts";
import type { SocketEndpoint, Subscription, Venue } from "../model/index.ts";

/** One socket to be opened: an endpoint and what it will carry. */
export interface Shard {
  readonly endpoint: SocketEndpoint;
  readonly subscriptions: readonly Subscription[];
}

export class SubscribeError extends Error {}

/**
 * Spreads subscriptions over sockets: each to the endpoint that carries its channel, no socket above the venue's
 * stream limit, all channels of a symbol on one socket of an endpoint so that their order is comparable.
 * Throws SubscribeError for a channel the venue does not have.
 */
export function shard(venue: Venue, subscriptions: readonly Subscription[]): Shard[] {
  const byEndpoint = new Map<SocketEndpoint, Subscription[]>();
  for (const subscription of subscriptions) {
    const endpoint = endpointOf(venue, subscription);
    byEndpoint.set(endpoint, [...(byEndpoint.get(endpoint) ?? []), subscription]);
  }
  return [...byEndpoint].flatMap(([endpoint, wanted]) =>
    chunks(bySymbol(wanted), venue.limits.streamsPerSocket - (endpoint.always?.length ?? 0)).map((part) => ({
      endpoint,
      subscriptions: part,
    })),
  );
}

function endpointOf(venue: Venue, subscription: Subscription): SocketEndpoint {
  const found = venue.sockets.find((endpoint) => endpoint.channels.includes(subscription.channel));
  if (found !== undefined) return found;
  const known = [...new Set(venue.sockets.flatMap((endpoint) => endpoint.channels))].join(", ");
  throw new SubscribeError(`${venue.id} has no channel "${subscription.channel}"; it has ${known}`);
}

function bySymbol(subscriptions: readonly Subscription[]): Subscription[][] {
  const groups = new Map<string, Subscription[]>();
  for (const subscription of subscriptions) {
    groups.set(subscription.symbol, [...(groups.get(subscription.symbol) ?? []), subscription]);
  }
  return [...groups.values()];
}

/** Packs groups into chunks of at most `limit` subscriptions without splitting a group. */
function chunks(groups: readonly Subscription[][], limit: number): Subscription[][] {
  const out: Subscription[][] = [];
  for (const group of groups) {
    const last = out.at(-1);
    if (last !== undefined && last.length + group.length <= limit) last.push(...group);
    else out.push([...group]);
  }
  return out;
}

/**
 * What was asked for on one connection and what became of it. Silence is an outcome too: `unanswered` names the
 * requests that no ack, refusal or active list has covered in time.
 */
export class AckBook {
  readonly #waiting = new Map<number, { at: number; covers: Map<string, Subscription> }>();

  /** A request was sent at `now` (monotonic ms). */
  sent(id: number, covers: readonly Subscription[], now: number): void {
    if (covers.length === 0) return;
    this.#waiting.set(id, { at: now, covers: new Map(covers.map((one) => [subscriptionKey(one), one])) });
  }

  /** Request `id` was answered, whole or for one subscription. */
  answered(id: number | null, channel?: string, symbol?: string): void {
    for (const [key, entry] of this.#waiting) {
      if (id !== null && key !== id) continue;
      if (channel === undefined && symbol === undefined) entry.covers.clear();
      for (const [name, one] of entry.covers) {
        if (
          (channel === undefined || one.channel === channel) &&
          (symbol === undefined || one.symbol === symbol)
        ) {
          entry.covers.delete(name);
        }
      }
      if (entry.covers.size === 0) this.#waiting.delete(key);
    }
  }

  /** The venue listed everything that is active. */
  active(subscriptions: readonly Subscription[]): void {
    const keys = new Set(subscriptions.map(subscriptionKey));
    const channels = new Set(subscriptions.map((one) => one.channel));
    for (const [id, entry] of this.#waiting) {
      for (const [name, one] of entry.covers) {
        if (one.symbol === "" ? channels.has(one.channel) : keys.has(name)) entry.covers.delete(name);
      }
      if (entry.covers.size === 0) this.#waiting.delete(id);
    }
  }

  /** Subscriptions without an answer for `timeoutMs`; each is reported once. */
  unanswered(now: number, timeoutMs: number): Subscription[] {
    const late: Subscription[] = [];
    for (const [id, entry] of this.#waiting) {
      if (now - entry.at < timeoutMs) continue;
      late.push(...entry.covers.values());
      this.#waiting.delete(id);
    }
    return late;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
