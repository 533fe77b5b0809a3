import { Lane, openWsSocket } from "../feed/index.ts";
import type { Feed, FeedOptions, Link, Report, Time } from "../feed/index.ts";
import { toMicros } from "../model/index.ts";
import type { Channel, Instrument, Nanos, Slab, Venue } from "../model/index.ts";
import { createRegion } from "../store/index.ts";
import type { RegionHandle } from "../store/index.ts";
import { openBytes, readFrames } from "./frames/frames-file.ts";
import type { Frame, FramesHandler } from "./frames/frames-file.ts";
import { Normalizer } from "./normalize.ts";
import { Roster } from "./normalize/writer.ts";
import { slabsFor } from "./scanner.ts";
import type { ScannerChoice } from "./scanner.ts";

const MAX_FRAME = 32 << 20;
/** Frames up to this size are read by the scanner. */
const SLAB = 1 << 20;
const CHANNELS: readonly Channel[] = ["trade", "quote", "book", "ticker"];
/** The longest pause of a recording that is kept at a given speed. */
const MAX_PAUSE_MS = 60_000;

export interface ReplayOptions {
  readonly venue: Venue;
  readonly frames: string;
  readonly lane: string;
  readonly dir?: string;
  readonly slots?: number;
  /** Recorded seconds per second; 0 = as fast as possible. */
  readonly speed: number;
  readonly report: Report;
  /** Default: auto. */
  readonly scanner?: ScannerChoice;
}

export interface ReplaySummary {
  readonly frames: number;
  readonly snapshots: number;
  readonly badLines: number;
  /** Slots committed. */
  readonly slots: number;
  readonly instruments: number;
  readonly booksLive: number;
  readonly books: number;
  readonly path: string;
}

/** Times of a recording instead of a clock's: the same recording gives the same slots. */
class RecordedTime implements Time {
  mark = 0;
  readonly #now: Nanos = { hi: 0, lo: 0 };

  set(ts: Nanos): void {
    const later = ts.hi > this.#now.hi || (ts.hi === this.#now.hi && ts.lo >>> 0 > this.#now.lo >>> 0);
    if (later) Object.assign(this.#now, { hi: ts.hi, lo: ts.lo });
    this.mark = toMicros(this.#now.hi, this.#now.lo) / 1000;
  }

  read(into: Nanos): void {
    into.hi = this.#now.hi;
    into.lo = this.#now.lo;
  }
}

/**
 * A recorded session through the real path: parser, sequencing, books, ring, tables. REST bodies in the file are its
 * snapshots; nothing is asked of the venue. Rejects with RegionError, or when the file cannot be read.
 */
export async function replay(options: ReplayOptions): Promise<ReplaySummary> {
  const instruments = await namesOf(options);
  const handle = createRegion({ lane: options.lane, dir: options.dir, slots: options.slots });
  try {
    return await run(options, instruments, handle);
  } finally {
    handle.close();
  }
}

/** First pass: which instruments the recording is about. */
async function namesOf({ venue, frames }: ReplayOptions): Promise<readonly Instrument[]> {
  const roster = new Roster(venue);
  const normalizer = new Normalizer(venue, roster, { accept: () => undefined }, () => undefined);
  await readFrames(openBytes(frames), normalizer);
  return roster.rows.filter((row) => row.canonical !== "" || row.symbol !== "");
}

async function run(
  options: ReplayOptions,
  instruments: readonly Instrument[],
  handle: RegionHandle,
): Promise<ReplaySummary> {
  const time = new RecordedTime();
  const { region } = handle;
  const lane = new Lane({
    region,
    time,
    report: options.report,
    openSocket: openWsSocket,
    maxFrame: MAX_FRAME,
    feeds: [feedOptions(options.venue, instruments)],
  });
  const feed = lane.feeds[0]!;
  feed.listen(instruments);
  const slabs = slabsFor(options.scanner ?? "auto", (message, facts) =>
    options.report("warn", message, facts),
  );
  const player = new Player(lane, feed, time, options.speed, slabs?.take(SLAB) ?? lane.core.slab);
  const before = lane.core.writer.ring.head;
  await readFrames(openBytes(options.frames), player);
  lane.tick();
  await lane.stop();
  const books = feed.markets.filter((market) => market.lastTimes[2] !== 0 || market.proved);
  return {
    frames: player.frames,
    snapshots: player.snapshots,
    badLines: player.badLines,
    slots: lane.core.writer.ring.head - before,
    instruments: feed.markets.length,
    booksLive: books.filter((market) => market.state.live).length,
    books: books.length,
    path: handle.path ?? "",
  };
}

function feedOptions(venue: Venue, instruments: readonly Instrument[]): FeedOptions {
  return {
    venue,
    symbols: instruments.map((one) => one.symbol),
    channels: CHANNELS,
    backoff: { minMs: 1000, maxMs: 1000 },
    snapshotTimeoutMs: Infinity,
  };
}

/** Second pass: frames to the lane, at their own times. */
class Player implements FramesHandler {
  frames = 0;
  snapshots = 0;
  badLines = 0;
  readonly #lane: Lane;
  readonly #feed: Feed;
  readonly #time: RecordedTime;
  readonly #speed: number;
  readonly #link: Link;
  readonly #slab: Slab;
  #first = -1;
  #started = 0;

  /** Frames that are too large for \`slab\` are read in the lane's. */
  constructor(lane: Lane, feed: Feed, time: RecordedTime, speed: number, slab: Slab) {
    this.#lane = lane;
    this.#feed = feed;
    this.#time = time;
    this.#speed = speed;
    this.#slab = slab;
    this.#link = feed.link();
  }

  frame(frame: Frame): void {
    this.#time.set(frame.ts);
    if (frame.dir === "in") this.#in(frame);
    else if (frame.dir === "http") this.#http(frame);
  }

  bad(): void {
    this.badLines += 1;
  }

  /** Between chunks of the file: waits until the recording is due. */
  async settle(): Promise<boolean> {
    if (this.#speed === 0) return true;
    const { mark } = this.#time;
    if (this.#first < 0) {
      this.#first = mark;
      this.#started = performance.now();
    }
    const due = this.#started + (mark - this.#first) / this.#speed;
    const wait = Math.min(MAX_PAUSE_MS, due - performance.now());
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return true;
  }

  #in(frame: Frame): void {
    const length = frame.end - frame.start;
    const slab = length > this.#slab.capacity ? this.#lane.core.slab : this.#slab;
    if (length > slab.capacity) return this.bad();
    slab.bytes.set(frame.bytes.subarray(frame.start, frame.end));
    this.frames += 1;
    this.#lane.intake.frame(this.#link, slab, 0, length);
    this.#lane.intake.endOfRead();
  }

  #http(frame: Frame): void {
    const { snapshot } = this.#feed.venue;
    const symbol = snapshot.via === "rest" ? snapshot.symbolOf(frame.url) : null;
    const market = this.#feed.markets.find((one) => one.symbol === symbol);
    if (market === undefined) return;
    this.snapshots += 1;
    this.#feed.snapshot(market, frame.bytes.subarray(frame.start, frame.end));
  }
}
