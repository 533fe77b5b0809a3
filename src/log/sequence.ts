/**
 * 64-bit sequence numbers in two aligned 32-bit words, because atomics that work in every language and cost
 * nothing in JavaScript are 32 bits wide.
 *
 *   low  = seq mod 2^32
 *   high = floor(seq / 2^24) mod 2^32
 *
 * The two words overlap in eight bits, so a reader may see them from different moments. With base = high * 2^24,
 *
 *   seq = base + signed32(low - low32(base))
 *
 * is the sequence that `low` was written for, whenever that lies less than 2^31 from `base`. A matching `high`
 * gives 0 <= seq - base < 2^24; a `high` that is older or newer by up to 2^31 - 2^24 slots gives the same answer.
 * So the order of the two stores and of the two loads does not matter, and neither does a kill between them.
 * Exact below 2^53.
 */
const UNIT = 16777216;

export function lowWord(seq: number): number {
  return seq | 0;
}

export function highWord(seq: number): number {
  return Math.floor(seq / UNIT) | 0;
}

/** The sequence that `low` was written for, given a `high` from about the same time. */
export function combine(low: number, high: number): number {
  return (high >>> 0) * UNIT + ((low - (high << 24)) | 0);
}

/** Loads the pair at words [at], [at + 1]; everything written before `low` was stored is visible afterwards. */
export function loadSequence(words: Int32Array, at: number): number {
  const low = Atomics.load(words, at);
  return combine(low, Atomics.load(words, at + 1));
}

/** Publishes `seq` at words [at], [at + 1]. */
export function storeSequence(words: Int32Array, at: number, seq: number): void {
  Atomics.store(words, at + 1, highWord(seq));
  Atomics.store(words, at, lowWord(seq));
}
