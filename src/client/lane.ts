import {
  DepthReader,
  EventReader,
  InstrumentReader,
  readCounters,
  ReaderListing,
  RingReader,
  TopReader,
} from "../log/index.ts";
import type { CounterRow, DepthOfBook, EventNames, InstrumentRow, TopOfBook, Wait } from "../log/index.ts";
import type { MarketEvent } from "../model/index.ts";
import { openRegion, processAlive, regionPath, stillThere, wallClock } from "../store/index.ts";
import type { RegionHandle } from "../store/index.ts";
import { NAP_MS, Waiter } from "./waiter.ts";

/** Slots taken from the ring at a time by `follow`. */
const BATCH = 1024;
/** ms between two reports to the readers table, and between two looks whether the file was replaced. */
const REPORT_MS = 200;
const REPLACED_MS = 1000;

export interface LaneOptions {
  /** Where to begin: only what comes from now on, or all that is still there. */
  readonly from?: "head" | "oldest";
  /** How this reader is called in `feedhorn lag`. */
  readonly name?: string;
  /** Directory of the lanes, when the lane is given by name. */
  readonly dir?: string;
}

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** What to do when there is nothing to read (see {@link Wait}). Default "timer". */
  readonly wait?: Wait;
  /** ms that "timer" sleeps; 0 keeps the event loop turning. Default 1. */
  readonly idleMs?: number;
}

/**
 * Opens a running gateway's lane, by name or by path. Throws RegionError when it cannot be read.
 *
 *     import { openLane } from "feedhorn/client";
 *     const lane = openLane("main", { name: "my bot" });
 *     const id = lane.find("BTC-USDT", "binance");
 *     console.log(id === null ? "not listed" : lane.top(id));
 *     for await (const event of lane.follow()) {
 *       if (event.type === "trade") console.log(event.instrument, event.price, lane.lost);
 *     }
 */
export function openLane(lane: string, options: LaneOptions = {}): Lane {
  return new Lane(openRegion(regionPath(lane, options.dir)), options);
}

/** One reader of one lane. It cannot slow the gateway down; what it was too slow for is counted in `lost`. */
export class Lane {
  /** Times the file was replaced by a new one and this reader moved over (a restart in place is an epoch instead). */
  moves = 0;
  readonly #name: string;
  #handle: RegionHandle;
  #ring!: RingReader;
  #names!: EventNames;
  #events!: EventReader;
  #instruments!: InstrumentReader;
  #top!: TopReader;
  #depth!: DepthReader;
  #waiter!: Waiter;
  #wait: Wait = "timer";
  #listing: ReaderListing | null = null;
  #lostBefore = 0;
  #reported = 0;
  #looked = 0;
  #closed = false;

  constructor(handle: RegionHandle, options: LaneOptions) {
    this.#name = options.name ?? "client";
    this.#handle = handle;
    this.#attach();
    if (options.from === "oldest") this.#ring.seekOldest();
  }

  /** Slots missed since this lane was opened; only grows. */
  get lost(): number {
    return this.#lostBefore + this.#ring.lost;
  }

  /** Next slot to read; (lane, cursor) is what `seek` takes. */
  get cursor(): number {
    return this.#ring.cursor;
  }

  /** Slots committed and not yet read. */
  get lag(): number {
    return this.#ring.lag;
  }

  /** Number of the writer, counted since the region was made: it changes when the gateway restarts. */
  get epoch(): number {
    return this.#ring.epoch;
  }

  get counters(): CounterRow[] {
    return readCounters(this.#handle.region.counters);
  }

  /** Goes on from a cursor of an earlier run; RangeError beyond the head. */
  seek(cursor: number): void {
    this.#events.reset();
    this.#ring.seek(cursor);
  }

  /** Every instrument of the lane, by id. */
  instruments(): InstrumentRow[] {
    return this.#instruments.all();
  }

  /** Id of an instrument by its canonical name or native symbol, at one venue or the first that has it. */
  find(name: string, venue?: string): number | null {
    const fits = (row: InstrumentRow): boolean =>
      (row.canonical === name || row.symbol === name) &&
      (venue === undefined || this.#names.venue(row.venueCode) === venue);
    return this.instruments().find(fits)?.id ?? null;
  }

  /** Best bid and offer now, with its validity; null when there is none yet. */
  top(id: number): TopOfBook | null {
    return this.#top.read(id);
  }

  /** Best 50 levels per side now, with their validity; null when there are none yet. */
  depth(id: number): DepthOfBook | null {
    return this.#depth.read(id);
  }

  /** Id of the venue of an instrument row. */
  venueOf(row: InstrumentRow): string {
    return this.#names.venue(row.venueCode) ?? `#${row.venueCode}`;
  }

  /** Gives the events of at most `limit` slots to `handler`; returns the number of slots. Never waits. */
  poll(handler: (event: MarketEvent) => void, limit = Infinity): number {
    const events = this.#events;
    const slots = this.#ring.poll((views, word) => {
      const event = events.accept(views, word);
      if (event !== null) handler(event);
    }, limit);
    this.#report();
    return slots;
  }

