import { WORD } from "../../log/index.ts";
import { toMicros } from "../../model/index.ts";
import type { OpenSink, SlotBatch } from "../../sinks/index.ts";
import type { Gatherer } from "./gatherer.ts";
import type { Marker } from "./marker.ts";
import { newestOf } from "./newest.ts";
import type { SinkTally } from "./tally.ts";

/** A lane as a sink reads it. */
export interface PumpLane {
  readonly gatherer: Gatherer;
  /** Where it is kept how far the vendor is; null for a sink that does not go on where it was. */
  readonly cursor: Marker | null;
  /** Receive time of the newest slot written, UNIX us. */
  lastAt: number;
}

export interface PumpOptions {
  readonly sink: OpenSink;
  readonly lanes: readonly PumpLane[];
  readonly flushMs: number;
  /** Slots that are a large batch: there is more already. */
  readonly many: number;
  readonly latest: boolean;
  readonly tally: SinkTally;
  /** Waits for something to do, some ten milliseconds at most: orders and flushes are looked at in between. */
  idle(): Promise<void>;
  /** When set: the sequences to go up to; of lanes left out, what there is. */
  ends(): Readonly<Record<string, number>> | null;
}

/** Carries batches to an open sink until `ends` are reached and flushed. What it throws is the vendor's trouble, or the reader's. */
export class Pump {
  readonly #options: PumpOptions;
  #flushed = performance.now();

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { lanes, ends, many, flushMs, idle } = this.#options;
    for (;;) {
      const last = ends();
      const due = performance.now() - this.#flushed >= flushMs;
      let most = 0;
      let full = false;
      for (const lane of lanes) {
        const count = await this.#carry(lane, due || last !== null);
        most = Math.max(most, Math.abs(count));
        if (count < 0) full = true;
      }
      const there = last !== null && lanes.every((lane) => reached(lane, last));
      if (full || due || there) await this.#flush();
      if (there) return;
      await (most >= many ? turn() : idle());
    }
  }

  /** Slots handed over; below zero when the sink asks for a flush. */
  async #carry(lane: PumpLane, empty: boolean): Promise<number> {
    const { sink, latest, tally } = this.#options;
    const { gatherer } = lane;
    const batch = gatherer.gather(empty);
    if (batch === null) return 0;
    const given = latest ? newestOf(batch) : batch;
    const answer = await sink.write(given);
    lane.lastAt = receivedAt(given, lane.lastAt);
    tally.wrote(given, batch.count, lane.lastAt);
    gatherer.done();
    return answer === "full" ? -Math.max(1, batch.count) : batch.count;
  }

  /** The vendor first, then the cursors, which never say more than it holds. */
  async #flush(): Promise<void> {
    const { sink, lanes, tally } = this.#options;
    const marks = await sink.flush();
    for (const { cursor, gatherer, lastAt: at } of lanes) {
      const mark = marks[gatherer.lane];
      if (mark === undefined) continue;
      tally.moved(gatherer.lane, mark, at);
      cursor?.write(mark);
    }
    this.#flushed = performance.now();
    tally.flushed();
  }
}

/** Of the newest slot, UNIX us. */
function receivedAt({ slots: { i32 }, count }: SlotBatch, before: number): number {
  const at = ((count - 1) << 4) + WORD.TS_RECV;
  return count === 0 ? before : toMicros(i32[at + 1]!, i32[at]!);
}

/** Everything whole that a reader has passed is written by then. */
function reached({ gatherer: { lane, reader } }: PumpLane, ends: Readonly<Record<string, number>>): boolean {
  const end = ends[lane];
  return end === undefined ? reader.lag === 0 : reader.position >= end;
}

/** Orders come in between. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
