/**
 * Readers of JSON in memory, sixteen bytes at a time. This folder is AssemblyScript: TypeScript's syntax, but `usize`,
 * `i32`, `f64` and `v128` are machine words, `load<T>(address)` and `store<T>(address, value)` are memory, and there is
 * no other memory: nothing is allocated. `npm run build` compiles it to dist/venues/scanner.wasm; what it must do is
 * said by the parsers beside it, which are its reference.
 *
 * A position is an address. 0 is nowhere: readers return it for "not what I read", and what stands there is zeros, which
 * no key equals. That a frame ends where it should is proved at its last byte. Until then it may be followed behind its
 * end, into memory that is ours, too: by a kilobyte at most, as whatever repeats itself asks for the end each time. The last
 * kilobytes of the memory are zeros.
 */

import { MEMORY } from "../../model/tape";

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
const TENS_AND_ONES: usize = 112;
const HUNDREDS: usize = 144;
const TEN_THOUSANDS: usize = 160;
const HUNDRED_MILLIONS: usize = 176;
const MICRO_LANES: usize = 192;
const NANO_LANES: usize = 208;

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

/** The last minute read: its text, then its UNIX ns. No text begins with zeros. */
const MINUTE: usize = MEMORY;
const MINUTE_START: usize = MEMORY + 16;
const MINUTE_LENGTH: usize = 16;
const MINUTE_DIGITS = 0xdb6f;
/** Where digits stand in `:44.123456Z` and `:44.123456789Z`, and which of their bytes are asked. */
const MICRO_DIGITS = 0x3f6;
const MICRO_MASK = 0x7ff;
const NANO_DIGITS = 0x1ff6;
const NANO_MASK = 0x3fff;
const COLON_POINT: u32 = 0x2e00003a;
const AROUND_SECOND: u32 = 0xff0000ff;
const NANOS_PER_MINUTE: u64 = 60_000_000_000;
const COLON = 0x3a;
const DASH = 0x2d;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;

/**
 * Not 0 when a number turned out to be none. It is looked at once, when a frame is through: a branch at each number would
 * cost more, and the next key does not depend on it.
 */
let doubt: i32 = 0;

/** Before a frame. */
export function trust(): void {
  doubt = 0;
}

/** `count`, or -1 when something in the frame was not what it should be. */
export function proved(count: i32): i32 {
  return doubt === 0 ? count : -1;
}

/** What is not 0 is wrong with the frame. */
export function wrong(what: i32): void {
  doubt |= what;
}

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
  return foursIn(i8x16.swizzle(v128.load(p), v128.load(SHUFFLES + ((shape as usize) << 4))));
}

function foursIn(text: v128): v128 {
  const digits = v128.and(text, lanes(NIBBLES));
  // Two digits a, b lie in 16 bits as a + 256 b; times 2561 that is 256 (10 a + b) + a, less 65536 times 10 b.
  const pairs = i16x8.shr_u(i16x8.mul(digits, lanes(TENS_AND_ONES)), 8);
  return i32x4.dot_i16x8_s(pairs, lanes(HUNDREDS));
}

/**
 * The values of the numbers at p and q, whose shapes are known, to `into` and `into + 8`. A frame is wrong in which one of
 * them is no number, or none that this is exact for. A mantissa below 2^53 divided by a power of ten up to 10^22 is the correctly
 * rounded value, as both are exact and division rounds once.
 */
export function putTwo(p: usize, shape: i32, q: usize, other: i32, into: usize): void {
  if ((shape | other) < 0) {
    doubt |= putSlowly(p, shape, into) | putSlowly(q, other, into + 8);
    return;
  }
  const fours = i16x8.narrow_i32x4_u(foursOf(p, shape), foursOf(q, other));
  const eights = i32x4.dot_i16x8_s(fours, lanes(TEN_THOUSANDS));
  const high = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(eights, eights, 0, 2, 0, 2));
  const low = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(eights, eights, 1, 3, 1, 3));
  const mantissas = f64x2.add(f64x2.mul(high, lanes(HUNDRED_MILLIONS)), low);
  const first = v128.load(SCALES + ((shape as usize) << 4));
  const second = v128.load(SCALES + ((other as usize) << 4));
  v128.store(into, f64x2.div(mantissas, v128.shuffle<i64>(first, second, 0, 2)));
  doubt |= i64x2.bitmask(f64x2.lt(mantissas, v128.shuffle<i64>(first, second, 1, 3)));
}

