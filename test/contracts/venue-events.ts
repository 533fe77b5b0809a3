import fc from "fast-check";
import type { Arbitrary } from "fast-check";
import { encodeText, instrumentOf } from "../../src/model/index.ts";
import type {
  BookEvent,
  Channel,
  Instrument,
  Level,
  MarketEvent,
  OptionTickerEvent,
  ServerConnection,
  Subscription,
  Venue,
  VenueId,
} from "../../src/model/index.ts";
import { RECV } from "./venue-rig.ts";

/** Events that a venue's encoder can be asked to write: what `parse` must give back. */

const PRICE_DECIMALS = 2;
const SIZE_DECIMALS = 5;
const NAMES = [
  "BTC-USDT",
  "BTC-USD",
  "ETH-BTC",
  "BTC-USDT-PERP",
  "ETH-USDT-PERP",
  "BTC-USDT-25DEC26",
  "BTC-USD-PERP",
  "BTC-USD-25DEC26",
];

const OPTIONS = ["BTC-USD-25DEC26-100000-C", "BTC-USDT-25DEC26-100000-C", "ETH-USD-25DEC26-2500-P"];

/** What a venue's frames say of an option in one of its channels; venues that are here have options. */
const OPTION_FIGURES: Partial<Record<VenueId, readonly (keyof OptionTickerEvent)[]>> = {
  bybit: [
    ...(["mark_price", "index_price", "underlying_price", "open_interest", "last_price"] as const),
    ...(["volume_24h", "mark_iv", "bid_iv", "ask_iv", "delta", "gamma", "vega", "theta"] as const),
  ],
  deribit: [
    ...(["mark_price", "index_price", "underlying_price", "open_interest", "interest_rate"] as const),
    ...(["mark_iv", "bid_iv", "ask_iv", "delta", "gamma", "vega", "theta", "rho"] as const),
    ...(["last_price", "volume_24h"] as const),
  ],
  okx: ["underlying_price", "mark_iv", "bid_iv", "ask_iv", "delta", "gamma", "vega", "theta"],
};

/** A few instruments of the venue, by its own rule of names. */
export function instrumentsOf(venue: Venue): Instrument[] {
  const all = OPTION_FIGURES[venue.id] === undefined ? NAMES : [...NAMES, ...OPTIONS];
  return all.flatMap((canonical) => {
    const symbol = nativeOrNull(venue, canonical);
    if (symbol === null || venue.canonical(symbol) !== canonical) return [];
    const perpetual = canonical.endsWith("-PERP");
    const option = canonical.split("-").length === 5;
    const dated = canonical.split("-").length >= 3 && !perpetual;
    const kind = perpetual ? "perpetual" : option ? "option" : dated ? "future" : "spot";
    const expiry = dated ? Date.UTC(2026, 11, 25, 8) * 1000 : NaN;
    const steps = { tick: Number(`1e-${PRICE_DECIMALS}`), lot: Number(`1e-${SIZE_DECIMALS}`) };
    const precisions = { pricePrecision: PRICE_DECIMALS, sizePrecision: SIZE_DECIMALS };
    return [instrumentOf({ symbol, canonical, kind, expiry, status: "trading", ...steps, ...precisions })];
  });
}

function nativeOrNull(venue: Venue, canonical: string): string | null {
  try {
    return venue.native(canonical);
  } catch {
    return null;
  }
}

/** Fields a venue's frames have no room for: null after the round trip, whatever went in. */
const SPOT_BLANKS: Blanks = { quote: ["ts_event"], partial_book: ["ts_event", "prev_seq"] };
type Blanks = Partial<Record<Channel, readonly string[]>>;
const BLANKS: Partial<Record<VenueId, Blanks>> = {
  binance: SPOT_BLANKS,
  "binance-us": SPOT_BLANKS,
  coinbase: { quote: ["update_id"] },
  deribit: { quote: ["update_id"], partial_book: ["prev_seq"] },
  gemini: { partial_book: ["ts_event", "prev_seq"] },
  kraken: { quote: ["update_id"] },
};

/** Binary frames have a time each, and partial books no link. */
const BINARY_BLANKS: Blanks = { partial_book: ["prev_seq"] };

/** What the venue's frame of this channel can say of the event. */
export function carried(venue: Venue, channel: Channel, event: MarketEvent): MarketEvent {
  const blanks = (isBinary(venue) ? BINARY_BLANKS : BLANKS[venue.id])?.[channel] ?? [];
  return Object.assign({ ...event }, Object.fromEntries(blanks.map((key) => [key, null])));
}

/** One frame to be: what is subscribed, what happened, and what the connection knows. */
export interface Scene {
  readonly subscription: Subscription;
  readonly instrument: Instrument;
  readonly event: MarketEvent;
  readonly connection: ServerConnection;
}

