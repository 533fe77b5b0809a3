/**
 * DuckDB, in this process: what writes Parquet files and answers queries over them. The only file that knows its package, which is
 * loaded when the first database is opened.
 */
async function load() {
  return (await import("@duckdb/node-api")).default;
}

type Api = Awaited<ReturnType<typeof load>>;
type Connection = InstanceType<Api["DuckDBConnection"]>;
type Chunk = InstanceType<Api["DuckDBDataChunk"]>;

export interface DuckSettings {
  readonly threads: number;
  readonly memoryMiB: number;
  /** Folder for what does not fit into memory; null: it fails instead. */
  readonly spill: string | null;
}

/** Types of columns that rows are gathered in. */
export const ROW_TYPES = ["BIGINT", "UBIGINT", "UINTEGER", "UTINYINT", "DOUBLE", "DECIMAL(38,18)"] as const;
export type RowType = (typeof ROW_TYPES)[number];

/** A value as it is printed: text for everything that is no number, boolean or NULL; 64-bit integers and decimals as text. */
export type Cell = string | number | boolean | null;

export interface Answer {
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** What DuckDB says of a statement or a file it cannot read, in its own words. */
export class DuckError extends Error {
  override readonly name = "DuckError";
}

/** A database in memory. */
export class Duck {
  readonly #api: Api;
  readonly #connection: Connection;
  readonly #close: () => void;

  private constructor(api: Api, connection: Connection, close: () => void) {
    this.#api = api;
    this.#connection = connection;
    this.#close = close;
  }

  static async open({ threads, memoryMiB, spill }: DuckSettings): Promise<Duck> {
    const api = await load();
    const instance = await api.DuckDBInstance.create(":memory:", {
      threads: String(threads),
      memory_limit: `${memoryMiB}MiB`,
      temp_directory: spill ?? "",
      // Nothing is ever fetched from the network.
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      preserve_insertion_order: "true",
    });
    const connection = await instance.connect();
    const duck = new Duck(api, connection, () => {
      connection.closeSync();
      instance.closeSync();
    });
    await duck.run("SET TimeZone = 'UTC'");
    return duck;
  }

  /** Rows a chunk holds. */
  get chunkRows(): number {
    return this.#api.DuckDBVector.standardSize();
  }

