import { describe, expect, it } from "vitest";
import { instrumentOf, putMicros, putNumber, REASON, VALIDITY } from "../model/index.ts";
import type { Nanos } from "../model/index.ts";
import { CounterWriter, readCounters } from "./counter-table.ts";
import { DEPTH, DepthReader, DepthWriter } from "./depth-table.ts";
import { sectionsOf } from "./geometry.ts";
import { bucketBound, bucketOf, HistogramWriter, quantile, readHistograms } from "./histogram-table.ts";
import { InstrumentReader, InstrumentWriter } from "./instrument-table.ts";
import { HEADER, HISTOGRAM_BUCKETS } from "./layout.ts";
import { readReaders, ReaderListing } from "./reader-table.ts";
import { formatRegion, headerProblem, Region } from "./region.ts";
import { TOP, TopReader, TopWriter } from "./top-table.ts";
import { VenueReader, VenueWriter } from "./venue-table.ts";

const SMALL = { slots: 512, venues: 2, instruments: 3, counters: 2, histograms: 2, readers: 2 };

function nanos(us: number): Nanos {
  const halves = new Int32Array(2);
  putMicros(us, halves, 0);
  return { lo: halves[0]!, hi: halves[1]! };
}

const NOW = nanos(1_700_000_000_000_000);

function makeBuffer(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(sectionsOf(SMALL).size);
  formatRegion(buffer, SMALL, "main", NOW);
  return buffer;
}

describe("top of book", () => {
  it("reads back what was written, and null before", () => {
    const region = new Region(makeBuffer());
    const writer = new TopWriter(region.top);
    const reader = new TopReader(region.top);
    expect([reader.read(1), reader.read(-1), reader.read(3)]).toEqual([null, null, null]);
    writer.num.set([100.5, 2, 100.6, NaN]);
    putMicros(1_700_000_000_000_001, writer.long, TOP.TS_EVENT);
    putMicros(1_700_000_000_000_002, writer.long, TOP.TS_RECV);
    putNumber(2 ** 45, writer.long, TOP.UPDATE_ID);
    putNumber(77, writer.long, TOP.LOG_SEQ);
    writer.write(1, VALIDITY.LIVE, REASON.UNPROVED, 4);
    const row = {
      validity: "live",
      reason: "unproved",
      epoch: 4,
      tsEvent: 1_700_000_000_000_001,
      tsRecv: 1_700_000_000_000_002,
      updateId: "35184372088832",
      bidPrice: 100.5,
      bidSize: 2,
      askPrice: 100.6,
      askSize: NaN,
      logSeq: 77,
    };
    expect(reader.read(1)).toEqual(row);
    writer.setValidity(1, VALIDITY.RESYNCING, REASON.SEQUENCE_GAP, 5);
    expect(reader.read(1)).toEqual({ ...row, validity: "resyncing", reason: "sequence_gap", epoch: 5 });
    expect([reader.read(0), reader.read(2)]).toEqual([null, null]);
  });

  it("gives nothing from a row whose writer was killed inside it, also after the next writer's repair", () => {
    const region = new Region(makeBuffer());
    const writer = new TopWriter(region.top);
    const reader = new TopReader(region.top);
    writer.num.fill(1);
    writer.write(0, VALIDITY.LIVE, REASON.NONE, 1);
    region.top.lock(0);
    expect(reader.read(0)).toBeNull();
    region.enter(1, NOW);
    expect(reader.read(0)).toBeNull();
    writer.write(0, VALIDITY.LIVE, REASON.NONE, 2);
    expect(reader.read(0)?.bidPrice).toBe(1);
  });
});

