import { Backoff } from "../session/backoff.ts";
import type { WindowBudget } from "../snapshots/budget.ts";
import type { HttpResult } from "../snapshots/http.ts";
import { REAL } from "../world/world.ts";
import type { Cancel, Turns, Web } from "../world/world.ts";
import type { Instrument, RestRequest, Venue } from "../../model/index.ts";

/** Pages that one metadata request may have. */
const MAX_PAGES = 100;
/** Failures of one refresh before it is left to the next. */
const TRIES = 4;
/** Two refreshes that were not planned are at least so far apart. */
const SOONEST_MS = 10_000;
/** Longest step of a wait, so that a stop is seen. */
const STEP_MS = 250;

/** What a venue lists; `whole` false: it has more pages than we read, so what is not in it may exist all the same. */
export interface Listed {
  readonly instruments: Instrument[];
  readonly whole: boolean;
}

export interface MetadataOptions {
  readonly venue: Venue;
  readonly http: Pick<Web, "get">;
  readonly restUrl: string;
  /** Request weight that the feed's snapshots spend too. */
  readonly budget: WindowBudget;
  readonly turns?: Turns;
  /** A request failed and is tried again. */
  readonly report: (reason: string) => void;
}

/**
 * Fetches a venue's metadata: every request and page of it, or nothing. Failures are followed by longer waits, what the
 * venue asks for is waited out, and no request is made that the budget has no room for.
 */
export class Metadata {
  readonly #options: MetadataOptions;
  readonly #turns: Turns;
  #stopped = false;

  constructor(options: MetadataOptions) {
    this.#options = options;
    this.#turns = options.turns ?? REAL;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** The whole list; null when `tries` requests failed in a row, or on stop. */
  async fetch(tries: number): Promise<Listed | null> {
    const { venue } = this.#options;
    const backoff = new Backoff({ minMs: 250, maxMs: 30_000 }, this.#turns.random);
    const all: Instrument[] = [];
    const waiting = [...venue.instruments.requests];
    let whole = true;
    for (let pages = 0; waiting.length > 0 && !this.#stopped;) {
      const request = waiting[0]!;
      const result = await this.#get(request);
      const page = result.ok ? this.#read(request, result.body.toString("utf8")) : result.reason;
      if (typeof page !== "string") {
        all.push(...page.instruments);
        whole &&= page.next === null || ++pages < MAX_PAGES;
        if (page.next === null || !whole) waiting.shift();
        else waiting[0] = page.next;
        backoff.reset();
        continue;
      }
      if (this.#stopped) return null;
      this.#options.report(page);
      if (backoff.tries + 1 >= tries) return null;
      await this.#wait(Math.max(backoff.next(), result.ok ? 0 : result.retryMs));
    }
    return this.#stopped ? null : { instruments: all, whole };
  }

  async #get({ path, weight }: RestRequest): Promise<HttpResult> {
    const { venue, http, restUrl, budget } = this.#options;
    const units = Math.min(weight, venue.limits.restWeight);
    for (let wait = 1; wait > 0 && !this.#stopped;) {
      wait = budget.take(units, this.#turns.now());
      if (wait > 0) await this.#wait(wait);
    }
    const result = await http.get(restUrl + path, venue.rest.usedWeightHeader);
    if (result.ok) budget.observe(result.usedWeight, this.#turns.now());
    else if (result.retryMs > 0) budget.block(result.retryMs, this.#turns.now());
    return result;
  }

  #read(
    request: RestRequest,
    body: string,
  ): { instruments: Instrument[]; next: RestRequest | null } | string {
    const { instruments, id } = this.#options.venue;
    try {
      return { instruments: instruments.parse(body), next: instruments.next?.(request, body) ?? null };
    } catch (error) {
      return `metadata of ${id} not readable: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  async #wait(ms: number): Promise<void> {
    const turns = this.#turns;
    const until = turns.now() + ms;
    for (let left = ms; left > 0 && !this.#stopped; left = until - turns.now())
      await new Promise<void>((resolve) => turns.after(Math.min(left, STEP_MS), resolve, true));
  }
}

export interface RefreshOptions {
  /** Between two refreshes, ms, give or take a tenth; 0 = never. */
  readonly everyMs: number;
  readonly metadata: Metadata;
  readonly turns?: Turns;
  /** The list, fetched again. */
  take(listed: Listed): void;
  failed(): void;
}

/** Fetches the metadata again and again, and sooner when somebody says that it has changed. One fetch at a time. */
export class Refresh {
  readonly #options: RefreshOptions;
  readonly #turns: Turns;
  #cancel: Cancel | null = null;
  #dueAt = Infinity;
  #busy = false;
  #stopped = false;
  #lastAt = -Infinity;

  constructor(options: RefreshOptions) {
    this.#options = options;
    this.#turns = options.turns ?? REAL;
  }

  start(): void {
    const { everyMs } = this.#options;
    if (everyMs > 0) this.#plan(everyMs * (0.9 + 0.2 * this.#turns.random()));
  }

  /** Something was told that only the whole list explains: an instrument nobody has heard of. */
  soon(): void {
    if (this.#options.everyMs === 0) return;
    this.#plan(Math.max(0, this.#lastAt + SOONEST_MS - this.#turns.now()));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #plan(ms: number): void {
    const at = this.#turns.now() + ms;
    if (this.#stopped || this.#busy || at >= this.#dueAt) return;
    this.#cancel?.();
    this.#dueAt = at;
    this.#cancel = this.#turns.after(ms, () => void this.#run());
  }

  async #run(): Promise<void> {
    this.#busy = true;
    this.#lastAt = this.#turns.now();
    const listed = await this.#options.metadata.fetch(TRIES);
    this.#busy = false;
    this.#dueAt = Infinity;
    if (this.#stopped) return;
    if (listed === null) this.#options.failed();
    else this.#options.take(listed);
    this.start();
  }
}
