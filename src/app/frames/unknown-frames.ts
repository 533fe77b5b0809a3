import { join, parse } from "node:path";
import type { VenueId } from "../../model/index.ts";
import { BoundedFile } from "../../store/index.ts";
import { frameLine } from "./frame-watch.ts";
import type { Log } from "../log.ts";

/**
 * Keeps the frames nobody could read, in a bounded file of frames/1 for each venue, for `feedhorn normalize` and for a bug
 * report. What a venue sends holds no secret of ours; nothing that we sent is kept.
 */
export class UnknownFrames {
  readonly #file: string;
  readonly #maxBytes: number;
  readonly #log: Log;
  readonly #files = new Map<VenueId, BoundedFile>();
  #failed = false;

  /** `file`: path of the files, the venue's id goes before its extension. `maxBytes`: for each venue. */
  constructor(file: string, maxBytes: number, log: Log) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#log = log;
  }

  /** Appends one frame. A file that cannot be written is told once. */
  keep(venue: VenueId, ts: string, bytes: Uint8Array): void {
    if (this.#failed) return;
    try {
      this.#of(venue).append(frameLine(ts, bytes));
    } catch (error) {
      this.#failed = true;
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error("unknown frames are not kept any more; set unknown_frames.file to a writable path", {
        reason,
      });
    }
  }

  #of(venue: VenueId): BoundedFile {
    const known = this.#files.get(venue);
    if (known !== undefined) return known;
    const header = `${JSON.stringify({ format: "frames/1", venue })}\n`;
    const fresh = new BoundedFile(pathOf(this.#file, venue), this.#maxBytes, header);
    this.#files.set(venue, fresh);
    return fresh;
  }
}

/** `unknown.jsonl` and kraken: `unknown.kraken.jsonl`. */
export function pathOf(file: string, venue: VenueId): string {
  const { dir, name, ext } = parse(file);
  return join(dir, `${name}.${venue}${ext}`);
}
