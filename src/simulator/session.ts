import {
  subscriptionKey,
  type Channel,
  type ClientRequest,
  type MarketEvent,
  type ServerConnection,
  type SocketEndpoint,
  type Subscription,
  type Venue,
} from "../model/index.ts";
import { Budget } from "./budget.ts";
import { Gate } from "./gate.ts";
import type { Listing } from "./listing.ts";
import type { Random } from "./random.ts";
import type { Switches } from "./switches.ts";
import type { TradeFate } from "./trade-notes.ts";
import type { Payload, Wire } from "./wire.ts";

/** One stream of one listing to one client. */
export interface Feed {
  readonly session: Session;
  readonly subscription: Subscription;
  readonly listing: Listing;
  /** False while the in-band snapshot is still to be sent: changes before it are not. */
  synced: boolean;
}

/** What a session needs of its venue. */
export interface Host {
  readonly venue: Venue;
  readonly switches: Switches;
  /** Simulated time of the event being published, UNIX us. */
  readonly time: number;
  /** Real ms, for the venue's limits; they are about real clients. */
  wallMs(): number;
  listing(symbol: string): Listing | undefined;
  /** Starts and stops the streams of an accepted subscription. */
  open(session: Session, subscription: Subscription): void;
  close(session: Session, subscription: Subscription): void;
  sent(bytes: number): void;
  /** Told what became of a trade's frame, where somebody wants to know. */
  readonly traded?: ((session: Session, event: MarketEvent, fate: TradeFate) => void) | undefined;
}

export interface SessionOptions {
  readonly id: number;
  readonly path: string;
  /** What this socket carries: streams of other endpoints are accepted and stay silent. */
  readonly endpoint: SocketEndpoint;
  readonly limits: boolean;
  readonly random: Random;
}

/** One client connection: its subscriptions, its answers, its frames. Knows no socket and no venue by name. */
export class Session implements ServerConnection {
  readonly id: number;
  readonly path: string;
  readonly endpoint: SocketEndpoint;
  readonly active: Subscription[] = [];
  readonly gate: Gate;
  readonly wire: Wire;
  /** Symbols whose book this connection has streamed. */
  readonly opened = new Set<string>();
  readonly #host: Host;
  readonly #messages: Budget | null;
  sequence = 0;
  heartbeats = true;
  #omitted = 0;
  closed = false;

  constructor(host: Host, wire: Wire, options: SessionOptions) {
    this.#host = host;
    this.wire = wire;
    this.id = options.id;
    this.path = options.path;
    this.endpoint = options.endpoint;
    this.gate = new Gate(options.random, host.venue.limits.maxFrame);
    const { messages, messageWindowMs } = host.venue.limits;
    this.#messages = options.limits ? new Budget(messages, messageWindowMs) : null;
  }

  now(): number {
    return this.#host.time;
  }

  lastTrade(symbol: string): number {
    return this.#host.listing(symbol)?.tradeId ?? 0;
  }

