/* Made from src/log/layout.ts by `npm run generate`; do not edit. See docs/layout.md. */
#ifndef FEEDHORN_H
#define FEEDHORN_H
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define FH_LAYOUT_VERSION 5u
#define FH_LAYOUT_HASH 183148185u
#define FH_DEPTH_LEVELS 50u
#define FH_NO_INSTRUMENT 4294967295u
#define FH_KIND_TRADE 1u
#define FH_KIND_QUOTE 2u
#define FH_KIND_BOOK 3u
#define FH_KIND_TICKER 4u
#define FH_KIND_STATS 5u
#define FH_KIND_OPTION_TICKER 6u
#define FH_KIND_INDEX 7u
#define FH_KIND_LIQUIDATION 8u
#define FH_KIND_INSTRUMENT 9u
#define FH_KIND_STATUS 10u
#define FH_KIND_SPOT_MID 11u
#define FH_KIND_IV_SURFACE 12u
#define FH_FLAG_GAP 2u
#define FH_FLAG_INVALID 4u
#define FH_FLAG_DUPLICATE 16u
#define FH_FLAG_SNAPSHOT 32u
#define FH_FLAG_RECOVERED 64u
#define FH_FLAG_LAST 128u

static const char *const fh_venues[] = {"", "binance", "binance-usdm", "binance-coinm", "binance-us", "coinbase", "coinbase-exchange", "kraken", "deribit", "gemini", "okx", "bitget", "bybit"};
static const char *const fh_validities[] = {"none", "live", "warming", "resyncing", "stale", "gapped", "crossed", "halted"};
static const char *const fh_states[] = {"unknown", "trading", "halted", "post_only", "cancel_only", "pre_open", "expired", "delisted"};
static const char *const fh_instrument_kinds[] = {"spot", "perpetual", "future", "option", "index"};
static const char *const fh_reasons[] = {"none", "starting", "sequence_gap", "checksum_mismatch", "connection_lost", "connection_gap", "buffer_overflow", "snapshot_too_old", "snapshot_failed", "silent", "crossed", "halted", "bad_frame", "metadata_changed", "requested", "depth_exhausted", "venue", "operator", "unproved", "audit"};
static const char *const fh_scopes[] = {"", "book", "instrument", "venue"};
static const char *const fh_sides[] = {"", "buy", "sell"};
static const char *const fh_qualities[] = {"none", "ok", "degraded", "suspect"};
static const char *const fh_source_states[] = {"none", "fresh", "stale", "invalid", "crossed", "empty"};
static const char *const fh_option_sides[] = {"none", "put", "call"};

/* Start of the region. */
typedef struct {
  char magic[8]; /* FEEDHORN; written last when a region is created */
  uint32_t version; /* LAYOUT_VERSION */
  uint32_t hash; /* LAYOUT_HASH */
  uint32_t size; /* bytes of the region */
  uint32_t slots; /* capacity of the ring, a power of two */
  uint32_t venues; /* rows of the venues table */
  uint32_t instruments; /* rows of the instruments, top and depth tables */
  uint32_t counters; /* rows */
  uint32_t histograms; /* rows */
  uint32_t readers; /* rows */
  uint32_t venues_at; /* offset of the section, bytes */
  uint32_t instruments_at;
  uint32_t counters_at;
  uint32_t histograms_at;
  uint32_t top_at;
  uint32_t depth_at;
  uint32_t readers_at;
  uint32_t ring_at;
  uint8_t unused_18[52];
  char lane[64]; /* name of the lane */
  int64_t created; /* UNIX ns */
  uint32_t first; /* sequence the ring began with, mod 2^32: no slot below it was ever here */
  uint32_t first_high; /* floor(first / 2^24) mod 2^32 */
  uint8_t unused_22[48];
  uint32_t writer_pid; /* process of the last writer */
  uint32_t instrument_count; /* rows in use: highest instrument id + 1 */
  int64_t started; /* when the last writer began, UNIX ns */
  int64_t heartbeat; /* the writer lived then, UNIX ns */
  uint32_t rings; /* 1 = the writer wakes readers that sleep on head; 0 = they must look by themselves */
  uint32_t max_stall; /* ms that the writer waits for a journal a whole ring behind; 0 = never */
  uint8_t unused_28[224];
  uint32_t claim; /* slots claimed ever, mod 2^32: intent, moves before slots are written */
  uint32_t claim_high; /* floor(slots claimed / 2^24) mod 2^32 */
  uint8_t unused_30[120];
  uint32_t head; /* slots committed ever, mod 2^32: moves after slots are written */
  uint32_t head_high; /* floor(slots committed / 2^24) mod 2^32 */
  uint32_t epoch; /* number of writers this region has had */
  uint8_t unused_33[3444];
} fh_header;
static_assert(sizeof(fh_header) == 4096, "header");
static_assert(offsetof(fh_header, magic) == 0, "header.magic");
static_assert(offsetof(fh_header, version) == 8, "header.version");
static_assert(offsetof(fh_header, hash) == 12, "header.hash");
static_assert(offsetof(fh_header, size) == 16, "header.size");
static_assert(offsetof(fh_header, slots) == 20, "header.slots");
static_assert(offsetof(fh_header, venues) == 24, "header.venues");
static_assert(offsetof(fh_header, instruments) == 28, "header.instruments");
static_assert(offsetof(fh_header, counters) == 32, "header.counters");
static_assert(offsetof(fh_header, histograms) == 36, "header.histograms");
static_assert(offsetof(fh_header, readers) == 40, "header.readers");
static_assert(offsetof(fh_header, venues_at) == 44, "header.venues_at");
static_assert(offsetof(fh_header, instruments_at) == 48, "header.instruments_at");
static_assert(offsetof(fh_header, counters_at) == 52, "header.counters_at");
static_assert(offsetof(fh_header, histograms_at) == 56, "header.histograms_at");
static_assert(offsetof(fh_header, top_at) == 60, "header.top_at");
static_assert(offsetof(fh_header, depth_at) == 64, "header.depth_at");
static_assert(offsetof(fh_header, readers_at) == 68, "header.readers_at");
static_assert(offsetof(fh_header, ring_at) == 72, "header.ring_at");
static_assert(offsetof(fh_header, lane) == 128, "header.lane");
static_assert(offsetof(fh_header, created) == 192, "header.created");
static_assert(offsetof(fh_header, first) == 200, "header.first");
static_assert(offsetof(fh_header, first_high) == 204, "header.first_high");
static_assert(offsetof(fh_header, writer_pid) == 256, "header.writer_pid");
static_assert(offsetof(fh_header, instrument_count) == 260, "header.instrument_count");
static_assert(offsetof(fh_header, started) == 264, "header.started");
static_assert(offsetof(fh_header, heartbeat) == 272, "header.heartbeat");
static_assert(offsetof(fh_header, rings) == 280, "header.rings");
static_assert(offsetof(fh_header, max_stall) == 284, "header.max_stall");
static_assert(offsetof(fh_header, claim) == 512, "header.claim");
static_assert(offsetof(fh_header, claim_high) == 516, "header.claim_high");
static_assert(offsetof(fh_header, head) == 640, "header.head");
static_assert(offsetof(fh_header, head_high) == 644, "header.head_high");
static_assert(offsetof(fh_header, epoch) == 648, "header.epoch");

