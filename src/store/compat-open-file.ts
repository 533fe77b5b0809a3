import * as fs from "node:fs";
import { dirname } from "node:path";
import { COMPAT_TIME_BYTES } from "../log/compat-book-file.ts";
import { CompatFileError, writeCompatFile } from "./compat-files.ts";
import { makeFolder } from "./folder.ts";

/**
 * One of the two files of compat-book-file.ts, held open to be written often: in place, the sides before the time. By system calls
 * and not over a mapping of our own: who truncates the file meanwhile, as its earlier writer did at start, does not end us.
 */
export class CompatOpenFile {
  readonly path: string;
  #fd = -1;
  #inode = 0;

  /** Writes `bytes` at once. Throws CompatFileError: no such file can be had, or it is another's. */
  constructor(path: string, bytes: Uint8Array) {
    this.path = path;
    this.#open(bytes);
  }

  /** About three microseconds. */
  write(bytes: Uint8Array): void {
    const time = bytes.length - COMPAT_TIME_BYTES;
    fs.writeSync(this.#fd, bytes, 0, time, 0);
    fs.writeSync(this.#fd, bytes, time, COMPAT_TIME_BYTES, time);
  }

  /** Whether the path leads here no more: then a file with `bytes` is put there. To be asked now and then. */
  restore(bytes: Uint8Array): boolean {
    const now = fs.statSync(this.path, { throwIfNoEntry: false });
    if (now?.ino === this.#inode && now.size === bytes.length) return false;
    this.close();
    this.#open(bytes);
    return true;
  }

  close(): void {
    if (this.#fd >= 0) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  #open(bytes: Uint8Array): void {
    try {
      makeFolder(dirname(this.path));
      writeCompatFile(this.path, bytes);
      this.#fd = fs.openSync(this.path, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
      this.#inode = fs.fstatSync(this.#fd).ino;
    } catch (error) {
      if (error instanceof CompatFileError) throw error;
      throw new CompatFileError(`${this.path}: ${(error as Error).message}`, { cause: error });
    }
  }
}
