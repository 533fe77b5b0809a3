import { halvesToText, plainText, putDecimal128 } from "../../model/index.ts";
import type { Cells } from "../kit/cells.ts";
import { TextRows } from "../kit/text-rows.ts";

const [TAB, NEWLINE, BACKSLASH, ZERO, ONE, UPPER_N, MINUS] = [0x09, 0x0a, 0x5c, 0x30, 0x31, 0x4e, 0x2d];
/** Nothing below a space, and no backslash, stands in a text as it is. */
const ESCAPES: Readonly<Record<string, string>> = {
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\\": "\\\\",
  "\0": "\\0",
};
/** Below, with eight digits behind the point, a double has no other text of fifteen digits. */
const FIFTEEN_DIGITS = 1e15;
const EIGHT_PLACES = 1e8;

/** Rows of one table as ClickHouse's TabSeparated: cells between tabs, NULL is \N. https://clickhouse.com/docs/interfaces/formats/TabSeparated */
export class TsvRows extends TextRows implements Cells {
  readonly #scratch = new Int32Array(4);
  #first = true;

  /** A row: its cells in the order of the table's columns. */
  begin(_table: string): this {
    this.#first = true;
    return this;
  }

  end(): void {
    this.out.reserve(1);
    this.out.char(NEWLINE);
    this.rows += 1;
  }

  none(): void {
    this.#next();
    this.out.char(BACKSLASH);
    this.out.char(UPPER_N);
  }

  text(value: string): void {
    this.#next();
    const { out } = this;
    out.reserve(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7e || code < 0x20 || code === BACKSLASH) return this.#rare(value.slice(i));
      out.char(code);
    }
  }

  whole(value: number): void {
    this.#next();
    if (value < 0) this.out.char(MINUS);
    this.out.integer(Math.abs(value));
  }

  u64(hi: number, lo: number): void {
    this.#next();
    if (hi >= 0 && hi < 0x40000) this.out.integer(hi * 4294967296 + (lo >>> 0));
    else this.out.text(halvesToText(hi, lo));
  }

  decimal(value: number): boolean {
    const scaled = Math.round(value * EIGHT_PLACES);
    const usual = Math.abs(scaled) < FIFTEEN_DIGITS && scaled / EIGHT_PLACES === value;
    if (!usual && !putDecimal128(value, this.#scratch, 0)) {
      this.none();
      return false;
    }
    this.#next();
    // Below a millionth numbers are written with an exponent.
    if (usual && (scaled === 0 || Math.abs(scaled) >= 100)) this.out.number(value);
    else this.out.text(plainText(value));
    return true;
  }

  double(value: number): void {
    this.#next();
    if (value - value !== 0) this.out.text(value > 0 ? "inf" : "-inf");
    else this.out.number(value);
  }

  time(hi: number, lo: number): void {
    this.#next();
    this.putTime(hi, lo, true);
  }

  flag(value: boolean): void {
    this.#next();
    this.out.char(value ? ONE : ZERO);
  }

  /** Room for any cell but a text. */
  #next(): void {
    this.out.reserve(40);
    if (!this.#first) this.out.char(TAB);
    this.#first = false;
  }

  #rare(rest: string): void {
    // eslint-disable-next-line no-control-regex
    this.out.put(
      Buffer.from(
        rest.replaceAll(/[\t\n\r\\\0]/g, (one) => ESCAPES[one]!),
        "utf8",
      ),
    );
  }
}
