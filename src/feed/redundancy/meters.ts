import { MAX_COPIES } from "../../book/index.ts";
import type { CounterWriter } from "../../log/index.ts";
import type { Pace } from "./pace.ts";

interface Rows {
  readonly wins: number;
  readonly lag: number;
  readonly up: number;
  readonly leads: number;
}

/** What is told of each of several connections that carry the same. A table without room for more tells nothing. */
export class CopyMeters {
  readonly #counters: CounterWriter;
  readonly #labels: string;
  readonly #rows: (Rows | null | undefined)[] = [];
  readonly #told = new Float64Array(MAX_COPIES);

  /** `labels`: those of all its connections, up to the place: `venue="x",connection="public-1`. */
  constructor(counters: CounterWriter, labels: string) {
    this.#counters = counters;
    this.#labels = labels;
  }

  up(place: number, up: boolean): void {
    const rows = this.#of(place);
    if (rows === null) return;
    this.#counters.set(rows.up, up ? 1 : 0);
    if (up) return;
    this.#counters.set(rows.leads, 0);
    this.#counters.set(rows.lag, 0);
  }

  publish(place: number, pace: Pace, leads: boolean): void {
    const rows = this.#of(place);
    if (rows === null) return;
    this.#counters.add(rows.wins, pace.wins[place]! - this.#told[place]!);
    this.#told[place] = pace.wins[place]!;
    const delay = pace.delay(place);
    this.#counters.set(rows.lag, delay === delay ? Math.round(delay * 1000) : 0);
    this.#counters.set(rows.leads, leads ? 1 : 0);
  }

  #of(place: number): Rows | null {
    const known = this.#rows[place];
    if (known !== undefined) return known;
    return (this.#rows[place] = this.#declare(place));
  }

  #declare(place: number): Rows | null {
    const labels = `${this.#labels}-${place}"`;
    const declare = (name: string, help: string, unit: string, gauge: boolean): number =>
      this.#counters.declare({ name, labels, unit, help }, gauge);
    try {
      return {
        wins: declare(
          "feedhorn_connection_wins_total",
          "events that this connection brought first",
          "",
          false,
        ),
        lag: declare("feedhorn_connection_lag_us", "median delay against the first copy", "us", true),
        up: declare("feedhorn_connection_up", "whether one of several connections is open", "", true),
        leads: declare("feedhorn_connection_leads", "whether what cannot be merged comes from it", "", true),
      };
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }
}
