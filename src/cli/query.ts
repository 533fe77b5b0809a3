import type { Program } from "./program.ts";
import { ProgressBar } from "./progress-bar.ts";
import { textTable } from "./text-table.ts";
import type { FileFormat, LakeQuery, Taker } from "../app/lake/query.ts";
import type * as rendering from "../app/lake/render.ts";

interface Options {
  readonly data?: string;
  readonly format?: string;
  readonly output?: string;
  readonly describe?: boolean;
}

const FORMATS = ["table", "csv", "json", "ndjson", "parquet"];
/** Nothing is shown of what is done by then. */
const PATIENCE_MS = 500;
/** Rows of a table on the screen. */
const MANY_ROWS = 5000;

const HELP = `
Examples:
  feedhorn query "SELECT venue, symbol, count(*) AS trades, sum(size) AS volume FROM trades GROUP BY ALL ORDER BY trades DESC"
  feedhorn query "SELECT * FROM bars_1m WHERE instrument = 'BTC-USDT' ORDER BY ts DESC LIMIT 10"
  feedhorn query "SELECT * FROM trades WHERE date = '2026-11-21' AND hour = 14 AND venue = 'kraken'" --format csv > trades.csv
  feedhorn query "SELECT venue, quantile_cont(epoch_us(ts_recv) - epoch_us(ts_event), 0.99) AS p99_us FROM quotes GROUP BY ALL"
  feedhorn query "SELECT * FROM book_deltas WHERE symbol = 'XBT/USD' ORDER BY lane, seq" --output books.parquet
  feedhorn query --describe

The SQL is DuckDB's. Times are UTC; prices and sizes are exact decimals. Filter by date and hour where you can: those of other hours
are then not read. A gateway writes to the lake once a minute, so the newest minute is not in it yet.
The lake is read only; no server is needed, and one that is running is not disturbed. docs/lake.md
`;

