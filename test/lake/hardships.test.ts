import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { LakeQuery } from "../../src/app/lake/query.ts";
import { FLAG, KIND } from "../../src/model/index.ts";
import { Duck } from "../../src/sinks/duckdb.ts";
import { parquet } from "../../src/sinks/parquet.ts";
import { lakeFiles } from "../../src/sinks/parquet/files.ts";
import { batchFrom, BLOCK } from "./market.ts";
import { proofOf } from "./proof.ts";
import { hostOf, LAKE_OPTIONS, NOON_NS, SlotMaker, temporaryFolder } from "./rig.ts";

const root = temporaryFolder("feedhorn-hard-", afterAll);

/** Writes blocks [from, to) with a flush after each. */
async function write(data: string, to: number, options: object = {}): Promise<void> {
  const { host } = hostOf(data);
  const sink = await parquet.open({ ...LAKE_OPTIONS, ...options }, host);
  for (let at = sink.resumeAt!("main") ?? 0; at < to * BLOCK; at += BLOCK) {
    await sink.write(batchFrom(at));
    await sink.flush();
  }
  await sink.close();
}

async function count(lake: string, sql: string): Promise<{ value: number; refused: string[] }> {
  const query = await LakeQuery.open(lake);
  const { rows } = await query.ask(sql);
  query.close();
  return {
    value: Number(rows[0]![0]),
    refused: query.refused.map(({ file, reason }) => `${file}: ${reason}`),
  };
}

describe("files that are not what they should be", () => {
  it("are refused by name, and the rest is used", async () => {
    const data = path.join(root, "damaged");
    const lake = path.join(data, "lake");
    await write(data, 4);
    const all = lakeFiles(lake).filter((file) => file.startsWith("trades/"));
    const rows = await count(lake, "SELECT count(*) FROM trades");
    expect(rows.refused).toEqual([]);
    const [truncated = "", footless = ""] = all;
    const size = fs.statSync(path.join(lake, truncated)).size;
    fs.truncateSync(path.join(lake, truncated), size - 1);
    const bytes = fs.readFileSync(path.join(lake, footless));
    // The footer's bytes, not its length.
    bytes.fill(0xee, bytes.length - 60, bytes.length - 10);
    fs.writeFileSync(path.join(lake, footless), bytes);
    const folder = path.dirname(truncated);
    fs.writeFileSync(path.join(lake, folder, "notes.parquet"), "PAR1 no PAR1");
    const duck = await Duck.open({ threads: 1, memoryMiB: 128, spill: null });
    const foreign = `${folder}/main-1-900000-900001.parquet`;
    await duck.run(`COPY (SELECT 1 AS seq) TO '${path.join(lake, foreign)}' (FORMAT parquet)`);
    duck.close();
    const left = await count(lake, "SELECT count(*) FROM trades");
    expect(left.refused.toSorted()).toEqual(
      [
        `${truncated}: expected a whole Parquet file, saw a truncated or foreign one`,
        `${folder}/notes.parquet: expected a name of ours`,
        `${footless}: its footer cannot be read`,
        `${foreign}: expected a footer of the lake, saw none`,
      ].toSorted(),
    );
    expect(left.value).toBeGreaterThan(0);
    expect(left.value).toBeLessThan(rows.value);
  });

  it("do not keep a writer from going on, nor a merge from merging others", async () => {
    const data = path.join(root, "damaged-merge");
    const lake = path.join(data, "lake");
    await write(data, 4);
    const victim = lakeFiles(lake).find((file) => file.startsWith("trades/"))!;
    fs.truncateSync(path.join(lake, victim), 20);
    const { host, told } = hostOf(data);
    const sink = await parquet.open({ ...LAKE_OPTIONS, compact: true }, host);
    for (let i = 0; i < 12; i++) await sink.flush();
    await sink.close();
    expect(told.reports.map(({ message }) => message)).toEqual([
      "files of the lake could not be made one: they stay as they are",
    ]);
    expect(JSON.stringify(told.reports[0]!.facts)).toContain(path.basename(victim));
    expect(told.figures["lake_merged_total"]).toBeGreaterThan(3);
    expect(lakeFiles(lake)).toContain(victim);
  });

  it("leaves what stands among the commits and is none of ours alone, and says so", async () => {
    const data = path.join(root, "commits");
    await write(data, 2);
    const commits = path.join(data, "lake", "_commits");
    fs.writeFileSync(path.join(commits, "notes.json"), "{}");
    fs.writeFileSync(
      path.join(commits, "evil.json"),
      JSON.stringify({ feedhorn: "merge", file: "../../x", instead: ["../../y"] }),
    );
    const { host, told } = hostOf(data);
    const sink = await parquet.open(LAKE_OPTIONS, host);
    expect(sink.resumeAt!("main")).toBe(2 * BLOCK);
    await sink.close();
    expect(told.reports.map(({ facts }) => facts["file"])).toEqual(["evil.json", "notes.json"]);
  });
});

