import {
  DepthReader,
  InstrumentReader,
  RingReader,
  SCOPE,
  WORD,
  addSlotHash,
  slotFlags,
  slotInstrument,
  slotKind,
} from "../../log/index.ts";
import type { EventNames, Region, SlotViews } from "../../log/index.ts";
import { FLAG, KIND, halvesToText, toMicros } from "../../model/index.ts";
import type { Nanos } from "../../model/index.ts";
import { HOUR_US, Ledger, LedgerFacts, mergeRows } from "../../quality/index.ts";
import type { Before, LedgerChannel, LedgerRow } from "../../quality/index.ts";
import type { LaneConfig } from "../config/schema.ts";
import type { LedgerPage } from "./page.ts";
import { LedgerVenues, addVenueLines, rulesOf } from "./venues.ts";
import type { VenueLine } from "./venues.ts";

/** Slots taken at a time: some milliseconds of work. */
const BATCH = 65_536;
/** The clock of the lane's thread and that of the region's header may differ by so much, us. */
const SKEW_US = 50_000;
/** The lane may still commit what it received before an hour ended, us. */
const LATE_US = 2_000_000;
/** Gaps of a lane as a whole that are kept. */
const MAX_LANE_GAPS = 4096;

/** A time in which nothing of a lane was read: for all its streams together. Times are UNIX us. */
export interface LaneGap {
  readonly from: number;
  readonly to: number;
  /** Slots passed unread; null when it is not known what there was. */
  readonly slots: number | null;
  /** reader_lapped; gateway_stopped (in order); gateway_killed (without a word, and perhaps some time after `from`). */
  readonly cause: string;
}

export interface LaneLedgerOptions {
  readonly plan: LaneConfig;
  readonly region: Region;
  readonly keepHours: number;
  /** Pages of earlier runs, by growing hours. */
  readonly pages: readonly LedgerPage[];
}

/** The ledger of one lane: one more reader of its ring, and of its counters. */
export class LaneLedger {
  readonly name: string;
  readonly ledger: Ledger;
  readonly #region: Region;
  readonly #ring: RingReader;
  readonly #names: EventNames;
  readonly #facts = new LedgerFacts();
  readonly #venues: LedgerVenues;
  /** What earlier runs wrote of an hour. */
  readonly #pages = new Map<number, LedgerPage>();
  readonly #before: Map<string, Before>;
  readonly #keepHours: number;
  readonly #started: number;
  /** Figures of venues of hours that are over. */
  readonly #linesOf = new Map<number, VenueLine[]>();
  /** First slot behind an hour that is over. */
  readonly #ends = new Map<number, number>();
  #gaps: LaneGap[] = [];
  /** Slots of the event being gathered. */
  #slots = 0;
  /** Receive time of the last slot, UNIX us. */
  #lastAt = 0;
  /** Slots passed unread, since the last one that was read and since the tables were looked at. */
  #unread = 0;
  #passed = 0;
  /** Slots of an earlier run may still come. */
  #earlier: boolean;
  #hour = -1;
  #cause = "gateway_killed";

  constructor({ plan, region, keepHours, pages }: LaneLedgerOptions) {
    this.name = plan.name;
    this.#region = region;
    this.#keepHours = keepHours;
    this.#names = region.names();
    this.#venues = new LedgerVenues(region);
    this.#before = lastIds(pages);
    this.#started = micros(region.started);
    for (const page of pages) {
      this.#pages.set(page.head.hour, page);
      for (const gap of page.gaps) this.#addGap(gap);
    }
    this.ledger = new Ledger({
      rules: rulesOf(plan),
      name: (id) => this.#nameOf(id),
      before: (id, channel) => this.#beforeOf(id, channel),
      keepHours,
    });
    this.#ring = new RingReader(region.control, region.slots);
    this.#ring.onLost = (count) => this.#lost(count);
    this.#earlier = this.#attach(pages.at(-1));
  }

