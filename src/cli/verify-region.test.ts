import { beforeEach, describe, expect, it } from "vitest";
import { FLAG, instrumentOf, LONG, NUM, SIDE, SymbolTable, VALIDITY, VENUE_CODES } from "../model/index.ts";
import {
  CounterWriter,
  DepthWriter,
  EventWriter,
  HEAD_WORD,
  CLAIM_WORD,
  InstrumentWriter,
  NO_INSTRUMENT,
  ReaderListing,
  RingWriter,
  SCOPE,
  SLOT_WORDS,
  storeSequence,
  TopWriter,
  VenueWriter,
  WORD,
} from "../log/index.ts";
import type { Region, SlotViews } from "../log/index.ts";
import { heapRegion } from "../store/index.ts";
import { verifyRegion } from "./verify-region.ts";

const SIZES = { slots: 512, venues: 2, instruments: 4, counters: 4, histograms: 1, readers: 4 };
const CODE = VENUE_CODES.binance;

let region: Region;
let out: EventWriter;
let clock = 1;

/** A region with one venue, two instruments and an event of every common kind: slots 0 to 6. */
beforeEach(() => {
  region = heapRegion({ lane: "main", ...SIZES }).region;
  out = new EventWriter(new RingWriter(region.control, region.slots), new SymbolTable());
  out.venue = CODE;
  clock = 1;
  new VenueWriter(region.venues).declare(CODE, "binance");
  const instruments = new InstrumentWriter(region.control, region.instruments);
  instruments.add(CODE, instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT" }));
  instruments.add(CODE, instrumentOf({ symbol: "ETHUSDT", canonical: "ETH-USDT" }));
  write(() => trade(0));
  write(() => book(0, FLAG.SNAPSHOT));
  write(() => out.quote(1, 0));
  write(() => out.appendStatus(SCOPE.BOOK, 0, VALIDITY.LIVE, 0, 1));
  write(() => out.appendStatus(SCOPE.VENUE, NO_INSTRUMENT, 1, 0, 0));
});

function write(emit: () => void): void {
  out.begin({ hi: 0, lo: clock++ });
  out.num.set([10, 1, 11, 1]);
  out.long[LONG.ID] = 7;
  emit();
  out.endFrame();
  out.ring.commit();
}

function trade(id: number): void {
  out.trade(id, SIDE.BUY, 0);
}

function book(id: number, flags: number): void {
  for (const [side, price] of [
    [SIDE.BID, 10],
    [SIDE.ASK, 11],
  ] as const) {
    out.num[NUM.PRICE] = price;
    out.level(side);
  }
  out.book(id, flags);
}

/** First word of slot `n`. */
function word(n: number): number {
  return (n % SIZES.slots) * SLOT_WORDS;
}

function lines(): readonly string[] {
  return verifyRegion(region).lines;
}

describe("a region that is in order", () => {
  it("has no findings, and its events are counted", () => {
    expect(verifyRegion(region)).toEqual({
      slots: 6,
      passed: 0,
      events: { trade: 1, book: 1, quote: 1, status: 2 },
      findings: 0,
      lines: [],
    });
  });

  it("may be empty", () => {
    const empty = heapRegion({ lane: "main", ...SIZES }).region;
    expect(verifyRegion(empty)).toMatchObject({ slots: 0, findings: 0 });
  });

  it("may have been lapped in the middle of an event", () => {
    for (let i = 0; i < 400; i++) write(() => book(0, 0));
    const report = verifyRegion(region);
    expect(report.lines).toEqual([]);
    expect(report.slots).toBeGreaterThan(SIZES.slots - 128);
    expect(report.events["book"]).toBeGreaterThan(180);
  });
});

describe("what cannot be is named", () => {
  const slots = (): SlotViews => region.slots;
  const breakages: readonly (readonly [what: string, damage: () => void, finding: string])[] = [
    [
      "a head beyond the claim",
      () => storeSequence(region.control, HEAD_WORD, 1000),
      "ring: expected head <= claim <= head + 512, saw head 1000, claim 64",
    ],
    [
      "a claim too far ahead",
      () => storeSequence(region.control, CLAIM_WORD, 10_000),
      "ring: expected head <= claim <= head + 512, saw head 6, claim 10000",
    ],
    ["an unknown kind", () => void (slots().u8[0] = 77), "slot 0: expected a known kind, saw 77"],
    ["an unknown flag", () => void (slots().u8[1]! |= 1), "slot 0: expected known flags, saw 0x81"],
    [
      "a trade that does not end",
      () => void (slots().u8[1] = 0),
      "slot 0: expected LAST on an event of one slot, saw none",
    ],
    [
      "an instrument that is not in the table",
      () => void (slots().i32[word(0) + WORD.INSTRUMENT] = 2),
      "slot 0: expected a known instrument, saw 2",
    ],
    [
      "another venue's instrument",
      () => void (slots().u8[2] = 9),
      `slot 0: expected venue ${CODE} of BTCUSDT, saw 9`,
    ],
    [
      "no instrument where there must be one",
      () => void (slots().i32[word(0) + WORD.INSTRUMENT] = -1),
      "slot 0: expected a known instrument, saw 4294967295",
    ],
    [
      "time that steps back",
      () => void (slots().i32[word(3) + WORD.TS_RECV] = 1),
      "slot 3: expected ts_recv >= 2, saw 1",
    ],
    [
      "a level of another event inside a book event",
      () => void (slots().i32[word(2) + WORD.SEQ] = 8),
      "slot 2: expected the event begun before it to end with LAST, saw another event",
    ],
    [
      "an event that the head cuts",
      () => storeSequence(region.control, HEAD_WORD, 2),
      "slot 1: expected LAST on the last slot, saw none",
    ],
    [
      "a price that is no number",
      () => void (slots().f64[word(1) / 2 + 3] = NaN),
      "slot 1: expected a finite price, saw NaN",
    ],
    [
      "a size below 0",
      () => void (slots().f64[word(0) / 2 + 4] = -1),
      "slot 0: expected a size >= 0, saw -1",
    ],
    [
      "a side that is none",
      () => void (slots().u8[word(1) * 4 + 56] = 3),
      "slot 1: expected side 0, 1 or 2, saw 3",
    ],
    [
      "an unknown reason",
      () => void (slots().u8[word(4) * 4 + 58] = 200),
      "slot 4: expected a known reason, saw 200",
    ],
    [
      "a live top that is crossed",
      () => {
        const top = new TopWriter(region.top);
        top.num.set([11, 1, 10, 1]);
        top.write(0, VALIDITY.LIVE, 0, 1);
      },
      "top of BTCUSDT: expected a live bid below the ask, saw 11 and 10",
    ],
    [
      "a top from the future",
      () => {
        const top = new TopWriter(region.top);
        top.long[6] = 7;
        top.write(1, VALIDITY.STALE, 0, 1);
      },
      "top of ETHUSDT: expected log_seq <= head 6, saw 7",
    ],
    [
      "levels out of order",
      () => {
        const depth = new DepthWriter(region.depth);
        depth.bids.set([9, 1, 10, 1]);
        depth.write(0, VALIDITY.STALE, 0, 1, 2, 0);
      },
      "depth of BTCUSDT, bids: expected prices from best to worst, saw 10",
    ],
    [
      "a level of size 0",
      () => {
        const depth = new DepthWriter(region.depth);
        depth.asks.set([9, 0]);
        depth.write(0, VALIDITY.STALE, 0, 1, 0, 1);
      },
      "depth of BTCUSDT, asks: expected a size > 0, saw 0",
    ],
    [
      "a level beyond the horizon",
      () => {
        const depth = new DepthWriter(region.depth);
        depth.asks.set([9, 1, 10, 1]);
        depth.horizon[1] = 9.5;
        depth.write(0, VALIDITY.STALE, 0, 1, 0, 2);
      },
      "depth of BTCUSDT, asks: expected no level beyond the horizon 9.5, saw 10",
    ],
    [
      "a row left locked",
      () => void region.top.lock(1),
      "top row 1: expected an open row, saw one left locked by a writer that is gone",
    ],
    [
      "one symbol twice",
      () =>
        void new InstrumentWriter(region.control, region.instruments).add(
          CODE,
          instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT" }),
        ),
      "instrument 2: expected a symbol of its own, saw BTCUSDT",
    ],
    [
      "an instrument of no venue",
      () =>
        void new InstrumentWriter(region.control, region.instruments).add(
          99,
          instrumentOf({ symbol: "X", canonical: "X-Y" }),
        ),
      "instrument 2: expected a venue of the venues table, saw 99",
    ],
    [
      "a counter that is no number",
      () => {
        const counters = new CounterWriter(region.counters);
        counters.set(counters.declare({ name: "gaps", labels: 'venue="x"', unit: "", help: "" }), NaN);
      },
      'counter gaps{venue="x"}: expected a number >= 0, saw NaN',
    ],
    [
      "a reader ahead of the head",
      () =>
        ReaderListing.claim(region.readers, 5, "bot", { hi: 0, lo: 1 }, () => true)!.report(7, 0, {
          hi: 0,
          lo: 1,
        }),
      "reader bot (5): expected a cursor from 0 to 6, saw 7",
    ],
  ];

  it.each(breakages)("%s", (_what, damage, finding) => {
    damage();
    expect(lines()).toContain(finding);
  });

  it("and a flood of findings is a number", () => {
    for (let i = 0; i < 100; i++) write(() => trade(0));
    for (let n = 6; n < 106; n++) region.slots.u8[word(n) * 4] = 99;
    const { findings, lines: told } = verifyRegion(region);
    expect([findings, told.length]).toEqual([100, 50]);
  });
});

it("passes over nothing in a region that goes on behind a journal", () => {
  const start = { end: 2 ** 24, first: 2 ** 24 };
  const next = heapRegion({ lane: "main", ...SIZES, start }).region;
  const writer = new EventWriter(new RingWriter(next.control, next.slots), new SymbolTable());
  new VenueWriter(next.venues).declare(CODE, "binance");
  writer.venue = CODE;
  writer.begin({ hi: 0, lo: 1 });
  writer.appendStatus(SCOPE.VENUE, NO_INSTRUMENT, 1, 0, 0);
  writer.endFrame();
  writer.ring.commit();
  expect(verifyRegion(next)).toMatchObject({ slots: 1, passed: 0 });
});
