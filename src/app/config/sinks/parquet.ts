import { z } from "../zod.ts";
import { MIB, ofAll } from "./of-all.ts";

export const Parquet = z.strictObject({
  type: z.literal("parquet").describe("The lake: files of Parquet by kind, day and hour"),
  ...ofAll,
  dir: z
    .string()
    .min(1)
    .optional()
    .describe("Folder; unset: <data.dir>/lake, of md-ingest <data.dir>/<name>"),
  layout: z
    .enum(["lake", "md-ingest"])
    .default("lake")
    .describe("lake: typed columns, a table per kind; md-ingest: five columns with the event as JSON"),
  buffer_bytes: z
    .int()
    .min(4 * MIB)
    .max(1024 * MIB)
    .default(64 * MIB)
    .describe("Memory that rows are held in; then they are written before flush_ms is over"),
  compact: z.boolean().default(true).describe("Whether small files of hours that are over are made one"),
  keep_days: z.int().min(0).max(36_500).default(0).describe("Days that are kept, 0 = all"),
});
