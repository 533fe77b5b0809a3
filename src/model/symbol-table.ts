import { encodeText } from "./text.ts";

/** The four bytes at p as a signed 32-bit integer. */
function four(bytes: Uint8Array, p: number): number {
  return bytes[p]! | (bytes[p + 1]! << 8) | (bytes[p + 2]! << 16) | (bytes[p + 3]! << 24);
}

/** The first four bytes of a name, or all of a shorter one. */
function headOf(bytes: Uint8Array, start: number, length: number): number {
  if (length >= 4) return four(bytes, start);
  let head = 0;
  for (let i = 0; i < length; i++) head |= bytes[start + i]! << (8 * i);
  return head;
}

/** The last four bytes of a name, overlapping the first where it is short; 0 for names shorter than four. */
function tailOf(bytes: Uint8Array, end: number, length: number): number {
  return length >= 4 ? four(bytes, end - 4) : 0;
}

/**
 * Hash of a name, a signed 32-bit integer: four bytes a step, as a multiplication is waited for, and the upper bits
 * folded down, where the table looks.
 */
function hashOf(bytes: Uint8Array, start: number, end: number, head: number, tail: number): number {
  let h = Math.imul(head ^ (end - start), 0x9e3779b1);
  for (let p = start + 4; p < end - 4; p += 4) h = Math.imul(h ^ (h >>> 15) ^ four(bytes, p), 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ tail, 0x85ebca6b);
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
  /** First and last four bytes of the name: with its length, all of one up to eight bytes. */
  #head: Int32Array;
  #tail: Int32Array;
  #names = new Uint8Array(4096);
  #used = 0;
  #count = 0;

  constructor(capacity = 1024) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, capacity * 2)));
    this.#mask = size - 1;
    this.#ids = new Int32Array(size).fill(-1);
    this.#at = new Int32Array(size);
    this.#length = new Int32Array(size);
    this.#head = new Int32Array(size);
    this.#tail = new Int32Array(size);
  }

  get size(): number {
    return this.#count;
  }

  /** Id of the name at bytes [start, end), or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const mask = this.#mask;
    const head = headOf(bytes, start, length);
    const tail = tailOf(bytes, end, length);
    let slot = hashOf(bytes, start, end, head, tail) & mask;
    for (;;) {
      const id = this.#ids[slot]!;
      if (id < 0) return -1;
      if (this.#head[slot] === head && this.#tail[slot] === tail && this.#length[slot] === length)
        if (length <= 8 || this.#equals(this.#at[slot]!, bytes, start, length)) return id;
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
    const names = this.#names;
    const head = headOf(names, at, length);
    const tail = tailOf(names, at + length, length);
    let slot = hashOf(names, at, at + length, head, tail) & this.#mask;
    while (this.#ids[slot]! >= 0) slot = (slot + 1) & this.#mask;
    this.#ids[slot] = id;
    this.#at[slot] = at;
    this.#length[slot] = length;
    this.#head[slot] = head;
    this.#tail[slot] = tail;
  }

  /** The bytes between the first four and the last four. */
  #equals(at: number, bytes: Uint8Array, start: number, length: number): boolean {
    const names = this.#names;
    for (let i = 4; i < length - 4; i += 4) if (four(names, at + i) !== four(bytes, start + i)) return false;
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
    this.#head = new Int32Array(size);
    this.#tail = new Int32Array(size);
    for (let i = 0; i < ids.length; i++) if (ids[i]! >= 0) this.#insert(at[i]!, length[i]!, ids[i]!);
  }
}
