import * as fs from "node:fs";
import { toMicros } from "../../model/index.ts";
import { listCursors } from "./cursor-file.ts";
import type { Cursor } from "./cursor-file.ts";
import type { Hole } from "./hole.ts";
import { JournalError } from "./journal-error.ts";
import { openLossless } from "./lossless-reader.ts";
import { segmentEnd } from "./segment-end.ts";
import { listSegments } from "./segment-list.ts";

/** A segment as it stands on disk. */
export interface SegmentLine {
  readonly path: string;
  readonly first: number;
  readonly bytes: number;
  /** Written last, UNIX us. */
  readonly written: number;
}

/** The same after all of it was read; `problem` says what is wrong with it, null when nothing is. */
export interface CheckedSegment extends SegmentLine {
  /** Next sequence behind it. */
  readonly next: number;
  readonly slots: number;
  /** `created` of its region, UNIX us. */
  readonly session: number;
  readonly closed: boolean;
  readonly problem: string | null;
}

export interface JournalSurvey {
  readonly segments: readonly SegmentLine[];
  readonly cursors: readonly Cursor[];
}

/** What lies in a lane's journal folder. Reads no slots. */
export function surveyJournal(folder: string): JournalSurvey {
  const segments = listSegments(folder).flatMap(({ path, first }) => {
    const stat = fs.statSync(path, { throwIfNoEntry: false }); // it may be deleted meanwhile
    return stat === undefined
      ? []
      : [{ path, first, bytes: stat.size, written: Math.round(stat.mtimeMs * 1000) }];
  });
  return { segments, cursors: listCursors(folder) };
}

/** Reads every byte of the segments, and names what nobody can read any more. */
export function verifyJournal(folder: string): { segments: CheckedSegment[]; holes: Hole[] } {
  const { segments } = surveyJournal(folder);
  return {
    segments: segments.map((line, i) => check(line, i === segments.length - 1)),
    holes: holesOf(folder),
  };
}

function check(line: SegmentLine, last: boolean): CheckedSegment {
  try {
    const { next, slots, session, closed, damaged, whole, size } = segmentEnd(line.path);
    const torn = size - whole;
    const problem =
      damaged > 0
        ? `${damaged} bytes between blocks are none`
        : torn > 0
          ? `${torn} bytes at the end are no whole block${last ? " (yet)" : ""}`
          : null;
    return { ...line, next, slots, session: toMicros(session.hi, session.lo), closed, problem };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return { ...line, next: line.first, slots: 0, session: 0, closed: false, problem: error.message };
  }
}

function holesOf(folder: string): Hole[] {
  const holes: Hole[] = [];
  const reader = openLossless({ journal: folder, region: null, from: "oldest" });
  reader.onHole = (hole) => holes.push(hole);
  while (reader.poll(() => {}) > 0);
  reader.close();
  return holes;
}
