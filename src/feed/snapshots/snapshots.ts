import type { WindowBudget } from "./budget.ts";
import type { HttpResult } from "./http.ts";
import { REAL } from "../world/world.ts";
import type { Cancel, Turns, Web } from "../world/world.ts";

/** Snapshots in flight at once: enough to hide latency, few enough not to look like an attack. */
const PARALLEL = 3;
/** Of these, jobs that can wait; and how often they look whether there is budget to spare. */
const SPARE_PARALLEL = PARALLEL - 1;
const SPARE_WAIT_MS = 500;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 30_000;

/** One snapshot somebody waits for. */
export interface SnapshotJob {
  readonly key: string;
  readonly url: string;
  readonly weight: number;
  readonly usedWeightHeader?: string;
  /** It can wait: it is asked for behind all others, and only while less than half of the budget is spent. */
  readonly spare?: boolean;
  /** Of those that wait, the greatest is asked for first; default 0. */
  readonly importance?: number;
  /** The body, or null when the venue refuses it for good (4xx other than rate limits). */
  done(body: Buffer | null, reason: string): void;
}

interface Entry {
  readonly job: SnapshotJob;
  tries: number;
  readyAt: number;
}

/**
 * Fetches REST snapshots for one venue on one request-weight budget: the most important first, a few at a time, with
 * backoff per job; a 429 or 418 silences the whole queue for as long as the venue asks.
 */
export class SnapshotQueue {
  readonly #http: Pick<Web, "get">;
  readonly #turns: Turns;
  readonly #budget: WindowBudget;
  readonly #waiting: Entry[] = [];
  readonly #keys = new Set<string>();
  #running = 0;
  #sparing = 0;
  #cancel: Cancel | null = null;
  #stopped = false;
  /** Of jobs that cannot wait: those are the snapshots. */
  fetched = 0;
  failed = 0;
  rateLimited = 0;

  constructor(http: Pick<Web, "get">, budget: WindowBudget, turns: Turns = REAL) {
    this.#http = http;
    this.#turns = turns;
    this.#budget = budget;
  }

  /** Queues a job after `delayMs`; a job whose key is already queued or running is not queued twice. */
  request(job: SnapshotJob, delayMs = 0): boolean {
    if (this.#stopped || this.#keys.has(job.key)) return false;
    this.#keys.add(job.key);
    this.#waiting.push({ job, tries: 0, readyAt: this.#turns.now() + delayMs });
    this.#pump();
    return true;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#waiting.length = 0;
  }

  #pump(): void {
    const now = this.#turns.now();
    let wait = Infinity;
    while (!this.#stopped && this.#running < PARALLEL) {
      const entry = this.#next(now);
      if (entry === undefined) break;
      const blocked = this.#take(entry.job, now);
      if (blocked > 0) {
        wait = blocked;
        break;
      }
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      void this.#run(entry);
    }
    for (const entry of this.#waiting) if (entry.readyAt > now) wait = Math.min(wait, entry.readyAt - now);
    this.#schedule(wait);
  }

  /** The most important, of equals the first to arrive; those that can wait behind all others. */
  #next(now: number): Entry | undefined {
    let urgent: Entry | undefined;
    let spare: Entry | undefined;
    for (const entry of this.#waiting) {
      if (entry.readyAt > now) continue;
      if (entry.job.spare === true) spare ??= entry;
      else if (urgent === undefined || importance(entry) > importance(urgent)) urgent = entry;
    }
    return urgent ?? (this.#sparing < SPARE_PARALLEL ? spare : undefined);
  }

  /** As `take` of the budget. */
  #take({ weight, spare }: SnapshotJob, now: number): number {
    const reserve = spare === true ? this.#budget.limit / 2 : 0;
    return this.#budget.free(now) - weight < reserve && reserve > 0
      ? SPARE_WAIT_MS
      : this.#budget.take(weight, now);
  }

  #schedule(wait: number): void {
    this.#cancel?.();
    this.#cancel = null;
    if (wait === Infinity || this.#stopped || this.#running >= PARALLEL) return;
    this.#cancel = this.#turns.after(Math.max(1, Math.ceil(wait)), () => this.#pump());
  }

  async #run(entry: Entry): Promise<void> {
    const spare = entry.job.spare === true ? 1 : 0;
    this.#running += 1;
    this.#sparing += spare;
    const result = await this.#http.get(entry.job.url, entry.job.usedWeightHeader);
    this.#running -= 1;
    this.#sparing -= spare;
    if (this.#stopped) return;
    this.#settle(entry, result);
    this.#pump();
  }

  #settle(entry: Entry, result: HttpResult): void {
    const now = this.#turns.now();
    const counted = entry.job.spare === true ? 0 : 1;
    if (result.ok) {
      this.fetched += counted;
      this.#budget.observe(result.usedWeight, now);
      this.#keys.delete(entry.job.key);
      entry.job.done(result.body, "");
      return;
    }
    this.failed += counted;
    if (result.retryMs > 0) {
      this.rateLimited += 1;
      this.#budget.block(result.retryMs, now);
    } else if (result.status >= 400 && result.status < 500) {
      this.#keys.delete(entry.job.key);
      entry.job.done(null, result.reason);
      return;
    }
    entry.readyAt =
      now + Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** entry.tries) * (0.5 + 0.5 * this.#turns.random());
    entry.tries += 1;
    this.#waiting.push(entry);
  }
}

/** Each try that failed halves it, so that one that fails again and again lets the others through. */
function importance({ job, tries }: Entry): number {
  return (job.importance ?? 0) / 2 ** tries;
}
