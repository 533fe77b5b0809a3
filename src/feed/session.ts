import { Backoff } from "./backoff.ts";
import type { BackoffOptions } from "./backoff.ts";
import { WindowBudget } from "./budget.ts";
import type { OpenSocket, Socket, SocketEvents } from "./socket.ts";
import { AckBook } from "./subscribe.ts";
import type { Shard } from "./subscribe.ts";
import type { Control, Request, Slab, Subscription, Venue } from "../model/index.ts";

const TICK_MS = 100;
/** A tick that comes this much late means that the thread was busy or asleep. */
const LATE_MS = 500;
const ACK_TIMEOUT_MS = 10_000;
/** A connection that lived this long has proved itself: the next failure starts from the shortest delay. */
const PROVEN_MS = 10_000;
const OPEN_TIMEOUT_MS = 10_000;
/** Part of the venue's message limit that is ours: pongs and pings count too. */
const MESSAGE_SHARE = 0.8;

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
}

/** What a session tells its lane. All calls are synchronous; `frame` is the hot path. */
export interface SessionEvents {
  /** A frame at [start, end); the lane parses it and hands cold ones back through `session.control`. */
  frame(session: Session, slab: Slab, start: number, end: number): void;
  /** The frames of one read of the socket have all been handed over. */
  endOfRead(session: Session): void;
  /** The socket opened, or is gone. On `up` false every price of this session is unproved from now on. */
  state(session: Session, up: boolean, reason: string): void;
  /** The venue will not send this, or has not said that it will. */
  refused(session: Session, subscription: Subscription, reason: string): void;
}

/**
 * One connection to one endpoint of one venue, kept alive: paced subscribing, acks read, heartbeats, idle cut,
 * jittered backoff that resets once the connection has proved itself, planned rotation ahead of the venue's own cut.
 * It knows no venue's name: everything venue-specific comes from the description.
 */
