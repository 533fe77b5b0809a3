import { OPTION_SIDES } from "../../model/index.ts";
import type { InstrumentEvent, OptionSide, OptionTickerEvent } from "../../model/index.ts";
import type { TopEvent } from "../pipeline.ts";

/** One option, and what was heard of it last. */
export interface Option {
  /** Its canonical name without strike and side, as that of a future of the day: BTC-USD-27MAR26. */
  readonly day: string;
  readonly expiry: number;
  readonly strike: number;
  readonly side: OptionSide;
  ticker: OptionTickerEvent | null;
  top: TopEvent | null;
}

/** All options of one underlying at one venue. */
export interface Series {
  readonly venue: string;
  readonly base: string;
  readonly quote: string;
  readonly expiries: Map<number, Map<string, Option>>;
}

const GONE: ReadonlySet<string> = new Set(["expired", "delisted"]);
const [, PUT, CALL] = OPTION_SIDES;

/** Options by underlying, expiry and symbol, as they are listed and go. */
export class Chains {
  readonly #series = new Map<string, Series>();
  readonly #options = new Map<string, { readonly option: Option; readonly series: Series }>();

  /** In one order, whatever came first. */
  get all(): Series[] {
    return [...this.#series.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, series]) => series);
  }

  find(venue: string, symbol: string): Option | null {
    return this.#options.get(`${venue} ${symbol}`)?.option ?? null;
  }

  /** What is said of an option's listing; what was heard of it stays. */
  listed(event: InstrumentEvent): void {
    const { venue, symbol, base, quote, expiry, strike, instrument } = event;
    if (event.kind !== "option" || expiry === undefined || strike === undefined) return;
    const key = `${venue} ${symbol}`;
    const before = this.#options.get(key)?.option;
    this.#remove(key);
    if (GONE.has(event.status)) return;
    const side = instrument?.endsWith("-P") === true ? PUT : CALL;
    const day = (instrument ?? symbol).split("-").slice(0, -2).join("-");
    const option: Option = {
      day,
      expiry,
      strike,
      side,
      ticker: before?.ticker ?? null,
      top: before?.top ?? null,
    };
    const name = `${base}-${quote} ${venue}`;
    const series = this.#series.get(name) ?? { venue, base, quote, expiries: new Map() };
    this.#series.set(name, series);
    const of = series.expiries.get(expiry) ?? new Map<string, Option>();
    series.expiries.set(expiry, of.set(key, option));
    this.#options.set(key, { option, series });
  }

  /** Expiries that are over are gone. */
  expire(now: number): void {
    for (const { expiries } of this.#series.values())
      for (const [expiry, options] of expiries)
        if (expiry <= now) for (const key of options.keys()) this.#remove(key);
  }

  #remove(key: string): void {
    const known = this.#options.get(key);
    if (known === undefined) return;
    const { option, series } = known;
    const of = series.expiries.get(option.expiry)!;
    this.#options.delete(key);
    of.delete(key);
    if (of.size === 0) series.expiries.delete(option.expiry);
  }
}
