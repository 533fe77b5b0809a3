import { closeSync, openSync, readFileSync, writeSync, ftruncateSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./folder.ts";
import { libc } from "./mmap.ts";

/** A file that one process at a time holds; it is given back by `close` or by dying, however that happens. */
export interface LockFile {
  close(): void;
}

/** Takes a lock, making its file and folder, or tells which process has it. Without locks (Windows) everybody gets it. */
export function lockFile(path: string): LockFile | number {
  makeFolder(dirname(path));
  const fd = openSync(path, "a+");
  const system = libc();
  if (!(system instanceof Error) && !system.lock(fd)) {
    closeSync(fd);
    return Number(readFileSync(path, "utf8"));
  }
  ftruncateSync(fd);
  writeSync(fd, String(process.pid));
  return { close: () => closeSync(fd) };
}
