import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SinkHost } from "../sink.ts";

const MIB = 1 << 20;
/** Of the file and the one before it together. */
const MOST_BYTES = 64 * MIB;
/** Of a vendor's words about one record. */
const MOST_REASON = 500;

/**
 * Records that a vendor will not take whatever is tried: each is counted (`refused_total`), told, and kept as a line of
 * `<data>/sinks/<name>-refused.ndjson` (`{"lane","log_seq","reason","record"}`), so that all others can go on. When half of 64 MiB are
 * full the file is moved to `.old`, over the older one. Without a data folder they are counted and told only.
 */
export class Refused {
  readonly #host: SinkHost;
  readonly #path: string | null;
  #count = 0;

  constructor(host: SinkHost) {
    this.#host = host;
    this.#path = host.data === null ? null : join(host.data, "sinks", `${host.name}-refused.ndjson`);
    if (host.data !== null) mkdirSync(join(host.data, "sinks"), { recursive: true });
    this.#tell();
  }

  get count(): number {
    return this.#count;
  }

  /** `record`: its text as it was sent. */
  keep(lane: string, seq: number, reason: string, record: string): void {
    const words = reason.slice(0, MOST_REASON);
    if (this.#path !== null) {
      const line = `${JSON.stringify({ lane, log_seq: seq, reason: words, record })}\n`;
      this.#roll(Buffer.byteLength(line));
      appendFileSync(this.#path, line, { mode: 0o600 });
    }
    this.#count += 1;
    this.#tell();
    this.#host.report("error", "the vendor refused a record: it is kept and passed over", {
      lane,
      log_seq: seq,
      reason: words,
      ...(this.#path === null ? {} : { file: this.#path }),
    });
  }

  #roll(bytes: number): void {
    const size = statSync(this.#path!, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 0 && size + bytes > MOST_BYTES / 2) renameSync(this.#path!, `${this.#path!}.old`);
  }

  #tell(): void {
    this.#host.figure("counter", "refused_total", "Records that the vendor would not take", this.#count);
  }
}
