import type { DepthOfBook, InstrumentRow, TopOfBook } from "../log/index.ts";
import type { Level } from "../model/index.ts";
import type { Lane } from "./lane.ts";

interface Common {
  venue: string;
  symbol: string;
  instrument: string;
}

interface State {
  validity: string;
  reason: string;
  epoch: number;
  ts_event: number | null;
  ts_recv: number;
  log_seq: string;
}

/** A row of the top-of-book table in its JSON form; the C and Python readers print the same text. */
export interface TopLine extends Common, State {
  type: "top";
  bid_price: number | null;
  bid_size: number | null;
  ask_price: number | null;
  ask_size: number | null;
  update_id: string | null;
}

/** A row of the depth table in its JSON form. */
export interface DepthLine extends Common, State {
  type: "depth";
  bids: Level[];
  asks: Level[];
  bid_horizon: number | null;
  ask_horizon: number | null;
  seq: string | null;
}

/** All written rows of the top-of-book table, by instrument id. */
export function topLines(lane: Lane): TopLine[] {
  return lane.instruments().flatMap((row) => {
    const top = lane.top(row.id);
    return top === null ? [] : [topLine(lane, row, top)];
  });
}

/** All written rows of the depth table, by instrument id. */
export function depthLines(lane: Lane): DepthLine[] {
  return lane.instruments().flatMap((row) => {
    const depth = lane.depth(row.id);
    return depth === null ? [] : [depthLine(lane, row, depth)];
  });
}

function topLine(lane: Lane, row: InstrumentRow, top: TopOfBook): TopLine {
  return {
    type: "top",
    ...names(lane, row),
    bid_price: orNull(top.bidPrice),
    bid_size: orNull(top.bidSize),
    ask_price: orNull(top.askPrice),
    ask_size: orNull(top.askSize),
    update_id: top.updateId === "0" ? null : top.updateId,
    ...state(top),
  };
}

function depthLine(lane: Lane, row: InstrumentRow, depth: DepthOfBook): DepthLine {
  const { bids, asks, seq } = depth;
  return {
    type: "depth",
    ...names(lane, row),
    bids,
    asks,
    bid_horizon: orNull(depth.bidHorizon),
    ask_horizon: orNull(depth.askHorizon),
    seq: seq === "0" ? null : seq,
    ...state(depth),
  };
}

function names(lane: Lane, row: InstrumentRow): Common {
  return { venue: lane.venueOf(row), symbol: row.symbol, instrument: row.canonical };
}

function state(from: TopOfBook | DepthOfBook): State {
  return {
    validity: from.validity,
    reason: from.reason,
    epoch: from.epoch,
    ts_event: from.tsEvent === 0 ? null : from.tsEvent,
    ts_recv: from.tsRecv,
    log_seq: String(from.logSeq),
  };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
