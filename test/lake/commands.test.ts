import * as fs from "node:fs";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VIEWS } from "../../src/app/lake/views.ts";
import { call } from "../cli-rig.ts";
import { parquet } from "../../src/sinks/parquet.ts";
import { FLAG, KIND } from "../../src/model/index.ts";
import { hostOf, LAKE_OPTIONS, NOON_NS, SlotMaker, temporaryFolder } from "./rig.ts";

const root = temporaryFolder("feedhorn-query-", afterAll);
const data = path.join(root, "data");
const MS = 1_000_000n;

/** Four trades over the turn of a minute, of which one came twice, and three quotes: good, locked, crossed. */
beforeAll(async () => {
  const { host } = hostOf(data);
  const sink = await parquet.open(LAKE_OPTIONS, host);
  const maker = new SlotMaker();
  const trade = (ms: bigint, price: number, size: number, flags = 0): void => {
    const event = NOON_NS + ms * MS;
    maker.slot(KIND.TRADE, { event, recv: event + 2n * MS, flags: FLAG.LAST | flags }, (view, at) => {
      view.setFloat64(at + 24, price, true);
      view.setFloat64(at + 32, size, true);
      view.setBigUint64(at + 40, 7n + ms, true);
      view.setUint8(at + 56, 1);
    });
  };
  trade(0n, 100.1, 1);
  trade(100n, 100.3, 2);
  trade(100n, 100.3, 2, FLAG.DUPLICATE);
  trade(50n, 99.9, 1, FLAG.RECOVERED);
  trade(180_600n, 101, 0.5);
  for (const [bid, ask] of [
    [100, 101],
    [100, 100],
    [102, 101],
  ] as const)
    maker.slot(KIND.QUOTE, {}, (view, at) => {
      [bid, 1, ask, 1].forEach((value, i) => view.setFloat64(at + 24 + 8 * i, value, true));
    });
  await sink.write(maker.batch(0));
  await sink.flush();
  await sink.close();
});

const query = (sql: string, ...more: string[]) => call(["query", sql, "--data", data, ...more]);

describe("query", () => {
  it("prints a table with numbers to the right", async () => {
    const { status, stdout, stderr } = await query("SELECT id, price, size, side FROM trades ORDER BY seq");
    expect([status, stderr]).toEqual([0, "5 rows\n"]);
    expect(stdout.split("\n")).toEqual([
      "    id  price  size  side",
      "     7  100.1     1  buy",
      "   107  100.3     2  buy",
      "   107  100.3     2  buy",
      "    57   99.9     1  buy",
      "180607    101   0.5  buy",
      "",
    ]);
  });

  it("makes bars of trades by the venue's clock, without duplicates", async () => {
    const { stdout } = await query("SELECT * FROM bars_1m ORDER BY ts", "--format", "ndjson");
    const bar = { venue: "binance", symbol: "BTCUSDT", instrument: "BTC-USDT" };
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toEqual([
      {
        ...bar,
        ts: "2025-11-21 10:59:00",
        open: 100.1,
        high: 100.3,
        low: 99.9,
        close: 100.3,
        volume: 4,
        vwap: (100.1 + 200.6 + 99.9) / 4,
        trades: 3,
      },
      {
        ...bar,
        ts: "2025-11-21 11:03:00",
        open: 101,
        high: 101,
        low: 101,
        close: 101,
        volume: 0.5,
        vwap: 101,
        trades: 1,
      },
    ]);
  });

  it.each([
    ["csv", 'a,b,c\n"x,""y""",0.1,\n'],
    ["json", '[{"a":"x,\\"y\\"","b":0.1,"c":null}]\n'],
    ["ndjson", '{"a":"x,\\"y\\"","b":0.1,"c":null}\n'],
  ])("prints %s", async (format, expected) => {
    const { stdout } = await query(
      `SELECT 'x,"y"' AS a, 0.100::DECIMAL(9,3) AS b, NULL AS c`,
      "--format",
      format,
    );
    expect(stdout).toBe(expected);
  });

  it.each(["csv", "json", "ndjson", "parquet"])("writes a file of %s by its name", async (ending) => {
    const output = path.join(root, `out.${ending}`);
    const { status, stderr } = await query("SELECT seq, price FROM trades", "--output", output);
    expect([status, stderr]).toEqual([0, `5 rows in ${output}\n`]);
    const read = ending === "ndjson" ? `read_json('${output}', format = 'newline_delimited')` : `'${output}'`;
    const { stdout } = await query(
      `SELECT sum(seq)::INTEGER AS s, sum(price)::DECIMAL(9,1) AS p FROM ${read}`,
      "--format",
      "csv",
    );
    expect(stdout).toBe("s,p\n10,501.6\n");
  });

  it.each([
    [
      "DROP VIEW trades",
      "expected a question (SELECT, WITH, DESCRIBE, EXPLAIN), saw DROP: the lake is read only",
    ],
    [`COPY (SELECT 1) TO '${root}/x'`, "saw COPY: the lake is read only"],
    ["SELECT 1; SELECT 2", "expected one question, saw 2 statements"],
    ["SELECT * FROM trade", "Table with name trade does not exist"],
    ["SELEC 1", 'syntax error at or near "SELEC"'],
  ])("%s fails with exit code 1", async (sql, words) => {
    const { status, stdout, stderr } = await query(sql);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(fs.existsSync(`${root}/x`)).toBe(false);
  });

  it.each([
    [["query"], "expected a question"],
    [
      ["query", "SELECT 1", "--format", "xml"],
      '--format: expected one of table, csv, json, ndjson, parquet, saw "xml"',
    ],
    [["query", "SELECT 1", "--format", "parquet"], "--format parquet: expected --output"],
    [
      ["query", "--describe", "trade"],
      "expected one of trades, quotes, book_deltas, book_snapshots, tickers, stats",
    ],
  ])("%j is called wrongly: exit code 2", async (args, words) => {
    const { status, stderr } = await call(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(words)]);
  });

  it("says where it looked when there is no lake", async () => {
    const { status, stderr } = await call(["query", "SELECT 1", "--data", path.join(root, "none")]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`expected a lake in ${root}/none/lake, saw none`),
    ]);
  });

  it("takes every view there is, also without a row, with the columns that --describe lists", async () => {
    for (const view of VIEWS) {
      const { stdout } = await query(
        `SELECT column_name, column_type FROM (DESCRIBE "${view.name}")`,
        "--format",
        "csv",
      );
      const seen = stdout
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.replaceAll('"', ""));
      expect(seen, view.name).toEqual(view.columns.map(({ name, type }) => `${name},${type}`));
      const { stdout: told } = await call(["query", "--describe", view.name]);
      for (const { name, type } of view.columns)
        expect(told).toMatch(new RegExp(`${name} +${type.replaceAll(/[()]/g, "\\$&")}`));
    }
  });
});

