/**
 * What does a tape cost the lane's thread, and how fast is it packed and played?
 *
 * Four seconds of three simulated venues are recorded through real sockets. Their frames then lie in memory one behind the
 * other, and a lane reads all of them, read by read as they came: as it is, and with a tape behind it, in turn. What differs is
 * what a tape costs the thread of the lane: one copy and one head a frame, one record for each look at the clock and each end
 * of a read. Sockets are not in it; with them the share is smaller. Where the system tells it (Linux), time is processor time
 * of this thread.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_FRAME, startRig } from "../src/app/chaos/rig.ts";
import { aboutOf, replayTape } from "../src/app/tape/replay.ts";
import { startTape } from "../src/app/tape/start.ts";
import type { RunningTape, TapeOptions } from "../src/app/tape/start.ts";
import { Clock, Lane } from "../src/feed/index.ts";
import type { FeedOptions } from "../src/feed/index.ts";
import { RECORD, RecordCursor } from "../src/log/index.ts";
import { Slab } from "../src/model/index.ts";
import type { Instrument } from "../src/model/index.ts";
import { heapRegion, loadZstd, openTape, piecesOf } from "../src/store/index.ts";
import { venueById } from "../src/venues/index.ts";
import { compare, nsPerOp, race } from "./harness.ts";
import type { BenchOptions, Row } from "./harness.ts";

/** Their snapshots come in the stream. */
const VENUES = ["kraken", "coinbase", "okx"];
const SECONDS = 4;
const LOAD = { messagesPerSecond: 8000 };
const OFF = "a lane without a tape, per frame";
const ON = "a lane with a tape, per frame";
/** Holds all of a round, whatever the other thread does. */
const RING = 1 << 25;
const SCHEDSTAT = `/proc/self/task/${process.pid}/schedstat`;

interface Recorded {
  readonly dir: string;
  readonly feeds: readonly FeedOptions[];
  readonly instruments: readonly (readonly Instrument[])[];
}

/** Frames in a slab: of which feed, from where to where, and whether a read ends there. */
interface Frames {
  readonly slab: Slab;
  readonly feed: readonly number[];
  readonly start: readonly number[];
  readonly end: readonly number[];
  readonly last: readonly boolean[];
}

export async function bench(options: BenchOptions): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "feedhorn-bench-tape-"));
  try {
    const recorded = await recordInto(join(folder, "first"));
    const frames = await framesOf(recorded);
    const samples = await race(
      [
        { name: OFF, run: () => read(recorded, frames, null) },
        { name: ON, run: () => read(recorded, frames, join(folder, "second")) },
      ],
      options,
    );
    const lane = compare("tape", "on the lane's thread", samples, ON, OFF);
    return [{ ...lane, ...(await figures(recorded)) }, ...(await packing(recorded, options))];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function silent(): void {
  // What a recording reports is nobody's news.
}

function tapeInto(dir: string, own: Pick<TapeOptions, "region">): RunningTape {
  const sizes = { maxBytes: 2 ** 32, segmentBytes: 2 ** 30, ringBytes: RING };
  const rest = { dir, lane: "bench", maxFrame: MAX_FRAME, config: null, secrets: [], report: silent };
  return startTape({ ...own, ...sizes, ...rest });
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
  const instruments = rig.lane.feeds.map(({ markets }) => markets.map(({ instrument }) => instrument));
  const running = tape as unknown as RunningTape;
  running.recorder.stop();
  await rig.close();
  await running.end();
  return { dir, feeds: rig.feeds, instruments };
}

/** Every frame of a tape, in memory. */
async function framesOf({ dir, feeds }: Recorded): Promise<Frames> {
  const zstd = await loadZstd();
  const tape = openTape(dir);
  const found: { feed: number; bytes: Uint8Array; last: boolean }[] = [];
  const feedOf = new Map<number, number>();
  for (const piece of piecesOf(tape.sessions[0]!, zstd, () => true)) {
    if (piece.type === "hole") throw new Error(piece.reason);
    const cursor = new RecordCursor(piece.bytes);
    while (cursor.next()) {
      const { kind, id } = cursor;
      if (kind === RECORD.DIAL)
        feedOf.set(
          id,
          feeds.findIndex(({ venue }) => cursor.text().startsWith(`${venue.id}\n`)),
        );
      else if (kind === RECORD.FRAME)
        found.push({ feed: feedOf.get(id)!, bytes: cursor.payload(), last: false });
      else if (kind === RECORD.READ_END && found.length > 0) found.at(-1)!.last = true;
    }
  }
  tape.close();
  const slab = new Slab(found.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  const start = found.map(({ bytes }) => {
    slab.bytes.set(bytes, at);
    at += bytes.length;
    return at - bytes.length;
  });
  const end = found.map(({ bytes }, i) => start[i]! + bytes.length);
  return { slab, feed: found.map(({ feed }) => feed), start, end, last: found.map(({ last }) => last) };
}

/** ns of this thread per frame. `copy`: where the tape goes. */
async function read({ feeds, instruments }: Recorded, frames: Frames, copy: string | null): Promise<number> {
  const { region } = heapRegion({ lane: "bench", slots: 1 << 16, instruments: 256 });
  const tape = copy === null ? null : tapeInto(copy, { region });
  const lane = new Lane({
    region,
    time: new Clock(),
    report: silent,
    openSocket: () => {
      throw new Error("nothing is connected here");
    },
    maxFrame: MAX_FRAME,
    feeds,
    world: tape?.world,
  });
  lane.feeds.forEach((feed, i) => feed.listen(instruments[i]!));
  const ns = play(lane, frames, tape);
  await lane.stop();
  await tape?.end();
  if (copy !== null) rmSync(copy, { recursive: true });
  const live = lane.feeds.flatMap(({ markets }) => markets).filter(({ state }) => state.live).length;
  const lost = tape?.recorder.lostRecords ?? 0;
  if (live < feeds.length || lost > 0)
    throw new Error(`expected live books and nothing lost, saw ${live} and ${lost}`);
  return ns;
}

function play(lane: Lane, { slab, feed, start, end, last }: Frames, tape: RunningTape | null): number {
  const { intake } = lane;
  const links = lane.feeds.map((one) => one.link());
  const recorder = tape?.recorder ?? null;
  const before = threadNs();
  for (let i = 0; i < start.length; i++) {
    recorder?.frame(feed[i]!, slab, start[i]!, end[i]!);
    intake.frame(links[feed[i]!]!, slab, start[i]!, end[i]!);
    if (!last[i]!) continue;
    recorder?.readEnd(feed[i]!);
    intake.endOfRead();
  }
  return (threadNs() - before) / start.length;
}

function threadNs(): number {
  if (process.platform !== "linux") return performance.now() * 1e6;
  return Number(readFileSync(SCHEDSTAT, "latin1").split(" ")[0]);
}

/** What a replay of the whole tape says of itself. */
async function figures({ dir, feeds }: Recorded): Promise<Record<string, number>> {
  const tape = openTape(dir);
  const session = tape.sessions[0]!;
  const about = aboutOf(session);
  const { region } = heapRegion({ lane: "bench", ...about.region });
  const result = await replayTape({ session, about, region, feeds, report: silent });
  tape.close();
  const { frames, records, recordedS, tookS } = result;
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
