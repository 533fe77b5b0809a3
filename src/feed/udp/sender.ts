import {
  copySlot,
  datagramCount,
  datagramEnd,
  datagramFirst,
  datagramInside,
  datagramNumber,
  datagramSent,
  datagramSession,
  DATAGRAM_TYPE,
  datagramType,
  LAST_IN_HEAD,
  SLOT_BYTES,
  slotFlags,
  slotInstrument,
  slotKind,
  slotVenue,
  SlotViews,
  WORD,
} from "../../log/index.ts";
import type {
  CounterWriter,
  EventWriter,
  HistogramWriter,
  InstrumentWriter,
  VenueWriter,
} from "../../log/index.ts";
import { FLAG, KIND, KIND_NAMES } from "../../model/index.ts";
import type { Nanos, Venue } from "../../model/index.ts";
import type { Latest } from "../market/latest.ts";
import { HeardBooks } from "./books.ts";
import { declareUdpMeters } from "./meters.ts";
import type { UdpMeters } from "./meters.ts";
import { Order } from "./order.ts";
import type { Packet } from "./packet.ts";
import { RemoteRows } from "./rows.ts";

/** What the senders of a lane share. */
export interface SenderParts {
  readonly writer: EventWriter;
  readonly instruments: InstrumentWriter;
  readonly venues: VenueWriter;
  readonly counters: CounterWriter;
  readonly histograms: HistogramWriter;
  readonly latest: Latest;
  /** Datagrams held back while an earlier one is missing, and how long, ms. */
  readonly window: number;
  readonly reorderMs: number;
  venueOf(code: number): Venue | null;
  report(message: string, facts: Readonly<Record<string, unknown>>): void;
  lost(loss: Loss): void;
}

/** Slots of a sender's lane that did not come. */
export interface Loss {
  readonly sender: string;
  readonly session: number;
  /** Datagrams that are missing: the first of them and how many; 0 of them: the sender had not the slots either. */
  readonly number: number;
  readonly datagrams: number;
  /** Slots that are missing, all of them in [first, end) of the sender's log. */
  readonly slots: number;
  readonly first: number;
  readonly end: number;
  /** `lost` on the way, `sender` had a hole itself, `session`: it began anew further on. */
  readonly reason: "lost" | "sender" | "session";
}

/** One lane of another gateway, heard datagram by datagram: its events go to our ring, and what did not come has a name. */
export class Sender {
  readonly name: string;
  /** Monotonic ms. */
  heardAt = -Infinity;
  session = -1;
  ended = false;
  readonly #parts: SenderParts;
  readonly meters: UdpMeters;
  readonly #books: HeardBooks;
  #rows: RemoteRows;
  #order: Order;
  /** What the next datagram is expected to say; -1 before the first one. */
  #sent = -1;
  #end = -1;
  /** The event being gathered, and whether slots are passed over to the end of one that was cut. */
  #event = SlotViews.make(256);
  #count = 0;
  #skips = false;
  /** A whole book that is sent beside the log. */
  #renewal = SlotViews.make(256);
  #renewalCount = 0;
  /** Of the newest slot written, so that receive times never step back. */
  readonly #recv: Nanos;
  #up = false;

  constructor(name: string, parts: SenderParts, recv: Nanos) {
    this.name = name;
    this.#parts = parts;
    this.#recv = recv;
    this.meters = declareUdpMeters(parts.counters, parts.histograms, name);
    this.#books = new HeardBooks(parts.writer, parts.latest);
    this.#rows = this.#newRows();
    this.#order = this.#newOrder(false);
  }

  get due(): number {
    return this.#order.due;
  }

  accept(packet: Packet, bytes: number, now: number): void {
    const session = datagramSession(packet.words);
    if (session !== this.session) this.#begin(session);
    this.heardAt = now;
    this.ended = false;
    this.#books.silent(false);
    this.#order.accept(packet, bytes, now);
    this.#parts.writer.ring.commit();
    this.#parts.latest.flush();
  }

