import { SCOPE, slotFlags, slotKind, slotSide } from "../../log/index.ts";
import { FLAG, KIND } from "../../model/index.ts";
import type { SinkTables, SlotBatch } from "../sink.ts";
import { EachWaiting } from "./each.ts";
import { Newest, NewestWaiting } from "./newest.ts";
import type { Pipeline } from "./pipeline.ts";
import { NOT_YET, WAY } from "./scheme.ts";
import type { Scheme } from "./scheme.ts";
import { Views } from "./views.ts";
import type { Spot } from "./views.ts";

export interface IntakeOptions {
  readonly scheme: Scheme;
  /** Events that wait in order, at most. */
  readonly queueEvents: number;
  /** Newest values that wait, at most. */
  readonly pendingKeys: number;
  tables(lane: string): SinkTables | null;
}

/** A pipeline ends behind so many bytes; newest values leave room in it for what waits in order. */
const MOST_BYTES = 256 * 1024;
const NEWEST_BYTES = 128 * 1024;
/** A lane that has not written a row so long after its event will not, or has no processor. */
const PATIENCE_MS = 100;

/** Takes events as they come, in bounded memory, and gives them out as commands when Redis can take some. */
export class Intake {
  /** Events read, and those that are no command in this scheme. */
  events = 0;
  ignored = 0;
  readonly each: EachWaiting;
  readonly newest: NewestWaiting;
  readonly #scheme: Scheme;
  readonly #views: Views;
  readonly #ends = new Map<string, number>();
  /** Taken out of `newest` too early, with what they count. */
  #early: { readonly one: Newest; readonly counted: number }[] = [];

  constructor({ scheme, queueEvents, pendingKeys, tables }: IntakeOptions) {
    this.#scheme = scheme;
    this.#views = new Views(scheme, tables);
    this.each = new EachWaiting(queueEvents);
    this.newest = new NewestWaiting(pendingKeys);
  }

  /** Things to write now. */
  get waiting(): number {
    return this.each.size + this.newest.size;
  }

  /** Things whose row in a table is about to be written: `again` makes them wait like others. */
  get early(): number {
    return this.#early.length;
  }

  /** Events that wait. */
  get waitingEvents(): number {
    return this.each.size + this.newest.events + this.#early.reduce((sum, { counted }) => sum + counted, 0);
  }

  /** Where each lane stands: everything before it was taken. */
  get ends(): ReadonlyMap<string, number> {
    return this.#ends;
  }

  take(batch: SlotBatch): void {
    const { slots, count } = batch;
    const view = this.#views.of(batch);
    let first = -1;
    for (let i = 0; i < count; i++) {
      if (first < 0) first = i;
      if ((slotFlags(slots, i << 4) & FLAG.LAST) === 0) continue;
      this.#event(batch, view.spot(slots, i << 4), first, i);
      first = -1;
    }
    this.#ends.set(batch.lane, batch.end);
  }

  /** Fills a pipeline with what has waited longest, newest values first. */
  fill(pipeline: Pipeline): void {
    const { commands } = pipeline;
    const { writer } = commands;
    while (this.newest.size > 0 && writer.bytes < NEWEST_BYTES) {
      const { one, counted } = this.newest.take()!;
      if (one.write(commands) === NOT_YET) this.#putOff(one, counted);
      else {
        one.putOff = 0;
        one.late = false;
        if (!pipeline.add(one, counted)) this.ignored += counted;
      }
    }
    while (this.each.size > 0 && writer.bytes < MOST_BYTES) {
      this.each.write(commands);
      if (!pipeline.add(null, 1)) this.ignored += 1;
    }
    if (this.waiting === 0 && this.early === 0) pipeline.ends = new Map(this.#ends);
  }

  /** What came too early is looked at again. */
  again(): void {
    const early = this.#early;
    this.#early = [];
    for (const { one, counted } of early) this.newest.add(one, counted);
  }

  #putOff(one: Newest, counted: number): void {
    const now = performance.now();
    if (one.putOff === 0) one.putOff = now;
    one.late = now - one.putOff > PATIENCE_MS;
    this.#early.push({ one, counted });
  }

  /** The event of slots `first` to `last`. */
  #event({ slots, seqs }: SlotBatch, spot: Spot, first: number, last: number): void {
    const kind = slotKind(slots, first << 4);
    const scope = kind === KIND.STATUS ? slotSide(slots, first << 4) : 0;
    const way = this.#scheme.way(kind, scope);
    this.events += 1;
    if (way === WAY.NONE) {
      this.ignored += 1;
      return;
    }
    if ((way & WAY.EACH) !== 0) this.each.add(spot.voice, slots, first, seqs[first]!);
    if ((way & WAY.NEWEST) === 0) return;
    // A book's validity is part of the book.
    const book = kind === KIND.BOOK || scope === SCOPE.BOOK;
    const one = newestAt(spot, book ? KIND.BOOK : kind);
    // Books are read from the table when their turn comes: their slots, thousands at times, are not kept. Their validity is in the table before it is on the log.
    if (scope !== SCOPE.BOOK || one.count === 0)
      one.set(slots, first, book ? 1 : last - first + 1, scope === SCOPE.BOOK ? -1 : seqs[first]!);
    this.newest.add(one, way === WAY.NEWEST ? 1 : 0);
  }
}

function newestAt(spot: Spot, kind: number): Newest {
  return (spot.newest[kind] ??= new Newest(kind, spot.voice));
}
