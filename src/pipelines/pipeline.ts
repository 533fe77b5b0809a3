import type { Instrument, IvSurfaceEvent, MarketEvent, SpotMidEvent } from "../model/index.ts";

/** Best bid and offer of one instrument as the lane's table has it, with its validity. `ts_recv`: UNIX us. */
export interface TopEvent {
  readonly type: "top";
  readonly venue: string;
  readonly symbol: string;
  readonly bid_price: number | null;
  readonly bid_size: number | null;
  readonly ask_price: number | null;
  readonly ask_size: number | null;
  readonly validity: string;
  readonly ts_recv: number;
}

/** It is `at` on the wall, a whole multiple of the pipeline's `every`; `now` by the clock of receipt, not before it. UNIX us. */
export interface TimeEvent {
  readonly type: "time";
  readonly at: number;
  readonly now: number;
}

export type Heard = MarketEvent | TopEvent | TimeEvent;
export type Made = SpotMidEvent | IvSurfaceEvent;

/** Takes a new figure, and what it is about: an instrument that nobody lists. */
export type Emit = (event: Made, about: Instrument) => void;

/**
 * Keeps state across events and makes new figures of them. Pure: what it says depends on what it heard alone, and time is heard,
 * too. Before each `time` it has heard the tops of every instrument that it asked for.
 */
export interface Pipeline {
  readonly name: string;
  /** Types of events it wants. */
  readonly reads: readonly Heard["type"][];
  readonly writes: readonly Made["type"][];
  /** Time between two `time` events, ms. */
  readonly every?: number;
  on(event: Heard, emit: Emit): void;
  /** Whether it wants the top of an instrument that it has heard of; left out: none. */
  wantsTop?(venue: string, symbol: string): boolean;
}
