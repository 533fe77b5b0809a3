import type { Web } from "../world/world.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Market } from "../market/market.ts";
import { toMicros } from "../../model/index.ts";

/** What judges how a venue's clock stands against ours. Times are UNIX us; `resolution`: what stamps are cut to. */
export interface ClockJudge {
  /** Times a clock stepped. */
  readonly steps: number;
  event(venue: number, received: number): void;
  answer(sent: number, venue: number, received: number, resolution?: number): void;
  /** Venue minus us, give or take `error`, us; null while it is not known. */
  estimate(now: number): { readonly offset: number; readonly error: number } | null;
}

/** Markets looked at in one tick: all of a large feed are through in some seconds. */
const MOST_PER_TICK = 64;
const SECOND_US = 1_000_000;
const HELP = "venue's clock minus ours";

/** Evidence of one venue's clock: the last events of its books and quotes, looked at some times per second, and answers. */
export class ClockSamples {
  readonly #core: LaneCore;
  readonly #judge: ClockJudge;
  readonly #labels: string;
  #next = 0;
  #rows: { readonly offset: number; readonly error: number; readonly steps: number } | null = null;

  constructor(core: LaneCore, judge: ClockJudge, venue: string) {
    this.#core = core;
    this.#judge = judge;
    this.#labels = `venue="${venue}"`;
  }

  /** Some times per second: the latest events of some markets. Receive times are as of their own read. */
  tick(markets: readonly Market[]): void {
    const { length } = markets;
    for (let i = Math.min(length, MOST_PER_TICK); i > 0; i--) {
      this.#next = (this.#next + 1) % length;
      const market = markets[this.#next]!;
      this.#event(market.lastTimes);
      this.#event(market.quoteLong);
    }
  }

  /** Halves (low, high) of the venue's time and of ours. */
  #event(times: Int32Array): void {
    const venue = toMicros(times[1]!, times[0]!);
    if (venue > 0) this.#judge.event(venue, toMicros(times[3]!, times[2]!));
  }

  /** An answer stamped `venue` (UNIX us) to what was sent at mark `sent` came at mark `received` (monotonic ms). */
  answer(sent: number, venue: number, received: number, resolution = 0): void {
    this.#judge.answer(this.#wall(sent), venue, this.#wall(received), resolution);
  }

  /** As `answer`, with a time in whole seconds: the Date header of HTTP, ms. */
  dated(sent: number, date: number, received: number): void {
    this.answer(sent, date * 1000, received, SECOND_US);
  }

  /** Writes the gauges, which are there once there is something to say. */
  publish(): void {
    const { counters, now } = this.#core;
    const estimate = this.#judge.estimate(toMicros(now.hi, now.lo));
    if (estimate === null && this.#rows === null) return;
    this.#rows ??= this.#declare();
    counters.set(this.#rows.steps, this.#judge.steps);
    counters.set(this.#rows.offset, estimate === null ? NaN : Math.round(estimate.offset));
    counters.set(this.#rows.error, estimate === null ? NaN : Math.ceil(estimate.error));
  }

  #declare(): { offset: number; error: number; steps: number } {
    const { counters } = this.#core;
    const labels = this.#labels;
    const gauge = (name: string, help: string): number =>
      counters.declare({ name, labels, unit: "us", help }, true);
    return {
      offset: gauge("feedhorn_clock_offset_us", HELP),
      error: gauge("feedhorn_clock_offset_error_us", `how far the truth may be from ${HELP}`),
      steps: counters.declare({
        name: "feedhorn_clock_steps_total",
        labels,
        unit: "",
        help: "steps of the venue's clock or ours",
      }),
    };
  }

  #wall(mark: number): number {
    const { now, time } = this.#core;
    return toMicros(now.hi, now.lo) + (mark - time.mark) * 1000;
  }
}

/** Samples for a judge, if there is one; answers over HTTP are among them. */
export function clockSamples(
  core: LaneCore,
  judge: ClockJudge | null,
  venue: string,
  http: Web,
): ClockSamples | null {
  if (judge === null) return null;
  const samples = new ClockSamples(core, judge, venue);
  http.dated = (sent, date, received) => samples.dated(sent, date, received);
  return samples;
}
