import {
  FLAG,
  flagNames,
  halvesToText,
  INSTRUMENT_STATUS,
  KIND,
  SIDE,
  sideWord,
  toMicros,
} from "../model/index.ts";
import type {
  BookEvent,
  Instrument,
  Level,
  MarketEvent,
  OptionTickerEvent,
  StatusEvent,
  TickerEvent,
} from "../model/index.ts";
import { DerivedReader } from "./derived-reader.ts";
import { NO_INSTRUMENT } from "./layout.ts";
import { DOUBLE, slotFlags, slotInstrument, slotKind, slotSide, slotVenue, WORD } from "./slot.ts";
import type { SlotViews } from "./slot.ts";
import { reasonWord, SCOPE, scopeWord, stateWord } from "./status.ts";

/** Who knows what the numbers in slots stand for: the tables of a region, or a test. */
export interface EventNames {
  /** Venue id of a code, or null. */
  venue(code: number): string | null;
  /** Metadata of an instrument id, or null. */
  instrument(id: number): Instrument | null;
}

/**
 * Slots to events in their JSON form. Cold path. Keys come in one order everywhere, in every language:
 * type, what the type needs before the names (action), venue, symbol, instrument, values, ts_event, ts_recv, flags.
 * A number that is absent (NaN) is null in quotes and left out of tickers.
 */
export class EventReader {
  readonly #names: EventNames;
  #bids: Level[] = [];
  #asks: Level[] = [];
  #flags = 0;
  /** Figures of the option event being gathered, in the order of OPTION_KEYS. */
  #figures: number[] = [];
  readonly #derived: DerivedReader;

  constructor(names: EventNames) {
    this.#names = names;
    this.#derived = new DerivedReader(names);
  }

  /** Takes the next slot; returns the event it completes, or null. */
  accept(slots: SlotViews, word: number): MarketEvent | null {
    switch (slotKind(slots, word)) {
      case KIND.TRADE:
        return this.#trade(slots, word);
      case KIND.QUOTE:
        return this.#quote(slots, word);
      case KIND.BOOK:
        return this.#level(slots, word);
      case KIND.TICKER:
        return this.#ticker(slots, word, TICKER_KEYS);
      case KIND.STATS:
        return this.#ticker(slots, word, STATS_KEYS);
      case KIND.OPTION_TICKER:
        return this.#optionPart(slots, word);
      case KIND.INDEX:
        return {
          type: "index",
          ...this.#head(slots, word),
          price: number(slots, word, 0),
          ...tail(slots, word),
        };
      case KIND.LIQUIDATION:
        return this.#liquidation(slots, word);
      case KIND.INSTRUMENT:
        return this.#instrument(slots, word);
      case KIND.STATUS:
        return this.#status(slots, word);
      case KIND.SPOT_MID: {
        const body = this.#derived.spotMid(slots, word);
        return body === null
          ? null
          : { type: "spot_mid", ...this.#head(slots, word), ...body, ...tail(slots, word) };
      }
      case KIND.IV_SURFACE: {
        const body = this.#derived.ivSurface(slots, word);
        return body === null
          ? null
          : { type: "iv_surface", ...this.#head(slots, word), ...body, ...tail(slots, word) };
      }
      default:
        return null;
    }
  }

  /** Drops a half-gathered event; call it when slots were lost. */
  reset(): void {
    this.#bids = [];
    this.#asks = [];
    this.#flags = 0;
    this.#figures = [];
    this.#derived.reset();
  }

  #head(slots: SlotViews, word: number): { venue: string; symbol: string; instrument: string | null } {
    const code = slotVenue(slots, word);
    const id = slotInstrument(slots, word);
    const venue = this.#names.venue(code) ?? `#${code}`;
    if (id === NO_INSTRUMENT) return { venue, symbol: "", instrument: null };
    const row = this.#names.instrument(id);
    return { venue, symbol: row?.symbol ?? `#${id}`, instrument: row?.canonical ?? null };
  }

  #trade(slots: SlotViews, word: number): MarketEvent {
    return {
      type: "trade",
      ...this.#head(slots, word),
      id: longText(slots, word + WORD.TRADE_ID),
      price: number(slots, word, 0),
      size: number(slots, word, 1),
      side: sideWord(slotSide(slots, word)),
      ...tail(slots, word),
    };
  }

