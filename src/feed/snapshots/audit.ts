import { AuditTrail } from "./audit-trail.ts";
import type { BookKeeper } from "../market/book-keeper.ts";
import type { WindowBudget } from "./budget.ts";
import type { FeedOptions, FeedParts } from "../feed-options.ts";
import type { LaneCore, Report } from "../lane-core.ts";
import type { Market } from "../market/market.ts";
import type { Markets } from "../market/markets.ts";
import type { Meters } from "../meters.ts";
import { SliceCollector } from "../frames/slice-collector.ts";
import type { SnapshotQueue } from "./snapshots.ts";
import { makeBook } from "../../book/index.ts";
import type { OrderBook } from "../../book/index.ts";
import { FRAME, LONG, REASON, halvesToNumber } from "../../model/index.ts";
import type { FetchedBook, Sequencing, Venue } from "../../model/index.ts";

/** What a comparison of two books at one sequence found. */
export interface AuditFinding {
  /** Levels compared, and how many of them are missing, too many, or of another size. */
  readonly compared: number;
  readonly wrong: number;
  /** Sum of price times difference in size. */
  readonly notional: number;
  /** The first wrong ones; size 0 = no such level. */
  readonly levels: readonly { side: string; price: number; expected: number; seen: number }[];
}

/** Compares a live book with a fetched one; `shown`: levels a side that the stream shows at most, 0 = all. */
export type AuditJudge = (live: OrderBook, fetched: OrderBook, shown: number) => AuditFinding;

/** An answer, and a stream that has not come to its sequence, are waited for so long, ms. */
const PATIENCE_MS = 20_000;
/** What is applied is noted for so long before the book is asked for, ms: the answer may be a little older than that. */
const LEAD_MS = 500;
/** Audits spend nothing while more than this share of the request weight is spent. */
const SPENT = 0.5;
/** So many wrong books in a row, none equal between them, speak against the comparison: from then on it only reports. */
const DOUBTED = 3;
/** Wrong levels that a line of the log names. */
const NAMED = 5;

/** Rules under which a fetched book and the stream count alike. */
const NUMBERED: ReadonlySet<Sequencing> = new Set(["contiguous", "prevLink", "overlap"]);

export interface AuditOptions {
  readonly venue: Venue;
  readonly source: FetchedBook;
  readonly everyMs: number;
  readonly judge: AuditJudge;
  readonly core: LaneCore;
  readonly keeper: BookKeeper;
  readonly meters: Meters;
  readonly markets: Markets;
  readonly snapshots: SnapshotQueue;
  readonly weight: WindowBudget;
  readonly restUrl: string;
  /** Sees to the books that broke. */
  resync(): void;
  readonly report: Report;
}

/** One audit under way. */
interface Run {
  readonly market: Market;
  readonly trail: AuditTrail;
  readonly epoch: number;
  readonly since: number;
  fetched: { readonly book: OrderBook; readonly seq: number } | null;
  /** Why nothing can be told; "" as long as something may. */
  unclear: string;
}

/**
 * The shadow audit: one book at a time is fetched, brought to the sequence of the live one by what was applied to that
 * meanwhile, and compared with it level by level. A book that is wrong is broken and asked for anew.
 */
