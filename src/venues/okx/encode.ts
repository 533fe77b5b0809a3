import { plainText } from "../../model/index.ts";
import type {
  BookEvent,
  Instrument,
  InstrumentStatus,
  Level,
  LiquidationEvent,
  MarketEvent,
  OptionTickerEvent,
  QuoteEvent,
  ServerConnection,
  StatusEvent,
  Subscription,
  TickerEvent,
  TradeEvent,
} from "../../model/index.ts";
import { instrumentRow } from "./instruments.ts";
import { familyOf, indexOf, instTypeOf } from "./names.ts";

/**
 * Events to frames, key for key as the venue writes them in 2026: numbers as canonical texts without zeros at their
 * end, times in milliseconds. Throws RangeError for events the venue has no channel for.
 */
export function encode(
  event: MarketEvent,
  instrument: Instrument,
  subscription: Subscription,
  connection: ServerConnection,
): string {
  const ts = millis(event.ts_event ?? connection.now());
  switch (event.type) {
    case "book":
      return subscription.channel === "partial_book" ? books5(event, ts) : books(event, ts);
    case "trade":
      return frame("trades", event.symbol, trade(event, ts));
    case "quote":
      return frame("bbo-tbt", event.symbol, best(event, ts));
    case "ticker":
      return ticker(event, ts, connection);
    case "index":
      return frame("index-tickers", indexOf(event.symbol), index(event.symbol, event.price, ts));
    case "liquidation":
      return liquidation(event, ts);
    case "instrument":
      return instrumentFrame(instrument, event.status as InstrumentStatus);
    case "option_ticker":
      return optionTicker(event, ts, connection);
    case "status":
      return event.scope === "venue"
        ? statusFrame(event, ts)
        : instrumentFrame(instrument, event.state as InstrumentStatus);
    default:
      throw new RangeError(`expected an event of a venue, saw ${event.type}`);
  }
}

function millis(micros: number): string {
  return String(Math.floor(micros / 1000));
}

function frame(channel: string, instId: string, row: object): string {
  return JSON.stringify({ arg: { channel, instId }, data: [row] });
}

/** The last text of a level is the number of its orders, which events do not know. */
function levels(side: readonly Level[]): string[][] {
  return side.map(([price, size]) => [plainText(price), plainText(size), "0", size === 0 ? "0" : "1"]);
}

/** As a bare number: ids may be beyond what JSON.stringify writes without an exponent. */
function sequence(event: BookEvent): string {
  const link = event.action === "snapshot" ? "-1" : event.prev_seq;
  const own = event.seq === null ? "" : `,"seqId":${event.seq}`;
  return own === "" ? "" : `,"prevSeqId":${link ?? "-1"}${own}`;
}

/** `checksum` is 0 today; events of old recordings keep theirs. */
function books(event: BookEvent, ts: string): string {
  const arg = JSON.stringify({ channel: "books", instId: event.symbol });
  const sides = JSON.stringify({ asks: levels(event.asks), bids: levels(event.bids), ts }).slice(0, -1);
  const stamps = `"checksum":${(event.checksum ?? 0) | 0}${sequence(event)}`;
  return `{"arg":${arg},"action":"${event.action}","data":[${sides},${stamps}}]}`;
}

function books5(event: BookEvent, ts: string): string {
  const { symbol } = event;
  const arg = JSON.stringify({ channel: "books5", instId: symbol });
  const row = { asks: levels(event.asks), bids: levels(event.bids), instId: symbol, ts };
  const link = event.prev_seq === null ? "" : `,"prevSeqId":${event.prev_seq}`;
  const own = event.seq === null ? "" : `,"seqId":${event.seq}`;
  return `{"arg":${arg},"data":[${JSON.stringify(row).slice(0, -1)}${link}${own}}]}`;
}

/** `seqId` is the book's; the simulated one is made of the trade's id. */
function trade(event: TradeEvent, ts: string): object {
  const { symbol: instId, id: tradeId, price, size, side } = event;
  const values = { px: plainText(price), sz: plainText(size), side };
  return { instId, tradeId, ...values, ts, count: "1", source: "0", seqId: Number(tradeId) };
}

function best({ bid_price, bid_size, ask_price, ask_size, update_id }: QuoteEvent, ts: string): object {
  const side = (price: number | null, size: number | null): string[][] =>
    price === null ? [] : levels([[price, size ?? 0]]);
  const row = { asks: side(ask_price, ask_size), bids: side(bid_price, bid_size), ts };
  return update_id === null ? row : { ...row, seqId: Number(update_id) };
}

function text(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : plainText(value);
}

/** Each figure has a channel of its own: what an event says at once takes turns here, one frame an event. */
function ticker(event: TickerEvent, ts: string, connection: ServerConnection): string {
  const writers = [statistics, mark, funding, interest, indexPrice];
  return turn(
    writers.flatMap((write) => write(event, ts) ?? []),
    connection,
  );
}

function turn(frames: readonly string[], connection: ServerConnection): string {
  if (frames.length === 0) throw new RangeError("expected a ticker with a figure, saw none");
  return frames[connection.sequence++ % frames.length]!;
}

/** What has no channel for options alone (prices, open interest) is sent as for other derivatives. */
function optionTicker(event: OptionTickerEvent, ts: string, connection: ServerConnection): string {
  const rest = [statistics, mark, interest, indexPrice].flatMap((write) => write(event, ts) ?? []);
  return turn([...summary(event, ts), ...rest], connection);
}

