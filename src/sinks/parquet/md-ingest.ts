import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { EventReader, slotFlags, slotInstrument, WORD } from "../../log/index.ts";
import { DERIVED, FLAG, toMicros } from "../../model/index.ts";
import { Duck } from "../duckdb.ts";
import type { DurableMarks, OpenSink, SinkHost, SlotBatch } from "../sink.ts";
import { Commits } from "./commits.ts";
import { makeFolder, syncPath, TEMPORARY } from "./files.ts";
import { mdEvent, rfc3339 } from "../kit/md-payload.ts";
import { text } from "./names.ts";
import { Patience } from "./patience.ts";
import { copySql } from "./write-range.ts";

/** What its files are called by, and its footers say. */
const VERSION = "v1";
/** Rows of one type and venue that make a file before its time, as there. */
const MANY_ROWS = 10_000;

/** Folder of what no one venue sent; its column `venue` is NULL. */
const MULTI = "multi";

/** Rows of one type and venue of one lane. */
interface Bucket {
  readonly type: string;
  /** Null: of several. */
  readonly venue: string | null;
  readonly hour: number;
  readonly seqs: bigint[];
  /** UNIX us. */
  readonly recv: bigint[];
  readonly payloads: string[];
  /** Its file, once it has a name. */
  file: string | null;
}

interface Range {
  readonly lane: string;
  readonly session: string;
  readonly first: number;
  end: number;
  readonly buckets: Map<string, Bucket>;
}

/**
 * The layout of md-ingest: <dir>/v1/<event type>/<venue>/<day>/<hour>/<UNIX ms>.parquet with the columns seq, event_type, recv_ts,
 * venue and payload. Only kinds that it knows; hours are those of receipt.
 */
export class MdIngest implements OpenSink {
  readonly #dir: string;
  readonly #duck: Duck;
  readonly #commits: Commits;
  readonly #patience: Patience;
  readonly #host: SinkHost;
  readonly #counts = { rows: 0, files: 0 };
  readonly #ranges = new Map<string, Range>();
  #marks: Record<string, number> = {};
  #tables = 0;

  private constructor(dir: string, duck: Duck, host: SinkHost) {
    this.#dir = dir;
    this.#duck = duck;
    this.#host = host;
    this.#commits = new Commits(dir);
    this.#patience = new Patience(dir, host);
    this.#commits.recover((message, facts) => host.report("error", message, facts));
  }

  static async open(options: { readonly dir?: string }, host: SinkHost): Promise<MdIngest> {
    const duck = await Duck.open({ threads: 1, memoryMiB: 256, spill: null });
    return new MdIngest(options.dir ?? join(host.data!, host.name), duck, host);
  }

  resumeAt(lane: string): number | null {
    return this.#commits.mark(lane);
  }

  async write(batch: SlotBatch): Promise<"full" | void> {
    const before = this.#ranges.get(batch.lane);
    if (before !== undefined && before.session !== batch.session) await this.#commit(before);
    const range = this.#ranges.get(batch.lane) ?? this.#begin(batch);
    takeEvents(batch, range);
    range.end = batch.end;
    const most = [...range.buckets.values()].reduce((rows, { seqs }) => Math.max(rows, seqs.length), 0);
    if (most >= MANY_ROWS) return "full";
  }

  async flush(): Promise<DurableMarks> {
    for (const range of this.#ranges.values()) await this.#commit(range);
    const marks = this.#marks;
    this.#marks = {};
    return marks;
  }

  async close(): Promise<void> {
    this.#duck.close();
  }

  #begin({ lane, session, first, end }: SlotBatch): Range {
    const range: Range = { lane, session, first, end, buckets: new Map() };
    this.#ranges.set(lane, range);
    return range;
  }

