import type { CounterWriter, RingWriter } from "../log/index.ts";

/** What a lane's journal has cost it, as counters of the lane: totals over all its writers. */
export class GateMeters {
  readonly #counters: CounterWriter;
  readonly #gate: RingWriter["gate"];
  readonly #rows: readonly number[];
  readonly #told = [0, 0, 0];

  constructor(counters: CounterWriter, { gate }: RingWriter) {
    this.#counters = counters;
    this.#gate = gate;
    const row = (name: string, unit: string, help: string): number =>
      counters.declare({ name, labels: "", unit, help });
    this.#rows = [
      row("feedhorn_journal_stalls_total", "stalls", "times the lane waited for its journal"),
      row("feedhorn_journal_stalled_seconds_total", "seconds", "time the lane waited for its journal"),
      row("feedhorn_journal_laps_total", "claims", "claims of 64 slots over what the journal had not copied"),
    ];
  }

  publish(): void {
    const { stalls, stalledMs, laps } = this.#gate;
    [stalls, stalledMs / 1000, laps].forEach((value, i) => {
      const more = value - this.#told[i]!;
      if (more > 0) this.#counters.add(this.#rows[i]!, more);
      this.#told[i] = value;
    });
  }
}
