import * as fs from "node:fs";
import { dirname, join } from "node:path";

/** Names of files and folders of the lake, and what makes them last. */

export const COMMITS = "_commits";
export const ENDING = ".parquet";
export const TEMPORARY = ".tmp";

const HOUR_US = 3_600_000_000;
/** A venue's clock is believed when it is at most so far before and behind ours; else rows lie under the hour of receipt. */
const OLDEST_US = 7 * 24 * HOUR_US;
const NEWEST_US = HOUR_US;
const NAME = /^(.+)-(\d+)-(\d{1,16})-(\d{1,16})\.parquet$/;

/** What the name of a file says: slots of this lane from `first` to `last` and no others. */
export interface FileName {
  readonly lane: string;
  /** Region the slots came from (when it was made, UNIX us). */
  readonly session: string;
  readonly first: number;
  readonly last: number;
}

export function fileName({ lane, session, first, last }: FileName): string {
  return `${lane}-${session}-${first}-${last}${ENDING}`;
}

/** Null for a file that is none of ours. */
export function parseFileName(name: string): FileName | null {
  const match = NAME.exec(name);
  if (match === null) return null;
  const [, lane = "", session = "", first = "", last = ""] = match;
  return { lane, session, first: Number(first), last: Number(last) };
}

/** Hours since 1970 of the partition of an event; times in UNIX us, 0 = none. */
export function hourOf(event: number, recv: number): number {
  const sane = event !== 0 && event >= recv - OLDEST_US && event <= recv + NEWEST_US;
  return Math.floor((sane ? event : recv) / HOUR_US);
}

/** `<table>/date=YYYY-MM-DD/hour=HH`, UTC. */
export function partitionPath(table: string, hour: number): string {
  const text = new Date(hour * 3_600_000).toISOString();
  return `${table}/date=${text.slice(0, 10)}/hour=${text.slice(11, 13)}`;
}

/** Hours since 1970 of a partition's path, or null when it is none. */
export function partitionHour(path: string): number | null {
  const match = /\/date=(\d{4}-\d\d-\d\d)\/hour=(\d\d)$/.exec(path);
  const at = match === null ? NaN : Date.parse(`${match[1]}T${match[2]}:00:00Z`);
  return Number.isNaN(at) ? null : at / 3_600_000;
}

/** Every Parquet file and every leftover under a lake, with `/`, sorted. */
export function lakeFiles(dir: string): string[] {
  if (!fs.existsSync(dir)) return [];
  return fs
    .readdirSync(dir, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => (path.endsWith(ENDING) || path.endsWith(TEMPORARY)) && !path.startsWith(COMMITS))
    .toSorted();
}

/** Makes a folder and those above it, so that their names are on the disk. */
export function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return;
  makeFolder(dirname(folder));
  fs.mkdirSync(folder, { recursive: true });
  syncPath(dirname(folder));
}

/** The bytes of a file, or the names in a folder, are on the disk when it returns. */
export function syncPath(path: string): void {
  const fd = fs.openSync(path, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Replaces a file whole and durably. */
export function writeDurably(path: string, text: string): void {
  const beside = `${path}${TEMPORARY}`;
  const fd = fs.openSync(beside, "w");
  try {
    fs.writeFileSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(beside, path);
  syncPath(dirname(path));
}

/** Gives finished files their names; those that have them already stay. Returns the ones that are nowhere. */
export function nameFiles(dir: string, files: readonly string[]): string[] {
  const gone: string[] = [];
  for (const file of files) {
    const path = join(dir, file);
    if (fs.existsSync(path)) continue;
    if (fs.existsSync(path + TEMPORARY)) fs.renameSync(path + TEMPORARY, path);
    else gone.push(file);
  }
  for (const folder of new Set(files.map((file) => dirname(join(dir, file)))))
    if (fs.existsSync(folder)) syncPath(folder);
  return gone;
}

/** Whether something failed because there is no room on the disk; DuckDB only says so in words. */
export function isDiskFull(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  return (
    code === "ENOSPC" || code === "EDQUOT" || /no space left on device|disk quota exceeded/i.test(message)
  );
}
