/** Simulated time. `now` is UNIX microseconds of the simulated market. */
export interface Clock {
  now(): number;
  /** Simulated microseconds per real microsecond. */
  readonly speed: number;
  readonly origin: number;
}

/** Simulated time that starts at `origin` (UNIX us) and runs `speed` times as fast as the monotonic clock. */
export function wallClock(speed = 1, origin = Date.now() * 1000): Clock {
  if (!(speed > 0) || speed > 10_000)
    throw new RangeError(`speed: expected 0 < speed <= 10000, saw ${speed}`);
  const started = performance.now();
  return {
    speed,
    origin,
    now: () => origin + Math.floor((performance.now() - started) * 1000 * speed),
  };
}

/** Time that moves when told to: for tests and recordings. */
export class ManualClock implements Clock {
  readonly speed = 1;
  readonly origin: number;
  #now: number;

  constructor(origin = 1_760_000_000_000_000) {
    this.origin = origin;
    this.#now = origin;
  }

  now(): number {
    return this.#now;
  }

  advance(micros: number): number {
    this.#now += micros;
    return this.#now;
  }
}
