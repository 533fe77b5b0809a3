import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { SinkTrial, Written } from "../contracts/sink-trial.ts";

interface Line {
  readonly log_seq: number;
  readonly slots: number;
  readonly type: string;
  readonly venue?: string;
  readonly instrument?: string;
}

export const trial: SinkTrial = {
  options: ({ dir }) => ({ dir: join(dir, "lines"), file_bytes: 16_384, max_bytes: 2 ** 40, flush_ms: 200 }),
  read: async ({ dir }, lane) => {
    const folder = join(dir, "lines", lane);
    if (!existsSync(folder)) return [];
    const files = readdirSync(folder).toSorted();
    return files.flatMap((name) => linesOf(readFileSync(join(folder, name), "utf8")));
  },
  refusal: "a file takes every line",
  credentials: "files have none",
  tls: "writes files",
};

function linesOf(text: string): Written[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const event = JSON.parse(line) as Line;
      const { log_seq: seq, slots, type, venue, instrument } = event;
      if (type === "hole") return { seq, slots, hole: true };
      return { seq, slots, key: `${venue} ${instrument}`, event: { ...event } };
    });
}
