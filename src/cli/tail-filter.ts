import type { MarketEvent } from "../model/index.ts";
import { UsageError } from "./program.ts";

/** Words by comma, as typed. */
export interface FilterOptions {
  readonly type?: string;
  readonly symbol?: string;
  readonly venue?: string;
}

const TYPES: readonly string[] = [
  "trade",
  "quote",
  "book",
  "ticker",
  "option_ticker",
  "index",
  "liquidation",
  "instrument",
  "status",
];

/** Which events are wanted; what is not said is all. */
export class EventFilter {
  readonly #types: ReadonlySet<string> | null;
  readonly #symbols: ReadonlySet<string> | null;
  readonly #venues: ReadonlySet<string> | null;

  /** Throws UsageError for a type that does not exist. */
  constructor({ type, symbol, venue }: FilterOptions) {
    this.#types = wordsOf("--type", type);
    this.#symbols = wordsOf("--symbol", symbol);
    this.#venues = wordsOf("--venue", venue);
    const wrong = [...(this.#types ?? [])].find((word) => !TYPES.includes(word));
    if (wrong !== undefined)
      throw new UsageError(`--type: expected ${TYPES.join(", ")}, saw ${JSON.stringify(wrong)}`);
  }

  accepts({ type, venue, symbol, instrument }: MarketEvent): boolean {
    if (this.#types?.has(type) === false || this.#venues?.has(venue) === false) return false;
    return (
      this.#symbols === null ||
      this.#symbols.has(symbol) ||
      (instrument !== null && this.#symbols.has(instrument))
    );
  }
}

function wordsOf(option: string, text: string | undefined): ReadonlySet<string> | null {
  if (text === undefined) return null;
  const words = text.split(",").map((word) => word.trim());
  if (words.includes(""))
    throw new UsageError(`${option}: expected words by comma, saw ${JSON.stringify(text)}`);
  return new Set(words);
}
