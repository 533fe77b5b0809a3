import { BLOCK_BYTES, MAX_BLOCK_SLOTS, MAX_PAYLOAD, payloadWord } from "../../log/index.ts";
import type { Hole } from "./hole.ts";

/** A block of slots that waits; its payload begins at word `payloadWord(0)`. */
export interface WaitingSlots {
  readonly words: Int32Array<ArrayBuffer>;
  readonly first: number;
  count: number;
}

const BLOCK_MEMORY = BLOCK_BYTES + MAX_PAYLOAD;

/**
 * What was copied out of a ring while no file could take it, in order: blocks of slots, and holes. Memory is made a block at a
 * time, when there is something to keep, and belongs to nobody any more once the block is written.
 */
export class Backlog {
  /** Slots that wait, and slots of the holes between them. */
  slots = 0;
  gone = 0;
  readonly #most: number;
  readonly #waiting: (WaitingSlots | Hole)[] = [];
  #blocks = 0;

  /** `bytes` is the most that it may hold; less than a block (256 KiB) is none. */
  constructor(bytes: number) {
    this.#most = Math.floor(bytes / BLOCK_MEMORY);
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  get full(): boolean {
    return this.#blocks >= this.#most && this.#room() === 0;
  }

  /** Memory in use. */
  get bytes(): number {
    return this.#blocks * BLOCK_MEMORY;
  }

  /** A block with room for slots from `first` on: at its end, which `grow` moves. Null when there is none. */
  tail(first: number): WaitingSlots | null {
    if (this.#room() > 0) return this.#waiting.at(-1) as WaitingSlots;
    if (this.#blocks >= this.#most) return null;
    const made: WaitingSlots = { words: new Int32Array(BLOCK_MEMORY / 4), first, count: 0 };
    this.#waiting.push(made);
    this.#blocks += 1;
    return made;
  }

  /** `count` more slots stand in the block that `tail` gave. */
  grow(tail: WaitingSlots, count: number): void {
    tail.count += count;
    this.slots += count;
  }

  hole(hole: Hole): void {
    const last = this.#waiting.at(-1);
    if (last !== undefined && isSlots(last) && last.count === 0) this.shift(true);
    this.#waiting.push(hole);
    this.gone += hole.last - hole.first + 1;
  }

  /** What was kept first. */
  get head(): WaitingSlots | Hole | null {
    return this.#waiting[0] ?? null;
  }

  /** The head is written; or (`last`) the block at the tail holds nothing. */
  shift(last = false): void {
    const done = last ? this.#waiting.pop() : this.#waiting.shift();
    if (done === undefined) return;
    if (!isSlots(done)) {
      this.gone -= done.last - done.first + 1;
      return;
    }
    this.#blocks -= 1;
    this.slots -= done.count;
  }

  clear(): void {
    while (!this.empty) this.shift();
  }

  #room(): number {
    const last = this.#waiting.at(-1);
    return last !== undefined && isSlots(last) ? MAX_BLOCK_SLOTS - last.count : 0;
  }
}

export function isSlots(block: WaitingSlots | Hole): block is WaitingSlots {
  return "words" in block;
}

/** Word behind the last slot of a block. */
export function endWord({ count }: WaitingSlots): number {
  return payloadWord(0) + (count << 4);
}
