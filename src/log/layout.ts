import { canonicalText, hashText, record } from "./record.ts";
import type { RecordLayout } from "./record.ts";

/**
 * Every byte of a region, as data. A region is one file:
 *
 *   header | venues | instruments | counters | histograms | top | depth | readers | ring
 *
 * Numbers are little-endian; every field lies at its natural alignment; unnamed bytes are zero.
 * 64-bit integers are read as two 32-bit words, low first. A change here changes LAYOUT_HASH and
 * must come with a new LAYOUT_VERSION, new golden bytes and regenerated clients (`npm run generate`).
 */
export const LAYOUT_VERSION = 5;

/** First eight bytes of a region. */
export const MAGIC = "FEEDHORN";

export const SLOT_BYTES = 64;
/** Int32 words of a slot. */
export const SLOT_WORDS = 16;
/** Instrument field of a slot that is about no instrument (status of a whole venue). */
export const NO_INSTRUMENT = 0xffffffff;
/** Levels per side of a depth row. */
export const DEPTH_LEVELS = 50;

const slot = { start: 24, size: SLOT_BYTES };

export const SLOT = record(
  "slot",
  "Header of every slot; the body begins at byte 24.",
  { size: SLOT_BYTES },
  {
    kind: ["u8", "what the body is (KIND)"],
    flags: ["u8", "LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2"],
    venue: ["u16", "venue code"],
    instrument: ["u32", "row of the instruments table; 4294967295 = none"],
    ts_event: ["i64", "venue time, UNIX ns; 0 = the venue gave none"],
    ts_recv: ["i64", "receive time, UNIX ns; never steps back"],
  },
);

export const TRADE = record("trade", "Kind 1: one trade.", slot, {
  price: ["f64", ""],
  size: ["f64", ""],
  id: ["u64", "trade id; 0 = none"],
  side: ["u8", "aggressor: 1 buy, 2 sell, 0 unknown", 56],
});

export const QUOTE = record("quote", "Kind 2: best bid and offer; a side without quote is NaN.", slot, {
  bid_price: ["f64", ""],
  bid_size: ["f64", ""],
  ask_price: ["f64", ""],
  ask_size: ["f64", ""],
  update_id: ["u64", "0 = none"],
});

export const BOOK = record("book", "Kind 3: one level of a book event; LAST closes the event.", slot, {
  price: ["f64", ""],
  size: ["f64", "0 removes the level"],
  seq: ["u64", "sequence of the event; 0 = none"],
  prev_seq: ["u64", "sequence it links to; 0 = none"],
  side: ["u8", "1 bid, 2 ask, 0 = no level: an event without levels"],
  has_checksum: ["u8", "1 when checksum holds the venue's CRC"],
  checksum: ["u32", "CRC of the book after this event", 60],
});

export const TICKER = record("ticker", "Kind 4: derivatives figures; absent ones are NaN.", slot, {
  mark: ["f64", ""],
  index: ["f64", ""],
  funding: ["f64", "rate as a fraction"],
  next_funding: ["f64", "UNIX us"],
  open_interest: ["f64", ""],
});

export const STATS = record("stats", "Kind 5: 24-hour figures; absent ones are NaN.", slot, {
  last: ["f64", ""],
  volume: ["f64", "base units"],
  high: ["f64", ""],
  low: ["f64", ""],
  vwap: ["f64", ""],
});

export const OPTION_TICKER = record(
  "option_ticker",
  "Kind 6: figures of one option, in three slots; this is the body of the first. Absent ones are NaN.",
  slot,
  {
    mark: ["f64", ""],
    index: ["f64", ""],
    underlying: ["f64", "forward the option is priced with"],
    open_interest: ["f64", ""],
    interest_rate: ["f64", "fraction per year"],
  },
);

export const OPTION_VOLATILITY = record(
  "option_volatility",
  "Body of the second slot of kind 6: volatilities as fractions, first greeks.",
  slot,
  {
    mark_iv: ["f64", ""],
    bid_iv: ["f64", ""],
    ask_iv: ["f64", ""],
    delta: ["f64", ""],
    gamma: ["f64", ""],
  },
);

export const OPTION_GREEKS = record(
  "option_greeks",
  "Body of the third slot of kind 6, which has LAST: further greeks, 24-hour figures.",
  slot,
  {
    vega: ["f64", ""],
    theta: ["f64", ""],
    rho: ["f64", ""],
    last: ["f64", ""],
    volume: ["f64", "24 hours, base units"],
  },
);