  /** Gives up what has been waited for long enough. */
  settle(now: number): void {
    if (this.#order.due > now) return;
    this.#order.settle(now);
    this.#parts.writer.ring.commit();
    this.#parts.latest.flush();
  }

  /** `silent`: nothing was heard of it for too long. */
  tick(silent: boolean): void {
    const { counters } = this.#parts;
    const { duplicates, reordered, late } = this.#order;
    this.#order.duplicates = this.#order.reordered = this.#order.late = 0;
    counters.add(this.meters.duplicates, duplicates);
    counters.add(this.meters.reordered, reordered);
    counters.add(this.meters.late, late);
    const up = !silent && !this.ended;
    if (this.#up && !up) {
      this.#books.silent(true);
      this.#parts.writer.ring.commit();
      this.#parts.report(this.ended ? "sender has ended" : "sender is silent", { sender: this.name });
    }
    this.#up = up;
    counters.set(this.meters.up, up ? 1 : 0);
    counters.set(this.meters.books, this.#books.live);
  }

  /** The sender counts anew. What was held of the session before goes first. */
  #begin(session: number): void {
    const first = this.session < 0;
    this.#order.settle(0, true);
    if (!first) this.#parts.report("sender began anew", { sender: this.name, session });
    this.#parts.counters.add(this.meters.sessions, 1);
    this.session = session;
    this.#rows = this.#newRows();
    this.#order = this.#newOrder(!first);
    this.#cut();
    this.#sent = -1;
  }

  #newRows(): RemoteRows {
    const { instruments, venues, report } = this.#parts;
    return new RemoteRows(instruments, venues, (reason) =>
      report("row refused", { sender: this.name, reason }),
    );
  }