/** `query`: SQL over the Parquet lake. */
export function register(program: Program): void {
  program
    .command("query")
    .description("ask the lake: SQL over everything that was recorded")
    .argument("[sql]", "one question (SELECT ...); - reads it from standard input")
    .option("--data <folder>", "data folder of the gateway (default: data, or data/demo)")
    .option("--format <format>", `${FORMATS.join(", ")} (default: table, or by the name of --output)`)
    .option("--output <file>", "write the answer to a file")
    .option("--describe", "list what can be asked, with columns")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(sql: string | undefined, options: Options): Promise<void> {
  const { UsageError } = await import("./program.ts");
  if (options.describe === true) return describe(sql);
  if (sql === undefined)
    throw new UsageError(
      'expected a question, as in feedhorn query "SELECT ..."; --describe lists what can be asked',
    );
  const format = formatOf(options);
  if (!FORMATS.includes(format))
    throw new UsageError(`--format: expected one of ${FORMATS.join(", ")}, saw "${format}"`);
  if (format === "parquet" && options.output === undefined)
    throw new UsageError("--format parquet: expected --output with the name of a file");
  await answer(sql === "-" ? await standardInput() : sql, format, options);
}

/** What was said, or what the name of the file says. */
function formatOf({ format, output }: Options): string {
  if (format !== undefined) return format;
  const ending = /\.(csv|json|ndjson|parquet)$/.exec(output ?? "")?.[1];
  return ending ?? (output === undefined ? "table" : "csv");
}

async function answer(sql: string, format: string, { data, output }: Options): Promise<void> {
  const { lakePlace } = await import("../app/lake/place.ts");
  const { LakeQuery } = await import("../app/lake/query.ts");
  const { dir, note } = lakePlace(data);
  if (note !== null) process.stderr.write(`${note}\n`);
  const lake = await LakeQuery.open(dir);
  const stop = showProgress(lake);
  try {
    if (output === undefined) await show(lake, sql, format, stop);
    else await write(lake, sql, output, format);
  } finally {
    stop();
    lake.close();
  }
  for (const { file, reason } of lake.refused) process.stderr.write(`left out: ${file}: ${reason}\n`);
}

/** A bar for what takes longer than a moment; returns what takes it away. */
function showProgress(lake: LakeQuery): () => void {
  const bar = new ProgressBar("query");
  const timer = setInterval(() => bar.at(Math.max(0, lake.progress)), PATIENCE_MS);
  return () => {
    clearInterval(timer);
    bar.end();
  };
}

async function write(lake: LakeQuery, sql: string, output: string, format: string): Promise<void> {
  const rows = await lake.write(sql, output, format === "table" ? "csv" : (format as FileFormat));
  process.stderr.write(`${rows} rows in ${output}\n`);
}

async function show(lake: LakeQuery, sql: string, format: string, stop: () => void): Promise<void> {
  const render = await import("../app/lake/render.ts");
  const taker = format === "table" ? tableTaker(render, stop) : lineTaker(render, format, stop);
  await lake.stream(sql, taker);
  await taker.end();
}

type Render = typeof rendering;
type EndTaker = Taker & { end(): Promise<void> };

/** Rows as they come. */
function lineTaker({ csvLine, csvText, rowJson }: Render, format: string, stop: () => void): EndTaker {
  let names: readonly string[] = [];
  let types: readonly string[] = [];
  let count = 0;
  const line = (row: Parameters<typeof csvLine>[1]): string => {
    const comma = count++ === 0 ? "" : ",\n";
    if (format === "csv") return csvLine(types, row);
    return format === "json" ? comma + rowJson(names, types, row) : `${rowJson(names, types, row)}\n`;
  };
  return {
    begin: (all, kinds) => {
      names = all;
      types = kinds;
      stop();
      if (format === "csv") process.stdout.write(`${names.map(csvText).join(",")}\n`);
      if (format === "json") process.stdout.write("[");
    },
    take: (rows) => print(rows.map(line).join("")),
    end: () => print(format === "json" ? "]\n" : ""),
  };
}

/** A table, once all of it is known. */
function tableTaker({ cellText }: Render, stop: () => void): EndTaker {
  let names: readonly string[] = [];
  let types: readonly string[] = [];
  const cells: (string | number | null)[][] = [];
  let count = 0;
  return {
    begin: (all, kinds) => {
      names = all;
      types = kinds;
    },
    take: async (rows) => {
      count += rows.length;
      for (const row of rows.slice(0, MANY_ROWS - cells.length))
        cells.push(
          row.map((cell, i) =>
            typeof cell === "number" || cell === null ? cell : cellText(cell, types[i]!, "-"),
          ),
        );
    },
    end: async () => {
      stop();
      const right = types.map((type) => /^(DECIMAL|U?(BIG|HUGE|SMALL|TINY)?INT|DOUBLE|FLOAT)/.test(type));
      await print(`${textTable(names, cells, right)}\n`);
      const more =
        count > cells.length ? `; the first ${cells.length} are shown, --format csv gives all` : "";
      process.stderr.write(`${count} rows${more}\n`);
    },
  };
}

/** Waits where the reader of our output is slow. */
async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await new Promise((resolve) => process.stdout.once("drain", resolve));
}

async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/** All views, or one with its columns. */
async function describe(name: string | undefined): Promise<void> {
  const { VIEWS } = await import("../app/lake/views.ts");
  const { UsageError } = await import("./program.ts");
  const some = name === undefined ? VIEWS : VIEWS.filter((view) => view.name === name);
  if (some.length === 0)
    throw new UsageError(`expected one of ${VIEWS.map((view) => view.name).join(", ")}, saw "${name}"`);
  const texts = some.map(({ name: title, doc, columns }) => {
    const table = textTable(
      ["column", "type", ""],
      columns.map((one) => [one.name, one.type, one.doc]),
    );
    return `${title}: ${doc}\n${table.replace(/^/gm, "  ")}`;
  });
  process.stdout.write(`${texts.join("\n\n")}\n`);
}
