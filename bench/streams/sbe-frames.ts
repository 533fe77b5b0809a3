import {
  encodeText,
  instrumentOf,
  LONG,
  NUM,
  putMicros,
  putNumber,
  withOptions,
} from "../../src/model/index.ts";
import type { Level, MarketEvent, Out, ServerConnection, Subscription } from "../../src/model/index.ts";
import { binance } from "../../src/venues/binance/venue.ts";
import { seeded } from "../harness.ts";

/** The same seeded events of Binance Spot in both forms, and the plain way to read the JSON one. */

export const json = binance;
export const sbe = withOptions(binance, { stream: "sbe" });

const SYMBOL = "BTCUSDT";
const FRAMES = 600;
const NOW = 1_779_955_201_000_000;
/** Steps that make the exponents -8, the venue's own where its numbers have eight places. */
const INSTRUMENT = instrumentOf({ symbol: SYMBOL, canonical: "BTC-USDT", tick: 1e-8, lot: 1e-8 });

type Kind = "trade" | "quote" | "book";

export interface SbeCase {
  readonly name: string;
  readonly kind: Kind;
  readonly json: readonly Uint8Array[];
  readonly sbe: readonly Uint8Array[];
}

export function cases(): SbeCase[] {
  return [
    made("trade", "trade"),
    made("best bid and ask", "quote"),
    made("depth 2", "book", 2),
    made("depth 20", "book", 20),
    made("depth 100", "book", 100),
  ];
}

function made(name: string, kind: Kind, levels = 0): SbeCase {
  const next = seeded(levels + 7);
  const events = Array.from({ length: FRAMES }, (_, i) => eventOf(kind, i, levels, next));
  const subscription: Subscription = { channel: kind, symbol: SYMBOL };
  const path = "/stream?timeUnit=MICROSECOND";
  const connection: ServerConnection = { path, sequence: 0, active: [], now: () => NOW };
  return {
    name,
    kind,
    json: events.map((event) => encodeText(json.server.encode(event, INSTRUMENT, subscription, connection))),
    sbe: events.map((event) => sbe.server.encodeBinary!(event, INSTRUMENT, subscription, connection)!),
  };
}

function eventOf(kind: Kind, i: number, levels: number, next: () => number): MarketEvent {
  const mid = 11_834_561 + Math.floor(next() * 2000);
  const common = { venue: "", symbol: SYMBOL, instrument: null, ts_event: NOW + i * 1017, ts_recv: NOW };
  const size = (): number => Math.ceil(next() ** 4 * 1e7) / 1e5;
  const id = 72_000_000_000 + i * 7;
  if (kind === "trade")
    return {
      type: "trade",
      ...common,
      id: String(id),
      price: mid / 100,
      size: size(),
      side: next() < 0.5 ? "buy" : "sell",
    };
  if (kind === "quote") {
    const [bid_size, ask_size] = [size(), size()];
    const prices = { bid_price: mid / 100, ask_price: (mid + 1) / 100 };
    return { type: "quote", ...common, ...prices, bid_size, ask_size, update_id: String(id) };
  }
  const side = (sign: number): Level[] =>
    Array.from({ length: levels / 2 }, (_, n) => [(mid + sign * (n + 1)) / 100, size()]);
  const ids = { seq: String(id), prev_seq: String(id - 7) };
  return { type: "book", action: "update", ...common, bids: side(-1), asks: side(1), ...ids };
}

type Json = Record<string, never> & { data: Json };
const BID = 1;
const ASK = 2;

/** JSON.parse, Number of the fields, and the emitters our parsers call. Returns nothing: it is all in `out`. */
export const EMIT: Readonly<
  Record<Kind, (text: string, ids: ReadonlyMap<string, number>, out: Out) => void>
> = {
  trade(text, ids, out) {
    const d = (JSON.parse(text) as Json).data;
    putMicros(d["T"], out.long, LONG.TS);
    putNumber(d["t"], out.long, LONG.ID);
    out.num[NUM.PRICE] = Number(d["p"]);
    out.num[NUM.SIZE] = Number(d["q"]);
    out.trade(ids.get(d["s"])!, d["m"] ? ASK : BID, 0);
  },
  quote(text, ids, out) {
    const d = (JSON.parse(text) as Json).data;
    putMicros(0, out.long, LONG.TS);
    putNumber(d["u"], out.long, LONG.ID);
    out.num[NUM.BID_PRICE] = Number(d["b"]);
    out.num[NUM.BID_SIZE] = Number(d["B"]);
    out.num[NUM.ASK_PRICE] = Number(d["a"]);
    out.num[NUM.ASK_SIZE] = Number(d["A"]);
    out.quote(ids.get(d["s"])!, 0);
  },
  book(text, ids, out) {
    const d = (JSON.parse(text) as Json).data;
    putMicros(d["E"], out.long, LONG.TS);
    putNumber(d["u"], out.long, LONG.ID);
    putNumber(d["U"] - 1, out.long, LONG.PREV);
    const instrument = ids.get(d["s"])!;
    out.openBook(instrument, 0);
    emitLevels(d["b"], BID, out);
    emitLevels(d["a"], ASK, out);
    out.book(instrument, 0);
  },
};

function emitLevels(levels: [string, string][], side: number, out: Out): void {
  for (const level of levels) {
    out.num[NUM.PRICE] = Number(level[0]);
    out.num[NUM.SIZE] = Number(level[1]);
    out.level(side);
  }
}
