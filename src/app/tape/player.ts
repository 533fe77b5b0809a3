import { READER_SLAB } from "../../feed/index.ts";
import type { HttpResult, SlabSource } from "../../feed/index.ts";
import { RECORD, RECORD_NAMES } from "../../log/index.ts";
import type { RecordCursor } from "../../log/index.ts";
import { Slab } from "../../model/index.ts";
import type { ReplayedSocket, ReplayedWorld } from "./replayed-world.ts";
import { TapeBreak } from "./reel.ts";
import type { Reel } from "./reel.ts";

const HEAP: SlabSource = { take: (capacity) => new Slab(capacity), give: () => undefined };

/** What a connection tells; everything else that stands on its own is something that the lane did. */
const TOLD: ReadonlySet<number> = new Set([
  RECORD.OPENED,
  RECORD.FRAME,
  RECORD.LARGE,
  RECORD.AGAIN,
  RECORD.READ_END,
  RECORD.ALIVE,
  RECORD.CLOSED,
]);

/** What of a tape is not the world's: what the lane was told by those who run it. */
export interface PlayerHooks {
  order(ask: object): void;
  stop(): void;
  /** A frame is about to be told. */
  frame(): void;
}

/** Lets everything happen to a lane that happened to it then, in the same order. */
export class Player {
  readonly #reel: Reel;
  readonly #world: ReplayedWorld;
  readonly #hooks: PlayerHooks;
  readonly #slabs: SlabSource;
  /** What each connection's frames are read in, and large frames that it was told of. */
  readonly #slabOf = new Map<number, Slab>();
  readonly #largeOf = new Map<number, { readonly slab: Slab; readonly end: number }>();
  #roomy = new Slab(READER_SLAB);

  constructor(reel: Reel, world: ReplayedWorld, hooks: PlayerHooks, slabs: SlabSource = HEAP) {
    this.#reel = reel;
    this.#world = world;
    this.#hooks = hooks;
    this.#slabs = slabs;
  }

  /**
   * The next thing that happened; answers whether somebody may go on behind a promise, so that the event loop must have its
   * turn before the one after. Throws TapeBreak where there is none.
   */
  step(): boolean {
    const kind = this.#reel.peek();
    const record = this.#reel.next();
    const { id } = record;
    if (kind === RECORD.TURN) return this.#turn(id);
    if (kind === RECORD.ANSWERED) return this.#answered(record);
    if (kind === RECORD.ORDER) this.#hooks.order(JSON.parse(record.text()) as object);
    else if (kind === RECORD.STOP) {
      this.#hooks.stop();
      return true;
    } else if (kind === RECORD.LOST) throw new TapeBreak(lostText(record));
    else if (TOLD.has(kind)) this.#told(kind, record, this.#socket(id, kind));
    else
      throw new TapeBreak(
        `record ${this.#reel.count}: the lane did not do what it did then: ${RECORD_NAMES[kind]}`,
      );
    return false;
  }

  #turn(id: number): boolean {
    const { timers } = this.#world;
    const timer = timers.get(id);
    if (timer === undefined) throw this.#unknown("timer", id);
    if (timer.once) timers.delete(id);
    timer.turn();
    return timer.awaited;
  }

  /** What stands behind it, if it is an answer too, had come before anybody went on with this one. */
  #answered(record: RecordCursor): boolean {
    const { questions } = this.#world;
    const resolve = questions.get(record.id);
    if (resolve === undefined) throw this.#unknown("question", record.id);
    questions.delete(record.id);
    const meta = JSON.parse(record.text(0, record.more)) as HttpResult | null;
    const body = Buffer.from(record.payload(record.more));
    resolve(meta !== null && meta.ok ? { ...meta, body } : meta);
    return this.#reel.peek() !== RECORD.ANSWERED;
  }

  #told(kind: number, record: RecordCursor, { events }: ReplayedSocket): void {
    const { id } = record;
    if (kind === RECORD.FRAME) this.#frame(record, events.frame);
    else if (kind === RECORD.READ_END) events.endOfRead();
    else if (kind === RECORD.ALIVE) events.alive();
    else if (kind === RECORD.OPENED) events.open();
    else if (kind === RECORD.LARGE) this.#large(record);
    else if (kind === RECORD.AGAIN) this.#again(id, events.frame);
    else if (kind === RECORD.CLOSED) {
      this.#close(id);
      events.close(record.more, record.text());
    }
  }

  #frame(record: RecordCursor, frame: ReplayedSocket["events"]["frame"]): void {
    const bytes = record.payload();
    const slab = this.#slabFor(record.id, bytes.length);
    slab.bytes.set(bytes);
    this.#hooks.frame();
    frame(slab, 0, bytes.length);
  }

  #large(record: RecordCursor): void {
    const { id, more } = record;
    const bytes = record.payload();
    const slab = new Slab(bytes.length);
    slab.bytes.set(bytes);
    const own = this.#slabFor(id, 0);
    const work = own.capacity === more ? own : new Slab(more);
    const { large } = this.#world.connections.get(id)!.events;
    this.#largeOf.set(id, { slab, end: bytes.length });
    this.#hooks.frame();
    large?.(slab, 0, bytes.length, work, () => this.#resume(id));
  }

  #again(id: number, frame: ReplayedSocket["events"]["frame"]): void {
    const large = this.#largeOf.get(id);
    if (large === undefined) throw this.#unknown("large frame", id);
    this.#largeOf.delete(id);
    frame(large.slab, 0, large.end);
  }

  /** The connection goes on: what it told then within this very call, it tells now. */
  #resume(id: number): void {
    this.#largeOf.delete(id);
    if (this.#reel.take(RECORD.RESUME) === null) return;
    try {
      while (this.#reel.broken === null && this.#reel.peek() !== RECORD.RESUME) this.step();
      this.#reel.take(RECORD.RESUME);
    } catch (error) {
      if (!(error instanceof TapeBreak)) throw error;
      this.#reel.break(error.message);
    }
  }

  #socket(id: number, kind: number): ReplayedSocket {
    const socket = this.#world.connections.get(id);
    if (socket === undefined) throw this.#unknown(`connection (${RECORD_NAMES[kind]})`, id);
    return socket;
  }

  #slabFor(conn: number, size: number): Slab {
    let slab = this.#slabOf.get(conn);
    if (slab === undefined) this.#slabOf.set(conn, (slab = this.#slabs.take(READER_SLAB)));
    if (size <= slab.capacity) return slab;
    if (size > this.#roomy.capacity) this.#roomy = new Slab(2 * size);
    return this.#roomy;
  }

  #close(conn: number): void {
    const slab = this.#slabOf.get(conn);
    if (slab !== undefined) this.#slabs.give(slab);
    this.#slabOf.delete(conn);
    this.#largeOf.delete(conn);
  }

  #unknown(what: string, id: number): TapeBreak {
    return new TapeBreak(`record ${this.#reel.count}: the lane has no ${what} ${id} now, as it had then`);
  }
}

function lostText(record: RecordCursor): string {
  return `${record.f64()} records, ${record.f64(1)} of them frames, found no room on the tape here`;
}
