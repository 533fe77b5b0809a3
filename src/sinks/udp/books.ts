import {
  DOUBLE,
  LAST_IN_HEAD,
  SCOPE,
  SLOT_WORDS,
  slotFlags,
  slotInstrument,
  slotKind,
  SlotViews,
  WORD,
} from "../../log/index.ts";
import { FLAG, KIND, SIDE, VALIDITY } from "../../model/index.ts";

/** A book with more levels is not sent whole: it would hold the others up for too long. */
export const MOST_LEVELS = 20_000;
const HEAD_OF_BOOK = KIND.BOOK | ((FLAG.SNAPSHOT | FLAG.RECOVERED) << 8);

/** One book as the slots said it. */
interface SentBook {
  readonly bids: Map<number, number>;
  readonly asks: Map<number, number>;
  /** A snapshot was sent, and everything since. */
  whole: boolean;
  live: boolean;
  /** Words of the last status and of the last slot of the book. */
  readonly status: Int32Array;
  readonly last: Int32Array;
}

/** Books as they were sent, so that a receiver which has missed something can have them whole again. */
export class SentBooks {
  readonly #all = new Map<number, SentBook>();
  #round: IterableIterator<[number, SentBook]> | null = null;
  #due = 0;

  /** Takes the slot at `word`, which is about to be sent. */
  accept(slots: SlotViews, word: number): void {
    const kind = slotKind(slots, word);
    if (kind === KIND.BOOK) this.#level(slots, word);
    else if (kind === KIND.STATUS && (slots.i32[word + WORD.TAIL]! & 0xff) === SCOPE.BOOK) {
      const book = this.#bookOf(slotInstrument(slots, word));
      book.status.set(slots.i32.subarray(word, word + SLOT_WORDS));
      book.live = ((slots.i32[word + WORD.TAIL]! >>> 8) & 0xff) === VALIDITY.LIVE;
    }
  }

  /** Slots are missing: no book is whole. */
  lost(): void {
    for (const book of this.#all.values()) book.whole = false;
  }

  /** Ids mean others from now on. */
  forget(): void {
    this.#all.clear();
    this.#round = null;
    this.#due = 0;
  }

  #level(slots: SlotViews, word: number): void {
    const book = this.#bookOf(slotInstrument(slots, word));
    const { i32, f64 } = slots;
    const snapshot = (slotFlags(slots, word) & FLAG.SNAPSHOT) !== 0;
    if (snapshot && (book.last[0]! & LAST_IN_HEAD) !== 0) {
      book.bids.clear();
      book.asks.clear();
      book.whole = true;
    }
    book.last.set(i32.subarray(word, word + SLOT_WORDS));
    const side = i32[word + WORD.TAIL]! & 0xff;
    if (!book.whole || side === SIDE.NONE) return;
    const levels = side === SIDE.BID ? book.bids : book.asks;
    const size = f64[(word >> 1) + DOUBLE.SIZE]!;
    if (size === 0) levels.delete(f64[(word >> 1) + DOUBLE.PRICE]!);
    else levels.set(f64[(word >> 1) + DOUBLE.PRICE]!, size);
    if (book.bids.size + book.asks.size > MOST_LEVELS) book.whole = false;
  }

  #bookOf(id: number): SentBook {
    const known = this.#all.get(id);
    if (known !== undefined) return known;
    const made: SentBook = {
      bids: new Map(),
      asks: new Map(),
      whole: false,
      live: false,
      status: new Int32Array(SLOT_WORDS),
      last: Int32Array.from({ length: SLOT_WORDS }, () => LAST_IN_HEAD),
    };
    this.#all.set(id, made);
    return made;
  }

  /** The next live book whose turn it is, `share` of all in a turn: its status, then its levels as one snapshot; or null. */
  next(share: number): SlotViews | null {
    this.#due = Math.min(1, this.#due + share * this.#all.size);
    if (this.#due < 1) return null;
    this.#due = 0;
    this.#round ??= this.#all.entries();
    const { value, done } = this.#round.next();
    if (done === true) this.#round = null;
    else if (isReady(value[1])) return slotsOf(value[1]);
    return null;
  }
}

/** Live, whole, not in the middle of an event, and not empty. */
function isReady({ whole, live, last, bids, asks }: SentBook): boolean {
  return whole && live && (last[0]! & LAST_IN_HEAD) !== 0 && bids.size + asks.size > 0;
}

function slotsOf({ bids, asks, status, last }: SentBook): SlotViews {
  const slots = SlotViews.make(1 + bids.size + asks.size);
  slots.i32.set(status, 0);
  let word = SLOT_WORDS;
  for (const [side, levels] of [
    [SIDE.BID, bids],
    [SIDE.ASK, asks],
  ] as const)
    for (const [price, size] of levels) {
      slots.i32.set(last, word);
      slots.i32[word] = (last[0]! & ~0xffff) | HEAD_OF_BOOK;
      slots.i32.fill(0, word + WORD.PREV_SEQ, word + SLOT_WORDS);
      slots.f64[(word >> 1) + DOUBLE.PRICE] = price;
      slots.f64[(word >> 1) + DOUBLE.SIZE] = size;
      slots.i32[word + WORD.TAIL] = side;
      word += SLOT_WORDS;
    }
  slots.i32[word - SLOT_WORDS]! |= LAST_IN_HEAD;
  return slots;
}
