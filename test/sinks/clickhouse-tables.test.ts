import { afterAll, describe, expect, it } from "vitest";
import { feedOf } from "../contracts/sink-feed.ts";
import { Places, Trial } from "../contracts/sink-place.ts";
import { clickhouse } from "../../src/sinks/clickhouse.ts";
import { Server } from "../../src/sinks/clickhouse/server.ts";
import { prepare } from "../../src/sinks/clickhouse/tables.ts";
import { TsvRows } from "../../src/sinks/clickhouse/tsv-rows.ts";
import type { Sink } from "../../src/sinks/index.ts";
import { HttpDoor } from "../../src/sinks/kit/http-door.ts";
import { sharedService } from "../services/share.ts";
import type { Service } from "../services/service.ts";
import { trial } from "./clickhouse-trial.ts";

const PASSWORD = trial.env!(null as never)["CLICKHOUSE_PASSWORD"]!;
const shared = sharedService("clickhouse", { user: "feed", password: PASSWORD });
const doors: HttpDoor[] = [];
const places = new Places<Service>();
afterAll(() => {
  for (const door of doors) door.close();
  places.clear();
});

function server(): Server {
  const url = `http://${shared.service.address}`;
  const headers = { "x-clickhouse-user": "feed", "x-clickhouse-key": PASSWORD };
  const waits = (): void => undefined;
  const door = new HttpDoor({ vendor: "ClickHouse", url, tls: null, headers, timeoutMs: 30_000, waits });
  doors.push(door);
  return new Server(door, "test", { async_insert: false, gzip: false });
}

function sinkWith(more: object): Trial<Service> {
  places.serve(shared.service);
  const options = (place: Parameters<typeof trial.options>[0]): object => ({
    ...trial.options(place),
    ...more,
  });
  return new Trial(clickhouse as Sink, trial, places.next(), { options, env: trial.env! });
}

describe.skipIf(shared.missing !== null)("tables of ClickHouse", { timeout: 120_000 }, () => {
  it("are made once, and keep rows for as long as it is said last", async () => {
    const one = server();
    const days = async (): Promise<string[]> => {
      const rows = await one.ask("SELECT create_table_query FROM system.tables WHERE database = 'keep'");
      return [...new Set(rows.map(([text]) => / TTL .*toIntervalDay\((\d+)\)/.exec(text!)?.[1] ?? "none"))];
    };
    for (const [keep, wanted] of [
      [14, "14"],
      [3, "3"],
      [0, "none"],
    ] as const) {
      await prepare(one, { database: "keep", create: true, keep_days: keep });
      expect(await days()).toEqual([wanted]);
    }
  });

  it("are refused where a column is missing, or nothing is there", async () => {
    const one = server();
    const open = (database: string, create: boolean): Promise<void> =>
      prepare(one, { database, create, keep_days: 0 });
    await expect(open("nobody", false)).rejects.toThrow(
      /table nobody.trades: expected it to be there, saw none/,
    );
    await open("cut", true);
    await one.ask("ALTER TABLE cut.trades DROP COLUMN price");
    await expect(open("cut", true)).rejects.toThrow(/cut.trades: expected columns price, saw none such/);
  });

  it("have every text and number as it was written, and an insert of the same token once", async () => {
    const one = server();
    await one.ask("CREATE DATABASE some");
    await one.ask(
      "CREATE TABLE some.trades (seq UInt64, text String, id UInt64, price Nullable(Decimal(38, 18)), ts DateTime64(9, 'UTC')) " +
        "ENGINE = MergeTree ORDER BY seq SETTINGS non_replicated_deduplication_window = 100",
    );
    const texts = ["", "plain", "a\tb", "c\nd\\n", "grüße ₿ 🚀", "\\N", "'", "\r"];
    const numbers = [0.1, 1e-7, 123456789.12345678, 1e-18, 12345678901234567000, -2.5, 0, 1e21];
    const decimals = [
      "0.1",
      "0.0000001",
      "123456789.12345678",
      "0.000000000000000001",
      "12345678901234567000",
      "-2.5",
      "0",
      "\\N",
    ];
    const rows = new TsvRows();
    for (const [i, text] of texts.entries()) {
      rows.event(i, "a", i);
      rows.begin("trades");
      rows.whole(i);
      rows.text(text);
      rows.u64(-1, -1 - i);
      rows.decimal(numbers[i]!);
      rows.time(400_000_000, i);
      rows.end();
    }
    const columns = ["seq", "text", "id", "price", "ts"].map((name) => ({ name, type: "", doc: "" }));
    const table = { name: "trades", doc: "", columns } as const;
    for (let i = 0; i < 2; i++) await one.insert("some", table, rows.textOf(0, rows.events), "once");
    const answer = await one.ask(
      "SELECT seq, hex(text), id, price, toUnixTimestamp64Nano(ts) FROM some.trades ORDER BY seq",
    );
    expect(answer).toEqual(
      texts.map((text, i) => [
        String(i),
        Buffer.from(text).toString("hex").toUpperCase(),
        String(2n ** 64n - 1n - BigInt(i)),
        decimals[i],
        String(400_000_000n * 2n ** 32n + BigInt(i)),
      ]),
    );
  });

  it.each([
    ["as they are", {}],
    ["gathered by the server, and compressed", { async_insert: true, gzip: true }],
  ] as const)("leave out what is there when a sink begins too early: rows %s", async (_, more) => {
    const one = sinkWith(more);
    const feed = feedOf("a", 120, 5);
    for (const from of [0, 0, 37]) {
      await one.open();
      await one.writeAll(feed, from, 10);
      expect((await one.flush())["a"]).toBe(feed.count);
      await one.close();
    }
    expect((await one.judge("a", one.truth(feed))).faults).toEqual([]);
    expect(one.said.figures.get("clickhouse_repeated_rows_total")).toBeGreaterThan(0);
    expect(one.said.figures.get("clickhouse_rows_total")).toBe(0);
  });
});
