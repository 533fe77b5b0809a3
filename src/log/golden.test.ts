import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  FLAG,
  instrumentOf,
  LONG,
  putMicros,
  putText,
  REASON,
  SIDE,
  SymbolTable,
  VALIDITY,
  VENUE_CODES,
  venueOfCode,
} from "../model/index.ts";
import type { MarketEvent, Nanos } from "../model/index.ts";
import { CounterWriter, readCounters } from "./counter-table.ts";
import { DEPTH, DepthReader, DepthWriter } from "./depth-table.ts";
import { DerivedWriter } from "./derived-writer.ts";
import type { DerivedEvent } from "./derived-writer.ts";
import { EventReader } from "./event-reader.ts";
import { EventWriter } from "./event-writer.ts";
import { sectionsOf } from "./geometry.ts";
import { JournalGate } from "./gate.ts";
import { HistogramWriter, readHistograms } from "./histogram-table.ts";
import { InstrumentReader, InstrumentWriter } from "./instrument-table.ts";
import { HEADER, LAYOUT_HASH, LAYOUT_VERSION } from "./layout.ts";
import { ReaderListing } from "./reader-table.ts";
import { formatRegion, headerProblem, Region } from "./region.ts";
import { RingWriter } from "./ring-writer.ts";
import type { Rows } from "./rows.ts";
import { SlotViews } from "./slot.ts";
import { SCOPE } from "./status.ts";
import { TOP, TopReader, TopWriter } from "./top-table.ts";
import { VenueReader, VenueWriter } from "./venue-table.ts";

/**
 * The bytes of version 5, kept as files: other programs map regions, so a byte that moves is a broken promise.
 * After a deliberate change (new LAYOUT_VERSION): UPDATE_GOLDEN=1 npx vitest run src/log/golden
 */
const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), "../../fixtures/log/v5");
const GEOMETRY = { slots: 512, venues: 1, instruments: 1, counters: 1, histograms: 1, readers: 1 };

function at(us: number): Nanos {
  const halves = new Int32Array(2);
  putMicros(us, halves, 0);
  return { lo: halves[0]!, hi: halves[1]! };
}

const NOW = at(1_700_000_000_125_417);
const BTC = instrumentOf({
  symbol: "BTCUSDT",
  canonical: "BTC-USDT",
  status: "trading",
  tick: 0.01,
  lot: 0.00001,
  pricePrecision: 2,
  sizePrecision: 8,
  contractValue: 100,
  sizeUnit: "quote",
});

/** A region with one of everything. */
function writeAll(): { region: Region; files: Record<string, Uint8Array> } {
  const buffer = new SharedArrayBuffer(sectionsOf(GEOMETRY).size);
  formatRegion(buffer, GEOMETRY, "main", NOW, 2 ** 33);
  const waits = { maxStallMs: 100, sleep: () => 100 };
  const region = new Region(buffer, null, () => {}, waits);
  region.enter(4711, NOW);
  writeTables(region);
  const out = new EventWriter(
    new RingWriter(region.control, region.slots, region.bell, region.gate),
    new SymbolTable(),
  );
  const slots = [...writeSlots(out), ...writeDerived(out.ring)];
  out.ring.commit();
  const bytes = new Uint8Array(buffer);
  const row = (rows: Rows): Uint8Array => rows.u8.slice(0, rows.size);
  return {
    region,
    files: {
      header: bytes.slice(0, HEADER.size),
      ...Object.fromEntries(slots.map((name, i) => [name, region.slots.u8.slice(i * 64, i * 64 + 64)])),
      venue_row: row(region.venues),
      instrument_row: row(region.instruments),
      counter_row: row(region.counters),
      histogram_row: row(region.histograms),
      top_row: row(region.top),
      depth_row: row(region.depth),
      readers_header: new Uint8Array(region.marks.buffer, region.marks.byteOffset, 256).slice(),
      reader_row: row(region.readers),
    },
  };
}

function writeSlots(out: EventWriter): string[] {
  out.venue = 1;
  out.begin(NOW);
  putMicros(1_700_000_000_123_000, out.long, LONG.TS);
  putText("1099511627781", out.long, LONG.ID);
  putText("1099511627776", out.long, LONG.PREV);
  out.num.set([43210.1, 0.5, 43210.2, 1.25, 0.0001]);
  out.trade(0, SIDE.SELL, FLAG.RECOVERED);
  out.quote(0, 0);
  out.level(SIDE.BID);
  out.hasChecksum = true;
  out.checksum = 0x89abcdef | 0;
  out.book(0, FLAG.SNAPSHOT);
  out.ticker(0, 0);
  out.stats(0, 0);
  out.option.set(Array.from({ length: 15 }, (_, i) => (i === 6 ? NaN : (i + 1) / 16)));
  out.optionTicker(0, FLAG.RECOVERED);
  out.index(0, 0);
  out.liquidation(0, SIDE.BUY, 0);
  out.appendInstrument(0);
  out.appendStatus(SCOPE.BOOK, 0, VALIDITY.GAPPED, 1, 7, FLAG.INVALID);
  return [
    "trade",
    "quote",
    "book",
    "ticker",
    "stats",
    "option_ticker",
    "option_volatility",
    "option_greeks",
    "index",
    "liquidation",
    "instrument",
    "status",
  ];
}

