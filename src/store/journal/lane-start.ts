import { join } from "node:path";
import type { LaneStart } from "../region.ts";

/** Folder of a lane's journal, as the functions of this room take it. */
export function journalFolder(data: string, lane: string): string {
  return join(data, "journal", lane);
}

/** Reads where the journal in `folder` ends; `slots` is the capacity of the lane's ring. Both 0 without a journal. */
export function laneStart(folder: string, slots: number): LaneStart {
  throw new Error(`not yet: ${folder} ${slots}`);
}
