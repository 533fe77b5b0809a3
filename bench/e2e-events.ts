/** Events as rows of numbers, so that what a pipeline handed on can be compared with what was sent, value by value. */
import type { Level, MarketEvent } from "../src/model/index.ts";

const KIND = { trade: 1, quote: 2, book: 3 } as const;
const KIND_NAMES = ["", "trade", "quote", "book"];
/** Kind, symbol, venue time in microseconds, id, side or number of bids, how many values follow. */
const HEADER = 6;
const HEADER_NAMES = ["kind", "symbol", "ts_event", "id", "side or number of bids", "values"];
const [AT_TIME, AT_ID, AT_COUNT] = [2, 3, 5];

/** What must come out the same on every way: how many events, and the sum of all prices and sizes in their order. */
export interface Sums {
  events: number;
  sum: number;
}

/** Rows one behind the other. A value that a pipeline does not hand on is NaN. */
export class EventLog {
  readonly sums: Sums = { events: 0, sum: 0 };
  #rows = new Float64Array(1 << 16);
  #used = 0;
  readonly #symbols: ReadonlyMap<string, number>;

  constructor(symbols: readonly string[]) {
    this.#symbols = new Map(symbols.map((symbol, i) => [symbol, i]));
  }

  get rows(): Float64Array {
    return this.#rows.subarray(0, this.#used);
  }

  /** Adds a trade, a quote or a book's change; other events (a book's state, its snapshot) are not of the stream. */
  add(event: MarketEvent): void {
    if (event.type === "trade") {
      const side = event.side === "buy" ? 1 : event.side === "sell" ? 2 : 0;
      this.#row(KIND.trade, event, event.id, side, [event.price, event.size]);
    } else if (event.type === "quote") {
      const { bid_price, bid_size, ask_price, ask_size, update_id } = event;
      const values = [bid_price, bid_size, ask_price, ask_size].map((one) => one ?? NaN);
      this.#row(KIND.quote, event, update_id, 0, values);
    } else if (event.type === "book" && event.action === "update") {
      const flat = (levels: Level[]): number[] => levels.flat();
      const values = [...flat(event.bids), ...flat(event.asks)];
      this.#row(KIND.book, event, event.seq, event.bids.length, values);
    }
  }

  #row(
    kind: number,
    event: { symbol: string; ts_event: number | null },
    id: string | null,
    side: number,
    values: readonly number[],
  ): void {
    const symbol = this.#symbols.get(event.symbol) ?? -1;
    const time = event.ts_event ?? NaN;
    const header = [kind, symbol, time, id === null ? NaN : Number(id), side, values.length];
    this.#reserve(HEADER + values.length);
    this.#rows.set(header, this.#used);
    this.#rows.set(values, this.#used + HEADER);
    this.#used += HEADER + values.length;
    this.sums.events += 1;
    for (const value of values) this.sums.sum += value;
  }

  #reserve(extra: number): void {
    if (this.#used + extra <= this.#rows.length) return;
    const wider = new Float64Array(this.#rows.length * 2);
    wider.set(this.rows);
    this.#rows = wider;
  }
}

/**
 * Throws at the first value of `seen` that is not that of `sent`. `silent`: times and ids that were not handed on
 * (NaN) are let pass; prices, sizes, sides and order never are.
 */
export function assertSame(name: string, sent: Float64Array, seen: Float64Array, silent: boolean): void {
  let at = 0;
  for (let row = 0; at < sent.length; row++) {
    const size = HEADER + sent[at + AT_COUNT];
    for (let k = 0; k < size; k++) {
      const [wanted, got] = [sent[at + k], seen[at + k]];
      const untold = silent && (k === AT_TIME || k === AT_ID) && Number.isNaN(got);
      if (Object.is(wanted, got) || untold) continue;
      const what = HEADER_NAMES[k] ?? `value ${k - HEADER + 1}`;
      const kind = KIND_NAMES[sent[at]];
      throw new Error(`${name}: event ${row} (${kind}): expected ${what} ${wanted}, saw ${got}`);
    }
    at += size;
  }
  if (seen.length > at) throw new Error(`${name}: expected no more events, saw ${seen.length - at} numbers`);
}
