import { DESCRIBED, HOLE, METADATA } from "../kit/described-tables.ts";
import { LANE, PLACE, SLOTS } from "../kit/table-columns.ts";
import type { DescribedTable } from "../kit/table-columns.ts";
import { columnOf, UNFIT } from "./columns.ts";
import type { Column, Kept } from "./columns.ts";

/** Changes with any table below (one more is no change); files of another version are left out of queries. */
export const LAKE_VERSION = 1;

type Described = keyof typeof DESCRIBED;
/** Tables whose rows are slots: the lake calls `index_prices` `index`. */
type SlotTable = Exclude<Described, "index_prices"> | "index";

export interface TableSchema {
  readonly doc: string;
  /** Slots of an event, of which one row is made. */
  readonly slots: 1 | 3;
  readonly columns: readonly Column[];
}

/** Columns of what is known of an instrument: in `instruments`, and in the table rows are joined with. */
export const INSTRUMENT_COLUMNS: readonly Column[] = METADATA.map((one) => columnOf(one, 1));

/** Its place in the log comes first, and is called otherwise than in databases. */
function tableOf(name: SlotTable, { doc, slots: of, columns }: DescribedTable): TableSchema {
  const slots = of === 0 ? 1 : of;
  const place = { ...PLACE, name: "seq", doc: `${PLACE.doc}. (lane, seq) is unique in the whole lake` };
  const all = [place, SLOTS, LANE, ...columns].map((one) => columnOf(one, slots));
  // Rows of instruments have their figures from there, and with them what did not fit.
  const unfit = name === "instruments" ? { ...UNFIT, sql: "n.unfit" } : UNFIT;
  return { doc, slots, columns: [...all, unfit] };
}

function lakeName(name: Described): SlotTable {
  return name === "index_prices" ? "index" : name;
}

/** Every table but `holes`. */
export const SCHEMA = Object.fromEntries(
  Object.entries(DESCRIBED).map(([key, described]) => {
    const name = lakeName(key as Described);
    return [name, tableOf(name, described)];
  }),
) as Readonly<Record<SlotTable, TableSchema>>;

export type LakeTable = SlotTable | "holes";

/** Tables of the lake, each a folder. */
export const LAKE_TABLES: readonly LakeTable[] = [...(Object.keys(SCHEMA) as SlotTable[]), "holes"];

/** Columns of `holes`: slots that nobody has. */
export const HOLE_COLUMNS: readonly Pick<Column, "name" | "type" | "doc">[] = [
  { name: "seq", type: "BIGINT", doc: HOLE.log_seq.doc },
  { name: "slots", type: "BIGINT", doc: HOLE.slots.doc },
  { name: "lane", type: "VARCHAR", doc: HOLE.lane.doc },
  { name: "reason", type: "VARCHAR", doc: HOLE.reason.doc },
  { name: "ts_recv", type: "TIMESTAMP_NS", doc: HOLE.ts.doc },
];

/** Columns of a table as its files have them; every one also has `date` and `hour` from its folders. */
export function columnsOf(name: LakeTable): readonly Pick<Column, "name" | "type" | "doc">[] {
  return name === "holes" ? HOLE_COLUMNS : SCHEMA[name].columns;
}

/** Everything that is kept of a slot for a table, by name. */
export function keptOf(name: SlotTable): ReadonlyMap<string, Kept> {
  return new Map(SCHEMA[name].columns.flatMap(({ kept }) => Object.entries(kept)));
}