export const INDEX = record("index", "Kind 7: value of an index.", slot, { price: ["f64", ""] });

export const LIQUIDATION = record("liquidation", "Kind 8: one forced order.", slot, {
  price: ["f64", ""],
  size: ["f64", ""],
  side: ["u8", "of the forced order: 1 buy, 2 sell, 0 unknown", 56],
});

export const INSTRUMENT = record("instrument", "Kind 9: the row of the instruments table changed.", slot, {});

export const STATUS = record("status", "Kind 10: a validity or trading state changed.", slot, {
  scope: ["u8", "1 book, 2 instrument, 3 venue", 56],
  state: ["u8", "book: validity; instrument and venue: trading state"],
  reason: ["u8", "index of the reasons list"],
  epoch: ["u32", "of the book's validity; 0 otherwise", 60],
});

export const SPOT_MID = record(
  "spot_mid",
  "Kind 11: price of a product over venues; this is the body of the first slot, one per venue follows, LAST closes. Absent ones are NaN.",
  slot,
  {
    mid: ["f64", "median of the fresh mids"],
    divergence_bps: ["f64", "(highest - lowest) / lowest of them, in hundredths of a percent"],
    min_age: ["f64", "of the fresh ones since they were received, us"],
    max_age: ["f64", "us"],
    quality: ["u8", "index of the qualities list"],
    fresh: ["u8", "venues that count"],
  },
);

export const SPOT_SOURCE = record(
  "spot_source",
  "Body of the further slots of kind 11: one venue's part.",
  slot,
  {
    bid_price: ["f64", ""],
    ask_price: ["f64", ""],
    mid: ["f64", ""],
    age: ["f64", "since it was received, us"],
    venue_code: ["u16", "venue of the price"],
    state: ["u8", "index of the source states list"],
    validity: ["u8", "of the price"],
  },
);

export const IV_SURFACE = record(
  "iv_surface",
  "Kind 12: volatilities of one expiry; this is the body of the first slot, one per strike follows, LAST closes. The expiry stands in the instrument's row. Absent ones are NaN.",
  slot,
  {
    index_price: ["f64", ""],
    forward: ["f64", ""],
    atm_iv: ["f64", "at the index price, a fraction"],
    atm_spread_iv: ["f64", "ask minus bid of the strike nearest the money"],
    source: ["u16", "venue of the options"],
    n_points: ["u16", "strikes with a young ticker"],
    quality: ["u8", "index of the qualities list"],
    butterfly: ["u8", "points that an arbitrage of strikes speaks against, at most 255"],
    calendar: ["u8", "points that an arbitrage of expiries speaks against, at most 255"],
  },
);

export const IV_POINT = record("iv_point", "Body of the further slots of kind 12: one strike.", slot, {
  strike: ["f64", ""],
  iv: ["f64", "a fraction"],
  bid_iv: ["f64", ""],
  ask_iv: ["f64", ""],
  side: ["u8", "1 put, 2 call"],
});

export const HEADER = record(
  "header",
  "Start of the region.",
  { size: 4096 },
  {
    magic: ["char[8]", "FEEDHORN; written last when a region is created"],
    version: ["u32", "LAYOUT_VERSION"],
    hash: ["u32", "LAYOUT_HASH"],
    size: ["u32", "bytes of the region"],
    slots: ["u32", "capacity of the ring, a power of two"],
    venues: ["u32", "rows of the venues table"],
    instruments: ["u32", "rows of the instruments, top and depth tables"],
    counters: ["u32", "rows"],
    histograms: ["u32", "rows"],
    readers: ["u32", "rows"],
    venues_at: ["u32", "offset of the section, bytes"],
    instruments_at: ["u32", ""],
    counters_at: ["u32", ""],
    histograms_at: ["u32", ""],
    top_at: ["u32", ""],
    depth_at: ["u32", ""],
    readers_at: ["u32", ""],
    ring_at: ["u32", ""],
    lane: ["char[64]", "name of the lane", 128],
    created: ["i64", "UNIX ns", 192],
    first: ["u32", "sequence the ring began with, mod 2^32: no slot below it was ever here"],
    first_high: ["u32", "floor(first / 2^24) mod 2^32"],
    writer_pid: ["u32", "process of the last writer", 256],
    instrument_count: ["u32", "rows in use: highest instrument id + 1"],
    started: ["i64", "when the last writer began, UNIX ns"],
    heartbeat: ["i64", "the writer lived then, UNIX ns"],
    rings: ["u32", "1 = the writer wakes readers that sleep on head; 0 = they must look by themselves"],
    max_stall: ["u32", "ms that the writer waits for a journal a whole ring behind; 0 = never"],
    claim: ["u32", "slots claimed ever, mod 2^32: intent, moves before slots are written", 512],
    claim_high: ["u32", "floor(slots claimed / 2^24) mod 2^32"],
    head: ["u32", "slots committed ever, mod 2^32: moves after slots are written", 640],
    head_high: ["u32", "floor(slots committed / 2^24) mod 2^32"],
    epoch: ["u32", "number of writers this region has had"],
  },
);

