import type { ReportLevel } from "../../feed/index.ts";
import type { BookFilesConfig, K4Config, MessageRingConfig } from "../config/compat.ts";
import type { LanePlace } from "../journal/messages.ts";
import type { FileCounts } from "./files.ts";

/** What the part that writes for one lane is started with. */
export interface CompatData {
  readonly lane: LanePlace;
  readonly bookFiles: Located<BookFilesConfig> | null;
  readonly messageRing: Located<MessageRingConfig> | null;
  readonly k4: readonly Located<K4Config>[];
}

/** With what the slots of its venue say. */
export type Located<T> = T & {
  readonly code: number;
  /** Whether its best quotes come from quotes; otherwise from books. */
  readonly quotes: boolean;
};

/** How it stands. Totals are those since it started last. */
export interface CompatStanding {
  /** Slots committed and not yet looked at. */
  readonly lag: number;
  readonly lost: number;
  readonly files: readonly FileCounts[];
}

export type CompatMessage =
  | { readonly type: "ready" }
  | { readonly type: "standing"; readonly standing: CompatStanding }
  | {
      readonly type: "report";
      readonly level: ReportLevel;
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    };

/** Write what the lane has committed, empty everything that shows a book, and end. */
export interface CompatOrder {
  readonly type: "stop";
}
