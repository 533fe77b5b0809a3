import { putNanos } from "../../model/index.ts";
import type { Nanos } from "../../model/index.ts";

const RECALIBRATE_MS = 10_000;
/** Date.now() has ms resolution: smaller differences are its rounding, not a step of the clock. */
const TOLERANCE_MS = 5;

/**
 * Receive time: UNIX ns from one monotonic read per call, never stepping back.
 * The wall clock is consulted every ten seconds; a step forward is followed, a step back is waited out.
 */
export class Clock {
  #baseMs: number;
  #baseMark: number;
  #nextCheck: number;
  #last = 0;
  readonly #halves = new Int32Array(2);
  /** Monotonic milliseconds of the latest `read`, for latencies. */
  mark = 0;

  constructor() {
    this.mark = performance.now();
    this.#baseMark = this.mark;
    this.#baseMs = performance.timeOrigin + this.mark;
    this.#nextCheck = this.mark + RECALIBRATE_MS;
  }

  /** Stamps `into` with now. */
  read(into: Nanos): void {
    const mark = performance.now();
    this.mark = mark;
    if (mark > this.#nextCheck) this.#recalibrate(mark);
    let ms = this.#baseMs + (mark - this.#baseMark);
    if (ms < this.#last) ms = this.#last;
    this.#last = ms;
    const sec = Math.floor(ms / 1000);
    putNanos(sec, Math.floor((ms - sec * 1000) * 1e6), this.#halves, 0);
    into.lo = this.#halves[0]!;
    into.hi = this.#halves[1]!;
  }

  #recalibrate(mark: number): void {
    this.#nextCheck = mark + RECALIBRATE_MS;
    const here = this.#baseMs + (mark - this.#baseMark);
    const wall = Date.now();
    this.#baseMark = mark;
    this.#baseMs = Math.abs(wall - here) > TOLERANCE_MS ? wall : here;
  }
}