export const VENUE_ROW = record(
  "venue_row",
  "One venue. Sequence-locked.",
  { size: 64 },
  {
    lock: ["u32", "odd while being written; 0 = never written"],
    code: ["u16", "venue code"],
    state: ["u8", "trading state of the venue"],
    validity: ["u8", "worst validity of its books"],
    connections_up: ["u32", ""],
    reconnects: ["u32", ""],
    last_recv: ["i64", "UNIX ns"],
    id: ["char[32]", "venue id"],
  },
);

export const INSTRUMENT_ROW = record(
  "instrument_row",
  "One instrument; row number = id. Sequence-locked.",
  { size: 256 },
  {
    lock: ["u32", "odd while being written; 0 = never written"],
    id: ["u32", ""],
    venue: ["u16", "venue code"],
    kind: ["u8", "0 spot, 1 perpetual, 2 future, 3 option, 4 index"],
    status: ["u8", "trading state"],
    price_precision: ["i32", "decimals in checksums; -1 = none"],
    size_precision: ["i32", ""],
    size_unit: ["u8", "what contract_value counts: 0 base coins, 1 units of the quote currency"],
    tick: ["f64", "NaN = unknown"],
    lot: ["f64", "NaN = unknown"],
    contract_value: ["f64", "what a size of 1 is worth, in size_unit; NaN = unknown"],
    expiry: ["f64", "UNIX us; NaN = never"],
    strike: ["f64", "NaN = none"],
    symbol: ["char[64]", "native"],
    canonical: ["char[64]", ""],
    base: ["char[24]", ""],
    quote: ["char[24]", ""],
  },
);

const label = {
  name: ["char[56]", ""],
  labels: ["char[88]", 'as in Prometheus: venue="okx",channel="trade"'],
  unit: ["char[16]", ""],
  help: ["char[72]", ""],
} as const;

export const COUNTER_ROW = record(
  "counter_row",
  "One number with a name. Single writer.",
  { size: 256 },
  {
    value: ["f64", ""],
    declared: ["u32", "1 when the row is in use"],
    gauge: ["u32", "0 only grows, 1 goes up and down"],
    ...label,
  },
);

/** Octaves of a histogram: 1 <= value < 2^26 (67 s in us). */
export const HISTOGRAM_OCTAVES = 26;
/** One bucket below 1, eight per octave, one at and above 2^26. */
export const HISTOGRAM_BUCKETS = HISTOGRAM_OCTAVES * 8 + 2;

export const HISTOGRAM_ROW = record(
  "histogram_row",
  "A distribution, eight buckets per octave. Single writer.",
  { size: 1984 },
  {
    declared: ["u32", "1 when the row is in use"],
    count: ["f64", ""],
    sum: ["f64", ""],
    max: ["f64", ""],
    ...label,
    buckets: [`f64[${HISTOGRAM_BUCKETS}]`, "[0] < 1; then eight per octave; last: 2^26 and more"],
  },
);

export const TOP_ROW = record(
  "top_row",
  "Best bid and offer of one instrument. Sequence-locked.",
  { size: 128 },
  {
    lock: ["u32", "odd while being written; 0 = never written"],
    epoch: ["u32", "of the validity"],
    ts_event: ["i64", "UNIX ns"],
    ts_recv: ["i64", "UNIX ns"],
    update_id: ["u64", ""],
    bid_price: ["f64", "NaN = none"],
    bid_size: ["f64", ""],
    ask_price: ["f64", "NaN = none"],
    ask_size: ["f64", ""],
    log_seq: ["u64", "slots committed when the row was written"],
    validity: ["u8", ""],
    reason: ["u8", "of the validity"],
  },
);

