/** How fast something grows, with an error that knows that neighbouring samples are alike. */

/** Samples are averaged in so many blocks: what swings within a block (garbage, timers) is no trend. */
const BLOCKS = 12;

export interface Slope {
  /** Growth an hour, and its standard error; NaN with fewer than three blocks. */
  readonly perHour: number;
  readonly error: number;
}

/** Straight line through the means of blocks of samples taken at a steady pace over `hours`. */
export function slopeOf(values: readonly number[], hours: number): Slope {
  const size = Math.floor(values.length / BLOCKS);
  if (size < 1) return { perHour: NaN, error: NaN };
  const means = Array.from({ length: BLOCKS }, (_, i) => mean(values.slice(i * size, (i + 1) * size)));
  const width = (hours * size) / values.length;
  const centre = (BLOCKS - 1) / 2;
  const spread = means.reduce((total, _, i) => total + (i - centre) ** 2, 0);
  const level = mean(means);
  const steep = means.reduce((total, one, i) => total + (i - centre) * (one - level), 0) / spread;
  const rest = means.reduce((total, one, i) => total + (one - level - steep * (i - centre)) ** 2, 0);
  const error = Math.sqrt(rest / (BLOCKS - 2) / spread);
  return { perHour: steep / width, error: error / width };
}

export type Verdict = "flat" | "grows" | "not decided: run longer";

/** Within two standard errors: below the limit, above it, or either. */
export function verdictOf({ perHour, error }: Slope, limit: number): Verdict {
  if (perHour + 2 * error <= limit) return "flat";
  return perHour - 2 * error > limit ? "grows" : "not decided: run longer";
}

function mean(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0) / values.length;
}
