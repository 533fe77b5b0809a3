import type { Sink } from "../src/sinks/index.ts";

/** What bench/sinks.ts needs of a vendor: bench/sinks-<vendor>.ts exports it under the name `vendor`. */
export interface VendorBench {
  /** Type of the sink. */
  readonly sink: Sink<never>;
  /** Why its server cannot be had here, or null; none: it needs no server. */
  missing?(): string | null;
  /** The real server, one for all cases and both writers: what test/services starts. */
  start?(): Promise<BenchServer & { remove(): void }>;
  readonly cases: readonly VendorCase[];
}

/** Where a server is: it runs beside the process that writes. */
export interface BenchServer {
  readonly host: string;
  readonly port: number;
  readonly port2: number;
  readonly user: string | null;
  readonly password: string | null;
}

export interface BenchPlace {
  /** A folder of this writer alone. */
  readonly dir: string;
  /** A word of this writer alone, for prefixes, topics, tables. */
  readonly word: string;
  /** Throws for a vendor without one. */
  readonly server: BenchServer;
}

export interface VendorCase {
  /** What the row says beside the vendor: "native", "gemini", "streams". */
  readonly name: string;
  /** Events of a round; as many as make it a second or less. Default 50,000. */
  readonly events?: number;
  /** Our sink's part of the configuration, without type and name. */
  options(place: BenchPlace): object;
  env?(place: BenchPlace): Readonly<Record<string, string>>;
  /** The baseline: the loop that a careful user of the same library writes, with the library's own batching and pipelining, and the same promises. */
  plain(place: BenchPlace): Promise<PlainWriter>;
  /** Before each round, outside of the time: throws away what is there, so that the last round has the same work as the first. */
  reset?(place: BenchPlace): Promise<void>;
}

/** Gets ready-made objects: what reading them off the log costs it is not made to pay. */
export interface PlainWriter {
  /** Events in the form of `tail` with `lane`, `log_seq` and `slots` before; resolves when the vendor has confirmed all of them. */
  write(events: readonly PlainEvent[]): Promise<void>;
  close(): Promise<void>;
}

export interface PlainEvent {
  readonly lane: string;
  readonly log_seq: number;
  readonly slots: number;
  readonly type: string;
  readonly venue?: string;
  readonly symbol?: string;
  readonly instrument?: string;
  readonly [key: string]: unknown;
}
