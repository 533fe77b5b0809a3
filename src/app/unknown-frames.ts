import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname, parse, join } from "node:path";
import type { VenueId } from "../model/index.ts";
import { frameLine } from "./frame-watch.ts";
import type { Log } from "./log.ts";

/**
 * Keeps the frames nobody could read, a file of frames/1 for each venue, for `feedhorn normalize` and for a bug report.
 * Bounded: a file that has half of what a venue may take is moved to `.old` over the one before. What a venue sends holds
 * no secret of ours; nothing that we sent is kept.
 */
export class UnknownFrames {
  readonly #file: string;
  readonly #most: number;
  readonly #log: Log;
  readonly #sizes = new Map<VenueId, number>();
  #failed = false;

  /** `file`: path of the files, the venue's id goes before its extension. `maxBytes`: for each venue. */
  constructor(file: string, maxBytes: number, log: Log) {
    this.#file = file;
    this.#most = Math.floor(maxBytes / 2);
    this.#log = log;
  }

  /** Appends one frame. A file that cannot be written is told once. */
  keep(venue: VenueId, ts: string, bytes: Uint8Array): void {
    if (this.#failed) return;
    try {
      this.#append(venue, frameLine(ts, bytes));
    } catch (error) {
      this.#failed = true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error("unknown frames are not kept any more; set unknown_frames.file to a writable path", {
        reason,
      });
    }
  }

  #append(venue: VenueId, line: string): void {
    const path = pathOf(this.#file, venue);
    const size = Buffer.byteLength(line);
    if (size > this.#most) return;
    let before = this.#sizes.get(venue) ?? sizeOf(path);
    if (before + size > this.#most) {
      renameSync(path, `${path}.old`);
      before = 0;
    }
    const header = before === 0 ? `${JSON.stringify({ format: "frames/1", venue })}\n` : "";
    if (before === 0 && !existsSync(dirname(path))) mkdirSync(dirname(path));
    appendFileSync(path, header + line, { mode: 0o600 });
    this.#sizes.set(venue, before + header.length + size);
  }
}

/** `unknown.jsonl` and kraken: `unknown.kraken.jsonl`. */
export function pathOf(file: string, venue: VenueId): string {
  const { dir, name, ext } = parse(file);
  return join(dir, `${name}.${venue}${ext}`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
