import type { LedgerChannel, LedgerRow, RowTally } from "./ledger-row.ts";

interface Kept {
  readonly instrument: number;
  readonly channel: LedgerChannel;
  readonly tally: RowTally;
}

/** Hours that are over, as long as they are kept: the oldest leave when there are too many, or too many rows in them. */
export class LedgerHours {
  readonly #kept = new Map<number, Kept[]>();
  readonly #changed = new Set<number>();
  readonly #hours: number;
  readonly #most: number;
  #rows = 0;

  constructor(hours: number, rows: number) {
    this.#hours = hours;
    this.#most = rows;
  }

  /** Starts of the hours that are kept, the oldest first. */
  get all(): number[] {
    return [...this.#kept.keys()];
  }

  add(instrument: number, channel: LedgerChannel, tally: RowTally): void {
    const rows = this.#kept.get(tally.hour) ?? [];
    if (rows.length === 0) this.#kept.set(tally.hour, rows);
    rows.push({ instrument, channel, tally });
    this.#rows += 1;
  }

  closed(hour: number): void {
    this.#changed.add(hour);
    while (this.#kept.size > this.#hours || (this.#rows > this.#most && this.#kept.size > 1))
      this.#dropOldest();
  }

  /** Something in the rows of an hour has changed. */
  touch(hour: number): void {
    this.#changed.add(hour);
  }

  /** Hours that are over and were not told since they changed; from now on they count as told. */
  takeChanged(): number[] {
    const hours = [...this.#changed].filter((hour) => this.#kept.has(hour));
    this.#changed.clear();
    return hours;
  }

  rows(
    hour: number,
    name: (instrument: number) => Pick<LedgerRow, "venue" | "symbol" | "instrument">,
  ): LedgerRow[] {
    const rows = this.#kept.get(hour) ?? [];
    return rows.map(({ instrument, channel, tally }) => tally.told({ ...name(instrument), channel }));
  }

  #dropOldest(): void {
    const [hour, rows] = [...this.#kept][0]!;
    this.#kept.delete(hour);
    this.#changed.delete(hour);
    this.#rows -= rows.length;
  }
}
