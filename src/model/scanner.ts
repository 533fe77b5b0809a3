/** Reads the frame between two addresses: the number of records it left on the tape, or -1 when it is not one it reads. */
export type Scan = (start: number, end: number) => number;

/**
 * Reads frames where they lie in a memory that it shares with us, and leaves what they say on a tape in the same memory
 * (tape.ts has its layout). -1 means that the parser reads the frame as if nothing had been; any other answer that the
 * tape says what the parser would have emitted, all of it.
 */
export interface Scanner {
  /** By the name of the grammar; a grammar may be that of several venues. */
  readonly entries: Readonly<Record<string, Scan>>;
  /** The whole memory, which never moves or grows: index = address / 4, address / 8, address. */
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
  /** Registers of the tape's first record, for an Out that takes them for its own: then they need not be copied. */
  readonly num: Float64Array;
  readonly long: Int32Array;
  /** The tape's levels, price and size of each, and their sides. */
  readonly levels: Float64Array;
  readonly sides: Uint8Array;
}
