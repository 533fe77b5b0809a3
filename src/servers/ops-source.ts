/** What the operations server reads. Every figure comes out of shared memory: the server is one more reader. */
export interface OpsSource {
  health(): HealthReport;
  /** Not ready needs at least one reason in words. */
  ready(): Readiness;
  counters(): CounterSample[];
  histograms(): HistogramSample[];
}

export interface HealthReport {
  readonly status: "healthy" | "degraded";
  readonly service: string;
  readonly version: string;
  /** Keyed by venue id. */
  readonly venues: Readonly<Record<string, VenueHealth>>;
  /** Keyed by lane name. */
  readonly lanes: Readonly<Record<string, LaneHealth>>;
}

export interface VenueHealth {
  /** The worst validity among its required instruments, or "connecting" before the first one. */
  readonly state: string;
  readonly connections: { readonly open: number; readonly wanted: number };
  /** Where several connections carry the same: each of them. */
  readonly copies?: readonly CopyHealth[];
  readonly instruments: { readonly live: number; readonly total: number };
  /** ms since the last frame; null before the first one. */
  readonly last_receive_age_ms: number | null;
  readonly reconnects: number;
  readonly gaps: number;
  /** The venue's clock minus ours, and how far the truth may be from that; null while it is not known. */
  readonly clock: { readonly offset_us: number; readonly error_us: number } | null;
}

/** One of several connections that carry the same. */
export interface CopyHealth {
  readonly connection: string;
  readonly up: boolean;
  /** What cannot be merged comes from it. */
  readonly leads: boolean;
  /** Events it brought first. */
  readonly wins: number;
  /** Its median delay against the first copy. */
  readonly lag_us: number;
}

export interface LaneHealth {
  readonly epoch: number;
  /** Sequence of the next slot, as text. */
  readonly head: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** One figure of a metric family; samples of a family agree in kind and help. */
export interface CounterSample {
  readonly name: string;
  readonly help: string;
  readonly kind: "counter" | "gauge";
  readonly labels: Labels;
  readonly value: number | bigint;
}

export interface HistogramSample {
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;
  /** Upper bounds, growing; the last bucket (+Inf) has none. */
  readonly bounds: readonly number[];
  /** Observations per bucket, not yet added up: one more than bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}
