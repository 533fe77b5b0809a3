import { existsSync, readdirSync } from "node:fs";
import type { RegionHandle } from "../store/index.ts";
import { UsageError } from "./program.ts";

const ENDING = ".region";

/** How commands that look into a running gateway name the lane; shown by --help. */
export const LANE_ARGUMENT = [
  "[lane]",
  "lane by name, or a region file (default: the only lane there is)",
] as const;

/** File of a lane given by name or path, or of the only lane there is. Throws UsageError when that is not one. */
export async function lanePath(lane: string | undefined): Promise<string> {
  const { lanesDir } = await import("../app/config/lanes.ts");
  const { regionPath } = await import("../store/index.ts");
  const dir = lanesDir();
  if (lane?.endsWith(ENDING) === true && existsSync(lane)) return lane.includes("/") ? lane : `./${lane}`;
  try {
    return regionPath(lane ?? onlyLane(dir), dir);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** The region of a lane, mapped for reading. Throws UsageError or RegionError. */
export async function openLaneRegion(lane: string | undefined): Promise<RegionHandle> {
  const { openRegion } = await import("../store/index.ts");
  return openRegion(await lanePath(lane));
}

function onlyLane(dir: string): string {
  const lanes = lanesIn(dir);
  if (lanes.length === 1) return lanes[0]!;
  if (lanes.length === 0)
    throw new Error(
      `${dir}: expected a lane, saw none; start a gateway, set FEEDHORN_DIR, or name a region file`,
    );
  throw new UsageError(`${dir}: expected the name of one of its lanes: ${lanes.join(" ")}`);
}

function lanesIn(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const files = readdirSync(dir).filter((name) => name.endsWith(ENDING));
  return files.map((name) => name.slice(0, -ENDING.length)).toSorted();
}
