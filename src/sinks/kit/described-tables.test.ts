import { describe, expect, it } from "vitest";
import {
  BOOK,
  INDEX,
  INSTRUMENT,
  IV_POINT,
  IV_SURFACE,
  LIQUIDATION,
  OPTION_GREEKS,
  OPTION_TICKER,
  OPTION_VOLATILITY,
  QUOTE,
  SLOT,
  SLOT_BYTES,
  SPOT_MID,
  SPOT_SOURCE,
  STATS,
  STATUS,
  TICKER,
  TRADE,
} from "../../log/index.ts";
import type { FieldType, RecordLayout } from "../../log/index.ts";
import { DESCRIBED } from "./described-tables.ts";
import type { DescribedColumn, Kind } from "./table-columns.ts";

type TableName = keyof typeof DESCRIBED;

/** Bodies of the slots that a row is made of. */
const BODIES: Readonly<Record<TableName, readonly RecordLayout[]>> = {
  trades: [TRADE],
  quotes: [QUOTE],
  book_deltas: [BOOK],
  book_snapshots: [BOOK],
  tickers: [TICKER],
  stats: [STATS],
  option_tickers: [OPTION_TICKER, OPTION_VOLATILITY, OPTION_GREEKS],
  index_prices: [INDEX],
  liquidations: [LIQUIDATION],
  instruments: [INSTRUMENT],
  status: [STATUS],
  spot_mids: [SPOT_MID],
  spot_sources: [SPOT_SOURCE],
  iv_surfaces: [IV_SURFACE],
  iv_points: [IV_POINT],
};

/** Fields that are no columns: they say which venue the row is of. */
const AS_VENUE: Readonly<Record<string, string>> = { spot_sources: "venue_code", iv_surfaces: "source" };

const FIELDS: Readonly<Partial<Record<Kind, FieldType>>> = {
  time: "i64",
  id: "u64",
  decimal: "f64",
  double: "f64",
  micros: "f64",
  span: "f64",
  count: "u8",
  wide_count: "u16",
  u32: "u32",
  side: "u8",
  word: "u8",
  scope: "u8",
  state: "u8",
  reason: "u8",
};

/** Every place that a column looks at, and the type that the log must have there. */
function places(one: DescribedColumn): [at: number, type: FieldType][] {
  const bytes = [
    one.is === "decimal" ? one.needs : undefined,
    one.is === "u32" ? one.where : undefined,
    one.is === "state" ? one.scope : undefined,
  ];
  const more = bytes.flatMap((byte): [number, FieldType][] => (byte === undefined ? [] : [[byte.at, "u8"]]));
  return "at" in one ? [[one.at, FIELDS[one.is]!], ...more] : more;
}

describe.each(Object.keys(DESCRIBED) as TableName[])("columns of %s", (name) => {
  const { columns, slots } = DESCRIBED[name];
  const bodies = BODIES[name];
  const looked = columns.flatMap(places);

  it("are where the log has such fields", () => {
    expect(bodies.length).toBe(Math.max(1, slots));
    for (const [at, type] of looked) {
      const fields = [...SLOT.fields, ...bodies[Math.floor(at / SLOT_BYTES)]!.fields];
      expect(fields.find(({ offset }) => offset === at % SLOT_BYTES)?.type, `byte ${at}`).toBe(type);
    }
  });

  it("leave no field of the log out", () => {
    const seen = new Set(looked.map(([at]) => at));
    const left = bodies.flatMap(({ fields }, slot) =>
      fields.filter(({ offset }) => !seen.has(slot * SLOT_BYTES + offset)),
    );
    expect(left.map((field) => field.name)).toEqual(name in AS_VENUE ? [AS_VENUE[name]] : []);
  });

  it("have names of their own", () => {
    const names = columns.map((one) => one.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
