import { FLAG, KIND, REASON, REASON_NAMES, VALIDITY, halvesToNumber, putNumber } from "../model/index.ts";
import { Gap } from "./gap.ts";
import type { Outcome } from "./gap.ts";
import { LAST_ID, LEDGER_CHANNELS, RowTally } from "./ledger-row.ts";
import type { LedgerChannel, LedgerRow } from "./ledger-row.ts";
import { LedgerHours } from "./ledger-hours.ts";
import { LedgerInstrument, LedgerStream, VenueDoubts } from "./ledger-stream.ts";
import type { Before, LedgerFacts, LedgerRules } from "./ledger-stream.ts";
import { STEP, TradeLine } from "./trade-line.ts";

/** Hours are those of UTC, UNIX us. */
export const HOUR_US = 3_600_000_000;

/** Causes that are the ledger's own; the others are words of REASON_NAMES. */
export const CAUSE = {
  /** Ids are missing in the middle of a stream, and nothing tells why. */
  MISSING: "sequence_gap",
  LOST: "connection_lost",
  BAD: "bad_frame",
  /** The ledger was too slow to read it: the gateway may have had it. */
  UNREAD: "reader_lapped",
  /** The gateway did not run. */
  DOWN: "gateway_down",
} as const;

const TRADE = LEDGER_CHANNELS.indexOf("trade");
const BOOK = LEDGER_CHANNELS.indexOf("book");
const STATUS = LEDGER_CHANNELS.indexOf("status");

/** Number of the channel by kind of slot. */
const CHANNEL_OF = channelsByKind();

export interface LedgerOptions {
  rules(venue: number): LedgerRules;
  /** Names of an instrument, for rows. */
  name(instrument: number): Pick<LedgerRow, "venue" | "symbol" | "instrument">;
  /** Where an earlier run left a stream, or null. */
  before?(instrument: number, channel: LedgerChannel): Before | null;
  /** How long missing trades may still be fetched before they count as lost, us. */
  readonly patience?: number;
  /** Hours kept besides the current one, and rows of all of them. */
  readonly keepHours?: number;
  readonly maxRows?: number;
}

const PATIENCE_US = 60_000_000;

/**
 * What was heard, and what is missing: for each instrument, channel and hour. It is given every event of a lane as the log
 * tells it, and nothing else: what the lane dropped before (copies) it cannot know.
 *
 * Trades whose ids count up by one name their holes themselves. A book's holes are what lies between the last event
 * before it lost its proof and the snapshot that ended this. Where nothing is numbered, a lost connection is a gap of which
 * nothing more can be told.
 */
