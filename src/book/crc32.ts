/** Four tables of 256: what a byte does to the register after it and 0 to 3 more bytes have gone through. */
const TABLES = tables();

function tables(): Int32Array {
  const all = new Int32Array(1024);
  for (let byte = 0; byte < 256; byte++) {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    all[byte] = c;
  }
  for (let i = 256; i < 1024; i++) all[i] = (all[i - 256] >>> 8) ^ all[all[i - 256] & 255];
  return all;
}

/** CRC-32 (IEEE 802.3, as zlib computes it) of bytes [start, end), as a signed 32-bit integer; four bytes a step. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  const t = TABLES;
  let c = -1;
  let p = start;
  for (; p + 4 <= end; p += 4) {
    c ^= bytes[p] | (bytes[p + 1] << 8) | (bytes[p + 2] << 16) | (bytes[p + 3] << 24);
    c = t[768 + (c & 255)] ^ t[512 + ((c >>> 8) & 255)] ^ t[256 + ((c >>> 16) & 255)] ^ t[c >>> 24];
  }
  for (; p < end; p++) c = t[(c ^ bytes[p]) & 255] ^ (c >>> 8);
  return ~c;
}

/** By length: four tables of 256, what so many zero bytes make of each byte of a CRC. Each length follows from the last. */
const SHIFTS: Int32Array[] = [];

function shiftOf(length: number): Int32Array {
  while (SHIFTS.length <= length) {
    const before = SHIFTS.at(-1);
    SHIFTS.push(
      before === undefined
        ? Int32Array.from({ length: 1024 }, (_, i) => (i & 255) << (8 * (i >> 8)))
        : before.map((c) => (c >>> 8) ^ TABLES[c & 255]),
    );
  }
  return SHIFTS[length];
}

/**
 * CRC of a text followed by another, from the CRCs of both and the length of the second: a CRC is linear, so the first
 * part's counts as if zeros followed it, and what the register begins and ends with cancels out (as zlib's crc32_combine).
 */
export function crc32Join(first: number, second: number, length: number): number {
  const t = SHIFTS[length] ?? shiftOf(length);
  return (
    t[first & 255] ^
    t[256 + ((first >>> 8) & 255)] ^
    t[512 + ((first >>> 16) & 255)] ^
    t[768 + (first >>> 24)] ^
    second
  );
}
