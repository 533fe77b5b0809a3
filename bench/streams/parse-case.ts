import { DOUBLE, EventWriter, HEADER, RingWriter, SlotViews, WORD } from "../../src/log/index.ts";
import {
  encodeText,
  FRAME,
  halvesToNumber,
  KIND,
  OPTION_FIGURES,
  Slab,
  SymbolTable,
} from "../../src/model/index.ts";
import type { Out, Venue } from "../../src/model/index.ts";
import { nsPerOp } from "../harness.ts";
import { ArrayOut } from "./array-out.ts";

/** One kind of frame, and the ways to read it that are to be compared. */
export interface ParseCase {
  readonly name: string;
  readonly venue: Venue;
  /** Native symbols; a symbol's place is its id. */
  readonly symbols: readonly string[];
  readonly frames: readonly string[];
  /**
   * The plain way: JSON.parse of the text, Number of the fields, values into `into`: symbol id, event time in
   * microseconds (0 = none), id or sequence, then prices and sizes in the frame's order. Returns how many.
   */
  readonly naive: (text: string, ids: ReadonlyMap<string, number>, into: Float64Array) => number;
  /** The plain way to slots: JSON.parse, Number of the fields, all of them, and the emitters that our parser calls. */
  readonly emit: (text: string, ids: ReadonlyMap<string, number>, out: Out) => void;
  /** Whether the frames are written so that the straight path does not read them: then the any-order path must. */
  readonly anyOrder?: boolean;
  /** A peer's way from the text to its own objects. */
  readonly peers?: readonly { readonly name: string; readonly read: (text: string) => void }[];
}

/** Frames read before the ring is published: what a read of a busy socket holds. */
const FRAMES_PER_COMMIT = 8;
/** Reads per round, whatever the corpus holds. */
const BYTES_PER_ROUND = 4_000_000;

/** A corpus laid out as a socket leaves it: one slab, frames back to back. */
export class Corpus {
  readonly slab: Slab;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly buffer: Buffer;
  /** Times the corpus is read in one round. */
  readonly cycles: number;

  constructor(frames: readonly string[]) {
    const bytes = frames.map(encodeText);
    const total = bytes.reduce((sum, one) => sum + one.length, 0);
    this.slab = new Slab(total);
    this.starts = new Int32Array(frames.length);
    this.ends = new Int32Array(frames.length);
    let at = 0;
    bytes.forEach((one, i) => {
      this.slab.bytes.set(one, at);
      this.starts[i] = at;
      at += one.length;
      this.ends[i] = at;
    });
    this.buffer = Buffer.from(this.slab.bytes.buffer);
    this.cycles = Math.max(1, Math.round(BYTES_PER_ROUND / total));
  }

  /** As latin1: frames are ASCII here, and it is the fastest way to a string. */
  text(i: number): string {
    return this.buffer.toString("latin1", this.starts[i], this.ends[i]);
  }
}

const RECV = { hi: 414_000_000, lo: 1 };

function symbolTable({ venue, symbols }: ParseCase): SymbolTable {
  const table = new SymbolTable();
  symbols.forEach((symbol, id) => [symbol, ...venue.aliases(symbol)].forEach((name) => table.add(name, id)));
  return table;
}

function eventWriter(one: ParseCase): EventWriter {
  const ring = new RingWriter(new Int32Array(HEADER.size / 4), SlotViews.make(16_384));
  const out = new EventWriter(ring, symbolTable(one));
  out.venue = one.venue.code;
  return out;
}

/** A frame through our parser; throws unless the path that the case is about read it. */
function parsed({ venue, anyOrder }: ParseCase, corpus: Corpus, i: number, out: Out): void {
  out.fallbacks = 0;
  out.slowFallbacks = 0;
  const verdict = venue.parse(corpus.slab, corpus.starts[i], corpus.ends[i], RECV, out);
  const asWanted = out.fallbacks === (anyOrder === true ? 1 : 0) && out.slowFallbacks === 0;
  if (verdict !== FRAME.DATA || !asWanted)
    throw new Error(
      `expected the ${anyOrder === true ? "any-order" : "fast"} path, saw verdict ${verdict} on ${corpus.text(i)}`,
    );
}

