import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Duck } from "../duckdb.ts";
import type { SinkHost } from "../sink.ts";
import type { Commits } from "./commits.ts";
import {
  fileName,
  isDiskFull,
  lakeFiles,
  parseFileName,
  partitionHour,
  syncPath,
  TEMPORARY,
} from "./files.ts";
import type { FileName } from "./files.ts";
import { text } from "./names.ts";
import { LAKE_VERSION } from "./schema.ts";
import { copySql } from "./write-range.ts";

export interface KeeperOptions {
  readonly dir: string;
  readonly duck: Duck;
  readonly commits: Commits;
  readonly options: { readonly compact: boolean; readonly keep_days: number };
  readonly host: Pick<SinkHost, "report" | "figure">;
  /** UNIX ms; Date.now unless a test says otherwise. */
  readonly now?: () => number;
}

/** Files of one lane and partition that become one, oldest first. */
interface Group {
  readonly folder: string;
  readonly files: readonly (FileName & { readonly path: string; readonly bytes: number })[];
}

const HOUR_MS = 3_600_000;
/** An hour is over when it is so much past its end: what is late by less goes into the same file. */
const GRACE_MS = 5 * 60_000;
/** Files of this size stay as they are, and no file is made larger. */
const LARGE_BYTES = 128 << 20;

/**
 * Makes one file of the many that an hour leaves behind, and removes days that are old enough. Rows stay in the order of the
 * log: merged in a stream, with constant memory, and groups of rows still say which times they hold. It does one piece of work at a time,
 * between flushes.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #now: () => number;
  #groups: Group[] = [];
  /** Hour of the last look. */
  #looked = 0;
  /** Files that could not be read: they stay, and are told of once. */
  readonly #damaged = new Set<string>();
  #merged = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Does one piece of work, if there is any. A failure is told of and costs nothing but the space. */
  async work(): Promise<void> {
    const hour = Math.floor((this.#now() - GRACE_MS) / HOUR_MS);
    if (hour !== this.#looked) this.#look(hour);
    this.#looked = hour;
    const group = this.#groups.shift();
    if (group !== undefined) await this.#merge(group);
  }

  /** Whether `work` would find something without waiting for the next hour. */
  get isBusy(): boolean {
    return this.#groups.length > 0;
  }

  #look(hour: number): void {
    const { dir, options } = this.#options;
    const files = lakeFiles(dir).filter((path) => !path.endsWith(TEMPORARY));
    if (options.keep_days > 0) this.#forget(files, hour - options.keep_days * 24);
    this.#groups = options.compact ? this.#groupsOf(files, hour) : [];
  }

  /** Removes hours before `oldest`. */
  #forget(files: readonly string[], oldest: number): void {
    const old = files.filter((path) => {
      const hour = partitionHour(dirname(path));
      return hour !== null && hour < oldest && parseFileName(basename(path)) !== null;
    });
    if (old.length === 0) return;
    for (const lane of new Set(old.map((path) => parseFileName(basename(path))!.lane)))
      this.#options.commits.fold(lane);
    for (const path of old) fs.rmSync(join(this.#options.dir, path), { force: true });
    this.#options.host.report("info", "old hours of the lake removed", { files: old.length });
  }

  /** What could be one file, in hours before `end`. */
  #groupsOf(files: readonly string[], end: number): Group[] {
    const lanes = new Map<string, { path: string; name: FileName }[]>();
    for (const path of files) {
      const name = parseFileName(basename(path));
      const hour = partitionHour(dirname(path));
      if (name === null || hour === null || hour >= end || this.#damaged.has(path)) continue;
      const key = `${dirname(path)}/${name.lane}`;
      lanes.set(key, [...(lanes.get(key) ?? []), { path, name }]);
    }
    return [...lanes.values()].filter((some) => some.length > 1).flatMap((some) => this.#runs(some));
  }

  /** Neighbours that are not too large together. */
  #runs(files: readonly { path: string; name: FileName }[]): Group[] {
    const sized = files
      .map(({ path, name }) => ({ ...name, path, bytes: fs.statSync(join(this.#options.dir, path)).size }))
      .toSorted((a, b) => a.first - b.first);
    const runs: Group["files"][number][][] = [[]];
    let bytes = 0;
    for (const file of sized) {
      if (bytes + file.bytes > LARGE_BYTES) {
        runs.push([]);
        bytes = 0;
      }
      runs.at(-1)!.push(file);
      bytes += file.bytes;
    }
    return runs.filter((run) => run.length > 1).map((run) => ({ folder: dirname(run[0]!.path), files: run }));
  }

  async #merge(group: Group): Promise<void> {
    const { dir, host, commits } = this.#options;
    const { lane } = group.files[0]!;
    const session = group.files.at(-1)!.session;
    const span = { lane, session, first: group.files[0]!.first, last: group.files.at(-1)!.last };
    const file = `${group.folder}/${fileName(span)}`;
    try {
      await this.#writeMerged(group, join(dir, file), span);
      commits.merge({ feedhorn: "merge", file, instead: group.files.map(({ path }) => path) }, lane);
      this.#merged += group.files.length;
      host.figure(
        "counter",
        "lake_merged_total",
        "Files of the lake that became part of a larger one",
        this.#merged,
      );
    } catch (error) {
      fs.rmSync(join(dir, file + TEMPORARY), { force: true });
      if (isDiskFull(error)) return;
      const reason = error instanceof Error ? error.message : String(error);
      host.report("error", "files of the lake could not be made one: they stay as they are", {
        reason,
        folder: group.folder,
      });
      for (const { path } of group.files) this.#damaged.add(path);
    }
  }

  async #writeMerged({ files }: Group, path: string, span: FileName): Promise<void> {
    const { dir, duck } = this.#options;
    const list = `[${files.map((one) => text(join(dir, one.path))).join(", ")}]`;
    const { rows } = await duck.ask(`SELECT sum(num_rows)::DOUBLE FROM parquet_file_metadata(${list})`);
    const expected = Number(rows[0]![0]);
    const facts = {
      feedhorn: "lake",
      schema_version: LAKE_VERSION,
      table: path.slice(dir.length + 1).split("/", 1)[0]!,
      lane: span.lane,
      session: span.session,
      first_seq: span.first,
      last_seq: span.last,
      rows: expected,
      merged: files.length,
    };
    const select = `SELECT * FROM read_parquet(${list}, hive_partitioning = false)`;
    const copied = await duck.run(copySql(select, path + TEMPORARY, facts));
    if (copied !== expected) throw new Error(`${path}: expected ${expected} rows, wrote ${copied}`);
    syncPath(path + TEMPORARY);
    syncPath(dirname(path));
  }
}
