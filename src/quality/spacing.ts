/** Four classes an octave, each a fifth wider than the one before, over 24 octaves: a tenth of a second to three weeks. */
const PER_OCTAVE = 4;
const CLASSES = 24 * PER_OCTAVE;
/** Gaps that may be longer than the longest ordinary one: a single freak teaches nothing. */
const FREAKS = 1.5;
/** The tail: how much longer the longest of ten times as many gaps is; bounded, as few gaps say little of it. */
const DECADE = 10;
const STEEPEST = 4;
/** Weights grow instead of fading; beyond this all are divided. */
const MOST = 2 ** 20;

/**
 * The gaps of one stream, remembered by how long they were, each fading with age. What it learns is the longest gap to be
 * expected of ten times as many: the second longest of about the last `halfLife`, rounded up to a class, times what it is
 * longer than the longest of a tenth of them. A high quantile that grows with what is known and follows the tail: of
 * regular gaps it is the longest, of exponential ones a quarter more, of very uneven ones several times as long.
 */
export class Spacing {
  readonly #weights = new Float64Array(CLASSES);
  readonly #unit: number;
  readonly #halfLife: number;
  #origin = NaN;
  #longest = 0;
  #total = 0;

  /** `unit`: the shortest gap told apart. `halfLife`: after which time a gap counts half; that of `now` below. */
  constructor(unit: number, halfLife: number) {
    this.#unit = unit;
    this.#halfLife = halfLife;
  }

  /** The longest gap to be expected, as last reckoned; 0 while two have not been seen. */
  get longest(): number {
    return this.#longest;
  }

  /** Gaps remembered, the old ones counting less. */
  total(now: number): number {
    return this.#total / this.#scale(now);
  }

  /** A gap that ended at `now`; `weight` 2 and more makes it ordinary at once. */
  add(gap: number, now: number, weight = 1): void {
    if (Number.isNaN(this.#origin)) this.#origin = now;
    const scale = this.#scale(now);
    if (scale > MOST) this.#divide(now, scale);
    const fresh = weight * this.#scale(now);
    this.#weights[this.#classOf(gap)]! += fresh;
    this.#total += fresh;
    if (gap > this.#longest) this.reckon(now);
  }

  /** Reckons anew: old gaps have faded since. */
  reckon(now: number): number {
    const scale = this.#scale(now);
    const second = this.#exceededBy(FREAKS * scale);
    const tenth = this.#exceededBy(FREAKS * DECADE * scale);
    this.#longest = second * Math.min(STEEPEST, second / Math.max(this.#unit, tenth));
    return this.#longest;
  }

  /** The end of the class that gaps of more than this weight reach or exceed; 0 when all weigh less. */
  #exceededBy(weight: number): number {
    let sum = 0;
    let at = CLASSES - 1;
    while (at >= 0 && (sum += this.#weights[at]!) <= weight) at -= 1;
    return at < 0 ? 0 : this.#unit * 2 ** ((at + 1) / PER_OCTAVE);
  }

  #classOf(gap: number): number {
    if (!(gap > this.#unit)) return 0;
    return Math.min(CLASSES - 1, Math.floor(Math.log2(gap / this.#unit) * PER_OCTAVE));
  }

  /** What a gap of now weighs. */
  #scale(now: number): number {
    return Number.isNaN(this.#origin) ? 1 : 2 ** ((now - this.#origin) / this.#halfLife);
  }

  #divide(now: number, scale: number): void {
    for (let i = 0; i < CLASSES; i++) this.#weights[i]! /= scale;
    this.#total /= scale;
    this.#origin = now;
  }
}
