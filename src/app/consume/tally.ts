import type { CounterSample } from "../../servers/ops-source.ts";

export type ConsumeState = "starting" | "connected" | "degraded" | "down" | "stopped";

const COUNTS = {
  messages: "Messages handed over by the broker and dealt with",
  rows: "Rows written",
  repeated: "Messages whose row was there already",
  dead_letters: "Messages that could not be used and are on the dead-letter topic",
  expired: "Messages older than the days to keep, left out",
  deleted_rows: "Rows deleted because of their age; of whole days that were dropped the partitions",
  failures: "Attempts that failed, of broker or database",
} as const;

export type Count = keyof typeof COUNTS;

/** So many failures in a row, and it is down. */
const DOWN_AFTER = 5;

/** Everything that is told of a consumer. */
export class ConsumeTally {
  readonly #counts = Object.fromEntries(Object.keys(COUNTS).map((name) => [name, 0])) as Record<
    Count,
    number
  >;
  #state: ConsumeState = "starting";
  #reason: string | null = null;
  #waits: string | null = null;
  #inRow = 0;
  #lastCommit = 0;

  add(name: Count, many: number): void {
    this.#counts[name] += many;
  }

  of(name: Count): number {
    return this.#counts[name];
  }

  /** Something worked. */
  works(): void {
    this.#inRow = 0;
    this.#state = "connected";
    this.#reason = null;
  }

  committed(now: number): void {
    this.#lastCommit = now;
  }

  /** Failures in a row with this one. */
  failed(reason: string): number {
    this.#inRow += 1;
    this.add("failures", 1);
    this.#state = this.#inRow >= DOWN_AFTER ? "down" : "degraded";
    this.#reason = reason;
    return this.#inRow;
  }

  waits(what: string | null): void {
    this.#waits = what;
  }

  stopped(): void {
    this.#state = "stopped";
  }

  standing(): Readonly<Record<string, unknown>> & {
    readonly state: ConsumeState;
    readonly reason: string | null;
  } {
    const waiting = this.#state === "connected" && this.#waits !== null;
    return {
      state: waiting ? "degraded" : this.#state,
      reason: waiting ? this.#waits : this.#reason,
      ...this.#counts,
      last_commit: this.#lastCommit === 0 ? null : new Date(this.#lastCommit).toISOString(),
    };
  }

  samples(): CounterSample[] {
    const labels = {};
    const { state } = this.standing();
    return [
      ...(Object.keys(COUNTS) as Count[]).map((name): CounterSample => ({
        name: `feedhorn_consume_${name}_total`,
        kind: "counter",
        help: COUNTS[name],
        labels,
        value: this.#counts[name],
      })),
      {
        name: "feedhorn_consume_connected",
        kind: "gauge",
        help: "1 while broker and database answer",
        labels,
        value: state === "connected" ? 1 : 0,
      },
    ];
  }
}
