import type { FeedOptions, LaneOptions } from "../feed/index.ts";
import { ClockOffset } from "../quality/clock-offset.ts";
import { SILENCE_DEFAULTS, SilenceJudge } from "../quality/silence.ts";
import type { FeedConfig } from "./config/schema.ts";

/** What judges the silence of a feed's streams; undefined where it is not to be judged. */
export function silenceJudge({ silence }: FeedConfig): FeedOptions["judgeSilence"] {
  if (silence.off) return undefined;
  const { factor, min_ms: minMs, learn_ms: learnMs } = silence;
  return () => new SilenceJudge({ ...SILENCE_DEFAULTS, factor, minMs, learnMs });
}

export const clockJudge: LaneOptions["judgeClock"] = () => new ClockOffset();
