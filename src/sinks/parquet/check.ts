import * as fs from "node:fs";
import { basename, join } from "node:path";
import type { Duck } from "../duckdb.ts";
import { superseded } from "./commits.ts";
import { ENDING, lakeFiles, parseFileName } from "./files.ts";
import { text } from "./names.ts";
import { LAKE_VERSION } from "./schema.ts";

/** A file of the lake that is not used, and why. */
export interface Refused {
  readonly file: string;
  readonly reason: string;
}

/** Files of the lake, by the folder of their table, that can be used; the others by name. */
export interface Usable {
  readonly tables: ReadonlyMap<string, readonly string[]>;
  readonly refused: readonly Refused[];
}

const MAGIC = "PAR1";
/** The magic twice and the length of the footer. */
const LEAST_BYTES = 12;

/**
 * Looks at every file of the lake. While files are being merged, of the old and the new only one is named; a file may still be gone
 * when it is read: then look again.
 */
export function usableFiles(dir: string): Usable {
  const tables = new Map<string, string[]>();
  const refused: Refused[] = [];
  const files = lakeFiles(dir).filter((file) => file.endsWith(ENDING));
  const gone = superseded(dir);
  for (const file of files) {
    if (gone.has(file)) continue;
    const reason =
      parseFileName(basename(file)) === null ? "expected a name of ours" : footerFault(join(dir, file));
    const table = file.split("/", 1)[0]!;
    if (reason !== null) refused.push({ file, reason });
    else tables.set(table, [...(tables.get(table) ?? []), file]);
  }
  return { tables, refused };
}

/** What is wrong with the ends of a file; null when they are those of a Parquet file. */
function footerFault(path: string): string | null {
  let fd: number;
  try {
    fd = fs.openSync(path, "r");
  } catch (error) {
    return (error as Error).message;
  }
  try {
    const { size } = fs.fstatSync(fd);
    const ends = Buffer.alloc(LEAST_BYTES);
    fs.readSync(fd, ends, 0, 4, 0);
    fs.readSync(fd, ends, 4, 8, Math.max(0, size - 8));
    const sound = ends.toString("latin1", 0, 4) === MAGIC && ends.toString("latin1", 8, 12) === MAGIC;
    if (size < LEAST_BYTES || !sound) return "expected a whole Parquet file, saw a truncated or foreign one";
    return ends.readUInt32LE(4) + LEAST_BYTES > size ? "expected a footer within the file" : null;
  } finally {
    fs.closeSync(fd);
  }
}

/** Of files that look sound those whose footers say that they are of this version of the lake. */
export async function ofThisVersion(
  duck: Duck,
  dir: string,
  files: readonly string[],
): Promise<{ files: string[]; refused: Refused[] }> {
  const said = await footersOf(duck, dir, files);
  const refused: Refused[] = [];
  const fit = files.filter((file) => {
    const version = said.get(file);
    if (version === String(LAKE_VERSION)) return true;
    refused.push({ file, reason: faultOf(version) });
    return false;
  });
  return { files: fit, refused };
}

function faultOf(version: string | null | undefined): string {
  if (version === undefined) return "expected a footer of the lake, saw none";
  if (version === null) return "its footer cannot be read";
  return `expected schema version ${LAKE_VERSION}, saw ${version}`;
}

/** The schema version in each footer; null for a footer that cannot be read, nothing for a file that has none. */
async function footersOf(
  duck: Duck,
  dir: string,
  files: readonly string[],
): Promise<Map<string, string | null>> {
  try {
    return await askFooters(duck, dir, files);
  } catch (error) {
    if (files.length === 1) return new Map([[files[0]!, null]]);
    const half = files.length >> 1;
    if (half === 0) throw error;
    const some = await footersOf(duck, dir, files.slice(0, half));
    return new Map([...some, ...(await footersOf(duck, dir, files.slice(half)))]);
  }
}

async function askFooters(duck: Duck, dir: string, files: readonly string[]): Promise<Map<string, string>> {
  if (files.length === 0) return new Map();
  const list = files.map((file) => text(join(dir, file))).join(", ");
  const { rows } = await duck.ask(
    `SELECT file_name, decode(value) FROM parquet_kv_metadata([${list}]) WHERE decode(key) = 'schema_version'`,
  );
  return new Map(rows.map(([path, version]) => [String(path).slice(dir.length + 1), String(version)]));
}
