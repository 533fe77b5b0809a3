import type { OrderBook } from "../../book/index.ts";
import { FLAG, FRAME } from "../../model/index.ts";
import type { Nanos, Piece, Slab } from "../../model/index.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Link } from "../session/link.ts";
import type { Market } from "../market/market.ts";
import type { Turns } from "../world/world.ts";
import { SliceCollector } from "./slice-collector.ts";

/** Bytes of a large frame read in one turn of the event loop: a fraction of a millisecond once the code is compiled. */
const PIECE = 32 << 10;

/** A large frame that nobody else uses, and the memory to read its pieces in. */
export interface LargeFrame {
  readonly link: Link;
  readonly slab: Slab;
  readonly start: number;
  readonly end: number;
  readonly work: Slab;
  /** The socket goes on. */
  readonly resume: () => void;
  /** Monotonic ms of its receipt. */
  readonly mark: number;
}

/** What has become of one. */
export interface Sliced extends LargeFrame {
  readonly pieces: readonly Piece[];
  readonly parts: SliceCollector;
  /** FRAME of the pieces so far: DATA, or that of the first which is none. */
  code: number;
  /** What our own code threw. */
  error: unknown;
  /** Where its event is a snapshot: whose, and the book that its levels make. */
  market: Market | null;
  built: OrderBook | null;
  /** Pieces read, levels applied. */
  read: number;
  applied: number;
  told: boolean;
}

export interface SliceHooks {
  /** Levels from `first` on are new. */
  part(frame: Sliced, first: number): void;
  /** All of it was read, or all of it is void. */
  done(frame: Sliced): void;
}

/**
 * Reads large frames in pieces, one piece of one frame in each turn of the event loop, so that the sockets of the lane
 * are served in between. Levels wait aside, snapshots become books aside; `done` gets the frame when all of it was read.
 * Its own socket waits meanwhile, so that nothing overtakes it; at most one frame of each socket is here.
 */
export class Slices {
  readonly #now: Nanos;
  readonly #hooks: SliceHooks;
  readonly #turns: Turns;
  readonly #frames: Sliced[] = [];
  #turning = false;

  /** `now`: what parsers get as the receive time; the event is stamped when it is told. */
  constructor(now: Nanos, hooks: SliceHooks, turns: Turns) {
    this.#now = now;
    this.#hooks = hooks;
    this.#turns = turns;
  }

  /** True when the venue knows how to cut this frame: it will be told to `done`, and its socket is resumed after that. */
  take(frame: LargeFrame): boolean {
    const { link, slab, start, end, work } = frame;
    const pieces = link.venue.carve?.(slab, start, end, PIECE) ?? null;
    if (pieces === null || pieces.length < 2 || pieces.some((one) => lengthOf(one) > work.capacity))
      return false;
    this.#frames.push({
      ...frame,
      pieces,
      parts: new SliceCollector(link.symbols),
      code: FRAME.DATA,
      error: null,
      market: null,
      built: null,
      read: 0,
      applied: 0,
      told: false,
    });
    this.#schedule();
    return true;
  }

  /** The connection is gone: what was being read of it is forgotten. */
  drop(link: Link): void {
    const at = this.#frames.findIndex((one) => one.link === link);
    if (at < 0) return;
    const [frame] = this.#frames.splice(at, 1);
    // Not now: its owner is in the middle of losing it.
    this.#turns.soon(frame!.resume);
  }

  #schedule(): void {
    if (this.#turning || this.#frames.length === 0) return;
    this.#turning = true;
    this.#turns.soon(() => this.#turn());
  }

  /** One step of the frame that has waited longest. */
  #turn(): void {
    this.#turning = false;
    const frame = this.#frames.shift();
    if (frame === undefined) return;
    if (frame.told) frame.resume();
    else {
      // Whoever loses the connection while it is told finds it here.
      this.#frames.push(frame);
      this.#step(frame);
    }
    this.#schedule();
  }

  #step(frame: Sliced): void {
    const bad = frame.code !== FRAME.DATA || frame.parts.strange;
    if (bad || frame.read === frame.pieces.length) {
      frame.told = true;
      this.#hooks.done(frame);
      return;
    }
    const first = frame.parts.count;
    try {
      this.#read(frame);
      apply(frame);
      this.#hooks.part(frame, first);
    } catch (error) {
      frame.code = FRAME.BAD;
      frame.error = error;
    }
  }

  #read(frame: Sliced): void {
    const { link, slab, work, parts, pieces } = frame;
    const piece = pieces[frame.read]!;
    let size = 0;
    for (let i = 0; i < piece.length; i += 2) {
      work.bytes.set(slab.bytes.subarray(piece[i]!, piece[i + 1]!), size);
      size += piece[i + 1]! - piece[i]!;
    }
    frame.code = link.venue.parse(work, 0, size, this.#now, parts);
    parts.endPiece(frame.code);
    frame.read += 1;
  }
}

/** What the last piece brought goes into the book that is built. */
function apply(frame: Sliced): void {
  const { parts, link } = frame;
  if (frame.read === 1 && parts.wanted && (parts.flags & FLAG.SNAPSHOT) !== 0) {
    frame.market = link.byId[parts.id] ?? null;
    frame.built = frame.market?.book?.fresh() ?? null;
  }
  const { built } = frame;
  if (built === null) return;
  const { numbers, sides, count } = parts;
  for (let i = frame.applied; i < count; i++) built.applyAt(sides[i]!, numbers, 2 * i);
  frame.applied = count;
}

/**
 * Writes the event of a large frame into the ring as the whole frame's parser would have, and returns its first slot.
 * Its time is that of its receipt or, where frames received later were committed meanwhile, the last of theirs: on the
 * log, receive times never step back.
 */
export function emit({ link, parts, code }: Sliced, { writer, now }: LaneCore): number {
  writer.venue = link.venue.code;
  writer.symbols = link.symbols;
  writer.begin(now);
  parts.copyLong(writer.long);
  writer.hasConnection = parts.hasConnection;
  if (code === FRAME.DATA && parts.wanted)
    writer.bookOf(parts.id, parts.flags, parts.numbers, parts.sides, 0, parts.count);
  return writer.endFrame();
}

/**
 * Writes the levels from `first` on into slots that are taken back at once. All of an event is written at once in the
 * end, 50,000 levels and more, and the first snapshot of a lane would be by code that was never compiled.
 */
export function rehearse({ link, parts }: Sliced, first: number, { writer, now }: LaneCore): void {
  const count = parts.count - first;
  const from = writer.pending;
  if (count === 0 || from + count > writer.ring.limit) return;
  writer.venue = link.venue.code;
  writer.begin(now);
  writer.bookOf(parts.id, parts.flags, parts.numbers, parts.sides, first, count);
  writer.endFrame();
  writer.rewind(from);
}

function lengthOf(piece: Piece): number {
  let length = 0;
  for (let i = 0; i < piece.length; i += 2) length += piece[i + 1]! - piece[i]!;
  return length;
}
