import { join } from "node:path";
import { EventReader, slotFlags } from "../log/index.ts";
import { FLAG } from "../model/index.ts";
import { NdjsonFiles } from "./ndjson/files.ts";
import type { Hole, OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";

/** Its part of the configuration. */
export interface NdjsonOptions {
  /** Default: `<data>/<name>`. */
  readonly dir?: string;
  readonly file_bytes: number;
  readonly max_bytes: number;
}

/**
 * One JSON line an event, in the form of `tail`, with its place in the log before it: {"log_seq":7,"slots":1,"type":"trade",...}. What is
 * missing is a line of its own, {"log_seq":8,"slots":3,"type":"hole","reason":"lapped"}: `log_seq` to `log_seq + slots` of all lines of a lane
 * follow each other without a gap. Files are <dir>/<lane>/<first seq>.ndjson; the last line tells where to go on, so that no line is
 * there twice, and the files are their own cursor.
 */
export const ndjson: Sink<NdjsonOptions> = {
  type: "ndjson",
  delivery: "lossless",
  accepts: "all",
  flushMs: 1000,
  open: async (options, host) => new OpenNdjson(options, host),
};

class OpenNdjson implements OpenSink {
  readonly #files = new Map<string, NdjsonFiles>();

  constructor(options: NdjsonOptions, host: SinkHost) {
    const dir = options.dir ?? join(host.data!, host.name);
    const { file_bytes: fileBytes, max_bytes: maxBytes } = options;
    for (const lane of host.lanes) {
      const folder = join(dir, lane);
      const cut = (file: string, bytes: number): void =>
        host.report("warn", "torn end of a file cut: it comes again", { file, bytes });
      this.#files.set(lane, new NdjsonFiles(folder, { fileBytes, maxBytes, cut }));
    }
  }

  resumeAt(lane: string): number | null {
    return this.#files.get(lane)?.next ?? null;
  }

  async write(batch: SlotBatch): Promise<void> {
    const file = this.#files.get(batch.lane)!;
    for (const hole of batch.holes) await file.append(hole.first, hole.last + 1, holeLine(hole));
    const reader = new EventReader(batch.rows);
    let lines = "";
    let first = -1;
    for (let i = 0; i < batch.count; i++) {
      if (first < 0) first = i;
      const event = reader.accept(batch.slots, i << 4);
      if ((slotFlags(batch.slots, i << 4) & FLAG.LAST) === 0) continue;
      const place = { log_seq: batch.seqs[first]!, slots: i - first + 1 };
      lines += `${JSON.stringify({ ...place, ...(event ?? { type: "unknown" }) })}\n`;
      first = -1;
    }
    await file.append(batch.first, batch.end, lines);
  }

  async flush(): Promise<Record<string, number>> {
    const marks: Record<string, number> = {};
    for (const [lane, file] of this.#files) {
      await file.sync();
      if (file.next !== null) marks[lane] = file.next;
    }
    return marks;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }
}

function holeLine({ first, last, reason }: Hole): string {
  return `${JSON.stringify({ log_seq: first, slots: last - first + 1, type: "hole", reason })}\n`;
}
