import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SINKS } from "../src/sinks/index.ts";
import { ndjson } from "../src/sinks/ndjson.ts";
import { parquet } from "../src/sinks/parquet.ts";
import { sinkContract } from "./contracts/sink.ts";
import { trial as ndjsonTrial } from "./sinks/ndjson-trial.ts";
import { trial as parquetTrial } from "./sinks/parquet-trial.ts";

// A trial is told where to look; a vendor's has its file beside it, as it starts a server.
it("every sink stands under the contract", () => {
  const files = SINKS.map(({ type }) => join(import.meta.dirname, "sinks", `${type}-trial.ts`));
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

it("every sink that loses nothing is sent a million events", () => {
  const lossless = SINKS.filter(({ delivery }) => delivery === "lossless");
  const files = lossless.map(({ type }) => join(import.meta.dirname, "million", `${type}.proof.ts`));
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
});

sinkContract(ndjson, ndjsonTrial);
sinkContract(parquet, parquetTrial);
