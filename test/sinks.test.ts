import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
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
