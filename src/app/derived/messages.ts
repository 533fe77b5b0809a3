import type { ReportLevel } from "../../feed/index.ts";
import type { Config } from "../config.ts";
import type { LanePlace } from "../journal/messages.ts";

/** What the part that makes derived figures is started with. */
export interface DerivedData {
  readonly config: Config;
  readonly lanes: readonly LanePlace[];
  /** Memory of an earlier thread of it, to go on in; null: the region is a file, or there was none. */
  readonly buffer: SharedArrayBuffer | null;
  /** It begins when it is told to go: those who must miss nothing are not there yet. */
  readonly hold: boolean;
}

/** The last value of one figure. */
export interface DerivedFigure {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How it stands. Totals are those since it started last. */
export interface DerivedStanding {
  readonly pipelines: readonly { readonly name: string; readonly events: number; readonly skipped: number }[];
  readonly lanes: readonly { readonly name: string; readonly lost: number; readonly lag: number }[];
  readonly refused: number;
  readonly figures: readonly DerivedFigure[];
}

export type DerivedMessage =
  | {
      readonly type: "region";
      readonly path: string | null;
      readonly buffer: SharedArrayBuffer | null;
      readonly note: string;
    }
  | { readonly type: "standing"; readonly standing: DerivedStanding }
  | {
      readonly type: "report";
      readonly level: ReportLevel;
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    };

export interface DerivedOrder {
  readonly type: "go" | "stop";
}
