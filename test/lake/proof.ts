import { Duck } from "../../src/sinks/duckdb.ts";
import { lakeFiles } from "../../src/sinks/parquet/files.ts";
import { LAKE_TABLES } from "../../src/sinks/parquet/schema.ts";

export interface Proof {
  /** Slots of the lane, from the first to behind the last. */
  readonly first: number;
  readonly end: number;
  readonly slots: number;
  /** Places where a row does not begin where the one before it ended. */
  readonly breaks: number;
  readonly files: number;
}

/** Proves by SQL, from `seq` and `slots` of all tables, that a lane is there once and without a hole. */
export async function proofOf(dir: string, lane = "main"): Promise<Proof> {
  const duck = await Duck.open({ threads: 1, memoryMiB: 256, spill: null });
  const files = lakeFiles(dir).filter((file) => file.endsWith(".parquet"));
  const parts = LAKE_TABLES.flatMap((table) => {
    const own = files.filter((file) => file.startsWith(`${table}/`)).map((file) => `'${dir}/${file}'`);
    return own.length === 0
      ? []
      : [`SELECT lane, seq, slots::BIGINT AS slots FROM read_parquet([${own.join(", ")}])`];
  });
  if (parts.length === 0) return { first: 0, end: 0, slots: 0, breaks: 0, files: 0 };
  const { rows } = await duck.ask(`
    WITH rows AS (SELECT seq, slots FROM (${parts.join(" UNION ALL ")}) WHERE lane = '${lane}'),
    steps AS (SELECT seq, slots, lag(seq + slots) OVER (ORDER BY seq) AS due FROM rows)
    SELECT min(seq)::DOUBLE, max(seq + slots)::DOUBLE, sum(slots)::DOUBLE, count(*) FILTER (due <> seq)::DOUBLE FROM steps`);
  duck.close();
  const [first, end, slots, breaks] = rows[0]!.map(Number) as [number, number, number, number];
  return { first, end, slots, breaks, files: files.length };
}
