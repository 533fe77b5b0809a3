import type { HttpResult } from "../snapshots/http.ts";
import type { Time } from "../lane-core.ts";
import type { OpenSocket, Socket, SocketEvents } from "../socket/socket.ts";
import { randomFrom } from "./chance.ts";
import type { Web, World } from "./world.ts";
import type { Nanos, Slab, VenueId } from "../../model/index.ts";

/**
 * What a lane learns of the world, in the order in which its thread learns it. Connections, questions and timers are
 * numbered in the order in which they are made. Calls are synchronous, and must neither throw nor wait.
 */
export interface Tape {
  /** The clock was read: monotonic ms, UNIX ns. */
  clock(mark: number, now: Nanos): void;
  /** Time was asked for a decision, monotonic ms. */
  now(mark: number): void;
  /** It is the turn of a timer. */
  turn(timer: number): void;
  dial(conn: number, venue: VenueId, url: string): void;
  opened(conn: number): void;
  /** Hot path. */
  frame(conn: number, slab: Slab, start: number, end: number): void;
  /** A frame that may be taken to be read in pieces; `work`: bytes of the memory to do it in. */
  large(conn: number, slab: Slab, start: number, end: number, work: number): void;
  /** It was not taken: the same frame, at once. */
  again(conn: number): void;
  readEnd(conn: number): void;
  alive(conn: number): void;
  closed(conn: number, code: number, reason: string): void;
  /** Around everything that a connection tells while it goes on behind a frame that was taken. */
  resume(conn: number, on: boolean): void;
  sent(conn: number, text: string): void;
  ping(conn: number): void;
  hangUp(conn: number): void;
  asked(id: number, venue: VenueId, url: string): void;
  answered(id: number, result: HttpResult | null): void;
  reached(head: number): void;
}

/** A world of which everything that is learned goes to a tape first. Chance comes from the seed. */
export function tapedWorld(world: World, tape: Tape, seed: number): World {
  const timers = numbers();
  const connections = numbers();
  const questions = numbers();
  /** Told when its turn has come. */
  const timed = (turn: () => void): (() => void) => {
    const id = timers();
    return () => {
      tape.turn(id);
      turn();
    };
  };
  return {
    time: new TapedTime(world.time, tape),
    now: () => {
      const mark = world.now();
      tape.now(mark);
      return mark;
    },
    random: randomFrom(seed),
    every: (ms, turn) => world.every(ms, timed(turn)),
    after: (ms, turn, holds) => world.after(ms, timed(turn), holds),
    soon: (turn) => world.soon(timed(turn)),
    sockets: (venue) => tapedSockets(world.sockets(venue), venue, connections, tape),
    web: (venue, headers, proxy) => new TapedWeb(world.web(venue, headers, proxy), venue, questions, tape),
    reached: (head) => {
      tape.reached(head);
      world.reached(head);
    },
  };
}

function numbers(): () => number {
  let next = 0;
  return () => next++;
}

class TapedTime implements Time {
  mark = 0;
  readonly #time: Time;
  readonly #tape: Tape;

  constructor(time: Time, tape: Tape) {
    this.#time = time;
    this.#tape = tape;
  }

  read(into: Nanos): void {
    this.#time.read(into);
    this.mark = this.#time.mark;
    this.#tape.clock(this.mark, into);
  }
}

function tapedSockets(open: OpenSocket, venue: VenueId, next: () => number, tape: Tape): OpenSocket {
  return (url, slab, options, events) => {
    const conn = next();
    tape.dial(conn, venue, url);
    return tapedSocket(conn, open(url, slab, options, tapedEvents(conn, events, tape)), tape);
  };
}

function tapedSocket(conn: number, socket: Socket, tape: Tape): Socket {
  return {
    send: (text) => {
      tape.sent(conn, text);
      socket.send(text);
    },
    ping: () => {
      tape.ping(conn);
      socket.ping();
    },
    close: (code, reason) => {
      tape.hangUp(conn);
      socket.close(code, reason);
    },
  };
}

function tapedEvents(conn: number, events: SocketEvents, tape: Tape): SocketEvents {
  const { frame, large } = events;
  /** Where the frame ends that was on the tape, and not taken. */
  let refused = -1;
  return {
    open: () => {
      tape.opened(conn);
      events.open();
    },
    frame: (slab, start, end) => {
      if (refused === end) tape.again(conn);
      else tape.frame(conn, slab, start, end);
      refused = -1;
      frame(slab, start, end);
    },
    ...(large !== undefined && {
      large: (slab, start, end, work, resume) => {
        tape.large(conn, slab, start, end, work.capacity);
        const goOn = (): void => {
          tape.resume(conn, true);
          resume();
          tape.resume(conn, false);
        };
        const taken = large(slab, start, end, work, goOn);
        refused = taken ? -1 : end;
        return taken;
      },
    }),
    endOfRead: () => {
      tape.readEnd(conn);
      events.endOfRead();
    },
    alive: () => {
      tape.alive(conn);
      events.alive();
    },
    close: (code, reason) => {
      tape.closed(conn, code, reason);
      events.close(code, reason);
    },
  };
}

/** Answers are on the tape before anybody goes on with them. */
class TapedWeb implements Web {
  readonly #web: Web;
  readonly #venue: VenueId;
  readonly #next: () => number;
  readonly #tape: Tape;

  constructor(web: Web, venue: VenueId, next: () => number, tape: Tape) {
    this.#web = web;
    this.#venue = venue;
    this.#next = next;
    this.#tape = tape;
  }

  get dated(): Web["dated"] {
    return this.#web.dated;
  }

  set dated(dated: Web["dated"]) {
    this.#web.dated = dated;
  }

  get(url: string, usedWeightHeader?: string): Promise<HttpResult> {
    const id = this.#next();
    this.#tape.asked(id, this.#venue, url);
    return this.#web.get(url, usedWeightHeader).then((result) => {
      this.#tape.answered(id, result);
      return result;
    });
  }

  close(): Promise<void> {
    const id = this.#next();
    this.#tape.asked(id, this.#venue, "");
    return this.#web.close().then(() => this.#tape.answered(id, null));
  }
}
