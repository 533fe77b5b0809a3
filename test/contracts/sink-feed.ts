import {
  EventReader,
  EventWriter,
  InstrumentReader,
  InstrumentWriter,
  RingReader,
  RingWriter,
  SlotViews,
  VenueWriter,
  copySlot,
  slotFlags,
  slotKind,
} from "../../src/log/index.ts";
import type { Region } from "../../src/log/index.ts";
import {
  FLAG,
  INSTRUMENT_STATUS,
  LONG,
  NUM,
  SIDE,
  SymbolTable,
  instrumentOf,
  putMicros,
  putNumber,
} from "../../src/model/index.ts";
import type { Kind } from "../../src/model/index.ts";
import type { SinkRows, SlotBatch } from "../../src/sinks/index.ts";
import { heapRegion } from "../../src/store/index.ts";
import type { TrueEvent, Truth } from "./sink-judge.ts";

/** Numbers from 0 up to 1, the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Everything a lane has committed, slot by slot. */
export interface Feed {
  readonly lane: string;
  readonly slots: SlotViews;
  readonly count: number;
  /** Sequences at which events begin, and the one behind the last. */
  readonly starts: readonly number[];
  /** The events by number. */
  readonly events: readonly TrueEvent[];
  /** A batch of the events from `starts[from]` to before `starts[to]`, in memory of its own. Without the kinds that are not asked for. */
  batch(from: number, to: number, wanted?: readonly Kind[] | "all"): SlotBatch;
  /** What a vendor has to hold of it. */
  truth(takes: (event: TrueEvent, kind: Kind) => boolean): Truth;
}

/** A book update that stands out: `levels` bids at `price`, as the `at`-th event. */
export interface OddOne {
  readonly at: number;
  readonly levels: number;
  readonly price: number;
}

const NAMES = ["BTC-USD", "ETH-USD", "BTC-USD-27MAR26-100000-C"];

/** A lane with `events` random events of every kind, all through the real writer and reader of the log. */
export function feedOf(lane: string, events: number, seed: number, odd: OddOne | null = null): Feed {
  // One event may take half of a ring.
  const slots = Math.max(1 << 18, 2 ** Math.ceil(Math.log2((odd?.levels ?? 1) * 4)));
  const { region } = heapRegion({ lane, slots, instruments: 64 });
  const writer = new FeedWriter(region, seed);
  for (let i = 0; i < events; i++) writer.write(i === odd?.at ? odd : null);
  return gathered(lane, region);
}

export interface FeedTimes {
  /** Receive time of the first event, UNIX us, and between two. */
  readonly startUs: number;
  readonly stepUs: number;
}

const OLD: FeedTimes = { startUs: 1_700_000_000_000_000, stepUs: 250_000 };

/** Writes random events, one after the other of every kind; the same for the same seed. */
export class FeedWriter {
  readonly #out: EventWriter;
  readonly #random: () => number;
  readonly #times: FeedTimes;
  readonly #half = new Int32Array(2);
  #many = 0;

  constructor(region: Region, seed: number, times: FeedTimes = OLD) {
    this.#random = randomOf(seed);
    this.#times = times;
    const instruments = new InstrumentWriter(region.control, region.instruments);
    new VenueWriter(region.venues).declare(3, "kraken");
    for (const canonical of NAMES)
      instruments.add(
        3,
        instrumentOf({ symbol: canonical.replace("-", "/"), canonical, status: "trading", tick: 0.01 }),
      );
    const ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
    this.#out = new EventWriter(ring, new SymbolTable());
    this.#out.venue = 3;
  }

