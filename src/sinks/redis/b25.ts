import { DOUBLE, WORD } from "../../log/index.ts";
import type { DepthOfBook, TopOfBook } from "../../log/index.ts";
import { halvesToText, KIND, SIDE, toMicros } from "../../model/index.ts";
import { rfc3339 } from "../kit/md-payload.ts";
import type { Commands } from "./commands.ts";
import { NOT_YET, WAY } from "./scheme.ts";
import type { Place, Scheme, Voice, Waiting, Way } from "./scheme.ts";

export interface B25Options {
  /** Levels a side. */
  readonly depth: number;
  /** array: [[price, quantity], ...] as its README has it; object: {"price": quantity} as its code sent. */
  readonly levels: "array" | "object";
  /** Life of market_data keys, s. */
  readonly expireS: number;
}

const WAYS: ReadonlyMap<number, Way> = new Map([
  [KIND.TRADE, WAY.EACH],
  [KIND.QUOTE, WAY.NEWEST],
  [KIND.BOOK, WAY.NEWEST],
  [KIND.STATS, WAY.NEWEST],
]);

/**
 * The B25 market data service: PUBLISH trades:{SYMBOL}, PUBLISH orderbook:{SYMBOL}, SET and PUBLISH market_data:{SYMBOL}, by native symbol in
 * capitals. A book or price that is not live is not told: the key goes at once, and the book is empty.
 */
export function b25Scheme(options: B25Options): Scheme {
  return {
    way: (kind, scope) => (kind === KIND.STATUS && scope === 1 ? WAY.NEWEST : (WAYS.get(kind) ?? WAY.NONE)),
    voice: (place) => new B25Voice(place, options),
    beatMs: 0,
    beat: () => undefined,
  };
}

class B25Voice implements Voice {
  readonly #place: Place;
  readonly #options: B25Options;
  readonly #symbol: string;
  readonly #trades: string;
  readonly #books: string;
  readonly #market: string;
  /** JSON of the 24-hour figures, null until they are known. */
  #volume = "null";
  #high = "null";
  #low = "null";
  /** Whether the last book told had levels: an end of validity is told once. */
  #live = false;
  #bid = NaN;
  #ask = NaN;
  /** Whether the key is there, as far as we wrote it. */
  #kept = false;

  constructor(place: Place, options: B25Options) {
    this.#place = place;
    this.#options = options;
    const symbol = place.symbol.toUpperCase();
    this.#symbol = JSON.stringify(symbol);
    this.#trades = `trades:${symbol}`;
    this.#books = `orderbook:${symbol}`;
    this.#market = `market_data:${symbol}`;
  }

  each({ slots: { i32, f64 }, word }: Waiting, out: Commands): void {
    const d = word >> 1;
    const id = halvesToText(i32[word + WORD.TRADE_ID + 1]!, i32[word + WORD.TRADE_ID]!);
    const side = i32[word + WORD.TAIL]! & 0xff;
    // The buyer is the maker where the aggressor sold.
    const maker = side === 0 ? "null" : side === SIDE.SELL ? "true" : "false";
    out.publish(
      this.#trades,
      `{"symbol":${this.#symbol},"trade_id":${id},"price":${f64[d + DOUBLE.PRICE]!},"quantity":${f64[d + DOUBLE.SIZE]!},"timestamp":${Math.floor(timeOf(i32, word) / 1000)},"is_buyer_maker":${maker}}`,
    );
  }

  newest(event: Waiting, out: Commands): typeof NOT_YET | void {
    const { kind } = event;
    if (kind === KIND.STATS) this.#figures(event);
    const tables = this.#place.view.tables();
    if (tables === null) return;
    const book = kind === KIND.BOOK ? tables.depth(this.#place.id) : null;
    const top = tables.top(this.#place.id);
    const row = kind === KIND.BOOK ? book : kind === KIND.QUOTE ? top : null;
    if (kind !== KIND.STATS && !event.late && (row === null || row.logSeq <= event.seq)) return NOT_YET;
    if (book !== null) this.#book(book, out);
    if (top !== null) this.#marketData(top, kind === KIND.BOOK, out);
  }

  #figures({ slots: { f64 }, word }: Waiting): void {
    const d = word >> 1;
    this.#volume = known(f64[d + DOUBLE.VOLUME]!, this.#volume);
    this.#high = known(f64[d + DOUBLE.HIGH]!, this.#high);
    this.#low = known(f64[d + DOUBLE.LOW]!, this.#low);
  }

  #book(book: DepthOfBook, out: Commands): void {
    const live = book.validity === "live";
    if (!live && !this.#live) return;
    this.#live = live;
    const { depth } = this.#options;
    const bids = this.#levels(live ? book.bids.slice(0, depth) : []);
    const asks = this.#levels(live ? book.asks.slice(0, depth) : []);
    const at = Math.floor((book.tsEvent === 0 ? book.tsRecv : book.tsEvent) / 1000);
    out.publish(
      this.#books,
      `{"symbol":${this.#symbol},"bids":${bids},"asks":${asks},"last_update_id":${book.seq},"timestamp":${at}}`,
    );
  }

  #levels(levels: readonly (readonly [number, number])[]): string {
    if (this.#options.levels === "array") return JSON.stringify(levels);
    return `{${levels.map(([price, size]) => `"${price}":${size}`).join(",")}}`;
  }

  /** `changed`: only where bid or ask are others than last time. */
  #marketData(top: TopOfBook, changed: boolean, out: Commands): void {
    if (top.validity !== "live" || !(top.bidPrice > 0) || !(top.askPrice > 0)) {
      if (this.#kept) out.delete(this.#market);
      this.#kept = false;
      return;
    }
    const { bidPrice: bid, askPrice: ask, tsRecv } = top;
    if (changed && this.#kept && bid === this.#bid && ask === this.#ask) return;
    this.#bid = bid;
    this.#ask = ask;
    const text = `{"symbol":${this.#symbol},"last_price":${middle(bid, ask)},"bid_price":${bid},"ask_price":${ask},"volume_24h":${this.#volume},"high_24h":${this.#high},"low_24h":${this.#low},"updated_at":"${rfc3339(tsRecv)}"}`;
    out.set(this.#market, text, this.#options.expireS);
    out.publish(this.#market, text);
    this.#kept = true;
  }
}

/** The venue's time, or ours where it gives none; UNIX us. */
function timeOf(i32: Int32Array, word: number): number {
  const [low, high] = [i32[word + WORD.TS_EVENT]!, i32[word + WORD.TS_EVENT + 1]!];
  return (low | high) === 0
    ? toMicros(i32[word + WORD.TS_RECV + 1]!, i32[word + WORD.TS_RECV]!)
    : toMicros(high, low);
}

function known(value: number, before: string): string {
  return Number.isNaN(value) ? before : String(value);
}

/** Between two prices, without the digits that only binary fractions have. */
function middle(bid: number, ask: number): number {
  return Number(((bid + ask) / 2).toPrecision(15));
}