describe("depth", () => {
  it("keeps 50 levels a side in order", () => {
    const region = new Region(makeBuffer());
    const writer = new DepthWriter(region.depth);
    const reader = new DepthReader(region.depth);
    for (let i = 0; i < 50; i++) {
      writer.bids.set([100 - i, i + 1], i * 2);
      writer.asks.set([101 + i, i + 0.5], i * 2);
    }
    putNumber(9, writer.long, DEPTH.SEQ);
    putNumber(10, writer.long, DEPTH.LOG_SEQ);
    writer.horizon[DEPTH.BID_HORIZON] = 51;
    writer.write(2, VALIDITY.CROSSED, REASON.CROSSED, 1, 60, 2);
    const row = reader.read(2)!;
    expect(row.bids).toEqual(Array.from({ length: 50 }, (_, i) => [100 - i, i + 1]));
    const asks = [
      [101, 0.5],
      [102, 1.5],
    ];
    expect(row.asks).toEqual(asks);
    expect([row.validity, row.reason, row.seq, row.logSeq, row.tsEvent]).toEqual([
      "crossed",
      "crossed",
      "9",
      10,
      0,
    ]);
    expect([row.bidHorizon, row.askHorizon]).toEqual([51, NaN]);
    writer.setValidity(2, VALIDITY.STALE, REASON.SILENT, 2);
    expect(reader.read(2)).toMatchObject({
      validity: "stale",
      reason: "silent",
      epoch: 2,
      asks,
      bidHorizon: 51,
    });
  });
});

describe("instruments and venues", () => {
  const option = instrumentOf({
    symbol: "BTC-27MAR26-100000-C",
    canonical: "BTC-USD-27MAR26-100000-C",
    kind: "option",
    status: "trading",
    tick: 0.0005,
    pricePrecision: 4,
    strike: 100000,
    expiry: 1774598400000000,
  });

  it("gives ids in order and reads rows back, again after a change", () => {
    const { control, instruments } = new Region(makeBuffer());
    const writer = new InstrumentWriter(control, instruments);
    const reader = new InstrumentReader(control, instruments);
    expect([writer.add(8, option), writer.add(300, { ...option, symbol: "É" })]).toEqual([0, 1]);
    expect(reader.read(0)).toEqual({ ...option, id: 0, venueCode: 8 });
    expect(reader.read(1)).toMatchObject({ symbol: "É", venueCode: 300 });
    writer.write(0, 8, { ...option, status: "expired" });
    expect(reader.all().map((row) => row.status)).toEqual(["expired", "trading"]);
    expect(reader.read(2)).toBeNull();
  });

  it("refuses a row too many and a name too long, writing nothing", () => {
    const { control, instruments } = new Region(makeBuffer());
    const writer = new InstrumentWriter(control, instruments);
    expect(() => writer.add(1, { ...option, symbol: "x".repeat(65) })).toThrow("symbol of <= 64 bytes");
    expect(writer.count).toBe(0);
    for (let i = 0; i < 3; i++) writer.add(1, option);
    expect(() => writer.add(1, option)).toThrow('larger "instruments"');
  });

  it("lists venues once each", () => {
    const { venues } = new Region(makeBuffer());
    const writer = new VenueWriter(venues);
    const row = writer.declare(7, "kraken");
    expect([writer.declare(7, "kraken"), writer.declare(9, "gemini")]).toEqual([row, 1]);
    expect(() => writer.declare(1, "binance")).toThrow("at most 2 venues");
    writer.write(row, 1, VALIDITY.LIVE, 2, 5, NOW);
    const reader = new VenueReader(venues);
    expect(reader.all()[0]).toEqual({
      code: 7,
      id: "kraken",
      state: "trading",
      validity: "live",
      connectionsUp: 2,
      reconnects: 5,
      lastRecv: 1_700_000_000_000_000,
    });
    expect([reader.idOf(9), reader.idOf(3)]).toEqual(["gemini", null]);
  });
});

