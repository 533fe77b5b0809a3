import * as fs from "node:fs";
import * as path from "node:path";
import { afterAll, expect, it } from "vitest";
import { DERIVED, DERIVED_CODE, FLAG, instrumentOf, KIND } from "../../src/model/index.ts";
import { Duck } from "../../src/sinks/duckdb.ts";
import { parquet } from "../../src/sinks/parquet.ts";
import { lakeFiles } from "../../src/sinks/parquet/files.ts";
import { hostOf, INSTRUMENTS, LAKE_OPTIONS, NOON_NS, ROWS, SlotMaker, temporaryFolder } from "./rig.ts";

const root = temporaryFolder("feedhorn-md-", afterAll);
const DVOL = {
  ...instrumentOf({ symbol: "btc_usd", canonical: "BTC-DVOL", kind: "index" }),
  id: 3,
  venueCode: 2,
};
const ROWS_TOO = { ...ROWS, instrument: (id: number) => (id === 3 ? DVOL : (INSTRUMENTS[id] ?? null)) };

function figures(...values: number[]) {
  return (data: DataView, at: number): void =>
    values.forEach((value, i) => data.setFloat64(at + 24 + 8 * i, value, true));
}

/** One event of every type, and some that it has no type for. */
function batch() {
  const recv = NOON_NS + 123_456_789n;
  const option = { instrument: 2, venue: 2, recv };
  return new SlotMaker()
    .trade(7n, 43210.1, 0.5, recv)
    .slot(KIND.QUOTE, { recv }, figures(1.5, 2, NaN, NaN))
    .slot(KIND.QUOTE, { instrument: 1, venue: 2, recv }, figures(1, 2, 3, 4))
    .slot(KIND.BOOK, { recv }, figures(1, 2))
    .slot(
      KIND.TICKER,
      { instrument: 1, venue: 2, recv },
      figures(43000.25, NaN, 0.0001, 1_763_726_400_000_000, NaN),
    )
    .slot(KIND.INSTRUMENT, option, () => undefined)
    .slot(KIND.OPTION_TICKER, { ...option, flags: 0 }, figures(0.05, NaN, 43000, NaN, 0))
    .slot(KIND.OPTION_TICKER, { ...option, flags: 0 }, figures(0.65, NaN, NaN, 0.5, NaN))
    .slot(KIND.OPTION_TICKER, option, figures(NaN, NaN, NaN, NaN, NaN))
    .slot(KIND.INDEX, { instrument: 3, venue: 2, recv }, figures(55.5))
    .slot(KIND.STATUS, { instrument: 0xffffffff, recv, flags: FLAG.LAST, event: 0n }, (data, at) => {
      data.setUint8(at + 56, 3);
      data.setUint8(at + 57, 2);
      data.setUint8(at + 58, 4);
    })
    .batch(100, { rows: ROWS_TOO });
}

const META = `"meta":{"seq":`;
const AT = `"session_id":"1763722000000000","recv_ts":"2025-11-21T10:59:59.623456Z"}`;
const ON_TIME = `"exchange_ts":"2025-11-21T10:59:59.500000Z"`;
const OPTION = `"venue":"deribit","product":"BTC-USD-27MAR26-100000-C",${ON_TIME},"instrument":"B-27MAR26-1-C"`;

