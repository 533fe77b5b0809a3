/**
 * UNIX time in nanoseconds as two 32-bit halves (value = hi * 2^32 + (lo >>> 0)).
 * BigInt is 4-10 times slower and allocates, so it stays out of the hot path.
 */
export interface Nanos {
  hi: number;
  lo: number;
}

const TWO_32 = 4294967296;

/**
 * Writes sec * 1e9 + nanos as (lo, hi) into `into[at]`, `into[at + 1]`.
 * Exact for 0 <= sec < 2^32 and 0 <= nanos < 2^31: every product stays below 2^53.
 */
export function putNanos(sec: number, nanos: number, into: Int32Array, at: number): void {
  const high = Math.floor(sec / 65536);
  const p1 = high * 1e9;
  const p0 = (sec - high * 65536) * 1e9 + nanos;
  const p1High = Math.floor(p1 / 65536);
  const low = (p1 - p1High * 65536) * 65536 + p0;
  const carry = Math.floor(low / TWO_32);
  into[at] = low - carry * TWO_32;
  into[at + 1] = p1High + carry;
}

/** UNIX milliseconds (integer) to nanosecond halves. */
export function putMillis(ms: number, into: Int32Array, at: number): void {
  const sec = Math.floor(ms / 1000);
  putNanos(sec, (ms - sec * 1000) * 1e6, into, at);
}

/** UNIX microseconds (safe integer) to nanosecond halves. */
export function putMicros(us: number, into: Int32Array, at: number): void {
  const sec = Math.floor(us / 1e6);
  putNanos(sec, (us - sec * 1e6) * 1000, into, at);
}

/** Nanosecond halves to whole microseconds (the JSON unit), rounded down. A safe integer until the year 2255. */
export function toMicros(hi: number, lo: number): number {
  // 2^32 = 4294967296 = 4294967 * 1000 + 296, so hi * 2^32 / 1000 splits without leaving 2^53.
  const rest = (hi >>> 0) * 296 + (lo >>> 0);
  return (hi >>> 0) * 4294967 + Math.floor(rest / 1000);
}

/** Decimal text of a non-negative 64-bit number held as halves. Cold path. */
export function halvesToText(hi: number, lo: number): string {
  const value = (hi >>> 0) * TWO_32 + (lo >>> 0);
  if (value <= Number.MAX_SAFE_INTEGER) return String(value);
  return ((BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)).toString();
}

/** Value of a 64-bit number held as halves; exact below 2^53. */
export function halvesToNumber(hi: number, lo: number): number {
  return (hi >>> 0) * TWO_32 + (lo >>> 0);
}

/** Decimal text (0 .. 2^64-1) to halves. Cold path. */
export function putText(text: string, into: Int32Array, at: number): void {
  const value = BigInt(text);
  into[at] = Number(value & 0xffffffffn) | 0;
  into[at + 1] = Number((value >> 32n) & 0xffffffffn) | 0;
}

/** A safe integer to halves. */
export function putNumber(value: number, into: Int32Array, at: number): void {
  into[at] = value;
  into[at + 1] = value / TWO_32;
}
