/**
 * Readers of JSON in memory, sixteen bytes at a time. This folder is AssemblyScript: TypeScript's syntax, but `usize`,
 * `i32`, `f64` and `v128` are machine words, `load<T>(address)` and `store<T>(address, value)` are memory, and there is
 * no other memory: nothing is allocated. `npm run build` compiles it to dist/venues/scanner.wasm; what it must do is
 * said by the parsers beside it, which are its reference.
 *
 * A position is an address. 0 is nowhere: readers return it for "not what I read", and what stands there is zeros, which
 * no key equals. Each reader looks at no more than 32 bytes from a position that was proved to lie before `end`.
 */

/** Tables, filled once at the end of this file. */
const LANES: usize = 64;
const POWERS: usize = 0x400;
const SHUFFLES: usize = 0x1000;

// Constants of sixteen lanes are loaded: the compiler of WebAssembly builds those that stand in code anew at each use.
/** '0' to '9' plus 0x46 are the ten largest signed bytes: greater than 0x75. */
const TO_TOP: usize = 0;
const BELOW_TOP: usize = 16;
const POINTS: usize = 32;
const QUOTES: usize = 48;
const BACKSLASHES: usize = 64;
const LAST_CONTROLS: usize = 80;
const NIBBLES: usize = 96;
const EVEN_BYTES: usize = 112;
const TENS: usize = 128;
const HUNDREDS: usize = 144;
const TEN_THOUSANDS: usize = 160;
const HUNDRED_MILLIONS: usize = 176;

/**
 * The shape of a number's text: its length in the five low bits, above them the place of its point (16 or any place
 * behind the end: none). By shape: which byte goes to which of 16 digits, the last to the last (SHUFFLES), and the power
 * of ten to divide by, followed by the least value without a leading zero (SCALES); infinity where there is no such number.
 */
const SHAPES = 17 << 5;
const SCALES: usize = SHUFFLES + (SHAPES << 4);
const NO_POINT = 16 << 5;
const LENGTH = 31;
/** Marks the shape of a number of 16 characters and more; only its length is kept. */
const LONG: i32 = 1 << 31;
const LONGEST = 31;
/** Up to here every mantissa is a double of its own; above, the parser counts digits that are lost. */
const MOST_MANTISSA: u64 = 1 << 52;

const ZERO: u32 = 0x30;
const NINE: u32 = 0x39;
const POINT = 0x2e;
const QUOTE = 0x22;
/** 10^22 is the last power of ten that is a double. */
const MOST_PLACES = 22;
const MICROS_LENGTH = 16;
const MILLIS_LENGTH = 13;
/** 2^32 seconds: later times do not fit the log's clock. */
const TOO_LATE: u64 = 4294967296000000000;

function lanes(at: usize): v128 {
  return v128.load(LANES + at);
}

/** A bit for each of the 16 bytes that is a digit. */
function digitsIn(text: v128): i32 {
  return i8x16.bitmask(i8x16.gt_s(i8x16.add(text, lanes(TO_TOP)), lanes(BELOW_TOP)));
}

/** Bytes behind the number's text at p, or 0 when the shape is that of none. */
export function lengthOf(shape: i32): usize {
  return shape & LENGTH;
}

/** Shape of the plain decimal at p: digits, at most one point between them. What is not one is found by `putTwo`. */
export function shapeAt(p: usize): i32 {
  const text = v128.load(p);
  const digits = digitsIn(text);
  const points = i8x16.bitmask(i8x16.eq(text, lanes(POINTS)));
  const point = points & -points;
  const end = ctz(~(digits | point));
  return end < 16 ? (ctz(point | 0x10000) << 5) | end : longShapeAt(p);
}

/** The same where the first 16 bytes do not hold the end; a length of 0 where 31 do not either. */
function longShapeAt(p: usize): i32 {
  let at = p;
  let points = 0;
  for (; at < p + LONGEST; at++) {
    const c = load<u8>(at);
    if (c === POINT) points += 1;
    else if (c - ZERO > 9) return points > 1 ? LONG : LONG | ((at - p) as i32);
  }
  return LONG;
}

