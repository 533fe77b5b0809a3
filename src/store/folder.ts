import * as fs from "node:fs";
import { dirname } from "node:path";

/** Makes a folder with all above it, each of them so that a loss of power leaves it there: a file in it is only as safe as they are. */
export function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  syncFolder(dirname(folder));
}

/** So that a rename survives the loss of power. Where a folder cannot be opened (Windows) it must do without. */
export function syncFolder(folder: string): void {
  let fd: number;
  try {
    fd = fs.openSync(folder, "r");
  } catch {
    return;
  }
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
