import { describe, expect, it } from "vitest";
import {
  EventReader,
  EventWriter,
  InstrumentWriter,
  RingReader,
  RingWriter,
  TOP,
  TopWriter,
} from "../../log/index.ts";
import type { Region } from "../../log/index.ts";
import { instrumentOf, OPTION, putMicros, REASON, SymbolTable, VALIDITY } from "../../model/index.ts";
import type { Instrument, MarketEvent } from "../../model/index.ts";
import { heapRegion } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import { Derived } from "../config/derived.ts";
import { LaneSource } from "./lane-source.ts";
import { DerivedOutput } from "./output.ts";
import { pipelinesOf } from "./pipelines.ts";
import { DerivedRunner } from "./runner.ts";

const SECOND = 1_000_000;
const START = 1_700_000_000 * SECOND;
const SETTINGS = Derived.parse({ spot_mid: {}, iv_surface: {} })!;
const EXPIRY = START + 86_400 * SECOND;

/** A lane that somebody writes: its tables, and option tickers on its ring. */
class FakeLane {
  readonly name: string;
  readonly handle: RegionHandle;
  readonly #instruments: InstrumentWriter;
  readonly #tops: TopWriter;
  readonly #out: EventWriter;

  constructor(name: string, slots = 1024) {
    this.name = name;
    this.handle = heapRegion({ lane: name, slots, instruments: 64, maxStallMs: 0 });
    const { region } = this.handle;
    this.#instruments = new InstrumentWriter(region.control, region.instruments);
    this.#tops = new TopWriter(region.top);
    this.#out = new EventWriter(new RingWriter(region.control, region.slots), new SymbolTable());
  }

  list(venue: number, fields: Partial<Instrument> & { canonical: string }): number {
    return this.#instruments.add(
      venue,
      instrumentOf({ symbol: fields.canonical, status: "trading", ...fields }),
    );
  }

  /** As the lane does when metadata changed. */
  relist(id: number, venue: number, instrument: Instrument, at: number): void {
    this.#instruments.write(id, venue, instrument);
    this.#begin(venue, at);
    this.#out.appendInstrument(id);
    this.#out.ring.commit();
  }

  top(id: number, bid: number, ask: number, at: number, validity: number = VALIDITY.LIVE): void {
    this.#tops.num.set([bid, 1, ask, 1]);
    putMicros(at, this.#tops.long, TOP.TS_RECV);
    this.#tops.write(id, validity, REASON.NONE, 1);
  }

  option(id: number, venue: number, at: number, index: number, iv: number): void {
    this.#begin(venue, at);
    this.#out.option.fill(NaN);
    this.#out.option[OPTION.INDEX] = index;
    this.#out.option[OPTION.MARK_IV] = iv;
    this.#out.option[OPTION.OPEN_INTEREST] = 1;
    this.#out.optionTicker(id, 0);
    this.#out.ring.commit();
  }

  #begin(venue: number, at: number): void {
    const halves = new Int32Array(2);
    putMicros(at, halves, 0);
    this.#out.venue = venue;
    this.#out.begin({ lo: halves[0]!, hi: halves[1]! });
    this.#out.endFrame();
  }
}

class Rig {
  readonly out = heapRegion({ lane: "derived", slots: 4096, instruments: 4, maxStallMs: 0 });
  readonly #reader = new RingReader(this.out.region.control, this.out.region.slots);
  readonly #events: EventReader;
  readonly #lanes: readonly FakeLane[];
  now = START + 0.5 * SECOND;

  constructor(lanes: readonly FakeLane[]) {
    this.#lanes = lanes;
    this.#events = new EventReader(this.out.region.names());
    this.#reader.seekOldest();
  }

  start(region: Region = this.out.region): DerivedRunner {
    const runner = new DerivedRunner(
      pipelinesOf(SETTINGS),
      (hear) => this.#lanes.map(({ name, handle }) => new LaneSource(name, handle, hear)),
      (codeOf) => new DerivedOutput(region, codeOf),
    );
    runner.step(() => this.now);
    return runner;
  }

  /** What is new on the derived lane after a step at `now`. */
  step(runner: DerivedRunner, seconds = 1): MarketEvent[] {
    this.now += seconds * SECOND;
    while (runner.step(() => this.now));
    const events: MarketEvent[] = [];
    this.#reader.poll((slots, word) => {
      const event = this.#events.accept(slots, word);
      if (event !== null) events.push(event);
    });
    return events;
  }
}

function chain(lane: FakeLane, venue: number): number[] {
  return ["90-P", "110-C"].map((end) =>
    lane.list(venue, {
      canonical: `BTC-USD-15NOV23-${end}`,
      kind: "option",
      expiry: EXPIRY,
      strike: Number(end.slice(0, -2)),
    }),
  );
}

const types = (events: readonly MarketEvent[]): string[] =>
  events.map(({ type, symbol }) => `${type} ${symbol}`);