describe("commits that somebody removed", () => {
  it("are made good by the names of the files", async () => {
    const data = path.join(root, "no-commits");
    await write(data, 3);
    fs.rmSync(path.join(data, "lake", "_commits"), { recursive: true });
    await write(data, 5);
    expect(await proofOf(path.join(data, "lake"))).toMatchObject({ first: 0, end: 5 * BLOCK, breaks: 0 });
  });
});

describe("an event of three slots", () => {
  it("ends behind its third, also by the name of its file", async () => {
    const data = path.join(root, "three");
    const { host } = hostOf(data);
    const sink = await parquet.open(LAKE_OPTIONS, host);
    const maker = new SlotMaker();
    for (const flags of [0, 0, FLAG.LAST]) maker.slot(KIND.OPTION_TICKER, { flags }, () => undefined);
    await sink.write(maker.batch(40));
    await sink.flush();
    await sink.close();
    const lake = path.join(data, "lake");
    expect(lakeFiles(lake).map((file) => path.basename(file))).toEqual([
      "main-1763722000000000-40-42.parquet",
    ]);
    fs.rmSync(path.join(lake, "_commits"), { recursive: true });
    const again = await parquet.open(LAKE_OPTIONS, host);
    expect(again.resumeAt!("main")).toBe(43);
    await again.close();
  });

  it("of two slots is refused, and so is a book event without an end", async () => {
    const { host } = hostOf(path.join(root, "two"));
    const sink = await parquet.open(LAKE_OPTIONS, host);
    const maker = new SlotMaker();
    for (const flags of [0, FLAG.LAST]) maker.slot(KIND.OPTION_TICKER, { flags }, () => undefined);
    await expect(sink.write(maker.batch(7))).rejects.toThrow(
      "slot 7: expected 3 slots of option_tickers, saw 2",
    );
    maker.slot(KIND.BOOK, { flags: 0 }, () => undefined);
    await expect(sink.write(maker.batch(9))).rejects.toThrow("slot 9: expected a whole event, saw no end");
    maker.slot(20, {}, () => undefined);
    await expect(sink.write(maker.batch(9))).rejects.toThrow(/slot kind: expected one of .*12, saw 20/);
    await sink.close();
  });
});

describe("merging", () => {
  it("makes one file of each hour and table that is over, and loses nothing", async () => {
    const data = path.join(root, "merged");
    const lake = path.join(data, "lake");
    await write(data, 8);
    const before = await proofOf(lake);
    const values = "SELECT sum(hash(t)) FROM trades t";
    const sum = await count(lake, values);
    const { host, told } = hostOf(data);
    const sink = await parquet.open({ ...LAKE_OPTIONS, compact: true }, host);
    for (let i = 0; i < 12; i++) await sink.flush();
    expect(sink.resumeAt!("main")).toBe(8 * BLOCK);
    await sink.close();
    const after = await proofOf(lake);
    expect(after).toEqual({ ...before, files: after.files });
    expect(told.reports).toEqual([]);
    const folders = lakeFiles(lake).map((file) => path.dirname(file));
    expect(folders).toEqual([...new Set(folders)]);
    expect(await count(lake, values)).toEqual(sum);
    // In the order of the log, which is that of time as well.
    const order = await count(
      lake,
      "SELECT count(*) FROM (SELECT seq, lag(seq) OVER () AS before FROM trades) WHERE seq < before",
    );
    expect(order.value).toBe(0);
    await write(data, 10);
    expect(await proofOf(lake)).toMatchObject({ first: 0, end: 10 * BLOCK, breaks: 0 });
  });

  it("is never seen half done: a query counts the old files or the new one", async () => {
    const data = path.join(root, "half");
    const lake = path.join(data, "lake");
    await write(data, 4);
    const whole = await count(lake, "SELECT count(*) FROM trades");
    const commits = path.join(lake, "_commits");
    const [first = "", ...others] = lakeFiles(lake).filter(
      (file) => file.startsWith("trades/") && file.includes("hour=10"),
    );
    const merged = `${path.dirname(first)}/main-1763722000000000-1-9999.parquet`;
    fs.writeFileSync(
      path.join(commits, "merge-x.json"),
      JSON.stringify({ feedhorn: "merge", file: merged, instead: [first, ...others] }),
    );
    expect((await count(lake, "SELECT count(*) FROM trades")).value).toBe(whole.value);
    const duck = await Duck.open({ threads: 1, memoryMiB: 128, spill: null });
    const list = [first, ...others].map((file) => `'${lake}/${file}'`).join(", ");
    await duck.run(
      `COPY (SELECT * FROM read_parquet([${list}], hive_partitioning = false)) TO '${lake}/${merged}' (FORMAT parquet, KV_METADATA {schema_version: '1'})`,
    );
    duck.close();
    expect((await count(lake, "SELECT count(*) FROM trades")).value).toBe(whole.value);
    // Who opens it next finishes the merge.
    await write(data, 4);
    expect(lakeFiles(lake).filter((file) => file.startsWith("trades/date=2025-11-21/hour=10"))).toEqual([
      merged,
    ]);
    expect((await count(lake, "SELECT count(*) FROM trades")).value).toBe(whole.value);
  });
});

