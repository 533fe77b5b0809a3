import type { Cells } from "../kit/cells.ts";
import { TextRows } from "../kit/text-rows.ts";
import type { QuestTable } from "./layout.ts";

const [COMMA, SPACE, QUOTE, BACKSLASH, NEWLINE] = [0x2c, 0x20, 0x22, 0x5c, 0x0a];
const [LETTER_F, LETTER_I, LETTER_N, LETTER_T] = [0x66, 0x69, 0x6e, 0x74];

const MOST_CELL = 40;

/**
 * Rows as lines of the InfluxDB protocol, as QuestDB reads them: `table a="x",b=1.5,c=7i,d=1700000000000000000n 1700000000000000000`, a line a
 * row, absent cells left out. Symbols go as fields: the server knows their columns. https://questdb.com/docs/reference/api/ilp/advanced-settings/
 */
export class IlpRows extends TextRows implements Cells {
  /** By table: the name of the line, and what goes before each cell. */
  readonly #names = new Map<string, readonly Uint8Array[]>();
  #columns: readonly Uint8Array[] = [];
  #column = 0;
  #cells = 0;
  #hi = 0;
  #lo = 0;

  constructor(prefix: string, tables: readonly QuestTable[]) {
    super();
    for (const { name, columns } of tables) {
      const words = [`${prefix}${name}`, ...columns.map((one) => `${one.name}=`)];
      this.#names.set(
        name,
        words.map((word) => Buffer.from(word)),
      );
    }
  }

  /** A row: its cells in the order of the table's columns, `ts` first. */
  begin(table: string): this {
    this.#columns = this.#names.get(table)!;
    this.#column = 0;
    this.#cells = 0;
    this.out.put(this.#columns[0]!);
    return this;
  }

  end(): void {
    const { out } = this;
    out.reserve(32);
    out.char(SPACE);
    this.putTime(this.#hi, this.#lo, false);
    out.char(NEWLINE);
    this.rows += 1;
  }

  none(): void {
    this.#column += 1;
  }

  text(value: string): void {
    this.#open();
    const { out } = this;
    out.reserve(2 * value.length + 2);
    out.char(QUOTE);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f || code < SPACE) return this.#rare(value.slice(i));
      if (code === QUOTE || code === BACKSLASH) out.char(BACKSLASH);
      out.char(code);
    }
    out.char(QUOTE);
  }

  whole(value: number): void {
    this.#open();
    this.out.integer(value);
    this.out.char(LETTER_I);
  }

  u64(hi: number, lo: number): void {
    this.#open();
    this.out.long(hi, lo, false);
  }

  decimal(value: number): boolean {
    if (value - value !== 0) {
      this.none();
      return false;
    }
    this.double(value);
    return true;
  }

  double(value: number): void {
    // Infinities are NULL in QuestDB.
    if (value - value !== 0) return this.none();
    this.#open();
    this.out.number(value);
  }

  time(hi: number, lo: number): void {
    if (this.#column === 0) {
      [this.#hi, this.#lo] = [hi, lo];
      this.#column = 1;
      return;
    }
    this.#open();
    this.putTime(hi, lo, false);
    this.out.char(LETTER_N);
  }

  flag(value: boolean): void {
    this.#open();
    this.out.char(value ? LETTER_T : LETTER_F);
  }

  /** Name of the next cell, with what stands before it, and room for any but a text. */
  #open(): void {
    const { out } = this;
    out.reserve(1);
    out.char(this.#cells++ === 0 ? SPACE : COMMA);
    this.#column += 1;
    out.put(this.#columns[this.#column]!);
    out.reserve(MOST_CELL);
  }

  /** Ends a text with what is not plain ASCII; line breaks cannot stand in one. */
  #rare(rest: string): void {
    const { out } = this;
    // eslint-disable-next-line no-control-regex
    const safe = rest.replaceAll(/[\0-\x1f]/g, " ").replaceAll(/(["\\])/g, "\\$1");
    out.put(Buffer.from(safe, "utf8"));
    out.reserve(1);
    out.char(QUOTE);
  }
}
