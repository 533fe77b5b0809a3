import type { FeedParts } from "../feed-options.ts";
import type { Market } from "../market/market.ts";
import { TOLD } from "../market/told-trades.ts";
import type { Watched } from "./watch.ts";
import { KIND, REASON } from "../../model/index.ts";
import type { Subscription } from "../../model/index.ts";

type Options = Pick<Watched, "meters" | "markets" | "connections" | "report"> &
  Pick<FeedParts, "core" | "keeper" | "resync">;

/**
 * Listens to venues that name their last trade. One that was not seen until the venue names one again is missing, and
 * where nothing numbers the frames of the book, the book is in doubt with it. The next trade counts what is missing.
 */
export class NamedTrades {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The last trade of `symbol` is `id`, says the connection that leads. */
  hear(symbol: string, id: number): void {
    const { markets, core, keeper, meters, resync } = this.#options;
    const market = markets.get(symbol);
    if (market === undefined || market.trades.last < 0) return;
    const last = (market.link?.copies ?? null) === null ? market.trades.last : market.ledTrade;
    const told = market.told.hear(id, last, market.heard[KIND.TRADE]!);
    if (told === TOLD.FINE) return;
    if (told === TOLD.MUTE) this.#askAgain(market);
    if (!market.unproved || !market.proved) return;
    keeper.break(market, meters, REASON.CONNECTION_GAP);
    core.writer.ring.commit();
    resync();
  }

  /** Its trades are said to be active and do not come. */
  #askAgain({ symbol }: Market): void {
    const { connections, report } = this.#options;
    const subscription: Subscription = { channel: "trade", symbol };
    const session = connections.of(subscription)?.session;
    if (session === undefined || session.standing(subscription).state === "refused") return;
    report("warn", "the venue names trades that do not come: subscribed again", { symbol });
    session.resubscribe([subscription]);
  }
}
