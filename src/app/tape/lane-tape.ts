import { join } from "node:path";
import type { Config } from "../config.ts";
import type { ApiKeys } from "../config/keys.ts";
import { redact } from "../config/redact.ts";
import type { LaneConfig } from "../config/schema.ts";
import { startTape } from "./start.ts";
import type { RunningTape, TapeOptions } from "./start.ts";

/** Folder of a lane's tape. */
export function tapeFolder(data: string, lane: string): string {
  return join(data, "tape", lane);
}

/** The tape of a lane that is about to be made, if it is to have one. */
export function tapeOf(
  { tape, data }: Config,
  lane: LaneConfig,
  own: Pick<TapeOptions, "region" | "maxFrame" | "report"> & { readonly keys: ApiKeys },
): RunningTape | null {
  if (!tape.enabled || data.dir === undefined) return null;
  const { keys, ...parts } = own;
  return startTape({
    ...parts,
    dir: tapeFolder(data.dir, lane.name),
    lane: lane.name,
    maxBytes: tape.max_bytes,
    segmentBytes: tape.segment_bytes,
    ringBytes: tape.ring_bytes,
    flushMs: tape.flush_ms,
    config: redact(lane),
    secrets: Object.values(keys),
  });
}