/* Header of every slot; the body begins at byte 24. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  uint8_t unused_6[40];
} fh_slot;
static_assert(sizeof(fh_slot) == 64, "slot");
static_assert(offsetof(fh_slot, kind) == 0, "slot.kind");
static_assert(offsetof(fh_slot, flags) == 1, "slot.flags");
static_assert(offsetof(fh_slot, venue) == 2, "slot.venue");
static_assert(offsetof(fh_slot, instrument) == 4, "slot.instrument");
static_assert(offsetof(fh_slot, ts_event) == 8, "slot.ts_event");
static_assert(offsetof(fh_slot, ts_recv) == 16, "slot.ts_recv");

/* Kind 1: one trade. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double price;
  double size;
  uint64_t id; /* trade id; 0 = none */
  uint8_t unused_9[8];
  uint8_t side; /* aggressor: 1 buy, 2 sell, 0 unknown */
  uint8_t unused_10[7];
} fh_trade;
static_assert(sizeof(fh_trade) == 64, "trade");
static_assert(offsetof(fh_trade, kind) == 0, "trade.kind");
static_assert(offsetof(fh_trade, flags) == 1, "trade.flags");
static_assert(offsetof(fh_trade, venue) == 2, "trade.venue");
static_assert(offsetof(fh_trade, instrument) == 4, "trade.instrument");
static_assert(offsetof(fh_trade, ts_event) == 8, "trade.ts_event");
static_assert(offsetof(fh_trade, ts_recv) == 16, "trade.ts_recv");
static_assert(offsetof(fh_trade, price) == 24, "trade.price");
static_assert(offsetof(fh_trade, size) == 32, "trade.size");
static_assert(offsetof(fh_trade, id) == 40, "trade.id");
static_assert(offsetof(fh_trade, side) == 56, "trade.side");

/* Kind 2: best bid and offer; a side without quote is NaN. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double bid_price;
  double bid_size;
  double ask_price;
  double ask_size;
  uint64_t update_id; /* 0 = none */
} fh_quote;
static_assert(sizeof(fh_quote) == 64, "quote");
static_assert(offsetof(fh_quote, kind) == 0, "quote.kind");
static_assert(offsetof(fh_quote, flags) == 1, "quote.flags");
static_assert(offsetof(fh_quote, venue) == 2, "quote.venue");
static_assert(offsetof(fh_quote, instrument) == 4, "quote.instrument");
static_assert(offsetof(fh_quote, ts_event) == 8, "quote.ts_event");
static_assert(offsetof(fh_quote, ts_recv) == 16, "quote.ts_recv");
static_assert(offsetof(fh_quote, bid_price) == 24, "quote.bid_price");
static_assert(offsetof(fh_quote, bid_size) == 32, "quote.bid_size");
static_assert(offsetof(fh_quote, ask_price) == 40, "quote.ask_price");
static_assert(offsetof(fh_quote, ask_size) == 48, "quote.ask_size");
static_assert(offsetof(fh_quote, update_id) == 56, "quote.update_id");

