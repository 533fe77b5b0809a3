/**
 * What does a tape cost the lane's thread, and how fast is it packed and played?
 *
 * Four seconds of four simulated venues are recorded through real sockets. The lane is then run again from that tape, as it is
 * and with another tape behind it, in turn: the same frames, the same clock reads, the same slots. What differs is what a tape
 * costs the thread of the lane: one copy and one head a frame, one record for each look at the clock. Sockets are not in it;
 * with them the share is smaller.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_FRAME, startRig } from "../src/app/chaos/rig.ts";
import { aboutOf, replayTape } from "../src/app/tape/replay.ts";
import { startTape } from "../src/app/tape/start.ts";
import type { RunningTape, TapeOptions } from "../src/app/tape/start.ts";
import type { FeedOptions } from "../src/feed/index.ts";
import { heapRegion, loadZstd, openTape, piecesOf } from "../src/store/index.ts";
import { venueById } from "../src/venues/index.ts";
import { compare, nsPerOp, race } from "./harness.ts";
import type { BenchOptions, Row } from "./harness.ts";

const VENUES = ["binance", "binance-usdm", "coinbase", "kraken"];
const SECONDS = 4;
const LOAD = { messagesPerSecond: 6000 };
const OFF = "a lane without a tape, per frame";
const ON = "a lane with a tape, per frame";
/** Holds all of a run, whatever the other thread does. */
const RING = 1 << 28;

interface Recorded {
  readonly dir: string;
  readonly feeds: readonly FeedOptions[];
}

export async function bench(options: BenchOptions): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "feedhorn-bench-tape-"));
  try {
    const recorded = await recordInto(join(folder, "first"));
    let copies = 0;
    const samples = await race(
      [
        { name: OFF, run: () => play(recorded, null) },
        { name: ON, run: () => play(recorded, join(folder, `copy-${copies++ % 2}`)) },
      ],
      options,
    );
    const zstd = await packing(recorded, options);
    return [
      { ...compare("tape", "on the lane's thread", samples, ON, OFF), ...(await figures(recorded)) },
      ...zstd,
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function silent(): void {
  // Reconnects of the recording are nobody's news.
}

function tapeInto(dir: string, own: Pick<TapeOptions, "region" | "seed">): RunningTape {
  const sizes = { maxBytes: 2 ** 32, segmentBytes: 2 ** 30, ringBytes: RING };
  return startTape({
    ...own,
    ...sizes,
    dir,
    lane: "bench",
    maxFrame: MAX_FRAME,
    config: null,
    secrets: [],
    report: silent,
  });
}

async function recordInto(dir: string): Promise<Recorded> {
  let tape: RunningTape | null = null;
  const rig = await startRig({
    seed: "tape",
    venues: VENUES.map((id) => venueById(id)!),
    instruments: 8,
    load: LOAD,
    world: (region) => (tape = tapeInto(dir, { region })).world,
  });
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const running = tape as unknown as RunningTape;
  running.recorder.stop();
  await rig.close();
  await running.end();
  return { dir, feeds: rig.feeds };
}

/** ns of this thread per frame. `copy`: where a tape of the replay goes. */
async function play({ dir, feeds }: Recorded, copy: string | null): Promise<number> {
  const tape = openTape(dir);
  const session = tape.sessions[0]!;
  const about = aboutOf(session);
  const { region } = heapRegion({ lane: "bench", ...about.region });
  const second = copy === null ? null : tapeInto(copy, { region, seed: about.seed });
  const { frames, tookS, broken } = await replayTape({
    session,
    about,
    region,
    feeds,
    report: silent,
    ...(second === null ? {} : { around: second.world }),
  });
  tape.close();
  await second?.end();
  if (copy !== null) rmSync(copy, { recursive: true });
  if (broken !== "" || (second?.recorder.lostRecords ?? 0) > 0)
    throw new Error(`expected a whole replay, saw ${broken}, ${second?.recorder.lostRecords} records lost`);
  return (tookS * 1e9) / frames;
}

/** What one replay says of itself. */
async function figures({ dir, feeds }: Recorded): Promise<Record<string, number>> {
  const tape = openTape(dir);
  const session = tape.sessions[0]!;
  const about = aboutOf(session);
  const { region } = heapRegion({ lane: "bench", ...about.region });
  const { frames, records, recordedS, tookS } = await replayTape({
    session,
    about,
    region,
    feeds,
    report: silent,
  });
  tape.close();
  return {
    frames,
    records,
    frames_per_recorded_s: Math.round(frames / recordedS),
    replay_times_real_time: Number((recordedS / tookS).toPrecision(3)),
  };
}

/** Packing and unpacking of the recorded blocks against copying them. */
async function packing({ dir }: Recorded, options: BenchOptions): Promise<Row[]> {
  const zstd = await loadZstd();
  const tape = openTape(dir);
  const raw = [...piecesOf(tape.sessions[0]!, zstd, () => true)].flatMap((one) =>
    "bytes" in one ? [one.bytes] : [],
  );
  tape.close();
  const size = raw.reduce((sum, one) => sum + one.length, 0);
  const packed = raw.map((bytes) => ({ bytes: zstd.compress(bytes), size: bytes.length }));
  const small = packed.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const into = new Uint8Array(size);
  const samples = await race(
    [
      {
        name: "copy, per kB",
        run: () => nsPerOp(size / 1000, () => raw.forEach((bytes) => into.set(bytes))),
      },
      {
        name: "zstd, per kB",
        run: () => nsPerOp(size / 1000, () => raw.forEach((bytes) => zstd.compress(bytes))),
      },
      {
        name: "unzstd, per kB",
        run: () => nsPerOp(size / 1000, () => packed.forEach((one) => zstd.decompress(one.bytes, one.size))),
      },
    ],
    options,
  );
  return ["zstd", "unzstd"].map((name) => {
    const row = compare("tape", name, samples, `${name}, per kB`, "copy, per kB");
    return {
      ...row,
      mb_per_s: Math.round(1e6 / row.ns_per_op),
      times_smaller: Number((size / small).toPrecision(3)),
    };
  });
}
