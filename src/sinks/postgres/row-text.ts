import type { PgTable, PgType } from "./layout.ts";
import { numericText } from "./numeric.ts";
import { EPOCH_US } from "./row-buffer.ts";

/**
 * Where each event of a RowBuffer's data begins, and the end behind the last: rows with the same `event` are one, as all of it goes in
 * or nothing. In tables without that column each row is one.
 */
export function eventStarts(table: PgTable, data: Uint8Array): number[] {
  const view = viewOf(data);
  const column = table.columns.findIndex(({ name }) => name === "event");
  const starts = [0];
  let before: bigint | null = null;
  for (let at = 0; at < data.length;) {
    const begin = at;
    const columns = view.getInt16(at);
    let event: bigint | null = null;
    at += 2;
    for (let i = 0; i < columns; i++) {
      if (i === column) event = view.getBigInt64(at + 4);
      at += 4 + Math.max(0, view.getInt32(at));
    }
    if (begin > 0 && (event === null || event !== before)) starts.push(begin);
    before = event;
  }
  starts.push(data.length);
  return starts;
}

/** The rows of one event or several. */
export function rowsOf(table: PgTable, data: Uint8Array): Record<string, Cell>[] {
  const view = viewOf(data);
  const rows: Record<string, Cell>[] = [];
  for (let at = 0; at < data.length;) {
    at += 2;
    const cells: [string, Cell][] = [];
    for (const { name, type } of table.columns) {
      const length = view.getInt32(at);
      cells.push([name, length < 0 ? null : cellOf(type, view, at + 4, length)]);
      at += 4 + Math.max(0, length);
    }
    rows.push(Object.fromEntries(cells));
  }
  return rows;
}

type Cell = string | number | boolean | null;

function cellOf(type: PgType, view: DataView, at: number, length: number): Cell {
  switch (type) {
    case "text":
      return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
    case "smallint":
      return view.getInt16(at);
    case "bigint":
      return String(view.getBigInt64(at));
    case "double precision":
      return view.getFloat64(at);
    case "boolean":
      return view.getUint8(at) === 1;
    case "timestamp with time zone":
      return timeText(Number(view.getBigInt64(at)) + EPOCH_US);
    default:
      return numericText(view, at);
  }
}

function timeText(us: number): string {
  const ms = Math.floor(us / 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(us - ms * 1000).padStart(3, "0")}Z`;
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
