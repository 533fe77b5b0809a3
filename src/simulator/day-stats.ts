import { type Grid, priceOf, rounded, sizeOf } from "./grid.ts";

const HOUR = 3_600_000_000;
const HOURS = 24;

interface Hour {
  lots: number;
  /** Sum of ticks x lots. */
  turnover: number;
  high: number;
  low: number;
}

export interface DayFigures {
  last: number;
  volume: number;
  high: number;
  low: number;
  vwap: number;
}

/** Rolling 24-hour figures in 24 buckets of an hour (so exact to the hour), all kept in ticks and lots. */
export class DayStats {
  readonly #grid: Grid;
  readonly #hours: Hour[] = [];
  #hour: number;
  #last: number;

  /** Starts with a plausible past day around `ticks`. */
  constructor(grid: Grid, at: number, ticks: number, lotsAnHour: number) {
    this.#grid = grid;
    this.#hour = Math.floor(at / HOUR);
    this.#last = ticks;
    for (let i = 0; i < HOURS; i++) {
      const swing = Math.ceil(ticks * 0.001 * (1 + i / 6));
      const lots = Math.max(1, Math.round(lotsAnHour * (0.7 + (i % 7) / 10)));
      this.#hours.push({
        lots,
        turnover: lots * ticks,
        high: ticks + swing,
        low: Math.max(1, ticks - swing),
      });
    }
  }

  trade(at: number, ticks: number, lots: number): void {
    this.#roll(at, ticks);
    const hour = this.#hours[this.#hours.length - 1]!;
    hour.lots += lots;
    hour.turnover += ticks * lots;
    hour.high = Math.max(hour.high, ticks);
    hour.low = Math.min(hour.low, ticks);
    this.#last = ticks;
  }

  figures(at: number): DayFigures {
    this.#roll(at, this.#last);
    const lots = this.#hours.reduce((sum, hour) => sum + hour.lots, 0);
    const turnover = this.#hours.reduce((sum, hour) => sum + hour.turnover, 0);
    const price = (ticks: number): number => priceOf(this.#grid, ticks);
    return {
      last: price(this.#last),
      volume: sizeOf(this.#grid, lots),
      high: price(Math.max(...this.#hours.map((hour) => hour.high))),
      low: price(Math.min(...this.#hours.map((hour) => hour.low))),
      vwap: rounded(price(turnover / Math.max(1, lots)), this.#grid.priceDecimals),
    };
  }

  #roll(at: number, ticks: number): void {
    const hour = Math.floor(at / HOUR);
    while (this.#hour < hour) {
      this.#hour = Math.max(this.#hour + 1, hour - HOURS);
      this.#hours.shift();
      this.#hours.push({ lots: 0, turnover: 0, high: ticks, low: ticks });
    }
  }
}
