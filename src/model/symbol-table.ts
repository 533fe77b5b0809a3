import { encodeText } from "./text.ts";

/**
 * Hash of bytes [start, end), a signed 32-bit integer: four bytes a step, as a multiplication is waited for, and the
 * upper bits folded down, where the table looks.
 */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let h = end - start;
  let p = start;
  for (; p + 4 <= end; p += 4) {
    const four = bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24);
    h = Math.imul(h ^ four, 0x9e3779b1);
    h ^= h >>> 15;
  }
  for (; p < end; p++) h = Math.imul(h ^ bytes[p]!, 0x01000193);
  return h ^ (h >>> 16);
}

/**
 * Symbol bytes -> instrument id, open addressed, so that a parser finds an instrument without making a string.
 * Names are kept in one growing byte array; a name may be an alias of an id already present.
 */
export class SymbolTable {
  #mask: number;
  #ids: Int32Array;
  #at: Int32Array;
  #length: Int32Array;
  #names = new Uint8Array(4096);
  #used = 0;
  #count = 0;

  constructor(capacity = 1024) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 2)));
    this.#mask = size - 1;
    this.#ids = new Int32Array(size).fill(-1);
    this.#at = new Int32Array(size);
    this.#length = new Int32Array(size);
  }

  get size(): number {
    return this.#count;
  }

  /** Id of the name at bytes [start, end), or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const mask = this.#mask;
    let slot = hashBytes(bytes, start, end) & mask;
    for (;;) {
      const id = this.#ids[slot]!;
      if (id < 0) return -1;
      if (this.#length[slot] === length && this.#equals(this.#at[slot]!, bytes, start, length)) return id;
      slot = (slot + 1) & mask;
    }
  }

  /** Adds `name` for `id` (id >= 0); a name already present keeps its first id. */
  add(name: string, id: number): void {
    const bytes = encodeText(name);
    if (this.find(bytes, 0, bytes.length) >= 0) return;
    if ((this.#count + 1) * 2 > this.#mask + 1) this.#grow();
    this.#reserve(bytes.length);
    this.#names.set(bytes, this.#used);
    this.#insert(this.#used, bytes.length, id);
    this.#used += bytes.length;
    this.#count += 1;
  }

  #insert(at: number, length: number, id: number): void {
    let slot = hashBytes(this.#names, at, at + length) & this.#mask;
    while (this.#ids[slot]! >= 0) slot = (slot + 1) & this.#mask;
    this.#ids[slot] = id;
    this.#at[slot] = at;
    this.#length[slot] = length;
  }

  #equals(at: number, bytes: Uint8Array, start: number, length: number): boolean {
    const names = this.#names;
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      const a = at + i;
      const b = start + i;
      const high = (names[a + 2]! ^ bytes[b + 2]!) | (names[a + 3]! ^ bytes[b + 3]!);
      if (((names[a]! ^ bytes[b]!) | (names[a + 1]! ^ bytes[b + 1]!) | high) !== 0) return false;
    }
    for (; i < length; i++) if (names[at + i] !== bytes[start + i]) return false;
    return true;
  }

  #reserve(extra: number): void {
    if (this.#used + extra <= this.#names.length) return;
    const wider = new Uint8Array(Math.max(this.#names.length * 2, this.#used + extra));
    wider.set(this.#names);
    this.#names = wider;
  }

  #grow(): void {
    const { ids, at, length } = { ids: this.#ids, at: this.#at, length: this.#length };
    const size = (this.#mask + 1) * 2;
    this.#mask = size - 1;
    this.#ids = new Int32Array(size).fill(-1);
    this.#at = new Int32Array(size);
    this.#length = new Int32Array(size);
    for (let i = 0; i < ids.length; i++) if (ids[i]! >= 0) this.#insert(at[i]!, length[i]!, ids[i]!);
  }
}
