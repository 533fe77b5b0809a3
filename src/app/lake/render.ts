import type { Cell } from "../../sinks/duckdb.ts";

/** Cells of a query as people and programs read them. */

export type { Cell };

/** A cell as text: decimals without the zeros that their type pads them with; NULL as it is told to be. */
export function cellText(cell: Cell, type: string, none: string): string {
  if (cell === null) return none;
  return type.startsWith("DECIMAL") ? trimmed(String(cell)) : String(cell);
}

/** A cell as JSON: numbers of any width by their digits, exactly. */
export function cellJson(cell: Cell, type: string): string {
  if (cell === null || typeof cell === "boolean") return String(cell);
  if (typeof cell === "number") return Number.isFinite(cell) ? String(cell) : "null";
  if (type.startsWith("DECIMAL")) return trimmed(cell);
  return /^U?(BIG|HUGE)INT$/.test(type) ? cell : JSON.stringify(cell);
}

export function rowJson(names: readonly string[], types: readonly string[], row: readonly Cell[]): string {
  return `{${names.map((name, i) => `${JSON.stringify(name)}:${cellJson(row[i]!, types[i]!)}`).join(",")}}`;
}

/** RFC 4180. */
export function csvLine(types: readonly string[], row: readonly Cell[]): string {
  return `${row.map((cell, i) => csvText(cellText(cell, types[i]!, ""))).join(",")}\n`;
}

export function csvText(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function trimmed(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}
