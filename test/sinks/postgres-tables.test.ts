import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { checkConfig } from "../../src/app/config.ts";
import { plainText } from "../../src/model/index.ts";
import type { OpenSink, Sink } from "../../src/sinks/index.ts";
import { postgres } from "../../src/sinks/postgres.ts";
import { dateOf, dayAt, partitionName } from "../../src/sinks/postgres/days.ts";
import { feedOf } from "../contracts/sink-feed.ts";
import { sharedService } from "../services/share.ts";
import { asked } from "./postgres-trial.ts";

const EVENTS = 300;

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

describe("tables of PostgreSQL", () => {
  const shared = sharedService("postgres", { password: "p%rl/of-w&ods 7" });
  const here = shared.missing === null ? it : it.skip;
  let words = 0;
  const figures = new Map<string, number>();

  /** A sink on a schema; of the same word again the one from before. */
  async function open(word: string, more: object = {}): Promise<OpenSink> {
    const dir = mkdtempSync(join(tmpdir(), "feedhorn-pg-"));
    dirs.push(dir);
    mkdirSync(join(dir, "data"));
    const { host, port } = shared.service;
    const lanes = [{ name: "a", feeds: [{ venue: "kraken", symbols: ["BTC/USD"], channels: ["trade"] }] }];
    const sink = { type: "postgres", name: "pg", host, port, password_env: "PG", schema: word, ...more };
    const env = { PG: shared.service.password! };
    const config = checkConfig({ data: { dir: join(dir, "data") }, lanes, sinks: [sink] }, "test", env);
    return (postgres as Sink).open(config.sinks[0]!, {
      name: "pg",
      lanes: ["a"],
      data: join(dir, "data"),
      secrets: { password_env: env.PG },
      report: () => undefined,
      state: () => undefined,
      figure: (_, name, __, value) => void figures.set(name, value),
    });
  }

  async function count(table: string): Promise<number> {
    const [row] = await asked(shared.service, `SELECT count(*)::int AS n FROM ${table}`);
    return Number(row!["n"]);
  }

  async function days(word: string, table: string): Promise<string[]> {
    const rows = await asked(
      shared.service,
      `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = '"${word}"."${table}"'::regclass ORDER BY 1`,
    );
    return rows.map(({ relname }) => String(relname));
  }

  const next = (): string => `t${++words}`;

  here("hold the digits of the venue, of every number", async () => {
    const word = next();
    const feed = feedOf("a", EVENTS, 21);
    const values = [0.1, 43_210.1, 1e-8, 1e-19, 123_456_789_012_345.6, 1e22, 5e-324, 0.30000000000000004];
    const batch = feed.batch(0, EVENTS);
    const trades = feed.starts.filter((_, i) => i < EVENTS && batch.slots.u8[feed.starts[i]! * 64] === 1);
    values.forEach((value, i) => {
      batch.slots.f64[trades[i]! * 8 + 3] = value;
    });
    const sink = await open(word);
    await sink.write(batch);
    await sink.flush();
    await sink.close();
    const rows = await asked(
      shared.service,
      `SELECT price::text, id::text FROM ${word}.trades ORDER BY log_seq LIMIT ${values.length}`,
    );
    expect(rows.map(({ price }) => price)).toEqual(values.map(plainText));
  });

  here("marks that are lost: what comes again is left as it is, and counted", async () => {
    const word = next();
    const feed = feedOf("a", EVENTS, 22);
    const first = await open(word);
    await first.write(feed.batch(0, 200));
    await first.flush();
    await first.close();
    const trades = await count(`${word}.trades`);
    await asked(
      shared.service,
      `DELETE FROM ${word}.feedhorn_marks; UPDATE ${word}.trades SET side = 'kept'`,
    );
    const again = await open(word);
    expect(again.resumeAt?.("a")).toBe(null);
    await again.write(feed.batch(0, EVENTS));
    expect((await again.flush())["a"]).toBe(feed.count);
    await again.close();
    const repeated = await asked(
      shared.service,
      `SELECT count(*)::int AS n FROM ${word}.trades WHERE side = 'kept'`,
    );
    expect(repeated[0]!["n"]).toBe(trades);
    expect(await count(`${word}.trades`)).toBeGreaterThan(trades);
    // Every event but the options' covers one slot a row.
    expect(figures.get("postgres_repeated_rows_total")).toBeGreaterThan(200);
  });

  here(
    "of two writers of one name the second finds that the first was there, and writes nothing",
    async () => {
      const word = next();
      const feed = feedOf("a", EVENTS, 23);
      const [one, two] = [await open(word), await open(word)];
      await one.write(feed.batch(0, 100));
      await one.flush();
      await two.write(feed.batch(0, 50));
      await expect(two.flush()).rejects.toThrow(/expected lane a of pg at no mark, .*saw that it was moved/);
      await one.write(feed.batch(100, 200));
      expect((await one.flush())["a"]).toBe(feed.starts[200]);
      await Promise.all([one.close(), two.close()]);
      const [row] = await asked(
        shared.service,
        `SELECT count(*)::int AS n, count(DISTINCT log_seq)::int AS seqs FROM ${word}.trades`,
      );
      expect(row).toEqual({ n: 20, seqs: 20 });
    },
  );

  here(
    "days are made ahead and on demand; those older than keep_days are dropped, younger ones stay",
    async () => {
      const word = next();
      const today = dayAt(Date.now());
      const first = await open(word);
      await first.close();
      const ahead = [0, 1, 2].map((i) => partitionName("trades", today + i));
      expect(await days(word, "trades")).toEqual(ahead);
      for (const age of [9, 8, 6]) {
        const [from, to] = [dateOf(today - age), dateOf(today - age + 1)];
        await asked(
          shared.service,
          `CREATE TABLE ${word}.${partitionName("trades", today - age)} PARTITION OF ${word}.trades FOR VALUES FROM ('${from} 00:00+00') TO ('${to} 00:00+00')`,
        );
      }
      const feed = feedOf("a", 20, 24);
      const sink = await open(word, { keep_days: 7 });
      expect(await days(word, "trades")).toEqual([partitionName("trades", today - 6), ...ahead]);
      await sink.write(feed.batch(0, 20));
      await sink.flush();
      await sink.close();
      expect(await days(word, "trades")).toContain("trades_p20231114");
    },
  );

  here("layout gemini: the trades of the lane as integers, once", async () => {
    const word = next();
    const feed = feedOf("a", EVENTS, 25);
    const sink = await open(word, { layout: "gemini" });
    await sink.write(feed.batch(0, 150));
    await sink.write(feed.batch(150, EVENTS));
    expect((await sink.flush())["a"]).toBe(feed.count);
    await sink.close();
    const rows = await asked(
      shared.service,
      `SELECT ts_ms::text, price_u::text, qty_u::text, side, lane, log_seq::text FROM ${word}.trades ORDER BY trades.log_seq`,
    );
    const trades = feed.starts.slice(0, -1).filter((at) => feed.slots.u8[at * 64] === 1);
    expect(rows.map(({ log_seq }) => Number(log_seq))).toEqual(trades);
    const micro = (value: number): string => String(Math.round(value * 1e6));
    expect(rows[3]).toEqual({
      ts_ms: String(Number(rows[3]!["ts_ms"])),
      price_u: micro(feed.slots.f64[trades[3]! * 8 + 3]!),
      qty_u: micro(feed.slots.f64[trades[3]! * 8 + 4]!),
      side: "buy",
      lane: "a",
      log_seq: String(trades[3]),
    });
  });

  here("a table of another shape is told in words", async () => {
    const word = next();
    await asked(
      shared.service,
      `CREATE SCHEMA ${word}; CREATE TABLE ${word}.trades (ts_ms bigint, price_u text)`,
    );
    await expect(open(word, { layout: "gemini" })).rejects.toThrow(
      /table t\d+\.trades: column symbol: expected text, saw no such column; alter the table/,
    );
    await expect(open(next(), { create: false })).rejects.toThrow(
      /expected it to be there, saw none; make it/,
    );
  });

  here("where TimescaleDB is installed (a stand-in here) its functions are called", async () => {
    const word = next();
    const [row] = await asked(shared.service, "SHOW server_version_num");
    expect(Number(row!["server_version_num"])).toBeGreaterThanOrEqual(140_000);
    await standIn();
    const sink = await open(word, { keep_days: 7 });
    const feed = feedOf("a", 60, 26);
    await sink.write(feed.batch(0, 60));
    expect((await sink.flush())["a"]).toBe(feed.count);
    await sink.close();
    const calls = await asked(shared.service, "SELECT call FROM timescale_calls ORDER BY id");
    const of = calls.map(({ call }) => String(call)).filter((call) => call.includes(`${word}.trades`));
    expect(of).toEqual([
      `create_hypertable ${word}.trades ts 1 day true`,
      `add_retention_policy ${word}.trades 7 days true`,
    ]);
    expect(await days(word, "trades")).toEqual([]);
    expect(await count(`${word}.trades`)).toBe(6);
    await asked(shared.service, "DELETE FROM pg_extension WHERE extname = 'timescaledb'");
  });

  /**
   * No package of TimescaleDB is to be had where this runs. What stands for it has its name in pg_extension, and functions of the same names
   * and arguments that write down how they were called.
   */
  async function standIn(): Promise<void> {
    const record = (name: string, args: string): string =>
      `INSERT INTO public.timescale_calls (call) VALUES (concat_ws(' ', '${name}', ${args}))`;
    await asked(
      shared.service,
      `CREATE TABLE public.timescale_calls (id serial, call text);
       CREATE FUNCTION public.create_hypertable(relation regclass, time_column_name name, chunk_time_interval anyelement, if_not_exists boolean DEFAULT false) RETURNS void LANGUAGE sql AS
         $$ ${record("create_hypertable", "relation::text, time_column_name, chunk_time_interval::text, if_not_exists::text")} $$;
       CREATE FUNCTION public.add_retention_policy(relation regclass, drop_after anyelement, if_not_exists boolean DEFAULT false) RETURNS int LANGUAGE sql AS
         $$ ${record("add_retention_policy", "relation::text, drop_after::text, if_not_exists::text")}; SELECT 1 $$;
       INSERT INTO pg_extension SELECT 16000, 'timescaledb', oid, 2200, false, '2.17.2', NULL, NULL FROM pg_roles WHERE rolname = 'postgres'`,
    );
  }
});
