import { expect, it } from "vitest";
import { hypertableSql } from "./hypertables.ts";
import { GEMINI_TABLE, TABLES_LAYOUT } from "./layout.ts";

const trades = TABLES_LAYOUT.find(({ name }) => name === "trades")!;
const options = { schema: "feedhorn", keepDays: 30, compressDays: 2, symbolIndex: false };

it("cuts by day, forgets and compresses", () => {
  expect(hypertableSql(trades, options)).toEqual([
    `SELECT create_hypertable('"feedhorn"."trades"', 'ts', chunk_time_interval => INTERVAL '1 day', if_not_exists => TRUE)`,
    `SELECT add_retention_policy('"feedhorn"."trades"', drop_after => INTERVAL '30 days', if_not_exists => TRUE)`,
    `ALTER TABLE "feedhorn"."trades" SET (timescaledb.compress, timescaledb.compress_segmentby = 'lane, symbol', timescaledb.compress_orderby = '"ts", log_seq')`,
    `SELECT add_compression_policy('"feedhorn"."trades"', compress_after => INTERVAL '2 days', if_not_exists => TRUE)`,
  ]);
  expect(hypertableSql(trades, { ...options, keepDays: 0, compressDays: 0 })).toHaveLength(1);
});

it("of integer times tells what now is", () => {
  const all = hypertableSql(GEMINI_TABLE, { ...options, schema: "public", compressDays: 0 });
  expect(all[0]).toContain("'ts_ms', chunk_time_interval => 86400000");
  expect(all[2]).toContain(`set_integer_now_func('"public"."trades"', '"public"."feedhorn_now_ms"'`);
  expect(all[3]).toContain("drop_after => BIGINT '2592000000'");
});
