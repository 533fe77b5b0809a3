import type { Sequencing, TradeIds } from "../model/index.ts";
import type { Gap } from "./gap.ts";
import type { RowTally } from "./ledger-row.ts";
import type { TradeLine } from "./trade-line.ts";

/** How a venue proves completeness, as far as the ledger has to know it. */
export interface LedgerRules {
  readonly trades: TradeIds;
  readonly book: Sequencing;
  /** Trades come over other connections than books: what becomes of the book's connection says nothing of them. */
  readonly apart: boolean;
}

/**
 * One event, as numbers: the ledger is given every one of a lane, in their order on the log. Reused by the caller.
 * 64-bit numbers are halves.
 */
export class LedgerFacts {
  /** KIND and FLAG of its last slot. */
  kind = 0;
  flags = 0;
  venue = 0;
  /** Row of the instruments table; -1 when it is about none. */
  instrument = -1;
  /** Receive time, UNIX us. */
  at = 0;
  slots = 1;
  /** Trade id, update id or sequence; 0 = none. */
  idLo = 0;
  idHi = 0;
  /** Of a book event: the sequence it links to. */
  prevLo = 0;
  prevHi = 0;
  /** Sums of the hash over its slots. */
  readonly hash = new Int32Array(2);
  /** Of a status: it is about the book; VALIDITY and REASON. */
  book = false;
  state = 0;
  reason = 0;
}

/** What happened to the connections of a venue, as steps of one counter: a stream knows up to which it has heard. */
export class VenueDoubts {
  now = 0;
  /** Steps at which it last happened, and since when no connection is open (UNIX us; NaN = some are). */
  lost = 0;
  bad = 0;
  unread = 0;
  downSince = NaN;
}

/** One channel of one instrument. */
export class LedgerStream {
  tally: RowTally;
  /** Where trade ids count each message. */
  readonly line: TradeLine | null;
  /** Last sequence of a book. */
  lastId: number;
  /** Receive time of the last message, UNIX us; NaN before the first. */
  lastAt: number;
  /** Step of the venue's doubts at the last message. */
  heardAt: number;
  /** The connection of its instrument was lost since the last message. */
  cut = false;
  /** Nothing was heard in this run, but in an earlier one. */
  restored: boolean;

  constructor(tally: RowTally, line: TradeLine | null, before: Before | null, heardAt: number) {
    this.tally = tally;
    this.line = line;
    this.lastId = before?.id ?? -1;
    this.lastAt = before?.at ?? NaN;
    this.heardAt = heardAt;
    this.restored = before !== null;
  }
}

/** Where an earlier run of the gateway left a stream: its last id (-1 = none) and when it came, UNIX us. */
export interface Before {
  readonly id: number;
  readonly at: number;
}

/** One instrument: its streams, and the state of its book as the log tells it. */
export class LedgerInstrument {
  readonly id: number;
  readonly venue: number;
  readonly rules: LedgerRules;
  readonly doubts: VenueDoubts;
  /** By number of the channel. */
  readonly streams: (LedgerStream | null)[];
  /** The log has told of its book. */
  hasBook = false;
  /** Nobody listens to it any more. */
  retired = false;
  /** The book is not live since then (UNIX us; NaN = it is, or there is none), because of this. */
  downSince = NaN;
  downReason = "";
  /** The book lost its proof: what is missing, the sequence before it, and that of the snapshot that came since (-1 = none). */
  gap: Gap | null = null;
  gapFrom = -1;
  snapshot = -1;
  /** Since when its connection is gone, UNIX us; NaN = it is not. */
  cutSince = NaN;

  constructor(id: number, venue: number, rules: LedgerRules, doubts: VenueDoubts, channels: number) {
    this.id = id;
    this.venue = venue;
    this.rules = rules;
    this.doubts = doubts;
    this.streams = Array.from({ length: channels }, () => null);
  }
}