describe("counters and histograms", () => {
  const label = { name: "frames", labels: 'venue="okx"', unit: "frames", help: "frames received" };

  it("declares a counter once and goes on after a restart", () => {
    const { counters } = new Region(makeBuffer());
    const writer = new CounterWriter(counters);
    const row = writer.declare(label);
    writer.add(row, 3);
    const next = new CounterWriter(counters);
    next.add(next.declare(label), 4);
    next.set(next.declare({ ...label, name: "lag" }, true), 9);
    expect(readCounters(counters)).toEqual([
      { ...label, value: 7, gauge: false },
      { ...label, name: "lag", value: 9, gauge: true },
    ]);
    expect(() => next.declare({ ...label, name: "third" })).toThrow("at most 2");
  });

  it("puts every value between the bounds of its bucket", () => {
    for (let value = 0.3; value < 2 ** 28; value *= 1.037) {
      const bucket = bucketOf(value);
      expect(value).toBeLessThan(bucketBound(bucket));
      if (bucket > 0) expect(value).toBeGreaterThanOrEqual(bucketBound(bucket - 1));
    }
    expect([bucketOf(NaN), bucketOf(0), bucketOf(1), bucketOf(2 ** 26), bucketOf(Infinity)]).toEqual([
      0,
      0,
      1,
      HISTOGRAM_BUCKETS - 1,
      HISTOGRAM_BUCKETS - 1,
    ]);
  });

  it("gives quantiles within an eighth", () => {
    const { histograms } = new Region(makeBuffer());
    const writer = new HistogramWriter(histograms);
    const row = writer.declare({ ...label, name: "latency", unit: "us" });
    for (let i = 1; i <= 1000; i++) writer.record(row, i);
    const [read] = readHistograms(histograms);
    expect([read!.count, read!.sum, read!.max, read!.unit]).toEqual([1000, 500500, 1000, "us"]);
    for (const q of [0.1, 0.5, 0.9, 0.99]) {
      expect(quantile(read!, q)).toBeGreaterThanOrEqual(q * 1000);
      expect(quantile(read!, q)).toBeLessThanOrEqual(q * 1000 * 1.125 + 1);
    }
    expect(quantile(read!, 1)).toBe(1000);
  });
});

describe("the readers table", () => {
  it("lists, reports, releases and takes over from the dead", () => {
    const { readers } = new Region(makeBuffer());
    const nobody = (): boolean => true;
    const first = ReaderListing.claim(readers, 10, "tail", NOW, nobody)!;
    ReaderListing.claim(readers, 11, "sink with a name that is far too long", NOW, nobody);
    expect(ReaderListing.claim(readers, 12, "third", NOW, nobody)).toBeNull();
    first.waits("futex");
    first.plays("lossless", true);
    first.report(2 ** 33 + 5, 42, nanos(1_700_000_000_000_009));
    expect(readReaders(readers)).toEqual([
      {
        pid: 10,
        name: "tail",
        cursor: 2 ** 33 + 5,
        lost: 42,
        wait: "futex",
        role: "lossless",
        catchingUp: true,
        lastPoll: 1_700_000_000_000_009,
        started: 1_700_000_000_000_000,
      },
      {
        pid: 11,
        name: "sink with a name that is far too",
        cursor: 0,
        lost: 0,
        wait: "",
        role: "ring",
        catchingUp: false,
        lastPoll: 0,
        started: 1_700_000_000_000_000,
      },
    ]);
    first.release();
    expect(readReaders(readers).map((row) => row.pid)).toEqual([11]);
    ReaderListing.claim(readers, 13, "a", NOW, nobody);
    ReaderListing.claim(readers, 14, "b", NOW, (pid) => pid !== 11);
    expect(readReaders(readers).map((row) => [row.pid, row.name])).toEqual([
      [13, "a"],
      [14, "b"],
    ]);
  });
});

describe("a region", () => {
  const whole = sectionsOf(SMALL).size;

  it("knows its lane and geometry", () => {
    const region = new Region(makeBuffer());
    expect([region.lane, region.geometry, region.writerPid]).toEqual(["main", SMALL, 0]);
    region.enter(4711, NOW);
    expect([region.writerPid, region.heartbeat]).toEqual([4711, NOW]);
    expect(headerProblem(makeBuffer(), whole)).toBeNull();
  });

  it.each([
    ["foreign", HEADER.at.magic, 0x21],
    ["version", HEADER.at.version, 9],
    ["layout", HEADER.at.hash, 9],
    ["damaged", HEADER.at.slots, 3],
    ["damaged", HEADER.at.size, 9],
    ["damaged", HEADER.at.ring_at, 9],
  ])("names a %s header (byte %d)", (code, at, value) => {
    const buffer = makeBuffer();
    new Uint8Array(buffer)[at] = value;
    const problem = headerProblem(buffer, whole);
    expect(problem?.code).toBe(code);
    expect(problem?.message).toMatch(/^expected .*, saw .*; .+/);
  });

  it("names a file that is too short", () => {
    expect(headerProblem(makeBuffer(), whole - 1)?.message).toContain(
      `expected ${whole} bytes, saw ${whole - 1}`,
    );
    expect(headerProblem(new ArrayBuffer(10), 10)?.code).toBe("truncated");
  });
});
