import { Buffer } from "node:buffer";

/** Longest line, bytes, unless told otherwise: room for the largest snapshot with every quote escaped. */
export const MAX_LINE = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

export interface LineHandler {
  /** A line at bytes [start, end), without its ending; valid until this returns. Lines count from 1. */
  line(bytes: Uint8Array, start: number, end: number, number: number): void;
  /** A line longer than the bound; it was passed over, not kept. */
  tooLong(length: number, number: number): void;
}

/**
 * Cuts chunks of bytes into lines ("\n" or "\r\n"; the last one may lack its ending). Holds at most one line,
 * never more than `maxLine` bytes of it.
 */
export class LineSplitter {
  readonly #handler: LineHandler;
  readonly #maxLine: number;
  /** Pieces of the line that has begun, their sum, and whether it has passed the bound. */
  #held: Uint8Array[] = [];
  #length = 0;
  #number = 1;

  constructor(handler: LineHandler, maxLine = MAX_LINE) {
    this.#handler = handler;
    this.#maxLine = maxLine;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#end(chunk, start, end);
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start));
  }

  /** The input is over: what is held is the last line. */
  finish(): void {
    if (this.#length > 0) this.#end(new Uint8Array(0), 0, 0);
  }

  #hold(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > this.#maxLine) this.#held = [];
    else this.#held.push(piece);
  }

  #end(chunk: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#maxLine) this.#handler.tooLong(length, this.#number);
    else if (this.#length === 0) this.#deliver(chunk, start, end);
    else this.#deliver(Buffer.concat([...this.#held, chunk.subarray(start, end)]), 0, length);
    this.#held = [];
    this.#length = 0;
    this.#number += 1;
  }

  #deliver(bytes: Uint8Array, start: number, end: number): void {
    const cut = end > start && bytes[end - 1] === RETURN ? end - 1 : end;
    this.#handler.line(bytes, start, cut, this.#number);
  }
}