/* Kind 3: one level of a book event; LAST closes the event. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double price;
  double size; /* 0 removes the level */
  uint64_t seq; /* sequence of the event; 0 = none */
  uint64_t prev_seq; /* sequence it links to; 0 = none */
  uint8_t side; /* 1 bid, 2 ask, 0 = no level: an event without levels */
  uint8_t has_checksum; /* 1 when checksum holds the venue's CRC */
  uint8_t unused_12[2];
  uint32_t checksum; /* CRC of the book after this event */
} fh_book;
static_assert(sizeof(fh_book) == 64, "book");
static_assert(offsetof(fh_book, kind) == 0, "book.kind");
static_assert(offsetof(fh_book, flags) == 1, "book.flags");
static_assert(offsetof(fh_book, venue) == 2, "book.venue");
static_assert(offsetof(fh_book, instrument) == 4, "book.instrument");
static_assert(offsetof(fh_book, ts_event) == 8, "book.ts_event");
static_assert(offsetof(fh_book, ts_recv) == 16, "book.ts_recv");
static_assert(offsetof(fh_book, price) == 24, "book.price");
static_assert(offsetof(fh_book, size) == 32, "book.size");
static_assert(offsetof(fh_book, seq) == 40, "book.seq");
static_assert(offsetof(fh_book, prev_seq) == 48, "book.prev_seq");
static_assert(offsetof(fh_book, side) == 56, "book.side");
static_assert(offsetof(fh_book, has_checksum) == 57, "book.has_checksum");
static_assert(offsetof(fh_book, checksum) == 60, "book.checksum");

/* Kind 4: derivatives figures; absent ones are NaN. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double mark;
  double index;
  double funding; /* rate as a fraction */
  double next_funding; /* UNIX us */
  double open_interest;
} fh_ticker;
static_assert(sizeof(fh_ticker) == 64, "ticker");
static_assert(offsetof(fh_ticker, kind) == 0, "ticker.kind");
static_assert(offsetof(fh_ticker, flags) == 1, "ticker.flags");
static_assert(offsetof(fh_ticker, venue) == 2, "ticker.venue");
static_assert(offsetof(fh_ticker, instrument) == 4, "ticker.instrument");
static_assert(offsetof(fh_ticker, ts_event) == 8, "ticker.ts_event");
static_assert(offsetof(fh_ticker, ts_recv) == 16, "ticker.ts_recv");
static_assert(offsetof(fh_ticker, mark) == 24, "ticker.mark");
static_assert(offsetof(fh_ticker, index) == 32, "ticker.index");
static_assert(offsetof(fh_ticker, funding) == 40, "ticker.funding");
static_assert(offsetof(fh_ticker, next_funding) == 48, "ticker.next_funding");
static_assert(offsetof(fh_ticker, open_interest) == 56, "ticker.open_interest");

/* Kind 5: 24-hour figures; absent ones are NaN. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double last;
  double volume; /* base units */
  double high;
  double low;
  double vwap;
} fh_stats;
static_assert(sizeof(fh_stats) == 64, "stats");
static_assert(offsetof(fh_stats, kind) == 0, "stats.kind");
static_assert(offsetof(fh_stats, flags) == 1, "stats.flags");
static_assert(offsetof(fh_stats, venue) == 2, "stats.venue");
static_assert(offsetof(fh_stats, instrument) == 4, "stats.instrument");
static_assert(offsetof(fh_stats, ts_event) == 8, "stats.ts_event");
static_assert(offsetof(fh_stats, ts_recv) == 16, "stats.ts_recv");
static_assert(offsetof(fh_stats, last) == 24, "stats.last");
static_assert(offsetof(fh_stats, volume) == 32, "stats.volume");
static_assert(offsetof(fh_stats, high) == 40, "stats.high");
static_assert(offsetof(fh_stats, low) == 48, "stats.low");
static_assert(offsetof(fh_stats, vwap) == 56, "stats.vwap");

/* Kind 6: figures of one option, in three slots; this is the body of the first. Absent ones are NaN. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double mark;
  double index;
  double underlying; /* forward the option is priced with */
  double open_interest;
  double interest_rate; /* fraction per year */
} fh_option_ticker;
static_assert(sizeof(fh_option_ticker) == 64, "option_ticker");
static_assert(offsetof(fh_option_ticker, kind) == 0, "option_ticker.kind");
static_assert(offsetof(fh_option_ticker, flags) == 1, "option_ticker.flags");
static_assert(offsetof(fh_option_ticker, venue) == 2, "option_ticker.venue");
static_assert(offsetof(fh_option_ticker, instrument) == 4, "option_ticker.instrument");
static_assert(offsetof(fh_option_ticker, ts_event) == 8, "option_ticker.ts_event");
static_assert(offsetof(fh_option_ticker, ts_recv) == 16, "option_ticker.ts_recv");
static_assert(offsetof(fh_option_ticker, mark) == 24, "option_ticker.mark");
static_assert(offsetof(fh_option_ticker, index) == 32, "option_ticker.index");
static_assert(offsetof(fh_option_ticker, underlying) == 40, "option_ticker.underlying");
static_assert(offsetof(fh_option_ticker, open_interest) == 48, "option_ticker.open_interest");
static_assert(offsetof(fh_option_ticker, interest_rate) == 56, "option_ticker.interest_rate");

