import { encodeText, FLAG, flagNames, KIND, SIDE, sideWord, toMicros } from "../model/index.ts";
import { EventReader, STATS_KEYS, TICKER_KEYS } from "./event-reader.ts";
import type { EventNames } from "./event-reader.ts";
import { JsonBytes } from "./json-bytes.ts";
import { NO_INSTRUMENT } from "./layout.ts";
import { DOUBLE, slotFlags, slotInstrument, slotKind, slotSide, slotVenue, WORD } from "./slot.ts";
import type { SlotViews } from "./slot.ts";

/** Names that are kept; a lane with more instruments than that forgets them all now and then. */
const MOST_NAMES = 65_536;
/** Instrument ids are u32, venue codes u16: both in one number. */
const VENUES = 65_536;
const [COMMA, OPEN, CLOSE, END] = [0x2c, 0x5b, 0x5d, 0x7d];
const TEXT = {
  trade: encodeText('{"type":"trade",'),
  quote: encodeText('{"type":"quote",'),
  update: encodeText('{"type":"book","action":"update",'),
  snapshot: encodeText('{"type":"book","action":"snapshot",'),
  ticker: encodeText('{"type":"ticker",'),
  id: encodeText(',"id":'),
  price: encodeText(',"price":'),
  size: encodeText(',"size":'),
  side: encodeText(',"side":'),
  bidPrice: encodeText(',"bid_price":'),
  bidSize: encodeText(',"bid_size":'),
  askPrice: encodeText(',"ask_price":'),
  askSize: encodeText(',"ask_size":'),
  updateId: encodeText(',"update_id":'),
  bids: encodeText(',"bids":['),
  asks: encodeText('],"asks":['),
  seq: encodeText('],"seq":'),
  prevSeq: encodeText(',"prev_seq":'),
  checksum: encodeText(',"checksum":'),
  event: encodeText(',"ts_event":'),
  recv: encodeText(',"ts_recv":'),
  none: encodeText("null"),
};
const SIDES = [0, 1, 2, 3].map((side) => encodeText(JSON.stringify(sideWord(side))));
const TICKER = TICKER_KEYS.map((key) => encodeText(`,"${key}":`));
const STATS = STATS_KEYS.map((key) => encodeText(`,"${key}":`));

/**
 * Slots to events as JSON in UTF-8, to the byte what JSON.stringify makes of EventReader's, without an object or a string on the
 * way; kinds that are rare take the way over them. Written into `out` from where it stands. The names of an instrument are kept, as they
 * never change: one of these for each region.
 */
export class EventBytes {
  readonly out: JsonBytes;
  /** Where names are looked up: always the same region's. */
  names: EventNames;
  readonly #slow: EventReader;
  readonly #heads = new Map<number, Uint8Array>();
  /** Levels of the book event that is being gathered, as they will stand in it. */
  readonly #bids = new JsonBytes();
  readonly #asks = new JsonBytes();
  #flags = 0;

