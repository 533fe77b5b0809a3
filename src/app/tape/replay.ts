import { Lane } from "../../feed/index.ts";
import type { FeedOptions, LaneOptions, OpenSocket, Report, SlabSource, World } from "../../feed/index.ts";
import { InstrumentWriter } from "../../log/index.ts";
import type { Region } from "../../log/index.ts";
import { toMicros } from "../../model/index.ts";
import { loadZstd, piecesOf } from "../../store/index.ts";
import type { TapePiece, TapeSession, Zstd } from "../../store/index.ts";
import { answerAsk } from "../lane/orders.ts";
import type { LaneAsk } from "../lane/messages.ts";
import { readAbout } from "./about.ts";
import type { TapeAbout } from "./about.ts";
import { Player } from "./player.ts";
import { Reel, TapeBreak } from "./reel.ts";
import { ReplayedWorld } from "./replayed-world.ts";

/** Longest pause that is kept at a given speed, ms; and how often it is looked whether to wait, records. */
const MAX_PAUSE_MS = 60_000;
const CHECK_EVERY = 64;
/** A progress report after so many records; other parts of the process get their turn then, too. */
const PROGRESS_EVERY = 16_384;

/** Sockets come from the tape. */
const NOWHERE: OpenSocket = () => {
  throw new Error("a replay opens no socket");
};

export interface TapeReplayOptions {
  readonly session: TapeSession;
  readonly about: TapeAbout;
  /** New, of `about.region`, its sequence at `about.first`. */
  readonly region: Region;
  readonly feeds: readonly FeedOptions[];
  readonly report: Report;
  /** Recorded seconds per second; 0 = as fast as possible. */
  readonly speed?: number;
  /** UNIX us: until then at full speed, and where to end. */
  readonly from?: number;
  readonly to?: number;
  readonly slabs?: SlabSource;
  readonly judgeClock?: LaneOptions["judgeClock"];
  /** Another world around that of the tape: one that is recorded in its turn. */
  readonly around?: (world: World) => World;
  /** Share of the tape that is through, 0 to 1. */
  readonly progress?: (share: number) => void;
}

export interface TapeReplay {
  readonly records: number;
  readonly frames: number;
  /** Sequence of the first slot, and of the one behind the last that is proved to be what it was. */
  readonly first: number;
  readonly end: number;
  /** Recorded seconds, and seconds it took. */
  readonly recordedS: number;
  readonly tookS: number;
  /** Why it ended before the tape did; "" when it did not. What was written after the last whole step is not as it was. */
  readonly broken: string;
  readonly lane: Lane;
}

/** What a session says of itself; TapeBreak when it cannot be played, with what can be done instead. */
export function aboutOf(session: TapeSession): TapeAbout {
  const about = readAbout(session.about);
  if (about === null) throw new TapeBreak(`session ${session.name}: its description is of another version`);
  if (!session.whole)
    throw new TapeBreak(
      `session ${session.name}: its first segments are gone, and with them what its books were made of; ` +
        "export its frames instead (feedhorn export --frames) and replay those",
    );
  return about;
}

/** Runs the lane of a session again. Its slots are those of then, as far as `end` says. */
export async function replayTape(options: TapeReplayOptions): Promise<TapeReplay> {
  const { about, region, feeds, report, session } = options;
  const zstd = await loadZstd();
  knowRows(region, about);
  const through = new Through(session);
  const reel = new Reel(through.pieces(zstd));
  const world = new ReplayedWorld(reel, about.seed);
  const lane = new Lane({
    region,
    time: world.time,
    report,
    openSocket: NOWHERE,
    maxFrame: about.maxFrame,
    feeds,
    judgeClock: options.judgeClock,
    world: () => options.around?.(world) ?? world,
  });
  const run = new Run(options, lane, reel, world, through);
  return run.all();
}

