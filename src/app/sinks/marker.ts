import type { SinkHost } from "../../sinks/index.ts";
import type { CursorFile } from "../../store/index.ts";

/**
 * A sink's cursor as it goes along. One that cannot be written (the journal's disk is full) is no reason to stop writing to a
 * vendor that takes everything: until it can be, it holds more of the journal than it must, and after a crash more comes again.
 */
export class Marker {
  readonly #cursor: Pick<CursorFile, "path" | "write">;
  readonly #report: SinkHost["report"];
  #written: number | null = null;
  #failing = false;

  constructor(cursor: Pick<CursorFile, "path" | "write">, report: SinkHost["report"]) {
    this.#cursor = cursor;
    this.#report = report;
  }

  /** Says once that it fails, and once that it is over. */
  write(next: number): void {
    if (next === this.#written) return;
    try {
      this.#cursor.write(next);
    } catch (error) {
      if (!this.#failing)
        this.#report("error", "cursor not written: it holds the journal until it can be", {
          reason: String(error),
        });
      this.#failing = true;
      return;
    }
    if (this.#failing) this.#report("info", "cursor written again", { cursor: this.#cursor.path, next });
    this.#written = next;
    this.#failing = false;
  }
}
