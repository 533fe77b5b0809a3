const MINUTE_MS = 60_000;

/** Lets so many things a minute be told. */
export class Rarely {
  readonly #limit: number;
  #told = 0;
  #until = 0;

  constructor(perMinute: number) {
    this.#limit = perMinute;
  }

  /** Whether one more may be told now (mark, ms). */
  may(mark: number): boolean {
    if (mark > this.#until) {
      this.#until = mark + MINUTE_MS;
      this.#told = 0;
    }
    return ++this.#told <= this.#limit;
  }
}
