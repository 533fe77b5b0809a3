import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Duck } from "../src/sinks/duckdb.ts";
import { SINKS } from "../src/sinks/index.ts";
import type { Sink } from "../src/sinks/index.ts";
import { sinkContract } from "./contracts/sink.ts";
import type { SinkTrial, Written } from "./contracts/sink.ts";

/** How to look at what each sink has written. A new sink needs a line here. */
const TRIALS: Readonly<Record<string, SinkTrial>> = {
  ndjson: {
    options: (dir) => ({ dir, file_bytes: 16_384, max_bytes: 1 << 30 }),
    read: async (dir, lane) => {
      const folder = join(dir, lane);
      if (!existsSync(folder)) return [];
      const files = readdirSync(folder).toSorted();
      return files.flatMap((name) => linesOf(readFileSync(join(folder, name), "utf8")));
    },
  },
  parquet: {
    options: (dir) => ({ dir, layout: "lake", buffer_bytes: 16 << 20, compact: false, keep_days: 0 }),
    read: async (dir, lane) => {
      const files = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) =>
        name.endsWith(".parquet"),
      );
      if (files.length === 0) return [];
      const list = files.map((name) => `'${join(dir, name)}'`).join(", ");
      const duck = await Duck.open({ threads: 1, memoryMiB: 256, spill: null });
      const { rows } = await duck.ask(
        `SELECT seq, slots, filename LIKE '%/holes/%' FROM read_parquet([${list}], union_by_name = true, filename = true) WHERE lane = '${lane}'`,
      );
      duck.close();
      return rows.map(([seq, slots, hole]) => ({
        seq: Number(seq),
        slots: Number(slots),
        ...(hole === true ? { hole: true } : {}),
      }));
    },
  },
};

function linesOf(text: string): Written[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { log_seq: number; slots: number; type: string })
    .map(({ log_seq: seq, slots, type }) => ({ seq, slots, ...(type === "hole" ? { hole: true } : {}) }));
}

it("every sink stands under the contract", () => {
  expect(Object.keys(TRIALS).toSorted()).toEqual(SINKS.map(({ type }) => type).toSorted());
});

for (const sink of SINKS) if (TRIALS[sink.type]) sinkContract(sink as Sink, TRIALS[sink.type]!);