  /** Runs a statement off the calling thread and returns how many rows it wrote. Throws DuckError. */
  async run(sql: string): Promise<number> {
    try {
      return (await this.#connection.run(sql)).rowsChanged;
    } catch (error) {
      throw asDuckError(error);
    }
  }

  /** The whole answer to a query. Throws DuckError. */
  async ask(sql: string): Promise<Answer> {
    try {
      const reader = await this.#connection.runAndReadAll(sql);
      const types = reader.columnTypes().map(String);
      return { names: reader.columnNames(), types, rows: cellsOf(reader.getRows()) };
    } catch (error) {
      throw asDuckError(error);
    }
  }

  /**
   * The answer to a query piece by piece: `begin` with its columns, then `take` for every piece, which is awaited.
   * Throws DuckError, also when it was interrupted.
   */
  async stream(
    sql: string,
    begin: (names: readonly string[], types: readonly string[]) => void,
    take: (rows: readonly (readonly Cell[])[]) => Promise<void>,
  ): Promise<void> {
    try {
      const result = await this.#connection.stream(sql);
      begin(result.columnNames(), result.columnTypes().map(String));
      for await (const rows of result.yieldRows()) await take(cellsOf(rows));
    } catch (error) {
      throw asDuckError(error);
    }
  }

  /** Kind of each statement in a text: SELECT, INSERT, COPY ... Throws DuckError for a text that is no SQL. */
  async kindsOf(sql: string): Promise<string[]> {
    try {
      const statements = await this.#connection.extractStatements(sql);
      const kinds: string[] = [];
      for (let i = 0; i < statements.count; i++) {
        const { statementType } = await statements.prepare(i);
        kinds.push(this.#api.StatementType[statementType] ?? "UNKNOWN");
      }
      return kinds;
    } catch (error) {
      throw asDuckError(error);
    }
  }

  /** How much of the running statement is done, 0 to 1; below 0 when it is not known. */
  get progress(): number {
    return this.#connection.progress.percentage / 100;
  }

  /** The running statement ends with a DuckError. */
  interrupt(): void {
    this.#connection.interrupt();
  }

  /** Makes a table and what fills it. */
  async rows(table: string, columns: readonly (readonly [name: string, type: RowType])[]): Promise<DuckRows> {
    const names = columns.map(([name, type]) => `${name} ${type}`);
    await this.run(`CREATE TABLE ${table} (${names.join(", ")})`);
    const appender = await this.#connection.createAppender(table);
    const types = columns.map((_, i) => appender.columnType(i));
    const chunk = this.#api.DuckDBDataChunk.create(types, this.chunkRows);
    return new DuckRows(chunk, columns.length, {
      append: () => appender.appendDataChunk(chunk),
      close: () => appender.closeSync(),
    });
  }

  /** Makes a table of texts and whole numbers from whole columns. Cold. */
  async table(table: string, columns: readonly TextColumn[]): Promise<void> {
    const names = columns.map(
      ({ name, values }) => `${name} ${typeof values[0] === "bigint" ? "BIGINT" : "VARCHAR"}`,
    );
    await this.run(`CREATE TABLE ${table} (${names.join(", ")})`);
    const appender = await this.#connection.createAppender(table);
    const types = columns.map((_, i) => appender.columnType(i));
    const rows = columns[0]!.values.length;
    for (let from = 0; from < rows; from += this.chunkRows) {
      const count = Math.min(this.chunkRows, rows - from);
      const chunk = this.#api.DuckDBDataChunk.create(types, count);
      chunk.setColumns(columns.map(({ values }) => values.slice(from, from + count)));
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  close(): void {
    this.#close();
  }
}

/** Whole numbers, or texts. */
export interface TextColumn {
  readonly name: string;
  readonly values: readonly bigint[] | readonly string[];
}

/** Memory of one column of a chunk. What is not of the column's width lies over the same bytes all the same. */
export class DuckColumn {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly u8: Uint8Array;
  /** One bit a row, as words; a row whose bit is 0 is NULL. */
  readonly valid: Int32Array;
  readonly flush: () => void;

  constructor(chunk: Chunk, index: number) {
    const vector = chunk.getColumnVector(index);
    const items = memoryOf(vector);
    // NULL once, so that the column has bits at all.
    vector.setItem(0, null);
    this.u8 = new Uint8Array(items.buffer, items.byteOffset, items.byteLength);
    this.i32 = new Int32Array(items.buffer, items.byteOffset, items.byteLength >> 2);
    this.f64 = new Float64Array(items.buffer, items.byteOffset, items.byteLength >> 3);
    const bits = bitsOf(vector);
    this.valid = new Int32Array(bits.buffer, bits.byteOffset, bits.byteLength >> 2).fill(-1);
    this.flush = () => vector.flush();
  }

  setNull(row: number): void {
    this.valid[row >> 5]! &= ~(1 << (row & 31));
  }
}

/** Fills a table chunk by chunk, column by column. */
export class DuckRows {
  readonly columns: readonly DuckColumn[];
  readonly #chunk: Chunk;
  readonly #appender: { append(): void; close(): void };

  constructor(chunk: Chunk, columns: number, appender: { append(): void; close(): void }) {
    this.#chunk = chunk;
    this.#appender = appender;
    this.columns = Array.from({ length: columns }, (_, i) => new DuckColumn(chunk, i));
  }

  /** Appends the first `count` rows of the columns' memory, which is then used again; every row of it is valid. */
  append(count: number): void {
    for (const column of this.columns) column.flush();
    this.#chunk.rowCount = count;
    try {
      this.#appender.append();
    } catch (error) {
      throw asDuckError(error);
    }
    for (const column of this.columns) column.valid.fill(-1);
  }

  /** Everything appended is in the table. */
  close(): void {
    this.#appender.close();
  }
}

/** Where a vector of fixed width keeps its values. Its classes call it by two names, and neither is in their types. */
function memoryOf(vector: object): ArrayBufferView<ArrayBuffer> {
  const { items, dataView } = vector as { items?: unknown; dataView?: unknown };
  const view = items ?? dataView;
  if (!ArrayBuffer.isView(view))
    throw new Error(`expected a vector with memory, saw ${vector.constructor.name}; pin @duckdb/node-api`);
  return view as ArrayBufferView<ArrayBuffer>;
}

function bitsOf(vector: object): ArrayBufferView<ArrayBuffer> {
  const data = (vector as { validity?: { data?: unknown } }).validity?.data;
  if (!ArrayBuffer.isView(data))
    throw new Error(`expected validity bits of ${vector.constructor.name}; pin @duckdb/node-api`);
  return data as ArrayBufferView<ArrayBuffer>;
}

function cellsOf(rows: readonly (readonly unknown[])[]): Cell[][] {
  return rows.map((row) => row.map(cellOf));
}

function cellOf(value: unknown): Cell {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  return typeof value === "number" ? value : String(value);
}

/** Its message without the empty lines and the pointer into a statement that nobody wrote. */
function asDuckError(error: unknown): DuckError {
  const text = error instanceof Error ? error.message : String(error);
  return new DuckError(text.trim(), { cause: error });
}
