import type { Channel, Subscription } from "./channel.ts";
import type { Instrument, InstrumentStatus } from "./instrument.ts";
import type { MarketEvent, TradeEvent } from "./event.ts";
import type { Out } from "./out.ts";
import type { Slab } from "./slab.ts";
import type { Nanos } from "./time.ts";

/**
 * Numbers on the log of the venues that every reader knows by heart: never renumber. 0 is "none". A venue that is not
 * here says its number itself (`Venue.code`), and readers learn its name from the venues table of the region.
 */
export const VENUE_CODES = {
  binance: 1,
  "binance-usdm": 2,
  "binance-coinm": 3,
  "binance-us": 4,
  coinbase: 5,
  "coinbase-exchange": 6,
  kraken: 7,
  deribit: 8,
  gemini: 9,
  okx: 10,
  bitget: 11,
  bybit: 12,
} as const;

/** Known by heart, or any other. */
export type VenueId = keyof typeof VENUE_CODES | (string & {});

const IDS = Object.keys(VENUE_CODES) as (keyof typeof VENUE_CODES)[];

/** The id of a venue that is known by heart, or null: the region's table tells of others. */
export function venueOfCode(code: number): VenueId | null {
  return IDS.find((id) => VENUE_CODES[id] === code) ?? null;
}

/**
 * How completeness is proved. For books over (sequence, prev, last accepted):
 * - contiguous: seq <= last is old; prev > last is a gap (Binance spot: U-1 > last)
 * - prevLink: seq < last is old; prev !== last is a gap, but the first event after a snapshot may straddle it: prev <= last <= seq (futures pu)
 * - overlap: as contiguous, but the first id of an event equals the last id of the one before
 * - connectionWide: one counter for every frame of the socket; a gap makes every book of it stale
 * - checksum: no numbers; the CRC after each event is the proof
 * - snapshotOnly: each event is complete
 * - none: nothing can be proved; a book is live on the venue's word (reason UNPROVED) until something speaks against it
 */
export type Sequencing =
  | "contiguous"
  | "prevLink"
  | "overlap"
  | "connectionWide"
  | "checksum"
  | "snapshotOnly"
  | "none";

/** What is known of trade ids, per instrument: +1 each, only growing, or opaque. */
export type TradeIds = "contiguous" | "increasing" | "opaque";

/** One websocket address of a venue and what it carries. */
export interface SocketEndpoint {
  readonly name: string;
  /** Base URL; `connectUrl` of the venue may add a path or query. */
  readonly url: string;
  readonly channels: readonly Channel[];
  /** Subscribed on every connection of this endpoint without being asked for (heartbeats, instrument lists). */
  readonly always?: readonly Subscription[];
}

/** At most `count` messages in any `ms`. */
export interface MessageWindow {
  readonly count: number;
  readonly ms: number;
}

export interface VenueLimits {
  /** Subscriptions (channel x symbol) one socket may carry. */
  readonly streamsPerSocket: number;
  /** Messages we may send on one socket in `messageWindowMs`. */
  readonly messages: number;
  readonly messageWindowMs: number;
  /** Further limits on the same messages, all of which hold at once (per second and per hour). */
  readonly windows?: readonly MessageWindow[];
  /** Whether our keepalive pings are among the messages that the limits count. Default: true. */
  readonly pingsCount?: boolean;
  /** New connections we may open in `connectWindowMs`. */
  readonly connects: number;
  readonly connectWindowMs: number;
  /** REST request weight per minute. */
  readonly restWeight: number;
  /** Largest frame the venue may send, bytes. */
  readonly maxFrame: number;
}

export interface Heartbeat {
  /** Nothing at all (data, ping, heartbeat) for this long means the connection is dead. */
  readonly idleMs: number;
  /** What we send to learn that the other side lives: a websocket ping, or text made by the venue's grammar. */
  readonly ping?: { readonly everyMs: number; readonly text?: (id: number) => string };
}