  #quote(slots: SlotViews, word: number): MarketEvent {
    return {
      type: "quote",
      ...this.#head(slots, word),
      bid_price: orNull(number(slots, word, 0)),
      bid_size: orNull(number(slots, word, 1)),
      ask_price: orNull(number(slots, word, 2)),
      ask_size: orNull(number(slots, word, 3)),
      update_id: longOrNull(slots, word + WORD.QUOTE_ID),
      ...tail(slots, word),
    };
  }

  #level(slots: SlotViews, word: number): MarketEvent | null {
    const side = slotSide(slots, word);
    const level: Level = [number(slots, word, 0), number(slots, word, 1)];
    if (side === SIDE.BID) this.#bids.push(level);
    else if (side === SIDE.ASK) this.#asks.push(level);
    this.#flags |= slotFlags(slots, word);
    return (this.#flags & FLAG.LAST) === 0 ? null : this.#book(slots, word);
  }

  #book(slots: SlotViews, word: number): BookEvent {
    const hasChecksum = (slots.i32[word + WORD.TAIL]! & 0xff00) !== 0;
    const event: BookEvent = {
      type: "book",
      action: (this.#flags & FLAG.SNAPSHOT) === 0 ? "update" : "snapshot",
      ...this.#head(slots, word),
      bids: this.#bids,
      asks: this.#asks,
      seq: longOrNull(slots, word + WORD.SEQ),
      prev_seq: longOrNull(slots, word + WORD.PREV_SEQ),
      ...(hasChecksum ? { checksum: slots.i32[word + WORD.CHECKSUM]! >>> 0 } : {}),
      // `action` already says "snapshot"
      ...times(slots, word, this.#flags & ~FLAG.SNAPSHOT),
    };
    this.reset();
    return event;
  }

  #ticker(slots: SlotViews, word: number, keys: readonly TickerKey[]): TickerEvent {
    const values: Partial<Record<TickerKey, number>> = {};
    keys.forEach((key, i) => {
      const value = number(slots, word, i);
      if (!Number.isNaN(value)) values[key] = value;
    });
    return { type: "ticker", ...this.#head(slots, word), ...values, ...tail(slots, word) };
  }

  #optionPart(slots: SlotViews, word: number): MarketEvent | null {
    for (let i = 0; i < SLOT_FIGURES; i++) this.#figures.push(number(slots, word, i));
    if ((slotFlags(slots, word) & FLAG.LAST) === 0) return null;
    const figures = this.#figures;
    this.reset();
    return {
      type: "option_ticker",
      ...this.#head(slots, word),
      ...Object.fromEntries(
        OPTION_KEYS.map((key, i) => [key, figures[i] ?? NaN]).filter(([, value]) => !Number.isNaN(value)),
      ),
      ...tail(slots, word),
    };
  }

  #liquidation(slots: SlotViews, word: number): MarketEvent {
    return {
      type: "liquidation",
      ...this.#head(slots, word),
      price: number(slots, word, 0),
      size: number(slots, word, 1),
      side: sideWord(slotSide(slots, word)),
      ...tail(slots, word),
    };
  }

  #instrument(slots: SlotViews, word: number): MarketEvent {
    const row = this.#names.instrument(slotInstrument(slots, word));
    return {
      type: "instrument",
      ...this.#head(slots, word),
      kind: row?.kind ?? "unknown",
      base: row?.base ?? "",
      quote: row?.quote ?? "",
      status: row?.status ?? INSTRUMENT_STATUS[0],
      ...known("tick", row?.tick),
      ...known("lot", row?.lot),
      ...known("contract_value", row?.contractValue),
      ...known("expiry", row?.expiry),
      ...known("strike", row?.strike),
      ...(row?.sizeUnit === "quote" ? { size_unit: "quote" as const } : {}),
      ...tail(slots, word),
    };
  }

  #status(slots: SlotViews, word: number): StatusEvent {
    const packed = slots.i32[word + WORD.TAIL]!;
    const scope = packed & 0xff;
    const reason = (packed >>> 16) & 0xff;
    return {
      type: "status",
      ...this.#head(slots, word),
      scope: scopeWord(scope),
      state: stateWord(scope, (packed >>> 8) & 0xff),
      ...(scope === SCOPE.BOOK ? { epoch: slots.i32[word + WORD.EPOCH]! >>> 0 } : {}),
      ...(reason === 0 ? {} : { reason: reasonWord(reason) }),
      ...tail(slots, word),
    };
  }
}

type TickerHead = Pick<
  TickerEvent,
  "type" | "venue" | "symbol" | "instrument" | "ts_event" | "ts_recv" | "flags"
>;
type TickerKey = Exclude<keyof TickerEvent, keyof TickerHead>;

export const TICKER_KEYS: readonly TickerKey[] = [
  "mark_price",
  "index_price",
  "funding_rate",
  "next_funding_ts",
  "open_interest",
];
export const STATS_KEYS: readonly TickerKey[] = [
  "last_price",
  "volume_24h",
  "high_24h",
  "low_24h",
  "vwap_24h",
];

/** Figures of an option in the order of their registers (model OPTION) and slots. */
const OPTION_KEYS: readonly Exclude<keyof OptionTickerEvent, keyof TickerHead>[] = [
  "mark_price",
  "index_price",
  "underlying_price",
  "open_interest",
  "interest_rate",
  "mark_iv",
  "bid_iv",
  "ask_iv",
  "delta",
  "gamma",
  "vega",
  "theta",
  "rho",
  "last_price",
  "volume_24h",
];
const SLOT_FIGURES = 5;

/** The i-th double of a body. */
function number(slots: SlotViews, word: number, i: number): number {
  return slots.f64[(word >> 1) + DOUBLE.PRICE + i]!;
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function known(key: string, value: number | undefined): object {
  return value === undefined || Number.isNaN(value) ? {} : { [key]: value };
}

function longText(slots: SlotViews, word: number): string {
  return halvesToText(slots.i32[word + 1]!, slots.i32[word]!);
}

function longOrNull(slots: SlotViews, word: number): string | null {
  const text = longText(slots, word);
  return text === "0" ? null : text;
}

function micros(slots: SlotViews, word: number): number {
  return toMicros(slots.i32[word + 1]!, slots.i32[word]!);
}

function times(
  slots: SlotViews,
  word: number,
  flags: number,
): { ts_event: number | null; ts_recv: number; flags?: string[] } {
  const event = slots.i32[word + WORD.TS_EVENT]! | slots.i32[word + WORD.TS_EVENT + 1]!;
  const names = flagNames(flags);
  return {
    ts_event: event === 0 ? null : micros(slots, word + WORD.TS_EVENT),
    ts_recv: micros(slots, word + WORD.TS_RECV),
    ...(names.length === 0 ? {} : { flags: names }),
  };
}

function tail(
  slots: SlotViews,
  word: number,
): { ts_event: number | null; ts_recv: number; flags?: string[] } {
  return times(slots, word, slotFlags(slots, word));
}
