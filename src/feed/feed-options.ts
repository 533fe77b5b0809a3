import type { AuditJudge } from "./snapshots/audit.ts";
import type { BackoffOptions } from "./session/backoff.ts";
import type { BookKeeper } from "./market/book-keeper.ts";
import type { WindowBudget } from "./snapshots/budget.ts";
import type { ClockJudge } from "./clock/clock-samples.ts";
import type { Intake } from "./frames/intake.ts";
import type { LaneCore } from "./lane-core.ts";
import type { Latest } from "./market/latest.ts";
import type { Market } from "./market/market.ts";
import type { Chain } from "./listening/selection.ts";
import type { StreamJudge } from "./silence/streams.ts";
import type { Channel, Venue } from "../model/index.ts";

export interface FeedOptions {
  readonly venue: Venue;
  /** Native or canonical names, or patterns of them (`*` and `?`). */
  readonly symbols: readonly string[];
  readonly channels: readonly Channel[];
  /** Option chains; their prices come from tickers. */
  readonly chains?: readonly Chain[];
  readonly depth?: number;
  /** Replaces scheme, host and port of the venue's websocket addresses; paths stay. */
  readonly wsOrigin?: string;
  readonly restUrl?: string;
  readonly idleMs?: number;
  readonly rotateMs?: number;
  /** Connections that carry the same, each subscription; default 1. */
  readonly redundancy?: number;
  readonly maxFrame?: number;
  /** Added to the venue's own headers on its sockets (API keys); never reported. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly backoff: BackoffOptions;
  /** Proxy to reach a URL through, or null; never asked for loopback. Left out: always direct. */
  readonly proxyFor?: (url: string) => string | null;
  /** How long to wait for a snapshot that the stream should send before asking again. */
  readonly snapshotTimeoutMs: number;
  /** Between two fetches of the metadata, ms, give or take a tenth; 0 or left out = never. */
  readonly refreshMs?: number;
  /** Instruments at most; default 2000. */
  readonly maxInstruments?: number;
  /** What a chain or pattern does not want any more is heard for so long, ms, while what replaces it begins; default 10000. */
  readonly lingerMs?: number;
  /** Judges the silence of one stream; left out: silence of single streams is not judged. */
  readonly judgeSilence?: () => StreamJudge;
  /** Trades that were missed are fetched, where the venue lists them; default false. */
  readonly backfill?: boolean;
  /** Live books are compared with fetched ones, one every so many ms (0 = never); left out: none is. */
  readonly audit?: { readonly everyMs: number; readonly judge: AuditJudge };
  /** An expired instrument is heard so much longer, ms: its last trades, its settlement; default 30000. */
  readonly graceMs?: number;
}

/** Limits of one venue that all feeds of a lane that speak to it keep together. */
export interface VenueBudgets {
  readonly connects: WindowBudget;
  readonly weight: WindowBudget;
}

/** What feeds of a lane share. */
export interface FeedParts {
  readonly core: LaneCore;
  readonly keeper: BookKeeper;
  readonly latest: Latest;
  readonly intake: Intake;
  /** Markets of the lane by instrument id: each belongs to one feed. */
  readonly byId: (Market | undefined)[];
  budgets(venue: Venue): VenueBudgets;
  /** What an asset is worth by the last ticker that said so, NaN when none did. */
  priceOf(base: string): number;
  /** Judges a venue's clock, the same for all feeds of the lane that speak to it; null: nobody does. */
  clockOf(venue: Venue): ClockJudge | null;
  /** Sees to the books that broke in what was just committed. */
  resync(): void;
}
