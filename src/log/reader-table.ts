import { toMicros } from "../model/index.ts";
import type { Nanos } from "../model/index.ts";
import { READER_ROW } from "./layout.ts";
import { clip, putRowText, rowText } from "./row-text.ts";
import type { Rows } from "./rows.ts";
import { loadSequence, storeSequence } from "./sequence.ts";

/** The index stands in a reader's row. */
export const WAIT_NAMES = ["", "timer", "yield", "spin", "futex"] as const;
/**
 * How a reader waits when there is nothing to read:
 *
 *   timer   sleeps for a millisecond and looks: half of that late, 2 % of a core
 *   yield   looks at every turn of the event loop: a microsecond late, a core
 *   spin    looks all the time, and lets the loop turn every millisecond: less than a microsecond late, a core
 *   futex   sleeps until the writer commits: tens of microseconds late, idle costs nothing (Linux; elsewhere as timer)
 */
export type Wait = Exclude<(typeof WAIT_NAMES)[number], "">;

/** The index stands in a reader's row: reads the ring; is the lane's journal; reads journal and ring. */
export const ROLE_NAMES = ["ring", "journal", "lossless"] as const;
export type Role = (typeof ROLE_NAMES)[number];

/** A reader as it describes itself. */
export interface ReaderRow {
  readonly pid: number;
  readonly name: string;
  /** Next slot to read. */
  readonly cursor: number;
  readonly lost: number;
  /** How it waits; "" when it does not say. */
  readonly wait: Wait | "";
  readonly role: Role;
  /** A lossless reader that is catching up from the journal, behind what the ring holds. */
  readonly catchingUp: boolean;
  /** UNIX us. */
  readonly lastPoll: number;
  readonly started: number;
}

const AT = READER_ROW.at;
const NAME_SIZE = 32;

/** One claimed row; the owner reports from time to time, `feedhorn lag` prints it. */
export class ReaderListing {
  readonly #rows: Rows;
  readonly #at: number;

  private constructor(rows: Rows, at: number) {
    this.#rows = rows;
    this.#at = at;
  }

  /**
   * Claims a free row, or one whose process is gone (`alive` tells), by compare-and-swap on the pid.
   * Null when all rows are taken: the reader works all the same, unlisted.
   */
  static claim(
    rows: Rows,
    pid: number,
    name: string,
    now: Nanos,
    alive: (pid: number) => boolean,
  ): ReaderListing | null {
    for (let row = 0; row < rows.count; row++) {
      const at = row * rows.size;
      const owner = Atomics.load(rows.i32, at / 4);
      if (owner !== 0 && alive(owner)) continue;
      if (Atomics.compareExchange(rows.i32, at / 4, owner, pid) !== owner) continue;
      rows.i32.fill(0, at / 4 + 1, (at + rows.size) / 4);
      putRowText(rows.u8, at + AT.name, NAME_SIZE, clip(name, NAME_SIZE));
      putTime(rows, at + AT.started, now);
      return new ReaderListing(rows, at);
    }
    return null;
  }

  /** Frees the rows of this process that say this role, for one that ended without releasing them while its process lives. */
  static forget(rows: Rows, pid: number, role: Role): void {
    for (let row = 0; row < rows.count; row++) {
      const at = row * rows.size;
      if (rows.i32[(at + AT.role) / 4] !== ROLE_NAMES.indexOf(role)) continue;
      Atomics.compareExchange(rows.i32, at / 4, pid, 0);
    }
  }

  report(cursor: number, lost: number, now: Nanos): void {
    storeSequence(this.#rows.i32, (this.#at + AT.cursor) / 4, cursor);
    this.#rows.f64[(this.#at + AT.lost) / 8] = lost;
    putTime(this.#rows, this.#at + AT.last_poll, now);
  }

  /** Says how this reader waits. */
  waits(how: Wait): void {
    this.#rows.i32[(this.#at + AT.wait) / 4] = WAIT_NAMES.indexOf(how);
  }

  /** Says what this reader is, and whether it reads the journal now. */
  plays(role: Role, catchingUp = false): void {
    this.#rows.i32[(this.#at + AT.role) / 4] = ROLE_NAMES.indexOf(role);
    this.#rows.i32[(this.#at + AT.source) / 4] = catchingUp ? 1 : 0;
  }

  release(): void {
    this.plays("ring"); // `forget` is not to take a row for ours that somebody else has just claimed
    Atomics.store(this.#rows.i32, this.#at / 4, 0);
  }
}

/** All claimed rows; some may belong to processes that are gone. */
export function readReaders(rows: Rows): ReaderRow[] {
  const all: ReaderRow[] = [];
  for (let row = 0; row < rows.count; row++) {
    const at = row * rows.size;
    const pid = Atomics.load(rows.i32, at / 4) >>> 0;
    if (pid !== 0) all.push(decode(rows, at, pid));
  }
  return all;
}

function decode(rows: Rows, at: number, pid: number): ReaderRow {
  const time = (field: number): number =>
    toMicros(rows.i32[(at + field) / 4 + 1]!, rows.i32[(at + field) / 4]!);
  return {
    pid,
    name: rowText(rows.u8, at + AT.name, NAME_SIZE),
    cursor: loadSequence(rows.i32, (at + AT.cursor) / 4),
    wait: WAIT_NAMES[rows.i32[(at + AT.wait) / 4]!] ?? "",
    role: ROLE_NAMES[rows.i32[(at + AT.role) / 4]!] ?? "ring",
    catchingUp: rows.i32[(at + AT.source) / 4] === 1,
    lost: rows.f64[(at + AT.lost) / 8]!,
    lastPoll: time(AT.last_poll),
    started: time(AT.started),
  };
}

function putTime(rows: Rows, at: number, now: Nanos): void {
  rows.i32[at / 4] = now.lo;
  rows.i32[at / 4 + 1] = now.hi;
}