/** One way to read a corpus: what it gives for one frame, and what it costs (ns per frame, all of them `cycles` times). */
export interface Reader {
  readonly corpus: Corpus;
  values(i: number): number[];
  run(): number;
}

/** Our way into arrays: the same output as the plain way's. */
export class ToArrays implements Reader {
  readonly corpus: Corpus;
  readonly #out: ArrayOut;
  readonly #venue: Venue;
  readonly #case: ParseCase;

  constructor(one: ParseCase, corpus: Corpus) {
    this.corpus = corpus;
    this.#venue = one.venue;
    this.#case = one;
    this.#out = new ArrayOut(symbolTable(one));
  }

  values(i: number): number[] {
    parsed(this.#case, this.corpus, i, this.#out);
    return [...this.#out.into.subarray(0, this.#out.used)];
  }

  run(): number {
    const out = this.#out;
    const venue = this.#venue;
    const { slab, starts, ends, cycles } = this.corpus;
    return nsPerOp(starts.length * cycles, () => {
      for (let n = 0; n < cycles; n++)
        for (let i = 0; i < starts.length; i++) venue.parse(slab, starts[i], ends[i], RECV, out);
    });
  }
}

/** Our way into committed slots of a ring. */
export class ToSlots implements Reader {
  readonly corpus: Corpus;
  readonly #out: EventWriter;
  readonly #venue: Venue;
  readonly #case: ParseCase;

  constructor(one: ParseCase, corpus: Corpus) {
    this.corpus = corpus;
    this.#venue = one.venue;
    this.#case = one;
    this.#out = eventWriter(one);
  }

  run(): number {
    const out = this.#out;
    const venue = this.#venue;
    const { slab, starts, ends, cycles } = this.corpus;
    return nsPerOp(starts.length * cycles, () => {
      for (let n = 0; n < cycles; n++) {
        for (let i = 0; i < starts.length; i++) {
          venue.parse(slab, starts[i], ends[i], RECV, out);
          out.endFrame();
          if (i % FRAMES_PER_COMMIT === 0) out.ring.commit();
        }
        out.ring.commit();
      }
    });
  }

  /** The same values as ParseCase.naive, taken out of the slots of frame `i`. */
  values(i: number): number[] {
    parsed(this.#case, this.corpus, i, this.#out);
    this.#out.endFrame();
    const values = slotValues(this.#out);
    this.#out.rewind(0);
    return values;
  }

  /** All words of the slots of frame `i`. */
  words(i: number): number[] {
    parsed(this.#case, this.corpus, i, this.#out);
    return wordsOf(this.#out);
  }
}

/** The plain way into the same slots. */
export class NaiveToSlots {
  readonly #out: EventWriter;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #corpus: Corpus;
  readonly #emit: ParseCase["emit"];

  constructor(one: ParseCase, corpus: Corpus) {
    this.#corpus = corpus;
    this.#emit = one.emit;
    this.#out = eventWriter(one);
    this.#ids = idsOf(one);
  }

  words(i: number): number[] {
    this.#read(i);
    return wordsOf(this.#out);
  }

  run(): number {
    const { starts, cycles } = this.#corpus;
    const out = this.#out;
    return nsPerOp(starts.length * cycles, () => {
      for (let n = 0; n < cycles; n++) {
        for (let i = 0; i < starts.length; i++) {
          this.#read(i);
          out.endFrame();
          if (i % FRAMES_PER_COMMIT === 0) out.ring.commit();
        }
        out.ring.commit();
      }
    });
  }

  #read(i: number): void {
    this.#out.begin(RECV);
    this.#emit(this.#corpus.text(i), this.#ids, this.#out);
  }
}

function wordsOf(out: EventWriter): number[] {
  out.endFrame();
  const words: number[] = [];
  for (let i = 0; i < out.pending; i++)
    words.push(...out.slots.i32.subarray(out.wordAt(i), out.wordAt(i) + 16));
  out.rewind(0);
  return words;
}

function idsOf(one: ParseCase): ReadonlyMap<string, number> {
  return new Map(one.symbols.map((symbol, id) => [symbol, id]));
}

function slotValues({ slots, ring, pending }: EventWriter): number[] {
  const first = ring.wordAt(0);
  const kind = slots.i32[first] & 0xff;
  const idAt = kind === KIND.BOOK ? WORD.SEQ : kind === KIND.QUOTE ? WORD.QUOTE_ID : WORD.TRADE_ID;
  const long = (at: number): number => halvesToNumber(slots.i32[first + at + 1], slots.i32[first + at]);
  const micros = Number(
    ((BigInt(slots.i32[first + WORD.TS_EVENT + 1]) << 32n) | BigInt(slots.i32[first + WORD.TS_EVENT] >>> 0)) /
      1000n,
  );
  const values = [slots.i32[first + WORD.INSTRUMENT], micros, long(idAt)];
  if (kind === KIND.OPTION_TICKER) return [...values.slice(0, 2), 0, ...optionFigures(slots, ring, pending)];
  const doubles = kind === KIND.QUOTE ? 4 : 2;
  for (let i = 0; i < pending; i++) {
    const at = (ring.wordAt(i) >> 1) + DOUBLE.PRICE;
    // A book event without levels is one slot without values.
    if (kind !== KIND.BOOK || slots.i32[ring.wordAt(i) + WORD.TAIL] !== 0)
      for (let d = 0; d < doubles; d++) values.push(slots.f64[at + d]);
  }
  return values;
}

/** Five figures a slot. */
function optionFigures({ f64 }: EventWriter["slots"], ring: EventWriter["ring"], pending: number): number[] {
  const starts = Array.from({ length: pending }, (_, i) => (ring.wordAt(i) >> 1) + DOUBLE.MARK);
  return starts.flatMap((at) => [...f64.subarray(at, at + OPTION_FIGURES / 3)]);
}

/** The plain way, timed over the same bytes. */
export class Naive implements Reader {
  readonly corpus: Corpus;
  readonly into = new Float64Array(16_384);
  readonly ids: ReadonlyMap<string, number>;
  readonly #case: ParseCase;

  constructor(one: ParseCase, corpus: Corpus) {
    this.corpus = corpus;
    this.#case = one;
    this.ids = idsOf(one);
  }

  values(i: number): number[] {
    return [...this.into.subarray(0, this.#case.naive(this.corpus.text(i), this.ids, this.into))];
  }

  run(): number {
    return timed(this.corpus, (text) => this.#case.naive(text, this.ids, this.into));
  }
}

/** ns per frame of something that reads text. */
export function timed(corpus: Corpus, read: (text: string) => void): number {
  const count = corpus.starts.length;
  return nsPerOp(count * corpus.cycles, () => {
    for (let n = 0; n < corpus.cycles; n++) for (let i = 0; i < count; i++) read(corpus.text(i));
  });
}

/** Throws unless both ways give the same bits in every field of every frame. */
export function assertEqual(ours: Reader, naive: Naive): void {
  for (let i = 0; i < ours.corpus.starts.length; i++)
    same(ours.values(i), naive.values(i), ours.corpus.text(i));
}

/** Throws unless both ways fill the same slots, word for word. */
export function assertSameSlots(ours: ToSlots, naive: NaiveToSlots): void {
  for (let i = 0; i < ours.corpus.starts.length; i++)
    same(ours.words(i), naive.words(i), ours.corpus.text(i));
}

function same(own: number[], plain: number[], text: string): void {
  if (own.length === plain.length && own.every((value, k) => Object.is(value, plain[k]))) return;
  throw new Error(`expected ${plain.join(" ")}, saw ${own.join(" ")} in ${text}`);
}
