import { PART_WAYS } from "../parts/way.ts";
import { MAX_TAPE_RING, MIN_TAPE_RING } from "../../log/index.ts";
import { millis, z } from "./zod.ts";

/** What is kept on disk, and how the parts of the gateway are kept running. */

const MIB = 1 << 20;

export const Isolation = z
  .enum(PART_WAYS)
  .default("thread")
  .describe("thread: of the gateway's process; process: of its own");

export const Data = z.strictObject({
  dir: z.string().min(1).optional().describe("Folder of everything kept on disk; unset: nothing is kept"),
});

export const Journal = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether lanes are copied to disk, where there is a data.dir"),
  fsync_ms: millis(0, 60_000)
    .default(200)
    .describe("Time between two fsyncs: what loss of power can cost; 0 = every write"),
  segment_bytes: z
    .int()
    .min(64 * 1024)
    .max(2 ** 32)
    .default(64 * MIB)
    .describe("Size at which a segment ends; it ends with the hour, too"),
  max_bytes: z
    .int()
    .min(MIB)
    .max(2 ** 50)
    .default(8 * 1024 * MIB)
    .describe("Bytes of one lane's journal; then the oldest segment goes, needed or not"),
  keep_ms: millis(0, 31_536_000_000)
    .default(0)
    .describe("Time that segments stay when no sink needs them any more"),
  max_stall_ms: millis(0, 10_000)
    .default(100)
    .describe("Longest time a lane waits for a journal that is a whole ring behind; 0 = never"),
  backlog_bytes: z
    .int()
    .min(0)
    .max(2 ** 36)
    .default(256 * MIB)
    .describe("Memory for one lane's slots that wait while the journal's disk is full; 0 = none"),
  reserve_bytes: z
    .int()
    .min(0)
    .max(2 ** 50)
    .default(256 * MIB)
    .describe("Room on the disk left to sinks, of a small disk an eighth at most; 0 = none"),
  isolation: Isolation,
});

export const Tape = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .describe("Whether everything that lanes receive is recorded, where there is a data.dir (docs/tape.md)"),
  max_bytes: z
    .int()
    .min(16 * MIB)
    .max(2 ** 50)
    .default(8 * 1024 * MIB)
    .describe("Bytes of one lane's tape; then the oldest segment goes"),
  segment_bytes: z
    .int()
    .min(MIB)
    .max(2 ** 32)
    .default(256 * MIB)
    .describe("Size at which a segment ends; it ends with the hour, too"),
  flush_ms: millis(10, 60_000)
    .default(1000)
    .describe("Time between two writes: what a kill can cost of the tape"),
  ring_bytes: z
    .int()
    .min(MIN_TAPE_RING)
    .max(MAX_TAPE_RING)
    .refine((bytes) => Number.isInteger(Math.log2(bytes)), "expected a power of two")
    .default(32 * MIB)
    .describe(
      "Memory between a lane and its tape: what is kept while the disk hangs. What it cannot hold is lost and counted",
    ),
});

export const Supervision = z.strictObject({
  restarts: z.int().min(0).max(1_000_000).default(5).describe("Restarts of one part within the window"),
  window_ms: millis(100, 86_400_000).default(300_000).describe("The window"),
});

export const ShutdownMs = millis(100, 3_600_000)
  .default(30_000)
  .describe("Longest time of an ordered shutdown; what is left then is told");
