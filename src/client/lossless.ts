import { setTimeout as pause } from "node:timers/promises";
import { EventReader } from "../log/index.ts";
import type { MarketEvent } from "../model/index.ts";
import { CursorFile, journalFolder, LosslessReader, regionPath } from "../store/index.ts";
import type { Hole } from "../store/index.ts";

/** Slots taken at a time by `follow`, and ms between two looks when there is nothing. */
const BATCH = 1024;
const IDLE_MS = 5;

export interface LosslessLaneOptions {
  /** The gateway's data folder (`data.dir`), which holds its journals. */
  readonly data: string;
  /**
   * Where to begin: a `next` of an earlier run, all that is kept, or only what comes. Default: where `cursor` stands, or "oldest"
   * when there is none yet.
   */
  readonly from?: number | "oldest" | "head";
  /**
   * Name of a cursor in the journal: `save` keeps it, and the journal deletes nothing that it has not passed, up to its budget.
   * Letters, digits, dot, dash, underscore.
   */
  readonly cursor?: string;
  /** Directory of the lanes, when the lane is given by name. */
  readonly dir?: string;
  /** How this reader is called in `feedhorn lag`. Default: the cursor's name, or "client". */
  readonly name?: string;
}

/** An event with its place in the lane: (lane, seq) names it for ever. */
export interface SequencedEvent {
  /** Number of its first slot. */
  readonly seq: number;
  /** Where to go on behind it: what `save` and `from` take. */
  readonly next: number;
  readonly event: MarketEvent;
}

/**
 * Opens a lane so that nothing is missed: what the ring no longer has is read from the journal. Goes on over restarts of the gateway and
 * of this program. Throws RegionError or JournalError when it cannot be read.
 *
 *     import { openLossless } from "feedhorn/client";
 *     const lane = openLossless("main", { data: "/var/lib/feedhorn", cursor: "my-archive" });
 *     for await (const { event, next } of lane.follow()) {
 *       await archive(event);
 *       if (next % 1000 === 0) lane.save(next);
 *     }
 */
export function openLossless(lane: string, options: LosslessLaneOptions): LosslessLane {
  return new LosslessLane(lane, options);
}

/** A reader that gets every event of a lane once and in order. It cannot slow the gateway down. */
export class LosslessLane {
  /** Called when slots are gone for ever (the journal's budget, a hole in it): which, and why. */
  onHole: ((hole: Hole) => void) | null = null;
  readonly #reader: LosslessReader;
  readonly #events: EventReader;
  readonly #cursor: CursorFile | null;
  /** First slot of the event being gathered. */
  #start = -1;
  #closed = false;

  constructor(lane: string, { data, from, cursor, dir, name }: LosslessLaneOptions) {
    const folder = journalFolder(data, lane);
    this.#cursor = cursor === undefined ? null : new CursorFile(folder, cursor);
    this.#reader = new LosslessReader({
      journal: folder,
      region: regionPath(lane, dir),
      from: from ?? this.#cursor?.read() ?? "oldest",
      name: name ?? cursor ?? "client",
    });
    this.#events = new EventReader(this.#reader.names);
    this.#reader.onHole = (hole) => {
      this.#events.reset();
      this.#start = -1;
      this.onHole?.(hole);
    };
    this.#reader.onSession = () => this.#events.reset();
  }

  /** Slots that nobody has any more; only grows. */
  get lost(): number {
    return this.#reader.lost;
  }

  /** Slots committed and not yet read; 0 while the gateway is down. */
  get lag(): number {
    return this.#reader.lag;
  }

  /** Where this reader reads now. */
  get source(): "ring" | "journal" | "none" {
    return this.#reader.source;
  }

  /** Gives the events of at most `limit` slots to `handler`; returns the number of slots. Never waits. */
  poll(handler: (one: SequencedEvent) => void, limit = Infinity): number {
    return this.#reader.poll((views, word, seq) => {
      if (this.#start < 0) this.#start = seq;
      const event = this.#events.accept(views, word);
      if (event === null) return;
      const first = this.#start;
      this.#start = -1;
      handler({ seq: first, next: seq + 1, event });
    }, limit);
  }

  /** Events as they come, until `close` or the signal. */
  async *follow(
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<SequencedEvent, void, undefined> {
    const { signal } = options;
    const batch: SequencedEvent[] = [];
    while (!this.#closed && !aborted(signal)) {
      batch.length = 0;
      if (this.poll((one) => batch.push(one), BATCH) === 0) await pause(IDLE_MS);
      yield* batch;
    }
  }

  /** Keeps where to go on (the `next` of the last event that is done with), durable. Error without a `cursor`. */
  save(next: number): void {
    if (this.#cursor === null) throw new Error("lane: expected the option cursor to save to, saw none");
    this.#cursor.write(next);
  }

  close(): void {
    this.#closed = true;
    this.#reader.close();
  }
}

function aborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
