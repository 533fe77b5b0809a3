import type { BookKeeper } from "../market/book-keeper.ts";
import type { Latest } from "../market/latest.ts";
import type { Link } from "./link.ts";
import type { Market } from "../market/market.ts";
import type { Resync } from "../snapshots/resync.ts";
import { REASON } from "../../model/index.ts";

export interface TurnParts {
  readonly keeper: BookKeeper;
  readonly latest: Latest;
  readonly resync: Resync;
}

/**
 * The socket of a link that is alone opened, or is gone: what it brought is unproved from now on, and begins again.
 * `quoted`: markets whose quotes come here. The caller commits.
 */
export function turnAlone(parts: TurnParts, quoted: readonly Market[], link: Link, up: boolean): void {
  for (const market of quoted) {
    if (up) market.quotes.forget();
    else parts.latest.quotesStale(market, REASON.CONNECTION_LOST);
  }
  for (const market of link.markets) {
    if (up) parts.resync.begin(market);
    else parts.keeper.disconnect(market);
    renew(market);
  }
}

/** What was known of a market's stream was known of a connection that is not followed any more. */
export function renew(market: Market): void {
  market.told.renew();
  market.ledTrade = -1;
  market.refused = false;
  market.streamed = false;
  market.askedAgain = 0;
}
