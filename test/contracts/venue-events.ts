import fc from "fast-check";
import type { Arbitrary } from "fast-check";
import { encodeText, instrumentOf } from "../../src/model/index.ts";
import type {
  BookEvent,
  Channel,
  Instrument,
  Level,
  MarketEvent,
  ServerConnection,
  Subscription,
  Venue,
} from "../../src/model/index.ts";
import { RECV } from "./venue-rig.ts";
import { saysOf } from "./venue-says.ts";
import type { Says, TickerFigure } from "./venue-says.ts";

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

/** A few instruments of the venue, by its own rule of names. */
export function instrumentsOf(venue: Venue): Instrument[] {
  const all = saysOf(venue).option === undefined ? NAMES : [...NAMES, ...OPTIONS];
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

/** Binary frames have a time each, and partial books no link. */
const BINARY_BLANKS: NonNullable<Says["blanks"]> = { partial_book: ["prev_seq"] };

/** What the venue's frame of this channel can say of the event. */
export function carried(venue: Venue, channel: Channel, event: MarketEvent): MarketEvent {
  const blanks = (isBinary(venue) ? BINARY_BLANKS : saysOf(venue).blanks)?.[channel] ?? [];
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
  return { seq: String(prev + (saysOf(venue).one_by_one === true ? 1 : step)), prev_seq: String(prev) };
}

/** The usual ticker of a perpetual. */
const CONTRACT: readonly TickerFigure[] = ["mark_price", "index_price", "funding_rate", "next_funding_ts"];

/** Volatilities are above zero, greeks of either sign. */
const FRACTION = fc.integer({ min: 1, max: 50_000 }).map((n) => n / 10_000);

function figureOf(name: string): Arbitrary<number> {
  if (name.endsWith("_iv")) return FRACTION;
  if (name.endsWith("_ts")) return time;
  if (name === "open_interest" || name === "volume_24h") return size;
  return /price|high|low|vwap|interest/.test(name) ? price : rate;
}

function figures(names: readonly string[]): Arbitrary<object> {
  return fc.record(Object.fromEntries(names.map((name) => [name, figureOf(name)])));
}

function tickerOf(venue: Venue, common: Common): Arbitrary<MarketEvent> {
  const { option = [], ticker = [CONTRACT] } = saysOf(venue);
  if (isOption(common.instrument))
    return figures(option).map((body) => ({ type: "option_ticker", ...common, ...body }));
  return fc
    .constantFrom(...ticker)
    .chain(figures)
    .map((body) => ({ type: "ticker", ...common, ...body }));
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
      return tickerOf(venue, common);
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

/** Channels of the venue that are asked for instrument by instrument. */
export function namedChannelsOf(venue: Venue): Channel[] {
  const options = instrumentsOf(venue).every(({ kind }) => kind === "option");
  const { wholesale = [], wholesale_options: ofOptions = [] } = saysOf(venue);
  const unnamed = new Set([...wholesale, ...(options ? ofOptions : [])]);
  return channelsOf(venue).filter((channel) => !unnamed.has(channel));
}
