import type { Refusals } from "./connection.ts";
import { Commands } from "./commands.ts";
import type { Newest } from "./newest.ts";

/** Commands that go to Redis at once, and the events that they are. */
export class Pipeline {
  readonly commands = new Commands();
  /** Where lanes are when all of this is answered; null: other events still wait behind. */
  ends: ReadonlyMap<string, number> | null = null;
  /** By event: the commands up to its end, what it is (null: one of many), what it counts. */
  readonly #bounds: number[] = [];
  readonly #newest: (Newest | null)[] = [];
  readonly #counts: number[] = [];

  /** Events that are counted here. */
  count = 0;

  clear(): void {
    this.count = 0;
    this.commands.writer.clear();
    this.ends = null;
    this.#bounds.length = this.#newest.length = this.#counts.length = 0;
  }

  /** An event has been put into `commands`; returns false when it turned out to be no command. */
  add(one: Newest | null, counted: number): boolean {
    const { commands } = this.commands.writer;
    if (commands === (this.#bounds.at(-1) ?? 0)) return false;
    this.#bounds.push(commands);
    this.#newest.push(one);
    this.#counts.push(counted);
    this.count += counted;
    return true;
  }

  /** Each event: what it is, what it counts, and whether one of its commands was refused. */
  *events(refusals: Refusals): IterableIterator<{ one: Newest | null; counted: number; refused: boolean }> {
    let next = 0;
    for (let i = 0; i < this.#bounds.length; i++) {
      let refused = false;
      for (; next < refusals.length && refusals[next]!.command < this.#bounds[i]!; next++) refused = true;
      yield { one: this.#newest[i]!, counted: this.#counts[i]!, refused };
    }
  }
}
