import { Backoff } from "./backoff.ts";
import type { BackoffOptions } from "./backoff.ts";
import { MessageBudget } from "../snapshots/budget.ts";
import type { WindowBudget } from "../snapshots/budget.ts";
import type { OpenSocket, Socket, SocketEvents } from "../socket/socket.ts";

import { AckBook } from "./subscribe.ts";
import type { Asked, Shard } from "./subscribe.ts";
import { REAL } from "../world/world.ts";
import type { Cancel, Turns } from "../world/world.ts";
import { subscriptionKey } from "../../model/index.ts";
import type {
  Channel,
  Control,
  Request,
  Slab,
  SocketEndpoint,
  Subscription,
  Venue,
} from "../../model/index.ts";

const TICK_MS = 100;
/** A tick that comes this much late means that the thread was busy or asleep. */
const LATE_MS = 500;
const ACK_TIMEOUT_MS = 10_000;
const LEFT_OUT = "left out of the venue's answer";
const NO_ANSWER = "no answer in 10 s";
/** What was refused for a reason that passes is asked again after this long. */
const AGAIN_MS = 2_000;
/** A connection that lived this long has proved itself: the next failure starts from the shortest delay. */
const PROVEN_MS = 10_000;
const OPEN_TIMEOUT_MS = 10_000;
export type SessionState = "waiting" | "connecting" | "open" | "closed";

export interface SessionOptions {
  readonly url: string;
  readonly idleMs: number;
  readonly rotateMs: number;
  readonly maxFrame: number;
  /** Instead of the venue's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly backoff: BackoffOptions;
  readonly proxy?: string | null;
  readonly turns?: Turns;
}

/** What a session tells its lane. All calls are synchronous; `frame` is the hot path. */
export interface SessionEvents {
  /** A frame at [start, end); the lane parses it and hands cold ones back through `session.control`. */
  frame(session: Session, slab: Slab, start: number, end: number): void;
  /** See SocketEvents.large. */
  large?(session: Session, slab: Slab, start: number, end: number, work: Slab, resume: () => void): boolean;
  /** The frames of one read of the socket have all been handed over. */
  endOfRead(session: Session): void;
  /** The socket opened, or is gone. On `up` false every price of this session is unproved from now on. */
  state(session: Session, up: boolean, reason: string): void;
  /** The venue told its time (UNIX us) in answer to what was sent at mark `sent`, ms. */
  timed?(sent: number, at: number): void;
  /** The venue will not send this; `silent`: it has not said that it will. */
  refused(session: Session, subscription: Subscription, reason: string, silent: boolean): void;
  /** The venue has not confirmed that it ends this, or will not. */
  goesOn?(session: Session, subscription: Subscription, reason: string): void;
}

/** What has become of a subscription: asked for, confirmed, refused, or asked for without an answer. */
export interface Standing {
  readonly state: "waiting" | "active" | "refused" | "silent";
  readonly reason: string;
}

const WAITING: Standing = { state: "waiting", reason: "" };
const ACTIVE: Standing = { state: "active", reason: "" };

/** A message that waits for its turn; `ending`: it ends what it covers. */
interface Queued {
  readonly request: Request;
  readonly ending: boolean;
}

/**
 * One connection to one endpoint of one venue, kept alive: paced subscribing, acks read, heartbeats, idle cut,
 * jittered backoff that resets once the connection has proved itself, planned rotation ahead of the venue's own cut.
 * It knows no venue's name: everything venue-specific comes from the description.
 */
export class Session {
  readonly venue: Venue;
  readonly endpoint: SocketEndpoint;
  /** What this connection is to carry, by key. */
  readonly #wanted: Map<string, Subscription>;
  readonly #standings = new Map<string, Standing>();
  readonly #slab: Slab;
  readonly #open: OpenSocket;
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  readonly #connects: WindowBudget;
  readonly #backoff: Backoff;
  readonly #acks = new AckBook();
  #messages: MessageBudget;
  #socket: Socket | null = null;
  #queue: Queued[] = [];
  /** To be asked again, each at its time, the earliest first. */
  #later: { readonly at: number; readonly subscriptions: readonly Subscription[] }[] = [];
  readonly #turns: Turns;
  #cancel: Cancel | null = null;
  #nextId = 1;
  readonly #next = (): number => this.#nextId++;
  #generation = 0;
  #openedAt = 0;
  #lastAlive = 0;
  /** The socket is not read: a large frame is. */
  #deaf = false;
  #lastTick = 0;
  #lastPing = 0;
  /** Questions that a pong will answer: when the last was sent, and how many wait. */
  #askedAt = 0;
  #asked = 0;
  #retryAt = 0;
  #rotateAt = Infinity;
  state: SessionState = "closed";
  /** Times the socket was opened again after the first. */
  reconnects = 0;