describe("the derived lane", () => {
  it("makes figures of what several lanes say, and lists what they are about", () => {
    const [one, two] = [new FakeLane("one"), new FakeLane("two")];
    const ids = [
      one.list(7, { canonical: "BTC-USD", tick: 0.1 }),
      two.list(10, { canonical: "BTC-USD", tick: 0.01 }),
    ];
    const [put, call] = chain(two, 8) as [number, number];
    const rig = new Rig([one, two]);
    const runner = rig.start();
    one.top(ids[0]!, 100, 101, rig.now);
    two.top(ids[1]!, 102, 103, rig.now);
    two.option(put, 8, rig.now, 100, 0.5);
    two.option(call, 8, rig.now, 100, 0.75);
    const events = rig.step(runner);
    expect(types(events)).toEqual([
      "instrument BTC-USD",
      "spot_mid BTC-USD",
      "instrument deribit:BTC-USD-15NOV23",
      "iv_surface deribit:BTC-USD-15NOV23",
    ]);
    expect(events[0]).toMatchObject({ venue: "derived", kind: "index", tick: 0.01 });
    expect(events[1]).toMatchObject({
      mid: 101.5,
      fresh: 2,
      ts_event: START + SECOND,
      ts_recv: START + 1.5 * SECOND,
      sources: [
        { venue: "kraken", age_us: SECOND },
        { venue: "okx", age_us: SECOND },
      ],
    });
    expect(events[3]).toMatchObject({ source: "deribit", expiry: EXPIRY, atm_iv: 0.625, n_valid_points: 2 });
    expect(types(rig.step(runner))).toEqual(["spot_mid BTC-USD", "iv_surface deribit:BTC-USD-15NOV23"]);
    expect(runner.standing()).toMatchObject({
      pipelines: [
        { name: "spot_mid", events: 2, skipped: 0 },
        { name: "iv_surface", events: 2, skipped: 0 },
      ],
      refused: 0,
    });
  });

  it("looks again at what is listed when that changes, and lists what it is about anew", () => {
    const lane = new FakeLane("one");
    const btc = { symbol: "BTC-USD", canonical: "BTC-USD", status: "trading", tick: 0.1 } as const;
    const id = lane.list(7, btc);
    const rig = new Rig([lane]);
    const runner = rig.start();
    lane.top(id, 1, 2, rig.now);
    rig.step(runner);
    lane.relist(id, 7, instrumentOf({ ...btc, tick: 0.01 }), rig.now);
    expect(types(rig.step(runner))).toEqual(["instrument BTC-USD", "spot_mid BTC-USD"]);
    lane.relist(id, 7, instrumentOf({ ...btc, status: "delisted" }), rig.now);
    expect(rig.step(runner)).toEqual([]);
  });

  it("skips ticks nobody looked for", () => {
    const lane = new FakeLane("one");
    const id = lane.list(7, { canonical: "BTC-USD" });
    const rig = new Rig([lane]);
    const runner = rig.start();
    lane.top(id, 1, 2, rig.now + 10 * SECOND);
    const events = rig.step(runner, 10).filter(({ type }) => type === "spot_mid");
    expect(events).toMatchObject([{ ts_event: START + 10 * SECOND, mid: 1.5 }]);
    expect(runner.standing().pipelines[0]).toEqual({ name: "spot_mid", events: 1, skipped: 9 });
  });

  it("goes on in the memory of the one before: same rows, own slots behind the last", () => {
    const lane = new FakeLane("one");
    const id = lane.list(7, { canonical: "BTC-USD", tick: 0.1 });
    const rig = new Rig([lane]);
    lane.top(id, 1, 2, rig.now);
    const before = types(rig.step(rig.start()));
    const head = rig.out.region.head;
    rig.out.region.enter(1, { lo: 0, hi: 0 });
    const after = types(rig.step(rig.start()));
    expect([before, after]).toEqual([["instrument BTC-USD", "spot_mid BTC-USD"], ["spot_mid BTC-USD"]]);
    expect(rig.out.region.head - head).toBe(2);
  });

  it("counts what it was too slow for, hears the next, and looks at all listings again", () => {
    const lane = new FakeLane("one", 512);
    const [put, call, gone] = [...chain(lane, 8), ...chain(lane, 10)] as [number, number, number];
    const rig = new Rig([lane]);
    const runner = rig.start();
    lane.option(gone, 10, rig.now, 100, 0.5);
    rig.step(runner, 0);
    const delisted = instrumentOf({ symbol: "x", canonical: "BTC-USD-15NOV23-90-P", kind: "option" });
    const symbol = "BTC-USD-15NOV23-90-P";
    lane.relist(gone, 10, { ...delisted, symbol, expiry: EXPIRY, strike: 90, status: "delisted" }, rig.now);
    for (let i = 0; i < 1000; i++) lane.option(i % 2 === 0 ? put : call, 8, rig.now, 100, 0.5);
    const surfaces = rig.step(runner).filter(({ type }) => type === "iv_surface");
    expect(surfaces).toMatchObject([{ source: "deribit", n_valid_points: 2 }]);
    const { lost, lag } = runner.standing().lanes[0]!;
    expect(lost).toBeGreaterThan(2000);
    expect(lag).toBe(0);
  });

  it("refuses what its table has no room for, and counts it", () => {
    const lane = new FakeLane("one");
    const rig = new Rig([lane]);
    const runner = rig.start();
    for (const base of ["A", "B", "C", "D", "E", "F"])
      lane.top(lane.list(7, { canonical: `${base}-USD` }), 1, 2, rig.now);
    expect(types(rig.step(runner)).filter((one) => one.startsWith("spot_mid"))).toEqual(
      ["A", "B", "C", "D"].map((base) => `spot_mid ${base}-USD`),
    );
    expect(runner.standing().refused).toBe(2);
  });
});
