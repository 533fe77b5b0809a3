import type { BookKeeper } from "./book-keeper.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Latest } from "./latest.ts";
import { Market } from "./market.ts";
import type { Meters } from "../meters.ts";
import { REASON, SymbolTable } from "../../model/index.ts";
import type { Instrument, Reason, Subscription, Validity, Venue } from "../../model/index.ts";

/** Books per venue that get the fast form, about a megabyte each: the first ones named are taken for the busiest. */
const HOT_BOOKS = 32;

export interface MarketsOptions {
  readonly venue: Venue;
  readonly core: LaneCore;
  readonly keeper: BookKeeper;
  readonly latest: Latest;
  readonly meters: Meters;
  /** Markets of the whole lane by instrument id. */
  readonly byId: (Market | undefined)[];
}

/**
 * The instruments one feed listens to: how they begin, change and end in the log, its tables, and what the hot path
 * looks them up in. Rows of instruments stay for ever; the market behind one comes and goes.
 */
export class Markets {
  readonly all: Market[] = [];
  /** Native symbols and their aliases. Names stay when their market has gone: its events are skipped then. */
  readonly symbols = new SymbolTable();
  readonly #options: MarketsOptions;
  readonly #bySymbol = new Map<string, Market>();
  /** Epochs of markets that have gone: should one come back, its history is not taken for the old one. */
  readonly #epochs = new Map<string, number>();
  /** The venue said that it does not trade. */
  #halted = false;

  constructor(options: MarketsOptions) {
    this.#options = options;
  }

  get(symbol: string): Market | undefined {
    return this.#bySymbol.get(symbol);
  }

  owns(market: Market): boolean {
    return this.#bySymbol.get(market.symbol) === market;
  }

  /**
   * A market for one instrument; its id is that of an earlier run if the region knows it. RangeError when there is no
   * room for it, or another feed of the lane has it.
   */
  add(instrument: Instrument, subscriptions: readonly Subscription[]): Market {
    const { core, venue, byId, latest } = this.#options;
    const { symbol } = instrument;
    const known = core.instruments.find(venue.code, symbol);
    if (byId[known] !== undefined)
      throw new RangeError(
        `${symbol} belongs to another feed of this lane; name all its channels in that one`,
      );
    const id = known < 0 ? core.instruments.add(venue.code, instrument) : known;
    if (known >= 0) core.instruments.write(id, venue.code, instrument);
    const market = new Market(id, venue, instrument, subscriptions, this.all.length < HOT_BOOKS);
    byId[id] = market;
    this.all.push(market);
    this.#bySymbol.set(symbol, market);
    for (const name of [symbol, ...venue.aliases(symbol)]) this.symbols.add(name, id);
    market.state.epoch = this.#epochs.get(symbol) ?? 0;
    market.state.warm();
    market.state.halt(this.#halted || stopped(instrument));
    latest.begin(market);
    return market;
  }

  /** Says on the log that an instrument is new or has changed. The caller commits. */
  tell(market: Market): void {
    const { core, venue } = this.#options;
    core.writer.venue = venue.code;
    core.writer.long.fill(0);
    core.writer.appendInstrument(market.id);
  }

  /** Metadata of a market changed: its row follows; a book whose precision is another starts again. The caller commits. */
  change(market: Market, instrument: Instrument): void {
    const { core, venue, keeper, meters } = this.#options;
    const before = market.instrument;
    market.instrument = instrument;
    core.instruments.write(market.id, venue.code, instrument);
    this.tell(market);
    this.#doubt(market);
    const same =
      before.pricePrecision === instrument.pricePrecision &&
      before.sizePrecision === instrument.sizePrecision;
    if (!same && market.proved) keeper.break(market, meters, REASON.METADATA_CHANGED);
  }

  /** Metadata of a market that is about to go: its row and the log say how it ended. The caller commits. */
  close(market: Market, instrument: Instrument): void {
    const { core, venue } = this.#options;
    market.instrument = instrument;
    core.instruments.write(market.id, venue.code, instrument);
    this.tell(market);
  }

  /** Nothing is heard of it any more: its prices say so first. The caller commits. */
  retire(market: Market, validity: Validity, reason: Reason): void {
    const { latest, keeper, byId } = this.#options;
    latest.flush();
    market.retired = true;
    market.proved = false;
    market.state.end(validity, reason);
    latest.retire(market);
    if (market.book !== null) keeper.appendState(market);
    byId[market.id] = undefined;
    this.#bySymbol.delete(market.symbol);
    this.#epochs.set(market.symbol, market.state.epoch);
    this.all.splice(this.all.indexOf(market), 1);
    const { link } = market;
    if (link !== null) link.markets.splice(link.markets.indexOf(market), 1);
  }

  /** The venue as a whole trades, or does not. The caller commits. */
  halt(on: boolean): void {
    this.#halted = on;
    for (const market of this.all) this.#doubt(market);
  }

  /** A book is in doubt, not broken, while its venue or its instrument does not trade. */
  #doubt(market: Market): void {
    const { latest, keeper } = this.#options;
    if (market.book === null || !market.state.halt(this.#halted || stopped(market.instrument))) return;
    latest.validity(market);
    keeper.appendState(market);
  }
}

/** A state that is not known doubts nothing: the stream tells whether there is a market. */
function stopped({ status }: Instrument): boolean {
  return status !== "trading" && status !== "unknown";
}