  /** The first slot that a page of an hour does not tell of, as far as it goes now: where another run goes on. */
  cursorOf(hour: number): string {
    return String(this.#ends.get(hour) ?? this.#ring.cursor);
  }

  get region(): string {
    const { hi, lo } = this.#region.created;
    return halvesToText(hi, lo);
  }

  /** Slots passed unread. */
  get lost(): number {
    return this.#ring.lost;
  }

  get lag(): number {
    return this.#ring.lag;
  }

  /** Hours there are rows of, the oldest first. */
  get hours(): number[] {
    const hours = new Set([...this.#pages.keys(), ...this.ledger.hours.all]);
    if (this.ledger.hour >= 0) hours.add(this.ledger.hour);
    return [...hours].toSorted((a, b) => a - b);
  }

  /** Reads what there is, at most some milliseconds of it. `now`: UNIX us. True when there is more. */
  poll(now: number): boolean {
    this.#venues.tell(this.ledger, now);
    this.#ring.poll(this.#take, BATCH);
    const more = this.#ring.lag > 0;
    if (this.#passed > 0) this.#believe();
    if (!more && this.#earlier) this.#outage();
    if (!more && now - LATE_US > this.#lastAt) this.ledger.tick(now - LATE_US);
    if (this.ledger.hour !== this.#hour) this.#newHour(this.#ring.cursor);
    return more;
  }

  rows(hour: number, now: number): LedgerRow[] {
    const ours = this.ledger.rows(hour, now);
    const page = this.#pages.get(hour);
    if (page === undefined) return ours;
    const rows = new Map(page.rows.map((row) => [keyOf(row), row]));
    for (const row of ours) {
      const before = rows.get(keyOf(row));
      rows.set(keyOf(row), before === undefined ? row : mergeRows(before, row));
    }
    return [...rows.values()];
  }

  /** Everything that is to be written of an hour, but its head. */
  page(hour: number, now: number): Omit<LedgerPage, "head"> {
    const lines = this.#linesOf.get(hour) ?? (hour === this.#hour ? this.#venues.lines(hour) : []);
    const venues = new Map((this.#pages.get(hour)?.venues ?? []).map((one) => [one.venue, one]));
    for (const line of lines) {
      const before = venues.get(line.venue);
      venues.set(line.venue, before === undefined ? line : addVenueLines(before, line));
    }
    const gaps = this.#gaps.filter(({ from, to }) => to >= hour && from < hour + HOUR_US);
    return { rows: this.rows(hour, now), venues: [...venues.values()], gaps };
  }

  /** `cursor`: the first slot of the new hour. */
  #newHour(cursor: number): void {
    if (this.#hour >= 0) {
      this.#linesOf.set(this.#hour, this.#venues.lines(this.#hour));
      this.#ends.set(this.#hour, cursor);
    }
    this.#venues.begin();
    this.#hour = this.ledger.hour;
    const oldest = this.#hour - this.#keepHours * HOUR_US;
    for (const hours of [this.#pages, this.#linesOf, this.#ends])
      for (const hour of hours.keys()) if (hour < oldest) hours.delete(hour);
    this.#gaps = this.#gaps.filter(({ to }) => to >= oldest).slice(-MAX_LANE_GAPS);
  }

  /** Begins where the last run's ledger ended, if its ring is still there; else with this run. */
  #attach(last: LedgerPage | undefined): boolean {
    const ring = this.#ring;
    const resumes = last !== undefined && last.head.region === this.region;
    if (resumes && Number(last.head.cursor) <= ring.head) ring.seek(Number(last.head.cursor));
    else ring.seekOldest();
    if (last === undefined) {
      this.#lastAt = 0;
      return false;
    }
    this.#lastAt = last.head.closed ? last.head.hour + HOUR_US : last.head.written;
    if (last.head.stopped) this.#cause = "gateway_stopped";
    return true;
  }

  readonly #take = (slots: SlotViews, word: number): void => {
    const { i32 } = slots;
    const facts = this.#facts;
    addSlotHash(i32, word, facts.hash);
    this.#slots += 1;
    if ((slotFlags(slots, word) & FLAG.LAST) === 0) return;
    const at = toMicros(i32[word + WORD.TS_RECV + 1]!, i32[word + WORD.TS_RECV]!);
    if (at < this.#started - SKEW_US) {
      // Without a page of it, what an earlier run left in the ring is not ours to tell.
      if (!this.#earlier) return this.#forget();
    } else if (this.#earlier) this.#outage();
    if (this.#unread > 0) this.#addUnread(at);
    this.#lastAt = at;
    facts.at = at;
    facts.kind = slotKind(slots, word);
    facts.flags = slotFlags(slots, word);
    facts.venue = i32[word]! >>> 16;
    facts.instrument = slotInstrument(slots, word) | 0;
    facts.slots = this.#slots;
    this.#body(i32, word);
    this.ledger.accept(facts);
    if (this.ledger.hour !== this.#hour) this.#newHour(this.#ring.cursor - this.#slots + 1);
    this.#forget();
  };

  #body(i32: Int32Array, word: number): void {
    const facts = this.#facts;
    const { kind } = facts;
    const id = kind === KIND.BOOK ? WORD.SEQ : kind === KIND.QUOTE ? WORD.QUOTE_ID : WORD.TRADE_ID;
    const numbered = kind === KIND.BOOK || kind === KIND.QUOTE || kind === KIND.TRADE;
    facts.idLo = numbered ? i32[word + id]! : 0;
    facts.idHi = numbered ? i32[word + id + 1]! : 0;
    facts.prevLo = i32[word + WORD.PREV_SEQ]!;
    facts.prevHi = i32[word + WORD.PREV_SEQ + 1]!;
    if (kind !== KIND.STATUS) return;
    const tail = i32[word + WORD.TAIL]!;
    facts.book = (tail & 0xff) === SCOPE.BOOK;
    facts.state = (tail >>> 8) & 0xff;
    facts.reason = (tail >>> 16) & 0xff;
  }

  #forget(): void {
    this.#slots = 0;
    this.#facts.hash[0] = 0;
    this.#facts.hash[1] = 0;
  }

  /** The last run's slots are read: from here on it is this one. */
  #outage(): void {
    this.#earlier = false;
    const to = Math.max(this.#lastAt, this.#started);
    this.#addGap({ from: this.#lastAt, to, slots: null, cause: this.#cause });
    this.ledger.outage(this.#lastAt, to);
  }

  #lost(count: number): void {
    this.#forget();
    this.ledger.unread();
    this.#unread += count;
    this.#passed += count;
  }

  #addUnread(at: number): void {
    this.#addGap({ from: this.#lastAt, to: at, slots: this.#unread, cause: "reader_lapped" });
    this.#unread = 0;
  }

  /** A gap that stands in the pages of two hours is one. */
  #addGap(gap: LaneGap): void {
    if (!this.#gaps.some(({ from, to }) => from === gap.from && to === gap.to)) this.#gaps.push(gap);
  }

  /** What a book said of itself may have been among the slots that were passed: its row says it now. */
  #believe(): void {
    this.#passed = 0;
    const depth = new DepthReader(this.#region.depth);
    const { count } = new InstrumentReader(this.#region.control, this.#region.instruments);
    for (let id = 0; id < count; id++) {
      const book = depth.read(id);
      if (book !== null) this.ledger.believe(id, book.validity === "live", this.#lastAt);
    }
  }

  #nameOf(id: number): Pick<LedgerRow, "venue" | "symbol" | "instrument"> {
    const row = this.#names.instrument(id);
    const venue = row === null ? null : this.#names.venue((row as { venueCode?: number }).venueCode ?? 0);
    return { venue: venue ?? "?", symbol: row?.symbol ?? `#${id}`, instrument: row?.canonical ?? null };
  }

  #beforeOf(id: number, channel: LedgerChannel): Before | null {
    return this.#before.get(keyOf({ ...this.#nameOf(id), channel })) ?? null;
  }
}

function micros({ hi, lo }: Nanos): number {
  return toMicros(hi, lo);
}

function keyOf({ venue, symbol, channel }: Pick<LedgerRow, "venue" | "symbol" | "channel">): string {
  return `${venue} ${channel} ${symbol}`;
}

/** The last id of each stream that any page tells of. */
function lastIds(pages: readonly LedgerPage[]): Map<string, Before> {
  const ids = new Map<string, Before>();
  for (const row of pages.flatMap((page) => page.rows)) {
    if (row.last_ts === null) continue;
    const known = ids.get(keyOf(row))?.id ?? -1;
    ids.set(keyOf(row), { id: row.last_id === null ? known : Number(row.last_id), at: row.last_ts });
  }
  return ids;
}
