import { ScannerMemory } from "../../src/feed/socket/scanner-memory.ts";
import { EventWriter, HEADER, RingWriter, SlotViews, WORD } from "../../src/log/index.ts";
import { FRAME, Slab, SymbolTable } from "../../src/model/index.ts";
import type { Venue } from "../../src/model/index.ts";
import { compare, nsPerOp, race } from "../harness.ts";
import type { BenchOptions, Row } from "../harness.ts";
import { cases, EMIT, json, sbe } from "./sbe-frames.ts";
import type { SbeCase } from "./sbe-frames.ts";

/** Our JSON path without the scanner, or with it. */
export type Rival = "parser" | "scanner";

export interface Order {
  readonly rival: Rival;
  readonly options: BenchOptions;
}

const OURS = "feedhorn, SBE";
const NAIVE = "JSON.parse + Number, into the same slots";
const FRAMES_PER_COMMIT = 8;
/** Bytes of JSON in one round, whatever the corpus holds. */
const BYTES_PER_ROUND = 4_000_000;
const RECV = { hi: 414_000_000, lo: 1 };
const INSTRUMENT = 3;

/** In a process of its own. */
export async function serve({ rival, options }: Order, send: (row: Row) => void): Promise<void> {
  const memory = rival === "scanner" ? new ScannerMemory() : null;
  for (const one of cases()) for (const row of await rowsOf(one, memory, options)) send(row);
}

async function rowsOf(one: SbeCase, memory: ScannerMemory | null, options: BenchOptions): Promise<Row[]> {
  const jsonBytes = one.json.reduce((sum, frame) => sum + frame.length, 0);
  const cycles = Math.max(1, Math.round(BYTES_PER_ROUND / jsonBytes));
  const take = (capacity: number): Slab => memory?.take(capacity) ?? new Slab(capacity);
  const ours = new Parsed(OURS, sbe, one.sbe, cycles, take);
  const text = new Parsed(
    `feedhorn, JSON ${memory === null ? "parser" : "scanner"}`,
    json,
    one.json,
    cycles,
    take,
  );
  const ways: Way[] = [ours, text, ...(memory === null ? [new Naive(one, cycles)] : [])];
  for (const other of ways.slice(1)) assertSame(one, ours, other);
  const samples = await race(
    ways.map((way) => ({ name: way.name, run: () => way.run() })),
    options,
  );
  const size = (frames: readonly Uint8Array[]): number =>
    Math.round(frames.reduce((sum, frame) => sum + frame.length, 0) / frames.length);
  const name = `${one.name} (${size(one.sbe)} B, as JSON ${size(one.json)} B)`;
  if (memory !== null) for (const { slab } of [ours, text]) memory.give(slab);
  return ways.slice(1).map((other) => compare("sbe", name, samples, OURS, other.name));
}

interface Way {
  readonly name: string;
  /** ns per frame, all of them `cycles` times. */
  run(): number;
  /** All words of the slots of frame `i`. */
  words(i: number): number[];
}

function eventWriter(venue: Venue): EventWriter {
  const table = new SymbolTable();
  for (const name of ["BTCUSDT", ...venue.aliases("BTCUSDT")]) table.add(name, INSTRUMENT);
  const ring = new RingWriter(new Int32Array(HEADER.size / 4), SlotViews.make(16_384));
  const out = new EventWriter(ring, table);
  out.venue = venue.code;
  return out;
}

function wordsOf(out: EventWriter): number[] {
  out.endFrame();
  const words: number[] = [];
  for (let i = 0; i < out.pending; i++)
    words.push(...out.slots.i32.subarray(out.wordAt(i), out.wordAt(i) + 16));
  out.rewind(0);
  return words;
}

/** Frames back to back in a slab, as a socket leaves them, through a venue's parser into a ring. */
class Parsed implements Way {
  readonly name: string;
  readonly slab: Slab;
  readonly #venue: Venue;
  readonly #out: EventWriter;
  readonly #cycles: number;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(
    name: string,
    venue: Venue,
    frames: readonly Uint8Array[],
    cycles: number,
    take: (capacity: number) => Slab,
  ) {
    this.name = name;
    this.#venue = venue;
    this.#out = eventWriter(venue);
    this.#cycles = cycles;
    this.slab = take(frames.reduce((sum, frame) => sum + frame.length, 0));
    this.#starts = new Int32Array(frames.length);
    this.#ends = new Int32Array(frames.length);
    let at = 0;
    frames.forEach((frame, i) => {
      this.slab.bytes.set(frame, at);
      this.#starts[i] = at;
      at += frame.length;
      this.#ends[i] = at;
    });
  }

  run(): number {
    const out = this.#out;
    const venue = this.#venue;
    const { slab } = this;
    const [starts, ends, cycles] = [this.#starts, this.#ends, this.#cycles];
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

  words(i: number): number[] {
    const out = this.#out;
    [out.fallbacks, out.slowFallbacks, out.inexact, out.scanned] = [0, 0, 0, 0];
    const verdict = this.#venue.parse(this.slab, this.#starts[i], this.#ends[i], RECV, out);
    const scanned = this.#venue === json && this.slab.scanner !== null ? 1 : 0;
    if (
      verdict !== FRAME.DATA ||
      out.fallbacks + out.slowFallbacks + out.inexact > 0 ||
      out.scanned !== scanned
    )
      throw new Error(`${this.name}: expected frame ${i} read straight through, saw verdict ${verdict}`);
    return wordsOf(out);
  }
}

/** JSON.parse of the text, Number of its fields, into slots. */
class Naive implements Way {
  readonly name = NAIVE;
  readonly #out = eventWriter(json);
  readonly #ids = new Map([["BTCUSDT", INSTRUMENT]]);
  readonly #texts: readonly Buffer[];
  readonly #emit: (typeof EMIT)[keyof typeof EMIT];
  readonly #cycles: number;

  constructor(one: SbeCase, cycles: number) {
    this.#texts = one.json.map((frame) => Buffer.from(frame));
    this.#emit = EMIT[one.kind];
    this.#cycles = cycles;
  }

  run(): number {
    const out = this.#out;
    const texts = this.#texts;
    const cycles = this.#cycles;
    return nsPerOp(texts.length * cycles, () => {
      for (let n = 0; n < cycles; n++) {
        for (let i = 0; i < texts.length; i++) {
          this.#read(i);
          out.endFrame();
          if (i % FRAMES_PER_COMMIT === 0) out.ring.commit();
        }
        out.ring.commit();
      }
    });
  }

  words(i: number): number[] {
    this.#read(i);
    return wordsOf(this.#out);
  }

  /** As latin1: frames are ASCII here, and it is the fastest way to a string. */
  #read(i: number): void {
    this.#out.begin(RECV);
    this.#emit(this.#texts[i].toString("latin1"), this.#ids, this.#out);
  }
}

/** Throws unless both ways fill the same slots, word for word; a quote's time is in SBE alone. */
function assertSame({ name, kind, sbe: frames }: SbeCase, ours: Way, other: Way): void {
  const untimed = (words: number[]): number[] =>
    words.map((word, k) => (kind === "quote" && (k >> 1) << 1 === WORD.TS_EVENT ? 0 : word));
  for (let i = 0; i < frames.length; i++) {
    const [own, theirs] = [untimed(ours.words(i)), untimed(other.words(i))];
    if (own.length === theirs.length && own.every((word, k) => word === theirs[k])) continue;
    throw new Error(`${name}: expected ${other.name}'s slots ${theirs.join(" ")}, saw ${own.join(" ")}`);
  }
}
