import {
  EventWriter,
  InstrumentReader,
  InstrumentWriter,
  RingReader,
  RingWriter,
  SlotViews,
  VenueWriter,
  copySlot,
  slotFlags,
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
import type { SlotBatch } from "../../src/sinks/index.ts";
import { heapRegion } from "../../src/store/index.ts";

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
  /** A batch of the events from `starts[from]` to before `starts[to]`, in memory of its own. */
  batch(from: number, to: number): SlotBatch;
}

const NAMES = ["BTC-USD", "ETH-USD", "BTC-USD-27MAR26-100000-C"];

/** A lane with `events` random events of every kind, all through the real writer and reader of the log. */
export function feedOf(lane: string, events: number, seed: number): Feed {
  const { region } = heapRegion({ lane, slots: 65_536, instruments: 64 });
  const random = randomOf(seed);
  const instruments = new InstrumentWriter(region.control, region.instruments);
  new VenueWriter(region.venues).declare(3, "kraken");
  for (const canonical of NAMES)
    instruments.add(
      3,
      instrumentOf({ symbol: canonical.replace("-", "/"), canonical, status: "trading", tick: 0.01 }),
    );
  const ring = new RingWriter(region.control, region.slots);
  const out = new EventWriter(ring, new SymbolTable());
  out.venue = 3;
  const half = new Int32Array(2);
  for (let i = 0; i < events; i++) {
    putMicros(1_700_000_000_000_000 + i * 250_000, half, 0);
    out.begin({ lo: half[0]!, hi: half[1]! });
    say(out, i, random);
    out.endFrame();
    ring.commit();
  }
  return gathered(lane, region);
}

/** One event of the kind that `i` names. */
function say(out: EventWriter, i: number, random: () => number): void {
  const price = Math.round(random() * 1e6) / 100;
  const id = Math.floor(random() * NAMES.length);
  out.num.set([price, 1 + Math.floor(random() * 8) / 8, price + 0.01, 2, 7], 0);
  out.option.fill(NaN).set([price, price, price, 3, 0.01, 0.65, 0.64, 0.66, -0.5]);
  putNumber(1000 + i, out.long, LONG.ID);
  putNumber(999 + i, out.long, LONG.PREV);
  putMicros(1_700_000_000_000_000 + i * 250_000 - 1500, out.long, LONG.TS);
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
  const rows = new InstrumentReader(region.control, region.instruments);
  const batch = (from: number, to: number): SlotBatch => {
    const [first, end] = [starts[from]!, starts[to]!];
    const copy = SlotViews.make(Math.max(1, end - first));
    copy.i32.set(slots.i32.subarray(first << 4, end << 4));
    return {
      lane,
      session: "1700000000000000",
      first,
      end,
      slots: copy,
      count: end - first,
      seqs: Float64Array.from({ length: end - first }, (_, i) => first + i),
      holes: [],
      rows: { venue: (code) => names.venue(code), instrument: (id) => rows.read(id) },
    };
  };
  return { lane, slots, count, starts, batch };
}
