import { DOUBLE, SCOPE, slotFlags, WORD } from "../../log/index.ts";
import type { EventWriter, InstrumentRow } from "../../log/index.ts";
import { FLAG, halvesToNumber, KIND, REASON, VALIDITY } from "../../model/index.ts";
import type { Reason, Validity, Venue } from "../../model/index.ts";
import type { Latest } from "../market/latest.ts";
import { Market } from "../market/market.ts";

/** Markets whose book gets the fast form. */
const HOT = 32;

type Open = { -readonly [Key in keyof Market]: Market[Key] };

/** One instrument as it is heard. */
interface Heard {
  readonly market: Market;
  /** A snapshot of its book was heard, and everything since. */
  whole: boolean;
  /** There was one before: a hole came between. */
  broken: boolean;
  /** What its sender says of the book. */
  validity: Validity;
  reason: Reason;
  epoch: number;
  /** Holes that were healed here: histories that the sender's epoch does not know of. */
  healed: number;
}

/** Books and tables of what one sender says: its own word where nothing was missed, and a doubt of ours where something was. */
export class HeardBooks {
  readonly #writer: EventWriter;
  readonly #latest: Latest;
  readonly #all = new Map<number, Heard>();
  #silent = false;

  constructor(writer: EventWriter, latest: Latest) {
    this.#writer = writer;
    this.#latest = latest;
  }

  /** Books that are whole and live; and all that were ever heard. */
  get live(): number {
    let count = 0;
    for (const { whole, validity } of this.#all.values()) if (whole && validity === VALIDITY.LIVE) count += 1;
    return count;
  }

  get count(): number {
    return this.#all.size;
  }

  /** An instrument begins, or its row is another. */
  know(id: number, row: InstrumentRow, venue: Venue): void {
    const known = this.#all.get(id);
    if (known !== undefined) {
      known.market.instrument = row;
      return;
    }
    const market = new Market(
      id,
      venue,
      row,
      [{ channel: "book", symbol: row.symbol }],
      this.#all.size < HOT,
    );
    // How deep its sender listens is not known: nothing is known beyond what a snapshot held.
    (market as Open).shown = 0;
    market.state.warm();
    this.#all.set(id, {
      market,
      whole: false,
      broken: false,
      validity: VALIDITY.WARMING,
      reason: REASON.STARTING,
      epoch: 0,
      healed: 0,
    });
    this.#latest.begin(market);
  }

  /** Whether a book that is sent again is of use. */
  wants(id: number): boolean {
    return this.#all.get(id)?.whole === false;
  }

  /** An event stands in pending slots [from, to) of the ring: takes it into book and tables. */
  accept(id: number, kind: number, from: number, to: number): void {
    const heard = this.#all.get(id);
    if (heard === undefined) return;
    if (kind === KIND.BOOK) this.#book(heard, from, to);
    else if (kind === KIND.QUOTE) this.#quote(heard, from);
    else if (kind === KIND.STATUS) this.#status(heard, from);
  }

  /** A book as its sender has it now, in pending slots [from, to); what it says of it is the status slot at the start of `status`. */
  renewed(id: number, from: number, to: number, status: Int32Array): void {
    const heard = this.#all.get(id)!;
    hear(heard, status, 0);
    this.#book(heard, from, to);
  }

  #book(heard: Heard, from: number, to: number): void {
    const { market } = heard;
    const { slots } = this.#writer;
    const book = market.book!;
    const snapshot = (slotFlags(slots, this.#writer.wordAt(from)) & FLAG.SNAPSHOT) !== 0;
    if (snapshot) book.clear();
    let word = 0;
    for (let i = from; i < to; i++) {
      word = this.#writer.wordAt(i);
      book.applyAt(slots.i32[word + WORD.TAIL]! & 0xff, slots.f64, (word >> 1) + DOUBLE.PRICE);
    }
    if (snapshot) book.markHorizon();
    for (let i = 0; i < 4; i++) market.lastTimes[i] = slots.i32[word + WORD.TS_EVENT + i]!;
    const seq = halvesToNumber(slots.i32[word + WORD.SEQ + 1]!, slots.i32[word + WORD.SEQ]!);
    market.sequencer.invalidate();
    market.sequencer.accept(seq, 0, true);
    if (snapshot) this.#whole(heard);
    this.#latest.book(market);
  }

  #whole(heard: Heard): void {
    if (heard.whole) return;
    heard.whole = true;
    if (heard.broken) heard.healed += 1;
    heard.broken = false;
    if (this.#show(heard) && heard.validity === VALIDITY.LIVE) this.#say(heard);
  }

  #quote(heard: Heard, from: number): void {
    const { market } = heard;
    // Whether its sender listens to quotes is not known before one comes.
    if (!market.topFromQuotes && market.venue.quoteIsTop) (market as Open).topFromQuotes = true;
    this.#latest.quote(market, this.#writer.wordAt(from));
  }

  /** The sender's word of a book goes on as it is; as ours where we have missed something of it. */
  #status(heard: Heard, from: number): void {
    const { i32 } = this.#writer.slots;
    const word = this.#writer.wordAt(from);
    if ((i32[word + WORD.TAIL]! & 0xff) !== SCOPE.BOOK) return;
    hear(heard, i32, word);
    this.#show(heard);
    const { validity, reason, epoch } = heard.market.state;
    i32[word + WORD.TAIL] = SCOPE.BOOK | (validity << 8) | (reason << 16);
    i32[word + WORD.EPOCH] = epoch;
  }

  /** Something is missing: which books it was of is not known, so none is whole any more. The caller commits. */
  lost(): void {
    for (const heard of this.#all.values()) {
      this.#latest.quotesStale(heard.market, REASON.CONNECTION_GAP);
      if (!heard.whole) continue;
      heard.whole = false;
      heard.broken = true;
      if (this.#show(heard)) this.#say(heard);
    }
  }

  /** Its sender is not heard: what it said last may not be so any more. If nothing was missed when it is heard again, it is. The caller commits. */
  silent(on: boolean): void {
    if (on === this.#silent) return;
    this.#silent = on;
    for (const heard of this.#all.values()) {
      if (on) this.#latest.quotesStale(heard.market, REASON.SILENT);
      if (this.#show(heard)) this.#say(heard);
    }
  }

  /** State and tables follow; true when the validity is another. */
  #show(heard: Heard): boolean {
    const { state } = heard.market;
    const before = state.validity;
    const own = !heard.whole && (heard.broken || heard.validity === VALIDITY.LIVE);
    const silent = this.#silent && heard.validity === VALIDITY.LIVE;
    state.validity = own ? VALIDITY.GAPPED : silent ? VALIDITY.STALE : heard.validity;
    state.reason = own ? REASON.CONNECTION_GAP : silent ? REASON.SILENT : heard.reason;
    state.epoch = (heard.epoch + heard.healed) >>> 0;
    this.#latest.validity(heard.market);
    return state.validity !== before;
  }

  /** A status slot of our own. */
  #say({ market }: Heard): void {
    const { validity, reason, epoch } = market.state;
    this.#writer.venue = market.venue.code;
    this.#writer.long.fill(0);
    this.#writer.appendStatus(SCOPE.BOOK, market.id, validity, reason, epoch);
  }
}

/** Takes over what the status slot at `word` says. */
function hear(heard: Heard, i32: Int32Array, word: number): void {
  const tail = i32[word + WORD.TAIL]!;
  heard.validity = ((tail >>> 8) & 0xff) as Validity;
  heard.reason = ((tail >>> 16) & 0xff) as Reason;
  heard.epoch = i32[word + WORD.EPOCH]!;
}
