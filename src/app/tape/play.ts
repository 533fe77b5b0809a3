import { toMicros } from "../../model/index.ts";
import { freshRegion } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import type { FeedOptions, Report } from "../../feed/index.ts";
import { checkConfig } from "../config.ts";
import { clockJudge } from "../judges.ts";
import { feedOptions } from "../lane/plan.ts";
import { slabsFor } from "../scanner.ts";
import type { ScannerChoice } from "../scanner.ts";
import type { TapeAbout } from "./about.ts";
import { openTold, sessionAt } from "./open.ts";
import { aboutOf, replayTape } from "./replay.ts";
import type { TapeReplay } from "./replay.ts";

/** Lanes that hold nothing but replays. */
const REPLAYS = /^replay/;

export interface PlayOptions {
  /** A segment, the folder of a tape, or a data folder with one tape in it. */
  readonly tape: string;
  /** To write into; a region of an earlier replay is replaced, which its name says (REPLAYS). */
  readonly lane: string;
  readonly dir?: string;
  readonly speed: number;
  /** UNIX us. */
  readonly from?: number;
  readonly to?: number;
  readonly scanner?: ScannerChoice;
  readonly report: Report;
  /** For a person: what is used, and what is not. */
  readonly tell: (line: string) => void;
  readonly progress?: (share: number) => void;
}

export interface Played extends Omit<TapeReplay, "lane"> {
  readonly of: string;
  readonly software: string;
  readonly path: string;
  /** UNIX us of the last clock. */
  readonly until: number;
}

/** Runs a recorded lane again, into a region that readers can follow. Throws TapeError, TapeBreak, RegionError. */
export async function playTape(options: PlayOptions): Promise<Played> {
  const { tell, report, speed, from, to, progress } = options;
  const tape = openTold(options.tape, tell);
  let handle: RegionHandle | null = null;
  try {
    const session = sessionAt(tape, from ?? to ?? null, tell);
    const about = aboutOf(session);
    const feeds = feedsOf(about);
    const start = { first: about.first, end: about.first };
    const place = { lane: options.lane, dir: options.dir };
    handle = freshRegion({ ...place, ...about.region, start }, REPLAYS.test(options.lane));
    const { region } = handle;
    const slabs = slabsFor(options.scanner ?? "auto", (message, facts) => report("warn", message, facts));
    const wanted = { from, to, progress };
    const result = await replayTape({
      ...wanted,
      session,
      about,
      region,
      feeds,
      report,
      speed,
      slabs,
      judgeClock: clockJudge,
    });
    const { lane, ...figures } = result;
    const { hi, lo } = lane.core.now;
    return {
      ...figures,
      of: about.lane,
      software: about.software,
      path: handle.path ?? "",
      until: toMicros(hi, lo),
    };
  } finally {
    tape.close();
    handle?.close();
  }
}

/** The lane's feeds as its configuration had them; keys are not on the tape, and not needed. */
export function feedsOf({ config, software }: TapeAbout): readonly FeedOptions[] {
  if (config === null) throw new Error("recorded without a configuration: its feeds cannot be made again");
  // Which cores it ran on is no matter here.
  const { cores: _cores, ...lane } = config as RecordedLane;
  const keys = Object.fromEntries(
    lane.feeds.flatMap(({ api_key_env: name }) => (name === undefined ? [] : [[name, "recorded"]])),
  );
  const checked = checkConfig({ lanes: [lane] }, `configuration on the tape (feedhorn ${software})`, keys);
  return feedOptions(checked.lanes[0]!, { http: null, https: null, bypass: [] }, keys);
}

interface RecordedLane {
  readonly cores?: unknown;
  readonly feeds: readonly { readonly api_key_env?: string }[];
}