/** A cold frame, read. One frame may say several things. */
export type Control =
  /**
   * Request `id` was accepted: whole, or for the one (channel, symbol) named, or, where the answer lists what it
   * accepted, `only` that: what else the request covers was left out without a word, which is a refusal.
   */
  | { type: "ack"; id: number | null; channel?: Channel; symbol?: string; only?: readonly Subscription[] }
  /** Complete list of what this connection is subscribed to now. */
  | { type: "active"; subscriptions: Subscription[] }
  /** `again`: what stands in the way passes (a limit, maintenance), so that the same may be asked once more, later. */
  | {
      type: "refused";
      id: number | null;
      channel?: Channel;
      symbol?: string;
      reason: string;
      again?: boolean;
    }
  | { type: "error"; reason: string }
  /** `at`: when the venue said so, UNIX us, where it tells. */
  | { type: "pong"; id: number | null; at?: number }
  /** The id of the last trade of a symbol there was: if it is never seen, trades are missing. */
  | { type: "last_trade"; symbol: string; id: number }
  | { type: "shutdown"; reason: string }
  | { type: "venue_status"; state: InstrumentStatus; detail: string }
  /** Metadata in the stream: `snapshot` true means all that the venue has, otherwise what is new or has changed. */
  | { type: "instruments"; instruments: Instrument[]; snapshot: boolean }
  /** The trading state of one instrument, where the venue tells it without the rest of its metadata. */
  | { type: "instrument_state"; symbol: string; state: InstrumentStatus }
  /** The venue wants this said at once (a ping in text, a test request). */
  | { type: "answer"; text: string }
  | { type: "unknown" };

/** A message to send, and what the venue will answer for. */
export interface Request {
  readonly id: number;
  readonly text: string;
  readonly covers: readonly Subscription[];
}

export interface RestRequest {
  /** Path and query below `rest.url`. */
  readonly path: string;
  readonly weight: number;
}

/** A whole book that is fetched beside the stream; its sequence is one of the stream's. */
export interface FetchedBook {
  readonly via: "rest";
  request(symbol: string): RestRequest;
  /** Most levels a side that a body has: a side of fewer is known to its end. Left out: none ever is. */
  readonly levels?: number;
  /** Native symbol named by a snapshot URL (frames files), or null when the URL is not one of a snapshot. */
  symbolOf(url: string): string | null;
  /** Reads a body at [start, end) into one SNAPSHOT book event. Returns FRAME.DATA or FRAME.BAD. */
  parse(slab: Slab, start: number, end: number, symbol: string, tsRecv: Nanos, out: Out): number;
}

/** How a book gets its first full state. */
export type SnapshotSource =
  | FetchedBook
  /** The stream sends it after (re)subscribing. */
  | { readonly via: "resubscribe" };

/**
 * Trades to be fetched: what lies between two that were heard, both of which the venue therefore has. Ids as the log has
 * them, times in UNIX us as the venue told them, 0 where it tells none.
 */
export interface TradeSpan {
  readonly channel: "trade" | "agg_trade";
  readonly from: number;
  readonly fromTime: number;
  readonly to: number;
  readonly toTime: number;
}

/** Past trades over REST. */
export interface TradeHistory {
  /**
   * What to ask for trades of a span, its ends included: any part of it that holds one end, best as much as one answer
   * may have. `refused`: how often the venue refused to answer for this span; null when there is no other way to ask.
   */
  request(symbol: string, span: TradeSpan, refused: number): RestRequest | null;
  /**
   * Reads a body at [start, end): one trade event for each trade in it, oldest first, without a hole that the venue's
   * own list does not have. Returns FRAME.DATA, or FRAME.BAD for what is not such a list, having emitted nothing.
   */
  parse(slab: Slab, start: number, end: number, symbol: string, tsRecv: Nanos, out: Out): number;
}

export interface InstrumentSource {
  /** Every one must be answered; together they list all instruments the venue (with its switches) can stream. */
  readonly requests: readonly RestRequest[];
  /** What comes after the page `body` that answered `request`; null when it was the last. */
  next?(request: RestRequest, body: string): RestRequest | null;
  /** All instruments of a metadata body. Throws SyntaxError on a body that is not the venue's. */
  parse(body: string): Instrument[];
}

/** Ranges [from, to, from, to ...] of a frame's bytes that are, one behind the other, a frame of their own. */
export type Piece = readonly number[];

/**
 * A venue, described: data and pure functions, run by one shared engine. No class, no state, no I/O.
 * Facts and their sources stand in the venue's own folder.
 */
