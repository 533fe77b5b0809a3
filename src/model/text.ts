/** Bytes and text without any platform API: pure rooms have neither Buffer nor TextDecoder. */

/** UTF-8 bytes [start, end) to a string; malformed sequences become U+FFFD. Cold path. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let chunk: number[] = [];
  for (let p = start; p < end;) {
    const length = lengthOf(bytes[p]!);
    const value = length === 1 ? bytes[p]! : codePoint(bytes, p, length, end);
    chunk.push(value < 0 ? REPLACEMENT : value);
    p += value < 0 ? 1 : length;
    if (chunk.length >= 4096) {
      text += String.fromCodePoint(...chunk);
      chunk = [];
    }
  }
  return text + String.fromCodePoint(...chunk);
}

const REPLACEMENT = 0xfffd;

/** Bytes of the sequence that a byte begins; 0 when it begins none. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

/** Code point of a sequence of two to four bytes, or -1 when it is malformed (truncated, overlong, a surrogate). */
function codePoint(bytes: Uint8Array, p: number, length: number, end: number): number {
  if (length === 0 || p + length > end) return -1;
  let value = bytes[p]! & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = bytes[p + i]!;
    if ((next & 0xc0) !== 0x80) return -1;
    value = (value << 6) | (next & 0x3f);
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  return value < least || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? -1 : value;
}

/** A string as UTF-8 bytes. Cold path. */
export function encodeText(text: string): Uint8Array {
  const out: number[] = [];
  for (const char of text) {
    const c = char.codePointAt(0)!;
    if (c < 0x80) out.push(c);
    else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return Uint8Array.from(out);
}
