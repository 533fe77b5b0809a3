import type { Column, Table } from "./cells.ts";
import { columnOf, TS } from "./columns.ts";
import { DESCRIBED, HOLE } from "./described-tables.ts";
import { LANE, PLACE, SLOTS } from "./table-columns.ts";
import type { DescribedTable } from "./table-columns.ts";

/**
 * Tables by kind of event for databases: names, columns, and how a slot becomes a row. What is in them is said in
 * ./described-tables.ts. A vendor brings its types for `CellType` and a `Cells` that encodes (./cells.ts); `TableRows` walks a
 * batch (./table-rows.ts).
 *
 * (lane, log_seq) is unique in all tables together, and each row stands for `slots` slots from `log_seq` on, holes as well: a lane is
 * complete where its rows follow each other without gap.
 */
export const TABLES = Object.fromEntries(
  Object.entries(DESCRIBED).map(([name, table]) => [name, tableOf(table)]),
) as Readonly<Record<keyof typeof DESCRIBED, Table>>;

export type TableName = keyof typeof TABLES;

function tableOf({ doc, slots, columns }: DescribedTable): Table {
  const place = { ...PLACE, doc: `${PLACE.doc}. (lane, log_seq) is unique in all tables together` };
  const all = [LANE, place, SLOTS, ...columns].map((one) => columnOf(one, Math.max(1, slots)));
  return { doc, slots, columns: [TS, ...all] };
}

/** Columns of the table `holes`, slots that nobody has; their rows are made of `holeRows`. */
export const HOLES: readonly Pick<Column, "name" | "type" | "doc" | "required">[] = Object.entries(HOLE).map(
  ([name, { type, doc }]) => ({ name, type, doc, required: true }),
);