  /** Commits one event; returns its slots. */
  write(odd: OddOne | null = null): number {
    const out = this.#out;
    const at = this.#times.startUs + this.#many * this.#times.stepUs;
    putMicros(at, this.#half, 0);
    out.begin({ lo: this.#half[0]!, hi: this.#half[1]! });
    putNumber(1000 + this.#many, out.long, LONG.ID);
    putNumber(999 + this.#many, out.long, LONG.PREV);
    putMicros(at - 1500, out.long, LONG.TS);
    if (odd === null) say(out, this.#many, this.#random);
    else sayOdd(out, odd);
    out.endFrame();
    const slots = out.pending;
    out.ring.commit();
    this.#many += 1;
    return slots;
  }
}

/** One event of the kind that `i` names. */
function say(out: EventWriter, i: number, random: () => number): void {
  const price = Math.round(random() * 1e6) / 100;
  const id = Math.floor(random() * NAMES.length);
  out.num.set([price, 1 + Math.floor(random() * 8) / 8, price + 0.01, 2, 7], 0);
  out.option.fill(NaN).set([price, price, price, 3, 0.01, 0.65, 0.64, 0.66, -0.5]);
  const kinds = [
    () => out.trade(id, SIDE.BUY, 0),
    () => out.quote(id, 0),
    () => levels(out, id, Math.floor(random() * 40), price),
    () => out.ticker(id, 0),
    () => out.stats(id, 0),
    () => out.optionTicker(2, 0),
    () => out.index(id, 0),
    () => out.liquidation(id, SIDE.SELL, 0),
    () => out.appendInstrument(id),
    () => out.status(id, INSTRUMENT_STATUS.indexOf("halted"), 0),
  ];
  kinds[i % kinds.length]!();
}

function sayOdd(out: EventWriter, { levels: count, price }: OddOne): void {
  out.openBook(0, 0);
  for (let k = 0; k < count; k++) {
    out.num[NUM.PRICE] = price;
    out.num[NUM.SIZE] = 1;
    out.level(SIDE.BID);
  }
  out.book(0, 0);
}

function levels(out: EventWriter, id: number, count: number, price: number): void {
  const flags = count % 3 === 0 ? FLAG.SNAPSHOT : 0;
  out.openBook(id, flags);
  for (let k = 0; k < count; k++) {
    out.num[NUM.PRICE] = price - k / 100;
    out.num[NUM.SIZE] = k % 5;
    out.level(k % 2 === 0 ? SIDE.BID : SIDE.ASK);
  }
  out.book(id, flags);
}

function gathered(lane: string, region: Region): Feed {
  const reader = new RingReader(region.control, region.slots);
  reader.seek(0);
  const slots = SlotViews.make(reader.head);
  const starts = [0];
  let count = 0;
  reader.poll((from, word) => {
    copySlot(from.i32, word, slots.i32, count++ << 4);
    if ((slotFlags(from, word) & FLAG.LAST) !== 0) starts.push(count);
  });
  const names = region.names();
  const instruments = new InstrumentReader(region.control, region.instruments);
  const rows: SinkRows = { venue: (code) => names.venue(code), instrument: (id) => instruments.read(id) };
  const events = eventsOf(slots, starts, rows);
  const kindAt = (slot: number): Kind => slotKind(slots, slot << 4) as Kind;
  const batch: Feed["batch"] = (from, to, wanted = "all") => {
    const takes = (slot: number): boolean => wanted === "all" || wanted.includes(kindAt(slot));
    const [first, end] = [starts[from]!, starts[to]!];
    const taken = Array.from({ length: end - first }, (_, i) => first + i).filter(takes);
    const copy = SlotViews.make(Math.max(1, taken.length));
    taken.forEach((slot, i) => copySlot(slots.i32, slot << 4, copy.i32, i << 4));
    const seqs = Float64Array.from(taken);
    return {
      lane,
      session: "1700000000000000",
      first,
      end,
      slots: copy,
      count: taken.length,
      seqs,
      holes: [],
      rows,
    };
  };
  const truth: Feed["truth"] = (takes) => {
    const wanted = new Uint8Array(count);
    const byseq: TrueEvent[] = [];
    for (const event of events) {
      if (takes(event, kindAt(event.seq))) wanted.fill(1, event.seq, event.seq + event.slots);
      for (let i = 0; i < event.slots; i++) byseq.push(event);
    }
    return { first: 0, end: count, wanted, eventAt: (seq) => byseq[seq] ?? null };
  };
  return { lane, slots, count, starts, events, batch, truth };
}

/** What a reader says of each. */
function eventsOf(slots: SlotViews, starts: readonly number[], rows: SinkRows): TrueEvent[] {
  const reader = new EventReader(rows);
  return starts.slice(0, -1).map((seq, i) => {
    const end = starts[i + 1]!;
    let event: unknown = null;
    for (let at = seq; at < end; at++) event = reader.accept(slots, at << 4);
    const plain = JSON.parse(JSON.stringify(event)) as Record<string, unknown>;
    return { seq, slots: end - seq, event: plain };
  });
}