  constructor(names: EventNames, out: JsonBytes) {
    this.names = names;
    this.out = out;
    this.#slow = new EventReader({
      venue: (code) => this.names.venue(code),
      instrument: (id) => this.names.instrument(id),
    });
  }

  /** Takes the next slot; true when it completes an event, which is written then. A kind that is not known here never is. */
  accept(slots: SlotViews, word: number): boolean {
    switch (slotKind(slots, word)) {
      case KIND.TRADE:
        return this.#trade(slots, word);
      case KIND.QUOTE:
        return this.#quote(slots, word);
      case KIND.BOOK:
        return this.#level(slots, word);
      case KIND.TICKER:
        return this.#ticker(slots, word, TICKER);
      case KIND.STATS:
        return this.#ticker(slots, word, STATS);
      default:
        return this.#rare(slots, word);
    }
  }

  /** Drops a half-gathered event; call it when slots were lost. */
  reset(): void {
    this.#bids.length = 0;
    this.#asks.length = 0;
    this.#flags = 0;
    this.#slow.reset();
  }

  #trade(slots: SlotViews, word: number): boolean {
    const { out } = this;
    out.put(TEXT.trade);
    this.#head(slots, word);
    out.put(TEXT.id);
    out.long(slots.i32[word + WORD.TRADE_ID + 1]!, slots.i32[word + WORD.TRADE_ID]!, false);
    this.#figure(TEXT.price, slots, word, 0);
    this.#figure(TEXT.size, slots, word, 1);
    out.put(TEXT.side);
    out.put(SIDES[slotSide(slots, word)] ?? encodeText(JSON.stringify(sideWord(slotSide(slots, word)))));
    return this.#end(slots, word, slotFlags(slots, word));
  }

  #quote(slots: SlotViews, word: number): boolean {
    const { out } = this;
    out.put(TEXT.quote);
    this.#head(slots, word);
    this.#figure(TEXT.bidPrice, slots, word, 0);
    this.#figure(TEXT.bidSize, slots, word, 1);
    this.#figure(TEXT.askPrice, slots, word, 2);
    this.#figure(TEXT.askSize, slots, word, 3);
    out.put(TEXT.updateId);
    out.long(slots.i32[word + WORD.QUOTE_ID + 1]!, slots.i32[word + WORD.QUOTE_ID]!, true);
    return this.#end(slots, word, slotFlags(slots, word));
  }

  #level(slots: SlotViews, word: number): boolean {
    const side = slotSide(slots, word);
    if (side === SIDE.BID) levelTo(this.#bids, slots, word);
    else if (side === SIDE.ASK) levelTo(this.#asks, slots, word);
    this.#flags |= slotFlags(slots, word);
    return (this.#flags & FLAG.LAST) !== 0 && this.#book(slots, word);
  }

  #book(slots: SlotViews, word: number): boolean {
    const { out } = this;
    const flags = this.#flags;
    out.put((flags & FLAG.SNAPSHOT) === 0 ? TEXT.update : TEXT.snapshot);
    this.#head(slots, word);
    out.put(TEXT.bids);
    out.put(this.#bids.bytes.subarray(0, this.#bids.length));
    out.put(TEXT.asks);
    out.put(this.#asks.bytes.subarray(0, this.#asks.length));
    out.put(TEXT.seq);
    out.long(slots.i32[word + WORD.SEQ + 1]!, slots.i32[word + WORD.SEQ]!, true);
    out.put(TEXT.prevSeq);
    out.long(slots.i32[word + WORD.PREV_SEQ + 1]!, slots.i32[word + WORD.PREV_SEQ]!, true);
    if ((slots.i32[word + WORD.TAIL]! & 0xff00) !== 0) {
      out.put(TEXT.checksum);
      out.number(slots.i32[word + WORD.CHECKSUM]! >>> 0);
    }
    this.reset();
    // `action` already says "snapshot"
    return this.#end(slots, word, flags & ~FLAG.SNAPSHOT);
  }

  #ticker(slots: SlotViews, word: number, keys: readonly Uint8Array[]): boolean {
    this.out.put(TEXT.ticker);
    this.#head(slots, word);
    for (let i = 0; i < keys.length; i++) {
      const value = slots.f64[(word >> 1) + DOUBLE.PRICE + i]!;
      if (Number.isNaN(value)) continue;
      this.out.put(keys[i]!);
      this.out.number(value);
    }
    return this.#end(slots, word, slotFlags(slots, word));
  }

  #rare(slots: SlotViews, word: number): boolean {
    const event = this.#slow.accept(slots, word);
    if (event === null) return false;
    this.out.text(JSON.stringify(event));
    return true;
  }

  #figure(key: Uint8Array, slots: SlotViews, word: number, i: number): void {
    this.out.put(key);
    this.out.number(slots.f64[(word >> 1) + DOUBLE.PRICE + i]!);
  }

  #end(slots: SlotViews, word: number, flags: number): true {
    const { out } = this;
    const { i32 } = slots;
    out.reserve(64);
    out.put(TEXT.event);
    const at = word + WORD.TS_EVENT;
    if ((i32[at]! | i32[at + 1]!) === 0) out.put(TEXT.none);
    else out.integer(toMicros(i32[at + 1]!, i32[at]!));
    out.put(TEXT.recv);
    out.integer(toMicros(i32[word + WORD.TS_RECV + 1]!, i32[word + WORD.TS_RECV]!));
    if ((flags & ~FLAG.LAST) !== 0) this.#flagNames(flags);
    out.char(END);
    return true;
  }

  #flagNames(flags: number): void {
    const names = flagNames(flags);
    if (names.length > 0) this.out.text(`,"flags":${JSON.stringify(names)}`);
    this.out.reserve(1);
  }

  /** `"venue":..,"symbol":..,"instrument":..`. */
  #head(slots: SlotViews, word: number): void {
    const code = slotVenue(slots, word);
    const id = slotInstrument(slots, word);
    this.out.put(this.#heads.get(id * VENUES + code) ?? this.#newHead(code, id));
  }

  #newHead(code: number, id: number): Uint8Array {
    const venue = this.names.venue(code);
    const row = id === NO_INSTRUMENT ? null : this.names.instrument(id);
    const symbol = id === NO_INSTRUMENT ? "" : (row?.symbol ?? `#${id}`);
    const names = { venue: venue ?? `#${code}`, symbol, instrument: row?.canonical ?? null };
    const head = encodeText(JSON.stringify(names).slice(1, -1));
    // What is not known yet may be known later.
    if (venue === null || (row === null && id !== NO_INSTRUMENT)) return head;
    if (this.#heads.size >= MOST_NAMES) this.#heads.clear();
    this.#heads.set(id * VENUES + code, head);
    return head;
  }
}

/** `[price,size]`, with a comma before it unless it is the first. */
function levelTo(side: JsonBytes, slots: SlotViews, word: number): void {
  const d = (word >> 1) + DOUBLE.PRICE;
  side.reserve(80);
  if (side.length > 0) side.char(COMMA);
  side.char(OPEN);
  side.number(slots.f64[d]!);
  side.char(COMMA);
  side.number(slots.f64[d + 1]!);
  side.char(CLOSE);
}
