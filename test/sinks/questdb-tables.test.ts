import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { HttpDoor } from "../../src/sinks/kit/http-door.ts";
import { IlpRows } from "../../src/sinks/questdb/ilp-rows.ts";
import { QUEST_TABLES } from "../../src/sinks/questdb/layout.ts";
import { Server } from "../../src/sinks/questdb/server.ts";
import { prepare } from "../../src/sinks/questdb/tables.ts";
import { sharedService } from "../services/share.ts";

const shared = sharedService("questdb");
const dir = mkdtempSync(join(tmpdir(), "feedhorn-questdb-tables-"));
const doors: HttpDoor[] = [];
afterAll(() => {
  for (const door of doors) door.close();
  rmSync(dir, { recursive: true, force: true });
});

function server(): Server {
  const url = `http://${shared.service.address}`;
  const door = new HttpDoor({
    vendor: "QuestDB",
    url,
    tls: null,
    headers: {},
    timeoutMs: 30_000,
    waits: () => undefined,
  });
  doors.push(door);
  return new Server(door);
}

/** What stands behind it is applied a moment later. */
async function eventually<T>(ask: () => Promise<T>, wanted: T): Promise<void> {
  for (let i = 0; i < 300 && JSON.stringify(await ask()) !== JSON.stringify(wanted); i++) await sleep(100);
  expect(await ask()).toEqual(wanted);
}

describe.skipIf(shared.missing !== null)("tables of QuestDB", { timeout: 120_000 }, () => {
  it("are made once, and keep rows for as long as it is said last", async () => {
    const one = server();
    const names = QUEST_TABLES.map(({ name }) => `k_${name}`);
    const ttls = async (): Promise<string[]> => [
      ...new Set([...(await one.tablesOf(names)).values()].map(({ ttl }) => ttl)),
    ];
    await prepare(one, { prefix: "k_", create: true, keep_days: 14 });
    expect((await one.tablesOf(names)).size).toBe(names.length);
    await eventually(ttls, ["2 WEEK"]);
    await prepare(one, { prefix: "k_", create: true, keep_days: 3 });
    await eventually(ttls, ["3 DAY"]);
    await prepare(one, { prefix: "k_", create: true, keep_days: 0 });
    await eventually(ttls, ["0"]);
  });

  it("are refused where rows could be there twice, a column is missing, or nothing is there", async () => {
    const one = server();
    const open = (prefix: string, create: boolean): Promise<void> =>
      prepare(one, { prefix, create, keep_days: 0 });
    await expect(open("none_", false)).rejects.toThrow(
      "table none_trades: expected it to be there, saw none; make it, or say create: true",
    );
    await open("d_", true);
    await one.ask("ALTER TABLE d_quotes DEDUP DISABLE");
    await eventually(async () => (await one.tablesOf(["d_quotes"])).get("d_quotes")!.dedup, false);
    await expect(open("d_", true)).rejects.toThrow(
      /d_quotes: expected DEDUP UPSERT KEYS\(ts, lane, log_seq\), saw none/,
    );
    await open("c_", true);
    await one.ask("ALTER TABLE c_trades DROP COLUMN price");
    await eventually(
      async () => (await one.tablesOf(["c_trades"])).get("c_trades")!.columns.includes("price"),
      false,
    );
    await expect(open("c_", true)).rejects.toThrow(/c_trades: expected columns price, saw none such/);
  });

  it("have every text and number as it was written, and a row that is written again once", async () => {
    const one = server();
    await one.ask(
      "CREATE TABLE t_some (ts TIMESTAMP, lane SYMBOL, log_seq LONG, word SYMBOL, text VARCHAR, id VARCHAR, price DOUBLE) " +
        "TIMESTAMP(ts) PARTITION BY DAY WAL DEDUP UPSERT KEYS(ts, lane, log_seq)",
    );
    const texts = ["", "plain", 'a "quoted" \\ one', "grüße ₿ 🚀", "a,b=c d", "t", "1i", "'"];
    const numbers = [0.1, 1e-7, 123456789.12345678, 5e-324, 1.7976931348623157e308, -2.5, 0, 1e21];
    const columns = ["ts", "lane", "log_seq", "word", "text", "id", "price"];
    const rows = new IlpRows("t_", [
      { name: "some", columns: columns.map((name) => ({ name, type: "VARCHAR" })) },
    ]);
    for (const [i, text] of texts.entries()) {
      rows.event(i, "a", i);
      rows.begin("some");
      rows.time(400_000_000, i * 1000);
      rows.text("a");
      rows.whole(i);
      rows.text(text);
      rows.text(text);
      rows.u64(-1, -1 - i);
      rows.decimal(numbers[i]!);
      rows.end();
    }
    await one.write(rows.textOf(0, rows.events));
    await one.write(rows.textOf(0, rows.events));
    const wanted = texts.map((text, i) => [i, text, text, String(2n ** 64n - 1n - BigInt(i)), numbers[i]]);
    await eventually(
      async () => await one.ask("SELECT log_seq, word, text, id, price FROM t_some ORDER BY log_seq"),
      wanted,
    );
  });
});
