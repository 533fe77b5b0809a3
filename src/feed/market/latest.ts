import { DEPTH, DEPTH_LEVELS, DOUBLE, TOP, WORD } from "../../log/index.ts";
import type { BookSide } from "../../book/index.ts";
import { KIND, NUM, OPTION, REASON, VALIDITY, putNumber } from "../../model/index.ts";
import type { Reason } from "../../model/index.ts";
import type { LaneCore } from "../lane-core.ts";
import { TOUCHED } from "./market.ts";
import type { Market } from "./market.ts";

/** What of a lane it needs. */
type LatestCore = Pick<LaneCore, "tops" | "depths" | "writer" | "time"> & {
  readonly instruments: Pick<LaneCore["instruments"], "capacity">;
};

/**
 * Keeps the latest-value tables: top of book and depth 50, one row per instrument. Prices are written once per read of
 * a socket, after the commits that carry them; a loss of validity is written at once, before anything is done about it.
 */
export class Latest {
  readonly #core: LatestCore;
  /** Validity of tops that come from quotes, by instrument. */
  readonly #quoteValidity: Uint8Array;
  /** Markets touched since the last flush, the first #count of them; an array that is emptied would be made anew. */
  readonly #touched: Market[] = [];
  #count = 0;

  constructor(core: LatestCore) {
    this.#core = core;
    this.#quoteValidity = new Uint8Array(core.instruments.capacity);
  }

  /** Clears the rows of a market that begins (again): no prices, warming. */
  begin(market: Market): void {
    const { tops, depths } = this.#core;
    tops.num.fill(NaN);
    tops.long.fill(0);
    tops.write(market.id, VALIDITY.WARMING, REASON.STARTING, market.state.epoch);
    if (market.book === null) return;
    depths.long.fill(0);
    depths.horizon.fill(NaN);
    depths.open(market.id);
    depths.close(VALIDITY.WARMING, REASON.STARTING, market.state.epoch, 0, 0);
  }

  /** The book's validity changed: rows follow at once. */
  validity(market: Market): void {
    if (market.book === null) return;
    const { validity, reason, epoch } = market.state;
    this.#core.depths.setValidity(market.id, validity, reason, epoch);
    if (!market.topFromQuotes) this.#core.tops.setValidity(market.id, validity, reason, epoch);
  }

