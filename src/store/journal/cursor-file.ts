import * as fs from "node:fs";
import * as path from "node:path";
import { makeFolder, syncFolder } from "../folder.ts";
import { JournalError } from "./journal-error.ts";
import { systemProblem } from "./segment-list.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,55}$/;
const ENDING = ".cursor";
const TEXT = /^feedhorn cursor 1 (\d{1,16})\n$/;

/**
 * How far one sink has read one lane: a small file in the lane's journal folder, replaced whole and durable. While it
 * stands there it holds segments: the journal deletes none that it has not passed, up to the budget.
 */
export class CursorFile {
  readonly path: string;
  readonly sink: string;

  /** `folder` is the lane's journal folder; `sink` 1 to 56 letters, digits, dot, dash, underscore. RangeError for another name. */
  constructor(folder: string, sink: string) {
    if (!NAME.test(sink))
      throw new RangeError(
        `sink name: expected 1 to 56 letters, digits, ".", "-" or "_", saw ${JSON.stringify(sink)}`,
      );
    this.sink = sink;
    this.path = path.join(folder, `${sink}${ENDING}`);
  }

  /** Next slot to read; null when there is no cursor yet. Throws JournalError for a file that is none. */
  read(): number | null {
    let text: string;
    try {
      text = fs.readFileSync(this.path, "latin1");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw systemProblem(this.path, error);
    }
    const next = Number(TEXT.exec(text)?.[1] ?? NaN);
    if (Number.isSafeInteger(next)) return next;
    throw new JournalError(
      "damaged",
      this.path,
      `expected "feedhorn cursor 1 <sequence>", saw ${JSON.stringify(text.slice(0, 60))}; delete it to begin anew`,
    );
  }

  /** Durable when it returns. RangeError unless `next` is a sequence; throws JournalError. */
  write(next: number): void {
    if (!Number.isSafeInteger(next) || next < 0)
      throw new RangeError(`cursor: expected a sequence, saw ${next}`);
    const beside = `${this.path}.tmp`;
    try {
      makeFolder(path.dirname(this.path));
      writeDurably(beside, `feedhorn cursor 1 ${next}\n`);
      fs.renameSync(beside, this.path);
      syncFolder(path.dirname(this.path));
    } catch (error) {
      throw systemProblem(this.path, error);
    }
  }

  /** Forgets the sink: it holds no segments any more. */
  remove(): void {
    fs.rmSync(this.path, { force: true });
  }
}

/** A cursor as it lies there; a file that is none stands for 0, which holds everything. */
export interface Cursor {
  readonly sink: string;
  readonly next: number;
  readonly damaged: boolean;
}

/** Cursors in a lane's journal folder, by sink. */
export function listCursors(folder: string): Cursor[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(ENDING) && NAME.test(name.slice(0, -ENDING.length)))
    .toSorted()
    .flatMap((name): Cursor[] => {
      const sink = name.slice(0, -ENDING.length);
      try {
        const next = new CursorFile(folder, sink).read();
        return next === null ? [] : [{ sink, next, damaged: false }];
      } catch {
        return [{ sink, next: 0, damaged: true }];
      }
    });
}

function writeDurably(file: string, text: string): void {
  const fd = fs.openSync(file, "w");
  try {
    fs.writeSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