describe("days that are old enough", () => {
  it("are removed, and the writer does not go back", async () => {
    const data = path.join(root, "old");
    await write(data, 3);
    await write(data, 4, { keep_days: 30 });
    expect(lakeFiles(path.join(data, "lake"))).toEqual([]);
    const { host, told } = hostOf(data);
    const sink = await parquet.open(LAKE_OPTIONS, host);
    expect(sink.resumeAt!("main")).toBe(4 * BLOCK);
    await sink.close();
    expect(told.reports).toEqual([]);
  });
});

describe("holes and sessions", () => {
  it("are told of in the lake itself", async () => {
    const data = path.join(root, "holes");
    const { host } = hostOf(data);
    const sink = await parquet.open(LAKE_OPTIONS, host);
    const maker = new SlotMaker();
    await sink.write(maker.trade(1n, 1.5, 1).batch(10));
    const holes = [{ first: 11, last: 19, reason: "lapped" }];
    await sink.write(maker.trade(2n, 1.5, 1).batch(20, { holes }));
    await sink.write(
      maker
        .trade(3n, 1.5, 1)
        .batch(21, { session: "1763722000000001", rows: { venue: () => "okx", instrument: () => null } }),
    );
    expect(await sink.flush()).toEqual({ main: 22 });
    await sink.close();
    const lake = path.join(data, "lake");
    expect(await proofOf(lake)).toMatchObject({ first: 10, end: 22, slots: 12, breaks: 0 });
    const query = await LakeQuery.open(lake);
    expect((await query.ask("SELECT seq, slots, lane, reason FROM holes")).rows).toEqual([
      ["11", "9", "main", "lapped"],
    ]);
    expect((await query.ask("SELECT seq, venue, symbol FROM trades ORDER BY seq")).rows).toEqual([
      ["10", "binance", "BTCUSDT"],
      ["20", "binance", "BTCUSDT"],
      ["21", "okx", "#0"],
    ]);
    query.close();
    expect(lakeFiles(lake).map((file) => path.basename(file))).toEqual([
      "main-1763722000000000-11-19.parquet",
      "main-1763722000000000-10-20.parquet",
      "main-1763722000000001-21-21.parquet",
    ]);
  });
});

const small = path.join(root, "small");
fs.mkdirSync(small);
let mounted = false;
try {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", small], { stdio: "ignore" });
  mounted = true;
} catch {
  // said in the name of the suite
}
afterAll(() => {
  if (mounted) execFileSync("umount", ["-l", small]);
});

describe.skipIf(!mounted)(`a full disk${mounted ? "" : " (skipped: mounting one takes root)"}`, () => {
  it("is waited for; nothing is lost, and everybody is told", async () => {
    const { host, told } = hostOf(small);
    const sink = await parquet.open(LAKE_OPTIONS, host);
    await sink.write(batchFrom(0));
    await sink.flush();
    const filler = path.join(small, "filler");
    fill(filler);
    for (let at = BLOCK; at < 6 * BLOCK; at += BLOCK) await sink.write(batchFrom(at));
    let done = false;
    const flushed = sink.flush().finally(() => {
      done = true;
    });
    await sleep(1500);
    expect(done).toBe(false);
    expect(told.states).toEqual([
      expect.stringMatching(/^degraded: no room on the disk for .*small\/lake: free some/),
    ]);
    expect(told.reports.map(({ level }) => level)).toEqual(["error"]);
    fs.rmSync(filler);
    expect(await flushed).toEqual({ main: 6 * BLOCK });
    expect(told.states.at(-1)).toBe("connected");
    expect(told.figures["lake_disk_full_total"]).toBeGreaterThan(0);
    await sink.close();
    expect(await proofOf(path.join(small, "lake"))).toMatchObject({ first: 0, end: 6 * BLOCK, breaks: 0 });
    expect(lakeFiles(path.join(small, "lake")).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });
});

function fill(file: string): void {
  const fd = fs.openSync(file, "w");
  try {
    for (;;) fs.writeSync(fd, Buffer.alloc(4096));
  } catch {
    // full now
  } finally {
    fs.closeSync(fd);
  }
}

it("times of the market lie around the turn of an hour", () => {
  expect(new Date(Number(NOON_NS / 1_000_000n)).toISOString()).toBe("2025-11-21T10:59:59.500Z");
});