describe("report", () => {
  it("tells coverage, sequence, gaps, VWAP, latency, flags and crossed quotes", async () => {
    const { status, stdout } = await call(["report", "--data", data, "--json"]);
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as Record<string, Record<string, unknown>[]>;
    const id = { venue: "binance", symbol: "BTCUSDT" };
    expect(report["coverage"]!.map(({ hour, trades, quotes }) => [hour, trades, quotes])).toEqual([
      [10, 4, 3],
      [11, 1, 0],
    ]);
    expect(report["sequence"]).toEqual([
      { lane: "main", first: 0, end: 8, slots: 8, missing: 0, twice: 0, named_holes: 0, slots_in_holes: 0 },
    ]);
    expect(report["gaps"]![0]).toEqual({
      ...id,
      channel: "trade",
      first: "2025-11-21 10:59:00",
      last: "2025-11-21 11:03:00",
      minutes: 2,
      gap_minutes: 3,
      longest: 3,
    });
    expect(report["prices"]).toEqual([
      { ...id, instrument: "BTC-USDT", trades: 4, volume: 4.5, vwap: 100.24444444, low: 99.9, high: 101 },
    ]);
    expect(report["latency"]!.map(({ channel, n, p50, max }) => [channel, n, p50, max])).toEqual([
      ["quote", 3, 1.5, 1.5],
      ["trade", 4, 2, 2],
    ]);
    expect(report["quality"]!.map(({ kind, recovered, duplicate }) => [kind, recovered, duplicate])).toEqual([
      ["quotes", 0, 0],
      ["trades", 1, 1],
    ]);
    expect(report["crossed"]).toEqual([{ ...id, quotes: 3, crossed: 1, locked: 1, one_sided: 0 }]);
  });

  it("is about a time and an instrument where it is told so", async () => {
    const args = ["report", "--data", data, "--json", "--from", "2025-11-21T11:00Z"];
    const late = JSON.parse((await call([...args, "--symbol", "BTC-USDT"])).stdout) as Record<
      string,
      { trades: number }[]
    >;
    expect(late["prices"]!.map(({ trades }) => trades)).toEqual([1]);
    const none = JSON.parse((await call([...args, "--venue", "okx"])).stdout) as Record<string, unknown[]>;
    expect(none["prices"]).toEqual([]);
  });

  it("prints tables", async () => {
    const { stdout } = await call(["report", "--data", data]);
    expect(stdout).toContain(
      "Quotes whose bid is at or above their offer\n  venue    symbol   quotes  crossed  locked  one sided\n",
    );
    expect(stdout).toContain("  binance  BTCUSDT       3        1       1          0\n");
  });
});
