import { closeSync, copyFileSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import { basename, join } from "node:path";

const BUFFER = 1 << 20;

/** A new file of lines of at most `maxBytes`; what would be more is counted and left out. */
export class LineFile {
  readonly #file: number;
  readonly #most: number;
  #text = "";
  #size = 0;
  lines = 0;
  /** Lines left out. */
  left = 0;

  /** Throws when the file is there already. */
  constructor(path: string, maxBytes: number) {
    this.#file = openSync(path, "wx", 0o600);
    this.#most = maxBytes;
  }

  /** A line with its ending. */
  write(line: string): void {
    const size = Buffer.byteLength(line);
    if (this.left > 0 || this.#size + size > this.#most) {
      this.left += 1;
      return;
    }
    this.#size += size;
    this.lines += 1;
    this.#text += line;
    if (this.#text.length >= BUFFER) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#text = "";
  }
}

/** A folder that is not there yet. */
export function newFolder(path: string): void {
  mkdirSync(path, { recursive: false, mode: 0o700 });
}

/** Copies segments into a new folder; false, and nothing is copied, when they are more than `maxBytes` together. */
export function copySegments(paths: readonly string[], folder: string, maxBytes: number): boolean {
  if (paths.reduce((sum, path) => sum + statSync(path).size, 0) > maxBytes) return false;
  newFolder(folder);
  for (const path of paths) copyFileSync(path, join(folder, basename(path)));
  return true;
}