export const DEPTH_ROW = record(
  "depth_row",
  "Best 50 known levels per side of one instrument. Sequence-locked.",
  { size: 1664 },
  {
    lock: ["u32", "odd while being written; 0 = never written"],
    epoch: ["u32", "of the validity"],
    ts_event: ["i64", "UNIX ns"],
    ts_recv: ["i64", "UNIX ns"],
    seq: ["u64", "of the book event"],
    log_seq: ["u64", "slots committed when the row was written"],
    bid_count: ["u16", "levels in use, all within the horizon"],
    ask_count: ["u16", ""],
    validity: ["u8", ""],
    reason: ["u8", "of the validity"],
    bid_horizon: ["f64", "bids below it are not known; NaN = the side is known to its end"],
    ask_horizon: ["f64", "asks above it are not known; NaN = the side is known to its end"],
    bids: [`f64[${DEPTH_LEVELS * 2}]`, "price, size, price, size ... best first", 64],
    asks: [`f64[${DEPTH_LEVELS * 2}]`, ""],
  },
);

export const READERS_HEADER = record(
  "readers_header",
  "Start of the readers section, the only part readers write; its journal words belong to the lane's one journal.",
  { size: 256 },
  {
    sleeps: ["u32", "changed by each reader before it sleeps on head; written by nobody else"],
    copied: [
      "u32",
      "slots below it are the journal's: in its files, or in its memory while a disk is full; mod 2^32",
      64,
    ],
    copied_high: ["u32", "floor(copied / 2^24) mod 2^32"],
    durable: ["u32", "slots below it are on the disk, mod 2^32"],
    durable_high: ["u32", "floor(durable / 2^24) mod 2^32"],
    journal_pid: ["u32", "process of the journal that holds the writer; 0 = none does"],
    journal_holes: ["u32", "holes in the journal of this lane since it began to look"],
    journal_beat: ["i64", "the journal lived then, UNIX ns"],
    stalls: ["u32", "changed by the writer before it sleeps on copied", 128],
  },
);

export const READER_ROW = record(
  "reader_row",
  "One reader, written by itself.",
  { size: 128 },
  {
    pid: ["u32", "0 = free; claimed by compare-and-swap"],
    cursor: ["u32", "next slot to read, mod 2^32"],
    cursor_high: ["u32", "floor(cursor / 2^24) mod 2^32"],
    wait: ["u32", "how it waits: 1 timer, 2 yield, 3 spin, 4 futex; 0 = it does not say"],
    lost: ["f64", "slots lost to lapping"],
    last_poll: ["i64", "UNIX ns"],
    started: ["i64", "UNIX ns"],
    name: ["char[32]", ""],
    role: ["u32", "0 reads the ring, 1 the lane's journal, 2 reads journal and ring"],
    source: ["u32", "of role 2: 0 it reads the ring, 1 it is catching up from the journal"],
  },
);

/** Bodies by kind number; null where a kind is reserved. */
export const BODIES: readonly (RecordLayout | null)[] = [
  null,
  TRADE,
  QUOTE,
  BOOK,
  TICKER,
  STATS,
  OPTION_TICKER,
  INDEX,
  LIQUIDATION,
  INSTRUMENT,
  STATUS,
  SPOT_MID,
  IV_SURFACE,
];

/** Bodies of an event's further slots, by kind, where they differ from that of the first; the last one repeats. */
export const BODIES_BEHIND: Readonly<Record<number, readonly RecordLayout[]>> = {
  6: [OPTION_VOLATILITY, OPTION_GREEKS],
  11: [SPOT_SOURCE],
  12: [IV_POINT],
};

export const RECORDS: readonly RecordLayout[] = [
  HEADER,
  SLOT,
  ...BODIES.filter((body) => body !== null),
  OPTION_VOLATILITY,
  OPTION_GREEKS,
  SPOT_SOURCE,
  IV_POINT,
  VENUE_ROW,
  INSTRUMENT_ROW,
  COUNTER_ROW,
  HISTOGRAM_ROW,
  TOP_ROW,
  DEPTH_ROW,
  READERS_HEADER,
  READER_ROW,
];

/** Changes with any name, type or offset above. */
export const LAYOUT_HASH = hashText(canonicalText(RECORDS));
