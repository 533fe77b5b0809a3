import { elements } from "./record.ts";
import type { Field, RecordLayout } from "./record.ts";

/** Characters per byte of a map, the border included. */
const CELL = 9;
const ROW = 8;

/**
 * Bytes of a record as text, eight a line, fields drawn where they lie (names cut to their width; the table below
 * the map has them whole):
 *
 *           0        1        2        3        4        5        6        7
 *     0 |kind    |flags   |venue            |instrument                         |
 *     8 |ts_event                                                               |
 */
export function byteMap(layout: RecordLayout): string {
  const head =
    "      " +
    Array.from({ length: ROW }, (_, i) =>
      String(i)
        .padStart(CELL / 2 + 1)
        .padEnd(CELL),
    ).join("");
  const lines = [head.trimEnd()];
  let end = 0;
  for (const row of rowsOf(layout)) {
    const start = Math.floor(row[0]!.offset / ROW) * ROW;
    if (start > end) lines.push(`${String(end).padStart(5)} |${" ".repeat(ROW * CELL - 1)}|`);
    lines.push(`${String(start).padStart(5)} ${drawRow(row, start)}`);
    end = Math.ceil((row.at(-1)!.offset + row.at(-1)!.size) / ROW) * ROW;
  }
  if (end < layout.size) lines.push(`${String(end).padStart(5)} |${" ".repeat(ROW * CELL - 1)}|`);
  return lines.join("\n");
}

/** Fields grouped by the line they begin on; an array has its line to itself. */
function rowsOf(layout: RecordLayout): Field[][] {
  const rows: Field[][] = [];
  for (const field of layout.fields) {
    const last = rows.at(-1);
    const together =
      last !== undefined && Math.floor(last[0]!.offset / ROW) === Math.floor(field.offset / ROW);
    if (together) last.push(field);
    else rows.push([field]);
  }
  return rows;
}

function drawRow(row: readonly Field[], start: number): string {
  let text = "|";
  let at = start;
  for (const field of row) {
    if (field.offset > at) text += cell("", field.offset - at);
    const width = Math.min(field.size, start + ROW - field.offset);
    const count = elements(field.type)[1];
    text += cell(
      count > 1 && field.size > ROW
        ? `${field.name} ${field.type}, to ${field.offset + field.size - 1}`
        : field.name,
      width,
    );
    at = field.offset + width;
  }
  if (at < start + ROW) text += cell("", start + ROW - at);
  return text;
}

function cell(text: string, bytes: number): string {
  const width = bytes * CELL - 1;
  return `${text.slice(0, width).padEnd(width)}|`;
}
