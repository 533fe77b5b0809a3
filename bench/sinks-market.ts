import {
  EventReader,
  EventWriter,
  InstrumentWriter,
  RingReader,
  RingWriter,
  SlotViews,
} from "../src/log/index.ts";
import { InstrumentReader, VenueWriter, copySlot, slotFlags } from "../src/log/index.ts";
import {
  FLAG,
  LONG,
  NUM,
  SIDE,
  SymbolTable,
  instrumentOf,
  putMicros,
  putNumber,
} from "../src/model/index.ts";
import type { SinkRows, SlotBatch } from "../src/sinks/index.ts";
import { heapRegion } from "../src/store/index.ts";
import { seeded } from "./harness.ts";
import type { PlainEvent } from "./sinks-vendor.ts";

const INSTRUMENTS = 60;
/** Slots of a batch. */
const BATCH_SLOTS = 8192;
export const LANE = "main";

/** The same events as slots and as objects. */
export interface MarketRound {
  readonly slots: number;
  batches(first: number): SlotBatch[];
  events(first: number): PlainEvent[];
}

/** Random walks of sixty books: three in ten events a trade, four a quote, three a book update of one to four levels. */
export function marketRound(events: number, seed = 5): MarketRound {
  const { region } = heapRegion({
    lane: LANE,
    slots: 2 ** Math.ceil(Math.log2(events * 4)),
    instruments: 64,
  });
  new VenueWriter(region.venues).declare(1, "binance");
  const instruments = new InstrumentWriter(region.control, region.instruments);
  for (let i = 0; i < INSTRUMENTS; i++)
    instruments.add(1, instrumentOf({ symbol: `C${i}USDT`, canonical: `C${i}-USDT`, tick: 0.01 }));
  const ring = new RingWriter(region.control, region.slots);
  const out = new EventWriter(ring, new SymbolTable());
  out.venue = 1;
  const market = new Market(out, seeded(seed));
  for (let i = 0; i < events; i++) market.event();
  const names = region.names();
  const rows = new InstrumentReader(region.control, region.instruments);
  const read: SinkRows = { venue: (code) => names.venue(code), instrument: (id) => rows.read(id) };
  const reader = new RingReader(region.control, region.slots);
  reader.seek(0);
  const slots = SlotViews.make(reader.head);
  let count = 0;
  reader.poll((from, word) => copySlot(from.i32, word, slots.i32, count++ << 4));
  const starts = [0];
  for (let i = 0; i < count; i++) if ((slotFlags(slots, i << 4) & FLAG.LAST) !== 0) starts.push(i + 1);
  return {
    slots: count,
    batches: (first) => batchesOf(slots, starts, first, read),
    events: (first) => eventsOf(slots, starts, first, read),
  };
}

function batchesOf(slots: SlotViews, starts: readonly number[], first: number, rows: SinkRows): SlotBatch[] {
  const batches: SlotBatch[] = [];
  for (let at = 0; at < starts.length - 1;) {
    const from = starts[at]!;
    while (at < starts.length - 1 && starts[at + 1]! - from <= BATCH_SLOTS) at += 1;
    const count = starts[at]! - from;
    const copy = SlotViews.make(count);
    copy.i32.set(slots.i32.subarray(from << 4, (from + count) << 4));
    const seqs = Float64Array.from({ length: count }, (_, i) => first + from + i);
    const range = { first: first + from, end: first + from + count };
    batches.push({
      lane: LANE,
      session: "1700000000000000",
      ...range,
      slots: copy,
      count,
      seqs,
      holes: [],
      rows,
    });
  }
  return batches;
}

function eventsOf(slots: SlotViews, starts: readonly number[], first: number, rows: SinkRows): PlainEvent[] {
  const reader = new EventReader(rows);
  return starts.slice(0, -1).map((from, i) => {
    const end = starts[i + 1]!;
    let event: object | null = null;
    for (let at = from; at < end; at++) event = reader.accept(slots, at << 4);
    return { lane: LANE, log_seq: first + from, slots: end - from, ...event } as PlainEvent;
  });
}

/** Prices that walk by cents, sizes of five decimals, an event every 50 us. */
class Market {
  readonly #out: EventWriter;
  readonly #random: () => number;
  readonly #cents = Float64Array.from({ length: INSTRUMENTS }, (_, i) => 100_000 * (i + 1));
  readonly #times = new Int32Array(2);
  #us = 1_763_722_800_000_000;
  #id = 1_000_000;

  constructor(out: EventWriter, random: () => number) {
    this.#out = out;
    this.#random = random;
  }

  event(): void {
    const out = this.#out;
    const which = Math.floor(this.#random() * INSTRUMENTS);
    this.#cents[which]! += Math.round(this.#random() * 4 - 2);
    this.#us += 50;
    putMicros(this.#us, this.#times, 0);
    out.begin({ lo: this.#times[0]!, hi: this.#times[1]! });
    putMicros(this.#us - 1500, out.long, LONG.TS);
    putNumber(this.#id++, out.long, LONG.ID);
    putNumber(this.#id - 2, out.long, LONG.PREV);
    this.#write(which, this.#random());
    out.endFrame();
    out.ring.commit();
  }

  #write(which: number, kind: number): void {
    const out = this.#out;
    out.num[NUM.PRICE] = this.#cents[which]! / 100;
    out.num[NUM.SIZE] = this.#size();
    if (kind < 0.3) out.trade(which, kind < 0.15 ? SIDE.BUY : SIDE.SELL, 0);
    else if (kind < 0.7) {
      out.num[NUM.ASK_PRICE] = (this.#cents[which]! + 1) / 100;
      out.num[NUM.ASK_SIZE] = this.#size();
      out.quote(which, 0);
    } else this.#book(which);
  }

  #book(which: number): void {
    const out = this.#out;
    const levels = 1 + Math.floor(this.#random() * 4);
    for (let i = 0; i < levels; i++) {
      out.num[NUM.PRICE] = (this.#cents[which]! - 1 - i) / 100;
      out.num[NUM.SIZE] = this.#size();
      out.level(i % 2 === 0 ? SIDE.BID : SIDE.ASK);
    }
    out.book(which, 0);
  }

  #size(): number {
    return Math.round(this.#random() * 1e5) / 1e5;
  }
}
