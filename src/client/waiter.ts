import { setImmediate as turn } from "node:timers";
import type { RingReader, Wait } from "../log/index.ts";
import type { RegionHandle } from "../store/index.ts";

/** Longest busy look, and the longest time that a reader who always finds something keeps the event loop waiting. */
const SPIN_MS = 0.2;
const TURN_MS = 1;
/** Looks between two reads of the clock. */
const LOOKS = 128;
/** Longest sleep on the head: bounds what a lost wake could cost, and how long a process that ends waits for the pool. */
export const NAP_MS = 250;
/** Sleep where the writer wakes nobody, or the pool has no thread to spare. */
const POLL_MS = 1;

const never = new Int32Array(new SharedArrayBuffer(4));

/** Waits for the next slot of one ring, a bounded step at a time: after each step the caller looks again. */
export class Waiter {
  readonly #ring: RingReader;
  readonly #handle: RegionHandle;
  readonly #ends = new Set<() => void>();
  #turned = 0;

  constructor(ring: RingReader, handle: RegionHandle) {
    this.#ring = ring;
    this.#handle = handle;
  }

  /** Waits at most `ms`, and often less. */
  step(how: Wait, ms: number): Promise<void> {
    if (how === "futex") return this.#sleepAside(Math.min(ms, NAP_MS));
    if (how === "spin" && this.#spin(ms) && performance.now() - this.#turned < TURN_MS)
      return Promise.resolve();
    return how === "timer" && ms > 0 ? this.#timer(ms) : this.#turn();
  }

  /** The same without the event loop: this thread does nothing else. */
  stepSync(how: "spin" | "futex", ms: number): void {
    const { doorbell, region } = this.#handle;
    if (how === "spin") this.#spin(ms);
    else if (doorbell === null || !this.#ring.rings) Atomics.wait(never, 0, 0, Math.min(ms, POLL_MS));
    else if (this.#ring.announceSleep(region.sleeps))
      doorbell.sleep(this.#ring.cursor | 0, Math.min(ms, NAP_MS));
  }

  /** Ends the steps that are under way. */
  cancel(): void {
    for (const end of this.#ends) end();
  }

  #spin(ms: number): boolean {
    const until = performance.now() + Math.min(ms, SPIN_MS);
    do {
      for (let i = 0; i < LOOKS; i++) if (this.#ring.lag > 0) return true;
    } while (performance.now() < until);
    return false;
  }

  #turn(): Promise<void> {
    return new Promise((done) => {
      turn(() => {
        this.#turned = performance.now();
        done();
      });
    });
  }

  #timer(ms: number): Promise<void> {
    return this.#until((end) => {
      const timer = setTimeout(end, ms);
      return () => clearTimeout(timer);
    });
  }

  /** A pool thread sleeps for us; one that is cancelled is rung awake, and so is, for nothing, who sleeps beside it. */
  #sleepAside(ms: number): Promise<void> {
    const { doorbell, region } = this.#handle;
    const poll = Math.min(ms, POLL_MS);
    if (doorbell === null || !this.#ring.rings) return this.#timer(poll);
    if (!this.#ring.announceSleep(region.sleeps)) return Promise.resolve();
    let taken = false;
    let ended = false;
    const slept = this.#until((end) => {
      taken = doorbell.sleepAside(this.#ring.cursor | 0, ms, () => {
        ended = true;
        end();
      });
      if (!taken) end();
      return () => {
        if (taken && !ended) doorbell.ring();
      };
    });
    return taken ? slept : this.#timer(poll);
  }

  /** Resolves when what `begin` began calls `end`, or at `cancel`; then its answer is called to tidy up. */
  #until(begin: (end: () => void) => () => void): Promise<void> {
    return new Promise((done) => {
      let tidy = (): void => {};
      const end = (): void => {
        if (!this.#ends.delete(end)) return;
        tidy();
        done();
      };
      this.#ends.add(end);
      tidy = begin(end);
    });
  }
}
