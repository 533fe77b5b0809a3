import { renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * Writes a small text file whole or not at all: beside its place first, then renamed over what was there. Throws an
 * Error that names the file.
 */
export function writeTextFile(file: string, text: string): void {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, text);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new Error(
      `expected to write ${file}, saw ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