  /** The connection of a market's quotes is gone, or they fell silent (`reason`). */
  quotesStale(market: Market, reason: Reason): void {
    if (!market.topFromQuotes || this.#quoteValidity[market.id] !== VALIDITY.LIVE) return;
    this.#quoteValidity[market.id] = VALIDITY.STALE;
    this.#core.tops.setValidity(market.id, VALIDITY.STALE, reason, market.state.epoch);
  }

  /** A market that is not listened to any more: its rows keep their prices, and say how far they may be trusted. */
  retire(market: Market): void {
    const { validity, reason, epoch } = market.state;
    const { tops, depths } = this.#core;
    this.#quoteValidity[market.id] = validity;
    if (market.book !== null) depths.setValidity(market.id, validity, reason, epoch);
    tops.setValidity(market.id, validity, reason, epoch);
  }

  /** Keeps what a pending ticker's first slot says of the asset's price: the index, or else what stands for it. */
  worth(market: Market, kind: number, word: number): void {
    if (kind !== KIND.TICKER && kind !== KIND.OPTION_TICKER) return;
    const { f64 } = this.#core.writer.slots;
    const d = (word >> 1) + DOUBLE.MARK;
    const index = f64[d + 1]!;
    const price = index === index ? index : f64[d + (kind === KIND.TICKER ? NUM.MARK : OPTION.UNDERLYING)]!;
    if (price !== price) return;
    market.worth[0] = price;
    market.worth[1] = this.#core.time.mark;
  }

  /** Takes a pending quote slot over; its row is written by `flush`. Hot path. */
  quote(market: Market, word: number): void {
    this.#touch(market, TOUCHED.QUOTE);
    if (!market.topFromQuotes) return;
    const { i32, f64 } = this.#core.writer.slots;
    const { quote, quoteLong } = market;
    const d = (word >> 1) + DOUBLE.BID_PRICE;
    for (let i = 0; i < 4; i++) quote[i] = f64[d + i]!;
    for (let i = 0; i < 4; i++) quoteLong[i] = i32[word + WORD.TS_EVENT + i]!;
    quoteLong[TOP.UPDATE_ID] = i32[word + WORD.QUOTE_ID]!;
    quoteLong[TOP.UPDATE_ID + 1] = i32[word + WORD.QUOTE_ID + 1]!;
    this.#quoteValidity[market.id] = VALIDITY.LIVE;
  }

  #writeQuote(market: Market): void {
    const { tops, writer } = this.#core;
    for (let i = 0; i < 4; i++) tops.num[i] = market.quote[i]!;
    for (let i = 0; i < 6; i++) tops.long[i] = market.quoteLong[i]!;
    putNumber(writer.ring.head, tops.long, TOP.LOG_SEQ);
    tops.write(market.id, this.#quoteValidity[market.id]!, REASON.NONE, market.state.epoch);
  }

  /** A book event was accepted; its row is written by `flush`. */
  book(market: Market): void {
    this.#touch(market, TOUCHED.BOOK);
  }

  #touch(market: Market, bit: number): void {
    if (market.touched === 0) {
      if (this.#count === this.#touched.length) this.#touched.push(market);
      else this.#touched[this.#count] = market;
      this.#count += 1;
    }
    market.touched |= bit;
  }

  /** Writes the rows of every market touched since the last flush, each once, as its last committed event left it. */
  flush(): void {
    for (let i = 0; i < this.#count; i++) {
      const market = this.#touched[i]!;
      if ((market.touched & TOUCHED.QUOTE) !== 0 && market.topFromQuotes) this.#writeQuote(market);
      if ((market.touched & TOUCHED.BOOK) !== 0) this.#writeBook(market);
      market.touched = 0;
    }
    this.#count = 0;
  }

  /** What was touched since the last flush is not written: the frame that did it is void. */
  forget(): void {
    for (let i = 0; i < this.#count; i++) this.#touched[i]!.touched = 0;
    this.#count = 0;
  }

  #writeBook(market: Market): void {
    const book = market.book!;
    const { depths, tops, writer } = this.#core;
    const { validity, reason, epoch } = market.state;
    const long = depths.long;
    for (let i = 0; i < 4; i++) long[DEPTH.TS_EVENT + i] = market.lastTimes[i]!;
    putNumber(Math.max(0, market.sequencer.last), long, DEPTH.SEQ);
    putNumber(writer.ring.head, long, DEPTH.LOG_SEQ);
    if (!market.topFromQuotes && book.topChanged(1)) {
      book.copyBest(tops.num, 0);
      for (let i = 0; i < 8; i++) tops.long[i] = long[i]!;
      tops.write(market.id, validity, reason, epoch);
    }
    depths.open(market.id);
    const bids = this.#side(market, book.bids, depths.bidsAt, DEPTH.BID_HORIZON);
    const asks = this.#side(market, book.asks, depths.asksAt, DEPTH.ASK_HORIZON);
    depths.close(validity, reason, epoch, bids, asks);
    book.settle();
  }

  /** Writes one side of the open depth row from `at` on; returns how many levels of it are known, -1 when it stays as it was. */
  #side(market: Market, side: BookSide, at: number, horizonAt: number): number {
    const { levels, horizon } = this.#core.depths;
    side.copyHorizon(market.shown, horizon, horizonAt);
    if (!side.topChanged(DEPTH_LEVELS)) return -1;
    let count = side.copyTop(DEPTH_LEVELS, levels, at);
    // The horizon stands still while the best levels do: it never cuts what is not written here. NaN cuts nothing.
    while (count > 0 && levels[at + 2 * count - 2]! * side.sign < horizon[horizonAt]! * side.sign) count -= 1;
    return count;
  }
}