  /** Events as they come, until `close` or the signal. Waits for a gateway that is down and goes on when it is back. */
  async *follow(options: FollowOptions = {}): AsyncGenerator<MarketEvent, void, undefined> {
    const { signal, wait = "timer", idleMs = 1 } = options;
    const wake = (): void => this.#waiter.cancel();
    const batch: MarketEvent[] = [];
    signal?.addEventListener("abort", wake);
    this.#says(wait);
    try {
      while (!this.#closed && !aborted(signal)) {
        batch.length = 0;
        if (this.poll((event) => batch.push(event), BATCH) === 0)
          await this.#idle(wait, wait === "futex" ? NAP_MS : idleMs);
        yield* batch;
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  /** Waits for something to read: true when there is; false when `timeoutMs` have passed or the lane was closed. */
  async wait(how: Wait = "timer", timeoutMs = Infinity): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    this.#says(how);
    for (;;) {
      if (this.#closed || this.lag > 0) return !this.#closed;
      const left = until - performance.now();
      if (left <= 0) return false;
      await this.#idle(how, Math.min(left, how === "timer" ? 1 : NAP_MS));
    }
  }

  /**
   * The same for a program that owns its thread: nothing else happens in it meanwhile. "futex" costs no core and
   * saves the way through the event loop; "spin" is the fastest.
   */
  waitSync(how: "spin" | "futex", timeoutMs = Infinity): boolean {
    const until = performance.now() + timeoutMs;
    this.#says(how);
    for (;;) {
      if (this.#closed || this.lag > 0) return !this.#closed;
      const left = until - performance.now();
      if (left <= 0) return false;
      this.#look();
      this.#waiter.stepSync(how, left);
    }
  }

  /** Leaves the readers table and ends `follow`. */
  close(): void {
    this.#closed = true;
    this.#waiter.cancel();
    this.#listing?.release();
    this.#listing = null;
    this.#handle.close();
  }

  #attach(): void {
    const { region, listable } = this.#handle;
    this.#ring = new RingReader(region.control, region.slots);
    this.#ring.onLost = () => this.#events.reset();
    this.#waiter = new Waiter(this.#ring, this.#handle);
    this.#names = region.names();
    this.#events = new EventReader(this.#names);
    this.#instruments = new InstrumentReader(region.control, region.instruments);
    this.#top = new TopReader(region.top);
    this.#depth = new DepthReader(region.depth);
    if (listable)
      this.#listing = ReaderListing.claim(region.readers, process.pid, this.#name, wallClock(), processAlive);
    this.#listing?.waits(this.#wait);
  }

  #says(how: Wait): void {
    this.#wait = how;
    this.#listing?.waits(how);
  }

  #report(): void {
    if (this.#listing === null) return;
    const now = Date.now();
    if (now - this.#reported < REPORT_MS) return;
    this.#reported = now;
    this.#listing.report(this.#ring.cursor, this.#ring.lost, wallClock());
  }

  #idle(how: Wait, ms: number): Promise<void> {
    this.#look();
    return this.#waiter.step(how, ms);
  }

  /** What a waiting reader does besides: it says that it lives, and moves along when the file is replaced. */
  #look(): void {
    this.#report();
    this.#follow();
  }

  /** Moves over when the path leads to another region now: all of it is new. */
  #follow(): void {
    const now = Date.now();
    if (now - this.#looked < REPLACED_MS) return;
    this.#looked = now;
    if (this.#handle.path === null || stillThere(this.#handle)) return;
    const next = reopen(this.#handle.path);
    if (next === null) return;
    this.#lostBefore += this.#ring.lost;
    this.#handle = next;
    this.#attach();
    this.#ring.seek(this.#ring.first);
    this.moves += 1;
  }
}

function aborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The region that is there now, or null while there is none that can be read. */
function reopen(path: string): RegionHandle | null {
  try {
    return openRegion(path);
  } catch {
    return null;
  }
}