it("layout md-ingest: its paths, its five columns, its payloads", async () => {
  const { host } = hostOf(root);
  const options = { ...LAKE_OPTIONS, layout: "md-ingest" } as const;
  const sink = await parquet.open(options, host);
  await sink.write(batch());
  expect(await sink.flush()).toEqual({ main: 111 });
  await sink.close();
  const dir = path.join(root, "parquet");
  const files = lakeFiles(dir);
  expect(files.map((file) => file.replace(/\d{13}\.parquet$/, "MS"))).toEqual([
    "v1/dvol_index/deribit/2025-11-21/10/MS",
    "v1/opt_instrument/deribit/2025-11-21/10/MS",
    "v1/opt_ticker/deribit/2025-11-21/10/MS",
    "v1/perp_mark_funding/deribit/2025-11-21/10/MS",
    "v1/session_boundary/binance/2025-11-21/10/MS",
    "v1/spot_bbo/binance/2025-11-21/10/MS",
    "v1/spot_trade/binance/2025-11-21/10/MS",
  ]);
  const duck = await Duck.open({ threads: 1, memoryMiB: 128, spill: null });
  const list = files.map((file) => `'${dir}/${file}'`).join(", ");
  const { names, types, rows } = await duck.ask(`SELECT * FROM read_parquet([${list}]) ORDER BY seq`);
  expect(names).toEqual(["seq", "event_type", "recv_ts", "venue", "payload"]);
  expect(types).toEqual(["BIGINT", "VARCHAR", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "VARCHAR"]);
  expect(new Set(rows.map((row) => row[2]))).toEqual(new Set(["2025-11-21 10:59:59.623456+00"]));
  expect(rows.map(([seq, type, , venue, payload]) => [seq, type, venue, payload])).toEqual([
    [
      "100",
      "spot_trade",
      "binance",
      `{"SpotTrade":{${META}100,${AT},"venue":"binance","product":"BTC-USDT","exchange_ts":"2025-11-21T10:59:59.623456Z","trade_id":"7","side":"buy","price":"43210.1","size":"0.5"}}`,
    ],
    [
      "101",
      "spot_bbo",
      "binance",
      `{"SpotBbo":{${META}101,${AT},"venue":"binance","product":"BTC-USDT",${ON_TIME},"bid_price":"1.5","bid_size":"2","ask_price":null,"ask_size":null}}`,
    ],
    [
      "104",
      "perp_mark_funding",
      "deribit",
      `{"PerpMarkFunding":{${META}104,${AT},"venue":"deribit","product":"BTC-USD-PERP",${ON_TIME},"symbol":"BTC'PERP","mark_price":"43000.25","index_price":null,"funding_rate":"0.0001","open_interest":null,"next_funding_ts":"2025-11-21T12:00:00.000000Z"}}`,
    ],
    [
      "105",
      "opt_instrument",
      "deribit",
      `{"OptInstrument":{${META}105,${AT},${OPTION},"base":"BTC","quote":"USD","status":"unknown","expiry":"2026-03-27T08:00:00.000000Z","strike":"100000","tick":"0.0005","contract_value":"1"}}`,
    ],
    [
      "106",
      "opt_ticker",
      "deribit",
      `{"OptTicker":{${META}106,${AT},${OPTION},"mark_price":"0.05","underlying_price":"43000","interest_rate":"0","mark_iv":"0.65","delta":"0.5"}}`,
    ],
    [
      "109",
      "dvol_index",
      "deribit",
      `{"DvolIndex":{${META}109,${AT},"venue":"deribit","product":"BTC-DVOL",${ON_TIME},"value":"55.5"}}`,
    ],
    [
      "110",
      "session_boundary",
      "binance",
      `{"SessionBoundary":{${META}110,${AT},"venue":"binance","state":"halted","reason":"connection_lost"}}`,
    ],
  ]);
  const facts = await duck.ask(
    `SELECT decode(key), decode(value) FROM parquet_kv_metadata('${dir}/${files[0]}')`,
  );
  expect(Object.fromEntries(facts.rows)).toEqual({
    schema_version: "v1",
    row_count: "1",
    first_recv_ts: "2025-11-21T10:59:59.623456Z",
    last_recv_ts: "2025-11-21T10:59:59.623456Z",
  });
  duck.close();
  const again = await parquet.open(options, host);
  expect(again.resumeAt!("main")).toBe(111);
  await again.close();
  expect(fs.existsSync(path.join(root, "lake"))).toBe(false);
});

it("layout md-ingest: what several venues make stands under multi, without a venue", async () => {
  const { host } = hostOf(root);
  const sink = await parquet.open(
    { ...LAKE_OPTIONS, dir: path.join(root, "multi"), layout: "md-ingest" },
    host,
  );
  const rows = { ...ROWS_TOO, venue: (code: number) => (code === DERIVED_CODE ? DERIVED : ROWS.venue(code)) };
  const head = { venue: DERIVED_CODE, instrument: 1, recv: NOON_NS + 2_000_000n };
  const made = new SlotMaker()
    .slot(KIND.SPOT_MID, { ...head, flags: 0 }, (data, at) => {
      figures(43210.15, NaN, 1_250_000, 1_250_000)(data, at);
      data.setUint8(at + 56, 2);
      data.setUint8(at + 57, 1);
    })
    .slot(KIND.SPOT_MID, head, (data, at) => {
      figures(43210.1, 43210.2, 43210.15, 1_250_000)(data, at);
      data.setUint16(at + 56, 1, true);
      data.setUint8(at + 58, 1);
      data.setUint8(at + 59, 1);
    })
    .batch(7, { rows });
  await sink.write(made);
  await sink.flush();
  await sink.close();
  const [file, ...more] = lakeFiles(path.join(root, "multi"));
  expect([file!.replace(/\d{13}\.parquet$/, "MS"), more]).toEqual([
    "v1/spot_mid_1s/multi/2025-11-21/10/MS",
    [],
  ]);
  const duck = await Duck.open({ threads: 1, memoryMiB: 128, spill: null });
  const { rows: read } = await duck.ask(
    `SELECT seq, venue, payload FROM read_parquet('${root}/multi/${file}')`,
  );
  duck.close();
  expect(read.map(([seq, venue]) => [seq, venue])).toEqual([["7", null]]);
  expect(JSON.parse(String(read[0]![2]))).toMatchObject({
    SpotMid1s: {
      meta: { seq: 7 },
      s_mid: "43210.15",
      quality: "Degraded",
      n_fresh: 1,
      max_age_ms: 1250,
      venues: [{ venue: "binance", mid: "43210.15", age_ms: 1250, state: "fresh" }],
    },
  });
});
