import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Duck } from "../../src/sinks/duckdb.ts";
import type { SinkTrial } from "../contracts/sink-trial.ts";

export const trial: SinkTrial = {
  options: ({ dir }) => ({ dir: join(dir, "lake"), buffer_bytes: 16 << 20, compact: false, flush_ms: 1000 }),
  read: async ({ dir }, lane) => {
    const folder = join(dir, "lake");
    const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
    const files = names.filter((name) => name.endsWith(".parquet"));
    if (files.length === 0) return [];
    const list = files.map((name) => `'${join(folder, name)}'`).join(", ");
    const duck = await Duck.open({ threads: 1, memoryMiB: 256, spill: null });
    const { rows } = await duck.ask(
      `SELECT seq, slots, filename LIKE '%/holes/%', venue, symbol FROM read_parquet([${list}], union_by_name = true, filename = true) WHERE lane = '${lane}' ORDER BY seq`,
    );
    duck.close();
    return rows.map(([seq, slots, hole, venue, symbol]) => ({
      seq: Number(seq),
      slots: Number(slots),
      ...(hole === true ? { hole: true } : { event: { venue, symbol } }),
    }));
  },
  refusal: "a file takes every row; what does not fit a column stands in another one",
  credentials: "files have none",
  tls: "writes files",
};
