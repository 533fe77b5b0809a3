import * as fs from "node:fs";
import { makeFolder } from "../folder.ts";
import { listCursors } from "./cursor-file.ts";
import { JournalError } from "./journal-error.ts";
import type { JournalOptions, JournalReport, JournalStats } from "./journal-options.ts";
import { segmentEnd } from "./segment-end.ts";
import type { SegmentEnd } from "./segment-end.ts";
import { listSegments } from "./segment-list.ts";
import type { SegmentFile } from "./segment-list.ts";
import { makeWindow, SegmentReader } from "./segment-reader.ts";

/** A segment on the shelf; the last one may be growing. */
interface Kept {
  readonly path: string;
  readonly first: number;
  /** Bytes, and when it was written last, UNIX ms. */
  size: number;
  time: number;
}

/** The segments of one lane: what may go and what must stay. */
export class SegmentShelf {
  readonly folder: string;
  readonly #options: Required<JournalOptions>;
  readonly #stats: JournalStats;
  readonly #kept: Kept[];

  /** `files` are checked; `prepareFolder` made them. */
  constructor(
    folder: string,
    files: readonly SegmentFile[],
    options: Required<JournalOptions>,
    stats: JournalStats,
  ) {
    this.folder = folder;
    this.#options = options;
    this.#stats = stats;
    this.#kept = files.map(({ path, first }) => {
      const { size, mtimeMs } = fs.statSync(path);
      return { path, first, size, time: mtimeMs };
    });
    this.#count();
  }

  /** A segment was begun. */
  put(path: string, first: number, now: number): void {
    this.#kept.push({ path, first, size: 0, time: now });
  }

  /** The segment that was begun last turned out to hold nothing. */
  drop(): void {
    const last = this.#kept.pop();
    if (last !== undefined) fs.rmSync(last.path, { force: true });
  }

  /** The last segment has this many bytes now. */
  grown(size: number, now: number): void {
    const last = this.#kept.at(-1);
    if (last === undefined) return;
    last.size = size;
    last.time = now;
    this.#count();
  }

  /** Deletes, but for the last segment, what nobody needs, and what is beyond the budget. */
  tidy(now: number): void {
    if (this.#kept.length < 2) return;
    const cursors = listCursors(this.folder);
    const needed = Math.min(...cursors.map(({ next }) => next));
    while (this.#kept.length > 1 && this.#goes(now, needed)) {
      const gone = this.#kept.shift()!;
      fs.rmSync(gone.path, { force: true });
      if (this.#end() > needed)
        this.#say(
          gone,
          needed,
          cursors.filter(({ next }) => next < this.#end()).map(({ sink }) => sink),
        );
    }
    this.#count();
  }

  /** Sequence behind the segment that went last. */
  #end(): number {
    return this.#kept[0]!.first;
  }

  #goes(now: number, needed: number): boolean {
    const [oldest, next] = this.#kept as [Kept, Kept];
    if (next.first <= needed && now - oldest.time >= this.#options.keepMs) return true;
    return this.#kept.reduce((sum, { size }) => sum + size, 0) > this.#options.maxBytes;
  }

  #say({ path, first }: Kept, needed: number, sinks: readonly string[]): void {
    const slots = this.#end() - Math.max(first, needed);
    this.#stats.dropped += slots;
    this.#options.report(
      "error",
      `journal ${path}: expected room for what sinks have not read, saw the budget of ${this.#options.maxBytes} bytes used up; ` +
        "deleted it, raise max_bytes or look after the sinks",
      { slots, sinks },
    );
  }

  #count(): void {
    this.#stats.segments = this.#kept.length;
    this.#stats.bytes = this.#kept.reduce((sum, { size }) => sum + size, 0);
  }
}

/** Makes the folder and readies what lies there: what is no segment of this lane is kept aside, a torn tail is cut. Throws JournalError. */
export function prepareFolder(
  folder: string,
  lane: string,
  report: JournalReport,
): { files: SegmentFile[]; end: SegmentEnd | null } {
  makeFolder(folder);
  const window = makeWindow();
  const files = listSegments(folder).filter((file) => isOurs(file, lane, window, report));
  for (let last = files.at(-1); last !== undefined; last = files.at(-1)) {
    const end = segmentEnd(last.path);
    if (end.next > end.first) {
      if (end.size > end.whole) cutTail(last.path, end, report);
      return { files, end };
    }
    fs.rmSync(last.path); // begun, and killed before anything was in it
    files.pop();
  }
  return { files, end: null };
}

function isOurs(
  file: SegmentFile,
  lane: string,
  window: ReturnType<typeof makeWindow>,
  report: JournalReport,
): boolean {
  try {
    const reader = new SegmentReader(file.path, window);
    reader.close();
    if (reader.head.lane === lane && reader.head.first === file.first) return true;
    throw new JournalError(
      "foreign",
      file.path,
      `expected lane ${lane} from ${file.first}, saw lane ${reader.head.lane} from ${reader.head.first}`,
    );
  } catch (error) {
    if (!(error instanceof JournalError) || error.code === "system") throw error;
    const aside = `${file.path}.refused`;
    fs.renameSync(file.path, aside);
    report("error", `${error.message}; kept it aside as ${aside} and used the rest`, { code: error.code });
    return false;
  }
}

function cutTail(path: string, { whole, size, next }: SegmentEnd, report: JournalReport): void {
  fs.truncateSync(path, whole);
  report(
    "warn",
    `journal ${path}: expected whole blocks, saw ${size - whole} bytes of one that was not finished; cut them`,
    {
      bytes: size - whole,
      next,
    },
  );
}
