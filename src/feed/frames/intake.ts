import { SEEN, VERDICT } from "../../book/index.ts";
import { WORD } from "../../log/index.ts";
import { FLAG, FRAME, KIND, LONG, REASON, decodeText, halvesToNumber } from "../../model/index.ts";
import type { Slab } from "../../model/index.ts";
import type { BookKeeper } from "../market/book-keeper.ts";
import { countFallbacks } from "./fallbacks.ts";
import type { LaneCore } from "../lane-core.ts";
import type { Latest } from "../market/latest.ts";
import type { Link } from "../session/link.ts";
import type { Market } from "../market/market.ts";
import type { Meters } from "../meters.ts";
import { missedBefore } from "../past/missed.ts";
import { sampleHot, unread } from "./sampling.ts";
import { Rarely } from "../rarely.ts";
import { Merger } from "../redundancy/merge.ts";
import { Slices, emit, rehearse } from "./slices.ts";
import type { LargeFrame, Sliced } from "./slices.ts";

/** Bytes of an unreadable frame shown to the operator, and such frames shown per minute. */
const SAMPLE_BYTES = 160;
const SAMPLES_PER_MINUTE = 10;
/** Slots that are published before the read ends: the head is stored rarely, and no event waits for a whole burst. */
const PUBLISH_SLOTS = 64;
/** One read in so many is timed stage by stage: a look at the clock costs as much as parsing a frame. */
const STAGED_READS = 16;

/** Where the hot path leaves for the cold one. */
export interface IntakeHooks {
  /** `core.resyncs` is not empty and everything is committed. */
  resync(): void;
  /** Trades may be missing between these two ids, which came at `tradeTime` and (low, high); `counted`: all ids between are. */
  missed(market: Market, from: number, to: number, low: number, high: number, counted: boolean): void;
}

/**
 * The hot path: one frame in, its events judged in the ring. What the frames of one read leave there is committed
 * together, then latest values are written. Allocates nothing; everything rare leaves through the hooks, `#bad` and the
 * lists of the core.
 */
export class Intake {
  readonly #core: LaneCore;
  readonly #keeper: BookKeeper;
  readonly #latest: Latest;
  readonly #hooks: IntakeHooks;
  readonly #slices: Slices;
  /** For links of several connections that carry the same. */
  readonly merger: Merger;
  /** Whose read is being handled, and what it brought so far. */
  #link: Link | null = null;
  #frames = 0;
  #bytes = 0;
  #scanned = 0;
  #inexact = 0;
  #fallbacks = 0;
  #slowFallbacks = 0;
  #refused = 0;
  /** First pending slot of the frame being handled; before it stands what earlier frames of the read left. */
  #first = 0;
  readonly #shown = new Rarely(SAMPLES_PER_MINUTE);
  /** Reads until one is timed by stages; what its first frame's parse ended at, ms, NaN in all others. */
  #untilStaged = STAGED_READS;
  #parsedAt = NaN;
  /** The book that the frame at hand casts doubt on. */
  #doubted: Market | null = null;

  constructor(core: LaneCore, keeper: BookKeeper, latest: Latest, hooks: IntakeHooks) {
    this.#core = core;
    this.#keeper = keeper;
    this.#latest = latest;
    this.#hooks = hooks;
    this.merger = new Merger(core, keeper);
    const told = {
      part: (frame: Sliced, first: number) => rehearse(frame, first, core),
      done: (frame: Sliced) => this.#sliced(frame),
    };
    this.#slices = new Slices(core.now, told, core.world);
  }

  /**
   * Handles the frame at [start, end) of the slab, received now. Nothing a venue sends may end the lane: should a frame
   * make our own code throw, it is void, counted, told, and every book of its connection starts again.
   */
  frame(link: Link, slab: Slab, start: number, end: number): void {
    try {
      this.#frame(link, slab, start, end);
    } catch (error) {
      this.#threw(link, slab, start, end, error);
    }
  }

