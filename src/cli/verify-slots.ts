import { FLAG, KIND, KIND_NAMES, REASON_NAMES, SIDE } from "../model/index.ts";
import {
  BODIES,
  DOUBLE,
  InstrumentReader,
  NO_INSTRUMENT,
  SCOPE,
  slotFlags,
  slotInstrument,
  slotKind,
  slotSide,
  slotVenue,
  WORD,
} from "../log/index.ts";
import type { Region, SlotViews } from "../log/index.ts";
import type { Findings } from "./verify-region.ts";

/** Kinds whose events may have several slots. */
const CHAINED = new Set<number>([KIND.BOOK, KIND.OPTION_TICKER, KIND.SPOT_MID, KIND.IV_SURFACE]);
const FLAGS = Object.values(FLAG).reduce((all, bit) => all | bit, 0);

/** Checks slots one after the other, and that they make whole events. */
export class SlotCheck {
  /** Whole events by kind. */
  readonly events: Record<string, number> = {};
  readonly #instruments: InstrumentReader;
  readonly #findings: Findings;
  /** Reading began, or goes on after a loss, somewhere inside an event. */
  #seeking: boolean;
  /** Words of the first slot of the event being read, or null between events. */
  #first: Int32Array | null = null;
  #lastRecv = 0n;

  constructor(region: Region, findings: Findings, inside: boolean) {
    this.#instruments = new InstrumentReader(region.control, region.instruments);
    this.#findings = findings;
    this.#seeking = inside;
  }

  /** Slots were missed: the event being read cannot be judged. */
  interrupted(): void {
    this.#first = null;
  }

  accept(slots: SlotViews, word: number, sequence: number): void {
    const last = (slotFlags(slots, word) & FLAG.LAST) !== 0;
    if (this.#seeking) {
      this.#seeking = !last;
      return;
    }
    const where = `slot ${sequence}`;
    this.#header(slots, word, where);
    this.#chain(slots, word, last, where);
    this.#body(slots, word, where);
  }

  /** The head stands at the end of an event. */
  finish(head: number): void {
    this.#findings.expect(this.#first === null, `slot ${head - 1}`, "LAST on the last slot", "none");
  }

  #header(slots: SlotViews, word: number, where: string): void {
    const kind = slotKind(slots, word);
    const known = kind > 0 && (BODIES[kind] ?? null) !== null;
    this.#findings.expect(known, where, "a known kind", kind);
    const flags = slotFlags(slots, word);
    this.#findings.expect((flags & ~FLAGS) === 0, where, "known flags", `0x${flags.toString(16)}`);
    this.#names(slots, word, where);
    const recv = long(slots, word + WORD.TS_RECV);
    this.#findings.expect(recv >= this.#lastRecv, where, `ts_recv >= ${this.#lastRecv}`, recv);
    if (recv > this.#lastRecv) this.#lastRecv = recv;
  }

  #names(slots: SlotViews, word: number, where: string): void {
    const id = slotInstrument(slots, word);
    const venueOnly = slotKind(slots, word) === KIND.STATUS && slotSide(slots, word) === SCOPE.VENUE;
    if (id === NO_INSTRUMENT && venueOnly) return;
    const row = this.#instruments.read(id);
    if (row === null) this.#findings.add(where, `expected a known instrument, saw ${id}`);
    else
      this.#findings.expect(
        row.venueCode === slotVenue(slots, word),
        where,
        `venue ${row.venueCode} of ${row.symbol}`,
        slotVenue(slots, word),
      );
  }

  /** Events of some kinds have more than one slot, and all slots of one say the same about it. */
  #chain(slots: SlotViews, word: number, last: boolean, where: string): void {
    const kind = slotKind(slots, word);
    const single = !CHAINED.has(kind);
    this.#findings.expect(last || !single, where, "LAST on an event of one slot", "none");
    const own = slots.i32.slice(word, word + 16);
    if (this.#first !== null)
      this.#findings.expect(
        sameEvent(this.#first, own),
        where,
        "the event begun before it to end with LAST",
        "another event",
      );
    this.#first = last || single ? null : (this.#first ?? own);
    if (!last) return;
    const name = KIND_NAMES[kind] ?? `#${kind}`;
    this.events[name] = (this.events[name] ?? 0) + 1;
  }

  #body(slots: SlotViews, word: number, where: string): void {
    const kind = slotKind(slots, word);
    const at = word >> 1;
    if (kind === KIND.TRADE || kind === KIND.LIQUIDATION) this.#priced(slots, at, where, false);
    else if (kind === KIND.BOOK) this.#level(slots, word, where);
    else if (kind === KIND.QUOTE) this.#quote(slots, at, where);
    else if (kind === KIND.STATUS) this.#status(slots, word, where);
  }

  /** A price and a size as a venue can send them; `none` allows their absence. */
  #priced(slots: SlotViews, at: number, where: string, none: boolean): void {
    const price = slots.f64[at + DOUBLE.PRICE]!;
    const size = slots.f64[at + DOUBLE.SIZE]!;
    if (none && Number.isNaN(price) && Number.isNaN(size)) return;
    this.#findings.expect(Number.isFinite(price), where, "a finite price", price);
    this.#findings.expect(Number.isFinite(size) && size >= 0, where, "a size >= 0", size);
  }

  #level(slots: SlotViews, word: number, where: string): void {
    const side = slotSide(slots, word);
    this.#findings.expect(side <= SIDE.ASK, where, "side 0, 1 or 2", side);
    if (side !== SIDE.NONE) this.#priced(slots, word >> 1, where, false);
  }

  #quote(slots: SlotViews, at: number, where: string): void {
    this.#priced(slots, at, where, true);
    this.#priced(slots, at + 2, where, true);
  }

  #status(slots: SlotViews, word: number, where: string): void {
    const packed = slots.i32[word + WORD.TAIL]!;
    const [scope, reason] = [packed & 0xff, (packed >>> 16) & 0xff];
    this.#findings.expect(scope >= SCOPE.BOOK && scope <= SCOPE.VENUE, where, "scope 1, 2 or 3", scope);
    this.#findings.expect(reason < REASON_NAMES.length, where, "a known reason", reason);
  }
}

/** Head, instrument, venue time and a book's sequence numbers, but not LAST, level or receive time, which are checked alone. */
function sameEvent(a: Int32Array, b: Int32Array): boolean {
  const head = (words: Int32Array): number => words[0]! & ~(FLAG.LAST << 8);
  const book = [WORD.SEQ, WORD.SEQ + 1, WORD.PREV_SEQ, WORD.PREV_SEQ + 1];
  const every = [WORD.INSTRUMENT, WORD.TS_EVENT, WORD.TS_EVENT + 1];
  const words = (a[0]! & 0xff) === KIND.BOOK ? [...every, ...book] : every;
  return head(a) === head(b) && words.every((word) => a[word] === b[word]);
}

function long(slots: SlotViews, word: number): bigint {
  return (BigInt(slots.i32[word + 1]!) << 32n) | BigInt(slots.i32[word]! >>> 0);
}
