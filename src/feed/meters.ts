import type { CounterWriter, HistogramWriter } from "../log/index.ts";
import type { VenueId } from "../model/index.ts";

const FALLBACKS = "frames that left the straight path, by what read them";

/** Every counter of a feed: name, extra labels, what it counts. All are per venue. */
const COUNTERS = {
  frames: ["feedhorn_frames_total", "", "frames received"],
  bytes: ["feedhorn_frame_bytes_total", "", "bytes of frames received"],
  bad: ["feedhorn_bad_frames_total", "", "frames that could not be read"],
  unknown: ["feedhorn_unknown_frames_total", "", "frames of no known form"],
  ignored: ["feedhorn_ignored_frames_total", "", "frames of channels that are not normalised"],
  control: ["feedhorn_control_frames_total", "", "acks, errors, status and metadata frames"],
  scanned: ["feedhorn_scanned_frames_total", "", "frames that the scanner read"],
  anyOrderTrade: ["feedhorn_parser_fallbacks_total", 'kind="trade",path="any_order"', FALLBACKS],
  anyOrderQuote: ["feedhorn_parser_fallbacks_total", 'kind="quote",path="any_order"', FALLBACKS],
  anyOrderBook: ["feedhorn_parser_fallbacks_total", 'kind="book",path="any_order"', FALLBACKS],
  anyOrderOther: ["feedhorn_parser_fallbacks_total", 'kind="other",path="any_order"', FALLBACKS],
  jsonTrade: ["feedhorn_parser_fallbacks_total", 'kind="trade",path="json"', FALLBACKS],
  jsonQuote: ["feedhorn_parser_fallbacks_total", 'kind="quote",path="json"', FALLBACKS],
  jsonBook: ["feedhorn_parser_fallbacks_total", 'kind="book",path="json"', FALLBACKS],
  jsonOther: ["feedhorn_parser_fallbacks_total", 'kind="other",path="json"', FALLBACKS],
  inexact: ["feedhorn_inexact_numbers_total", "", "numbers a double could not hold exactly"],
  trades: ["feedhorn_events_total", 'kind="trade"', "events committed"],
  quotes: ["feedhorn_events_total", 'kind="quote"', "events committed"],
  books: ["feedhorn_events_total", 'kind="book"', "events committed"],
  others: ["feedhorn_events_total", 'kind="other"', "events committed"],
  tradeDuplicates: ["feedhorn_duplicates_total", 'kind="trade"', "events dropped because they were seen"],
  quoteDuplicates: ["feedhorn_duplicates_total", 'kind="quote"', "events dropped because they were seen"],
  bookDuplicates: ["feedhorn_duplicates_total", 'kind="book"', "events dropped because they were seen"],
  tradeGaps: ["feedhorn_gaps_total", 'kind="trade"', "holes in sequences"],
  bookGaps: ["feedhorn_gaps_total", 'kind="book"', "holes in sequences"],
  connectionGaps: ["feedhorn_gaps_total", 'kind="connection"', "holes in sequences"],
  tradesMissing: ["feedhorn_missing_total", 'kind="trade"', "ids inside holes"],
  tradesRecovered: ["feedhorn_trades_recovered_total", "", "missed trades that were fetched"],
  tradesNeverExisted: [
    "feedhorn_trades_never_existed_total",
    "",
    "missing ids that the venue's own list does not have",
  ],
  tradesLost: ["feedhorn_trades_lost_total", "", "missing ids that could not be had any more"],
  spansFetched: ["feedhorn_trade_spans_total", 'result="whole"', "spans of missed trades asked for"],
  spansLost: ["feedhorn_trade_spans_total", 'result="lost"', "spans of missed trades asked for"],
  crossed: ["feedhorn_crossed_books_total", "", "books found crossed after an event"],
  checksumOk: ["feedhorn_checksums_total", 'result="match"', "book checksums compared"],
  checksumBad: ["feedhorn_checksums_total", 'result="mismatch"', "book checksums compared"],
  checksumNone: ["feedhorn_checksums_total", 'result="unavailable"', "book checksums compared"],
  resyncs: ["feedhorn_resyncs_total", "", "times a book asked for a new snapshot"],
  healed: ["feedhorn_books_proved_total", "", "times a book became live"],
  staleSnapshots: ["feedhorn_stale_snapshots_total", "", "snapshots older than the stream"],
  overflow: ["feedhorn_ring_refused_total", "", "events too large for the ring"],
  refused: ["feedhorn_refused_subscriptions_total", "", "subscriptions refused or unanswered"],
  goesOn: ["feedhorn_unsubscribes_unconfirmed_total", "", "ends of subscriptions that were not confirmed"],
  joined: ["feedhorn_instruments_joined_total", "", "instruments that began while the feed ran"],
  left: ["feedhorn_instruments_left_total", 'reason="unwanted"', "instruments that ended while the feed ran"],
  expired: [
    "feedhorn_instruments_left_total",
    'reason="expired"',
    "instruments that ended while the feed ran",
  ],
  delisted: [
    "feedhorn_instruments_left_total",
    'reason="delisted"',
    "instruments that ended while the feed ran",
  ],
  refreshes: ["feedhorn_metadata_refreshes_total", 'result="ok"', "times the metadata was fetched again"],
  refreshesFailed: [
    "feedhorn_metadata_refreshes_total",
    'result="failed"',
    "times the metadata was fetched again",
  ],
  silenceSuspected: ["feedhorn_silence_suspected_total", "", "streams silent longer than they ever were"],
  silenceRestarts: [
    "feedhorn_silence_restarts_total",
    "",
    "streams subscribed again because they were silent",
  ],
  silenceConfirmed: ["feedhorn_silence_confirmed_total", "", "silences in which something was missed"],
  silenceFalse: ["feedhorn_silence_false_total", "", "silences in which the market was only quiet"],
  failovers: ["feedhorn_failovers_total", "", "times another of several connections had to lead"],
  rotations: ["feedhorn_rotations_total", "", "connections replaced by ones that carried everything already"],
  auditRuns: ["feedhorn_audit_runs_total", "", "books compared, or tried to, with a fetched one"],
  auditsEqual: ["feedhorn_audit_equal_total", "", "audits that found the fetched book equal"],
  auditsUnclear: ["feedhorn_audit_unclear_total", "", "audits that could not compare"],
  auditLevels: ["feedhorn_audit_levels_total", "", "levels compared by audits"],
  auditWrongLevels: ["feedhorn_audit_wrong_levels_total", "", "levels that audits found wrong"],
  reconnects: ["feedhorn_reconnects_total", "", "sockets opened again"],
  snapshots: ["feedhorn_snapshots_total", 'result="ok"', "REST snapshots"],
  snapshotsFailed: ["feedhorn_snapshots_total", 'result="failed"', "REST snapshots"],
  rateLimited: ["feedhorn_rate_limited_total", "", "REST answers that asked for silence"],
} as const;

