import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { journalFolder } from "../../src/store/index.ts";
import { House, LANE } from "./house.ts";
import { judge } from "./judge.ts";

/** Files that are damaged, cut off or somebody else's, found at the start of a gateway: refused by name, and the rest is used. */

let house: House | null = null;
afterEach(() => house?.close());

it("a gateway that finds strange files in its data goes on with the rest", { timeout: 180_000 }, async () => {
  const journal = { isolation: "process", keep_ms: 86_400_000, segment_bytes: 65_536 } as const;
  house = await House.build({ lake: { flush_ms: 300 }, config: { journal } });
  house.start();
  await house.live();
  await sleep(2000);
  expect(await house.stop(), house.lastWords()).toBe("code 0");

  const lake = join(house.data, "lake");
  const segments = journalFolder(house.data, LANE);
  const [oldest] = fs
    .readdirSync(segments)
    .filter((name) => name.endsWith(".fhj"))
    .toSorted();
  const good = parquetFiles(lake);
  const trades = join(
    lake,
    good.find((file) => file.startsWith("trades/"))!,
  );
  const strange = {
    text: join(segments, "0000000000000001.fhj"),
    copy: join(segments, "0000000000000007.fhj"),
    foreign: join(trades, "../main-1-5000000-5000001.parquet"),
    cut: join(trades, "../main-1-6000000-6000001.parquet"),
    left: join(trades, "../main-1-7000000-7000001.parquet.tmp"),
  };
  fs.writeFileSync(strange.text, "not a segment");
  fs.copyFileSync(join(segments, oldest!), strange.copy);
  fs.writeFileSync(strange.foreign, "not a parquet file at all");
  fs.writeFileSync(strange.cut, fs.readFileSync(trades).subarray(0, 200));
  fs.writeFileSync(strange.left, "half a file");

  house.start();
  await house.live();
  await sleep(1500);
  expect(await house.stop(), house.lastWords()).toBe("code 0");
  const logged = house
    .logged()
    .map((line) => JSON.stringify(line))
    .join("\n");
  for (const path of [strange.text, strange.copy]) {
    expect(logged).toContain(`kept it aside as ${path}.refused`);
    expect(fs.existsSync(`${path}.refused`)).toBe(true);
  }
  expect(fs.existsSync(strange.left)).toBe(false);

  const refused = [strange.foreign, strange.cut];
  const verdict = await judge(lake, await house.testimony(), house.folder, refused);
  expect(verdict.faults).toEqual([]);
  expect([verdict.slots, verdict.holes]).toEqual([verdict.end, []]);
  for (const path of refused) expect(fs.existsSync(path), `left where it is: ${path}`).toBe(true);

  const answer = query(house, "SELECT count(*) AS n FROM trades");
  expect(Number(answer.stdout.trim().split("\n").at(-1))).toBe(verdict.tables["trades"]);
  for (const path of refused) expect(answer.stderr).toContain(basename(path));
});

function parquetFiles(lake: string): string[] {
  return fs
    .readdirSync(lake, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".parquet"));
}

function query({ main, data }: House, sql: string): { stdout: string; stderr: string } {
  const args = [main, "query", sql, "--data", data, "--format", "csv"];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}
