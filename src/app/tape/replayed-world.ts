import { randomFrom } from "../../feed/index.ts";
import type { Cancel, HttpResult, OpenSocket, SocketEvents, Time, Web, World } from "../../feed/index.ts";
import { RECORD } from "../../log/index.ts";
import type { RecordCursor } from "../../log/index.ts";
import type { Nanos, VenueId } from "../../model/index.ts";
import type { Reel } from "./reel.ts";
import { sameText } from "./recorder.ts";

/** A timer that waits for its turn. */
export interface Timer {
  readonly turn: () => void;
  readonly once: boolean;
  /** Somebody may go on behind a promise. */
  readonly awaited: boolean;
}

/** A connection as the lane opened it. */
export interface ReplayedSocket {
  readonly venue: VenueId;
  readonly events: SocketEvents;
}

/** The world of a tape: nothing happens in it but what happened then, and what the lane does is compared with what it did. */
export class ReplayedWorld implements World {
  readonly time: Time;
  readonly random: () => number;
  readonly timers = new Map<number, Timer>();
  readonly connections = new Map<number, ReplayedSocket>();
  readonly questions = new Map<number, (result: HttpResult | null) => void>();
  readonly #reel: Reel;
  #timers = 0;
  #connections = 0;
  #questions = 0;
  #mark = 0;

  constructor(reel: Reel, seed: number) {
    this.#reel = reel;
    this.random = randomFrom(seed);
    this.time = new ReplayedTime(reel);
  }

  now(): number {
    this.#mark = this.#reel.take(RECORD.NOW)?.f64() ?? this.#mark;
    return this.#mark;
  }

  every(_ms: number, turn: () => void): Cancel {
    return this.#timer({ turn, once: false, awaited: false });
  }

  after(_ms: number, turn: () => void): Cancel {
    return this.#timer({ turn, once: true, awaited: true });
  }

  soon(turn: () => void): void {
    this.#timer({ turn, once: true, awaited: false });
  }

  #timer(timer: Timer): Cancel {
    const id = this.#timers++;
    this.timers.set(id, timer);
    return () => void this.timers.delete(id);
  }

  sockets(venue: VenueId): OpenSocket {
    return (url, _slab, _options, events) => {
      const conn = this.#connections++;
      this.#same(RECORD.DIAL, conn, `${venue}\n${url}`);
      this.connections.set(conn, { venue, events });
      return {
        send: (text) => this.#same(RECORD.SENT, conn, text),
        ping: () => void this.#take(RECORD.PING, conn),
        close: () => void this.#take(RECORD.HANG_UP, conn),
      };
    };
  }

  web(venue: VenueId): Web {
    return {
      dated: null,
      get: (url) => this.#ask(`${venue}\n${url}`) as Promise<HttpResult>,
      close: async () => void (await this.#ask(`${venue}\n`)),
    };
  }

  /** The log stands where it stood then, or something was written differently. */
  reached(head: number): void {
    const then = this.#reel.take(RECORD.REACHED)?.f64() ?? head;
    if (then !== head)
      this.#reel.break(`expected ${then} slots on the log by record ${this.#reel.count}, saw ${head}`);
  }

  #ask(text: string): Promise<HttpResult | null> {
    const id = this.#questions++;
    this.#same(RECORD.ASKED, id, text);
    return new Promise((resolve) => this.questions.set(id, resolve));
  }

  #take(kind: number, id: number): RecordCursor | null {
    const record = this.#reel.take(kind);
    if (record === null || record.id === id) return record;
    this.#reel.break(`record ${this.#reel.count}: expected number ${id}, saw ${record.id}`);
    return null;
  }

  #same(kind: number, id: number, text: string): void {
    const then = this.#take(kind, id)?.text();
    if (then !== undefined && !sameText(text, then))
      this.#reel.break(
        `record ${this.#reel.count}: expected ${JSON.stringify(then)}, saw ${JSON.stringify(text)}`,
      );
  }
}

class ReplayedTime implements Time {
  mark = 0;
  readonly #reel: Reel;
  #lo = 0;
  #hi = 0;

  constructor(reel: Reel) {
    this.#reel = reel;
  }

  read(into: Nanos): void {
    const record = this.#reel.take(RECORD.CLOCK);
    if (record !== null) {
      this.mark = record.f64();
      this.#lo = record.lo(1);
      this.#hi = record.hi(1);
    }
    into.lo = this.#lo;
    into.hi = this.#hi;
  }
}
