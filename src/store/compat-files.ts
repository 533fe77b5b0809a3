import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import {
  COMPAT_BOOK_BYTES,
  COMPAT_TIME_BYTES,
  COMPAT_TOP_BYTES,
  decodeCompatBook,
  decodeCompatTop,
} from "../log/compat-book-file.ts";
import type { CompatBook, CompatTop } from "../log/compat-book-file.ts";

const READ_TRIES = 100;

/** A compat file cannot be read or written; the message names the path and what to do. */
export class CompatFileError extends Error {
  override readonly name = "CompatFileError";
}

/**
 * Writes one of the two compat files (bytes from log/compat-book-file) over what is there, in place: readers hold
 * a mapping, so the file is never replaced. Time goes last. A file of another size is not ours and is refused.
 */
export function writeCompatFile(path: string, bytes: Uint8Array): void {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  withFile(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, (fd) => {
    const { size } = fstatSync(fd);
    if (size !== 0 && size !== bytes.length)
      throw new Error(`expected ${bytes.length} bytes, saw ${size}; not overwriting a file of another kind`);
    if (size === 0) ftruncateSync(fd, bytes.length);
    const time = bytes.length - COMPAT_TIME_BYTES;
    writeSync(fd, bytes, 0, time, 0);
    writeSync(fd, bytes, time, COMPAT_TIME_BYTES, time);
  });
}

/** Throws CompatFileError when the file is missing, short or malformed. */
export function readCompatBook(path: string): CompatBook {
  return withFile(path, constants.O_RDONLY | constants.O_NONBLOCK, (fd) =>
    decodeCompatBook(stable(fd, COMPAT_BOOK_BYTES)),
  );
}

/** Throws CompatFileError when the file is missing, short or malformed. */
export function readCompatTop(path: string): CompatTop {
  return withFile(path, constants.O_RDONLY | constants.O_NONBLOCK, (fd) =>
    decodeCompatTop(stable(fd, COMPAT_TOP_BYTES)),
  );
}

/** Two equal reads in a row: the format has no sequence number, so this is the best a reader can do. */
function stable(fd: number, expected: number): Uint8Array {
  let before = readAll(fd, expected);
  for (let i = 0; i < READ_TRIES; i++) {
    const again = readAll(fd, expected);
    if (before.equals(again)) return again;
    before = again;
  }
  throw new Error(`the file changed during each of ${READ_TRIES} reads; try again`);
}

/** One byte more than expected is asked for, so that a longer file fails the size check too. */
function readAll(fd: number, expected: number): Buffer {
  const bytes = Buffer.alloc(expected + 1);
  const length = readSync(fd, bytes, 0, bytes.length, 0);
  return bytes.subarray(0, length);
}

function withFile<T>(path: string, flags: number, use: (fd: number) => T): T {
  let fd = -1;
  try {
    fd = openSync(path, flags, 0o644);
    if (!fstatSync(fd).isFile()) throw new Error("expected a plain file");
    return use(fd);
  } catch (error) {
    throw new CompatFileError(`${path}: ${reason(error as NodeJS.ErrnoException)}`, { cause: error });
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

function reason(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "no such file or folder; write it first, or name another path";
  if (error.code === "EACCES" || error.code === "EPERM")
    return "not permitted; check owner and mode of the file and its folder";
  if (error.code === "ELOOP") return "a symbolic link; name the file itself";
  if (error.code === "EISDIR") return "a folder; name a file";
  return error.message;
}
