import { Ticks } from "../../pipelines/index.ts";
import type { Heard, Made, Pipeline } from "../../pipelines/index.ts";
import type { DerivedFigure, DerivedStanding } from "./messages.ts";
import type { LaneSource } from "./lane-source.ts";
import type { DerivedOutput } from "./output.ts";

/** Products and surfaces that have figures of their own in /metrics. */
const MOST_FIGURES = 256;

interface Running {
  readonly pipeline: Pipeline;
  readonly ticks: Ticks;
  events: number;
}

/** Lets pipelines hear what the lanes say and what time it is, and writes what they make of it. */
export class DerivedRunner {
  readonly #running: readonly Running[];
  readonly #sources: readonly LaneSource[];
  readonly #output: DerivedOutput;
  readonly #latest = new Map<string, Made>();

  /** `sourcesOf`: the lanes, which tell what they have to `hear`. */
  constructor(
    pipelines: readonly Pipeline[],
    sourcesOf: (hear: (event: Heard) => void) => readonly LaneSource[],
    outputOf: (codeOf: (venue: string) => number | null) => DerivedOutput,
  ) {
    this.#running = pipelines.map((pipeline) => ({
      pipeline,
      ticks: new Ticks(pipeline.every ?? 1000),
      events: 0,
    }));
    this.#sources = sourcesOf((event) => {
      for (const one of this.#running) if (one.pipeline.reads.includes(event.type)) this.#tell(one, event);
    });
    this.#output = outputOf((venue) => this.#codeOf(venue));
  }

  /** One turn: hears what there is, and what is due by `now` (UNIX us) is made. True when there is more to hear. */
  step(now: () => number): boolean {
    let more = false;
    for (const source of this.#sources) more = source.poll() || more;
    for (const one of this.#running) {
      const at = one.ticks.due(now());
      if (at === null) continue;
      const { pipeline } = one;
      for (const source of this.#sources)
        source.tops((venue, symbol) => pipeline.wantsTop?.(venue, symbol) ?? false);
      // After the last price was read: none is of later than now.
      this.#tell(one, { type: "time", at, now: now() });
    }
    this.#output.commit(now());
    return more;
  }

  /** Time until something is due, us. */
  left(now: number): number {
    return Math.min(...this.#running.map(({ ticks }) => ticks.left(now)));
  }

  standing(): DerivedStanding {
    return {
      pipelines: this.#running.map(({ pipeline, ticks, events }) => ({
        name: pipeline.name,
        events,
        skipped: ticks.skipped,
      })),
      lanes: this.#sources.map(({ name, lost, lag }) => ({ name, lost, lag })),
      refused: this.#output.refused,
      figures: [...this.#latest].flatMap(([name, event]) => figuresOf(name, event)),
    };
  }

  #tell(one: Running, event: Heard): void {
    one.pipeline.on(event, (made, about) => {
      one.events += 1;
      this.#output.add(made, about);
      this.#latest.delete(about.symbol);
      this.#latest.set(about.symbol, made);
      if (this.#latest.size > MOST_FIGURES) this.#latest.delete(this.#latest.keys().next().value!);
    });
  }

  #codeOf(venue: string): number | null {
    for (const source of this.#sources) {
      const code = source.codeOf(venue);
      if (code !== null) return code;
    }
    return null;
  }
}

/** What cannot be said at the moment is left out. */
function figuresOf(name: string, event: Made): DerivedFigure[] {
  const all: readonly (readonly [string, string, number | null])[] =
    event.type === "spot_mid"
      ? [
          ["feedhorn_spot_mid", "product", event.mid],
          ["feedhorn_spot_divergence_bps", "product", event.divergence_bps],
          ["feedhorn_spot_fresh_venues", "product", event.fresh],
        ]
      : [
          ["feedhorn_iv_surface_points", "surface", event.n_valid_points],
          ["feedhorn_iv_surface_atm", "surface", event.atm_iv],
        ];
  return all.flatMap(([metric, label, value]) =>
    value === null ? [] : [{ metric, labels: { [label]: name }, value }],
  );
}
