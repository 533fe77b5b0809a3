import { join } from "node:path";
import { Duck } from "./duckdb.ts";
import { Commits } from "./parquet/commits.ts";
import { Keeper } from "./parquet/keeper.ts";
import { LaneRange } from "./parquet/lane-range.ts";
import { MdIngest } from "./parquet/md-ingest.ts";
import { LaneNames, Names } from "./parquet/names.ts";
import { Patience } from "./parquet/patience.ts";
import { writeRange } from "./parquet/write-range.ts";
import type { DurableMarks, OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";

/** Its part of the configuration. */
export interface ParquetOptions {
  /** Default: `<data>/lake`. */
  readonly dir?: string;
  /** lake: typed columns, a table per kind (docs/lake.md); md-ingest: five columns with the event as JSON. */
  readonly layout: "lake" | "md-ingest";
  /** Rows are held in so much memory, about; then they are written before flush_ms is over. */
  readonly buffer_bytes: number;
  /** Small files of hours that are over are made one. */
  readonly compact: boolean;
  /** Days that are kept; 0: all. */
  readonly keep_days: number;
}

/** Files of Parquet, by table, day and hour. They are their own cursor: no slot is in them twice. */
export const parquet: Sink<ParquetOptions> = {
  type: "parquet",
  delivery: "lossless",
  accepts: "all",
  flushMs: 60_000,
  open: (options, host) =>
    options.layout === "lake" ? Lake.open(options, host) : MdIngest.open(options, host),
};

/** Parts (tables times hours) of all lanes that may be open: venues' times may be scattered over many hours. */
const MANY_PARTS = 64;
const THREADS = 1;
/** What the database may take beyond the rows it holds. */
const WORK_BYTES = 192 << 20;

class Lake implements OpenSink {
  readonly #dir: string;
  readonly #host: SinkHost;
  readonly #patience: Patience;
  readonly #options: ParquetOptions;
  readonly #commits: Commits;
  readonly #duck: Duck;
  readonly #names: Names;
  readonly #keeper: Keeper;
  readonly #ranges = new Map<string, LaneRange>();
  readonly #counts = { rows: 0, files: 0 };
  readonly #laneNames = new Map<string, LaneNames>();
  #marks: Record<string, number> = {};

  private constructor(options: ParquetOptions, host: SinkHost, dir: string, duck: Duck, names: Names) {
    this.#options = options;
    this.#host = host;
    this.#dir = dir;
    this.#patience = new Patience(dir, host);
    this.#commits = new Commits(dir);
    this.#duck = duck;
    this.#names = names;
    this.#keeper = new Keeper({ dir, duck, commits: this.#commits, options, host });
  }

  static async open(options: ParquetOptions, host: SinkHost): Promise<Lake> {
    const dir = options.dir ?? join(host.data!, "lake");
    const memoryMiB = Math.ceil((options.buffer_bytes + WORK_BYTES) / (1 << 20));
    const duck = await Duck.open({ threads: THREADS, memoryMiB, spill: null });
    const lake = new Lake(options, host, dir, duck, await Names.create(duck));
    // A small table joined with a large one would come out in the large one's order.
    await duck.run("SET disabled_optimizers = 'join_order,build_side_probe_side'");
    lake.#commits.recover((message, facts) => host.report("error", message, facts));
    return lake;
  }

  resumeAt(lane: string): number | null {
    return this.#commits.mark(lane);
  }

  async write(batch: SlotBatch): Promise<"full" | void> {
    const before = this.#ranges.get(batch.lane);
    if (before !== undefined && before.session !== batch.session) await this.#commit(before);
    const names = this.#namesOf(batch);
    const range = this.#ranges.get(batch.lane) ?? this.#begin(batch, names);
    names.beginBatch();
    await range.take(batch);
    const ranges = [...this.#ranges.values()];
    const bytes = ranges.reduce((sum, one) => sum + one.bytes, 0);
    const parts = ranges.reduce((sum, one) => sum + one.parts.size, 0);
    if (bytes >= this.#options.buffer_bytes || parts >= MANY_PARTS || range.isFull) return "full";
  }

  async flush(): Promise<DurableMarks> {
    for (const range of this.#ranges.values()) await this.#commit(range);
    await this.#keeper.work();
    const marks = this.#marks;
    this.#marks = {};
    return marks;
  }

  async close(): Promise<void> {
    this.#duck.close();
  }

  #begin({ lane, holes, first }: SlotBatch, names: LaneNames): LaneRange {
    const range = new LaneRange(this.#duck, names, lane, holes[0]?.first ?? first);
    this.#ranges.set(lane, range);
    return range;
  }

  /** In another session instrument ids mean others. */
  #namesOf({ lane, session }: SlotBatch): LaneNames {
    const known = this.#laneNames.get(lane);
    if (known?.session === session) return known;
    const names = new LaneNames(this.#names, session);
    this.#laneNames.set(lane, names);
    return names;
  }

  /** Makes a range part of the lake, all of it or nothing, however long the disk is full. */
  async #commit(range: LaneRange): Promise<void> {
    const { lane, session, first, end } = range;
    await this.#names.save();
    for (const part of range.parts.values()) part.finish();
    const files = await this.#patience.with(() => writeRange(this.#duck, this.#dir, range));
    await this.#patience.with(async () =>
      this.#commits.commit({ feedhorn: "commit", lane, session, first, end, files }),
    );
    for (const part of range.parts.values()) await this.#duck.run(`DROP TABLE ${part.name}`);
    this.#ranges.delete(lane);
    this.#marks[lane] = end;
    this.#counts.rows += range.rows;
    this.#counts.files += files.length;
    this.#tell();
  }

  #tell(): void {
    const { rows, files } = this.#counts;
    const counter = (name: string, help: string, value: number): void =>
      this.#host.figure("counter", name, help, value);
    counter("lake_rows_total", "Rows written to the lake", rows);
    counter("lake_files_total", "Files written to the lake", files);
  }
}
