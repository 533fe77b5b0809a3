import { COUNTER_ROW } from "./layout.ts";
import type { Layout } from "./record.ts";
import { putRowText, rowText } from "./row-text.ts";
import type { Rows } from "./rows.ts";

/** What a counter or a histogram is called and means; the labels as in Prometheus: `venue="okx",channel="trade"`. */
export interface Label {
  readonly name: string;
  readonly labels: string;
  readonly unit: string;
  readonly help: string;
}

type LabelKey = keyof Label;
type Labelled = Layout<LabelKey | "declared">;

const KEYS: readonly LabelKey[] = ["name", "labels", "unit", "help"];
const SIZE = Object.fromEntries(COUNTER_ROW.fields.map((field) => [field.name, field.size])) as Record<
  LabelKey,
  number
>;

export function readLabel(bytes: Uint8Array, at: number, layout: Labelled): Label {
  const text = (key: LabelKey): string => rowText(bytes, at + layout.at[key], SIZE[key]);
  return { name: text("name"), labels: text("labels"), unit: text("unit"), help: text("help") };
}

/**
 * Row of a label in a table whose first free row ends it: the one with the same name and labels, else a new one.
 * RangeError when the table is full or a text too long.
 */
export function declareLabel(rows: Rows, layout: Labelled, label: Label): number {
  const used = declaredCount(rows, layout);
  for (let row = 0; row < used; row++) {
    const { name, labels } = readLabel(rows.u8, row * rows.size, layout);
    if (name === label.name && labels === label.labels) return row;
  }
  if (used === rows.count)
    throw new RangeError(
      `${layout.name}: expected at most ${rows.count}, saw one more: ${label.name}{${label.labels}}`,
    );
  const at = used * rows.size;
  for (const key of KEYS) putRowText(rows.u8, at + layout.at[key], SIZE[key], label[key]);
  Atomics.store(rows.i32, (at + layout.at.declared) / 4, 1);
  return used;
}

export function declaredCount(rows: Rows, layout: Labelled): number {
  let row = 0;
  while (row < rows.count && Atomics.load(rows.i32, (row * rows.size + layout.at.declared) / 4) === 1)
    row += 1;
  return row;
}
