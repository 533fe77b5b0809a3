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
  /** What runs beside the main thread, keyed by name. */
  readonly parts: Readonly<Record<string, PartHealth>>;
  /** Keyed by lane name; left out where there is no journal. */
  readonly journal?: Readonly<Record<string, JournalHealth>>;
  /** Keyed by name; left out where there are none. */
  readonly sinks?: Readonly<Record<string, SinkHealth>>;
}

/** A part of the gateway that is kept running. */
export interface PartHealth {
  readonly kind: string;
  readonly as: "thread" | "process";
  /** Process it runs in; null while it does not. */
  readonly pid: number | null;
  readonly state: "starting" | "running" | "restarting" | "failed" | "stopped";
  readonly restarts: number;
  /** Why it ended last; null when it never did. */
  readonly reason: string | null;
}

/** A lane's copy on disk. */
export interface JournalHealth {
  /** Sequences of the next slot to copy and to fsync, as text. */
  readonly end: string;
  readonly durable: string;
  readonly lag_slots: number;
  readonly bytes: number;
  readonly segments: number;
  readonly holes: number;
  readonly lost_slots: number;
  /** Deleted by the budget although a sink had not read them. */
  readonly dropped_slots: number;
  /** True while nothing can be written. */
  readonly failing: boolean;
}

export interface SinkHealth {
  readonly type: string;
  readonly delivery: string;
  /** degraded: something failed, or it is behind; down: nothing has worked for a while. */
  readonly state: "starting" | "connected" | "degraded" | "down";
  /** What is wrong; null when nothing is. */
  readonly reason: string | null;
  /** Committed and not yet safe at the vendor. */
  readonly lag_slots: number;
  /** Age of the newest event that is safe there, while some are not. */
  readonly lag_ms: number;
  readonly written_slots: number;
  readonly lost_slots: number;
  readonly failures: number;
  readonly restarts: number;
  /** UNIX ms; null before the first one. */
  readonly last_flush: number | null;
  /** Next sequence of each lane that is not yet safe, as text. */
  readonly marks: Readonly<Record<string, string>>;
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
  /** Of a lane that hears others over UDP: each of them by name. */
  readonly udp?: Readonly<Record<string, UdpHealth>>;
}

/** A lane of another gateway that is heard; totals since the region was made. */
export interface UdpHealth {
  readonly up: boolean;
  readonly lost_datagrams: number;
  readonly lost_slots: number;
  readonly books_live: number;
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
