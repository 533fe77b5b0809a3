import { DOUBLE, EventWriter, HEADER, RingWriter, SlotViews, WORD } from "../../src/log/index.ts";
import { encodeText, FRAME, halvesToNumber, KIND, Slab, SymbolTable } from "../../src/model/index.ts";
import type { Venue } from "../../src/model/index.ts";
import { nsPerOp } from "../harness.ts";

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

  text(i: number): string {
    return this.buffer.toString("utf8", this.starts[i], this.ends[i]);
  }
}

/** Our way: bytes to committed slots of a ring. */
export class Ours {
  readonly corpus: Corpus;
  readonly out: EventWriter;
  readonly #venue: Venue;
  readonly #recv = { hi: 414_000_000, lo: 1 };

  constructor({ venue, symbols }: ParseCase, corpus: Corpus) {
    this.corpus = corpus;
    this.#venue = venue;
    const table = new SymbolTable();
    symbols.forEach((symbol, id) =>
      [symbol, ...venue.aliases(symbol)].forEach((name) => table.add(name, id)),
    );
    const ring = new RingWriter(new Int32Array(HEADER.size / 4), SlotViews.make(16_384));
    this.out = new EventWriter(ring, table);
    this.out.venue = venue.code;
  }

  /** Reads the corpus `cycles` times; ns per frame. */
  run(): number {
    const { corpus, out } = this;
    const { slab, starts, ends, cycles } = corpus;
    const count = starts.length;
    const venue = this.#venue;
    const recv = this.#recv;
    return nsPerOp(count * cycles, () => {
      for (let n = 0; n < cycles; n++) {
        for (let i = 0; i < count; i++) {
          venue.parse(slab, starts[i], ends[i], recv, out);
          out.endFrame();
          if (i % FRAMES_PER_COMMIT === 0) out.ring.commit();
        }
        out.ring.commit();
      }
    });
  }

  /** The same values as ParseCase.naive, taken out of the slots of frame `i`. */
  values(i: number): number[] {
    const { corpus, out } = this;
    out.fallbacks = 0;
    const verdict = this.#venue.parse(corpus.slab, corpus.starts[i], corpus.ends[i], this.#recv, out);
    if (verdict !== FRAME.DATA || out.fallbacks > 0)
      throw new Error(`expected the fast path, saw verdict ${verdict} on ${corpus.text(i)}`);
    out.endFrame();
    const values = slotValues(out);
    out.rewind(0);
    return values;
  }
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
  const doubles = kind === KIND.QUOTE ? 4 : 2;
  for (let i = 0; i < pending; i++) {
    const at = (ring.wordAt(i) >> 1) + DOUBLE.PRICE;
    // A book event without levels is one slot without values.
    if (kind !== KIND.BOOK || slots.i32[ring.wordAt(i) + WORD.TAIL] !== 0)
      for (let d = 0; d < doubles; d++) values.push(slots.f64[at + d]);
  }
  return values;
}

/** The plain way, timed over the same bytes. */
export class Naive {
  readonly corpus: Corpus;
  readonly into = new Float64Array(16_384);
  readonly ids: ReadonlyMap<string, number>;
  readonly #case: ParseCase;

  constructor(one: ParseCase, corpus: Corpus) {
    this.corpus = corpus;
    this.#case = one;
    this.ids = new Map(one.symbols.map((symbol, id) => [symbol, id]));
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
export function assertEqual(ours: Ours, naive: Naive): void {
  for (let i = 0; i < ours.corpus.starts.length; i++) {
    const [own, plain] = [ours.values(i), naive.values(i)];
    if (own.length === plain.length && own.every((value, k) => Object.is(value, plain[k]))) continue;
    throw new Error(`expected ${plain.join(" ")}, saw ${own.join(" ")} in ${ours.corpus.text(i)}`);
  }
}
