import { HEAD_WORD, loadSequence, RINGS_WORD } from "../../log/index.ts";
import type { LosslessReader } from "../../store/index.ts";

/** Longest sleep on a ring: bounds what a lost wake could cost, and how long a process that ends waits for the pool. */
const NAP_MS = 200;
/** Sleep where no writer wakes us. */
const POLL_MS = 1;
/** Longest time without a look at orders and flushes, ms. */
const LOOK_MS = 50;

/** Waits so many ms. */
export function idleFor(ms: number): () => Promise<void> {
  return () =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
    });
}

/**
 * Waits until one of several lanes has something to read, woken by its writer (log/bell.ts has the protocol), at most 50 ms at a time. A
 * lane's sleeper in the pool outlives a wait that another lane ended: it will be woken by the next commit of its own, and until
 * then no second one sleeps there. An idle sink so costs a timer twenty times a second.
 */
export class Wakes {
  readonly #lanes: readonly Lane[];
  #wake: () => void = () => undefined;

  constructor(readers: readonly LosslessReader[]) {
    this.#lanes = readers.map((reader) => ({ reader, asleep: false }));
  }

  readonly idle = (): Promise<void> =>
    new Promise((resolve) => {
      const sleeping = this.#lanes.map((lane) => lane.asleep || this.#sleep(lane));
      if (this.#lanes.some(({ reader }) => reader.lag > 0)) {
        setImmediate(resolve);
        return;
      }
      const timer = setTimeout(resolve, sleeping.every(Boolean) ? LOOK_MS : POLL_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** Puts a sleeper on a lane's head; false where that cannot be, or there is something to read already. */
  #sleep(lane: Lane): boolean {
    const { reader } = lane;
    const { handle } = reader;
    if (handle === null || handle.doorbell === null) return false;
    const { control, sleeps } = handle.region;
    if (Atomics.load(control, RINGS_WORD) !== 1) return false;
    Atomics.add(sleeps, 0, 1);
    const at = reader.position;
    if (loadSequence(control, HEAD_WORD) !== at) return false;
    lane.asleep = handle.doorbell.sleepAside(at | 0, NAP_MS, () => {
      lane.asleep = false;
      this.#wake();
    });
    return lane.asleep;
  }
}

interface Lane {
  readonly reader: LosslessReader;
  asleep: boolean;
}