const price: Arbitrary<number> = fc.integer({ min: 1, max: 99_999_999 }).map((n) => n / 10 ** PRICE_DECIMALS);
const size: Arbitrary<number> = fc.integer({ min: 1, max: 2 ** 40 }).map((n) => n / 10 ** SIZE_DECIMALS);
const sizeOrGone: Arbitrary<number> = fc.oneof({ weight: 4, arbitrary: size }, fc.constant(0));
/** Whole milliseconds of 2026, in microseconds: every venue can say these. */
const time: Arbitrary<number> = fc
  .integer({ min: 1_767_225_600_000, max: 1_798_761_599_999 })
  .map((ms) => ms * 1000);
const id: Arbitrary<number> = fc.integer({ min: 2, max: 1e14 });
const rate: Arbitrary<number> = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 1e8 + 0);
const side = fc.constantFrom("buy" as const, "sell" as const);

function levels(of: Arbitrary<number>): Arbitrary<Level[]> {
  const one = fc.tuple(price, of) as Arbitrary<Level>;
  return fc.uniqueArray(one, { maxLength: 12, selector: ([at]) => at });
}

/** Paths a client may have opened. A partial book of Binance is told by its wrapper alone. */
function paths(venue: Venue, channel: Channel): Arbitrary<string> {
  const urls = venue.sockets.map((endpoint) => new URL(venue.connectUrl(endpoint, endpoint.url)));
  const own = urls.map((url) => url.pathname + url.search);
  const bare = venue.id.startsWith("binance") && channel !== "partial_book" ? ["/ws", "/stream"] : [];
  return fc.constantFrom(...own, ...bare);
}

type Common = Pick<MarketEvent, "venue" | "symbol" | "instrument" | "ts_event" | "ts_recv">;

/** A book event by the venue's rule of sequence; `frame` is the connection-wide number of its frame. */
function bookOf(venue: Venue, common: Common, frame: number, complete: boolean): Arbitrary<BookEvent> {
  const numbered = fc.tuple(id, fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 0xffffffff }));
  return fc
    .tuple(levels(complete ? size : sizeOrGone), levels(complete ? size : sizeOrGone), numbered)
    .map(([bids, asks, [prev, step, checksum]]): BookEvent => ({
      type: "book",
      action: complete ? "snapshot" : "update",
      ...common,
      bids,
      asks,
      ...sequenceOf(venue, frame, prev, step, checksum),
    }));
}

function sequenceOf(
  venue: Venue,
  frame: number,
  prev: number,
  step: number,
  checksum: number,
): Pick<BookEvent, "seq" | "prev_seq" | "checksum"> {
  if (venue.book === "connectionWide") return { seq: String(frame), prev_seq: null };
  if (venue.book === "none") return { seq: null, prev_seq: null };
  if (venue.book === "checksum") return { seq: null, prev_seq: null, checksum };
  return { seq: String(prev + (ONE_BY_ONE.has(venue.id) ? 1 : step)), prev_seq: String(prev) };
}

/** Venues whose books count their events and name no link. */
const ONE_BY_ONE: ReadonlySet<VenueId> = new Set(["bybit"] as const);

/** Spot venues whose tickers are figures of the day. */
const STATISTICS: ReadonlySet<VenueId> = new Set([
  "bybit",
  "coinbase",
  "coinbase-exchange",
  "kraken",
] as const);

function statistics(venue: Venue, common: Common): Arbitrary<MarketEvent> {
  const day = { last_price: price, volume_24h: size, high_24h: price, low_24h: price };
  const figures = venue.id === "kraken" ? fc.record({ ...day, vwap_24h: price }) : fc.record(day);
  return figures.map((body) => ({ type: "ticker", ...common, ...body }));
}

/** Venues that send each figure of a ticker on a channel of its own. */
const SEPARATE: ReadonlySet<VenueId> = new Set(["okx"] as const);

function figure(common: Common): Arbitrary<MarketEvent> {
  const figures: Arbitrary<object> = fc.oneof(
    fc.record({ mark_price: price }),
    fc.record({ funding_rate: rate, next_funding_ts: time }),
    fc.record({ open_interest: size }),
    fc.record({ last_price: price, volume_24h: size, high_24h: price, low_24h: price }),
  );
  return figures.map((body) => ({ type: "ticker", ...common, ...body }));
}

/** Venues whose perpetuals pay funding all the time, so that there is no next. */
const ALL_THE_TIME: ReadonlySet<VenueId> = new Set(["deribit"] as const);

function contract(venue: Venue, common: Common): Arbitrary<MarketEvent> {
  const prices = { mark_price: price, index_price: price, funding_rate: rate };
  const figures: Arbitrary<object> = ALL_THE_TIME.has(venue.id)
    ? fc.record({ ...prices, open_interest: size })
    : fc.record({ ...prices, next_funding_ts: time });
  return figures.map((body) => ({ type: "ticker", ...common, ...body }));
}