  constructor(
    venue: Venue,
    shard: Shard,
    slab: Slab,
    open: OpenSocket,
    connects: WindowBudget,
    options: SessionOptions,
    events: SessionEvents,
  ) {
    this.venue = venue;
    this.endpoint = shard.endpoint;
    this.#wanted = new Map(shard.subscriptions.map((one) => [subscriptionKey(one), one]));
    this.#slab = slab;
    this.#open = open;
    this.#connects = connects;
    this.#options = options;
    this.#turns = options.turns ?? REAL;
    this.#events = events;
    this.#backoff = new Backoff(options.backoff, this.#turns.random);
    this.#messages = new MessageBudget(venue.limits);
  }

  /** The endpoint, and what it is to carry now. */
  get shard(): Shard {
    return { endpoint: this.endpoint, subscriptions: [...this.#wanted.values()] };
  }

  /** Subscriptions it is to carry, those that every connection has included. */
  get size(): number {
    return this.#wanted.size + (this.endpoint.always?.length ?? 0);
  }

  /** Subscriptions that were asked of it. */
  get wanted(): number {
    return this.#wanted.size;
  }

  /** Whether it is to carry anything of a symbol, or one channel of it. */
  carries(symbol: string, channel?: Channel): boolean {
    for (const one of this.#wanted.values())
      if (one.symbol === symbol && (channel === undefined || one.channel === channel)) return true;
    return false;
  }

  has(subscription: Subscription): boolean {
    return this.#wanted.has(subscriptionKey(subscription));
  }

  /** What has become of a subscription of this connection. */
  standing(subscription: Subscription): Standing {
    return this.#standings.get(subscriptionKey(subscription)) ?? WAITING;
  }

  start(): void {
    if (this.#cancel !== null) return;
    this.state = "waiting";
    this.#cancel = this.#turns.every(TICK_MS, () => this.#tick(this.#turns.now()));
    this.#tick(this.#turns.now());
  }

  /** Closes for good. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#drop("stopped");
    this.state = "closed";
  }

  /** Cuts the connection now and opens a new one without delay (planned rotation, venue shutdown notice). */
  rotate(reason: string): void {
    this.#drop(reason);
    this.#retryAt = 0;
  }

  /** Cuts the connection and comes back after the backoff. */
  fail(reason: string): void {
    this.#drop(reason);
  }

  /** Carries these too: asked for at once on an open connection, by a new one where the address itself asks. */
  add(subscriptions: readonly Subscription[]): void {
    for (const one of subscriptions) {
      this.#wanted.set(subscriptionKey(one), one);
      this.#standings.delete(subscriptionKey(one));
    }
    if (this.state !== "open") return;
    if (this.#ask(subscriptions) === 0) this.rotate("asked for more by a new connection");
  }

  /** Carries these no longer. Where the address asks they go on until the next connection, and are not listened to. */
  remove(subscriptions: readonly Subscription[]): void {
    for (const one of subscriptions) {
      this.#wanted.delete(subscriptionKey(one));
      this.#standings.delete(subscriptionKey(one));
    }
    if (this.state === "open") this.#enqueue(this.venue.unsubscribe(subscriptions, this.#next), true);
  }

  /** Asks for a fresh stream of the given subscriptions: the way to a new in-band snapshot. */
  resubscribe(subscriptions: readonly Subscription[]): void {
    if (this.state !== "open") return;
    this.#enqueue(this.venue.unsubscribe(subscriptions, this.#next), true);
    if (this.#ask(subscriptions) === 0) this.rotate("asked again by a new connection");
  }

  /** Requests made. What no request answers for counts as active at once. */
  #ask(subscriptions: readonly Subscription[]): number {
    const requests = this.venue.subscribe(subscriptions, this.#next);
    const covered = new Set(requests.flatMap(({ covers }) => covers.map(subscriptionKey)));
    for (const one of subscriptions) if (!covered.has(subscriptionKey(one))) this.#stands(one, ACTIVE);
    this.#enqueue(requests, false);
    return requests.length;
  }

  #stands(subscription: Subscription, standing: Standing): void {
    if (this.has(subscription)) this.#standings.set(subscriptionKey(subscription), standing);
  }

  /** Reads a cold frame: acks are settled here; what concerns the lane is returned. */
  control(text: string): Control[] {
    const controls = this.venue.control(text);
    for (const control of controls) this.#settle(control);
    return controls;
  }

  #settle(control: Control): void {
    if (control.type === "ack")
      this.#confirm(this.#acks.answered(control.id, control.channel, control.symbol), control.only);
    else if (control.type === "active") this.#confirm(this.#acks.active(control.subscriptions));
    else if (control.type === "refused") this.#refuse(control);
    else if (control.type === "pong") this.#pong(control.at);
    else if (control.type === "shutdown") this.rotate(control.reason);
    else if (control.type === "answer") this.#answer(control.text);
  }

  /** What the venue waits for goes out before everything queued; it counts in the budget, but is not held back by it. */
  #answer(text: string): void {
    this.#askedAt = this.#turns.now();
    this.#asked += 1;
    this.#messages.spend(this.#askedAt);
    this.#socket?.send(text);
  }

  /** Which question an answer belongs to is certain only while one waits. */
  #pong(at: number | undefined): void {
    if (at !== undefined && this.#asked === 1) this.#events.timed?.(this.#askedAt, at);
    this.#asked = 0;
  }

  /** What was asked for stands; with `only` given, what of it is not in that list was left out by the venue. */
  #confirm(asked: readonly Asked[], only?: readonly Subscription[]): void {
    const listed = only === undefined ? null : new Set(only.map(subscriptionKey));
    for (const { subscription, ending } of asked) {
      if (ending) continue;
      if (listed === null || listed.has(subscriptionKey(subscription))) this.#stands(subscription, ACTIVE);
      else this.#leftOut(subscription);
    }
  }

  #leftOut(subscription: Subscription): void {
    this.#stands(subscription, { state: "refused", reason: LEFT_OUT });
    this.#events.refused(this, subscription, LEFT_OUT, false);
  }

  #refuse(control: Control & { type: "refused" }): void {
    const asked = this.#acks.answered(control.id, control.channel, control.symbol);
    const begun = asked.filter((one) => !one.ending).map((one) => one.subscription);
    for (const { subscription, ending } of asked)
      if (ending && !this.has(subscription)) this.#events.goesOn?.(this, subscription, control.reason);
    if (control.id !== null && asked.length > 0 && begun.length === 0) return;
    if (control.again === true && begun.length > 0) {
      this.#later.push({ at: this.#turns.now() + AGAIN_MS, subscriptions: begun });
      return;
    }
    if (control.id !== null && control.symbol === undefined && begun.length > 1) return this.#halve(begun);
    const named = begun.length > 0 ? begun : this.shard.subscriptions.filter((one) => meant(control, one));
    const channel = control.channel ?? "status";
    const subject = named.length > 0 ? named : [{ channel, symbol: control.symbol ?? "" }];
    for (const one of subject) {
      this.#stands(one, { state: "refused", reason: control.reason });
      this.#events.refused(this, one, control.reason, false);
    }
  }

