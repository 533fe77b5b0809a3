import { rmSync } from "node:fs";
import { RegionError } from "../region-error.ts";
import { createRegion } from "../region.ts";
import type { RegionHandle, RegionOptions } from "../region.ts";

/**
 * As `createRegion`, but new. A region of that name that nobody writes makes room if it may, else this throws RegionError,
 * as for whatever else speaks against it.
 */
export function freshRegion(options: RegionOptions, mayReplace: boolean): RegionHandle {
  const handle = createRegion(options);
  if (!handle.resumed) return handle;
  if (!mayReplace) {
    handle.close();
    throw new RegionError(
      "busy",
      handle.path ?? options.lane,
      "expected a lane that is not there yet, saw one; take a name that begins with replay, or remove it",
    );
  }
  if (handle.path !== null) rmSync(handle.path);
  handle.close();
  return createRegion(options);
}
