import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A text file that is appended to and never takes more than `maxBytes` together with the one before it: when half of
 * that is reached it is moved to `.old`, over the older one. Each begins with `header`. Throws what the file system throws.
 */
export class BoundedFile {
  readonly #path: string;
  readonly #most: number;
  readonly #header: string;
  #size: number;

  /** Its folder is made, not those above it. */
  constructor(path: string, maxBytes: number, header: string) {
    this.#path = path;
    this.#most = Math.floor(maxBytes / 2);
    this.#header = header;
    this.#size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Appends a line with its ending; false when it is too large to be taken at all. */
  append(line: string): boolean {
    const size = Buffer.byteLength(line);
    const first = Buffer.byteLength(this.#header);
    if (first + size > this.#most) return false;
    if (this.#size + size > this.#most) {
      renameSync(this.#path, `${this.#path}.old`);
      this.#size = 0;
    }
    const folder = dirname(this.#path);
    if (this.#size === 0 && !existsSync(folder)) mkdirSync(folder);
    const fresh = this.#size === 0;
    appendFileSync(this.#path, fresh ? this.#header + line : line, { mode: 0o600 });
    this.#size += size + (fresh ? first : 0);
    return true;
  }
}
