import type { SinkLevel } from "../../sinks/index.ts";
import type { SinkConfig } from "../config/sinks.ts";

/** What a sink's process is started with. */
export interface SinkData {
  readonly sink: SinkConfig;
  /** The lanes it gets; `path` is null where the memory is another process's alone. */
  readonly lanes: readonly { readonly name: string; readonly path: string | null }[];
  /** The data folder, or null. */
  readonly dir: string | null;
  readonly journal: boolean;
  /** Values of the variables that its `_env` keys name, by key. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** One figure that a sink tells of its vendor. */
export interface SinkFigure {
  readonly kind: "counter" | "gauge";
  readonly name: string;
  readonly help: string;
  readonly value: number;
}

export type SinkState = "starting" | "connected" | "degraded" | "down";

/** How a sink stands. Totals are those of its process. */
export interface SinkStanding {
  readonly state: SinkState;
  readonly reason: string | null;
  readonly lagSlots: number;
  readonly lagMs: number;
  readonly written: number;
  readonly batches: number;
  readonly flushes: number;
  readonly failures: number;
  /** Slots that are gone, and slots that a newer one stood in for. */
  readonly lost: number;
  readonly conflated: number;
  /** UNIX ms; 0 before the first one. */
  readonly lastFlush: number;
  readonly rss: number;
  /** Next slot of each lane that is not yet safe, and how many behind it are committed. */
  readonly marks: Readonly<Record<string, number>>;
  readonly lags: Readonly<Record<string, number>>;
  readonly figures: readonly SinkFigure[];
}

/** From a sink's process. */
export type SinkMessage =
  | { readonly type: "ready" }
  | { readonly type: "standing"; readonly standing: SinkStanding }
  | {
      readonly type: "report";
      readonly level: SinkLevel;
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    };

/** To a sink's process: write everything before `ends` (of lanes left out, what is there), flush and end. */
export interface SinkOrder {
  readonly type: "stop";
  readonly ends: Readonly<Record<string, number>>;
}
