import { RowWatch } from "../../log/compat-row-watch.ts";
import { slotKind } from "../../log/index.ts";
import type { Region, RowCopy, SlotViews } from "../../log/index.ts";
import { KIND } from "../../model/index.ts";

/** The row that a commit brings is written right after it. It is looked for so long, ms; later it was not meant to come. */
const PENDING_MS = 20;

/** Who writes down what happens to one instrument. A row is null while it must not be shown. */
export interface Taker {
  slot?(slots: SlotViews, word: number, kind: number): void;
  depth?(row: RowCopy | null): void;
  top?(row: RowCopy | null): void;
}

/**
 * One instrument: its slots as they are read, and its rows as soon as they have changed. A commit wakes readers before the lane
 * has written the rows that go with it, so a row is looked at until it is as new as the slots.
 */
export class Followed {
  readonly #takers: readonly Taker[];
  readonly #depth: RowWatch;
  readonly #top: RowWatch;
  /** Whether best quotes come from quotes; otherwise with the books. */
  readonly #quotes: boolean;
  #id = -1;
  /** Rows are to be as new as these sequences; and until when that is waited for. */
  #depthDue = 0;
  #topDue = 0;
  #until = 0;
  /** The top row is another than what was shown of it. */
  #topNew = false;

  constructor(region: Region, takers: readonly Taker[], quotes: boolean) {
    this.#takers = takers;
    this.#quotes = quotes;
    this.#depth = new RowWatch("depth", region.depth);
    this.#top = new RowWatch("top", region.top);
  }

  /** What its id is, once it is known. */
  begin(id: number): void {
    this.#id = id;
    this.again();
  }

  /** The next look writes everything anew. */
  again(): void {
    this.#depth.forget();
    this.#top.forget();
  }

  /** `seq`: of the slot. */
  slot(slots: SlotViews, word: number, seq: number): void {
    const kind = slotKind(slots, word);
    for (const taker of this.#takers) taker.slot?.(slots, word, kind);
    if (kind === KIND.BOOK) this.#depthDue = seq + 1;
    else if (kind === KIND.QUOTE && this.#quotes) {
      this.#topDue = seq + 1;
      // What was said of the row before this slot was read may have been said of a later one.
      this.#top.forget();
    } else return;
    this.#until = 0;
  }

  /** True while a row is older than the slots. `since`: what was received before, UNIX us, a lane said that is gone. */
  look(since: number, now: number): boolean {
    if (this.#id < 0) return false;
    const depthNew = this.#depth.look(this.#id);
    if (this.#top.look(this.#id)) this.#topNew = true;
    const pending = this.#pending(now);
    if (depthNew) this.#show("depth", this.#depth, since);
    // A row from before the quote must not speak against it.
    if (this.#topNew && this.#topDue === 0) {
      this.#topNew = false;
      this.#show("top", this.#top, since);
    }
    return pending;
  }

  #show(table: "depth" | "top", { row, live, received }: RowWatch, since: number): void {
    for (const taker of this.#takers) taker[table]?.(live && received >= since ? row : null);
  }

  #pending(now: number): boolean {
    if (this.#depth.logSeq >= this.#depthDue) this.#depthDue = 0;
    if (this.#top.logSeq >= this.#topDue) this.#topDue = 0;
    if (this.#depthDue + this.#topDue === 0) return false;
    if (this.#until === 0) this.#until = now + PENDING_MS;
    if (now < this.#until) return true;
    this.#depthDue = this.#topDue = 0;
    return false;
  }

  /** Nothing is to be shown any more. */
  end(): void {
    for (const taker of this.#takers) {
      taker.depth?.(null);
      taker.top?.(null);
    }
  }
}
