import type { Channel, Venue } from "../model/index.ts";
import { datedName } from "./lineup.ts";
import { listsTrades } from "./trade-lists.ts";

/**
 * What a fault strikes: the next data frame of a connection, a connection, one symbol of a connection,
 * the venue's front door, its REST side, or the market itself.
 */
export type FaultTarget = "frame" | "connection" | "symbol" | "venue" | "rest" | "market";

export interface Fault {
  readonly target: FaultTarget;
  /** Simulated ms it lasts unless the script says otherwise; 0 = an instant. */
  readonly durationMs: number;
  /**
   * Liveness bound, ms: a sound client is live again on everything concerned this long after the fault ended.
   * 0 = it must not be disturbed at all. At speed 1 and the venue's own limits.
   */
  readonly boundMs: number;
  /** The bound runs from the fault's beginning: a new connection is sound at once. */
  readonly fromStart?: true;
  /** The venue's idle limit is added to the bound: only silence gives this fault away. */
  readonly plusIdle?: true;
  /** Only for venues whose books prove themselves this way; {@link WHY_ONLY} says why others are spared. */
  readonly only?:
    | "checksum"
    | "proof"
    | "stream_snapshot"
    | "rest_snapshot"
    | "notice"
    | "counted_trades"
    | "trade_lists"
    | "dated";
  /** Of frame faults: the channel whose frames are struck unless the script says otherwise; default `book`. */
  readonly channel?: Channel;
  /** Of frame faults: so many successive frames are struck; default one. */
  readonly times?: number;
  readonly what: string;
}

/** Why a fault means nothing at the venues it is not for. */
export const WHY_ONLY: Readonly<Record<NonNullable<Fault["only"]>, string>> = {
  checksum: "numbers prove that a frame came, not what it says: only a checksum covers values",
  proof: "books without numbers and without a checksum: what is missing or out of order leaves no trace",
  stream_snapshot:
    "the stream of the venue has no snapshots: they are fetched; or nothing marks them, so that a live book has to take one for a gap",
  rest_snapshot: "nothing but metadata is fetched from the venue: snapshots come in its stream",
  counted_trades: "ids of trades only grow, or are names: none is missing where one was passed over",
  dated: "nothing that the venue lists expires",
  trade_lists: "each frame is one trade: nothing to put another into",
  notice: "no frame of the venue that tells of maintenance is played",
};

const SECOND = 1000;

function fault(
  target: FaultTarget,
  durationMs: number,
  boundMs: number,
  what: string,
  more: Pick<Fault, "plusIdle" | "only" | "fromStart" | "channel" | "times"> = {},
): Fault {
  return { target, durationMs, boundMs, what, ...more };
}

const IDLE = { plusIdle: true } as const;