const TIMES = { ts_event: 1700000000000000, ts_recv: 1700000000125417 };
const NAMED = { venue: "binance", symbol: "BTCUSDT", instrument: "BTC-USDT" };
const SPOT: DerivedEvent = {
  type: "spot_mid",
  ...NAMED,
  mid: 43210.15,
  quality: "degraded",
  divergence_bps: null,
  fresh: 1,
  min_age_us: 1250,
  max_age_us: 1250,
  sources: [
    {
      venue: "binance",
      bid_price: 43210.1,
      ask_price: 43210.2,
      mid: 43210.15,
      age_us: 1250,
      state: "fresh",
      validity: "live",
    },
    {
      venue: "kraken",
      bid_price: 43210.3,
      ask_price: 43210.2,
      mid: null,
      age_us: 4000000,
      state: "crossed",
      validity: "crossed",
    },
  ],
  ...TIMES,
};
const SURFACE: DerivedEvent = {
  type: "iv_surface",
  ...NAMED,
  source: "deribit",
  expiry: null,
  index_price: 43210.5,
  forward: 43500.25,
  atm_iv: 0.625,
  atm_spread_iv: null,
  quality: "suspect",
  n_points: 300,
  n_valid_points: 2,
  min_strike: 43000,
  max_strike: 44000,
  butterfly: 1,
  calendar: 2,
  points: [
    { strike: 43000, side: "put", iv: 0.625, bid_iv: 0.5, ask_iv: null },
    { strike: 44000, side: "call", iv: 0.6875, bid_iv: null, ask_iv: 0.75 },
  ],
  ...TIMES,
};

function writeDerived(ring: RingWriter): string[] {
  const derived = new DerivedWriter(ring, (venue) => VENUE_CODES[venue as keyof typeof VENUE_CODES]);
  derived.write(SPOT, 0);
  derived.write(SURFACE, 0);
  return ["spot_mid", "spot_source", "spot_crossed", "iv_surface", "iv_point", "iv_last"];
}

function writeTables(region: Region): void {
  const venues = new VenueWriter(region.venues);
  venues.write(venues.declare(1, "binance"), 1, VALIDITY.LIVE, 2, 3, NOW);
  new InstrumentWriter(region.control, region.instruments).add(1, BTC);
  const label = { name: "frames_total", labels: 'venue="binance"', unit: "frames", help: "frames received" };
  const counters = new CounterWriter(region.counters);
  counters.add(counters.declare(label), 12345);
  const histograms = new HistogramWriter(region.histograms);
  const row = histograms.declare({ ...label, name: "latency", unit: "us" });
  for (const value of [0.5, 1, 17, 1e9]) histograms.record(row, value);
  const top = new TopWriter(region.top);
  top.num.set([43210.1, 0.5, 43210.2, NaN]);
  putText("99", top.long, TOP.UPDATE_ID);
  putText("4294967396", top.long, TOP.LOG_SEQ);
  top.write(0, VALIDITY.LIVE, REASON.UNPROVED, 3);
  const depth = new DepthWriter(region.depth);
  for (let i = 0; i < 100; i++) depth.bids[i] = depth.asks[99 - i] = i / 4;
  putText("9007199254740993", depth.long, DEPTH.SEQ);
  depth.horizon[DEPTH.BID_HORIZON] = 0.125;
  depth.write(0, VALIDITY.CROSSED, REASON.CROSSED, 4, 50, 3);
  const listing = ReaderListing.claim(region.readers, 4712, "tail", NOW, () => true)!;
  listing.report(2 ** 33 + 5, 42, NOW);
  listing.waits("futex");
  listing.plays("lossless", true);
  const journal = new JournalGate(region.marks, () => {});
  journal.hold(4713, 2 ** 33 - 7, 2 ** 33 - 9);
  journal.beat(NOW.lo, NOW.hi);
  journal.hole();
}

const written = writeAll();
const golden = (name: string): Uint8Array =>
  new Uint8Array(fs.readFileSync(path.join(FOLDER, `${name}.bin`)));

if (process.env["UPDATE_GOLDEN"] !== undefined) {
  fs.mkdirSync(FOLDER, { recursive: true });
  for (const [name, bytes] of Object.entries(written.files))
    fs.writeFileSync(path.join(FOLDER, `${name}.bin`), bytes);
}

