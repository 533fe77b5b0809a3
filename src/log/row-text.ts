import { decodeText, encodeText } from "../model/index.ts";

/**
 * char[n] fields: UTF-8, padded with zeros, no terminator when full. A field that already holds the text is left
 * alone, so that a writer killed while it refreshes a row cannot damage a name. RangeError when it does not fit.
 */
export function putRowText(bytes: Uint8Array, at: number, size: number, text: string): void {
  const encoded = encodeText(text);
  if (encoded.length > size)
    throw new RangeError(`table text: expected at most ${size} bytes, saw ${encoded.length}: ${text}`);
  if (rowText(bytes, at, size) === text) return;
  bytes.fill(0, at, at + size);
  bytes.set(encoded, at);
}

export function rowText(bytes: Uint8Array, at: number, size: number): string {
  const zero = bytes.indexOf(0, at);
  return decodeText(bytes, at, zero < 0 || zero > at + size ? at + size : zero);
}

export function fits(text: string, size: number): boolean {
  return encodeText(text).length <= size;
}

/** The longest beginning of `text` that fits. */
export function clip(text: string, size: number): string {
  const chars = [...text];
  while (!fits(chars.join(""), size)) chars.pop();
  return chars.join("");
}