/* Kind 7: value of an index. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double price;
  uint8_t unused_7[32];
} fh_index;
static_assert(sizeof(fh_index) == 64, "index");
static_assert(offsetof(fh_index, kind) == 0, "index.kind");
static_assert(offsetof(fh_index, flags) == 1, "index.flags");
static_assert(offsetof(fh_index, venue) == 2, "index.venue");
static_assert(offsetof(fh_index, instrument) == 4, "index.instrument");
static_assert(offsetof(fh_index, ts_event) == 8, "index.ts_event");
static_assert(offsetof(fh_index, ts_recv) == 16, "index.ts_recv");
static_assert(offsetof(fh_index, price) == 24, "index.price");

/* Kind 8: one forced order. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double price;
  double size;
  uint8_t unused_8[16];
  uint8_t side; /* of the forced order: 1 buy, 2 sell, 0 unknown */
  uint8_t unused_9[7];
} fh_liquidation;
static_assert(sizeof(fh_liquidation) == 64, "liquidation");
static_assert(offsetof(fh_liquidation, kind) == 0, "liquidation.kind");
static_assert(offsetof(fh_liquidation, flags) == 1, "liquidation.flags");
static_assert(offsetof(fh_liquidation, venue) == 2, "liquidation.venue");
static_assert(offsetof(fh_liquidation, instrument) == 4, "liquidation.instrument");
static_assert(offsetof(fh_liquidation, ts_event) == 8, "liquidation.ts_event");
static_assert(offsetof(fh_liquidation, ts_recv) == 16, "liquidation.ts_recv");
static_assert(offsetof(fh_liquidation, price) == 24, "liquidation.price");
static_assert(offsetof(fh_liquidation, size) == 32, "liquidation.size");
static_assert(offsetof(fh_liquidation, side) == 56, "liquidation.side");

/* Kind 9: the row of the instruments table changed. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  uint8_t unused_6[40];
} fh_instrument;
static_assert(sizeof(fh_instrument) == 64, "instrument");
static_assert(offsetof(fh_instrument, kind) == 0, "instrument.kind");
static_assert(offsetof(fh_instrument, flags) == 1, "instrument.flags");
static_assert(offsetof(fh_instrument, venue) == 2, "instrument.venue");
static_assert(offsetof(fh_instrument, instrument) == 4, "instrument.instrument");
static_assert(offsetof(fh_instrument, ts_event) == 8, "instrument.ts_event");
static_assert(offsetof(fh_instrument, ts_recv) == 16, "instrument.ts_recv");

/* Kind 10: a validity or trading state changed. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  uint8_t unused_6[32];
  uint8_t scope; /* 1 book, 2 instrument, 3 venue */
  uint8_t state; /* book: validity; instrument and venue: trading state */
  uint8_t reason; /* index of the reasons list */
  uint8_t unused_9[1];
  uint32_t epoch; /* of the book's validity; 0 otherwise */
} fh_status;
static_assert(sizeof(fh_status) == 64, "status");
static_assert(offsetof(fh_status, kind) == 0, "status.kind");
static_assert(offsetof(fh_status, flags) == 1, "status.flags");
static_assert(offsetof(fh_status, venue) == 2, "status.venue");
static_assert(offsetof(fh_status, instrument) == 4, "status.instrument");
static_assert(offsetof(fh_status, ts_event) == 8, "status.ts_event");
static_assert(offsetof(fh_status, ts_recv) == 16, "status.ts_recv");
static_assert(offsetof(fh_status, scope) == 56, "status.scope");
static_assert(offsetof(fh_status, state) == 57, "status.state");
static_assert(offsetof(fh_status, reason) == 58, "status.reason");
static_assert(offsetof(fh_status, epoch) == 60, "status.epoch");

/* Kind 11: price of a product over venues; this is the body of the first slot, one per venue follows, LAST closes. Absent ones are NaN. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double mid; /* median of the fresh mids */
  double divergence_bps; /* (highest - lowest) / lowest of them, in hundredths of a percent */
  double min_age; /* of the fresh ones since they were received, us */
  double max_age; /* us */
  uint8_t quality; /* index of the qualities list */
  uint8_t fresh; /* venues that count */
  uint8_t unused_12[6];
} fh_spot_mid;
static_assert(sizeof(fh_spot_mid) == 64, "spot_mid");
static_assert(offsetof(fh_spot_mid, kind) == 0, "spot_mid.kind");
static_assert(offsetof(fh_spot_mid, flags) == 1, "spot_mid.flags");
static_assert(offsetof(fh_spot_mid, venue) == 2, "spot_mid.venue");
static_assert(offsetof(fh_spot_mid, instrument) == 4, "spot_mid.instrument");
static_assert(offsetof(fh_spot_mid, ts_event) == 8, "spot_mid.ts_event");
static_assert(offsetof(fh_spot_mid, ts_recv) == 16, "spot_mid.ts_recv");
static_assert(offsetof(fh_spot_mid, mid) == 24, "spot_mid.mid");
static_assert(offsetof(fh_spot_mid, divergence_bps) == 32, "spot_mid.divergence_bps");
static_assert(offsetof(fh_spot_mid, min_age) == 40, "spot_mid.min_age");
static_assert(offsetof(fh_spot_mid, max_age) == 48, "spot_mid.max_age");
static_assert(offsetof(fh_spot_mid, quality) == 56, "spot_mid.quality");
static_assert(offsetof(fh_spot_mid, fresh) == 57, "spot_mid.fresh");

