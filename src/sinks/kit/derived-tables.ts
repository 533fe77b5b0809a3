import { IV_POINT, IV_SURFACE, SPOT_MID, SPOT_SOURCE } from "../../log/index.ts";
import { OPTION_SIDES, QUALITY_NAMES, SOURCE_STATES, VALIDITY_NAMES } from "../../model/index.ts";
import type { Column, RowSource, Table } from "./cells.ts";
import { decimal, double, eventOf, putMicros, table, textOrNone } from "./columns.ts";

/** A byte of its slot. */
function byteOf({ slots: { u8 }, word }: RowSource, at: number): number {
  return u8[word * 4 + at]!;
}

/** An index into a list whose first word means nothing. */
function wordAt(name: string, at: number, words: readonly string[], doc: string): Column {
  const put: Column["put"] = (row, cells) => {
    const number = byteOf(row, at);
    textOrNone(number === 0 ? null : (words[number] ?? `#${number}`), cells);
  };
  return { name, type: "word", doc, put };
}

function countAt(name: string, at: number, doc: string): Column {
  return { name, type: "small", doc, put: (row, cells) => cells.whole(byteOf(row, at)) };
}

/** Whole microseconds. */
function microsAt(name: string, at: number, doc: string): Column {
  const put: Column["put"] = ({ slots, word }, cells) => {
    const value = Math.round(slots.f64[(word >> 1) + at / 8]!);
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) cells.whole(value);
    else cells.none();
  };
  return { name, type: "whole", doc, put };
}

const OF_HEAD = "`log_seq` of the row of its event in";

/** A table of the first or of the further slots of derived events; `venue` is not always that of the slot. */
function derived(doc: string, venue: string, columns: readonly Column[]): Table {
  const { columns: all } = table(doc, columns);
  return { doc, slots: 0, columns: all.map((one) => (one.name === "venue" ? { ...one, doc: venue } : one)) };
}

export const DERIVED_TABLES = {
  spot_mids: derived("Prices of products over venues, one row a second.", "derived", [
    decimal("mid", SPOT_MID.at.mid / 8, "median of the fresh venues' mids; NULL = none was"),
    wordAt("quality", SPOT_MID.at.quality, QUALITY_NAMES, "ok, degraded or suspect"),
    double(
      "divergence_bps",
      SPOT_MID.at.divergence_bps / 8,
      "(highest - lowest) / lowest, hundredths of a percent",
    ),
    countAt("fresh", SPOT_MID.at.fresh, "venues that count"),
    microsAt("min_age_us", SPOT_MID.at.min_age, "age of the youngest of them, us"),
    microsAt("max_age_us", SPOT_MID.at.max_age, "age of the oldest of them, us"),
  ]),
  spot_sources: derived("What each venue gave to such a price, one row a venue.", "venue of the price", [
    eventOf(`${OF_HEAD} \`spot_mids\``),
    decimal("bid_price", SPOT_SOURCE.at.bid_price / 8, "NULL = no bid"),
    decimal("ask_price", SPOT_SOURCE.at.ask_price / 8, "NULL = no offer"),
    decimal("mid", SPOT_SOURCE.at.mid / 8, ""),
    microsAt("age_us", SPOT_SOURCE.at.age, "since it was received, us"),
    wordAt("state", SPOT_SOURCE.at.state, SOURCE_STATES, "fresh: it counts; else why it does not"),
    wordAt("validity", SPOT_SOURCE.at.validity, VALIDITY_NAMES, "of the price; NULL = none"),
  ]),
  iv_surfaces: derived("Implied volatilities of one expiry, one row a second.", "venue of the options", [
    {
      name: "expiry",
      type: "time",
      doc: "",
      put: ({ names }, cells) => putMicros(names.row?.expiry ?? NaN, cells),
    },
    decimal("index_price", IV_SURFACE.at.index_price / 8, ""),
    decimal("forward", IV_SURFACE.at.forward / 8, "price the options are priced with"),
    double("atm_iv", IV_SURFACE.at.atm_iv / 8, "at the index price"),
    double("atm_spread_iv", IV_SURFACE.at.atm_spread_iv / 8, "ask minus bid of the strike nearest the money"),
    wordAt("quality", IV_SURFACE.at.quality, QUALITY_NAMES, "ok, degraded or suspect"),
    {
      name: "n_points",
      type: "whole",
      doc: "strikes with a young ticker; those on the surface are the rows of `iv_points`",
      put: (row, cells) =>
        cells.whole(byteOf(row, IV_SURFACE.at.n_points) + 256 * byteOf(row, IV_SURFACE.at.n_points + 1)),
    },
    countAt("butterfly", IV_SURFACE.at.butterfly, "points that an arbitrage of strikes speaks against"),
    countAt("calendar", IV_SURFACE.at.calendar, "points that an arbitrage of expiries speaks against"),
  ]),
  iv_points: derived("The strikes of such surfaces, one row each.", "venue of the options", [
    eventOf(`${OF_HEAD} \`iv_surfaces\``),
    decimal("strike", IV_POINT.at.strike / 8, ""),
    wordAt("side", IV_POINT.at.side, OPTION_SIDES, "of put and call the one out of the money"),
    double("iv", IV_POINT.at.iv / 8, "mark volatility, a fraction"),
    double("bid_iv", IV_POINT.at.bid_iv / 8, ""),
    double("ask_iv", IV_POINT.at.ask_iv / 8, ""),
  ]),
} as const satisfies Record<string, Table>;