  /**
   * As `frame`, for one so large that reading it at once would hold up the other sockets of the lane: true when it is
   * read in pieces, and told when all of it was. It counts as received now.
   */
  large(link: Link, slab: Slab, start: number, end: number, work: Slab, resume: () => void): boolean {
    const { time, now } = this.#core;
    if (this.#link !== link) {
      if (this.#link !== null) this.endOfRead();
      time.read(now);
    }
    const frame: LargeFrame = { link, slab, start, end, work, resume, mark: time.mark };
    if (!this.#slices.take(frame)) return false;
    // Its venue would not know how to cut anything but data.
    link.heard = true;
    link.lastRecv.hi = now.hi;
    link.lastRecv.lo = now.lo;
    return true;
  }

  /** The connection is gone: no frame of it is read any more. */
  drop(link: Link): void {
    this.#slices.drop(link);
  }

  /** All pieces of a large frame were read: what they say is judged at once, as that of any frame. */
  #sliced(frame: Sliced): void {
    const { link, slab, start, end, error, mark } = frame;
    if (this.#link !== null) this.endOfRead();
    if (error !== null) this.#threw(link, slab, start, end, error);
    else if (frame.parts.strange) this.frame(link, slab, start, end);
    else this.#told(frame);
    if (this.#link !== null) return this.endOfRead();
    const { counters, histograms } = this.#core;
    this.#publish();
    this.#latest.flush();
    counters.add(link.meters.frames, 1);
    counters.add(link.meters.bytes, end - start);
    histograms.record(link.meters.latency, (performance.now() - mark) * 1000);
  }

  #told(frame: Sliced): void {
    const { link, slab, start, end, parts, code, market } = frame;
    try {
      this.#emit(frame);
      const verdict = parts.hasConnection ? this.#order(link) : VERDICT.APPLY;
      if (verdict === VERDICT.DROP_OLD) return;
      if (verdict === VERDICT.GAP) this.#emit(frame);
      this.#keeper.built = market === link.byId[parts.id] ? frame.built : null;
      if (code === FRAME.DATA) this.#acceptOne(frame);
      else this.#other(link, code, slab, start, end);
    } catch (error) {
      this.#threw(link, slab, start, end, error);
    } finally {
      this.#keeper.built = null;
    }
  }

  /** Writes what the pieces said into the ring, where nothing else is pending. */
  #emit(frame: Sliced): void {
    this.#publish();
    this.#first = emit(frame, this.#core);
  }

  /** As `#accept`, for a frame of one event, whose end is known. It was read as its slowest piece was. */
  #acceptOne({ link, parts, pieces }: Sliced): void {
    const { writer } = this.#core;
    const end = writer.pending;
    writer.inexact += parts.inexact;
    if (parts.slowFallbacks > 0) writer.slowFallbacks += 1;
    else if (parts.fallbacks > 0) writer.fallbacks += 1;
    else if (parts.scanned === pieces.length) this.#count(link.meters.scanned, 1);
    this.#fellBack(link.meters, KIND.BOOK);
    this.#settle(link, this.#first + (end > this.#first ? this.#event(link, this.#first, end) : 0));
  }

  #threw(link: Link, slab: Slab, start: number, end: number, error: unknown): void {
    const { writer, report } = this.#core;
    writer.rewind(writer.endFrame());
    this.#latest.forget();
    if (this.#shown.may(this.#core.time.mark))
      report("error", "a frame broke the parser: please report it", {
        venue: link.venue.id,
        error: String(error),
      });
    this.#bad(link, FRAME.BAD, slab, start, end);
    for (const market of link.markets) this.#keeper.break(market, link.meters, REASON.BAD_FRAME);
    this.#publish();
    this.#hooks.resync();
  }

