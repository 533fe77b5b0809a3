import { READERS_HEADER } from "./layout.ts";
import { toMicros } from "../model/index.ts";
import { loadSequence, storeSequence } from "./sequence.ts";

const AT = READERS_HEADER.at;
export const COPIED_WORD = AT.copied / 4;
export const DURABLE_WORD = AT.durable / 4;
const PID = AT.journal_pid / 4;
const HOLES = AT.journal_holes / 4;
const BEAT = AT.journal_beat / 4;
const STALLS = AT.stalls / 4;

/**
 * How the journal of a lane holds its writer: before slots are written over that the journal has not copied, the writer
 * sleeps on the low word of `copied`, as readers sleep on the head, with the roles changed: the writer changes `stalls`,
 * looks once more and sleeps while `copied` is what it saw; the journal stores `copied`, loads `stalls` and wakes. That
 * no wake is lost is the proof of bell.ts, word for word.
 *
 * A venue cannot be told to wait, so the writer's patience is bounded: `maxStallMs` in all until the journal has caught
 * up to within half a ring. A dead journal costs one such wait; a slow one cannot turn the lane into a slow lane. What is
 * written over then is for the journal to notice (its copies are void, as any reader's) and to name.
 */
export interface Gate {
  /** Start of the readers section (READERS_HEADER). */
  readonly marks: Int32Array;
  readonly maxStallMs: number;
  /** Blocks while the low word of `copied` is `seen`, at most `ms`; answers the ms that passed. */
  sleep(seen: number, ms: number): number;
}

/** The writer's side. Where no journal holds it, it costs one load per claim. */
export class WriterGate {
  /** Times the writer has waited, and for how long in all. */
  stalls = 0;
  stalledMs = 0;
  /** Claims that went over slots which the journal had not copied. */
  laps = 0;

  readonly #gate: Gate | null;
  readonly #capacity: number;
  /** ms waited since the journal was last seen within half a ring. */
  #spent = 0;

  constructor(gate: Gate | null, capacity: number) {
    this.#gate = gate;
    this.#capacity = capacity;
  }

  /** Waits, if need be, until all slots below `claim` may be written; answers how many more may without asking. */
  pass(claim: number): number {
    const gate = this.#gate;
    if (gate === null || Atomics.load(gate.marks, PID) === 0) return 0;
    const free = loadSequence(gate.marks, COPIED_WORD) + this.#capacity - claim;
    if (free >= this.#capacity / 2) this.#spent = 0;
    return free >= 0 ? free : this.#stall(gate, claim);
  }

  #stall(gate: Gate, claim: number): number {
    const { marks, maxStallMs } = gate;
    if (this.#spent < maxStallMs) this.stalls += 1;
    while (this.#spent < maxStallMs) {
      Atomics.add(marks, STALLS, 1);
      const seen = Atomics.load(marks, COPIED_WORD);
      const free = loadSequence(marks, COPIED_WORD) + this.#capacity - claim;
      if (free >= 0) return free;
      const passed = gate.sleep(seen, maxStallMs - this.#spent);
      this.#spent += passed;
      this.stalledMs += passed;
    }
    this.laps += 1;
    return 0;
  }
}

/** What a journal says of itself in a region. */
export interface JournalMarks {
  /** 0 when no journal holds the writer. */
  readonly pid: number;
  readonly copied: number;
  readonly durable: number;
  readonly holes: number;
  /** Its last sign of life, UNIX us. */
  readonly beat: number;
}

export function readJournalMarks(marks: Int32Array): JournalMarks {
  return {
    pid: Atomics.load(marks, PID) >>> 0,
    copied: loadSequence(marks, COPIED_WORD),
    durable: loadSequence(marks, DURABLE_WORD),
    holes: marks[HOLES]! >>> 0,
    beat: toMicros(marks[BEAT + 1]!, marks[BEAT]!),
  };
}

/** The journal's side: one for each region, at a time. */
export class JournalGate {
  readonly #marks: Int32Array;
  readonly #wake: () => void;
  /** As the writer of a ring keeps them for `sleeps` (bell.ts). */
  #served: number;
  #loaded: number;

  /** `wake` wakes who sleeps on the low word of `copied`. From `hold` on the writer waits for this journal. */
  constructor(marks: Int32Array, wake: () => void) {
    this.#marks = marks;
    this.#wake = wake;
    this.#loaded = Atomics.load(marks, STALLS);
    this.#served = (this.#loaded - 1) | 0;
  }

  hold(pid: number, copied: number, durable: number): void {
    this.copied(copied);
    this.durable(durable);
    Atomics.store(this.#marks, PID, pid);
  }

  copied(seq: number): void {
    storeSequence(this.#marks, COPIED_WORD, seq);
    const stalls = Atomics.load(this.#marks, STALLS);
    if (stalls === this.#served) return;
    this.#served = this.#loaded;
    this.#loaded = stalls;
    this.#wake();
  }

  durable(seq: number): void {
    storeSequence(this.#marks, DURABLE_WORD, seq);
  }

  hole(): void {
    Atomics.add(this.#marks, HOLES, 1);
  }

  /** "I live", UNIX ns; some times per second. */
  beat(lo: number, hi: number): void {
    this.#marks[BEAT] = lo;
    this.#marks[BEAT + 1] = hi;
  }

  /** The writer waits no more. */
  release(): void {
    Atomics.store(this.#marks, PID, 0);
    this.#wake();
  }
}