/** Volatilities are above zero, greeks of either sign. */
const FRACTION = fc.integer({ min: 1, max: 50_000 }).map((n) => n / 10_000);

function optionFigures(venue: Venue, common: Common): Arbitrary<MarketEvent> {
  const of = (name: string): Arbitrary<number> =>
    name.endsWith("_iv") ? FRACTION : /price|interest|volume/.test(name) ? price : rate;
  const names = OPTION_FIGURES[venue.id] ?? [];
  const figures = fc.record(Object.fromEntries(names.map((name) => [name, of(name)])));
  return figures.map((body) => ({ type: "option_ticker", ...common, ...body }));
}

function eventOf(
  venue: Venue,
  channel: Channel,
  common: Common,
  frame: number,
): Arbitrary<MarketEvent> | null {
  switch (channel) {
    case "trade":
    case "agg_trade":
      return fc
        .record({ id: id.map(String), price, size, side })
        .map((body) => ({ type: "trade", ...common, ...body }));
    case "quote":
      return fc
        .record({
          bid_price: price,
          bid_size: size,
          ask_price: price,
          ask_size: size,
          update_id: id.map(String),
        })
        .map((body) => ({ type: "quote", ...common, ...body }));
    case "book":
      return bookOf(venue, common, frame, false);
    case "partial_book":
      return bookOf(venue, common, frame, true);
    case "ticker":
      if (isOption(common.instrument)) return optionFigures(venue, common);
      if (STATISTICS.has(venue.id)) return statistics(venue, common);
      if (SEPARATE.has(venue.id)) return figure(common);
      return contract(venue, common);
    case "liquidation":
      return fc.record({ price, size, side }).map((body) => ({ type: "liquidation", ...common, ...body }));
    default:
      return null;
  }
}

function isOption(canonical: string | null): boolean {
  return /-[CP]$/.test(canonical ?? "");
}

/** Frames of one channel, or null for channels without market events. */
export function scenes(venue: Venue, channel: Channel): Arbitrary<Scene> | null {
  const instruments = instrumentsOf(venue);
  const probe = { venue: venue.id, symbol: "", instrument: "", ts_event: 0, ts_recv: RECV };
  if (eventOf(venue, channel, probe, 1) === null) return null;
  const frame = fc.integer({ min: 1, max: 1e9 });
  return fc
    .tuple(fc.constantFrom(...instruments), time, frame, paths(venue, channel))
    .chain(([instrument, at, number, path]) => {
      const { symbol, canonical } = instrument;
      const common = { venue: venue.id, symbol, instrument: canonical, ts_event: at, ts_recv: RECV };
      const connection = { path, sequence: number, active: [], now: () => at + 1500 };
      const subscription: Subscription = { channel, symbol };
      return eventOf(venue, channel, common, number)!.map((event) => ({
        subscription,
        instrument,
        event,
        connection,
      }));
    });
}

/** Whether the venue sends its market data as binary frames. */
export function isBinary(venue: Venue): boolean {
  return venue.server.encodeBinary !== undefined;
}

/** The bytes of a scene's frame, in the form in which the venue sends it. */
export function bytesOf(venue: Venue, scene: Scene): Uint8Array {
  const { event, instrument, subscription, connection } = scene;
  const fresh = { ...connection, active: [subscription] };
  const binary = venue.server.encodeBinary?.(event, instrument, subscription, fresh);
  return binary ?? encodeText(frameOf(venue, scene));
}

/** The frame of a scene as text. Encoders advance the connection, so each call starts from a fresh one. */
export function frameOf(venue: Venue, scene: Scene): string {
  const { event, instrument, subscription, connection } = scene;
  return venue.server.encode(event, instrument, subscription, { ...connection, active: [subscription] });
}

/** Channels of the venue that carry market events. */
export function channelsOf(venue: Venue): Channel[] {
  const all = new Set(venue.sockets.flatMap((endpoint) => endpoint.channels));
  return [...all].filter((channel) => scenes(venue, channel) !== null);
}

/** Channels that a venue has for whole kinds of instruments only, so that its requests do not name them. */
const WHOLESALE: Partial<Record<VenueId, readonly Channel[]>> = {
  okx: ["liquidation"],
  bitget: ["liquidation"],
};

/** Channels that a venue has for all options of a coin. */
const OF_A_COIN: Partial<Record<VenueId, readonly Channel[]>> = { bybit: ["trade"] };

/** Channels of the venue that are asked for instrument by instrument. */
export function namedChannelsOf(venue: Venue): Channel[] {
  const options = instrumentsOf(venue).every(({ kind }) => kind === "option");
  const wholesale = [...(WHOLESALE[venue.id] ?? []), ...(options ? (OF_A_COIN[venue.id] ?? []) : [])];
  return channelsOf(venue).filter((channel) => !wholesale.includes(channel));
}
