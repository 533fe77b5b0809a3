/** One of the two writers of bench/lake.ts, in a process of its own: `lake` or `row appender`, and the bench's folder. */
import * as fs from "node:fs";
import * as path from "node:path";
import duckdb from "@duckdb/node-api";
import { Gatherer } from "../src/app/sinks/gatherer.ts";
import { DOUBLE, slotInstrument, slotKind, slotSide, WORD } from "../src/log/index.ts";
import { KIND } from "../src/model/index.ts";
import type { SinkHost, SlotBatch } from "../src/sinks/index.ts";
import { parquet } from "../src/sinks/parquet.ts";
import { openLossless } from "../src/store/index.ts";

const [, , name, dir] = process.argv as [string, string, string, string];
const BATCH_SLOTS = 65_536;
const target = path.join(dir, name.replace(" ", "-"));

process.on("message", async () => {
  const [start, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
  const rows = await (name === "lake" ? lakeRound() : rowRound());
  const ns = Number(process.hrtime.bigint() - start);
  const { user, system } = process.cpuUsage(cpu);
  const peakRss = process.resourceUsage().maxRSS * 1024;
  process.send!({ rows, ns, cpuNs: (user + system) * 1000, peakRss, bytes: bytesIn(target) });
  fs.rmSync(target, { recursive: true });
});

async function eachBatch(take: (batch: SlotBatch) => Promise<void>, most = Infinity): Promise<number> {
  const reader = openLossless({ journal: path.join(dir, "journal"), region: null, from: 0 });
  const gatherer = new Gatherer({
    lane: "main",
    reader,
    wanted: { kinds: -1, venues: null },
    slots: BATCH_SLOTS,
    from: 0,
  });
  let rows = 0;
  for (let batch = gatherer.gather(false); batch !== null && rows < most; batch = gatherer.gather(false)) {
    await take(batch);
    rows += batch.count;
    gatherer.done();
  }
  reader.close();
  return rows;
}

async function lakeRound(): Promise<number> {
  const host: SinkHost = {
    name: "parquet",
    lanes: ["main"],
    data: target,
    secrets: {},
    report: (level, message) => process.stderr.write(`${level}: ${message}\n`),
    state: () => undefined,
    figure: () => undefined,
  };
  const sink = await parquet.open(
    { layout: "lake", buffer_bytes: 64 << 20, compact: false, keep_days: 0 },
    host,
  );
  const rows = await eachBatch(async (batch) => {
    if ((await sink.write(batch)) === "full") await sink.flush();
  });
  await sink.flush();
  await sink.close();
  return rows;
}

const HEAD =
  "seq BIGINT, slots SMALLINT, lane VARCHAR, venue VARCHAR, symbol VARCHAR, instrument VARCHAR, ts_event TIMESTAMP_NS, ts_recv TIMESTAMP_NS";
const FLAGS = "snapshot BOOLEAN, recovered BOOLEAN, gap BOOLEAN, invalid BOOLEAN, duplicate BOOLEAN";
const D = "DECIMAL(38,18)";
const TABLES = {
  trades: `id UBIGINT, price ${D}, size ${D}, side VARCHAR`,
  quotes: `update_id UBIGINT, bid_price ${D}, bid_size ${D}, ask_price ${D}, ask_size ${D}`,
  books: `venue_seq UBIGINT, venue_prev_seq UBIGINT, price ${D}, size ${D}, side VARCHAR`,
};
const SCALE = 10n ** 18n;

type Appender = Awaited<
  ReturnType<Awaited<ReturnType<typeof duckdb.DuckDBConnection.create>>["createAppender"]>
>;

async function rowRound(): Promise<number> {
  const instance = await duckdb.DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  fs.mkdirSync(target);
  const appenders: Record<string, Appender> = {};
  for (const [table, columns] of Object.entries(TABLES)) {
    await connection.run(`CREATE TABLE ${table} (${HEAD}, ${columns}, ${FLAGS})`);
    appenders[table] = await connection.createAppender(table);
  }
  const rows = await eachBatch(async (batch) => appendRows(batch, appenders), 2 * BATCH_SLOTS);
  for (const [table, appender] of Object.entries(appenders)) {
    appender.closeSync();
    await connection.run(
      `COPY ${table} TO '${target}/${table}.parquet' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)`,
    );
  }
  connection.closeSync();
  instance.closeSync();
  return rows;
}

function appendRows(batch: SlotBatch, appenders: Record<string, Appender>): void {
  const { slots } = batch;
  for (let i = 0; i < batch.count; i++) {
    const word = i << 4;
    const kind = slotKind(slots, word);
    const to = appenders[kind === KIND.TRADE ? "trades" : kind === KIND.QUOTE ? "quotes" : "books"]!;
    appendHead(to, batch, i);
    to.appendUBigInt(longAt(batch, word + (kind === KIND.QUOTE ? WORD.QUOTE_ID : WORD.SEQ)));
    if (kind === KIND.BOOK) to.appendUBigInt(longAt(batch, word + WORD.PREV_SEQ));
    const figures = kind === KIND.QUOTE ? 4 : 2;
    for (let k = 0; k < figures; k++) to.appendDecimal(decimal(slots.f64[(word >> 1) + DOUBLE.PRICE + k]!));
    if (kind !== KIND.QUOTE) to.appendVarchar(slotSide(slots, word) === 1 ? "buy" : "sell");
    for (let k = 0; k < 5; k++) to.appendBoolean(false);
    to.endRow();
  }
}

function appendHead(to: Appender, batch: SlotBatch, i: number): void {
  const row = batch.rows.instrument(slotInstrument(batch.slots, i << 4))!;
  to.appendBigInt(BigInt(batch.seqs[i]!));
  to.appendSmallInt(1);
  for (const text of ["main", "binance", row.symbol, row.canonical]) to.appendVarchar(text);
  for (const at of [WORD.TS_EVENT, WORD.TS_RECV])
    to.appendTimestampNanoseconds(new duckdb.DuckDBTimestampNanosecondsValue(longAt(batch, (i << 4) + at)));
}

function longAt({ slots }: SlotBatch, word: number): bigint {
  return (BigInt(slots.i32[word + 1]! >>> 0) << 32n) | BigInt(slots.i32[word]! >>> 0);
}

/** Five decimals are all there are in this market. */
function decimal(value: number): InstanceType<typeof duckdb.DuckDBDecimalValue> {
  return new duckdb.DuckDBDecimalValue((BigInt(Math.round(value * 1e5)) * SCALE) / 100_000n, 38, 18);
}

function bytesIn(folder: string): number {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath, entry.name)).size, 0);
}
