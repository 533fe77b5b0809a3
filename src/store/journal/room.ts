import * as fs from "node:fs";

/** Writes, and ms, between two looks at the disk. */
const EVERY = 4;
const LOOK_MS = 100;
/** Of a small disk the reserve is this part at most. */
const PART = 8;

/**
 * The last room of a disk is not the journal's: what sinks have not written yet holds its segments, and a sink on the same
 * disk that finds no room would hold them for ever.
 */
export class Room {
  readonly #folder: string;
  readonly #reserve: number;
  #writes = 0;
  #looked = 0;

  /** `reserve` in bytes; 0 = none. */
  constructor(folder: string, reserve: number) {
    this.#folder = folder;
    this.#reserve = reserve;
  }

  /** Before a write, at UNIX ms `now`. Throws when it would go into the reserve. */
  check(now: number): void {
    if (this.#reserve === 0) return;
    if (this.#writes++ % EVERY !== 0 && now - this.#looked < LOOK_MS) return;
    this.#looked = now;
    const { bavail, blocks, bsize } = fs.statfsSync(this.#folder);
    const [free, reserve] = [bavail * bsize, Math.min(this.#reserve, (blocks * bsize) / PART)];
    if (free >= reserve) return;
    this.#writes = 0;
    throw new Error(
      `ENOSPC: ${free} bytes free of ${Math.round(reserve)} that are kept for sinks (reserve_bytes)`,
    );
  }
}