/** Every fault there is, with its bound. */
export const FAULTS = {
  drop: fault("frame", 0, 5 * SECOND, "one data frame is not sent", { only: "proof" }),
  duplicate: fault("frame", 0, 0, "one data frame is sent twice"),
  flood: fault("frame", 0, 0, "one data frame is sent fifty times"),
  reorder: fault("frame", 0, 5 * SECOND, "two successive frames of a stream change places", {
    only: "proof",
  }),
  truncate: fault("frame", 0, 5 * SECOND, "one data frame ends in the middle"),
  smash: fault(
    "frame",
    0,
    5 * SECOND,
    "three structural bytes of a data frame are overwritten: it does not parse",
  ),
  flip_digit: fault("frame", 0, 5 * SECOND, "one digit of a size is wrong in a frame that still parses", {
    only: "checksum",
  }),
  wrong_checksum: fault("frame", 0, 5 * SECOND, "the checksum of one frame is not that of its book", {
    only: "checksum",
  }),
  crossed: fault("frame", 0, 5 * SECOND, "one frame has a bid at the price of the best ask"),
  zero_unknown: fault("frame", 0, 0, "one frame takes away a level that is not there"),
  unit_change: fault("frame", 0, 5 * SECOND, "the prices of one frame are a hundred times what they were"),
  quoted: fault("frame", 0, 5 * SECOND, "the numbers of one frame are texts", { only: "proof" }),
  renamed: fault("frame", 0, 5 * SECOND, "one key of a frame has another name", { only: "proof" }),
  drop_trades: fault("frame", 0, 5 * SECOND, "three successive trades of one symbol are not sent", {
    only: "counted_trades",
    channel: "trade",
    times: 3,
  }),
  merge_trades: fault("frame", 0, 0, "two successive trades come in one frame", {
    only: "trade_lists",
    channel: "trade",
  }),
  binary: fault("frame", 0, 5 * SECOND, "a data frame arrives as binary rubbish"),
  empty: fault("frame", 0, 0, "an empty text frame precedes the data"),
  unknown: fault("frame", 0, 0, "a well-formed frame of no known form precedes the data"),
  oversize: fault("frame", 0, 10 * SECOND, "a frame larger than the venue ever sends"),
  fragmented: fault("frame", 0, 0, "a data frame comes in continuation frames with a ping between"),
  dripped: fault("frame", 0, 0, "a data frame comes one byte a packet"),
  bad_utf8: fault("frame", 0, 10 * SECOND, "a text frame with a broken UTF-8 sequence"),
  bad_opcode: fault("frame", 0, 10 * SECOND, "a frame with a reserved opcode: the protocol is violated"),

  reset: fault("connection", 0, 10 * SECOND, "TCP reset: close code 1006"),
  fin: fault("connection", 0, 10 * SECOND, "TCP end without a close frame: close code 1006"),
  going_away: fault("connection", 0, 10 * SECOND, "clean close 1001"),
  service_restart: fault("connection", 0, 10 * SECOND, "clean close 1012"),
  half_open: fault(
    "connection",
    90 * SECOND,
    10 * SECOND,
    "nothing is sent, no ping answered; the socket stays open",
    { plusIdle: true, fromStart: true },
  ),
  silence: fault("connection", 30 * SECOND, 10 * SECOND, "no data; heartbeats and pings go on", IDLE),
  mute_heartbeat: fault("connection", 30 * SECOND, 0, "no heartbeats or pings from the venue; data goes on"),
  slow_drip: fault(
    "connection",
    3 * SECOND,
    5 * SECOND,
    "what is sent comes through in drops of a few bytes",
  ),
  lag: fault("connection", 2 * SECOND, 5 * SECOND, "all frames are held back, then come at once"),

  error_frame: fault("connection", 0, 0, "an error of the venue that answers no request"),

  stall: fault(
    "symbol",
    20 * SECOND,
    10 * SECOND,
    "one symbol's messages are discarded while the others flow",
    IDLE,
  ),
  zero_checksum: fault("symbol", 10 * SECOND, 30 * SECOND, "all checksums of one symbol are 0", {
    only: "checksum",
  }),
  replay_trades: fault("symbol", 0, 0, "the last twenty trades of one symbol are sent again"),
  resnapshot: fault("symbol", 0, 0, "a full book is sent again in mid-stream", { only: "stream_snapshot" }),

  refuse_connections: fault(
    "venue",
    5 * SECOND,
    60 * SECOND,
    "connections are cut and new ones answered 503",
  ),
  hang_upgrade: fault("venue", 5 * SECOND, 60 * SECOND, "connections are cut and new ones never answered"),
  restart: fault("venue", 3 * SECOND, 60 * SECOND, "the whole venue is gone: connection refused"),
  dns_failure: fault(
    "venue",
    5 * SECOND,
    60 * SECOND,
    "connections are cut and the venue's name is not known",
  ),
  lifetime: fault(
    "venue",
    0,
    10 * SECOND,
    "all connections end at once, closed 1001, as after their 24 hours",
  ),
  refuse_subscribe: fault(
    "venue",
    5 * SECOND,
    30 * SECOND,
    "connections are cut, what is asked for on new ones is refused, and these are cut in the end",
  ),
  lose_acks: fault("venue", 5 * SECOND, 30 * SECOND, "requests take effect, but no answer comes"),
  ignore_subscribe: fault(
    "venue",
    5 * SECOND,
    30 * SECOND,
    "subscriptions are acknowledged but deliver nothing",
    IDLE,
  ),

  omit_subscribe: fault(
    "venue",
    5 * SECOND,
    30 * SECOND,
    "every second stream that is asked for is neither answered nor delivered",
    IDLE,
  ),
  maintenance: fault("venue", 10 * SECOND, 10 * SECOND, "maintenance is announced, and its end", {
    only: "notice",
  }),

  rest_429: fault("rest", 5 * SECOND, 70 * SECOND, "429 with Retry-After"),
  rest_418: fault("rest", 5 * SECOND, 130 * SECOND, "418: banned for a while, with Retry-After"),
  rest_503: fault("rest", 5 * SECOND, 40 * SECOND, "503 on every request"),
  rest_hang: fault("rest", 5 * SECOND, 40 * SECOND, "requests are taken and never answered"),
  rest_reset: fault("rest", 5 * SECOND, 40 * SECOND, "the connection is reset in the middle of a body"),
  rest_truncated: fault("rest", 5 * SECOND, 40 * SECOND, "a complete answer whose JSON ends in the middle"),
  rest_stale: fault("rest", 5 * SECOND, 40 * SECOND, "snapshots are old ones", { only: "rest_snapshot" }),

  quiet: fault("market", 30 * SECOND, 0, "one instrument does not trade or move: silence that is no fault"),
  skip_ids: fault("market", 0, 5 * SECOND, "the next trade passes over three ids, which never exist", {
    only: "counted_trades",
  }),
  delist: fault(
    "market",
    0,
    30 * SECOND,
    "one instrument leaves the venue's list without a word, and is listed again when a list without it was given",
  ),
  expire: fault(
    "market",
    0,
    30 * SECOND,
    "a dated future expires, leaves the venue's list, and is listed again with a date to come",
    { only: "dated" },
  ),
  restart_ids: fault(
    "market",
    0,
    60 * SECOND,
    "the venue counts anew in mid-stream: ids of trades and of changes of books begin far below all there were",
  ),
  burst: fault("market", 5 * SECOND, 0, "twenty times the activity"),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

export function faultOf(name: FaultName): Fault {
  return FAULTS[name];
}

/** The bound for one venue, ms after the fault's end. */
export function boundOf(name: FaultName, venue: Venue): number {
  const { boundMs, plusIdle } = faultOf(name);
  return boundMs + (plusIdle ? venue.heartbeat.idleMs : 0);
}

/** The channel whose frames a fault strikes unless it is told otherwise. */
export function channelOf(name: FaultName): Channel {
  return faultOf(name).channel ?? "book";
}

/** Whether the fault means anything at this venue, to frames of `channel`. */
export function applies(name: FaultName, venue: Venue, channel: Channel = channelOf(name)): boolean {
  const { only } = faultOf(name);
  if (only === "proof")
    return venue.book !== "none" || (channel === "trade" && venue.trades === "contiguous");
  if (only === "checksum") return venue.book === "checksum";
  if (only === "rest_snapshot") return venue.snapshot.via === "rest";
  if (only === "stream_snapshot") return venue.snapshot.via === "resubscribe" && venue.book !== "overlap";
  if (only === "counted_trades") return venue.trades === "contiguous";
  if (only === "dated") return datedName(venue) !== null;
  if (only === "trade_lists") return listsTrades(venue);
  if (only === "notice") return venue.server.maintenance !== undefined;
  return true;
}
