import * as fs from "node:fs";
import { join } from "node:path";
import { SLOT_BYTES } from "../../log/index.ts";
import type { LaneStart } from "../region.ts";
import { listCursors } from "./cursor-file.ts";
import { JournalError } from "./journal-error.ts";
import { segmentEnd } from "./segment-end.ts";
import { listSegments } from "./segment-list.ts";
import type { SegmentFile } from "./segment-list.ts";

/** A new region behind an unknown tail begins at a multiple of this: more than a lane commits in the minutes until somebody looks. */
const STRIDE = 16_777_216;

/** Folder of a lane's journal, as the functions of this room take it. */
export function journalFolder(data: string, lane: string): string {
  return join(data, "journal", lane);
}

/**
 * Reads where the journal in `folder` ends; `slots` is what may have been committed beyond it: the
 * capacity of the lane's ring, and of the journal's backlog. Both 0 without a journal. Where it was
 * closed in order a new region goes on right there; otherwise behind a hole that is wider than what the region which is gone can have
 * held, and behind every cursor, so that no sequence ever means two things.
 */
export function laneStart(folder: string, slots: number): LaneStart {
  const cursor = Math.max(0, ...listCursors(folder).map(({ next }) => next));
  const { end, most, closed } = journalEnd(folder);
  if (closed && cursor <= end) return { end, first: end };
  return { end, first: beyond(Math.max(most, cursor), slots) };
}

/** `end` is surely in the journal or was in the ring; nothing at or above `most` can have been written. */
function journalEnd(folder: string): { end: number; most: number; closed: boolean } {
  for (const file of listSegments(folder).toReversed()) {
    const found = endOf(file);
    if (found !== null) return found;
  }
  return { end: 0, most: 0, closed: true };
}

function endOf(file: SegmentFile): { end: number; most: number; closed: boolean } | null {
  try {
    const { next, closed, damaged } = segmentEnd(file.path);
    return { end: next, most: next, closed: closed && damaged === 0 };
  } catch (error) {
    if (!(error instanceof JournalError) || error.code === "system") throw error;
    if (error.code === "foreign") return null;
    const slots = Math.ceil(fs.statSync(file.path).size / SLOT_BYTES);
    return { end: file.first, most: file.first + slots, closed: false };
  }
}

function beyond(end: number, slots: number): number {
  return Math.ceil((end + slots) / STRIDE) * STRIDE;
}