/** Ids go on from the rows that were there before. */
function knowRows(region: Region, { rows }: TapeAbout): void {
  const writer = new InstrumentWriter(region.control, region.instruments);
  for (const { venueCode, ...instrument } of rows) writer.add(venueCode, instrument);
}

/** Pieces of a session, and how much of it is through. */
class Through {
  readonly #session: TapeSession;
  readonly #all: number;
  #bytes = 0;

  constructor(session: TapeSession) {
    this.#session = session;
    this.#all = session.segments.reduce((sum, { size }) => sum + size, 1);
  }

  get share(): number {
    return Math.min(1, this.#bytes / this.#all);
  }

  *pieces(zstd: Zstd): Generator<TapePiece> {
    for (const piece of piecesOf(this.#session, zstd, () => true)) {
      yield piece;
      if (piece.type === "records") this.#bytes += piece.head.bytes;
    }
  }
}

class Run {
  readonly #options: TapeReplayOptions;
  readonly #lane: Lane;
  readonly #reel: Reel;
  readonly #world: ReplayedWorld;
  readonly #through: Through;
  readonly #player: Player;
  readonly #began = performance.now();
  #frames = 0;
  /** Proved so far. */
  #end: number;
  #firstMark = NaN;
  /** When the part that is played at a speed began: recorded ms, and ms. */
  #paced: { readonly mark: number; readonly at: number } | null = null;

  constructor(options: TapeReplayOptions, lane: Lane, reel: Reel, world: ReplayedWorld, through: Through) {
    this.#options = options;
    this.#lane = lane;
    this.#reel = reel;
    this.#world = world;
    this.#through = through;
    this.#end = options.about.first;
    this.#player = new Player(
      reel,
      world,
      {
        order: (ask) => void answerAsk(lane.feeds, ask as LaneAsk),
        stop: () => void lane.stop(),
        frame: () => void (this.#frames += 1),
      },
      options.slabs,
    );
  }

  async all(): Promise<TapeReplay> {
    const broken = await this.#play();
    const { records, frames } = { records: this.#reel.count, frames: this.#frames };
    return {
      records,
      frames,
      first: this.#options.about.first,
      end: this.#end,
      recordedS: (this.#world.time.mark - this.#firstMark) / 1000 || 0,
      tookS: (performance.now() - this.#began) / 1000,
      broken,
      lane: this.#lane,
    };
  }

  /** Until the end of the tape, or why it ended before. */
  async #play(): Promise<string> {
    void this.#lane.start();
    this.#firstMark = this.#world.time.mark;
    try {
      await turn();
      while (this.#ok() && this.#reel.peek() !== 0) {
        if (this.#player.step()) await turn();
        if (this.#reel.count % CHECK_EVERY === 0 && (await this.#pace())) return "";
      }
    } catch (error) {
      if (!(error instanceof TapeBreak)) throw error;
      this.#reel.break(error.message);
    }
    return this.#reel.broken?.message ?? "";
  }

  /** What the last step wrote is as it was then. */
  #ok(): boolean {
    if (this.#reel.broken !== null) return false;
    this.#end = this.#lane.core.writer.ring.head;
    return true;
  }

  /** Waits until the recording is due; true where it shall end. */
  async #pace(): Promise<boolean> {
    const { from = -Infinity, to = Infinity, speed = 0, progress } = this.#options;
    const { hi, lo } = this.#lane.core.now;
    const now = toMicros(hi, lo);
    if (now > to) return true;
    if (this.#reel.count % PROGRESS_EVERY === 0) {
      progress?.(this.#through.share);
      await turn();
    }
    if (speed === 0 || now < from) return false;
    const { mark } = this.#world.time;
    this.#paced ??= { mark, at: performance.now() };
    const wait = this.#paced.at + (mark - this.#paced.mark) / speed - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, Math.min(MAX_PAUSE_MS, wait)));
    return false;
  }
}

/** Everybody who waits for a promise goes on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
