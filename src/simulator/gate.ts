import type { BookEvent, Channel, MarketEvent } from "../model/index.ts";
import { EVENT_FAULTS } from "./event-faults.ts";
import type { FaultName } from "./faults.ts";
import { FRAME_FAULTS } from "./frame-faults.ts";
import type { Random } from "./random.ts";
import type { Feed } from "./session.ts";
import { mergedTrades } from "./trade-lists.ts";
import type { TradeFate } from "./trade-notes.ts";
import type { Payload, Wire } from "./wire.ts";

/** A frame fault that waits for its frame. */
export interface Armed {
  readonly fault: FaultName;
  /** Native symbol and channel the frame must carry; null = any. */
  readonly symbol: string | null;
  readonly channel: Channel | null;
  /** Called once, when the fault has struck. */
  readonly struck: (event: MarketEvent) => void;
}

interface Held {
  readonly data: Payload;
  readonly feed: Feed;
}

/** A trade that waits for another one, to share its frame. */
interface Waiting {
  readonly event: MarketEvent;
  readonly feed: Feed;
}

/** What of a struck frame arrives, where it is not the frame as it was. */
const FATES: Partial<Record<FaultName, TradeFate>> = {
  drop: "withheld",
  drop_trades: "withheld",
  truncate: "withheld",
  binary: "withheld",
  bad_opcode: "withheld",
  smash: "damaged",
  oversize: "damaged",
  quoted: "damaged",
  renamed: "damaged",
  bad_utf8: "damaged",
};

/** Most faults that may wait on one connection. */
const MAX_ARMED = 64;

/**
 * Where faults meet frames: every data frame of a connection passes here. Without faults it costs one comparison.
 * Silenced streams are discarded before they are encoded, so that connection-wide numbers show no gap: what a
 * stalled symbol looks like. Frames lost later do use up their number.
 */
export class Gate {
  readonly #armed: Armed[] = [];
  readonly #silent = new Set<string>();
  /** Symbols whose checksums are all 0. */
  readonly #blanked = new Set<string>();
  #silentAll = false;
  #held: Held | null = null;
  #alone: Waiting | null = null;
  readonly #random: Random;
  readonly #maxFrame: number;

  constructor(random: Random, maxFrame: number) {
    this.#random = random;
    this.#maxFrame = maxFrame;
  }

  get idle(): boolean {
    const waits = this.#armed.length > 0 || this.#held !== null || this.#alone !== null;
    return !waits && this.#silent.size === 0 && !this.#silentAll && this.#blanked.size === 0;
  }

  arm(armed: Armed): boolean {
    if (this.#armed.length >= MAX_ARMED) return false;
    this.#armed.push(armed);
    return true;
  }

  /** Discards one symbol's data, or all data (null), until told otherwise. */
  silence(symbol: string | null, on: boolean): void {
    if (symbol === null) this.#silentAll = on;
    else if (on) this.#silent.add(symbol);
    else this.#silent.delete(symbol);
  }

  /** All checksums of a symbol are 0, until told otherwise. */
  blank(symbol: string, on: boolean): void {
    if (on) this.#blanked.add(symbol);
    else this.#blanked.delete(symbol);
  }

  silent(symbol: string): boolean {
    return this.#silentAll || this.#silent.has(symbol);
  }

  /**
   * Encodes and sends `event` of `feed` through whatever waits for it. `provable` is false for a frame whose loss
   * the venue gives no means to notice; faults leave it alone. Says what became of it.
   */
  pass(
    feed: Feed,
    event: MarketEvent,
    provable: boolean,
    wire: Wire,
    encode: (event: MarketEvent) => Payload,
  ): TradeFate {
    if (this.silent(event.symbol)) return "withheld";
    if (this.#alone !== null && this.#alone.feed === feed) {
      this.#together(event, wire, encode);
      return "sent";
    }
    const armed = provable ? this.#take(feed, event) : undefined;
    const altered = armed === undefined ? null : this.#alter(armed.fault, feed, event);
    if (armed?.fault === "merge_trades") {
      this.#alone = { event, feed };
      armed.struck(event);
      return "sent";
    }
    const data = encode(this.#blank(altered ?? event));
    if (data === "") return "withheld";
    this.#strike(feed, armed, data, wire);
    armed?.struck(event);
    return (armed === undefined ? undefined : FATES[armed.fault]) ?? "sent";
  }

  /** Two trades as one frame, which uses up one number of its connection. */
  #together(event: MarketEvent, wire: Wire, encode: (event: MarketEvent) => Payload): void {
    const { session } = this.#alone!.feed;
    const first = encode(this.#alone!.event);
    this.#alone = null;
    const { sequence } = session;
    const second = encode(event);
    const both = typeof first === "string" && typeof second === "string" ? mergedTrades(first, second) : null;
    if (both === null) {
      wire.send(first);
      wire.send(second);
      return;
    }
    session.sequence = sequence;
    wire.send(both);
  }

  #strike(feed: Feed, armed: Armed | undefined, data: Payload, wire: Wire): void {
    if (armed?.fault === "reorder") {
      this.#held = { data, feed };
      return;
    }
    const act = armed === undefined ? undefined : FRAME_FAULTS[armed.fault];
    if (act === undefined) wire.send(data);
    else act({ data, wire, random: this.#random, maxFrame: this.#maxFrame });
    if (this.#held !== null && this.#held.feed === feed) {
      wire.send(this.#held.data);
      this.#held = null;
    }
  }

  /** The first waiting fault that this frame suits. */
  #take(feed: Feed, event: MarketEvent): Armed | undefined {
    const at = this.#armed.findIndex((armed) => this.#suits(armed, feed, event));
    return at < 0 ? undefined : this.#armed.splice(at, 1)[0];
  }

  #suits(armed: Armed, feed: Feed, event: MarketEvent): boolean {
    if (armed.symbol !== null && armed.symbol !== event.symbol) return false;
    if (armed.channel !== null && armed.channel !== feed.subscription.channel) return false;
    if (armed.fault === "reorder" && this.#held !== null) return false;
    if (event.type === "book" && event.action === "snapshot" && feed.subscription.channel === "book")
      return false;
    return EVENT_FAULTS[armed.fault] === undefined || this.#alter(armed.fault, feed, event) !== null;
  }

  #alter(fault: FaultName, feed: Feed, event: MarketEvent): BookEvent | null {
    if (event.type !== "book") return null;
    return EVENT_FAULTS[fault]?.(event, feed.listing.book, this.#random) ?? null;
  }

  /** The event with a checksum of 0, while its symbol's are blanked. */
  #blank(event: MarketEvent): MarketEvent {
    const blanked = event.type === "book" && event.checksum !== undefined && this.#blanked.has(event.symbol);
    return blanked ? { ...event, checksum: 0 } : event;
  }
}
