import { JsonBytes } from "../../log/index.ts";
import { toMicros } from "../../model/index.ts";

const MILLION = 1_000_000;
const [ZERO, POINT] = [0x30, 0x2e];
/** Nanoseconds of a second. */
const DIGITS = 9;

/** Rows as text, in memory that is used again, and where each event of them begins: a record that is refused is found by halving. */
export class TextRows {
  readonly out = new JsonBytes();
  rows = 0;
  readonly #lanes: string[] = [];
  readonly #seqs: number[] = [];
  readonly #starts: number[] = [];
  #event = -1;

  get bytes(): number {
    return this.out.length;
  }

  get events(): number {
    return this.#starts.length;
  }

  /** The next row is of the event of this number, and its first here where the number is another than before. */
  event(number: number, lane: string, seq: number): void {
    if (number === this.#event) return;
    this.#event = number;
    this.#lanes.push(lane);
    this.#seqs.push(seq);
    this.#starts.push(this.out.length);
  }

  /** Of the events from the `from`-th to before the `to`-th; valid until more is written. */
  textOf(from: number, to: number): Uint8Array {
    return this.out.bytes.subarray(this.#starts[from], this.#starts[to] ?? this.out.length);
  }

  /** Lane and sequence of an event. */
  placeOf(event: number): readonly [lane: string, seq: number] {
    return [this.#lanes[event]!, this.#seqs[event]!];
  }

  clear(): void {
    this.out.length = 0;
    this.rows = 0;
    this.#event = -1;
    for (const list of [this.#lanes, this.#seqs, this.#starts]) list.length = 0;
  }

  /**
   * UNIX ns in halves: as one integer, or with a point behind the seconds, which are ten digits then (ClickHouse takes fewer for something
   * else).
   */
  putTime(hi: number, lo: number, point: boolean): void {
    const { out } = this;
    const us = toMicros(hi, lo);
    const sec = Math.floor(us / MILLION);
    // The halves are us * 1000 and 0 to 999: what is left below a microsecond shows in the low half.
    const ns = (lo - Math.imul(1000, us)) & 1023;
    out.reserve(32);
    if (point) for (let least = 1e9; least > sec && least > 1; least /= 10) out.char(ZERO);
    out.integer(sec);
    if (point) out.char(POINT);
    this.#nine((us - sec * MILLION) * 1000 + ns);
  }

  #nine(value: number): void {
    const { bytes, length } = this.out;
    let rest = value | 0;
    for (let i = DIGITS - 1; i >= 0; i--) {
      const tens = (rest / 10) | 0;
      bytes[length + i] = ZERO + rest - tens * 10;
      rest = tens;
    }
    this.out.length = length + DIGITS;
  }
}