/* Kind 12: volatilities of one expiry; this is the body of the first slot, one per strike follows, LAST closes. The expiry stands in the instrument's row. Absent ones are NaN. */
typedef struct {
  uint8_t kind; /* what the body is (KIND) */
  uint8_t flags; /* LAST 128, RECOVERED 64, SNAPSHOT 32, DUPLICATE 16, INVALID 4, GAP 2 */
  uint16_t venue; /* venue code */
  uint32_t instrument; /* row of the instruments table; 4294967295 = none */
  int64_t ts_event; /* venue time, UNIX ns; 0 = the venue gave none */
  int64_t ts_recv; /* receive time, UNIX ns; never steps back */
  double index_price;
  double forward;
  double atm_iv; /* at the index price, a fraction */
  double atm_spread_iv; /* ask minus bid of the strike nearest the money */
  uint16_t source; /* venue of the options */
  uint16_t n_points; /* strikes with a young ticker */
  uint8_t quality; /* index of the qualities list */
  uint8_t butterfly; /* points that an arbitrage of strikes speaks against, at most 255 */
  uint8_t calendar; /* points that an arbitrage of expiries speaks against, at most 255 */
  uint8_t unused_15[1];
} fh_iv_surface;
static_assert(sizeof(fh_iv_surface) == 64, "iv_surface");
static_assert(offsetof(fh_iv_surface, kind) == 0, "iv_surface.kind");
static_assert(offsetof(fh_iv_surface, flags) == 1, "iv_surface.flags");
static_assert(offsetof(fh_iv_surface, venue) == 2, "iv_surface.venue");
static_assert(offsetof(fh_iv_surface, instrument) == 4, "iv_surface.instrument");
static_assert(offsetof(fh_iv_surface, ts_event) == 8, "iv_surface.ts_event");
static_assert(offsetof(fh_iv_surface, ts_recv) == 16, "iv_surface.ts_recv");
static_assert(offsetof(fh_iv_surface, index_price) == 24, "iv_surface.index_price");
static_assert(offsetof(fh_iv_surface, forward) == 32, "iv_surface.forward");
static_assert(offsetof(fh_iv_surface, atm_iv) == 40, "iv_surface.atm_iv");
static_assert(offsetof(fh_iv_surface, atm_spread_iv) == 48, "iv_surface.atm_spread_iv");
static_assert(offsetof(fh_iv_surface, source) == 56, "iv_surface.source");
static_assert(offsetof(fh_iv_surface, n_points) == 58, "iv_surface.n_points");
static_assert(offsetof(fh_iv_surface, quality) == 60, "iv_surface.quality");
static_assert(offsetof(fh_iv_surface, butterfly) == 61, "iv_surface.butterfly");
static_assert(offsetof(fh_iv_surface, calendar) == 62, "iv_surface.calendar");

/* Body of the second slot of kind 6: volatilities as fractions, first greeks. */
typedef struct {
  uint8_t unused_0[24];
  double mark_iv;
  double bid_iv;
  double ask_iv;
  double delta;
  double gamma;
} fh_option_volatility;
static_assert(sizeof(fh_option_volatility) == 64, "option_volatility");
static_assert(offsetof(fh_option_volatility, mark_iv) == 24, "option_volatility.mark_iv");
static_assert(offsetof(fh_option_volatility, bid_iv) == 32, "option_volatility.bid_iv");
static_assert(offsetof(fh_option_volatility, ask_iv) == 40, "option_volatility.ask_iv");
static_assert(offsetof(fh_option_volatility, delta) == 48, "option_volatility.delta");
static_assert(offsetof(fh_option_volatility, gamma) == 56, "option_volatility.gamma");

/* Body of the third slot of kind 6, which has LAST: further greeks, 24-hour figures. */
typedef struct {
  uint8_t unused_0[24];
  double vega;
  double theta;
  double rho;
  double last;
  double volume; /* 24 hours, base units */
} fh_option_greeks;
static_assert(sizeof(fh_option_greeks) == 64, "option_greeks");
static_assert(offsetof(fh_option_greeks, vega) == 24, "option_greeks.vega");
static_assert(offsetof(fh_option_greeks, theta) == 32, "option_greeks.theta");
static_assert(offsetof(fh_option_greeks, rho) == 40, "option_greeks.rho");
static_assert(offsetof(fh_option_greeks, last) == 48, "option_greeks.last");
static_assert(offsetof(fh_option_greeks, volume) == 56, "option_greeks.volume");

