import type { SlotBatch } from "../../sinks/index.ts";
import type { SinkFigure, SinkStanding, SinkState } from "./messages.ts";

/** So many failures in a row, and a sink is down. */
const DOWN_AFTER = 5;

/** Everything that is told of one sink. */
export class SinkTally {
  #own: SinkState = "starting";
  /** What the sink itself says while it waits for its vendor. */
  #waits: string | null = null;
  #waitsFor: "degraded" | "down" = "degraded";
  #reason: string | null = null;
  #inRow = 0;
  #written = 0;
  #batches = 0;
  #flushes = 0;
  #failures = 0;
  #lost = 0;
  #conflated = 0;
  #lastFlush = 0;
  readonly #marks = new Map<string, number>();
  readonly #safeAt = new Map<string, number>();
  readonly #figures = new Map<string, SinkFigure>();

  opened(): void {
    if (this.#inRow === 0) this.#own = "connected";
  }

  /** Handed over: `given`, of `gathered` slots; `at`: receive time of the newest, UNIX us. */
  wrote(given: SlotBatch, gathered: number, at: number): void {
    // Before the first flush nothing is safe: it is as old as what was handed over first.
    if ((this.#safeAt.get(given.lane) ?? 0) === 0) this.#safeAt.set(given.lane, at);
    this.#written += given.count;
    this.#conflated += gathered - given.count;
    this.#batches += 1;
    for (const { first, last } of given.holes) this.#lost += last - first + 1;
  }

  /** Where a lane goes on; true when that is new. `at`: receive time of the newest slot before it, UNIX us. */
  moved(lane: string, mark: number, at: number): boolean {
    if (this.#marks.get(lane) === mark) return false;
    this.#marks.set(lane, mark);
    if (at > 0) this.#safeAt.set(lane, at);
    return true;
  }

  flushed(): void {
    this.#flushes += 1;
    this.#lastFlush = Date.now();
    this.#own = "connected";
    this.#reason = null;
    this.#inRow = 0;
  }

  /** The wait before the next attempt, ms. */
  failed(reason: string): number {
    this.#failures += 1;
    this.#inRow += 1;
    this.#own = this.#inRow >= DOWN_AFTER ? "down" : "degraded";
    this.#reason = reason;
    this.#waits = null;
    return Math.min(30_000, 250 * 2 ** (this.#inRow - 1));
  }

  waits(reason: string | null, state: "degraded" | "down" = "degraded"): void {
    this.#waits = reason;
    this.#waitsFor = state;
  }

  figure(figure: SinkFigure): void {
    this.#figures.set(figure.name, figure);
  }

  /** `heads`: slots committed of each lane, NaN where that is not known. */
  standing(heads: ReadonlyMap<string, number>): SinkStanding {
    const lags = Object.fromEntries(
      [...heads].map(([lane, head]) => [lane, Math.max(0, head - (this.#marks.get(lane) ?? 0)) || 0]),
    );
    const behind = Object.keys(lags).filter((lane) => lags[lane]! > 0);
    const since = Math.min(...behind.flatMap((lane) => this.#safeAt.get(lane) ?? []));
    return {
      state: this.#own === "connected" && this.#waits !== null ? this.#waitsFor : this.#own,
      reason: this.#reason ?? this.#waits,
      lagSlots: Object.values(lags).reduce((sum, lag) => sum + lag, 0),
      lagMs: since > 0 && since < Infinity ? Math.max(0, Math.round(Date.now() - since / 1000)) : 0,
      written: this.#written,
      batches: this.#batches,
      flushes: this.#flushes,
      failures: this.#failures,
      lost: this.#lost,
      conflated: this.#conflated,
      lastFlush: this.#lastFlush,
      rss: process.memoryUsage.rss(),
      marks: Object.fromEntries(this.#marks),
      lags,
      figures: [...this.#figures.values()],
    };
  }
}
