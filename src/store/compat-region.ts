import * as fs from "node:fs";
import { dirname } from "node:path";
import { judgeK4, k4Headers, k4RegionBytes } from "../log/compat-k4.ts";
import type { K4Shape } from "../log/compat-k4.ts";
import { MESSAGE_RING_BYTES } from "../log/compat-message-ring.ts";
import { CompatFileError } from "./compat-files.ts";
import { makeFolder } from "./folder.ts";
import { libc } from "./mmap.ts";

/** Zeros written at once. */
const CHUNK = 1 << 20;

/** What is to be at a place. */
interface Form {
  readonly bytes: number;
  /** What a file is, by its size and its first bytes. */
  judge(size: number, read: (at: number, length: number) => Uint8Array): "same" | "other" | "foreign";
  /** What is written into a new file of zeros. */
  readonly pieces: readonly { readonly at: number; readonly bytes: Uint8Array }[];
}

/** A file that is kept for others to map, mapped. */
export interface CompatRegion {
  readonly path: string;
  readonly buffer: ArrayBuffer;
  /** True when it was there, of this shape: what is in it is from before. */
  readonly resumed: boolean;
  /** False when the path leads to another file now, or to one of another size. */
  intact(): boolean;
}

/**
 * Opens a region to write it. One of the same shape goes on; one of another shape is replaced by a new file, so that who has
 * mapped the old one reads no nonsense; anything else at that place is left as it is. Throws CompatFileError.
 */
export function openCompatRegion(path: string, shape: K4Shape): CompatRegion {
  return open(path, {
    bytes: k4RegionBytes(shape),
    judge: (size, read) => judgeK4(size, read, shape),
    pieces: k4Headers(shape),
  });
}

/** The same for a ring of messages: it says nothing of itself but its size. Throws CompatFileError. */
export function openMessageRing(path: string): CompatRegion {
  return open(path, {
    bytes: MESSAGE_RING_BYTES,
    judge: (size) => (size === MESSAGE_RING_BYTES ? "same" : "foreign"),
    pieces: [],
  });
}

function open(path: string, form: Form): CompatRegion {
  const system = libc();
  try {
    if (system instanceof Error) throw system;
    const resumed = prepare(path, form);
    const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_NOFOLLOW);
    try {
      const { ino, size } = fs.fstatSync(fd);
      const { buffer } = system.map(fd, 0, size, true);
      const intact = (): boolean => {
        const now = fs.statSync(path, { throwIfNoEntry: false });
        return now !== undefined && now.ino === ino && now.size === size;
      };
      return { path, buffer, resumed, intact };
    } finally {
      fs.closeSync(fd);
    }
  } catch (error) {
    throw new CompatFileError(`${path}: ${reasonOf(error as NodeJS.ErrnoException, form.bytes)}`, {
      cause: error,
    });
  }
}

/** True when what is there goes on. */
function prepare(path: string, form: Form): boolean {
  const there = judge(path, form);
  if (there === "same") return true;
  if (there === "foreign")
    throw new Error("expected a region of this form, saw another file; name another one, or delete it");
  create(path, form);
  return false;
}

function judge(path: string, form: Form): "none" | ReturnType<Form["judge"]> {
  const entry = fs.lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return "none";
  if (!entry.isFile()) return "foreign";
  const fd = fs.openSync(path, "r");
  try {
    const read = (at: number, length: number): Uint8Array => {
      const bytes = new Uint8Array(length);
      fs.readSync(fd, bytes, 0, length, at);
      return bytes;
    };
    return form.judge(entry.size, read);
  } finally {
    fs.closeSync(fd);
  }
}

/** Whole under another name, then at its place: every byte is written, so that a full tmpfs fails here and not as a bus error later. */
function create(path: string, { bytes: size, pieces }: Form): void {
  const draft = `${path}.${process.pid}.tmp`;
  makeFolder(dirname(path));
  const fd = fs.openSync(draft, "w", 0o644);
  try {
    const zeros = new Uint8Array(CHUNK);
    for (let at = 0; at < size;) at += fs.writeSync(fd, zeros, 0, Math.min(CHUNK, size - at), at);
    for (const { at, bytes } of pieces) fs.writeSync(fd, bytes, 0, bytes.length, at);
    fs.renameSync(draft, path);
  } catch (error) {
    fs.rmSync(draft, { force: true });
    throw error;
  } finally {
    fs.closeSync(fd);
  }
}

function reasonOf(error: NodeJS.ErrnoException, bytes: number): string {
  if (error.code === "ENOSPC")
    return `no room for ${bytes} bytes; set fewer records or symbols, or enlarge the file system`;
  if (error.code === "EACCES" || error.code === "EPERM")
    return "not permitted; check owner and mode of the file and its folder";
  if (error.code === "ELOOP") return "a symbolic link; name the file itself";
  return error.message;
}
