import type { Level, MarketEvent, Venue } from "../../src/model/index.ts";

/**
 * A second, naive reading of Binance frames: JSON.parse, Number, objects. It shares nothing with src/venues and exists
 * to check what the parsers make of fixtures and recorded sessions, value for value.
 */

type Wire = Record<string, unknown>;
type Body = Record<string, unknown> & { type: string; ts_event: number | null };

export interface PlainContext {
  readonly venue: Venue;
  /** Native symbols that are wanted. */
  readonly symbols: ReadonlySet<string>;
  readonly recv: number;
}

const text = (d: Wire, key: string): string => d[key] as string;
const number = (d: Wire, key: string): number => Number(d[key]);
const micros = (d: Wire, key: string): number =>
  number(d, key) >= 1e15 ? number(d, key) : number(d, key) * 1000;
const pairs = (d: Wire, key: string): Level[] =>
  (d[key] as [string, string][]).map(([price, size]) => [Number(price), Number(size)]);

/** Events of one data frame; null when it is of a form that carries none. */
export function plainFrame(frame: string, context: PlainContext): MarketEvent[] | null {
  const whole = JSON.parse(frame) as Wire;
  const stream = (whole["stream"] ?? "") as string;
  const d = (whole["data"] ?? whole) as Wire;
  const named = d["e"] === "forceOrder" ? text(d["o"] as Wire, "s") : (d["s"] as string | undefined);
  const symbol = named ?? stream.split("@")[0]!.toUpperCase();
  const body = plainBody(d, stream);
  if (body === null) return null;
  return context.symbols.has(symbol) ? body.map((one) => dress(one, symbol, context)) : [];
}

/** The snapshot event of a REST depth body. */
export function plainSnapshot(body: string, symbol: string, context: PlainContext): MarketEvent {
  return dress(fullBook(JSON.parse(body) as Wire), symbol, context);
}

function dress(body: Body, symbol: string, { venue, recv }: PlainContext): MarketEvent {
  const common = { venue: venue.id, symbol, instrument: venue.canonical(symbol), ts_recv: recv };
  return { ...body, ...common } as unknown as MarketEvent;
}

function plainBody(d: Wire, stream: string): Body[] | null {
  switch (d["e"]) {
    case "trade":
      return d["X"] !== undefined && d["X"] !== "MARKET" ? [] : [trade(d, "t")];
    case "aggTrade":
      return [trade(d, "a")];
    case "bookTicker":
      return [quote(d, micros(d, "T"))];
    case "depthUpdate":
      return stream.includes("rpiDepth") ? null : [depth(d, /@depth\d/.test(stream))];
    case "markPriceUpdate":
      return [mark(d)];
    case "24hrTicker":
      return number(d, "c") === 0 ? [] : [day(d)];
    case "forceOrder":
      return [forced(d["o"] as Wire)];
    case undefined:
      if (d["lastUpdateId"] !== undefined) return [fullBook(d)];
      return d["u"] === undefined ? null : [quote(d, null)];
    default:
      return null;
  }
}

function trade(d: Wire, id: string): Body {
  const [price, size] = [number(d, "p"), number(d, "q")];
  const side = d["m"] === true ? "sell" : "buy";
  return { type: "trade", id: String(d[id]), price, size, side, ts_event: micros(d, "T") };
}

function quote(d: Wire, ts_event: number | null): Body {
  const side = (price: string, size: string): [number | null, number | null] =>
    number(d, price) === 0 && number(d, size) === 0 ? [null, null] : [number(d, price), number(d, size)];
  const [bid_price, bid_size] = side("b", "B");
  const [ask_price, ask_size] = side("a", "A");
  return { type: "quote", bid_price, bid_size, ask_price, ask_size, update_id: String(d["u"]), ts_event };
}

function depth(d: Wire, complete: boolean): Body {
  return {
    type: "book",
    action: complete ? "snapshot" : "update",
    bids: pairs(d, "b"),
    asks: pairs(d, "a"),
    seq: String(d["u"]),
    prev_seq: String(d["pu"] ?? number(d, "U") - 1),
    ts_event: micros(d, "T" in d ? "T" : "E"),
  };
}

function fullBook(d: Wire): Body {
  const [bids, asks] = [pairs(d, "bids"), pairs(d, "asks")];
  const seq = number(d, "lastUpdateId") < 0 ? null : String(d["lastUpdateId"]);
  const ts_event = "T" in d ? micros(d, "T") : null;
  return { type: "book", action: "snapshot", bids, asks, seq, prev_seq: null, ts_event };
}

function mark(d: Wire): Body {
  return {
    type: "ticker",
    mark_price: number(d, "p"),
    ...(d["i"] === undefined ? {} : { index_price: number(d, "i") }),
    ...(d["r"] === "" ? {} : { funding_rate: number(d, "r") }),
    ...(d["T"] === 0 ? {} : { next_funding_ts: micros(d, "T") }),
    ts_event: micros(d, "E"),
  };
}

function day(d: Wire): Body {
  const figure = (key: string, name: string): object =>
    number(d, key) === 0 ? {} : { [name]: number(d, key) };
  return {
    type: "ticker",
    last_price: number(d, "c"),
    volume_24h: number(d, "v"),
    ...figure("h", "high_24h"),
    ...figure("l", "low_24h"),
    ...figure("w", "vwap_24h"),
    ts_event: micros(d, "E"),
  };
}

function forced(o: Wire): Body {
  const side = o["S"] === "SELL" ? "sell" : "buy";
  return { type: "liquidation", price: number(o, "p"), size: number(o, "q"), side, ts_event: micros(o, "T") };
}