/* Body of the further slots of kind 11: one venue's part. */
typedef struct {
  uint8_t unused_0[24];
  double bid_price;
  double ask_price;
  double mid;
  double age; /* since it was received, us */
  uint16_t venue_code; /* venue of the price */
  uint8_t state; /* index of the source states list */
  uint8_t validity; /* of the price */
  uint8_t unused_7[4];
} fh_spot_source;
static_assert(sizeof(fh_spot_source) == 64, "spot_source");
static_assert(offsetof(fh_spot_source, bid_price) == 24, "spot_source.bid_price");
static_assert(offsetof(fh_spot_source, ask_price) == 32, "spot_source.ask_price");
static_assert(offsetof(fh_spot_source, mid) == 40, "spot_source.mid");
static_assert(offsetof(fh_spot_source, age) == 48, "spot_source.age");
static_assert(offsetof(fh_spot_source, venue_code) == 56, "spot_source.venue_code");
static_assert(offsetof(fh_spot_source, state) == 58, "spot_source.state");
static_assert(offsetof(fh_spot_source, validity) == 59, "spot_source.validity");

/* Body of the further slots of kind 12: one strike. */
typedef struct {
  uint8_t unused_0[24];
  double strike;
  double iv; /* a fraction */
  double bid_iv;
  double ask_iv;
  uint8_t side; /* 1 put, 2 call */
  uint8_t unused_5[7];
} fh_iv_point;
static_assert(sizeof(fh_iv_point) == 64, "iv_point");
static_assert(offsetof(fh_iv_point, strike) == 24, "iv_point.strike");
static_assert(offsetof(fh_iv_point, iv) == 32, "iv_point.iv");
static_assert(offsetof(fh_iv_point, bid_iv) == 40, "iv_point.bid_iv");
static_assert(offsetof(fh_iv_point, ask_iv) == 48, "iv_point.ask_iv");
static_assert(offsetof(fh_iv_point, side) == 56, "iv_point.side");

/* One venue. Sequence-locked. */
typedef struct {
  uint32_t lock; /* odd while being written; 0 = never written */
  uint16_t code; /* venue code */
  uint8_t state; /* trading state of the venue */
  uint8_t validity; /* worst validity of its books */
  uint32_t connections_up;
  uint32_t reconnects;
  int64_t last_recv; /* UNIX ns */
  char id[32]; /* venue id */
  uint8_t unused_8[8];
} fh_venue_row;
static_assert(sizeof(fh_venue_row) == 64, "venue_row");
static_assert(offsetof(fh_venue_row, lock) == 0, "venue_row.lock");
static_assert(offsetof(fh_venue_row, code) == 4, "venue_row.code");
static_assert(offsetof(fh_venue_row, state) == 6, "venue_row.state");
static_assert(offsetof(fh_venue_row, validity) == 7, "venue_row.validity");
static_assert(offsetof(fh_venue_row, connections_up) == 8, "venue_row.connections_up");
static_assert(offsetof(fh_venue_row, reconnects) == 12, "venue_row.reconnects");
static_assert(offsetof(fh_venue_row, last_recv) == 16, "venue_row.last_recv");
static_assert(offsetof(fh_venue_row, id) == 24, "venue_row.id");

/* One instrument; row number = id. Sequence-locked. */
typedef struct {
  uint32_t lock; /* odd while being written; 0 = never written */
  uint32_t id;
  uint16_t venue; /* venue code */
  uint8_t kind; /* 0 spot, 1 perpetual, 2 future, 3 option, 4 index */
  uint8_t status; /* trading state */
  int32_t price_precision; /* decimals in checksums; -1 = none */
  int32_t size_precision;
  uint8_t size_unit; /* what contract_value counts: 0 base coins, 1 units of the quote currency */
  uint8_t unused_8[3];
  double tick; /* NaN = unknown */
  double lot; /* NaN = unknown */
  double contract_value; /* what a size of 1 is worth, in size_unit; NaN = unknown */
  double expiry; /* UNIX us; NaN = never */
  double strike; /* NaN = none */
  char symbol[64]; /* native */
  char canonical[64];
  char base[24];
  char quote[24];
  uint8_t unused_17[16];
} fh_instrument_row;
static_assert(sizeof(fh_instrument_row) == 256, "instrument_row");
static_assert(offsetof(fh_instrument_row, lock) == 0, "instrument_row.lock");
static_assert(offsetof(fh_instrument_row, id) == 4, "instrument_row.id");
static_assert(offsetof(fh_instrument_row, venue) == 8, "instrument_row.venue");
static_assert(offsetof(fh_instrument_row, kind) == 10, "instrument_row.kind");
static_assert(offsetof(fh_instrument_row, status) == 11, "instrument_row.status");
static_assert(offsetof(fh_instrument_row, price_precision) == 12, "instrument_row.price_precision");
static_assert(offsetof(fh_instrument_row, size_precision) == 16, "instrument_row.size_precision");
static_assert(offsetof(fh_instrument_row, size_unit) == 20, "instrument_row.size_unit");
static_assert(offsetof(fh_instrument_row, tick) == 24, "instrument_row.tick");
static_assert(offsetof(fh_instrument_row, lot) == 32, "instrument_row.lot");
static_assert(offsetof(fh_instrument_row, contract_value) == 40, "instrument_row.contract_value");
static_assert(offsetof(fh_instrument_row, expiry) == 48, "instrument_row.expiry");
static_assert(offsetof(fh_instrument_row, strike) == 56, "instrument_row.strike");
static_assert(offsetof(fh_instrument_row, symbol) == 64, "instrument_row.symbol");
static_assert(offsetof(fh_instrument_row, canonical) == 128, "instrument_row.canonical");
static_assert(offsetof(fh_instrument_row, base) == 192, "instrument_row.base");
static_assert(offsetof(fh_instrument_row, quote) == 216, "instrument_row.quote");

