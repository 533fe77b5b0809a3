import { encodeText, halvesToText } from "../model/index.ts";

const FIRST_SIZE = 1 << 12;
const [ZERO, MINUS, POINT, QUOTE] = [0x30, 0x2d, 0x2e, 0x22];
const NULL = encodeText("null");
/** 10,000 values of four digits each, so that an integer costs a division for every four of them. */
const FOURS = Uint8Array.from(
  { length: 40_000 },
  (_, i) => ZERO + (Math.floor((i >> 2) / 10 ** (3 - (i & 3))) % 10),
);
const TEN_4 = 10_000;
const TEN_8 = 100_000_000;
/** Up to here an integer, and a product with a scale, has no more than fifteen digits: its decimal text is the only one so short. */
const MOST_EXACT = 1e15;

/** JSON text as bytes, in memory that grows and is used again. Numbers come out as JSON.stringify writes them. */
export class JsonBytes {
  /** Text stands in [0, length). Another array after growing: take it when you read. */
  bytes = new Uint8Array(FIRST_SIZE);
  length = 0;

  /** Makes sure that `more` bytes fit. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const wider = new Uint8Array(2 * (this.length + more));
    wider.set(this.bytes.subarray(0, this.length));
    this.bytes = wider;
  }

  /** Bytes of text that is JSON already. */
  put(text: Uint8Array): void {
    this.reserve(text.length);
    const { bytes } = this;
    const at = this.length;
    // A call costs more than a few bytes.
    if (text.length > 32) bytes.set(text, at);
    else for (let i = 0; i < text.length; i++) bytes[at + i] = text[i]!;
    this.length = at + text.length;
  }

  /** A string that is JSON already. */
  text(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    const at = this.length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return this.put(encodeText(text));
      bytes[at + i] = code;
    }
    this.length = at + text.length;
  }

  /** One ASCII character; there must be room. */
  char(code: number): void {
    this.bytes[this.length++] = code;
  }

  /** What is not a finite number is null. */
  number(value: number): void {
    this.reserve(32);
    if (value < 0) {
      this.char(MINUS);
      this.#positive(-value);
    } else if (value - value !== 0) this.put(NULL);
    else this.#positive(value);
  }

  /** A 64-bit number from its halves, as decimal digits in quotes; null for 0 where that means none. */
  long(hi: number, lo: number, zeroIsNull: boolean): void {
    this.reserve(32);
    if (zeroIsNull && (hi | lo) === 0) {
      this.put(NULL);
      return;
    }
    this.char(QUOTE);
    const value = (hi >>> 0) * 2 ** 32 + (lo >>> 0);
    if (value < MOST_EXACT) this.#integer(value);
    else this.text(halvesToText(hi, lo));
    this.char(QUOTE);
  }

  /** An integer from 0 to below 2^53; there must be room for 16 digits. */
  integer(value: number): void {
    if (value < MOST_EXACT) this.#integer(value);
    else this.text(`${value}`);
  }

  #positive(value: number): void {
    if (value === Infinity) {
      this.length -= 1;
      this.put(NULL);
    } else if (value < MOST_EXACT && Math.floor(value) === value) this.#integer(value);
    else if (!(this.#decimal(value, TEN_4, 4) || this.#decimal(value, TEN_8, 8))) this.text(`${value}`);
  }

  /** True when `value` is the double nearest to a number of at most fifteen digits with `places` behind the point, now written. */
  #decimal(value: number, scale: number, places: number): boolean {
    const scaled = Math.round(value * scale);
    // Below a millionth numbers are written with an exponent.
    if (scaled >= MOST_EXACT || scaled / scale !== value || value < 1e-6) return false;
    const whole = Math.floor(scaled / scale);
    this.#integer(whole);
    this.char(POINT);
    const rest = (scaled - whole * scale) | 0;
    if (places === 8) this.#eight(rest);
    else this.#four(rest);
    while (this.bytes[this.length - 1] === ZERO) this.length -= 1;
    return true;
  }

  #integer(value: number): void {
    if (value < TEN_8) {
      this.#small(value | 0);
      return;
    }
    const high = Math.floor(value / TEN_8);
    this.#small(high | 0);
    this.#eight((value - high * TEN_8) | 0);
  }

  /** Below 10^8, without zeros before it. Integers: the remainder of doubles is slow. */
  #small(value: number): void {
    if (value < TEN_4) {
      this.#short(value);
      return;
    }
    const high = (value / TEN_4) | 0;
    this.#short(high);
    this.#four(value - high * TEN_4);
  }

  /** Below 10^8, in eight digits. */
  #eight(value: number): void {
    const high = (value / TEN_4) | 0;
    this.#four(high);
    this.#four(value - high * TEN_4);
  }

  #short(value: number): void {
    const digits = value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4;
    for (let i = 4 - digits; i < 4; i++) this.char(FOURS[value * 4 + i]!);
  }

  #four(value: number): void {
    const { bytes } = this;
    const at = this.length;
    const from = value << 2;
    bytes[at] = FOURS[from]!;
    bytes[at + 1] = FOURS[from + 1]!;
    bytes[at + 2] = FOURS[from + 2]!;
    bytes[at + 3] = FOURS[from + 3]!;
    this.length = at + 4;
  }
}
