import * as fs from "node:fs";
import { basename, join } from "node:path";
import {
  COMMITS,
  lakeFiles,
  makeFolder,
  nameFiles,
  parseFileName,
  TEMPORARY,
  writeDurably,
} from "./files.ts";

/**
 * What makes a flush one thing: its files are written as `.tmp`, then a small file here says that they all are there (from then
 * on they count), then they get their names. Beside them lies, per lane, how far those go that need no more care.
 *
 *   <lane>-<session>-<first>-<end>.json   files of the sequence from `first` to before `end`
 *   <lane>.mark.json                      everything before `end` has its name
 *   merge-<...>.json                      one file takes the place of others (compaction.ts)
 */
export interface Commit {
  readonly feedhorn: "commit";
  readonly lane: string;
  readonly session: string;
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  /** Paths under the lake. */
  readonly files: readonly string[];
}

export interface Merge {
  readonly feedhorn: "merge";
  readonly file: string;
  /** What it takes the place of. */
  readonly instead: readonly string[];
}

interface Mark {
  readonly feedhorn: "mark";
  readonly lane: string;
  readonly end: number;
}

/** Told of what is not as it should be. */
export type Report = (message: string, facts: Readonly<Record<string, unknown>>) => void;

/** Commits that may lie there before they are folded into the mark. */
const FOLD = 32;
const MARK = ".mark.json";

/** The folder of commits of one lake, and how far each lane is. Throws what the file system throws. */
export class Commits {
  readonly #dir: string;
  readonly #folder: string;
  readonly #marks = new Map<string, number>();
  /** Commits whose files have their names. */
  readonly #settled = new Map<string, string[]>();

  constructor(dir: string) {
    this.#dir = dir;
    this.#folder = join(dir, COMMITS);
  }

  /** Finishes what was committed, removes what was not. Call it before anything is written. */
  recover(report: Report): void {
    makeFolder(this.#folder);
    for (const name of this.#names()) if (name.endsWith(TEMPORARY)) fs.rmSync(join(this.#folder, name));
    const said = this.#names().map((name): [string, Said | null] => [name, this.#read(name, report)]);
    for (const [name, one] of said) if (one !== null) this.#settle(name, one, report);
    const marked = new Set(this.#marks.keys());
    for (const file of lakeFiles(this.#dir)) {
      const name = parseFileName(basename(file));
      if (file.endsWith(TEMPORARY)) fs.rmSync(join(this.#dir, file));
      // Somebody removed the commits: files have their names only when everything before them is there.
      else if (name !== null && !marked.has(name.lane)) this.#passed(name.lane, name.last + 1);
    }
  }

  /** Everything before it is in the lake; null for a lane that was never here. */
  mark(lane: string): number | null {
    return this.#marks.get(lane) ?? null;
  }

  /** Makes `.tmp` files of a range count, in the moment that this file has its name. May be repeated when it throws. */
  commit(commit: Commit): void {
    const { lane, session, first, end, files } = commit;
    const name = `${lane}-${session}-${first}-${end}.json`;
    writeDurably(join(this.#folder, name), JSON.stringify(commit));
    const gone = nameFiles(this.#dir, files);
    if (gone.length > 0) throw new Error(`expected ${gone.join(", ")} to be there, as just written`);
    this.#passed(lane, end);
    this.#settled.set(lane, [...(this.#settled.get(lane) ?? []), name]);
    if (this.#settled.get(lane)!.length >= FOLD) this.fold(lane);
  }

  /** Says in one file what the settled commits of a lane say. */
  fold(lane: string): void {
    const end = this.#marks.get(lane);
    if (end === undefined) return;
    const mark: Mark = { feedhorn: "mark", lane, end };
    writeDurably(join(this.#folder, lane + MARK), JSON.stringify(mark));
    for (const name of this.#settled.get(lane) ?? []) fs.rmSync(join(this.#folder, name), { force: true });
    this.#settled.delete(lane);
  }

  /** Puts a `.tmp` file in the place of others. Their commits are folded before, so that nobody looks for them. */
  merge(merge: Merge, lane: string): void {
    this.fold(lane);
    const name = `merge-${merge.file.replaceAll("/", "+")}.json`;
    writeDurably(join(this.#folder, name), JSON.stringify(merge));
    this.#replace(name, merge);
  }

  #replace(name: string, { file, instead }: Merge): string[] {
    const gone = nameFiles(this.#dir, [file]);
    if (gone.length === 0) for (const old of instead) fs.rmSync(join(this.#dir, old), { force: true });
    fs.rmSync(join(this.#folder, name));
    return gone;
  }

  #names(): string[] {
    return fs.readdirSync(this.#folder).toSorted();
  }

  #read(name: string, report: Report): Said | null {
    const one = parseSaid(fs.readFileSync(join(this.#folder, name), "utf8"));
    if (one === null)
      report("file among the commits of the lake is none of ours: left alone", { file: name });
    return one;
  }

  #settle(name: string, one: Said, report: Report): void {
    if (one.feedhorn === "mark") return this.#passed(one.lane, one.end);
    const gone = one.feedhorn === "merge" ? this.#replace(name, one) : nameFiles(this.#dir, one.files);
    if (gone.length > 0) report("files of the lake are gone", { commit: name, files: gone });
    if (one.feedhorn === "merge") return;
    this.#passed(one.lane, one.end);
    this.#settled.set(one.lane, [...(this.#settled.get(one.lane) ?? []), name]);
  }

  #passed(lane: string, end: number): void {
    this.#marks.set(lane, Math.max(end, this.#marks.get(lane) ?? 0));
  }
}

type Said = Commit | Merge | Mark;

/** What a file among the commits says; null for one that is none of ours. */
function parseSaid(text: string): Said | null {
  let said: Readonly<Record<string, unknown>>;
  try {
    said = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
  const { feedhorn, lane, end, files = [], file, instead } = said;
  const merges = feedhorn === "merge";
  const paths: unknown = merges && Array.isArray(instead) ? [file, ...(instead as unknown[])] : files;
  const sound = merges || (typeof lane === "string" && Number.isSafeInteger(end));
  const known = feedhorn === "commit" || feedhorn === "mark" || merges;
  const places = Array.isArray(paths) && paths.every((path) => typeof path === "string" && isInside(path));
  return known && sound && places ? (said as unknown as Said) : null;
}

/** A path that does not lead out of the lake. */
function isInside(path: string): boolean {
  return !path.startsWith("/") && !path.split("/").includes("..");
}

/** Files that a merge under way has made, or will make, superfluous: of each only the new or the old ones may be read. */
export function superseded(dir: string): Set<string> {
  const folder = join(dir, COMMITS);
  const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const left = names
    .filter((name) => name.startsWith("merge-") && !name.endsWith(TEMPORARY))
    .flatMap((name) => {
      const one = readIfThere(join(folder, name));
      if (one?.feedhorn !== "merge") return [];
      return fs.existsSync(join(dir, one.file)) ? one.instead : [];
    });
  return new Set(left);
}

function readIfThere(path: string): Said | null {
  try {
    return parseSaid(fs.readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
