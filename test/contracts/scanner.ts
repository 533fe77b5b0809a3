import { ScannerMemory } from "../../src/feed/socket/scanner-memory.ts";
import { EventWriter, HEADER, RingWriter, SlotViews } from "../../src/log/index.ts";
import { FRAME, Slab, SymbolTable } from "../../src/model/index.ts";
import type { Instrument, Nanos, Scanner, Venue } from "../../src/model/index.ts";
import * as tape from "../../src/model/tape.ts";

/** Bytes of a slab of each kind, and where frames are put in it. */
const BYTES = 1 << 18;
const RECV: Nanos = { hi: 414_000_000, lo: 1 };

/** One parser before one event writer, in a slab of its own. */
class Side {
  readonly slab: Slab;
  readonly out: EventWriter;
  readonly venue: Venue;

  constructor(venue: Venue, instruments: readonly Instrument[], slab: Slab) {
    const symbols = new SymbolTable();
    instruments.forEach((one, id) => {
      for (const name of [one.symbol, ...venue.aliases(one.symbol)]) symbols.add(name, id);
    });
    this.venue = venue;
    this.slab = slab;
    this.out = new EventWriter(
      new RingWriter(new Int32Array(HEADER.size / 4), SlotViews.make(1 << 15)),
      symbols,
    );
    this.out.venue = venue.code;
  }

  /** The verdict; what it emitted is pending. */
  read(frame: Uint8Array, at: number, behind: Uint8Array): number {
    this.slab.bytes.set(frame, at);
    this.slab.bytes.set(behind, at + frame.length);
    this.out.inexact = 0;
    this.out.fallbacks = 0;
    const verdict = this.venue.parse(this.slab, at, at + frame.length, RECV, this.out);
    this.out.endFrame();
    return verdict;
  }

  /** All words of what is pending. */
  words(): Int32Array {
    const { ring, slots, pending } = this.out;
    const words = new Int32Array(pending * 16);
    for (let i = 0; i < pending; i++) {
      const w = ring.wordAt(i);
      words.set(slots.i32.subarray(w, w + 16), i * 16);
    }
    return words;
  }

  void(): void {
    this.out.rewind(0);
  }
}

/**
 * The same venue read twice: by the parser alone, and with a scanner before it. What a frame gives must be the same, bit
 * by bit. Also looks at memory that a scanner has no business in.
 */
export class Twins {
  readonly scanner: Scanner;
  readonly #plain: Side;
  readonly #scanned: Side;
  /** Frames the scanner took. */
  taken = 0;
  readonly #memory: Uint8Array;
  readonly #before: Uint8Array;

  constructor(venue: Venue, instruments: readonly Instrument[]) {
    const memory = new ScannerMemory(2 << 20);
    const { scanner } = memory;
    const counted = (scan: Scanner["entries"][string]) => (start: number, end: number) => {
      const count = scan(start, end);
      if (count >= 0) this.taken += 1;
      return count;
    };
    const entries = Object.entries(scanner.entries).map(([name, scan]) => [name, counted(scan)] as const);
    this.scanner = { ...scanner, entries: Object.fromEntries(entries) };
    this.#plain = new Side(venue, instruments, new Slab(BYTES));
    const { base } = memory.take(BYTES);
    this.#scanned = new Side(venue, instruments, new Slab(BYTES, this.scanner, base));
    this.#memory = scanner.u8;
    this.#before = this.#outside();
  }

  get capacity(): number {
    return this.#scanned.slab.capacity;
  }

  /** Says what differs, or "". `behind` stands behind the frame, where it does not belong to it. */
  compare(frame: Uint8Array, at = 0, behind: Uint8Array = NOTHING): string {
    const [plain, scanned] = [this.#plain, this.#scanned];
    const verdict = plain.read(frame, at, behind);
    const own = scanned.read(frame, at, behind);
    const words = scanned.words();
    const wanted = plain.words();
    plain.void();
    scanned.void();
    if (own !== verdict) return `verdict ${own}, expected ${verdict}`;
    if (plain.out.hasConnection !== scanned.out.hasConnection) return "another hasConnection";
    if (plain.out.hasConnection && connectionOf(plain) !== connectionOf(scanned)) return "another connection";
    if (plain.out.inexact !== scanned.out.inexact) return "another count of inexact numbers";
    if (verdict !== FRAME.DATA && words.length > 0) return "left events";
    return sameWords(words, wanted) ? "" : `${words.join(" ")}, expected ${wanted.join(" ")}`;
  }

  /** Whether nothing has changed but the tape and the slab. */
  get keptWithin(): boolean {
    return Buffer.compare(this.#outside(), this.#before) === 0;
  }

  #outside(): Uint8Array {
    const { base, capacity } = this.#scanned.slab;
    const parts = [
      this.#memory.subarray(0, tape.MEMORY),
      this.#memory.subarray(tape.SIDES + tape.MOST_LEVELS, tape.NAMES),
      this.#memory.subarray(tape.FREE, base),
      this.#memory.subarray(base + capacity + 64),
    ];
    return Buffer.concat(parts);
  }
}

const NOTHING = new Uint8Array(0);

function connectionOf({ out }: Side): string {
  return `${out.long[6]} ${out.long[7]}`;
}

function sameWords(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}
