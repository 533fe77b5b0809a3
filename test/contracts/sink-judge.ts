import { isDeepStrictEqual } from "node:util";
import type { Written } from "./sink-trial.ts";

/** Examples of a fault that are shown. */
const SHOWN = 3;

/** What was committed to a lane, and what of it a vendor has to hold. */
export interface Truth {
  /** Sequences from `first` to before `end`. */
  readonly first: number;
  readonly end: number;
  /** By sequence minus `first`: 1 for every slot that the vendor has to hold. */
  readonly wanted: Uint8Array;
  /** The event that a slot belongs to, with the sequence of its first slot; null where it is not looked at. */
  eventAt(seq: number): TrueEvent | null;
}

export interface TrueEvent {
  readonly seq: number;
  readonly slots: number;
  /** As `tail` prints it. */
  readonly event: Readonly<Record<string, unknown>>;
}

export interface Verdict {
  /** In words; empty when the vendor holds every slot once, in order, with its values. */
  readonly faults: readonly string[];
  readonly records: number;
  readonly slots: number;
  readonly missing: number;
  readonly twice: number;
  /** Records whose values were compared. */
  readonly compared: number;
  /** Different keys that order was kept for. */
  readonly keys: number;
  readonly holes: readonly Written[];
}

/** Compares what a vendor holds of a lane with what was committed to it. */
export class SinkJudge {
  readonly #truth: Truth;
  readonly #times: Uint8Array;
  readonly #last = new Map<string, number>();
  readonly #faults = new Map<string, { count: number; shown: string[] }>();
  readonly #holes: Written[] = [];
  #records = 0;
  #compared = 0;

  constructor(truth: Truth) {
    this.#truth = truth;
    this.#times = new Uint8Array(truth.end - truth.first);
  }

  take(written: Written): void {
    if (written.hole === true) {
      this.#holes.push(written);
      return;
    }
    this.#records += 1;
    this.#place(written);
    this.#order(written);
    this.#values(written);
  }

  verdict(): Verdict {
    const { wanted, first } = this.#truth;
    let [slots, missing, twice] = [0, 0, 0];
    for (let i = 0; i < wanted.length; i++) {
      const times = this.#times[i]!;
      slots += times;
      if (times < wanted[i]!) {
        missing += 1;
        this.#fault("missing", `slot ${first + i}`);
      }
      if (times > 1) {
        twice += 1;
        this.#fault("there more than once", `slot ${first + i}, ${times} times`);
      }
      if (times > 0 && wanted[i] === 0) this.#fault("not to be there", `slot ${first + i}`);
    }
    const faults = [...this.#faults].map(
      ([what, { count, shown }]) => `${count} ${what}: ${shown.join("; ")}`,
    );
    const holes = this.#holes;
    const [records, compared, keys] = [this.#records, this.#compared, this.#last.size];
    return { faults, records, slots, missing, twice, compared, keys, holes };
  }

  #place({ seq, slots }: Written): void {
    const { first, end } = this.#truth;
    if (!Number.isSafeInteger(seq) || !(slots >= 1) || seq < first || seq + slots > end) {
      this.#fault("outside of what was committed", `${slots} slots from ${seq}`);
      return;
    }
    for (let at = seq - first; at < seq - first + slots; at++)
      if (this.#times[at]! < 255) this.#times[at]! += 1;
  }

  #order({ seq, key }: Written): void {
    if (key === undefined) return;
    const last = this.#last.get(key) ?? -1;
    if (seq <= last) this.#fault("out of order", `${key}: ${seq} behind ${last}`);
    this.#last.set(key, Math.max(seq, last));
  }

  #values({ seq, slots, event }: Written): void {
    if (event === undefined) return;
    const truth = this.#truth.eventAt(seq);
    if (truth === null) return;
    this.#compared += 1;
    const said: Readonly<Record<string, unknown>> = { log_seq: truth.seq, slots, ...truth.event };
    for (const [name, value] of Object.entries(event))
      if (name !== "lane" && !isDeepStrictEqual(value, said[name]))
        this.#fault(
          `other values in ${name}`,
          `${seq}: expected ${JSON.stringify(said[name])}, saw ${JSON.stringify(value)}`,
        );
  }

  #fault(what: string, example: string): void {
    const known = this.#faults.get(what) ?? { count: 0, shown: [] };
    known.count += 1;
    if (known.shown.length < SHOWN) known.shown.push(example);
    this.#faults.set(what, known);
  }
}

/** Everything that a trial reads, judged. */
export async function judged(
  truth: Truth,
  written: Promise<readonly Written[]> | AsyncIterable<Written | readonly Written[]>,
): Promise<Verdict> {
  const judge = new SinkJudge(truth);
  const pieces: AsyncIterable<Written | readonly Written[]> =
    Symbol.asyncIterator in written ? written : once(written);
  for await (const piece of pieces)
    for (const one of Array.isArray(piece) ? (piece as readonly Written[]) : [piece as Written])
      judge.take(one);
  return judge.verdict();
}

async function* once(all: Promise<readonly Written[]>): AsyncGenerator<readonly Written[]> {
  yield await all;
}