  async #commit(range: Range): Promise<void> {
    const { lane, session, first, end } = range;
    const files: string[] = [];
    for (const bucket of range.buckets.values())
      files.push(await this.#patience.with(() => this.#write(bucket)));
    await this.#patience.with(async () =>
      this.#commits.commit({ feedhorn: "commit", lane, session, first, end, files }),
    );
    this.#ranges.delete(lane);
    this.#marks[lane] = end;
    this.#counts.files += files.length;
    for (const { seqs } of range.buckets.values()) this.#counts.rows += seqs.length;
    this.#host.figure("counter", "lake_rows_total", "Rows written to the lake", this.#counts.rows);
    this.#host.figure("counter", "lake_files_total", "Files written to the lake", this.#counts.files);
  }

  async #write(bucket: Bucket): Promise<string> {
    if (bucket.file !== null) return bucket.file;
    const file = this.#nameOf(bucket);
    const path = join(this.#dir, file);
    const table = `bucket${this.#tables++}`;
    try {
      makeFolder(dirname(path));
      await this.#duck.table(table, [
        { name: "seq", values: bucket.seqs },
        { name: "recv", values: bucket.recv },
        { name: "payload", values: bucket.payloads },
      ]);
      await this.#duck.run(copySql(selectOf(table, bucket), path + TEMPORARY, footer(bucket)));
      syncPath(path + TEMPORARY);
      syncPath(dirname(path));
    } catch (error) {
      fs.rmSync(path + TEMPORARY, { force: true });
      throw error;
    } finally {
      await this.#duck.run(`DROP TABLE IF EXISTS ${table}`);
    }
    bucket.file = file;
    return file;
  }

  /** The first millisecond from now on that no file has. */
  #nameOf({ type, venue, hour }: Bucket): string {
    const at = new Date(hour * 3_600_000).toISOString();
    const folder = `${VERSION}/${type}/${venue ?? MULTI}/${at.slice(0, 10)}/${at.slice(11, 13)}`;
    for (let ms = Date.now(); ; ms++) {
      const file = `${folder}/${ms}.parquet`;
      const path = join(this.#dir, file);
      if (!fs.existsSync(path) && !fs.existsSync(path + TEMPORARY)) return file;
    }
  }
}

function selectOf(table: string, { type, venue }: Bucket): string {
  return (
    `SELECT seq, ${text(type)} AS event_type, make_timestamp(recv)::TIMESTAMPTZ AS recv_ts, ` +
    `${venue === null ? "NULL::VARCHAR" : text(venue)} AS venue, payload FROM ${table}`
  );
}

function footer({ recv, seqs }: Bucket): Record<string, string | number> {
  return {
    schema_version: VERSION,
    row_count: seqs.length,
    first_recv_ts: rfc3339(Number(recv[0])),
    last_recv_ts: rfc3339(Number(recv.at(-1))),
  };
}

function takeEvents(batch: SlotBatch, { buckets }: Range): void {
  const { slots, rows, seqs, session } = batch;
  const reader = new EventReader(rows);
  let first = -1;
  for (let i = 0; i < batch.count; i++) {
    if (first < 0) first = i;
    const event = reader.accept(slots, i << 4);
    if ((slotFlags(slots, i << 4) & FLAG.LAST) === 0) continue;
    const seq = seqs[first]!;
    first = -1;
    if (event === null) continue;
    const at = (i << 4) + WORD.TS_RECV;
    const recv = toMicros(slots.i32[at + 1]!, slots.i32[at]!);
    const kind = rows.instrument(slotInstrument(slots, i << 4))?.kind ?? null;
    const row = mdEvent(event, kind, { seq, session_id: session, recv_ts: rfc3339(recv) });
    if (row === null) continue;
    const bucket = bucketOf(
      buckets,
      row.type,
      event.venue === DERIVED ? null : event.venue,
      Math.floor(recv / 3_600_000_000),
    );
    bucket.seqs.push(BigInt(seq));
    bucket.recv.push(BigInt(recv));
    bucket.payloads.push(row.payload);
  }
}

function bucketOf(buckets: Map<string, Bucket>, type: string, venue: string | null, hour: number): Bucket {
  const key = `${type}/${venue}/${hour}`;
  const known = buckets.get(key);
  if (known !== undefined) return known;
  const bucket: Bucket = { type, venue, hour, seqs: [], recv: [], payloads: [], file: null };
  buckets.set(key, bucket);
  return bucket;
}
