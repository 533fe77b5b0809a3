/** Longest code of DEFLATE, bits (RFC 1951, 3.2.7). */
const LONGEST = 15;
/** Codes up to this many bits are found with one look into the table; longer ones are rare by definition. */
const ROOT = 9;
const SYMBOLS = 288;

/** One canonical Huffman code of DEFLATE (RFC 1951, 3.2.2), built again and again in the same memory. */
export class HuffmanCode {
  /** What `decode` answers, by the next ROOT bits; 0 when the code is longer, or none. */
  readonly #table = new Uint16Array(1 << ROOT);
  /** Codes of each length. */
  readonly #counts = new Uint16Array(LONGEST + 1);
  /** Symbols by length of their code, then by number. */
  readonly #symbols = new Uint16Array(SYMBOLS);
  readonly #next = new Uint16Array(LONGEST + 2);

  /**
   * Takes the code whose symbol i has `lengths[from + i]` bits, 0 meaning that it is not used. False when the lengths
   * are no code: more than there are bit patterns for, or fewer. The one code that may be incomplete is a single
   * symbol of one bit (3.2.7), and none at all where nothing is coded.
   */
  build(lengths: Uint8Array, from: number, to: number): boolean {
    const counts = this.#counts.fill(0);
    for (let i = from; i < to; i++) counts[lengths[i]!]! += 1;
    const used = to - from - counts[0]!;
    counts[0] = 0;
    this.#sort(lengths, from, to);
    this.#fill(used);
    let left = 1;
    for (let bits = 1; bits <= LONGEST && left >= 0; bits++) left = 2 * left - counts[bits]!;
    return left === 0 || used === 0 || (used === 1 && counts[1] === 1);
  }

  /** Symbol << 4 | length of the code that `bits` begin with, least significant first; 0 when there is none. */
  decode(bits: number): number {
    return this.#table[bits & (this.#table.length - 1)]! || this.#long(bits);
  }

  #long(bits: number): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST; length++) {
      code = 2 * code + ((bits >>> (length - 1)) & 1);
      const count = this.#counts[length]!;
      if (code - first < count) return (this.#symbols[index + code - first]! << 4) | length;
      index += count;
      first = 2 * (first + count);
    }
    return 0;
  }

  #sort(lengths: Uint8Array, from: number, to: number): void {
    const next = this.#next;
    next[1] = 0;
    for (let bits = 1; bits <= LONGEST; bits++) next[bits + 1] = next[bits]! + this.#counts[bits]!;
    for (let i = from; i < to; i++) {
      const bits = lengths[i]!;
      if (bits > 0) this.#symbols[next[bits]!++] = i - from;
    }
  }

  /** Codes count upwards in their own order, which is the reverse of the input's: the carry runs downwards here. */
  #fill(used: number): void {
    const table = this.#table.fill(0);
    let code = 0;
    for (let bits = 1, index = 0; bits <= ROOT; bits++) {
      for (let n = this.#counts[bits]!; n > 0 && index < used; n--) {
        const entry = (this.#symbols[index++]! << 4) | bits;
        for (let i = code; i < table.length; i += 1 << bits) table[i] = entry;
        let carry = 1 << (bits - 1);
        for (; (code & carry) !== 0; carry >>= 1) code ^= carry;
        code |= carry;
      }
    }
  }
}

function fixed(...runs: readonly (readonly [bits: number, symbols: number])[]): HuffmanCode {
  const code = new HuffmanCode();
  const lengths = Uint8Array.from(runs.flatMap(([bits, symbols]) => Array<number>(symbols).fill(bits)));
  code.build(lengths, 0, lengths.length);
  return code;
}

/** The codes of blocks that bring none (RFC 1951, 3.2.6). */
export const FIXED_LITERALS = fixed([8, 144], [9, 112], [7, 24], [8, 8]);
export const FIXED_DISTANCES = fixed([5, 32]);

/** Order in which the lengths of the code-length code come (RFC 1951, 3.2.7). */
export const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Base and number of extra bits by symbol - 257 (RFC 1951, 3.2.5); a base of 0 is no length. */
export const LENGTHS = bases(
  3,
  [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5],
);
LENGTHS.base[28] = 258;

/** Base and number of extra bits by symbol; a base of 0 is no distance. */
export const DISTANCES = bases(1, [0, 0, 0, 0, ...Array.from({ length: 26 }, (_, i) => 1 + (i >> 1))]);

function bases(first: number, extra: readonly number[]): { base: Uint16Array; extra: Uint8Array } {
  const base = new Uint16Array(32);
  let next = first;
  for (const [i, bits] of extra.entries()) {
    base[i] = next;
    next += 1 << bits;
  }
  return { base, extra: Uint8Array.from({ length: 32 }, (_, i) => extra[i] ?? 0) };
}