  #newOrder(fromZero: boolean): Order {
    const { window, reorderMs: ms } = this.#parts;
    return new Order({ window, ms, deliver: (packet, missing) => this.#deliver(packet, missing) }, fromZero);
  }

  #deliver(packet: Packet, missing: number): void {
    const { words } = packet;
    this.#judge(words, missing);
    this.#parts.counters.add(this.meters.datagrams, 1);
    const type = datagramType(words);
    if (type === DATAGRAM_TYPE.SLOTS) this.#slots(packet);
    else if (type === DATAGRAM_TYPE.BOOK) this.#renew(packet);
    else if (type === DATAGRAM_TYPE.INSTRUMENTS)
      this.#rows.takeInstruments(packet, (id, row) => {
        const venue = this.#parts.venueOf(row.venueCode);
        if (venue !== null) this.#books.know(id, row, venue);
      });
    else if (type === DATAGRAM_TYPE.VENUES) this.#rows.takeVenues(packet, () => undefined);
    else if (type === DATAGRAM_TYPE.END) this.ended = true;
  }

  /** Whether anything is missing right before this datagram, and what. */
  #judge(words: Int32Array, missing: number): void {
    const { counters } = this.#parts;
    const [sent, first] = [datagramSent(words), datagramFirst(words)];
    if (missing > 0) counters.add(this.meters.lostDatagrams, missing);
    const begins = this.#sent < 0;
    const slots = begins ? 0 : sent - this.#sent;
    // Where nothing was lost on the way, the stretches tell what the sender itself had not; and between two sessions.
    const jump = this.#end >= 0 && first !== this.#end;
    const reason = slots > 0 ? "lost" : begins ? "session" : "sender";
    const gone = slots > 0 ? slots : Math.max(0, first - this.#end);
    if (missing > 0 || jump) this.#renewalCount = 0;
    if (slots > 0 || jump) {
      this.#cut();
      counters.add(reason === "lost" ? this.meters.lostSlots : this.meters.holeSlots, gone);
      counters.add(this.meters.broken, 1);
      this.#books.lost();
    }
    if (slots > 0 || jump || missing > 0)
      this.#parts.lost({
        sender: this.name,
        session: this.session,
        number: datagramNumber(words) - missing,
        datagrams: missing,
        slots: slots > 0 || jump ? gone : 0,
        first: Math.max(0, this.#end),
        end: first,
        reason,
      });
    this.#sent = sent + (datagramType(words) === DATAGRAM_TYPE.SLOTS ? datagramCount(words) : 0);
    this.#end = datagramEnd(words);
  }

  /** The event being gathered will never be whole. */
  #cut(): void {
    this.#parts.counters.add(this.meters.cutSlots, this.#count);
    this.#count = 0;
    this.#renewalCount = 0;
  }

  #slots({ slots, words }: Packet): void {
    const count = datagramCount(words);
    // The beginning of an event that goes on here was lost, or the end of one that does not.
    if (!datagramInside(words) && this.#count > 0) this.#cut();
    this.#skips = datagramInside(words) && this.#count === 0;
    for (let i = 0; i < count; i++) {
      const last = (slotFlags(slots, i << 4) & FLAG.LAST) !== 0;
      if (this.#skips) {
        this.#parts.counters.add(this.meters.cutSlots, 1);
        this.#skips = !last;
        continue;
      }
      this.#event = room(this.#event, this.#count, this.#parts.writer.ring.limit);
      if (this.#count < this.#event.count) copySlot(slots.i32, i << 4, this.#event.i32, this.#count << 4);
      this.#count += 1;
      if (!last) continue;
      this.#write(this.#event, this.#count, false);
      this.#count = 0;
    }
  }

  /** A book as its sender has it: written where ours is not whole. */
  #renew({ slots, words }: Packet): void {
    if (!datagramInside(words)) this.#renewalCount = 0;
    else if (this.#renewalCount === 0) return;
    for (let i = 0; i < datagramCount(words); i++) {
      this.#renewal = room(this.#renewal, this.#renewalCount, this.#parts.writer.ring.limit);
      if (this.#renewalCount === this.#renewal.count) return;
      copySlot(slots.i32, i << 4, this.#renewal.i32, this.#renewalCount++ << 4);
    }
    const last = (this.#renewalCount - 1) << 4;
    // Its status comes first, then the levels as one event.
    if (this.#renewalCount < 2 || (slotFlags(this.#renewal, last) & FLAG.LAST) === 0) return;
    if (slotKind(this.#renewal, 0) === KIND.STATUS) {
      const book = new SlotViews(this.#renewal.i32.buffer, SLOT_BYTES, this.#renewal.count - 1);
      if (slotKind(book, 0) === KIND.BOOK) this.#write(book, this.#renewalCount - 1, true);
    }
    this.#renewalCount = 0;
  }

  /** A whole event to the ring, with our numbers. */
  #write(event: SlotViews, count: number, renewal: boolean): void {
    const { writer, counters, latest } = this.#parts;
    const id = this.#rows.idOf(slotInstrument(event, 0));
    if (id < 0 || !this.#rows.venueKnown(slotVenue(event, 0))) {
      if (!renewal) counters.add(this.meters.unnamed, count);
      return;
    }
    if (renewal && !this.#books.wants(id)) return;
    const fits =
      count <= event.count && isOneEvent(event, count) && writer.ring.pending + count <= writer.ring.limit;
    if (!fits && writer.ring.pending > 0) {
      writer.ring.commit();
      latest.flush();
    }
    if (count > event.count || !isOneEvent(event, count) || count > writer.ring.limit) {
      counters.add(this.meters.refusedSlots, count);
      return this.#books.lost();
    }
    const from = writer.pending;
    for (let i = 0; i < count; i++) this.#place(event, i, id);
    const to = writer.pending;
    writer.tsRecv = this.#recv;
    if (renewal) this.#books.renewed(id, from, to, this.#renewal.i32);
    else {
      counters.add(this.meters.slots, count);
      this.#books.accept(id, slotKind(event, 0), from, to);
    }
  }

  #place(event: SlotViews, i: number, id: number): void {
    const { ring } = this.#parts.writer;
    const word = ring.next();
    const { i32 } = ring.slots;
    copySlot(event.i32, i << 4, i32, word);
    i32[word + WORD.INSTRUMENT] = id;
    const [lo, hi] = [i32[word + WORD.TS_RECV]!, i32[word + WORD.TS_RECV + 1]!];
    if (isLater(lo, hi, this.#recv)) {
      this.#recv.lo = lo;
      this.#recv.hi = hi;
    } else {
      i32[word + WORD.TS_RECV] = this.#recv.lo;
      i32[word + WORD.TS_RECV + 1] = this.#recv.hi;
    }
  }
}

/** Twice as many slots where all are used, up to `most`. */
function room(views: SlotViews, used: number, most: number): SlotViews {
  if (used < views.count || views.count >= most) return views;
  const wider = SlotViews.make(Math.min(most, 2 * views.count));
  wider.i32.set(views.i32);
  return wider;
}

/** All slots of one kind, venue and instrument, and only the last one is the last. */
function isOneEvent({ i32 }: SlotViews, count: number): boolean {
  const head = i32[0]!;
  const kind = head & 0xff;
  if (kind === 0 || kind >= KIND_NAMES.length) return false;
  for (let i = 0; i < count; i++) {
    const word = i << 4;
    const same =
      ((i32[word]! ^ head) & ~0xff00) === 0 && i32[word + WORD.INSTRUMENT] === i32[WORD.INSTRUMENT];
    if (!same || ((i32[word]! & LAST_IN_HEAD) !== 0) !== (i === count - 1)) return false;
  }
  return true;
}

function isLater(lo: number, hi: number, { lo: thanLo, hi: thanHi }: Nanos): boolean {
  return hi >>> 0 > thanHi >>> 0 || (hi === thanHi && lo >>> 0 >= thanLo >>> 0);
}
