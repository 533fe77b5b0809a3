import type { FeedReport, Outcome, ReportLevel } from "../../feed/index.ts";
import type { Channel, VenueId } from "../../model/index.ts";
import type { ApiKeys } from "../config/keys.ts";
import type { Proxies } from "../config/proxy.ts";
import type { Config } from "../config.ts";

/** What a lane's thread or process is started with. */
export interface LaneData {
  readonly config: Config;
  /** Index into config.lanes. */
  readonly index: number;
  readonly proxies: Proxies;
  /** Of the lane's feeds. */
  readonly keys: ApiKeys;
  /** Memory of an earlier thread of this lane, to go on in; null: the region is a file, or there was none. */
  readonly buffer: SharedArrayBuffer | null;
  /** Its feeds start when it is told to go: those who must miss nothing are not there yet. */
  readonly hold: boolean;
}

/** Ranges of trade ids (both ends inclusive) of an instrument (its row) that were looked for and will not come. */
export interface SettledTrades {
  readonly type: "settled";
  readonly instrument: number;
  readonly ranges: readonly (readonly [number, number])[];
  readonly outcome: "never_existed" | "lost";
}

/** From the lane. */
export type LaneMessage =
  /** The region is there: a file to map, or shared memory of this process. */
  | {
      readonly type: "region";
      readonly path: string | null;
      readonly buffer: SharedArrayBuffer | null;
      readonly note: string;
    }
  | {
      readonly type: "report";
      readonly level: ReportLevel;
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    }
  /** A frame that nobody could read, to be kept; `ts` is UNIX ns. */
  | { readonly type: "frame"; readonly venue: VenueId; readonly ts: string; readonly bytes: Uint8Array }
  /** What the feeds listen to now, in the order of the configuration; sent whenever it changes. */
  | { readonly type: "roster"; readonly feeds: readonly FeedRoster[] }
  | SettledTrades
  | { readonly type: "answer"; readonly id: number; readonly answer: LaneAnswer };

/** To the lane. An `ask` is answered with its id. */
export type LaneOrder =
  | { readonly type: "go" }
  | { readonly type: "stop" }
  | { readonly type: "ask"; readonly id: number; readonly ask: LaneAsk };

export type LaneAsk =
  | { readonly type: "report" }
  | {
      readonly type: "add";
      readonly venue: string;
      readonly symbols: readonly string[];
      readonly channels?: readonly Channel[];
    }
  | { readonly type: "remove"; readonly venue: string; readonly symbols: readonly string[] };

/** To a report its feeds, to an order what became of each name. */
export interface LaneAnswer {
  readonly feeds: readonly FeedReport[];
  readonly outcomes: readonly Outcome[];
}

/** What one feed listens to, and names it was asked for that its venue does not list. */
export interface FeedRoster {
  readonly heard: readonly { readonly symbol: string; readonly channels: readonly string[] }[];
  readonly unlisted: readonly string[];
}
