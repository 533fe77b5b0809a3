import { z } from "../zod.ts";
import { MIB, ofAll } from "./of-all.ts";

export const Ndjson = z.strictObject({
  type: z.literal("ndjson").describe("Files of one JSON line an event"),
  ...ofAll,
  dir: z.string().min(1).optional().describe("Folder; unset: <data.dir>/<name>"),
  file_bytes: z
    .int()
    .min(4096)
    .max(2 ** 30)
    .default(64 * MIB)
    .describe("Size at which a file ends"),
  max_bytes: z
    .int()
    .min(8192)
    .max(2 ** 50)
    .default(4096 * MIB)
    .describe("Bytes of one lane's files; then the oldest goes"),
});
