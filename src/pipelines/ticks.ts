/** The seconds (or other steps) of the wall, one after the other, out of a clock that is looked at now and then. */
export class Ticks {
  /** Ticks that nobody looked for in time. They are not made up for: it would be the present under an old time. */
  skipped = 0;
  readonly #every: number;
  #last = -1;

  /** `every`: ms. */
  constructor(every: number) {
    this.#every = every * 1000;
  }

  /** The newest tick that is due at `now` (both UNIX us), once; null when none is. The first look only begins. */
  due(now: number): number | null {
    const tick = Math.floor(now / this.#every) * this.#every;
    const last = this.#last;
    // Of a clock that was set back the ticks go on where it is now.
    this.#last = tick;
    if (last < 0 || tick <= last) return null;
    this.skipped += (tick - last) / this.#every - 1;
    return tick;
  }

  /** Time until the next tick, us. */
  left(now: number): number {
    return this.#every - (now % this.#every);
  }
}
