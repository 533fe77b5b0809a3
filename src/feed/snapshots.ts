import type { WindowBudget } from "./budget.ts";
import type { Http, HttpResult } from "./http.ts";

/** Snapshots in flight at once: enough to hide latency, few enough not to look like an attack. */
const PARALLEL = 3;
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 30_000;

/** One snapshot somebody waits for. */
export interface SnapshotJob {
  readonly key: string;
  readonly url: string;
  readonly weight: number;
  readonly usedWeightHeader?: string;
  /** The body, or null when the venue refuses it for good (4xx other than rate limits). */
  done(body: Buffer | null, reason: string): void;
}

interface Entry {
  readonly job: SnapshotJob;
  tries: number;
  readyAt: number;
}

/**
 * Fetches REST snapshots for one venue on one request-weight budget: in order of arrival, a few at a time, with
 * backoff per job; a 429 or 418 silences the whole queue for as long as the venue asks.
 */
export class SnapshotQueue {
  readonly #http: Http;
  readonly #budget: WindowBudget;
  readonly #waiting: Entry[] = [];
  readonly #keys = new Set<string>();
  #running = 0;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  fetched = 0;
  failed = 0;
  rateLimited = 0;

  constructor(http: Http, budget: WindowBudget) {
    this.#http = http;
    this.#budget = budget;
  }

  /** Queues a job after `delayMs`; a job whose key is already queued or running is not queued twice. */
  request(job: SnapshotJob, delayMs = 0): boolean {
    if (this.#stopped || this.#keys.has(job.key)) return false;
    this.#keys.add(job.key);
    this.#waiting.push({ job, tries: 0, readyAt: performance.now() + delayMs });
    this.#pump();
    return true;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #pump(): void {
    const now = performance.now();
    let wait = Infinity;
    while (!this.#stopped && this.#running < PARALLEL) {
      const index = this.#waiting.findIndex((entry) => entry.readyAt <= now);
      if (index < 0) break;
      const entry = this.#waiting[index]!;
      const blocked = this.#budget.take(entry.job.weight, now);
      if (blocked > 0) {
        wait = blocked;
        break;
      }
      this.#waiting.splice(index, 1);
      void this.#run(entry);
    }
    for (const entry of this.#waiting) if (entry.readyAt > now) wait = Math.min(wait, entry.readyAt - now);
    this.#schedule(wait);
  }

  #schedule(wait: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (wait === Infinity || this.#stopped || this.#running >= PARALLEL) return;
    this.#timer = setTimeout(() => this.#pump(), Math.max(1, Math.ceil(wait)));
    this.#timer.unref();
  }

  async #run(entry: Entry): Promise<void> {
    this.#running += 1;
    const result = await this.#http.get(entry.job.url, entry.job.usedWeightHeader);
    this.#running -= 1;
    if (this.#stopped) return;
    this.#settle(entry, result);
    this.#pump();
  }

  #settle(entry: Entry, result: HttpResult): void {
    const now = performance.now();
    if (result.ok) {
      this.fetched += 1;
      this.#budget.observe(result.usedWeight, now);
      this.#keys.delete(entry.job.key);
      entry.job.done(result.body, "");
      return;
    }
    this.failed += 1;
    if (result.retryMs > 0) {
      this.rateLimited += 1;
      this.#budget.block(result.retryMs, now);
    } else if (result.status >= 400 && result.status < 500) {
      this.#keys.delete(entry.job.key);
      entry.job.done(null, result.reason);
      return;
    }
    entry.readyAt =
      now + Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** entry.tries) * (0.5 + 0.5 * Math.random());
    entry.tries += 1;
    this.#waiting.push(entry);
  }
}