/** Values that go up and down. */
const GAUGES = {
  connectionsUp: ["feedhorn_connections_up", "", "sockets open"],
  connections: ["feedhorn_connections", "", "sockets wanted"],
  booksLive: ["feedhorn_books_live", "", "books proved right now"],
  booksWanted: ["feedhorn_books", "", "books subscribed"],
  auditWrongNotional: [
    "feedhorn_audit_wrong_notional",
    "",
    "price times difference in size of wrong levels, last audit",
  ],
  markets: ["feedhorn_instruments", "", "instruments subscribed"],
} as const;

/** Row numbers in the region's counters table, by name: the hot path adds to a row, nothing is looked up. */
export type Meters = { readonly [K in keyof typeof COUNTERS | keyof typeof GAUGES]: number } & {
  /** Rows of histograms, us: from a read to the end of what it caused, and three stages of one read in sixteen. */
  readonly latency: number;
  readonly parseStage: number;
  readonly commitStage: number;
  readonly tableStage: number;
};

/** Stages of a frame's way, each from the end of the one before; the first begins when the socket was read. */
const STAGES = {
  parseStage: ["parse", "from a socket read until its first frame is parsed"],
  commitStage: ["commit", "from a frame parsed until it is committed with the frames read with it"],
  tableStage: ["tables", "from a commit until the latest values of its instruments are written"],
} as const;

export function declareMeters(counters: CounterWriter, histograms: HistogramWriter, venue: VenueId): Meters {
  const rows: Record<string, number> = {};
  for (const [table, gauge] of [
    [COUNTERS, false],
    [GAUGES, true],
  ] as const) {
    for (const [key, [name, extra, help]] of Object.entries(table)) {
      const labels = `venue="${venue}"${extra === "" ? "" : `,${extra}`}`;
      rows[key] = counters.declare({ name, labels, unit: "", help }, gauge);
    }
  }
  rows["latency"] = histograms.declare({
    name: "feedhorn_commit_latency_us",
    labels: `venue="${venue}"`,
    unit: "us",
    help: "from a socket read until all its frames are committed",
  });
  for (const [key, [stage, help]] of Object.entries(STAGES)) {
    const labels = `venue="${venue}",stage="${stage}"`;
    rows[key] = histograms.declare({ name: "feedhorn_stage_latency_us", labels, unit: "us", help });
  }
  return rows as unknown as Meters;
}
