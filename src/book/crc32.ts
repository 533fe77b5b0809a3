const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** CRC-32 (IEEE 802.3, as zlib computes it) of bytes [start, end), as a signed 32-bit integer. */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
  let c = -1;
  for (let p = start; p < end; p++) c = TABLE[(c ^ bytes[p]) & 255] ^ (c >>> 8);
  return ~c;
}