/** Four numbers of four digits, of the number at p. */
function foursOf(p: usize, shape: i32): v128 {
  const row = v128.load(SHUFFLES + ((shape as usize) << 4));
  const digits = v128.and(i8x16.swizzle(v128.load(p), row), lanes(NIBBLES));
  const tens = i16x8.mul(v128.and(digits, lanes(EVEN_BYTES)), lanes(TENS));
  return i32x4.dot_i16x8_s(i16x8.add(tens, i16x8.shr_u(digits, 8)), lanes(HUNDREDS));
}

/**
 * The values of the numbers at p and q, whose shapes are known, to `into` and `into + 8`. False when one of them is no
 * number, or none that this is exact for. A mantissa below 2^53 divided by a power of ten up to 10^22 is the correctly
 * rounded value, as both are exact and division rounds once.
 */
export function putTwo(p: usize, shape: i32, q: usize, other: i32, into: usize): bool {
  if ((shape | other) < 0) return putSlowly(p, shape, into) && putSlowly(q, other, into + 8);
  const fours = i16x8.narrow_i32x4_u(foursOf(p, shape), foursOf(q, other));
  const eights = i32x4.dot_i16x8_s(fours, lanes(TEN_THOUSANDS));
  const high = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(eights, eights, 0, 2, 0, 2));
  const low = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(eights, eights, 1, 3, 1, 3));
  const mantissas = f64x2.add(f64x2.mul(high, lanes(HUNDRED_MILLIONS)), low);
  const first = v128.load(SCALES + ((shape as usize) << 4));
  const second = v128.load(SCALES + ((other as usize) << 4));
  if (i64x2.bitmask(f64x2.lt(mantissas, v128.shuffle<i64>(first, second, 1, 3)))) return false;
  v128.store(into, f64x2.div(mantissas, v128.shuffle<i64>(first, second, 0, 2)));
  return true;
}

/** One number; `into + 8` is written, too. */
export function putOne(p: usize, shape: i32, into: usize): bool {
  return putTwo(p, shape, p, shape, into);
}

/** Any plain decimal of up to 31 characters: zeros at the end do not count as digits. */
function putSlowly(p: usize, shape: i32, into: usize): bool {
  const end = p + lengthOf(shape);
  const first = load<u8>(p);
  if (first - ZERO > 9 || (first === ZERO && load<u8>(p + 1) - ZERO <= 9)) return false;
  let mantissa: u64 = 0;
  let kept: u64 = 0;
  let places = 0;
  let keptPlaces = 0;
  let point: usize = 0;
  for (; p < end; p++) {
    const c: u64 = load<u8>(p);
    if (c === POINT) {
      point = p;
      continue;
    }
    if (mantissa <= MOST_MANTISSA) mantissa = mantissa * 10 + (c - ZERO);
    if (point) places += 1;
    if (c === ZERO && point) continue;
    if (mantissa > MOST_MANTISSA) return false;
    kept = mantissa;
    keptPlaces = places;
  }
  if (lengthOf(shape) === 0 || point === end - 1 || keptPlaces > MOST_PLACES) return false;
  store<f64>(into, (kept as i64 as f64) / load<f64>(POWERS + ((keptPlaces as usize) << 3)));
  return true;
}

/** Value of the first `count` digits at p, 1 to 16 of them. */
function valueOf(p: usize, count: usize): u64 {
  const fours = foursOf(p, NO_POINT | (count as i32));
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_u(fours, fours), lanes(TEN_THOUSANDS));
  const both = i64x2.extract_lane(eights, 0) as u64;
  return (both & 0xffffffff) * 100_000_000 + (both >> 32);
}

/** Digits at p, 16 also for more: then what is read next is none of the keys that follow a number. */
function countAt(p: usize): usize {
  return ctz(~digitsIn(v128.load(p)) | 0x10000);
}

/** Whether a number of so many digits begins with a zero it should not have. */
function isPadded(p: usize, count: usize): bool {
  return load<u8>(p) === ZERO && count > 1;
}

/** An integer of 1 to 15 digits to the u64 at `into`; the position behind it, or 0. */
export function integer(p: usize, into: usize): usize {
  const count = countAt(p);
  if (count - 1 > 14 || isPadded(p, count)) return 0;
  store<u64>(into, valueOf(p, count));
  return p + count;
}

