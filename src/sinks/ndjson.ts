import { join } from "node:path";
import { NativeEvents } from "./kit/native.ts";
import { NdjsonFiles } from "./ndjson/files.ts";
import type { OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";

/** Its part of the configuration. */
export interface NdjsonOptions {
  /** Default: `<data>/<name>`. */
  readonly dir?: string;
  readonly file_bytes: number;
  readonly max_bytes: number;
}

/**
 * One JSON line an event, in the form of `tail`, with its place in the log before it: {"lane":"main","log_seq":7,"slots":1,"type":"trade",...}. What is
 * missing is a line of its own, {"lane":"main","log_seq":8,"slots":3,"type":"hole","reason":"lapped"}: `log_seq` to `log_seq + slots` of all lines of a lane
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
  readonly #events = new NativeEvents();

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
    let lines = "";
    for (const { text, seq, slots, at } of this.#events.of(batch)) {
      if (at < 0) await file.append(seq, seq + slots, `${text}\n`);
      else lines += `${text}\n`;
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