/** Whether the text of this shape at p is a number. */
export function isNumber(p: usize, shape: i32): bool {
  const first = load<u8>(p) - ZERO;
  if (first > 9 || (first === 0 && load<u8>(p + 1) - ZERO <= 9)) return false;
  return lengthOf(shape) !== 0 && load<u8>(p + lengthOf(shape) - 1) !== POINT;
}

/** One number; `into + 8` is written, too. */
export function putOne(p: usize, shape: i32, into: usize): void {
  putTwo(p, shape, p, shape, into);
}

/** One number divided by `part`, a power of ten of at most 10^6, to `into`, and nothing behind it. */
export function putPart(p: usize, shape: i32, part: f64, into: usize): void {
  if (shape < 0) {
    doubt |= part === 1 ? putSlowly(p, shape, into) : 1;
    return;
  }
  const mantissa = valueOfFours(foursOf(p, shape)) as i64 as f64;
  const scales = SCALES + ((shape as usize) << 4);
  store<f64>(into, mantissa / (load<f64>(scales) * part));
  doubt |= i32(mantissa < load<f64>(scales, 8));
}

/**
 * One number times 10^power to `into`, and nothing behind it: by one exact division or product, as {@link putTwo}. Long
 * ones are the parser's where a power comes with them.
 */
export function putScaled(p: usize, shape: i32, power: i32, into: usize): void {
  if (shape < 0) {
    doubt |= power === 0 ? putSlowly(p, shape, into) : 1;
    return;
  }
  const length = shape & LENGTH;
  const point = shape >> 5;
  const by = power - (point < length ? length - point - 1 : 0);
  doubt |= i32(!isNumber(p, shape)) | i32(by > MOST_PLACES) | i32(by < -MOST_PLACES);
  const mantissa = valueOfFours(foursOf(p, shape)) as i64 as f64;
  const at: usize = POWERS + (((by < 0 ? -by : by) & LENGTH) << 3);
  store<f64>(into, by < 0 ? mantissa / load<f64>(at) : mantissa * load<f64>(at));
}

/** Any plain decimal of up to 31 characters: zeros at the end do not count as digits. */
function putSlowly(p: usize, shape: i32, into: usize): i32 {
  if (!isNumber(p, shape)) return 1;
  const end = p + lengthOf(shape);
  let mantissa: u64 = 0;
  let kept: u64 = 0;
  let places = 0;
  let keptPlaces = 0;
  let behindPoint = false;
  for (; p < end; p++) {
    const c: u64 = load<u8>(p);
    if (c === POINT) {
      behindPoint = true;
      continue;
    }
    if (mantissa <= MOST_MANTISSA) mantissa = mantissa * 10 + (c - ZERO);
    if (behindPoint) places += 1;
    if (c === ZERO && behindPoint) continue;
    if (mantissa > MOST_MANTISSA) return 1;
    kept = mantissa;
    keptPlaces = places;
  }
  if (keptPlaces > MOST_PLACES) return 1;
  store<f64>(into, (kept as i64 as f64) / load<f64>(POWERS + ((keptPlaces as usize) << 3)));
  return 0;
}

/** Value of the first `count` digits at p, 1 to 16 of them. */
function valueOf(p: usize, count: usize): u64 {
  return valueOfFours(foursOf(p, NO_POINT | (count as i32)));
}

/** Value of 16 digits, of which those before the first may be no bytes at all. */
function digitsValue(text: v128): u64 {
  return valueOfFours(foursIn(text));
}

function valueOfFours(fours: v128): u64 {
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
  return load<u8>(p) === ZERO ? count > 1 : false;
}

/** An integer of 1 to 15 digits to the u64 at `into`; the position behind it, or 0. */
export function integer(p: usize, into: usize): usize {
  const count = countAt(p);
  if (count - 1 > 14) return 0;
  if (isPadded(p, count)) return 0;
  store<u64>(into, valueOf(p, count));
  return p + count;
}

