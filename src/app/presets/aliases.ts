import type { CounterSample, HistogramSample, OpsSource } from "../../servers/ops-source.ts";
import type { Region } from "../../log/index.ts";
import type { AliasName } from "../config/schema.ts";
import { B25Metrics } from "./b25-metrics.ts";
import { MdIngestMetrics } from "./md-ingest-metrics.ts";

/** A gateway's figures under another system's names. */
export interface Aliases {
  /** To be called four times a second. */
  poll(): void;
  /** `own`: under our names. */
  counters(own: readonly CounterSample[]): CounterSample[];
  histograms(): HistogramSample[];
}

/** A lane, as far as it is counted. */
export interface CountedLane {
  readonly region: Region;
}

type MakeAliases = (lanes: readonly CountedLane[]) => Aliases;

/** By the word in `ops.aliases`. */
const ALIASES: Readonly<Record<AliasName, MakeAliases>> = {
  b25: (lanes) => new B25Metrics(lanes),
  "md-ingest": () => new MdIngestMetrics(),
};

const POLL_MS = 250;

/** What `/metrics` asks: our figures, and after them the same under other systems' names. */
export class AliasedSource implements OpsSource {
  readonly #source: OpsSource;
  readonly #aliases: readonly Aliases[];
  readonly #timer: NodeJS.Timeout | null;

  constructor(source: OpsSource, lanes: readonly CountedLane[], words: readonly AliasName[]) {
    this.#source = source;
    this.#aliases = words.map((word) => ALIASES[word](lanes));
    const poll = (): void => this.#aliases.forEach((one) => one.poll());
    this.#timer = words.length === 0 ? null : setInterval(poll, POLL_MS).unref();
  }

  health(): ReturnType<OpsSource["health"]> {
    return this.#source.health();
  }

  ready(): ReturnType<OpsSource["ready"]> {
    return this.#source.ready();
  }

  counters(): CounterSample[] {
    const own = this.#source.counters();
    return [...own, ...this.#aliases.flatMap((one) => one.counters(own))];
  }

  histograms(): HistogramSample[] {
    return [...this.#source.histograms(), ...this.#aliases.flatMap((one) => one.histograms())];
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }
}
