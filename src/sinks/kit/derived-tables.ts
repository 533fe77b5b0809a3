import { IV_POINT, IV_SURFACE, SPOT_MID, SPOT_SOURCE } from "../../log/index.ts";
import { OPTION_SIDES, QUALITY_NAMES, SOURCE_STATES, VALIDITY_NAMES } from "../../model/index.ts";
import { count, decimal, double, eventOf, span, table, word } from "./table-columns.ts";
import type { DescribedColumn, DescribedTable } from "./table-columns.ts";

const [MID, SOURCE, SURFACE, POINT] = [SPOT_MID.at, SPOT_SOURCE.at, IV_SURFACE.at, IV_POINT.at];
const OF_HEAD = "`log_seq` of the row of its event in";

/** A table of the first or of the further slots of derived events; their venue is not always that of the slot. */
function derived(doc: string, venue: string, columns: readonly DescribedColumn[]): DescribedTable {
  return table(doc, columns, 0, venue);
}

/** Tables of derived events, as ./described-tables.ts. */
export const DERIVED_TABLES = {
  spot_mids: derived("Prices of products over venues, one row a second.", "derived", [
    decimal("mid", MID.mid, "median of the fresh venues' mids; NULL = none was"),
    word("quality", MID.quality, QUALITY_NAMES, "ok, degraded or suspect"),
    double("divergence_bps", MID.divergence_bps, "(highest - lowest) / lowest, hundredths of a percent"),
    count("fresh", MID.fresh, "venues that count"),
    span("min_age_us", MID.min_age, "age of the youngest of them, us"),
    span("max_age_us", MID.max_age, "age of the oldest of them, us"),
  ]),
  spot_sources: derived("What each venue gave to such a price, one row a venue.", "venue of the price", [
    eventOf(`${OF_HEAD} \`spot_mids\``),
    decimal("bid_price", SOURCE.bid_price, "NULL = no bid"),
    decimal("ask_price", SOURCE.ask_price, "NULL = no offer"),
    decimal("mid", SOURCE.mid),
    span("age_us", SOURCE.age, "since it was received, us"),
    word("state", SOURCE.state, SOURCE_STATES, "fresh: it counts; else why it does not"),
    word("validity", SOURCE.validity, VALIDITY_NAMES, "of the price; NULL = none"),
  ]),
  iv_surfaces: derived("Implied volatilities of one expiry, one row a second.", "venue of the options", [
    { name: "expiry", is: "row_time", of: "expiry", doc: "UTC" },
    decimal("index_price", SURFACE.index_price),
    decimal("forward", SURFACE.forward, "price the options are priced with"),
    double("atm_iv", SURFACE.atm_iv, "at the index price"),
    double("atm_spread_iv", SURFACE.atm_spread_iv, "ask minus bid of the strike nearest the money"),
    word("quality", SURFACE.quality, QUALITY_NAMES, "ok, degraded or suspect"),
    {
      name: "n_points",
      is: "wide_count",
      at: SURFACE.n_points,
      doc: "strikes with a young ticker; those on the surface are the rows of `iv_points`",
    },
    count("butterfly", SURFACE.butterfly, "points that an arbitrage of strikes speaks against"),
    count("calendar", SURFACE.calendar, "points that an arbitrage of expiries speaks against"),
  ]),
  iv_points: derived("The strikes of such surfaces, one row each.", "venue of the options", [
    eventOf(`${OF_HEAD} \`iv_surfaces\``),
    decimal("strike", POINT.strike),
    word("side", POINT.side, OPTION_SIDES, "of put and call the one out of the money"),
    double("iv", POINT.iv, "mark volatility, a fraction"),
    double("bid_iv", POINT.bid_iv),
    double("ask_iv", POINT.ask_iv),
  ]),
} as const satisfies Record<string, DescribedTable>;
