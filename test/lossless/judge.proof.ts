import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { House } from "./house.ts";
import { judge } from "./judge.ts";

/** A judge that finds everything right proves nothing until it has found something wrong. */

let house: House | null = null;
afterEach(() => house?.close());

it(
  "the judge sees a file too few, a file twice, one other byte, a tail that is missing",
  { timeout: 180_000 },
  async () => {
    house = await House.build({ lake: { flush_ms: 300 } });
    house.start();
    await house.live();
    await sleep(1500);
    expect(await house.stop(), house.lastWords()).toBe("code 0");
    const lake = join(house.data, "lake");
    const [seen] = await house.testimony();
    const faults = async (): Promise<string> => (await judge(lake, [seen!], house!.folder)).faults.join("; ");
    expect(await faults()).toBe("");

    const trades = join(lake, "trades");
    const name = fs
      .readdirSync(trades, { recursive: true, encoding: "utf8" })
      .find((one) => one.endsWith(".parquet"))!;
    const file = join(trades, name);
    fs.copyFileSync(file, `${file.slice(0, -8)}-again.parquet`);
    expect(await faults()).toMatch(/are there twice/);
    fs.rmSync(`${file.slice(0, -8)}-again.parquet`);
    fs.renameSync(file, `${file}.away`);
    expect(await faults()).toMatch(/are missing/);
    fs.renameSync(`${file}.away`, file);

    const bytes = fs.readFileSync(seen!.file);
    const at = bytes.findIndex((kind, i) => i % 64 === 0 && kind === 1);
    bytes.writeDoubleLE(bytes.readDoubleLE(at + 24) + 0.01, at + 24);
    fs.writeFileSync(seen!.file, bytes);
    expect(await faults()).toBe(`trades: 1 rows differ from the ring in: price , the first at ${at / 64}`);
    fs.appendFileSync(seen!.file, bytes.subarray(0, 64));
    const longer = { ...seen!, end: seen!.end + 1 };
    expect((await judge(lake, [longer], house.folder)).faults.join("; ")).toMatch(
      /the lake ends at \d+, the ring at \d+/,
    );
  },
);