  /** Those of the earliest that are still wanted. */
  #askAgain(): void {
    const always = this.endpoint.always ?? [];
    this.#ask(this.#later.shift()!.subscriptions.filter((one) => this.has(one) || always.includes(one)));
  }

  /** A request was refused whole, and does not say for which of its subscriptions: the others shall not suffer. */
  #halve(subscriptions: readonly Subscription[]): void {
    const half = Math.ceil(subscriptions.length / 2);
    this.#ask(subscriptions.slice(0, half));
    this.#ask(subscriptions.slice(half));
  }

  #tick(now: number): void {
    // A thread that was itself held up has not listened: what it did not hear says nothing about the other side.
    if (now - this.#lastTick > LATE_MS) this.#lastAlive = now;
    this.#lastTick = now;
    if (this.state === "waiting" && now >= this.#retryAt) this.#connect(now);
    if (this.state !== "open") return;
    this.#flush(now);
    this.#keepAlive(now);
    while (this.#later.length > 0 && this.#later[0]!.at <= now) this.#askAgain();
    for (const { subscription, ending } of this.#acks.unanswered(now, ACK_TIMEOUT_MS)) {
      if (ending) {
        this.#events.goesOn?.(this, subscription, NO_ANSWER);
        continue;
      }
      this.#stands(subscription, { state: "silent", reason: NO_ANSWER });
      this.#events.refused(this, subscription, NO_ANSWER, true);
    }
  }

  #connect(now: number): void {
    const wait = this.#connects.take(1, now);
    if (wait > 0) {
      this.#retryAt = now + wait;
      return;
    }
    this.state = "connecting";
    this.#generation += 1;
    const url = this.venue.connectUrl(this.endpoint, this.#options.url, this.shard.subscriptions);
    const socketOptions = {
      headers: this.#options.headers ?? this.venue.headers,
      maxFrame: this.#options.maxFrame,
      openTimeoutMs: OPEN_TIMEOUT_MS,
      proxy: this.#options.proxy ?? null,
    };
    this.#socket = this.#open(url, this.#slab, socketOptions, this.#listen(this.#generation));
  }

  /** Events of a socket that is no longer ours are ignored. */
  #listen(generation: number): SocketEvents {
    const ours = (): boolean => generation === this.#generation;
    return {
      open: () => {
        if (ours()) this.#opened(this.#turns.now());
      },
      frame: (slab, start, end) => {
        if (generation !== this.#generation) return;
        this.#lastAlive = -1;
        this.#events.frame(this, slab, start, end);
      },
      large: (slab, start, end, work, resume) => ours() && this.#large(slab, start, end, work, resume),
      // Also for a socket that is no longer ours: its last frames may have been handed over in this very read.
      endOfRead: () => this.#events.endOfRead(this),
      alive: () => {
        if (ours()) this.#lastAlive = -1;
      },
      close: (code, reason) => {
        if (ours()) this.#drop(`closed ${code}${reason === "" ? "" : ` ${reason}`}`);
      },
    };
  }

  /** While it is read, the socket is not: what is not heard then says nothing about the other side. */
  #large(slab: Slab, start: number, end: number, work: Slab, resume: () => void): boolean {
    const generation = this.#generation;
    const goOn = (): void => {
      if (generation === this.#generation) this.#deaf = false;
      resume();
    };
    this.#lastAlive = -1;
    this.#deaf = this.#events.large?.(this, slab, start, end, work, goOn) ?? false;
    return this.#deaf;
  }

  #opened(now: number): void {
    this.#deaf = false;
    this.state = "open";
    this.#openedAt = now;
    this.#lastAlive = now;
    this.#lastPing = now;
    this.#asked = 0;
    this.#rotateAt =
      this.#options.rotateMs > 0
        ? now + this.#options.rotateMs * (0.95 + 0.05 * this.#turns.random())
        : Infinity;
    this.#acks.clear();
    this.#queue = [];
    this.#later = [];
    this.#standings.clear();
    this.#messages = new MessageBudget(this.venue.limits);
    this.#events.state(this, true, "open");
    this.#ask([...(this.endpoint.always ?? []), ...this.#wanted.values()]);
  }

  #enqueue(requests: readonly Request[], ending: boolean): void {
    for (const request of requests) this.#queue.push({ request, ending });
    this.#flush(this.#turns.now());
  }

  #flush(now: number): void {
    while (this.#queue.length > 0 && this.#messages.take(now) === 0) {
      const { request, ending } = this.#queue.shift()!;
      this.#acks.sent(request.id, request.covers, now, ending);
      this.#socket?.send(request.text);
    }
  }

  /** `#lastAlive` is -1 while something arrived since the last tick: frames then cost no clock read. */
  #keepAlive(now: number): void {
    if (this.#lastAlive < 0 || this.#deaf) this.#lastAlive = now;
    if (now - this.#openedAt > PROVEN_MS) this.#backoff.reset();
    if (now - this.#lastAlive > this.#options.idleMs) {
      this.fail(`silent for ${this.#options.idleMs} ms`);
      return;
    }
    if (now > this.#rotateAt) {
      this.rotate("planned rotation");
      return;
    }
    const ping = this.venue.heartbeat.ping;
    if (ping === undefined || now - this.#lastPing < ping.everyMs) return;
    if (this.venue.limits.pingsCount !== false && this.#messages.take(now) > 0) return;
    this.#lastPing = now;
    this.#askedAt = now;
    this.#asked += 1;
    if (ping.text === undefined) this.#socket?.ping();
    else this.#socket?.send(ping.text(this.#nextId++));
  }

  #drop(reason: string): void {
    const socket = this.#socket;
    const wasOpen = this.state === "open";
    this.#generation += 1;
    this.#socket = null;
    if (this.state === "closed") return;
    this.state = "waiting";
    this.#retryAt = this.#turns.now() + this.#backoff.next();
    socket?.close(1000, "");
    if (socket !== null) this.reconnects += 1;
    if (wasOpen || socket !== null) this.#events.state(this, false, reason);
  }
}

function meant({ channel, symbol }: Control & { type: "refused" }, one: Subscription): boolean {
  return (channel === undefined || one.channel === channel) && one.symbol === symbol;
}