export interface Venue {
  readonly id: VenueId;
  /** Its number on the log, 1 to 65535: that of VENUE_CODES, or one that no other venue has; never to be changed. */
  readonly code: number;
  readonly title: string;
  readonly sockets: readonly SocketEndpoint[];
  /** `usedWeightHeader`: response header with the weight already used in this minute, where the venue sends one. */
  readonly rest: { readonly url: string; readonly usedWeightHeader?: string };
  readonly headers: Readonly<Record<string, string>>;
  /** The upgrade of every socket must carry an API key in this header; `kind` says which one the venue takes. */
  readonly apiKey?: { readonly header: string; readonly kind: string };
  readonly limits: VenueLimits;
  readonly heartbeat: Heartbeat;
  /** Planned rotation before the venue's own cut, ms; 0 = never. */
  readonly rotateMs: number;
  readonly book: Sequencing;
  readonly trades: TradeIds;
  readonly snapshot: SnapshotSource;
  /** Where the stream sends its snapshots itself: a fetched book that live ones can be compared with. */
  readonly audit?: FetchedBook;
  /** Where trades that were missed can be had; left out where the venue has no list of them with the ids of its stream. */
  readonly history?: TradeHistory;
  readonly instruments: InstrumentSource;
  /** The venue sends no removal for levels pushed out of the subscribed depth: the book must be cut after each event. */
  readonly keepsDepth?: boolean;
  /** Levels a side that a subscription for `wanted` levels (or none said) really gets. */
  bookDepth?(wanted: number | undefined): number;
  /** True when `quote` is a real-time best bid and offer; otherwise the top of book comes from the book. */
  readonly quoteIsTop: boolean;

  /** Switches of this venue: name, the values it takes (the first is the default), and the venue they make. */
  readonly options?: Readonly<Record<string, Readonly<Record<string, Partial<Venue>>>>>;

  /**
   * Full URL to open for an endpoint, given its (possibly overridden) base URL. Where the address itself asks
   * (`subscriptions` are those of the connection), `subscribe` makes no requests, and a new connection asks again.
   */
  connectUrl(endpoint: SocketEndpoint, base: string, subscriptions?: readonly Subscription[]): string;
  subscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[];
  unsubscribe(subscriptions: readonly Subscription[], nextId: () => number): Request[];
  /** Reads a cold frame. Never throws: unreadable text is [{type: "unknown"}]. */
  control(text: string): Control[];

  /** Canonical name of a native symbol without metadata, or null when it cannot be told. */
  canonical(symbol: string): string | null;
  /** Native symbol of a canonical name, by rule. */
  native(canonical: string): string;
  /** Other spellings of a native symbol that appear in frames (lower-case stream names). */
  aliases(symbol: string): readonly string[];

  /** Hot path: frame bytes [start, end) to events. Returns FRAME.*; never throws. */
  parse(slab: Slab, start: number, end: number, tsRecv: Nanos, out: Out): number;
  /**
   * How a large frame of one book event can be read in parts, so that nothing else waits for all of it: pieces of about
   * `size` bytes. Each, read by `parse`, says a part of the event's levels and all else that the frame says; in order
   * they say all of it. Looks at a few bytes of each piece and proves no more than those: null unless they are as the
   * venue writes them. Never throws.
   */
  carve?(slab: Slab, start: number, end: number, size: number): readonly Piece[] | null;
  /**
   * What its frames are made of, by what they tell (a kind of event, or of a control): `path:types`, apart by spaces, as
   * its fixtures have them. What is not in here is drift; without a table all is learned while it runs.
   */
  readonly knownFrames?: Readonly<Record<string, string>>;
  readonly server: VenueServer;
}

/** Identity at run time; at compile time it holds a literal to the contract. */
export function defineVenue(venue: Venue): Venue {
  return venue;
}

/**
 * The venue with its switches set. Throws RangeError that names the switch, what was expected and what was seen.
 */
export function withOptions(venue: Venue, chosen: Readonly<Record<string, unknown>>): Venue {
  const changes = Object.entries(chosen).map(([name, value]) => {
    const values = venue.options?.[name];
    if (values === undefined) {
      const known = Object.keys(venue.options ?? {}).join(", ") || "none";
      throw new RangeError(`${venue.id} has no option "${name}"; it has ${known}`);
    }
    const change = values[String(value)];
    if (change !== undefined) return change;
    const expected = Object.keys(values).join(" or ");
    throw new RangeError(`${venue.id} ${name}: expected ${expected}, saw ${JSON.stringify(value)}`);
  });
  return Object.assign({}, venue, ...changes) as Venue;
}