/** Greeks in coins, which are not among the figures of an event, are those of Black and Scholes here. */
function summary(event: OptionTickerEvent, ts: string): string[] {
  const { symbol: instId, delta, gamma, vega, theta, mark_iv, bid_iv, ask_iv, underlying_price } = event;
  const figures = [delta, gamma, vega, theta, mark_iv, bid_iv, ask_iv, underlying_price];
  if (figures.every((one) => one === undefined)) return [];
  const [deltaBS, gammaBS, vegaBS, thetaBS] = [delta, gamma, vega, theta].map(text);
  const greeks = { delta: deltaBS, gamma: gammaBS, vega: vegaBS, theta: thetaBS };
  const vols = { realVol: "", bidVol: text(bid_iv), askVol: text(ask_iv), markVol: text(mark_iv) };
  const forward = { lever: "", fwdPx: text(underlying_price) };
  const head = { instType: "OPTION", instId, uly: indexOf(instId) };
  const row = { ...head, ...greeks, ...vols, ...forward, deltaBS, gammaBS, vegaBS, thetaBS, volLv: "", ts };
  return [JSON.stringify({ arg: { channel: "opt-summary", instFamily: familyOf(instId) }, data: [row] })];
}

/** What tickers of all kinds may say. */
type Figures = Omit<TickerEvent, "type">;
type WriteFigure = (event: Figures, ts: string) => string | null;

/** The volume in base units stands in vol24h of spot pairs and in volCcy24h of others. */
const statistics: WriteFigure = (event, ts) => {
  if (event.last_price === undefined) return null;
  const { symbol: instId, last_price, high_24h, low_24h, volume_24h } = event;
  const instType = instTypeOf(instId) ?? "SPOT";
  const last = text(last_price);
  const quote = { last, lastSz: "", askPx: "", askSz: "", bidPx: "", bidSz: "" };
  const range = {
    open24h: last,
    high24h: text(high_24h),
    low24h: text(low_24h),
    sodUtc0: last,
    sodUtc8: last,
  };
  const volume = text(volume_24h);
  const spot = instType === "SPOT";
  const volumes = { volCcy24h: spot ? "" : volume, vol24h: spot ? volume : "" };
  return frame("tickers", instId, { instType, instId, ...quote, ...range, ...volumes, ts });
};

const mark: WriteFigure = ({ symbol: instId, mark_price }, ts) =>
  mark_price === undefined
    ? null
    : frame("mark-price", instId, { instType: instTypeOf(instId), instId, markPx: text(mark_price), ts });

const EIGHT_HOURS = 28_800_000;

const funding: WriteFigure = ({ symbol: instId, funding_rate, next_funding_ts }, ts) => {
  if (funding_rate === undefined) return null;
  const at = next_funding_ts === undefined ? NaN : Math.floor(next_funding_ts / 1000);
  return frame("funding-rate", instId, {
    formulaType: "withRate",
    fundingRate: text(funding_rate),
    fundingTime: at > 0 ? String(at) : "",
    impactValue: "20000",
    instId,
    instType: instTypeOf(instId),
    interestRate: "0.0001",
    maxFundingRate: "0.00375",
    method: "current_period",
    minFundingRate: "-0.00375",
    nextFundingRate: "",
    nextFundingTime: at > 0 ? String(at + EIGHT_HOURS) : "",
    premium: "",
    prevFundingTime: at > 0 ? String(at - EIGHT_HOURS) : "",
    settFundingRate: "",
    settState: "settled",
    ts,
  });
};

const interest: WriteFigure = ({ symbol: instId, open_interest }, ts) =>
  open_interest === undefined
    ? null
    : frame("open-interest", instId, {
        instId,
        instType: instTypeOf(instId),
        oi: text(open_interest),
        oiCcy: "",
        oiUsd: "",
        ts,
      });

const indexPrice: WriteFigure = ({ symbol, index_price }, ts) =>
  index_price === undefined
    ? null
    : frame("index-tickers", indexOf(symbol), index(indexOf(symbol), index_price, ts));

function index(instId: string, price: number, ts: string): object {
  const idxPx = text(price);
  const day = { high24h: idxPx, low24h: idxPx, open24h: idxPx, sodUtc0: idxPx, sodUtc8: idxPx };
  return { instId, idxPx, ...day, ts };
}

/** Subscribed for a whole kind of instruments. A position that is bought back was short. */
function liquidation({ symbol: instId, price, size, side }: LiquidationEvent, ts: string): string {
  const type = instTypeOf(instId) ?? "SPOT";
  const instType = type === "SPOT" ? "MARGIN" : type;
  const posSide = side === "buy" ? "short" : "long";
  const order = { bkLoss: "0", bkPx: text(price), ccy: "", posSide, side: side ?? "", sz: text(size), ts };
  const instFamily = indexOf(instId);
  const row = { details: [order], instFamily, instId, instType, uly: instFamily };
  return JSON.stringify({ arg: { channel: "liquidation-orders", instType }, data: [row] });
}

function instrumentFrame(instrument: Instrument, status: InstrumentStatus): string {
  const instType = instTypeOf(instrument.symbol);
  return JSON.stringify({
    arg: { channel: "instruments", instType },
    data: [instrumentRow(instrument, status)],
  });
}

function statusFrame({ state }: StatusEvent, ts: string): string {
  const word = state === "trading" ? "completed" : state === "pre_open" ? "pre_open" : "ongoing";
  const times = { begin: ts, end: ts, preOpenBegin: "" };
  const row = { title: "Trading service upgrade", state: word, ...times, href: "", serviceType: "5" };
  const rest = { system: "unified", scheDesc: "", maintType: "1", env: "1", ts };
  return JSON.stringify({ arg: { channel: "status" }, data: [{ ...row, ...rest }] });
}