/* One number with a name. Single writer. */
typedef struct {
  double value;
  uint32_t declared; /* 1 when the row is in use */
  uint32_t gauge; /* 0 only grows, 1 goes up and down */
  char name[56];
  char labels[88]; /* as in Prometheus: venue="okx",channel="trade" */
  char unit[16];
  char help[72];
  uint8_t unused_7[8];
} fh_counter_row;
static_assert(sizeof(fh_counter_row) == 256, "counter_row");
static_assert(offsetof(fh_counter_row, value) == 0, "counter_row.value");
static_assert(offsetof(fh_counter_row, declared) == 8, "counter_row.declared");
static_assert(offsetof(fh_counter_row, gauge) == 12, "counter_row.gauge");
static_assert(offsetof(fh_counter_row, name) == 16, "counter_row.name");
static_assert(offsetof(fh_counter_row, labels) == 72, "counter_row.labels");
static_assert(offsetof(fh_counter_row, unit) == 160, "counter_row.unit");
static_assert(offsetof(fh_counter_row, help) == 176, "counter_row.help");

/* A distribution, eight buckets per octave. Single writer. */
typedef struct {
  uint32_t declared; /* 1 when the row is in use */
  uint8_t unused_1[4];
  double count;
  double sum;
  double max;
  char name[56];
  char labels[88]; /* as in Prometheus: venue="okx",channel="trade" */
  char unit[16];
  char help[72];
  double buckets[210]; /* [0] < 1; then eight per octave; last: 2^26 and more */
  uint8_t unused_9[40];
} fh_histogram_row;
static_assert(sizeof(fh_histogram_row) == 1984, "histogram_row");
static_assert(offsetof(fh_histogram_row, declared) == 0, "histogram_row.declared");
static_assert(offsetof(fh_histogram_row, count) == 8, "histogram_row.count");
static_assert(offsetof(fh_histogram_row, sum) == 16, "histogram_row.sum");
static_assert(offsetof(fh_histogram_row, max) == 24, "histogram_row.max");
static_assert(offsetof(fh_histogram_row, name) == 32, "histogram_row.name");
static_assert(offsetof(fh_histogram_row, labels) == 88, "histogram_row.labels");
static_assert(offsetof(fh_histogram_row, unit) == 176, "histogram_row.unit");
static_assert(offsetof(fh_histogram_row, help) == 192, "histogram_row.help");
static_assert(offsetof(fh_histogram_row, buckets) == 264, "histogram_row.buckets");

/* Best bid and offer of one instrument. Sequence-locked. */
typedef struct {
  uint32_t lock; /* odd while being written; 0 = never written */
  uint32_t epoch; /* of the validity */
  int64_t ts_event; /* UNIX ns */
  int64_t ts_recv; /* UNIX ns */
  uint64_t update_id;
  double bid_price; /* NaN = none */
  double bid_size;
  double ask_price; /* NaN = none */
  double ask_size;
  uint64_t log_seq; /* slots committed when the row was written */
  uint8_t validity;
  uint8_t reason; /* of the validity */
  uint8_t unused_12[54];
} fh_top_row;
static_assert(sizeof(fh_top_row) == 128, "top_row");
static_assert(offsetof(fh_top_row, lock) == 0, "top_row.lock");
static_assert(offsetof(fh_top_row, epoch) == 4, "top_row.epoch");
static_assert(offsetof(fh_top_row, ts_event) == 8, "top_row.ts_event");
static_assert(offsetof(fh_top_row, ts_recv) == 16, "top_row.ts_recv");
static_assert(offsetof(fh_top_row, update_id) == 24, "top_row.update_id");
static_assert(offsetof(fh_top_row, bid_price) == 32, "top_row.bid_price");
static_assert(offsetof(fh_top_row, bid_size) == 40, "top_row.bid_size");
static_assert(offsetof(fh_top_row, ask_price) == 48, "top_row.ask_price");
static_assert(offsetof(fh_top_row, ask_size) == 56, "top_row.ask_size");
static_assert(offsetof(fh_top_row, log_seq) == 64, "top_row.log_seq");
static_assert(offsetof(fh_top_row, validity) == 72, "top_row.validity");
static_assert(offsetof(fh_top_row, reason) == 73, "top_row.reason");