/** What a client asked a simulated venue for. */
export interface ClientRequest {
  readonly op: "subscribe" | "unsubscribe" | "ping" | "list" | "property";
  readonly id: number | string | null;
  readonly subscriptions: readonly Subscription[];
  /** The request as sent, for grammars whose answer echoes it. */
  readonly raw: unknown;
}

/** Per-connection facts an encoder needs and may advance. */
export interface ServerConnection {
  /** Path and query the client opened. */
  readonly path: string;
  /** Next connection-wide frame number; the encoder uses and increments it. */
  sequence: number;
  /** Everything subscribed on this connection now. */
  readonly active: Subscription[];
  /** Simulated UNIX time, microseconds. */
  now(): number;
  /** Id of the last trade of a native symbol there was, for venues whose heartbeats name it. */
  lastTrade?(symbol: string): number;
}

/** The venue's side of `TradeHistory`. Pure. */
export interface TradeHistoryServer {
  /** What a path and query below `rest.url` asks for, a symbol of those listed; null when it is no such request. */
  read(
    path: string,
    symbols: readonly string[],
  ): { readonly symbol: string; readonly channel: TradeSpan["channel"] } | null;
  /** The answer; `trades` are all that the venue still has of that channel, oldest first. */
  body(trades: readonly TradeEvent[], instrument: Instrument, path: string): string;
}

/**
 * The venue's side of the wire, for the simulator: the inverse of `parse` and `control`.
 * Pure: state lives in the ServerConnection it is given.
 */
export interface VenueServer {
  /** ms between heartbeats the venue sends by itself (0 = none), and ms between its websocket pings (0 = none). */
  readonly heartbeatMs: number;
  readonly pingMs: number;
  /** Book updates are batched over this many ms (0 = sent one by one). */
  readonly bookBatchMs: number;
  /** Reads a client frame; an Error's message is answered through `failure`. */
  request(text: string): ClientRequest | Error;
  welcome(connection: ServerConnection): string[];
  /** Subscriptions a connection has by its URL alone. */
  initial(path: string): Subscription[];
  /** Answers an accepted request, after `connection.active` was updated. */
  accept(request: ClientRequest, accepted: readonly Subscription[], connection: ServerConnection): string[];
  /** Answers the parts of a request that were refused. */
  refuse(request: ClientRequest, refused: readonly Subscription[], connection: ServerConnection): string[];
  failure(error: Error, connection: ServerConnection): string[];
  heartbeat(connection: ServerConnection): string | null;
  /** The same where each of several symbols has one: used instead of `heartbeat`. */
  heartbeats?(connection: ServerConnection): readonly string[];
  /** What every connection is told when maintenance begins (true) and ends, where such frames are documented. */
  maintenance?(begins: boolean, connection: ServerConnection): string[];
  /** One data frame for one event of a subscription, "" where the venue has none for it. `instrument` gives precisions. */
  encode(
    event: MarketEvent,
    instrument: Instrument,
    subscription: Subscription,
    connection: ServerConnection,
  ): string;
  /** The same as a binary frame, where the venue sends data so: used instead of `encode` unless it gives null. */
  encodeBinary?(
    event: MarketEvent,
    instrument: Instrument,
    subscription: Subscription,
    connection: ServerConnection,
  ): Uint8Array | null;
  /** REST body of a full book (best first), `event.seq` being its last update id. */
  snapshotBody(event: MarketEvent & { type: "book" }, instrument: Instrument): string;
  /** REST body of the metadata that `path` (path and query of one of the venue's requests) asks for. */
  instrumentsBody(instruments: readonly Instrument[], path: string): string;
  /** Answers the requests of `Venue.history`. */
  readonly history?: TradeHistoryServer;
  /** In-band answer after a subscription was accepted (book snapshot, instrument list), if the venue sends one. */
  sendsSnapshot(subscription: Subscription): boolean;
  /** REST error bodies: rate limited, unknown symbol. */
  restError(status: number): { body: string; headers: Record<string, string> };
}