describe("golden bytes", () => {
  it("belong to this version", () => {
    expect([LAYOUT_VERSION, LAYOUT_HASH]).toEqual([5, 183148185]);
    expect(fs.readdirSync(FOLDER).toSorted()).toEqual(
      Object.keys(written.files)
        .map((name) => `${name}.bin`)
        .toSorted(),
    );
  });

  it.each(Object.entries(written.files))("%s is written as it always was", (name, bytes) => {
    expect(Buffer.from(bytes).toString("hex")).toBe(Buffer.from(golden(name)).toString("hex"));
  });

  it("slots are read as they always were", () => {
    const names = { venue: (code: number) => venueOfCode(code), instrument: () => BTC };
    const reader = new EventReader(names);
    const read = (name: string): MarketEvent | null => {
      const slots = SlotViews.make(1);
      slots.u8.set(golden(name));
      return reader.accept(slots, 0);
    };
    const common = {
      venue: "binance",
      symbol: "BTCUSDT",
      instrument: "BTC-USDT",
      ts_event: 1700000000123000,
      ts_recv: 1700000000125417,
    };
    expect(read("trade")).toEqual({
      type: "trade",
      ...common,
      id: "1099511627781",
      price: 43210.1,
      size: 0.5,
      side: "sell",
      flags: ["recovered"],
    });
    expect(read("quote")).toEqual({
      type: "quote",
      ...common,
      bid_price: 43210.1,
      bid_size: 0.5,
      ask_price: 43210.2,
      ask_size: 1.25,
      update_id: "1099511627781",
    });
    expect(read("book")).toEqual({
      type: "book",
      action: "snapshot",
      ...common,
      bids: [[43210.1, 0.5]],
      asks: [],
      seq: "1099511627781",
      prev_seq: "1099511627776",
      checksum: 0x89abcdef,
    });
    expect([read("option_ticker"), read("option_volatility")]).toEqual([null, null]);
    expect(read("option_greeks")).toEqual({
      type: "option_ticker",
      ...common,
      mark_price: 0.0625,
      index_price: 0.125,
      underlying_price: 0.1875,
      open_interest: 0.25,
      interest_rate: 0.3125,
      mark_iv: 0.375,
      ask_iv: 0.5,
      delta: 0.5625,
      gamma: 0.625,
      vega: 0.6875,
      theta: 0.75,
      rho: 0.8125,
      last_price: 0.875,
      volume_24h: 0.9375,
      flags: ["recovered"],
    });
    expect(read("ticker")).toEqual({
      type: "ticker",
      ...common,
      mark_price: 43210.1,
      index_price: 0.5,
      funding_rate: 43210.2,
      next_funding_ts: 1.25,
      open_interest: 0.0001,
    });
    expect(read("stats")).toEqual({
      type: "ticker",
      ...common,
      last_price: 43210.1,
      volume_24h: 0.5,
      high_24h: 43210.2,
      low_24h: 1.25,
      vwap_24h: 0.0001,
    });
    expect(read("index")).toEqual({ type: "index", ...common, price: 43210.1 });
    expect(read("liquidation")).toEqual({
      type: "liquidation",
      ...common,
      price: 43210.1,
      size: 0.5,
      side: "buy",
    });
    expect(read("instrument")).toMatchObject({
      type: "instrument",
      ...common,
      status: "trading",
      tick: 0.01,
      lot: 0.00001,
    });
    expect([read("spot_mid"), read("spot_source")]).toEqual([null, null]);
    expect(read("spot_crossed")).toEqual(SPOT);
    expect([read("iv_surface"), read("iv_point")]).toEqual([null, null]);
    expect(read("iv_last")).toEqual(SURFACE);
    expect(read("status")).toEqual({
      type: "status",
      ...common,
      scope: "book",
      state: "gapped",
      epoch: 7,
      reason: "starting",
      flags: ["invalid"],
    });
  });

  it("tables are read as they always were", () => {
    const { region } = written;
    expect(headerProblem(golden("header").buffer as ArrayBuffer, sectionsOf(GEOMETRY).size)).toBeNull();
    region.venues.u8.set(golden("venue_row"));
    region.instruments.u8.set(golden("instrument_row"));
    region.counters.u8.set(golden("counter_row"));
    region.histograms.u8.set(golden("histogram_row"));
    region.top.u8.set(golden("top_row"));
    region.depth.u8.set(golden("depth_row"));
    expect(new VenueReader(region.venues).all()).toMatchObject([
      { code: 1, id: "binance", validity: "live", reconnects: 3 },
    ]);
    expect(new InstrumentReader(region.control, region.instruments).read(0)).toEqual({
      ...BTC,
      id: 0,
      venueCode: 1,
    });
    expect(readCounters(region.counters)).toMatchObject([
      { name: "frames_total", value: 12345, gauge: false },
    ]);
    expect(readHistograms(region.histograms)).toMatchObject([
      { name: "latency", count: 4, sum: 1000000018.5, max: 1e9 },
    ]);
    expect(new TopReader(region.top).read(0)).toMatchObject({
      bidPrice: 43210.1,
      askSize: NaN,
      updateId: "99",
      logSeq: 4294967396,
    });
    const depth = new DepthReader(region.depth).read(0)!;
    expect([depth.bids[49], depth.asks.length, depth.seq]).toEqual([[24.5, 24.75], 3, "9007199254740993"]);
  });
});
