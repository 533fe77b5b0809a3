import { SEEN } from "../../book/index.ts";
import type { TradeHole } from "../../book/index.ts";
import { WORD } from "../../log/index.ts";
import { FLAG, FRAME, halvesToNumber, toMicros } from "../../model/index.ts";
import type { SymbolTable, TradeHistory } from "../../model/index.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Market } from "../market/market.ts";
import type { Meters } from "../meters.ts";

/** What one answer held, of all trades in it. Times are UNIX us, 0 where there are none. */
export interface TradePage {
  readonly first: number;
  readonly firstTime: number;
  readonly last: number;
  readonly lastTime: number;
  /** Trades of the hole that had not come before: they are on the log now. */
  readonly recovered: number;
}

/** A body of past trades, and what of it is wanted. */
export interface PastTrades {
  readonly history: TradeHistory;
  readonly market: Market;
  readonly body: Uint8Array;
  readonly hole: TradeHole;
  readonly meters: Meters;
  readonly symbols: SymbolTable;
}

/**
 * Takes a body of past trades: those that are missing in the hole go to the log, flagged RECOVERED, in the order of
 * their ids. Null when it is not readable, empty or larger than the ring takes. Between two reads only.
 */
export function takePast(core: LaneCore, past: PastTrades): TradePage | null {
  const { writer, slab, time, now } = core;
  const { history, market, body, symbols } = past;
  if (body.length > slab.capacity) return null;
  // It is judged alone in the ring: what is pending there goes first.
  writer.ring.commit();
  const { refused } = writer;
  slab.bytes.set(body);
  time.read(now);
  writer.venue = market.venue.code;
  writer.symbols = symbols;
  const verdict = history.parse(slab, 0, body.length, market.symbol, now, writer);
  writer.endFrame();
  const readable = verdict === FRAME.DATA && writer.refused === refused && writer.pending > 0;
  const page = readable ? recover(core, past) : null;
  if (page === null) writer.rewind(0);
  writer.refused = refused;
  writer.ring.commit();
  return page;
}

function recover({ writer, counters }: LaneCore, { market, hole, meters }: PastTrades): TradePage {
  const { i32 } = writer.slots;
  const end = writer.pending;
  const idAt = (i: number): number => {
    const w = writer.wordAt(i) + WORD.TRADE_ID;
    return halvesToNumber(i32[w + 1]!, i32[w]!);
  };
  const timeAt = (i: number): number => {
    const w = writer.wordAt(i) + WORD.TS_EVENT;
    return toMicros(i32[w + 1]!, i32[w]!);
  };
  const ends = {
    first: idAt(0),
    firstTime: timeAt(0),
    last: idAt(end - 1),
    lastTime: timeAt(end - 1),
  };
  let keep = 0;
  for (let i = 0; i < end; i++) {
    const w = writer.wordAt(i) + WORD.TRADE_ID;
    if (!hole.holds(idAt(i)) || market.trades.accept(i32[w]!, i32[w + 1]!) !== SEEN.LATE) continue;
    writer.mark(i, i + 1, FLAG.RECOVERED);
    keep = writer.move(i, i + 1, keep);
  }
  writer.rewind(keep);
  counters.add(meters.trades, keep);
  counters.add(meters.tradesRecovered, keep);
  return { ...ends, recovered: keep };
}
