import {
  DepthReader,
  DepthWriter,
  InstrumentReader,
  SLOT_BYTES,
  TopReader,
  TopWriter,
} from "../../log/index.ts";
import type { Region } from "../../log/index.ts";
import { REASON, VALIDITY } from "../../model/index.ts";
import {
  createRegion,
  heapRegion,
  journalFolder,
  laneStart,
  RegionError,
  sharedRegion,
  wallClock,
} from "../../store/index.ts";
import type { RegionHandle, RegionOptions } from "../../store/index.ts";
import { hasJournal } from "../config.ts";
import type { Config } from "../config.ts";
import type { LaneConfig } from "../config/schema.ts";

/** A process whose gateway was killed lets go of its region within so many ms. */
const LET_GO_MS = 3000;
const RETRY_MS = 50;

/** What of a lane decides about its memory. */
type LaneMemoryPlan = Pick<LaneConfig, "name" | "isolation">;

/** A lane's memory, and in words where it comes from. */
export interface LaneMemory {
  readonly handle: RegionHandle;
  readonly note: string;
}

/**
 * The region of a lane: a file; where nothing can be mapped, memory of this process alone, which a restarted thread goes on in.
 * Books of an earlier writer are doubted at once: nobody has listened to them since.
 */
export async function openMemory(
  config: Config,
  lane: LaneMemoryPlan,
  buffer: SharedArrayBuffer | null,
): Promise<LaneMemory> {
  const memory = buffer === null ? await mapped(config, lane) : { handle: again(buffer), note: "resumed" };
  if (memory.handle.resumed) doubtBooks(memory.handle.region);
  return memory;
}

async function mapped(config: Config, lane: LaneMemoryPlan): Promise<LaneMemory> {
  const { dir, slots, instruments } = config.region;
  const size = { lane: lane.name, slots, instruments };
  const options = { ...size, dir, maxStallMs: config.journal.max_stall_ms, ...startOf(config, lane.name) };
  try {
    const handle = await patiently(options, lane.isolation === "process" ? LET_GO_MS : 0);
    return { handle, note: handle.resumed ? "resumed" : "created" };
  } catch (error) {
    if (!(error instanceof RegionError) || error.code !== "unsupported") throw error;
    if (lane.isolation === "process")
      throw new Error(`lane ${lane.name}: isolation: process needs shared memory; ${error.message}`, {
        cause: error,
      });
    return { handle: heapRegion(options), note: `in this process only: ${error.message}` };
  }
}

/** Where the lane's journal says that it goes on. */
function startOf(config: Config, lane: string): Pick<RegionOptions, "start"> {
  if (!hasJournal(config)) return {};
  const { region, journal, data } = config;
  const unwritten = region.slots + Math.ceil(journal.backlog_bytes / SLOT_BYTES);
  return { start: laneStart(journalFolder(data.dir!, lane), unwritten) };
}

async function patiently(options: RegionOptions, ms: number): Promise<RegionHandle> {
  for (const end = performance.now() + ms; ;) {
    try {
      return createRegion(options);
    } catch (error) {
      const busy = error instanceof RegionError && error.code === "busy";
      if (!busy || performance.now() >= end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The memory that an earlier thread of this process has made. */
function again(buffer: SharedArrayBuffer): RegionHandle {
  const handle = sharedRegion(buffer);
  handle.region.enter(process.pid, wallClock());
  return handle;
}

/** What the tables say of any book is no longer so. */
function doubtBooks(region: Region): void {
  const [tops, depths] = [new TopWriter(region.top), new DepthWriter(region.depth)];
  const [top, depth] = [new TopReader(region.top), new DepthReader(region.depth)];
  const { count } = new InstrumentReader(region.control, region.instruments);
  for (let id = 0; id < count; id++) {
    for (const [reader, writer] of [
      [top, tops],
      [depth, depths],
    ] as const) {
      const row = reader.read(id);
      if (row !== null && row.validity !== "none")
        writer.setValidity(id, VALIDITY.WARMING, REASON.STARTING, row.epoch);
    }
  }
}
