import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { KIND } from "../../src/model/index.ts";
import { parquet } from "../../src/sinks/parquet.ts";
import { hostOf, LAKE_OPTIONS, NOON_NS, SlotMaker } from "./rig.ts";

/** A Python that has pyarrow and pandas; FEEDHORN_PYTHON names one, which then must have them. */
const named = process.env["FEEDHORN_PYTHON"];
const python = named ?? "python3";
const found = spawnSync(python, ["-c", "import pyarrow, pandas"]).status === 0;
const able = found || named !== undefined;

/** Texts as venues send them, up to what fifteen digits and eighteen decimals hold. */
const TEXTS = [
  "43210.1",
  "0.00000001",
  "0.1",
  "99999999999.9999",
  "0.000000000000000001",
  "12345678.1234567",
  "-0.5",
];

interface Seen {
  types: Record<string, string>;
  ns: string[];
  rows: Record<string, unknown>[];
  quotes: number;
  absent: number;
  bids: string;
  ask_sizes: string;
}

describe.skipIf(!able)(
  `the lake in pyarrow and pandas${able ? "" : ` (skipped: ${python} has no pyarrow and pandas)`}`,
  () => {
    it("has the same rows, types and exact decimals", async () => {
      // Made here: a suite that is skipped would leave it behind.
      const root = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-pyarrow-"));
      onTestFinished(() => fs.rmSync(root, { recursive: true }));
      const { host } = hostOf(root);
      const sink = await parquet.open(LAKE_OPTIONS, host);
      const maker = new SlotMaker();
      TEXTS.forEach((text, i) =>
        maker.trade(2n ** 64n - 1n - BigInt(i), Number(text), i + 0.25, NOON_NS + BigInt(i)),
      );
      for (const bid of [0.1, 0.2, NaN])
        maker.slot(KIND.QUOTE, {}, (data, at) => {
          [bid, 1, 0.3, 0.7].forEach((value, i) => data.setFloat64(at + 24 + 8 * i, value, true));
        });
      await sink.write(maker.batch(5));
      await sink.flush();
      await sink.close();
      const script = path.join(import.meta.dirname, "pyarrow_check.py");
      const { stdout, stderr } = spawnSync(python, [script, path.join(root, "lake")], { encoding: "utf8" });
      expect(stderr).toBe("");
      const seen = JSON.parse(stdout.replaceAll(/"id": (\d+)/g, '"id": "$1"')) as Seen;
      expect(seen.types).toMatchObject({
        seq: "int64",
        slots: "int16",
        lane: "string",
        symbol: "string",
        ts_event: "timestamp[ns]",
        price: "decimal128(38, 18)",
        id: "uint64",
        snapshot: "bool",
      });
      expect(seen.rows).toEqual(
        TEXTS.map((price, i) => ({
          seq: 5 + i,
          symbol: "BTCUSDT",
          price,
          size: `${i}.25`,
          side: "buy",
          id: String(2n ** 64n - 1n - BigInt(i)),
          date: "2025-11-21",
          hour: 10,
        })),
      );
      expect(seen.ns).toEqual(TEXTS.map((_, i) => String(NOON_NS + BigInt(i))));
      expect([seen.quotes, seen.absent, seen.bids, seen.ask_sizes]).toEqual([3, 1, "0.3", "2.1"]);
    });
  },
);
