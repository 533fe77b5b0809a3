import * as fs from "node:fs";
import * as path from "node:path";
import { JournalError } from "./journal-error.ts";

const NAME = /^(\d{16})\.fhj$/;

/** A segment's file, as its name says. */
export interface SegmentFile {
  readonly path: string;
  /** Sequence of its first slot. */
  readonly first: number;
}

export function segmentPath(folder: string, first: number): string {
  return path.join(folder, `${String(first).padStart(16, "0")}.fhj`);
}

/** Segments of a lane, the oldest first; none where there is no such folder. */
export function listSegments(folder: string): SegmentFile[] {
  return names(folder)
    .flatMap((name) => {
      const match = NAME.exec(name);
      return match === null ? [] : [{ path: path.join(folder, name), first: Number(match[1]) }];
    })
    .toSorted((a, b) => a.first - b.first);
}

/** Folders of lanes that have a journal under `data`, sorted. */
export function listJournals(data: string): string[] {
  const root = path.join(data, "journal");
  return names(root)
    .filter((name) => fs.statSync(path.join(root, name), { throwIfNoEntry: false })?.isDirectory() === true)
    .toSorted();
}

function names(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw systemProblem(folder, error);
  }
}

/** What the file system said, with its place. */
export function systemProblem(place: string, error: unknown): JournalError {
  if (error instanceof JournalError) return error;
  const seen = error instanceof Error ? error.message : String(error);
  return new JournalError(
    "system",
    place,
    `expected to read and write here, saw ${seen}; check the disk and its permissions`,
  );
}
