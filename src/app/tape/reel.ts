import { RECORD_NAMES, RecordCursor } from "../../log/index.ts";
import type { TapePiece } from "../../store/index.ts";

/** Where a tape does not go on as the lane does, in words. */
export class TapeBreak extends Error {}

/**
 * Records of a tape one by one. Some are taken by the lane itself while it does what another made it do; when what it asks
 * for is not what comes next, the reel breaks and stays broken: `broken` says why.
 */
export class Reel {
  readonly #pieces: Iterator<TapePiece>;
  #cursor: RecordCursor | null = null;
  #loaded = false;
  /** Records gone through. */
  count = 0;
  broken: TapeBreak | null = null;

  constructor(pieces: Iterable<TapePiece>) {
    this.#pieces = pieces[Symbol.iterator]();
  }

  /** Kind of the next record; 0 at the end. Throws TapeBreak at a hole. */
  peek(): number {
    if (this.#loaded) return this.#cursor!.kind;
    while (this.#cursor === null || !this.#cursor.next()) {
      const { value, done } = this.#pieces.next() as IteratorResult<TapePiece, undefined>;
      if (done === true) return 0;
      if (value.type === "hole") throw new TapeBreak(value.reason);
      this.#cursor = new RecordCursor(value.bytes);
    }
    this.#loaded = true;
    return this.#cursor.kind;
  }

  /** The next record, gone through. Valid until the next call. */
  next(): RecordCursor {
    this.#loaded = false;
    this.count += 1;
    return this.#cursor!;
  }

  /** The next record if it is of this kind, else null; the reel is broken then. */
  take(kind: number): RecordCursor | null {
    if (this.broken !== null) return null;
    const expected = RECORD_NAMES[kind]!;
    try {
      const seen = this.peek();
      if (seen === kind) return this.next();
      this.break(
        seen === 0
          ? `the tape ends in the middle of what the lane did then (expected ${expected})`
          : `record ${this.count}: the lane did not do what it did then: expected ${expected}, saw ${RECORD_NAMES[seen]}`,
      );
    } catch (error) {
      if (!(error instanceof TapeBreak)) throw error;
      this.broken = error;
    }
    return null;
  }

  break(reason: string): void {
    this.broken ??= new TapeBreak(reason);
  }
}