/** The same, not kept; 16 digits are microseconds. */
export function skipInteger(p: usize): usize {
  const count = countAt(p);
  if (count === 0) return 0;
  if (isPadded(p, count)) return 0;
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

/**
 * Closing quote of the text whose first byte is at p, or what should not stand in it: an escape, a control. A key that
 * begins with the quote must follow.
 */
export function textEnd(p: usize, end: usize): usize {
  for (; p < end; p += 16) {
    const text = v128.load(p);
    const ends = v128.or(i8x16.eq(text, lanes(QUOTES)), i8x16.eq(text, lanes(BACKSLASHES)));
    const special = i8x16.bitmask(v128.or(ends, i8x16.le_u(text, lanes(LAST_CONTROLS))));
    if (special !== 0) return p + ctz(special);
  }
  return 0;
}

/**
 * RFC 3339 time at p to the ns at `into`; the position behind its Z, or 0. `2026-10-05T09:12:44.123456Z`, or with nine
 * places. The seconds and their fraction are one number of digits; what stands before them is mostly that of last time.
 */
export function isoTime(p: usize, into: usize): usize {
  if (!i8x16.all_true(i8x16.eq(v128.load(p), v128.load(MINUTE))) && !newMinute(p)) return 0;
  if ((load<u32>(p + MINUTE_LENGTH) & AROUND_SECOND) !== COLON_POINT) return 0;
  const second = v128.load(p + MINUTE_LENGTH);
  const digits = digitsIn(second);
  if (load<u8>(p + 26) === LETTER_Z) {
    if ((digits & MICRO_MASK) !== MICRO_DIGITS) return 0;
    putSince(digitsValue(i8x16.swizzle(second, lanes(MICRO_LANES))) * 1_000, into);
    return p + 27;
  }
  if ((digits & NANO_MASK) !== NANO_DIGITS || load<u8>(p + 29) !== LETTER_Z) return 0;
  putSince(digitsValue(i8x16.swizzle(second, lanes(NANO_LANES))), into);
  return p + 30;
}

function putSince(nanos: u64, into: usize): void {
  store<u64>(into, load<u64>(MINUTE_START) + nanos);
  doubt |= i32(nanos >= NANOS_PER_MINUTE);
}

/** Remembers the minute at p, `2026-10-05T09:12`; false when it is none. 1970 is how venues say "no time": not ours. */
function newMinute(p: usize): bool {
  const text = v128.load(p);
  if (digitsIn(text) !== MINUTE_DIGITS) return false;
  if (load<u8>(p + 4) !== DASH || load<u8>(p + 7) !== DASH || load<u8>(p + 10) !== LETTER_T) return false;
  const year = pairAt(p) * 100 + pairAt(p + 2);
  const month = pairAt(p + 5);
  const day = pairAt(p + 8);
  const hour = pairAt(p + 11);
  const minute = pairAt(p + 14);
  if (load<u8>(p + 13) !== COLON || year - 1971 > 134 || month - 1 > 11 || day - 1 > 30) return false;
  if (hour > 23 || minute > 59) return false;
  const seconds = (daysTo(year, month, day) * 24 + hour) * 3600 + minute * 60;
  v128.store(MINUTE, text);
  store<u64>(MINUTE_START, (seconds as u64) * 1_000_000_000);
  return true;
}

function pairAt(p: usize): u32 {
  return (load<u8>(p) - ZERO) * 10 + (load<u8>(p + 1) - ZERO);
}

/** Days from 1970-01-01 to a Gregorian date (Howard Hinnant's days_from_civil). */
function daysTo(year: u32, month: u32, day: u32): u32 {
  const y = month <= 2 ? year - 1 : year;
  const era = y / 400;
  const ofEra = y - era * 400;
  const ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719468;
}

/** Whether the bytes of a key stand at p: 4 to 8 of them. Keys are written with the comment that is their text. */
export function is8(p: usize, key: u64): bool {
  return load<u64>(p) === key;
}

export function is7(p: usize, key: u64): bool {
  return load<u64>(p) << 8 === key << 8;
}

export function is6(p: usize, key: u64): bool {
  return load<u64>(p) << 16 === key << 16;
}

export function is5(p: usize, key: u64): bool {
  return load<u64>(p) << 24 === key << 24;
}

export function is4(p: usize, key: u32): bool {
  return load<u32>(p) === key;
}

export function is3(p: usize, key: u32): bool {
  return load<u32>(p) << 8 === key << 8;
}

export function is2(p: usize, key: u32): bool {
  return load<u16>(p) === key;
}

/** The same for 9 to 16 bytes: the first eight and the last. */
export function isLong(p: usize, first: u64, last: u64, length: usize): bool {
  return ((load<u64>(p) ^ first) | (load<u64>(p + length - 8) ^ last)) === 0;
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
setLanes(TENS_AND_ONES, i16x8.splat(2561));
setLanes(HUNDREDS, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
setLanes(TEN_THOUSANDS, i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1));
setLanes(HUNDRED_MILLIONS, f64x2.splat(1e8));
// `:44.123456Z`, `:44.123456789Z`: bytes of the digits, to the last of 16.
setLanes(MICRO_LANES, i8x16(-1, -1, -1, -1, -1, -1, -1, -1, 1, 2, 4, 5, 6, 7, 8, 9));
setLanes(NANO_LANES, i8x16(-1, -1, -1, -1, -1, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12));

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