  /**
   * The frames of one read of a socket are all handled: what they left is committed, latest values are written, and the
   * read is timed. Every one of its frames counts with the time from the read to here, which is the longest any took.
   */
  endOfRead(): void {
    const { time, histograms, counters } = this.#core;
    this.#publish();
    const link = this.#link;
    if (link === null) return this.#latest.flush();
    const { meters } = link;
    this.#link = null;
    const staged = this.#parsedAt === this.#parsedAt;
    if (staged) this.#stages(meters);
    else this.#latest.flush();
    counters.add(meters.frames, this.#frames);
    counters.add(meters.bytes, this.#bytes);
    counters.add(meters.scanned, this.#core.writer.scanned - this.#scanned);
    histograms.record(meters.latency, (performance.now() - time.mark) * 1000, this.#frames);
  }

  /** Where the time of this read's first frame went: to its parse, to the commit that carries it, to the tables. */
  #stages(meters: Meters): void {
    const { time, histograms } = this.#core;
    const committed = performance.now();
    histograms.record(meters.parseStage, (this.#parsedAt - time.mark) * 1000);
    histograms.record(meters.commitStage, (committed - this.#parsedAt) * 1000);
    this.#latest.flush();
    histograms.record(meters.tableStage, (performance.now() - committed) * 1000);
    this.#parsedAt = NaN;
  }

  /** The first frame of a read: the one clock read that all its frames share. */
  #beginRead(link: Link): void {
    const { time, now } = this.#core;
    if (this.#link !== null) this.endOfRead();
    this.#link = link;
    this.#frames = 0;
    this.#bytes = 0;
    this.#scanned = this.#core.writer.scanned;
    time.read(now);
    link.lastRecv.hi = now.hi;
    link.lastRecv.lo = now.lo;
    this.#untilStaged -= 1;
  }

  #frame(link: Link, slab: Slab, start: number, end: number): void {
    if (this.#link !== link) this.#beginRead(link);
    this.#frames += 1;
    this.#bytes += end - start;
    const code = this.#parse(link, slab, start, end);
    if (this.#untilStaged <= 0) this.#beginStages();
    const { writer } = this.#core;
    if (writer.hasConnection && !this.#inOrder(link, slab, start, end)) return;
    if (link.sampling !== 0 && code === FRAME.DATA)
      sampleHot(this.#core, link, this.#first, slab, start, end);
    if (code === FRAME.DATA) this.#accept(link);
    else this.#other(link, code, slab, start, end);
  }

  #beginStages(): void {
    this.#untilStaged = STAGED_READS;
    this.#parsedAt = performance.now();
  }

  /** Parses into the ring, behind what earlier frames of this read left there. */
  #parse(link: Link, slab: Slab, start: number, end: number): number {
    const { writer } = this.#core;
    if (writer.pending >= PUBLISH_SLOTS) this.#publish();
    const code = this.#read(link, slab, start, end);
    if (writer.refused === this.#refused || this.#first === 0) return code;
    // The event might have fitted had others not stood before it.
    writer.rewind(this.#first);
    this.#publish();
    this.#refused = writer.refused;
    return this.#read(link, slab, start, end);
  }

  #read(link: Link, slab: Slab, start: number, end: number): number {
    const { writer, now } = this.#core;
    writer.venue = link.venue.code;
    writer.symbols = link.symbols;
    const code = link.venue.parse(slab, start, end, now, writer);
    this.#first = writer.endFrame();
    return code;
  }

  /** Connection-wide numbers: false when the frame was seen before. */
  #inOrder(link: Link, slab: Slab, start: number, end: number): boolean {
    const verdict = this.#order(link);
    if (verdict === VERDICT.GAP) this.#parse(link, slab, start, end);
    return verdict !== VERDICT.DROP_OLD;
  }

  /** A frame that was seen before is void. A hole voids every book of the connection; then the frame is, to be read again. */
  #order(link: Link): number {
    const { writer, counters } = this.#core;
    const verdict = link.sequence.accept(
      halvesToNumber(writer.long[LONG.CONNECTION + 1]!, writer.long[LONG.CONNECTION]!),
    );
    if (verdict === VERDICT.APPLY) return verdict;
    writer.rewind(this.#first);
    if (verdict === VERDICT.DROP_OLD) {
      counters.add(link.meters.bookDuplicates, 1);
      return verdict;
    }
    counters.add(link.meters.connectionGaps, 1);
    for (const market of link.markets) this.#keeper.break(market, link.meters, REASON.CONNECTION_GAP);
    this.#publish();
    this.#hooks.resync();
    return VERDICT.GAP;
  }

  #accept(link: Link): void {
    const { writer } = this.#core;
    link.heard = true;
    const end = writer.pending;
    let keep = this.#first;
    if (writer.fallbacks !== this.#fallbacks || writer.slowFallbacks !== this.#slowFallbacks)
      this.#fellBack(link.meters, keep < end ? writer.kindAt(keep) : 0);
    for (let from = keep; from < end;) {
      const to = writer.endAt(from);
      const stays = this.#event(link, from, to);
      if (stays > 0) keep = writer.move(from, from + stays, keep);
      from = to;
    }
    this.#settle(link, keep);
  }

  /** The events of a frame are judged, and what stays of them ends at pending slot `keep`. */
  #settle(link: Link, keep: number): void {
    const { writer, resyncs } = this.#core;
    const { meters } = link;
    writer.rewind(keep);
    this.#keeper.announce(meters);
    if (this.#doubted !== null) this.#doubt(link, this.#doubted);
    if (link.copies !== null) this.merger.settle();
    if (writer.refused !== this.#refused) this.#overflow(link);
    if (writer.inexact !== this.#inexact)
      this.#inexact += this.#count(meters.inexact, writer.inexact - this.#inexact);
    if (resyncs.length === 0) return;
    this.#publish();
    this.#hooks.resync();
  }

  /** Counts the frame by what read it; `kind` is that of its first event. */
  #fellBack(meters: Meters, kind: number): void {
    const { writer } = this.#core;
    const straight = writer.fallbacks - this.#fallbacks;
    const slow = writer.slowFallbacks - this.#slowFallbacks;
    this.#fallbacks += straight;
    this.#slowFallbacks += slow;
    countFallbacks(this.#core.counters, meters, kind, straight, slow);
  }

  #publish(): void {
    this.#core.writer.ring.commit();
  }

  #count(row: number, amount: number): number {
    this.#core.counters.add(row, amount);
    return amount;
  }

  /** Judges one pending event; returns how many of its slots stay. */
  #event(link: Link, from: number, to: number): number {
    const { writer, counters } = this.#core;
    const { meters } = link;
    const market = link.byId[writer.instrumentAt(from)];
    if (market === undefined) return 0;
    const kind = writer.kindAt(from);
    if (link.copies !== null && !this.merger.hears(link, market, kind, from)) return 0;
    market.heard[kind]! += 1;
    switch (kind) {
      case KIND.BOOK:
        if (market.book === null) return 0;
        if (market.copies !== null) return this.merger.accept(link, market, from, to);
        return this.#keeper.accept(market, meters, from, to);
      case KIND.TRADE:
        return this.#trade(link, market, from);
      case KIND.QUOTE:
        return this.#quote(link, market, from);
      default:
        this.#latest.worth(market, kind, writer.wordAt(from));
        counters.add(meters.others, 1);
        return to - from;
    }
  }

  /** In-band history (SNAPSHOT) is not live: before the first live trade it only teaches ids, later it fills holes. */
  #trade(link: Link, market: Market, from: number): number {
    const { writer, counters } = this.#core;
    const { meters } = link;
    const w = writer.wordAt(from);
    const i32 = writer.slots.i32;
    const history = (writer.flagsAt(from) & FLAG.SNAPSHOT) !== 0;
    const before = market.trades.last;
    const seen =
      link.copies === null
        ? market.trades.accept(i32[w + WORD.TRADE_ID]!, i32[w + WORD.TRADE_ID + 1]!)
        : this.merger.trade(link, market, w);
    if (seen === SEEN.DUPLICATE) {
      counters.add(meters.tradeDuplicates, 1);
      return 0;
    }
    if (history) market.heard[KIND.TRADE]! -= 1;
    if (history && !market.tradesLive) return 0;
    if (!history) market.tradesLive = true;
    else writer.mark(from, from + 1, FLAG.RECOVERED);
    if (seen === SEEN.GAP) {
      const known = market.trades.last - 1 <= market.told.givenUp;
      if (market.unproved && market.proved && link.copies === null && !history && !known)
        this.#doubted = market;
      counters.add(meters.tradeGaps, 1);
      counters.add(meters.tradesMissing, market.trades.missing);
      writer.mark(from, from + 1, FLAG.GAP);
    }
    if (seen === SEEN.GAP || market.tradesCut) missedBefore(this.#hooks, market, before, seen, i32, w);
    if (seen !== SEEN.LATE) market.tradeAt(i32[w + WORD.TS_EVENT]!, i32[w + WORD.TS_EVENT + 1]!);
    counters.add(meters.trades, 1);
    return 1;
  }

  /**
   * Where nothing numbers the frames of a book, trades that are missing on its connection are all that tells of a loss.
   * A frame of such a venue is of one symbol.
   */
  #doubt(link: Link, market: Market): void {
    this.#doubted = null;
    this.#keeper.break(market, link.meters, REASON.CONNECTION_GAP);
  }

  #quote(link: Link, market: Market, from: number): number {
    const { writer, counters } = this.#core;
    const { meters } = link;
    const w = writer.wordAt(from);
    const i32 = writer.slots.i32;
    const lo = i32[w + WORD.QUOTE_ID]!;
    const hi = i32[w + WORD.QUOTE_ID + 1]!;
    const seen = market.quotes.accept(lo, hi, link.place);
    if (link.copies !== null) this.merger.told(link, market, lo, hi, seen);
    if (seen === SEEN.DUPLICATE) {
      counters.add(meters.quoteDuplicates, 1);
      return 0;
    }
    counters.add(meters.quotes, 1);
    this.#latest.quote(market, w);
    return 1;
  }

  /** An event was larger than half the ring: its book has a hole that only a snapshot closes. */
  #overflow(link: Link): void {
    const { writer, counters, report } = this.#core;
    counters.add(link.meters.overflow, writer.refused - this.#refused);
    this.#refused = writer.refused;
    const market = link.byId[writer.refusedInstrument];
    if (market !== undefined) this.#keeper.break(market, link.meters, REASON.BUFFER_OVERFLOW);
    report("error", "an event did not fit into the ring; set region.slots to a larger power of two", {
      venue: link.venue.id,
      symbol: market?.symbol,
      limit: writer.ring.limit,
    });
  }

  #other(link: Link, code: number, slab: Slab, start: number, end: number): void {
    const { writer, counters } = this.#core;
    const { meters } = link;
    writer.rewind(this.#first);
    if (code === FRAME.CONTROL) {
      counters.add(meters.control, 1);
      this.#publish();
      link.cold(link, decodeText(slab.bytes, start, end));
    } else if (code === FRAME.IGNORED) counters.add(meters.ignored, 1);
    else if (code !== FRAME.HEARTBEAT) this.#bad(link, code, slab, start, end);
  }

  /** Counted always, shown rarely. */
  #bad(link: Link, code: number, slab: Slab, start: number, end: number): void {
    const { counters, report } = this.#core;
    const bad = code === FRAME.BAD;
    counters.add(bad ? link.meters.bad : link.meters.unknown, 1);
    unread(this.#core, link, slab, start, end);
    if (bad && end > start) this.#unreadable(link);
    if (!this.#shown.may(this.#core.time.mark)) return;
    const sample = JSON.stringify(decodeText(slab.bytes, start, Math.min(end, start + SAMPLE_BYTES)));
    report("warn", bad ? "frame not readable" : "frame of no known form", {
      venue: link.venue.id,
      bytes: end - start,
      sample,
    });
  }

  /**
   * A frame that cannot be read may have been of any book. Those that no number will tell of it start again: nothing
   * counts them, or the frame used up the number of the connection.
   */
  #unreadable(link: Link): void {
    const { hasConnection } = this.#core.writer;
    let broke = false;
    for (const market of link.markets) {
      if (!market.proved || (!market.unproved && !hasConnection)) continue;
      this.#keeper.break(market, link.meters, REASON.BAD_FRAME);
      broke = true;
    }
    if (!broke) return;
    this.#publish();
    this.#hooks.resync();
  }
}