/* Best 50 known levels per side of one instrument. Sequence-locked. */
typedef struct {
  uint32_t lock; /* odd while being written; 0 = never written */
  uint32_t epoch; /* of the validity */
  int64_t ts_event; /* UNIX ns */
  int64_t ts_recv; /* UNIX ns */
  uint64_t seq; /* of the book event */
  uint64_t log_seq; /* slots committed when the row was written */
  uint16_t bid_count; /* levels in use, all within the horizon */
  uint16_t ask_count;
  uint8_t validity;
  uint8_t reason; /* of the validity */
  uint8_t unused_10[2];
  double bid_horizon; /* bids below it are not known; NaN = the side is known to its end */
  double ask_horizon; /* asks above it are not known; NaN = the side is known to its end */
  double bids[100]; /* price, size, price, size ... best first */
  double asks[100];
} fh_depth_row;
static_assert(sizeof(fh_depth_row) == 1664, "depth_row");
static_assert(offsetof(fh_depth_row, lock) == 0, "depth_row.lock");
static_assert(offsetof(fh_depth_row, epoch) == 4, "depth_row.epoch");
static_assert(offsetof(fh_depth_row, ts_event) == 8, "depth_row.ts_event");
static_assert(offsetof(fh_depth_row, ts_recv) == 16, "depth_row.ts_recv");
static_assert(offsetof(fh_depth_row, seq) == 24, "depth_row.seq");
static_assert(offsetof(fh_depth_row, log_seq) == 32, "depth_row.log_seq");
static_assert(offsetof(fh_depth_row, bid_count) == 40, "depth_row.bid_count");
static_assert(offsetof(fh_depth_row, ask_count) == 42, "depth_row.ask_count");
static_assert(offsetof(fh_depth_row, validity) == 44, "depth_row.validity");
static_assert(offsetof(fh_depth_row, reason) == 45, "depth_row.reason");
static_assert(offsetof(fh_depth_row, bid_horizon) == 48, "depth_row.bid_horizon");
static_assert(offsetof(fh_depth_row, ask_horizon) == 56, "depth_row.ask_horizon");
static_assert(offsetof(fh_depth_row, bids) == 64, "depth_row.bids");
static_assert(offsetof(fh_depth_row, asks) == 864, "depth_row.asks");

/* Start of the readers section, the only part readers write; its journal words belong to the lane's one journal. */
typedef struct {
  uint32_t sleeps; /* changed by each reader before it sleeps on head; written by nobody else */
  uint8_t unused_1[60];
  uint32_t copied; /* slots below it are the journal's: in its files, or in its memory while a disk is full; mod 2^32 */
  uint32_t copied_high; /* floor(copied / 2^24) mod 2^32 */
  uint32_t durable; /* slots below it are on the disk, mod 2^32 */
  uint32_t durable_high; /* floor(durable / 2^24) mod 2^32 */
  uint32_t journal_pid; /* process of the journal that holds the writer; 0 = none does */
  uint32_t journal_holes; /* holes in the journal of this lane since it began to look */
  int64_t journal_beat; /* the journal lived then, UNIX ns */
  uint8_t unused_8[32];
  uint32_t stalls; /* changed by the writer before it sleeps on copied */
  uint8_t unused_9[124];
} fh_readers_header;
static_assert(sizeof(fh_readers_header) == 256, "readers_header");
static_assert(offsetof(fh_readers_header, sleeps) == 0, "readers_header.sleeps");
static_assert(offsetof(fh_readers_header, copied) == 64, "readers_header.copied");
static_assert(offsetof(fh_readers_header, copied_high) == 68, "readers_header.copied_high");
static_assert(offsetof(fh_readers_header, durable) == 72, "readers_header.durable");
static_assert(offsetof(fh_readers_header, durable_high) == 76, "readers_header.durable_high");
static_assert(offsetof(fh_readers_header, journal_pid) == 80, "readers_header.journal_pid");
static_assert(offsetof(fh_readers_header, journal_holes) == 84, "readers_header.journal_holes");
static_assert(offsetof(fh_readers_header, journal_beat) == 88, "readers_header.journal_beat");
static_assert(offsetof(fh_readers_header, stalls) == 128, "readers_header.stalls");

/* One reader, written by itself. */
typedef struct {
  uint32_t pid; /* 0 = free; claimed by compare-and-swap */
  uint32_t cursor; /* next slot to read, mod 2^32 */
  uint32_t cursor_high; /* floor(cursor / 2^24) mod 2^32 */
  uint32_t wait; /* how it waits: 1 timer, 2 yield, 3 spin, 4 futex; 0 = it does not say */
  double lost; /* slots lost to lapping */
  int64_t last_poll; /* UNIX ns */
  int64_t started; /* UNIX ns */
  char name[32];
  uint32_t role; /* 0 reads the ring, 1 the lane's journal, 2 reads journal and ring */
  uint32_t source; /* of role 2: 0 it reads the ring, 1 it is catching up from the journal */
  uint8_t unused_10[48];
} fh_reader_row;
static_assert(sizeof(fh_reader_row) == 128, "reader_row");
static_assert(offsetof(fh_reader_row, pid) == 0, "reader_row.pid");
static_assert(offsetof(fh_reader_row, cursor) == 4, "reader_row.cursor");
static_assert(offsetof(fh_reader_row, cursor_high) == 8, "reader_row.cursor_high");
static_assert(offsetof(fh_reader_row, wait) == 12, "reader_row.wait");
static_assert(offsetof(fh_reader_row, lost) == 16, "reader_row.lost");
static_assert(offsetof(fh_reader_row, last_poll) == 24, "reader_row.last_poll");
static_assert(offsetof(fh_reader_row, started) == 32, "reader_row.started");
static_assert(offsetof(fh_reader_row, name) == 40, "reader_row.name");
static_assert(offsetof(fh_reader_row, role) == 72, "reader_row.role");
static_assert(offsetof(fh_reader_row, source) == 76, "reader_row.source");

#endif
