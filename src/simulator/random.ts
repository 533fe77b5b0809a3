const TWO_32 = 4294967296;

/** 32-bit avalanche over the characters of a text, started from `h` (FNV-1a, then murmur3's finaliser). */
function hashText(text: string, h: number): number {
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

/**
 * Seeded random numbers (sfc32). A generator is made from a name, not from another generator's position:
 * `fork("x")` gives the same stream however much its parent was used, so a new consumer never shifts the others.
 */
export class Random {
  readonly name: string;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;
  #spare = NaN;

  constructor(name: string) {
    this.name = name;
    this.#a = hashText(name, 0x811c9dc5);
    this.#b = hashText(name, 0x9e3779b9);
    this.#c = hashText(name, 0x243f6a88);
    for (let i = 0; i < 12; i++) this.uint32();
  }

  fork(name: string): Random {
    return new Random(`${this.name}/${name}`);
  }

  uint32(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.uint32() / TWO_32;
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** Uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.unit() * n);
  }

  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** Standard normal (Box-Muller; the second value is kept for the next call). */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare;
      this.#spare = NaN;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    const angle = 2 * Math.PI * this.unit();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }
}