export class Ledger {
  readonly hours: LedgerHours;
  readonly #options: LedgerOptions;
  readonly #patience: number;
  readonly #instruments: (LedgerInstrument | undefined)[] = [];
  readonly #venues = new Map<number, VenueDoubts>();
  /** Settled gaps by cause and outcome ("cause outcome"). */
  readonly totals = new Map<string, number>();
  /** Gaps of trades that may still be filled, the oldest first. */
  #open: Gap[] = [];
  /** When the gateway did not run, UNIX us. */
  readonly #outage = new Float64Array(2).fill(NaN);
  #hour = -1;
  #hourEnd = -1;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#patience = options.patience ?? PATIENCE_US;
    this.hours = new LedgerHours(options.keepHours ?? 24, options.maxRows ?? 65_536);
  }

  /** Start of the current hour, UNIX us; -1 before anything was heard. */
  get hour(): number {
    return this.#hour;
  }

  /** Gaps that may still be filled. */
  get open(): number {
    return this.#open.length;
  }

  /** Takes the next event of the log. Hot: no allocation unless something is new or wrong. */
  accept(facts: LedgerFacts): void {
    if (facts.at >= this.#hourEnd) this.#roll(facts.at);
    if (facts.instrument < 0) return;
    const one = this.#instruments[facts.instrument] ?? this.#meet(facts.instrument, facts.venue);
    const channel = CHANNEL_OF[facts.kind]!;
    const stream = one.streams[channel] ?? this.#begin(one, channel);
    count(stream.tally, facts);
    if (channel === STATUS) {
      if (facts.book) this.#status(one, facts);
      return;
    }
    if (one.cutSince === one.cutSince) this.#heardAgain(one, facts.at);
    if (channel === TRADE) this.#trade(one, stream, facts);
    if (stream.line !== null) putNumber(Math.max(0, stream.line.high), stream.tally.words, LAST_ID);
    if (channel === BOOK) this.#book(one, stream, facts);
    stream.lastAt = facts.at;
    stream.heardAt = one.doubts.now;
    stream.cut = false;
    stream.restored = false;
  }

  /** A connection of the venue was lost, or a frame of it could not be read, before what is accepted next. */
  doubt(venue: number, cause: "lost" | "bad"): void {
    const doubts = this.#doubts(venue);
    doubts.now += 1;
    doubts[cause] = doubts.now;
  }

  /** Slots were passed unread, before what is accepted next: what is missing now may be there on the log. */
  unread(): void {
    for (const doubts of this.#venues.values()) {
      doubts.now += 1;
      doubts.unread = doubts.now;
    }
  }

  /** What the tables say of a book after slots were passed unread: its own word may have been among them. */
  believe(instrument: number, live: boolean, at: number): void {
    const one = this.#instruments[instrument];
    if (one === undefined || !one.hasBook) return;
    if (live) this.#live(one, at);
    else if (one.downSince !== one.downSince) this.#down(one, CAUSE.UNREAD, at);
  }

  /** Whether the venue has any connection open. Tells of instruments without a book, whose log says nothing of it. */
  connected(venue: number, up: boolean, at: number): void {
    const doubts = this.#doubts(venue);
    if (up === (doubts.downSince !== doubts.downSince)) return;
    if (!up) {
      doubts.downSince = at;
      return;
    }
    for (const one of this.#instruments)
      if (one?.doubts === doubts && !one.hasBook && !one.retired) this.#addCut(one, doubts.downSince, at);
    doubts.downSince = NaN;
  }

  /** The gateway did not run between these times (UNIX us): what begins again after it was not heard until then. */
  outage(from: number, to: number): void {
    if (to >= this.#hourEnd) this.#roll(to);
    this.#outage[0] = from;
    this.#outage[1] = to;
    for (const one of this.#instruments) {
      if (one === undefined || one.retired) continue;
      if (one.hasBook) {
        this.#down(one, CAUSE.DOWN, from);
        this.#break(one, one.streams[BOOK]!, CAUSE.DOWN);
      }
      one.streams.forEach((stream, channel) => {
        if (stream === null) return;
        stream.restored = true;
        if (channel !== BOOK && channel !== STATUS)
          stream.tally.wasDown(CAUSE.DOWN, to - Math.max(from, this.#hour));
      });
    }
  }

  /** Says what became of trade ids [from, to]: that the venue never gave them, or that they cannot be had any more. */
  settle(instrument: number, from: number, to: number, outcome: Exclude<Outcome, "open">): void {
    const line = this.#instruments[instrument]?.streams[TRADE]?.line;
    for (const gap of line?.gaps ?? []) if (gap.mark(from, to, outcome) > 0) this.#changed(gap);
  }

  /** Time goes on although nothing is heard. `now`: UNIX us, not before anything that is still to be accepted. */
  tick(now: number): void {
    if (now >= this.#hourEnd) this.#roll(now);
    while (this.#open.length > 0 && this.#open[0]!.until + this.#patience < now)
      this.#giveUp(this.#open.shift()!);
    this.#open = this.#open.filter((gap) => gap.outcome === "open");
  }

  /** Rows of an hour, the current one as far as it has come at `now` (UNIX us). */
  rows(hour: number, now: number): LedgerRow[] {
    if (hour !== this.#hour) return this.hours.rows(hour, (id) => this.#options.name(id));
    return this.#instruments.flatMap((one) => (one === undefined ? [] : this.#rowsOf(one, now)));
  }

  #rowsOf(one: LedgerInstrument, now: number): LedgerRow[] {
    const names = this.#options.name(one.id);
    return one.streams.flatMap((stream, channel) => {
      if (stream === null || (one.retired && stream.tally.empty)) return [];
      const [since, reason] = silence(one, channel);
      const us = since === since ? now - Math.max(since, this.#hour) : 0;
      return [stream.tally.told({ ...names, channel: LEDGER_CHANNELS[channel]! }, [reason, us])];
    });
  }

  #meet(id: number, venue: number): LedgerInstrument {
    const doubts = this.#doubts(venue);
    const one = new LedgerInstrument(id, venue, this.#options.rules(venue), doubts, LEDGER_CHANNELS.length);
    while (this.#instruments.length < id) this.#instruments.push(undefined);
    this.#instruments[id] = one;
    return one;
  }

  #doubts(venue: number): VenueDoubts {
    let doubts = this.#venues.get(venue);
    if (doubts === undefined) this.#venues.set(venue, (doubts = new VenueDoubts()));
    return doubts;
  }

  #begin(one: LedgerInstrument, channel: number): LedgerStream {
    const before = this.#options.before?.(one.id, LEDGER_CHANNELS[channel]!) ?? null;
    const counted = channel === TRADE && one.rules.trades === "contiguous";
    const line = counted ? new TradeLine(before?.id) : null;
    const stream = new LedgerStream(new RowTally(this.#hour), line, before, one.doubts.now);
    one.streams[channel] = stream;
    const [from, to] = this.#outage;
    if (before !== null && channel !== STATUS)
      stream.tally.wasDown(CAUSE.DOWN, to! - Math.max(from!, this.#hour));
    return stream;
  }

  #trade(one: LedgerInstrument, stream: LedgerStream, facts: LedgerFacts): void {
    const fetched = (facts.flags & FLAG.RECOVERED) !== 0;
    if (fetched) stream.tally.recovered += 1;
    const { line } = stream;
    if (line === null || (facts.idLo | facts.idHi) === 0) {
      if (!fetched) this.#unproved(one, stream, facts.at);
      return;
    }
    const id = halvesToNumber(facts.idHi, facts.idLo);
    switch (line.accept(id, fetched)) {
      case STEP.GAP:
        return this.#missing(stream, line.missingFrom, line.missingTo, facts.at, this.#cause(one, stream));
      case STEP.FILLED:
        line.filled!.mark(id, id, "filled");
        return this.#changed(line.filled!);
      case STEP.RESET:
        return this.#reset(stream, line, facts.at);
      default:
    }
  }

  #missing(stream: LedgerStream, from: number, to: number, at: number, cause: string): void {
    const gap = new Gap(stream.tally.hour, stream.lastAt, at, cause);
    gap.set(from, to, "open");
    stream.tally.add(gap);
    this.#open.push(gap);
    const left = stream.line!.keep(gap);
    if (left !== null) this.#giveUp(left);
  }

  #reset(stream: LedgerStream, line: TradeLine, at: number): void {
    stream.tally.resets += 1;
    for (const gap of line.gaps) this.#giveUp(gap);
    line.gaps = [];
    for (const [from, to] of line.missing) this.#missing(stream, from, to, at, CAUSE.MISSING);
  }

  /** Ids do not count each message: all that can be told is that some may be missing. */
  #unproved(one: LedgerInstrument, stream: LedgerStream, at: number): void {
    const cause = this.#cause(one, stream);
    if (cause === CAUSE.MISSING || cause === CAUSE.BAD || stream.lastAt !== stream.lastAt) return;
    const gap = new Gap(stream.tally.hour, stream.lastAt, at, cause, "unknown");
    stream.tally.add(gap);
    this.#changed(gap);
  }

  /** What happened to a stream since its last message. */
  #cause(one: LedgerInstrument, stream: LedgerStream): string {
    const { doubts, rules } = one;
    if (stream.heardAt < doubts.unread) return CAUSE.UNREAD;
    if (stream.restored) return CAUSE.DOWN;
    if (stream.cut) return CAUSE.LOST;
    if (stream.heardAt < doubts.lost && (!one.hasBook || rules.apart)) return CAUSE.LOST;
    return stream.heardAt < doubts.bad ? CAUSE.BAD : CAUSE.MISSING;
  }

  #book(one: LedgerInstrument, stream: LedgerStream, facts: LedgerFacts): void {
    const seq = halvesToNumber(facts.idHi, facts.idLo);
    const snapshot = (facts.flags & FLAG.SNAPSHOT) !== 0;
    if (one.gap !== null) {
      if (snapshot) one.snapshot = seq;
    } else if (stream.lastId > 0 && linked(one.rules)) {
      const reached = snapshot ? seq : halvesToNumber(facts.prevHi, facts.prevLo);
      if (reached > stream.lastId && (!snapshot || stream.heardAt < one.doubts.unread))
        this.#hole(one, stream, reached, facts.at);
    }
    if (seq > 0) stream.lastId = seq;
  }

  /** The lane lets nothing through that does not link: if it does not, it was the ledger that did not read it. */
  #hole(one: LedgerInstrument, stream: LedgerStream, to: number, at: number): void {
    const cause = this.#cause(one, stream);
    const gap = new Gap(stream.tally.hour, stream.lastAt, at, cause);
    gap.set(stream.lastId + 1, to, cause === CAUSE.UNREAD ? "unknown" : "lost");
    stream.tally.add(gap);
    this.#changed(gap);
  }

  #status(one: LedgerInstrument, { state, reason, at }: LedgerFacts): void {
    one.hasBook = true;
    const stream = one.streams[BOOK] ?? this.#begin(one, BOOK);
    if (ended(state, reason)) return this.#retire(one, at);
    if (one.retired) stream.lastAt = NaN;
    one.retired = false;
    if (state === VALIDITY.LIVE) return this.#live(one, at);
    const starting = reason === REASON.STARTING;
    this.#down(one, REASON_NAMES[reason] ?? `#${reason}`, at);
    if (reason === REASON.CONNECTION_LOST) this.#cut(one, at);
    if (doubted(state) || (starting && !stream.restored)) return;
    this.#break(one, stream, starting ? CAUSE.DOWN : one.downReason);
  }

  /** The book lost its proof: from its last event on, something may be missing. */
  #break(one: LedgerInstrument, stream: LedgerStream, cause: string): void {
    if (one.gap !== null || stream.lastAt !== stream.lastAt) return;
    one.gap = new Gap(stream.tally.hour, stream.lastAt, NaN, cause);
    one.snapshot = -1;
    one.gapFrom = stream.lastId;
    stream.tally.add(one.gap);
  }

  #retire(one: LedgerInstrument, at: number): void {
    this.#endDown(one, at);
    if (one.cutSince === one.cutSince) this.#heardAgain(one, at);
    if (one.gap !== null) this.#giveUp(one.gap);
    one.gap = null;
    one.retired = true;
  }

  #down(one: LedgerInstrument, reason: string, at: number): void {
    if (one.downReason === reason && one.downSince === one.downSince) return;
    this.#endDown(one, at);
    one.downSince = at;
    one.downReason = reason;
  }

  #endDown(one: LedgerInstrument, at: number): void {
    if (one.downSince !== one.downSince) return;
    one.streams[BOOK]!.tally.wasDown(one.downReason, at - one.downSince);
    one.downSince = NaN;
  }

  #live(one: LedgerInstrument, at: number): void {
    this.#endDown(one, at);
    const { gap, snapshot } = one;
    if (gap === null) return;
    one.gap = null;
    gap.until = at;
    gap.outcome = "lost";
    if (linked(one.rules) && snapshot > 0 && one.gapFrom > 0) {
      if (snapshot > one.gapFrom) gap.set(one.gapFrom + 1, snapshot, "lost");
      else if (snapshot === one.gapFrom) gap.outcome = "never_existed";
    }
    this.#changed(gap);
  }

  /** The connection of an instrument's book is gone, and with it what else comes over it. */
  #cut(one: LedgerInstrument, at: number): void {
    if (one.cutSince !== one.cutSince) one.cutSince = at;
    for (const stream of one.streams) if (stream !== null) stream.cut = true;
  }

  #heardAgain(one: LedgerInstrument, at: number): void {
    this.#addCut(one, one.cutSince, at);
    one.cutSince = NaN;
  }

  #addCut(one: LedgerInstrument, since: number, at: number): void {
    const us = at - Math.max(since, this.#hour);
    one.streams.forEach((stream, channel) => {
      if (channel !== BOOK && channel !== STATUS) stream?.tally.wasDown(CAUSE.LOST, us);
    });
  }

  #giveUp(gap: Gap): void {
    gap.giveUp();
    this.#changed(gap);
  }

  /** A row's hour is not as it was told any more. */
  #changed(gap: Gap): void {
    this.hours.touch(gap.hour);
    if (gap.counted || gap.outcome === "open") return;
    gap.counted = true;
    const key = `${gap.cause} ${gap.outcome}`;
    this.totals.set(key, (this.totals.get(key) ?? 0) + 1);
  }

  /** Begins the hour of `at`. Hours in which nothing at all was heard are closed one by one, up to a day. */
  #roll(at: number): void {
    const next = Math.floor(at / HOUR_US) * HOUR_US;
    if (this.#hour >= 0)
      for (let hours = 0; this.#hour < next && hours < 24; hours++) this.#close(this.#hourEnd);
    this.#hour = next;
    this.#hourEnd = next + HOUR_US;
    for (const one of this.#instruments)
      for (const stream of one?.streams ?? [])
        if (stream !== null && stream.tally.hour !== next) stream.tally = new RowTally(next);
  }

  #close(end: number): void {
    for (const one of this.#instruments) {
      if (one === undefined) continue;
      one.streams.forEach((stream, channel) => {
        if (stream === null) return;
        const [since, reason] = silence(one, channel);
        if (since === since) stream.tally.wasDown(reason, end - Math.max(since, this.#hour));
        if (!one.retired || !stream.tally.empty)
          this.hours.add(one.id, LEDGER_CHANNELS[channel]!, stream.tally);
        stream.tally = new RowTally(end);
      });
      if (one.downSince < end) one.downSince = end;
    }
    this.hours.closed(this.#hour);
    this.#hour = end;
    this.#hourEnd = end + HOUR_US;
  }
}

function count(tally: RowTally, facts: LedgerFacts): void {
  const { words, times } = tally;
  if (tally.messages === 0) {
    times[0] = facts.at;
    words[0] = facts.idLo;
    words[1] = facts.idHi;
  }
  tally.messages += 1;
  tally.slots += facts.slots;
  times[1] = facts.at;
  words[2] = facts.idLo;
  words[3] = facts.idHi;
  words[4]! += facts.hash[0]!;
  words[5]! += facts.hash[1]!;
}

/** Since when a stream is silent for a reason that goes on, UNIX us; NaN = it is not. */
function silence(one: LedgerInstrument, channel: number): [since: number, reason: string] {
  if (channel === BOOK) return [one.downSince, one.downReason];
  if (channel === STATUS || one.retired) return [NaN, ""];
  return [one.hasBook ? one.cutSince : one.doubts.downSince, CAUSE.LOST];
}

/** Sequences of its books count or link, so that equal ones mean equal books. */
function linked({ book }: LedgerRules): boolean {
  return book === "contiguous" || book === "prevLink" || book === "overlap";
}

/** A book that is in doubt for a while, without having lost its proof. */
function doubted(state: number): boolean {
  return state === VALIDITY.STALE || state === VALIDITY.HALTED || state === VALIDITY.CROSSED;
}

/** The last word on a book that nobody listens to any more (feed/wants): no doubt comes with these reasons. */
function ended(state: number, reason: number): boolean {
  if (state === VALIDITY.STALE) return reason !== REASON.SILENT;
  return state === VALIDITY.HALTED && reason === REASON.VENUE;
}

function channelsByKind(): Int32Array {
  const of: Readonly<Record<number, LedgerChannel>> = {
    [KIND.TRADE]: "trade",
    [KIND.QUOTE]: "quote",
    [KIND.BOOK]: "book",
    [KIND.TICKER]: "ticker",
    [KIND.STATS]: "ticker",
    [KIND.OPTION_TICKER]: "ticker",
    [KIND.INDEX]: "index",
    [KIND.LIQUIDATION]: "liquidation",
  };
  return Int32Array.from({ length: 256 }, (_, kind) => LEDGER_CHANNELS.indexOf(of[kind] ?? "status"));
}
