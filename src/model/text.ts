/** Bytes and text without any platform API: pure rooms have neither Buffer nor TextDecoder. */

/** UTF-8 bytes [start, end) to a string; malformed sequences become U+FFFD. Cold path. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let chunk: number[] = [];
  for (let p = start; p < end;) {
    const first = bytes[p]!;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
    chunk.push(length === 1 ? first : codePoint(bytes, p, length, end));
    p += Math.max(1, chunk.at(-1) === 0xfffd ? 1 : length);
    if (chunk.length >= 4096) {
      text += String.fromCodePoint(...chunk);
      chunk = [];
    }
  }
  return text + String.fromCodePoint(...chunk);
}

function codePoint(bytes: Uint8Array, p: number, length: number, end: number): number {
  if (length === 0 || p + length > end) return 0xfffd;
  let value = bytes[p]! & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) {
    const next = bytes[p + i]!;
    if ((next & 0xc0) !== 0x80) return 0xfffd;
    value = (value << 6) | (next & 0x3f);
  }
  return value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0xfffd : value;
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
