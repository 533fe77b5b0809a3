import { FLAG, flagNames, halvesToText, KIND, SIDE, sideWord, toMicros } from "../model/index.ts";
import { EventReader, STATS_KEYS, TICKER_KEYS } from "./event-reader.ts";
import type { EventNames } from "./event-reader.ts";
import { NO_INSTRUMENT } from "./layout.ts";
import { DOUBLE, slotFlags, slotInstrument, slotKind, slotSide, slotVenue, WORD } from "./slot.ts";
import type { SlotViews } from "./slot.ts";

/** Names that are kept; a lane with more instruments than that forgets them all now and then. */
const MOST_NAMES = 65_536;
/** Instrument ids are u32, venue codes u16: both in one number. */
const VENUES = 65_536;

/**
 * Slots to the JSON text of events: what JSON.stringify makes of EventReader's, without making an object first. The names of
 * an instrument are written once and kept, as they never change; metadata is not. For readers of one region.
 */
export class EventText {
  #names: EventNames;
  readonly #slow: EventReader;
  readonly #heads = new Map<number, string>();
  #bids = "";
  #asks = "";
  #flags = 0;

  constructor(names: EventNames) {
    this.#names = names;
    this.#slow = new EventReader({
      venue: (code) => this.#names.venue(code),
      instrument: (id) => this.#names.instrument(id),
    });
  }

  /** Names are looked up here from now on: the same region's. */
  set names(names: EventNames) {
    this.#names = names;
  }

  /** Takes the next slot; the text of the event it completes, or null, also for a kind that is not known here. */
  accept(slots: SlotViews, word: number): string | null {
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
      default: {
        const event = this.#slow.accept(slots, word);
        return event === null ? null : JSON.stringify(event);
      }
    }
  }

  /** Drops a half-gathered event; call it when slots were lost. */
  reset(): void {
    this.#bids = "";
    this.#asks = "";
    this.#flags = 0;
    this.#slow.reset();
  }

  /** `"venue":..,"symbol":..,"instrument":..`. */
  #head(slots: SlotViews, word: number): string {
    const key = slotInstrument(slots, word) * VENUES + slotVenue(slots, word);
    return this.#heads.get(key) ?? this.#newHead(key, slotVenue(slots, word), slotInstrument(slots, word));
  }

  #newHead(key: number, code: number, id: number): string {
    const venue = this.#names.venue(code);
    const row = id === NO_INSTRUMENT ? null : this.#names.instrument(id);
    const symbol = id === NO_INSTRUMENT ? "" : (row?.symbol ?? `#${id}`);
    const names = { venue: venue ?? `#${code}`, symbol, instrument: row?.canonical ?? null };
    const head = JSON.stringify(names).slice(1, -1);
    // What is not known yet may be known later.
    if (venue === null || (row === null && id !== NO_INSTRUMENT)) return head;
    if (this.#heads.size >= MOST_NAMES) this.#heads.clear();
    this.#heads.set(key, head);
    return head;
  }

  #trade(slots: SlotViews, word: number): string {
    const id = long(slots, word + WORD.TRADE_ID);
    const side = sideWord(slotSide(slots, word));
    return `{"type":"trade",${this.#head(slots, word)},"id":"${id}","price":${figure(slots, word, 0)},"size":${figure(slots, word, 1)},"side":"${side}",${times(slots, word, slotFlags(slots, word))}}`;
  }

  #quote(slots: SlotViews, word: number): string {
    const id = longOrNull(slots, word + WORD.QUOTE_ID);
    return `{"type":"quote",${this.#head(slots, word)},"bid_price":${figure(slots, word, 0)},"bid_size":${figure(slots, word, 1)},"ask_price":${figure(slots, word, 2)},"ask_size":${figure(slots, word, 3)},"update_id":${id},${times(slots, word, slotFlags(slots, word))}}`;
  }

  #level(slots: SlotViews, word: number): string | null {
    const side = slotSide(slots, word);
    if (side === SIDE.BID) this.#bids = joined(this.#bids, slots, word);
    else if (side === SIDE.ASK) this.#asks = joined(this.#asks, slots, word);
    this.#flags |= slotFlags(slots, word);
    return (this.#flags & FLAG.LAST) === 0 ? null : this.#book(slots, word);
  }

  #book(slots: SlotViews, word: number): string {
    const flags = this.#flags;
    const action = (flags & FLAG.SNAPSHOT) === 0 ? "update" : "snapshot";
    const hasChecksum = (slots.i32[word + WORD.TAIL]! & 0xff00) !== 0;
    const checksum = hasChecksum ? `,"checksum":${slots.i32[word + WORD.CHECKSUM]! >>> 0}` : "";
    const ids = `"seq":${longOrNull(slots, word + WORD.SEQ)},"prev_seq":${longOrNull(slots, word + WORD.PREV_SEQ)}`;
    const sides = `"bids":[${this.#bids}],"asks":[${this.#asks}]`;
    this.reset();
    return `{"type":"book","action":"${action}",${this.#head(slots, word)},${sides},${ids}${checksum},${times(slots, word, flags & ~FLAG.SNAPSHOT)}}`;
  }

  #ticker(slots: SlotViews, word: number, keys: readonly string[]): string {
    let values = "";
    for (let i = 0; i < keys.length; i++) {
      const value = number(slots, word, i);
      if (!Number.isNaN(value)) values += `"${keys[i]!}":${text(value)},`;
    }
    return `{"type":"ticker",${this.#head(slots, word)},${values}${times(slots, word, slotFlags(slots, word))}}`;
  }
}

function joined(levels: string, slots: SlotViews, word: number): string {
  const level = `[${figure(slots, word, 0)},${figure(slots, word, 1)}]`;
  return levels === "" ? level : `${levels},${level}`;
}

function number(slots: SlotViews, word: number, i: number): number {
  return slots.f64[(word >> 1) + DOUBLE.PRICE + i]!;
}

/** As JSON has it: what is not a number is null, and zero has no sign. */
function text(value: number): string {
  return Number.isFinite(value) ? `${value}` : "null";
}

function figure(slots: SlotViews, word: number, i: number): string {
  return text(number(slots, word, i));
}

function long(slots: SlotViews, word: number): string {
  return halvesToText(slots.i32[word + 1]!, slots.i32[word]!);
}

function longOrNull(slots: SlotViews, word: number): string {
  const id = long(slots, word);
  return id === "0" ? "null" : `"${id}"`;
}

function times(slots: SlotViews, word: number, flags: number): string {
  const { i32 } = slots;
  const none = (i32[word + WORD.TS_EVENT]! | i32[word + WORD.TS_EVENT + 1]!) === 0;
  const event = none ? "null" : `${micros(i32, word + WORD.TS_EVENT)}`;
  const names = flags === FLAG.LAST || flags === 0 ? [] : flagNames(flags);
  const more = names.length === 0 ? "" : `,"flags":${JSON.stringify(names)}`;
  return `"ts_event":${event},"ts_recv":${micros(i32, word + WORD.TS_RECV)}${more}`;
}

function micros(i32: Int32Array, word: number): number {
  return toMicros(i32[word + 1]!, i32[word]!);
}
