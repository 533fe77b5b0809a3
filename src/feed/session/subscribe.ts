import { subscriptionKey } from "../../model/index.ts";
import type { Channel, SocketEndpoint, Subscription, Venue } from "../../model/index.ts";

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

/** Kinds of event that are never sent on two channels of one symbol at once: their ids would not compare. */
const EXCLUSIVE: readonly (readonly [Channel, Channel])[] = [
  ["book", "partial_book"],
  ["trade", "agg_trade"],
];

/** What speaks against asking a venue for these channels of one symbol, a line each. */
export function channelFaults(venue: Venue, channels: readonly Channel[]): string[] {
  const known = new Set(venue.sockets.flatMap((socket) => socket.channels));
  const missing = channels.filter((channel) => !known.has(channel));
  const both = EXCLUSIVE.filter(([a, b]) => channels.includes(a) && channels.includes(b));
  return [
    ...missing.map((channel) => `${venue.id} has no channel "${channel}"; it has ${[...known].join(", ")}`),
    ...both.map(([a, b]) => `${venue.id}: "${a}" and "${b}" exclude each other; keep one`),
  ];
}

export function endpointOf(venue: Venue, subscription: Subscription): SocketEndpoint {
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

/** One thing asked for and whether it was to end. */
export interface Asked {
  readonly subscription: Subscription;
  readonly ending: boolean;
}

interface Entry {
  readonly at: number;
  readonly ending: boolean;
  readonly covers: Map<string, Subscription>;
}

/**
 * What was asked for on one connection and what became of it. Silence is an outcome too: `unanswered` names the
 * requests that no ack, refusal or active list has covered in time. Each answer returns what it settled.
 */
export class AckBook {
  readonly #waiting = new Map<number, Entry>();

  /** A request was sent at `now` (monotonic ms), to begin or to end what it covers. */
  sent(id: number, covers: readonly Subscription[], now: number, ending = false): void {
    if (covers.length === 0) return;
    const named = new Map(covers.map((one) => [subscriptionKey(one), one]));
    this.#waiting.set(id, { at: now, ending, covers: named });
  }

  /** Request `id` (null: every one that waits) was answered, whole or for what is named. */
  answered(id: number | null, channel?: string, symbol?: string): Asked[] {
    return this.#settle(
      (key) => id === null || key === id,
      (one) =>
        (channel === undefined || one.channel === channel) && (symbol === undefined || one.symbol === symbol),
    );
  }

  /** The venue listed everything that is active. */
  active(subscriptions: readonly Subscription[]): Asked[] {
    const keys = new Set(subscriptions.map(subscriptionKey));
    const channels = new Set(subscriptions.map((one) => one.channel));
    const listed = (one: Subscription): boolean =>
      one.symbol === "" ? channels.has(one.channel) : keys.has(subscriptionKey(one));
    return this.#settle(
      () => true,
      (one, id) => listed(one) !== this.#waiting.get(id)!.ending,
    );
  }

  /** Subscriptions without an answer for `timeoutMs`; each is reported once. */
  unanswered(now: number, timeoutMs: number): Asked[] {
    return this.#settle(
      (id) => now - this.#waiting.get(id)!.at >= timeoutMs,
      () => true,
    );
  }

  clear(): void {
    this.#waiting.clear();
  }

  #settle(request: (id: number) => boolean, fits: (one: Subscription, id: number) => boolean): Asked[] {
    const settled: Asked[] = [];
    for (const [id, { covers, ending }] of this.#waiting) {
      if (!request(id)) continue;
      for (const [name, subscription] of covers) {
        if (!fits(subscription, id)) continue;
        covers.delete(name);
        settled.push({ subscription, ending });
      }
      if (covers.size === 0) this.#waiting.delete(id);
    }
    return settled;
  }
}
