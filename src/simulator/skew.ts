import type { MarketEvent, Venue } from "../model/index.ts";

/** A venue whose clock is wrong by `ms`, positive when ahead: its events say so. 0: the venue itself. */
export function skewed(venue: Venue, ms: number): Venue {
  if (ms === 0) return venue;
  if (!Number.isFinite(ms)) throw new RangeError(`clockSkewMs: expected a number of ms, saw ${ms}`);
  const moved = <T extends MarketEvent>(event: T): T =>
    event.ts_event === null ? event : { ...event, ts_event: event.ts_event + ms * 1000 };
  const { server } = venue;
  const { encode, encodeBinary } = server;
  return {
    ...venue,
    server: {
      ...server,
      encode: (event, ...rest) => encode(moved(event), ...rest),
      ...(encodeBinary === undefined
        ? {}
        : { encodeBinary: (event, ...rest) => encodeBinary(moved(event), ...rest) }),
    },
  };
}
