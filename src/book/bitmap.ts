/**
 * Which of up to 32^3 slots are taken, as three levels of 32-bit words: a set bit in a word above says that the
 * word below is not empty, so that the next taken slot is at most five clz32 away.
 */
export class Bitmap {
  /** Slots; a power of two from 1024 to 32768. */
  readonly size: number;
  readonly #low: Int32Array;
  readonly #middle: Int32Array;
  readonly #high = new Int32Array(1);

  constructor(size: number) {
    if (size < 1024 || size > 32_768 || (size & (size - 1)) !== 0) {
      throw new RangeError(`expected a power of two from 1024 to 32768 slots, saw ${size}`);
    }
    this.size = size;
    this.#low = new Int32Array(size >> 5);
    this.#middle = new Int32Array(size >> 10);
  }

  add(slot: number): void {
    const word = slot >> 5;
    this.#low[word] |= 1 << (slot & 31);
    this.#middle[word >> 5] |= 1 << (word & 31);
    this.#high[0] |= 1 << (word >> 5);
  }

  remove(slot: number): void {
    const word = slot >> 5;
    this.#low[word] &= ~(1 << (slot & 31));
    if (this.#low[word] !== 0) return;
    this.#middle[word >> 5] &= ~(1 << (word & 31));
    if (this.#middle[word >> 5] === 0) this.#high[0] &= ~(1 << (word >> 5));
  }

  clear(): void {
    this.#low.fill(0);
    this.#middle.fill(0);
    this.#high[0] = 0;
  }

  /** Greatest taken slot below `slot` (which may be `size`), or -1. */
  below(slot: number): number {
    let word = slot >> 5;
    let bits = slot < this.size ? this.#low[word] & ~(-1 << (slot & 31)) : 0;
    if (bits !== 0) return (word << 5) + 31 - Math.clz32(bits);
    let group = word >> 5;
    bits = slot < this.size ? this.#middle[group] & ~(-1 << (word & 31)) : 0;
    if (bits === 0) {
      bits = group > 31 ? this.#high[0] : this.#high[0] & ~(-1 << group);
      if (bits === 0) return -1;
      group = 31 - Math.clz32(bits);
      bits = this.#middle[group];
    }
    word = (group << 5) + 31 - Math.clz32(bits);
    return (word << 5) + 31 - Math.clz32(this.#low[word]);
  }

  /** Least taken slot above `slot` (which may be -1), or -1. */
  above(slot: number): number {
    const next = slot + 1;
    if (next >= this.size) return -1;
    let word = next >> 5;
    let bits = this.#low[word] & (-1 << (next & 31));
    if (bits !== 0) return (word << 5) + 31 - Math.clz32(bits & -bits);
    let group = word >> 5;
    bits = this.#middle[group] & (-2 << (word & 31));
    if (bits === 0) {
      bits = this.#high[0] & (-2 << group);
      if (bits === 0) return -1;
      group = 31 - Math.clz32(bits & -bits);
      bits = this.#middle[group];
    }
    word = (group << 5) + 31 - Math.clz32(bits & -bits);
    const low = this.#low[word];
    return (word << 5) + 31 - Math.clz32(low & -low);
  }

  /** Least taken slot, or -1. */
  lowest(): number {
    const high = this.#high[0];
    if (high === 0) return -1;
    const group = 31 - Math.clz32(high & -high);
    const middle = this.#middle[group];
    const word = (group << 5) + 31 - Math.clz32(middle & -middle);
    const low = this.#low[word];
    return (word << 5) + 31 - Math.clz32(low & -low);
  }
}