  /** What is sent and subscribed without being asked: greeting, and the streams named in the URL. */
  start(): void {
    this.#say(this.#host.venue.server.welcome(this));
    for (const subscription of this.#host.venue.server.initial(this.path))
      if (this.#offered(subscription)) this.#add(subscription);
  }

  /** One text frame of the client. */
  receive(text: string): void {
    if (!this.spend()) return;
    const { server } = this.#host.venue;
    const request = server.request(text);
    if (request instanceof Error) this.#say(server.failure(request, this));
    else if (request.op === "subscribe") this.#subscribe(request);
    else if (request.op === "unsubscribe") this.#unsubscribe(request);
    else this.#say(server.accept(request, [], this));
  }

  /** Counts one frame of the client (control frames too); closes the connection when there are too many. */
  spend(): boolean {
    if (this.closed) return false;
    if (this.#messages === null || this.#messages.take(this.#host.wallMs())) return true;
    const { messages, messageWindowMs } = this.#host.venue.limits;
    this.wire.close(1008, `more than ${messages} messages in ${messageWindowMs} ms`);
    return false;
  }

  /** Sends one event of a feed. */
  deliver(feed: Feed, event: MarketEvent, provable: boolean): void {
    let fate: TradeFate = "sent";
    if (this.gate.idle) {
      const data = this.#encode(feed, event);
      if (data !== "") this.wire.send(data);
    } else fate = this.gate.pass(feed, event, provable, this.wire, (altered) => this.#encode(feed, altered));
    if (event.type === "trade" && feed.subscription.channel === "trade")
      this.#host.traded?.(this, event, fate);
  }

  heartbeat(): void {
    if (!this.heartbeats) return;
    const { server } = this.#host.venue;
    const one = server.heartbeats === undefined ? server.heartbeat(this) : null;
    const said = server.heartbeats?.(this) ?? (one === null ? [] : [one]);
    if (said.length > 0) this.#say(said);
  }

  /** Frames that belong to no stream. */
  tell(texts: readonly string[]): void {
    if (!this.closed) this.#say(texts);
  }

  #encode(feed: Feed, event: MarketEvent): Payload {
    const { server } = this.#host.venue;
    const { instrument } = feed.listing;
    const binary = server.encodeBinary?.(event, instrument, feed.subscription, this);
    const data = binary ?? server.encode(event, instrument, feed.subscription, this);
    if (data !== "") this.#host.sent(data.length);
    return data;
  }

  #subscribe(request: ClientRequest): void {
    const room = this.#host.venue.limits.streamsPerSocket - this.active.length;
    const wanted = this.#heard(request.subscriptions);
    const fresh = wanted.filter((one) => !this.#has(one));
    const over = new Set(fresh.slice(Math.max(0, room)));
    const closed = this.#host.switches.on("refuse_subscribe", this.#host.time);
    const accepted = wanted.filter((one) => !closed && this.#offered(one) && !over.has(one));
    const refused = wanted.filter((one) => !accepted.includes(one));
    if (wanted.length === 0) return;
    const added = accepted.filter((one) => !this.#has(one));
    this.active.push(...added);
    this.#answer(request, accepted, refused);
    for (const subscription of accepted) this.#restart(subscription);
  }

  /** What of a request gets through: under `omit_subscribe` every second stream is as if it had not been asked for. */
  #heard(wanted: readonly Subscription[]): readonly Subscription[] {
    if (!this.#host.switches.on("omit_subscribe", this.#host.time)) return wanted;
    return wanted.filter(() => this.#omitted++ % 2 === 1);
  }

  #unsubscribe(request: ClientRequest): void {
    for (const subscription of request.subscriptions) {
      const at = this.active.findIndex((one) => streamKey(one) === streamKey(subscription));
      if (at >= 0) this.#host.close(this, this.active.splice(at, 1)[0]!);
    }
    this.#answer(request, request.subscriptions, []);
  }

  #answer(request: ClientRequest, accepted: readonly Subscription[], refused: readonly Subscription[]): void {
    const { server } = this.#host.venue;
    if (this.#host.switches.on("lose_acks", this.#host.time)) return;
    if (accepted.length > 0 || refused.length === 0) this.#say(server.accept(request, accepted, this));
    if (refused.length > 0) this.#say(server.refuse(request, refused, this));
  }

  #add(subscription: Subscription): void {
    if (this.#has(subscription)) return;
    this.active.push(subscription);
    this.#restart(subscription);
  }

  /** A repeated subscription starts afresh: that is how a client asks for another snapshot. */
  #restart(subscription: Subscription): void {
    if (this.#host.switches.on("ignore_subscribe", this.#host.time)) return;
    this.#host.close(this, subscription);
    this.#host.open(this, subscription);
  }

  #has(subscription: Subscription): boolean {
    return this.active.some((one) => streamKey(one) === streamKey(subscription));
  }

  #offered(subscription: Subscription): boolean {
    const known = subscription.symbol === "" || this.#host.listing(subscription.symbol) !== undefined;
    return known && this.#host.venue.sockets.some((endpoint) => carries(endpoint, subscription.channel));
  }

  #say(texts: readonly string[]): void {
    for (const text of texts) {
      this.#host.sent(text.length);
      this.wire.send(text);
    }
    this.wire.flush();
  }
}

export function carries(endpoint: SocketEndpoint, channel: Channel): boolean {
  return (
    endpoint.channels.includes(channel) || (endpoint.always ?? []).some((one) => one.channel === channel)
  );
}

/** Two depths of one book are two streams. */
export function streamKey(subscription: Subscription): string {
  return `${subscriptionKey(subscription)}:${subscription.depth ?? ""}`;
}