export class Session {
  readonly venue: Venue;
  readonly shard: Shard;
  readonly #slab: Slab;
  readonly #open: OpenSocket;
  readonly #options: SessionOptions;
  readonly #events: SessionEvents;
  readonly #connects: WindowBudget;
  readonly #backoff: Backoff;
  readonly #acks = new AckBook();
  #messages: WindowBudget;
  #socket: Socket | null = null;
  #queue: Request[] = [];
  #timer: NodeJS.Timeout | null = null;
  #nextId = 1;
  #generation = 0;
  #openedAt = 0;
  #lastAlive = 0;
  #lastTick = 0;
  #lastPing = 0;
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
    this.shard = shard;
    this.#slab = slab;
    this.#open = open;
    this.#connects = connects;
    this.#options = options;
    this.#events = events;
    this.#backoff = new Backoff(options.backoff);
    this.#messages = this.#newMessageBudget();
  }

  start(): void {
    if (this.#timer !== null) return;
    this.state = "waiting";
    this.#timer = setInterval(() => this.#tick(performance.now()), TICK_MS);
    this.#tick(performance.now());
  }

  /** Closes for good. */
  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
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

  /** Asks for a fresh stream of the given subscriptions: the way to a new in-band snapshot. */
  resubscribe(subscriptions: readonly Subscription[]): void {
    if (this.state !== "open") return;
    const nextId = (): number => this.#nextId++;
    const end = this.venue.unsubscribe(subscriptions, nextId);
    const begin = this.venue.subscribe(subscriptions, nextId);
    if (begin.length === 0) return this.rotate("asked again by a new connection");
    this.#enqueue(end.map((request) => ({ ...request, covers: [] })));
    this.#enqueue(begin);
  }

  /** Reads a cold frame: acks are settled here; what concerns the lane is returned. */
  control(text: string): Control[] {
    const controls = this.venue.control(text);
    for (const control of controls) this.#settle(control);
    return controls;
  }

  #settle(control: Control): void {
    if (control.type === "ack") this.#acks.answered(control.id, control.channel, control.symbol);
    else if (control.type === "active") this.#acks.active(control.subscriptions);
    else if (control.type === "refused") this.#refuse(control);
    else if (control.type === "shutdown") this.rotate(control.reason);
    else if (control.type === "answer") this.#answer(control.text);
  }

  /** What the venue waits for goes out before everything queued; it counts in the budget, but is not held back by it. */
  #answer(text: string): void {
    this.#messages.take(1, performance.now());
    this.#socket?.send(text);
  }

  #refuse(control: Control & { type: "refused" }): void {
    this.#acks.answered(control.id, control.channel, control.symbol);
    const named = this.shard.subscriptions.filter(
      (one) =>
        (control.channel === undefined || one.channel === control.channel) && one.symbol === control.symbol,
    );
    const channel = control.channel ?? "status";
    const subject = named.length > 0 ? named : [{ channel, symbol: control.symbol ?? "" }];
    for (const one of subject) this.#events.refused(this, one, control.reason);
  }

  #tick(now: number): void {
    // A thread that was itself held up has not listened: what it did not hear says nothing about the other side.
    if (now - this.#lastTick > LATE_MS) this.#lastAlive = now;
    this.#lastTick = now;
    if (this.state === "waiting" && now >= this.#retryAt) this.#connect(now);
    if (this.state !== "open") return;
    this.#flush(now);
    this.#keepAlive(now);
    for (const one of this.#acks.unanswered(now, ACK_TIMEOUT_MS))
      this.#events.refused(this, one, "no answer in 10 s");
  }

  #connect(now: number): void {
    const wait = this.#connects.take(1, now);
    if (wait > 0) {
      this.#retryAt = now + wait;
      return;
    }
    this.state = "connecting";
    this.#generation += 1;
    const url = this.venue.connectUrl(this.shard.endpoint, this.#options.url, this.shard.subscriptions);
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
        if (ours()) this.#opened(performance.now());
      },
      frame: (slab, start, end) => {
        if (generation !== this.#generation) return;
        this.#lastAlive = -1;
        this.#events.frame(this, slab, start, end);
      },
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

  #opened(now: number): void {
    this.state = "open";
    this.#openedAt = now;
    this.#lastAlive = now;
    this.#lastPing = now;
    this.#rotateAt =
      this.#options.rotateMs > 0 ? now + this.#options.rotateMs * (0.95 + 0.05 * Math.random()) : Infinity;
    this.#acks.clear();
    this.#queue = [];
    this.#messages = this.#newMessageBudget();
    const wanted = [...(this.shard.endpoint.always ?? []), ...this.shard.subscriptions];
    this.#events.state(this, true, "open");
    this.#enqueue(this.venue.subscribe(wanted, () => this.#nextId++));
  }

  #enqueue(requests: readonly Request[]): void {
    this.#queue.push(...requests);
    this.#flush(performance.now());
  }

  #flush(now: number): void {
    while (this.#queue.length > 0 && this.#messages.take(1, now) === 0) {
      const request = this.#queue.shift()!;
      this.#acks.sent(request.id, request.covers, now);
      this.#socket?.send(request.text);
    }
  }

  /** `#lastAlive` is -1 while something arrived since the last tick: frames then cost no clock read. */
  #keepAlive(now: number): void {
    if (this.#lastAlive < 0) this.#lastAlive = now;
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
    if (ping === undefined || now - this.#lastPing < ping.everyMs || this.#messages.take(1, now) > 0) return;
    this.#lastPing = now;
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
    this.#retryAt = performance.now() + this.#backoff.next();
    socket?.close(1000, "");
    if (socket !== null) this.reconnects += 1;
    if (wasOpen || socket !== null) this.#events.state(this, false, reason);
  }

  #newMessageBudget(): WindowBudget {
    const { messages, messageWindowMs } = this.venue.limits;
    return new WindowBudget(Math.max(1, Math.floor(messages * MESSAGE_SHARE)), messageWindowMs);
  }
}
