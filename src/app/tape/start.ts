import { tapedWorld } from "../../feed/index.ts";
import type { LaneOptions, World } from "../../feed/index.ts";
import { InstrumentReader } from "../../log/index.ts";
import type { Region } from "../../log/index.ts";
import { tapeRing } from "../../log/index.ts";
import { wallClock } from "../../store/index.ts";
import { packageVersion } from "../version.ts";
import { startWorker } from "../worker.ts";
import type { TapeData, TapeMessage } from "./messages.ts";
import { Recorder } from "./recorder.ts";

/** A tape is waited for so long at the end of its lane, ms. */
const END_MS = 10_000;
const INT32 = 0x7fffffff;

export interface TapeOptions {
  /** Folder of the tape of this lane. */
  readonly dir: string;
  readonly lane: string;
  /** All segments together, and one of them, bytes. */
  readonly maxBytes: number;
  readonly segmentBytes?: number;
  /** Bytes of the ring between the lane and its tape: what is kept of a disk that hangs. */
  readonly ringBytes?: number;
  /** Time between two writes: what a kill can cost, ms. */
  readonly flushMs?: number;
  readonly region: Region;
  readonly maxFrame: number;
  /** Of the lane, without secrets. */
  readonly config: unknown;
  /** Texts that must not be kept. */
  readonly secrets: readonly string[];
  readonly report: LaneOptions["report"];
  /** Of what the lane leaves to chance; left out: any. */
  readonly seed?: number;
}

/** A tape that is being recorded. */
export interface RunningTape {
  readonly recorder: Recorder;
  /** For the lane: what it learns from the world goes to the tape first. */
  readonly world: (real: World) => World;
  /** After the lane has stopped: resolves when everything is written. */
  end(): Promise<void>;
}

/** Starts to record a lane that is about to be made over `region`. */
export function startTape(options: TapeOptions): RunningTape {
  const { report } = options;
  const seed = options.seed ?? Math.floor(Math.random() * INT32);
  const memory = tapeRing(options.ringBytes ?? 32 << 20);
  // The system gives memory page by page when it is touched: now, and not in the middle of a burst.
  new Uint8Array(memory).fill(0);
  const worker = startWorker(new URL(`./worker${extension()}`, import.meta.url), {
    workerData: dataOf(options, memory, seed),
  });
  const recorder = new Recorder(memory, options.secrets);
  const ended = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.on("error", (error) =>
    report("error", "the tape has ended: nothing is recorded any more", { reason: error.message }),
  );
  worker.on("message", (message: TapeMessage) => tell(message, report));
  worker.unref();
  return {
    recorder,
    world: (real) => tapedWorld(real, recorder, seed),
    end: async () => {
      recorder.end();
      const timer = setTimeout(() => void worker.terminate(), END_MS);
      await ended;
      clearTimeout(timer);
      const { lostFrames, lostRecords } = recorder;
      if (lostRecords > 0)
        report("warn", "the tape has holes: its disk was too slow", {
          frames: lostFrames,
          records: lostRecords,
        });
    },
  };
}

function dataOf(options: TapeOptions, ring: SharedArrayBuffer, seed: number): TapeData {
  const { dir, lane, maxBytes, region, maxFrame, config } = options;
  const { slots, instruments } = region.geometry;
  return {
    ring,
    dir,
    session: wallClock(),
    maxBytes,
    segmentBytes: options.segmentBytes ?? 256 << 20,
    flushMs: options.flushMs ?? 1000,
    about: {
      format: "tape/1",
      lane,
      software: packageVersion(),
      seed,
      region: { slots, instruments },
      first: region.head,
      maxFrame,
      rows: new InstrumentReader(region.control, region.instruments).all(),
      config,
    },
  };
}

function tell(message: TapeMessage, report: LaneOptions["report"]): void {
  if (message.type === "failing")
    report("error", "the tape cannot be written; tried again, and what finds no room is lost", {
      reason: message.reason,
    });
  else if (message.type === "writing") report("info", "the tape is written again", {});
  else if (message.type === "deleted")
    report("info", "the oldest segment of the tape is gone: its budget is spent", { file: message.file });
}

function extension(): ".ts" | ".js" {
  return import.meta.url.endsWith(".ts") ? ".ts" : ".js";
}
