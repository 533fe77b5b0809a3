import { Http } from "../snapshots/http.ts";
import type { Dated, HttpResult } from "../snapshots/http.ts";
import type { Time } from "../lane-core.ts";
import type { OpenSocket } from "../socket/socket.ts";
import type { VenueId } from "../../model/index.ts";

/** Takes back a turn that was asked for. */
export type Cancel = () => void;

/** Time, chance, and turns of the event loop, for decisions. What is only measured needs none of it. */
export interface Turns {
  /** Monotonic ms. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  every(ms: number, turn: () => void): Cancel;
  /** Once; `holds`: the process goes on for it. */
  after(ms: number, turn: () => void, holds?: boolean): Cancel;
  /** In the next turn of the event loop. */
  soon(turn: () => void): void;
}

/** Where REST bodies come from. */
export interface Web {
  dated: Dated | null;
  get(url: string, usedWeightHeader?: string): Promise<HttpResult>;
  close(): Promise<void>;
}

/**
 * Everything a lane learns that neither its code nor its configuration says. What a lane writes is a function of this and of
 * nothing else: on a tape of it, the same lane writes the same slots again (decision 37).
 */
export interface World extends Turns {
  readonly time: Time;
  sockets(venue: VenueId): OpenSocket;
  web(venue: VenueId, headers: Readonly<Record<string, string>>, proxy: string | null): Web;
  /** Some times per second: slots committed ever. */
  reached(head: number): void;
}

/** The event loop's own. */
export const REAL: Turns = {
  now: () => performance.now(),
  random: () => Math.random(),
  every: (ms, turn) => {
    const timer = setInterval(turn, ms);
    return () => clearInterval(timer);
  },
  after: (ms, turn, holds = false) => {
    const timer = setTimeout(turn, ms);
    if (!holds) timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (turn) => void setImmediate(turn),
};

/** The world as it is. */
export function realWorld(time: Time, openSocket: OpenSocket): World {
  return {
    ...REAL,
    time,
    sockets: () => openSocket,
    web: (_venue, headers, proxy) => new Http(headers, proxy),
    reached: () => undefined,
  };
}
