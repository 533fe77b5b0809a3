export type Cell = string | number | null;

/** Rows as aligned columns under their names; numbers stand to the right, or the columns that `right` says. */
export function textTable(
  names: readonly string[],
  rows: readonly (readonly Cell[])[],
  right = names.map((_, i) => rows.some((row) => typeof row[i] === "number")),
): string {
  const texts = rows.map((row) => row.map(cellText));
  const widths = names.map((name, i) => Math.max(name.length, ...texts.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [line(names), ...texts.map(line)].join("\n");
}

/** Two columns: what, and its value. */
export function textList(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

function cellText(cell: Cell): string {
  return cell === null || Number.isNaN(cell) ? "-" : String(cell);
}

/** UNIX microseconds as UTC text to the millisecond; "-" for 0, which is "never". */
export function timeText(us: number): string {
  return us === 0 ? "-" : new Date(us / 1000).toISOString();
}

/** How long before `now` (both UNIX us) something was; "never" for 0. */
export function agoText(us: number, now: number): string {
  if (us === 0) return "never";
  return us > now ? `in ${durationText(us - now)}` : `${durationText(now - us)} ago`;
}

/** Microseconds in the unit that fits: 350 us, 12.3 ms, 4.5 s, 3.0 min, 2.1 h, 5.0 d. */
export function durationText(us: number): string {
  const [unit, size] = UNITS.find(([, least]) => us >= least) ?? ["us", 1];
  return `${size === 1 ? us : (us / size).toFixed(1)} ${unit}`;
}

const UNITS = [
  ["d", 86_400_000_000],
  ["h", 3_600_000_000],
  ["min", 60_000_000],
  ["s", 1_000_000],
  ["ms", 1000],
] as const;

/** Bytes with a unit of 1024. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(1)} ${["B", "KiB", "MiB", "GiB"][power]}`;
}