/** The same, not kept; 16 digits are microseconds. */
export function skipInteger(p: usize): usize {
  const count = countAt(p);
  if (count === 0 || isPadded(p, count)) return 0;
  if (count === MICROS_LENGTH && load<u8>(p) >= NINE) return 0;
  return p + count;
}

/** UNIX milliseconds (13 digits) or microseconds (16) to the ns at `into`; the position behind them, or 0. */
export function time(p: usize, into: usize): usize {
  const count = countAt(p);
  if (load<u8>(p) === ZERO) return 0;
  let nanos: u64;
  if (count === MILLIS_LENGTH) nanos = valueOf(p, MILLIS_LENGTH) * 1_000_000;
  else if (count === MICROS_LENGTH) nanos = valueOf(p, MICROS_LENGTH) * 1_000;
  else return 0;
  if (nanos >= TOO_LATE) return 0;
  store<u64>(into, nanos);
  return p + count;
}

/** Closing quote of a text without escapes whose first byte is at p, or 0. */
export function textEnd(p: usize, end: usize): usize {
  for (; p < end; p += 16) {
    const text = v128.load(p);
    const ends = v128.or(i8x16.eq(text, lanes(QUOTES)), i8x16.eq(text, lanes(BACKSLASHES)));
    const special = i8x16.bitmask(v128.or(ends, i8x16.le_u(text, lanes(LAST_CONTROLS))));
    if (special === 0) continue;
    p += ctz(special);
    return p < end && load<u8>(p) === QUOTE ? p : 0;
  }
  return 0;
}

/** Whether the bytes of `key`, 5 to 8 of them, stand at p < end. Keys are written with the comment that is their text. */
export function is8(p: usize, end: usize, key: u64): bool {
  return p < end && load<u64>(p) === key;
}

export function is7(p: usize, end: usize, key: u64): bool {
  return p < end && (load<u64>(p) & 0xffffffffffffff) === key;
}

export function is6(p: usize, end: usize, key: u64): bool {
  return p < end && (load<u64>(p) & 0xffffffffffff) === key;
}

export function is5(p: usize, end: usize, key: u64): bool {
  return p < end && (load<u64>(p) & 0xffffffffff) === key;
}

function setLanes(at: usize, value: v128): void {
  v128.store(LANES + at, value);
}

setLanes(TO_TOP, i8x16.splat(0x46));
setLanes(BELOW_TOP, i8x16.splat(0x75));
setLanes(POINTS, i8x16.splat(POINT as i8));
setLanes(QUOTES, i8x16.splat(QUOTE as i8));
setLanes(BACKSLASHES, i8x16.splat(0x5c));
setLanes(LAST_CONTROLS, i8x16.splat(0x1f));
setLanes(NIBBLES, i8x16.splat(0x0f));
setLanes(EVEN_BYTES, i16x8.splat(0xff));
setLanes(TENS, i16x8.splat(10));
setLanes(HUNDREDS, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
setLanes(TEN_THOUSANDS, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1));
setLanes(HUNDRED_MILLIONS, f64x2.splat(1e8));

for (let power = 1.0, places = 0; places <= MOST_PLACES; places++, power *= 10) {
  store<f64>(POWERS + (places << 3), power);
}
for (let point = 0; point <= 16; point++) for (let end = 0; end <= 16; end++) prepare(point, end);

function prepare(point: i32, end: i32): void {
  const shape: usize = (point << 5) | end;
  memory.fill(SHUFFLES + (shape << 4), 0xff, 16);
  let digits = 0;
  for (let at = end - 1; at >= 0; at--) {
    if (at === point) continue;
    store<u8>(SHUFFLES + (shape << 4) + 15 - digits, at as u8);
    digits += 1;
  }
  const places = point < end ? end - point - 1 : 0;
  const whole = point < end ? point : end;
  const possible = whole > 0 && end < 16 && (point >= end || places > 0);
  const least = whole > 1 ? load<f64>(POWERS + ((digits - 1) << 3)) : 0.0;
  store<f64>(SCALES + (shape << 4), load<f64>(POWERS + (places << 3)));
  store<f64>(SCALES + (shape << 4), possible ? least : Infinity, 8);
}
