/**
 * How far one sink has read one lane: a small file in the lane's journal folder, replaced whole and durable. While it
 * stands there it holds segments: the journal deletes none that it has not passed, up to the budget.
 */
export class CursorFile {
  readonly folder: string;
  readonly sink: string;

  /** `folder` is the lane's journal folder; `sink` 1 to 56 letters, digits, dot, dash, underscore. */
  constructor(folder: string, sink: string) {
    this.folder = folder;
    this.sink = sink;
  }

  /** Next slot to read; null when there is no cursor yet. Throws JournalError for a file that is none. */
  read(): number | null {
    throw new Error("not yet");
  }

  /** Durable when it returns. */
  write(next: number): void {
    throw new Error(`not yet: ${next}`);
  }

  /** Forgets the sink: it holds no segments any more. */
  remove(): void {
    throw new Error("not yet");
  }
}
