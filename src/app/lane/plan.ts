import { channelFaults } from "../../feed/index.ts";
import type { FeedOptions } from "../../feed/index.ts";
import { judgeBooks } from "../../quality/index.ts";
import { venueById } from "../../venues/index.ts";
import { withOptions } from "../../model/index.ts";
import type { Venue } from "../../model/index.ts";
import { ConfigError } from "../config/error.ts";
import { keyHeaders } from "../config/keys.ts";
import type { ApiKeys } from "../config/keys.ts";
import { proxyFor } from "../config/proxy.ts";
import type { Proxies } from "../config/proxy.ts";
import type { Config } from "../config.ts";
import type { FeedConfig, LaneConfig } from "../config/schema.ts";
import { silenceJudge } from "../judges.ts";

/** The largest frame of any venue decides how much memory a lane reads into. */
const MIN_SLAB = 4 << 20;
/** A snapshot that the stream owes us is asked for again after this long. */
const SNAPSHOT_TIMEOUT_MS = 5000;
/**
 * Turns the feeds of a lane into what `Lane` runs. Throws ConfigError for a venue without a description, a channel
 * it does not have, or a key that is missing.
 */
export function feedOptions(lane: LaneConfig, proxies: Proxies, keys: ApiKeys = {}): FeedOptions[] {
  return lane.feeds.map((feed) => {
    const venue = described(feed);
    checkChannels(feed, venue);
    return {
      venue,
      symbols: feed.symbols,
      channels: feed.channels,
      chains: feed.chains,
      refreshMs: feed.refresh_ms,
      backfill: feed.backfill === "on",
      audit: { everyMs: feed.audit_ms, judge: judgeBooks },
      maxInstruments: feed.max_instruments,
      depth: feed.depth,
      wsOrigin: feed.ws_url,
      restUrl: feed.rest_url?.replace(/\/$/, ""),
      idleMs: feed.idle_ms,
      rotateMs: feed.rotate_ms,
      redundancy: feed.redundancy,
      headers: keyHeaders(feed, venue, keys),
      proxyFor: (url: string) => proxyFor(url, proxies),
      backoff: { minMs: feed.backoff.min_ms, maxMs: feed.backoff.max_ms },
      snapshotTimeoutMs: SNAPSHOT_TIMEOUT_MS,
      judgeSilence: silenceJudge(feed),
    };
  });
}

/** Bytes of a lane's slab: its largest frame, REST bodies included. */
export function slabSize(config: Config, feeds: readonly FeedOptions[]): number {
  return Math.max(MIN_SLAB, config.socket.max_frame ?? 0, ...feeds.map((feed) => feed.venue.limits.maxFrame));
}

function described(feed: FeedConfig): Venue {
  const venue = venueById(feed.venue);
  if (venue === null)
    throw new ConfigError([`feeds: venue "${feed.venue}" is not available in this version; remove the feed`]);
  try {
    return withOptions(venue, feed.options);
  } catch (error) {
    throw new ConfigError([`feeds: options: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

function checkChannels(feed: FeedConfig, venue: Venue): void {
  const faults = channelFaults(venue, feed.channels).map((line) => `feeds: ${line}`);
  if (faults.length > 0) throw new ConfigError(faults);
}
