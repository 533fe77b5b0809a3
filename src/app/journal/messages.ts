import type { ReportLevel } from "../../feed/index.ts";
import type { JournalStats } from "../../store/index.ts";
import type { Config } from "../config.ts";

/** A lane's memory as another part opens it: a file, or memory of this process. */
export interface LanePlace {
  readonly name: string;
  readonly path: string | null;
  readonly buffer: SharedArrayBuffer | null;
}

/** What the journal is started with. */
export interface JournalData {
  readonly dir: string;
  readonly settings: Config["journal"];
  readonly lanes: readonly LanePlace[];
  /** Names of the sinks that read it. */
  readonly sinks: readonly string[];
}

/** How the journal of one lane stands. */
export interface JournalStanding {
  readonly lane: string;
  /** Next slot to write, and to fsync. */
  readonly position: number;
  readonly durable: number;
  /** Slots committed and in no file yet. */
  readonly lag: number;
  readonly stats: JournalStats;
}

/** From the journal. */
export type JournalMessage =
  | { readonly type: "ready" }
  | { readonly type: "standing"; readonly lanes: readonly JournalStanding[] }
  | {
      readonly type: "report";
      readonly level: ReportLevel;
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    };

/** To the journal: copy up to the heads, and end. A disk that refuses is tried for `ms` more. */
export interface JournalOrder {
  readonly type: "stop";
  readonly ms: number;
}