export class Audit {
  readonly #options: AuditOptions;
  #run: Run | null = null;
  #nextAt = NaN;
  /** Id of the market that was looked at last. */
  #last = -1;
  /** Wrong books since the last equal one. */
  #wrong = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** Some times per second. */
  tick(): void {
    const { core, everyMs } = this.#options;
    const { mark } = core.time;
    if (Number.isNaN(this.#nextAt)) this.#nextAt = mark + everyMs;
    if (this.#run !== null) return this.#advance(this.#run, mark);
    if (mark < this.#nextAt) return;
    this.#nextAt = mark + everyMs;
    const market = this.#next();
    if (market !== null && this.#affordable(market)) this.#begin(market, mark);
  }

  /** The next live book after the last one that was looked at. */
  #next(): Market | null {
    const live = this.#options.markets.all.filter(
      (one) => one.state.live && one.bookSubscription?.channel === "book" && one.sequencer.last > 0,
    );
    const ids = live.map(({ id }) => id).toSorted((a, b) => a - b);
    const id = ids.find((one) => one > this.#last) ?? ids[0];
    return live.find((one) => one.id === id) ?? null;
  }

  #affordable({ symbol }: Market): boolean {
    const { weight, source } = this.#options;
    const left = weight.free(this.#options.core.world.now()) - source.request(symbol).weight;
    return left >= (1 - SPENT) * weight.limit;
  }

  #begin(market: Market, mark: number): void {
    const { snapshots, source, restUrl, venue } = this.#options;
    const trail = new AuditTrail(market.sequencer.last);
    const run: Run = { market, trail, epoch: market.state.epoch, since: mark, fetched: null, unclear: "" };
    const { path, weight } = source.request(market.symbol);
    this.#last = market.id;
    const asked = snapshots.request(
      {
        key: `audit ${market.symbol}`,
        url: restUrl + path,
        weight,
        usedWeightHeader: venue.rest.usedWeightHeader,
        spare: true,
        done: (body, reason) => this.#arrived(run, body, reason),
      },
      LEAD_MS,
    );
    if (!asked) return;
    this.#run = run;
    market.trail = trail;
  }

  #arrived(run: Run, body: Buffer | null, reason: string): void {
    if (this.#run !== run) return;
    const { core, source, markets } = this.#options;
    if (body === null || body.length > core.slab.capacity) {
      run.unclear = body === null ? reason : "the answer is too large";
      return;
    }
    core.slab.bytes.set(body);
    const read = new SliceCollector(markets.symbols);
    const code = source.parse(core.slab, 0, body.length, run.market.symbol, core.now, read);
    read.endPiece(code);
    if (code === FRAME.DATA && read.id === run.market.id) run.fetched = takeBook(read, run.market, source);
    else run.unclear = "the answer is not readable";
  }

  #advance(run: Run, mark: number): void {
    const { market, trail, fetched } = run;
    const unclear = run.unclear || this.#obstacle(run);
    if (unclear !== "") return this.#end(run, unclear);
    if (fetched === null || market.sequencer.last < fetched.seq) {
      const missing = fetched === null ? "no answer came" : "the stream did not come to its sequence";
      if (mark - run.since > PATIENCE_MS) this.#end(run, missing);
      return;
    }
    trail.replay(fetched.book, fetched.seq);
    this.#found(run, this.#options.judge(market.book!, fetched.book, market.shown));
  }

  /** What makes a comparison impossible; "" when nothing does. */
  #obstacle({ market, trail, epoch, fetched }: Run): string {
    if (market.retired || !market.proved || market.state.epoch !== epoch) return "the book broke meanwhile";
    if (trail.spoiled !== "") return trail.spoiled;
    if (fetched === null || fetched.seq >= trail.from) return "";
    return fetched.seq > 0 ? "the answer is older than the question" : "the answer has no number";
  }

  #end({ market }: Run, unclear: string): void {
    const { core, meters, report } = this.#options;
    market.trail = null;
    this.#run = null;
    core.counters.add(meters.auditRuns, 1);
    if (unclear === "") return;
    core.counters.add(meters.auditsUnclear, 1);
    report("info", "audit without a result", { symbol: market.symbol, reason: unclear });
  }

  #found(run: Run, { compared, wrong, notional, levels }: AuditFinding): void {
    const { core, meters, report } = this.#options;
    this.#end(run, "");
    core.counters.add(meters.auditLevels, compared);
    core.counters.add(meters.auditWrongLevels, wrong);
    core.counters.set(meters.auditWrongNotional, notional);
    if (wrong === 0) {
      this.#wrong = 0;
      core.counters.add(meters.auditsEqual, 1);
      return;
    }
    this.#wrong += 1;
    const { symbol, sequencer } = run.market;
    const facts = { symbol, seq: sequencer.last, compared, wrong, notional, levels: levels.slice(0, NAMED) };
    if (this.#wrong <= DOUBTED) {
      report("error", "the book is not the venue's: it is asked for anew", facts);
      this.#break(run.market);
    } else report("error", "fetched books and stream do not agree: please report it", facts);
  }

  #break(market: Market): void {
    const { core, keeper, meters, resync } = this.#options;
    core.time.read(core.now);
    keeper.break(market, meters, REASON.AUDIT);
    core.writer.ring.commit();
    resync();
  }
}

/** The fetched book as it stands, complete as far as its body goes. */
function takeBook(
  read: SliceCollector,
  { instrument }: Market,
  { levels = 1 }: FetchedBook,
): { book: OrderBook; seq: number } {
  const book = makeBook(instrument.tick);
  for (let i = 0; i < read.count; i++) book.applyAt(read.sides[i]!, read.numbers, 2 * i);
  for (const side of [book.bids, book.asks]) if (side.count >= levels) side.markHorizon();
  const long = new Int32Array(8);
  read.copyLong(long);
  return { book, seq: halvesToNumber(long[LONG.ID + 1]!, long[LONG.ID]!) };
}

/** The audit of one feed, where its venue lets books be fetched that are numbered like its stream, and the feed wants it. */
export function auditOf(
  { audit }: FeedOptions,
  { core, keeper, resync }: FeedParts,
  own: Omit<AuditOptions, "source" | "everyMs" | "judge" | "core" | "keeper" | "resync">,
): Audit | null {
  const { venue } = own;
  const source = venue.snapshot.via === "rest" ? venue.snapshot : venue.audit;
  if (audit === undefined || audit.everyMs === 0 || source === undefined) return null;
  if (!NUMBERED.has(venue.book)) return null;
  return new Audit({ ...own, ...audit, source, core, keeper, resync });
}
