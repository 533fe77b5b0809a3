import { describe, expect, it } from "vitest";
import {
  encodeText,
  FLAG,
  instrumentOf,
  LONG,
  NUM,
  putMicros,
  putNumber,
  SIDE,
  SymbolTable,
  VALIDITY,
  REASON,
} from "../model/index.ts";
import type { MarketEvent } from "../model/index.ts";
import { EventReader } from "./event-reader.ts";
import { EventWriter } from "./event-writer.ts";
import { HEADER, NO_INSTRUMENT } from "./layout.ts";
import { RingReader } from "./ring-reader.ts";
import { MIN_SLOTS, RingWriter } from "./ring-writer.ts";
import { SlotViews } from "./slot.ts";
import { SCOPE } from "./status.ts";

const BTC = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", status: "trading", tick: 0.01 });
const names = {
  venue: (code: number) => (code === 1 ? "binance" : null),
  instrument: (id: number) => (id === 0 ? BTC : null),
};
const head = { venue: "binance", symbol: "BTCUSDT", instrument: "BTC-USDT" };
const times = { ts_event: 1700000000123000, ts_recv: 1700000000125417 };

function bench() {
  const control = new Int32Array(HEADER.size / 4);
  const ring = new RingWriter(control, SlotViews.make(MIN_SLOTS));
  const out = new EventWriter(ring, new SymbolTable());
  const reader = new RingReader(control, ring.slots);
  out.venue = 1;
  const half = new Int32Array(2);
  putMicros(times.ts_recv, half, 0);
  out.begin({ lo: half[0]!, hi: half[1]! });
  putMicros(times.ts_event, out.long, LONG.TS);
  const events = (): MarketEvent[] => {
    ring.commit();
    const gather = new EventReader(names);
    const all: MarketEvent[] = [];
    reader.poll((slots, word) => {
      const event = gather.accept(slots, word);
      if (event !== null) all.push(event);
    });
    return all;
  };
  const set = (...values: number[]): void => values.forEach((value, i) => (out.num[i] = value));
  const level = (side: number, price: number, size: number): void => {
    set(price, size);
    out.level(side);
  };
  return { out, ring, events, set, level };
}

describe("events through the log", () => {
  it("carries a trade", () => {
    const { out, events, set } = bench();
    set(43210.1, 0.5);
    putNumber(28457, out.long, LONG.ID);
    out.trade(0, SIDE.BUY, FLAG.RECOVERED);
    expect(events()).toEqual([
      {
        type: "trade",
        ...head,
        id: "28457",
        price: 43210.1,
        size: 0.5,
        side: "buy",
        ...times,
        flags: ["recovered"],
      },
    ]);
  });

  it("writes keys in the order of the format", () => {
    const { out, events, set } = bench();
    set(43210.1, 0.5);
    putNumber(28457, out.long, LONG.ID);
    out.trade(0, SIDE.SELL, 0);
    expect(JSON.stringify(events()[0])).toBe(
      '{"type":"trade","venue":"binance","symbol":"BTCUSDT","instrument":"BTC-USDT","id":"28457","price":43210.1,' +
        '"size":0.5,"side":"sell","ts_event":1700000000123000,"ts_recv":1700000000125417}',
    );
  });

  it("carries a quote with one side and no venue time", () => {
    const { out, events, set } = bench();
    set(NaN, NaN, 43210.2, 3);
    out.long.fill(0);
    out.quote(7, 0);
    expect(events()).toEqual([
      {
        type: "quote",
        venue: "binance",
        symbol: "#7",
        instrument: null,
        bid_price: null,
        bid_size: null,
        ask_price: 43210.2,
        ask_size: 3,
        update_id: null,
        ts_event: null,
        ts_recv: times.ts_recv,
      },
    ]);
  });

  it("gathers a book event, header and checksum on every slot, LAST on the last", () => {
    const { out, events, level } = bench();
    level(SIDE.BID, 100.5, 2);
    level(SIDE.ASK, 100.6, 0);
    level(SIDE.BID, 100.4, 1);
    putNumber(2 ** 40 + 5, out.long, LONG.ID);
    putNumber(2 ** 40, out.long, LONG.PREV);
    out.hasChecksum = true;
    out.checksum = -2;
    out.book(0, FLAG.SNAPSHOT);
    expect([0, 1, 2].map((i) => out.flagsAt(i))).toEqual([32, 32, 160]);
    expect(events()).toEqual([
      {
        type: "book",
        action: "snapshot",
        ...head,
        bids: [
          [100.5, 2],
          [100.4, 1],
        ],
        asks: [[100.6, 0]],
        seq: "1099511627781",
        prev_seq: "1099511627776",
        checksum: 4294967294,
        ...times,
      },
    ]);
  });

  it("carries a book event without levels", () => {
    const { out, events } = bench();
    putNumber(9, out.long, LONG.ID);
    out.book(0, 0);
    expect(events()).toEqual([
      { type: "book", action: "update", ...head, bids: [], asks: [], seq: "9", prev_seq: null, ...times },
    ]);
  });

  it("carries tickers, statistics, indexes and liquidations", () => {
    const { out, events, set } = bench();
    set(1, NaN, 0.0001, 1700006400000000, NaN);
    out.ticker(0, 0);
    set(5, 6, 7, 8, NaN);
    out.stats(0, 0);
    set(42);
    out.index(0, 0);
    set(43, 44);
    out.liquidation(0, SIDE.SELL, 0);
    expect(events()).toEqual([
      {
        type: "ticker",
        ...head,
        mark_price: 1,
        funding_rate: 0.0001,
        next_funding_ts: 1700006400000000,
        ...times,
      },
      { type: "ticker", ...head, last_price: 5, volume_24h: 6, high_24h: 7, low_24h: 8, ...times },
      { type: "index", ...head, price: 42, ...times },
      { type: "liquidation", ...head, price: 43, size: 44, side: "sell", ...times },
    ]);
  });

  it("carries states with their reasons, and instruments", () => {
    const { out, events } = bench();
    out.status(0, 2, 0);
    out.appendStatus(SCOPE.BOOK, 0, VALIDITY.RESYNCING, REASON.SEQUENCE_GAP, 3, FLAG.INVALID);
    out.appendStatus(SCOPE.VENUE, NO_INSTRUMENT, 1, 0, 0);
    out.appendInstrument(0);
    expect(events()).toEqual([
      { type: "status", ...head, scope: "instrument", state: "halted", ...times },
      {
        type: "status",
        ...head,
        scope: "book",
        state: "resyncing",
        epoch: 3,
        reason: "sequence_gap",
        ...times,
        flags: ["invalid"],
      },
      {
        type: "status",
        venue: "binance",
        symbol: "",
        instrument: null,
        scope: "venue",
        state: "trading",
        ...times,
      },
      {
        type: "instrument",
        ...head,
        kind: "spot",
        base: "BTC",
        quote: "USDT",
        status: "trading",
        tick: 0.01,
        contract_value: 1,
        ...times,
      },
    ]);
  });

  it("zeroes what a slot held before, so that the same events give the same bytes", () => {
    const { out, ring } = bench();
    ring.slots.u8.fill(0xff);
    out.num.fill(1.5);
    out.trade(0, 1, 0);
    out.quote(0, 0);
    out.level(1);
    out.book(0, 0);
    out.ticker(0, 0);
    out.stats(0, 0);
    out.index(0, 0);
    out.liquidation(0, 1, 0);
    out.status(0, 1, 0);
    out.appendInstrument(0);
    const dirty = ring.slots.u8.slice(0, ring.pending * 64);
    const clean = bench();
    clean.out.num.fill(1.5);
    clean.out.trade(0, 1, 0);
    clean.out.quote(0, 0);
    clean.out.level(1);
    clean.out.book(0, 0);
    clean.out.ticker(0, 0);
    clean.out.stats(0, 0);
    clean.out.index(0, 0);
    clean.out.liquidation(0, 1, 0);
    clean.out.status(0, 1, 0);
    clean.out.appendInstrument(0);
    expect(clean.ring.slots.u8.slice(0, clean.ring.pending * 64)).toEqual(dirty);
  });
});

describe("the owner of pending slots", () => {
  it("drops an event by moving the later ones down", () => {
    const { out, ring, events, set, level } = bench();
    set(1, 1);
    out.trade(0, 1, 0);
    level(1, 5, 5);
    level(1, 6, 6);
    out.book(0, 0);
    set(2, 2);
    out.trade(0, 2, 0);
    const first = out.endAt(0);
    const second = out.endAt(first);
    expect([first, second, out.endAt(second), out.kindAt(1), out.instrumentAt(1)]).toEqual([1, 3, 4, 3, 0]);
    out.rewind(out.move(second, out.pending, first));
    expect(ring.pending).toBe(2);
    expect(events().map((event) => event.type === "trade" && event.price)).toEqual([1, 2]);
  });

  it("marks events and puts a status in the place of one", () => {
    const { out, events, set } = bench();
    set(1, 1);
    out.trade(0, 1, 0);
    out.trade(0, 1, 0);
    out.mark(0, 1, FLAG.DUPLICATE);
    out.replaceWithStatus(1, SCOPE.BOOK, VALIDITY.GAPPED, REASON.SEQUENCE_GAP, 4);
    expect(events()).toMatchObject([
      { type: "trade", flags: ["duplicate"] },
      { type: "status", ...head, scope: "book", state: "gapped", epoch: 4, reason: "sequence_gap", ...times },
    ]);
  });

  it("voids the events of a frame that begins again, and only those", () => {
    const { out, ring, level } = bench();
    out.trade(0, 1, 0);
    expect(out.endFrame()).toBe(0);
    out.begin(out.tsRecv);
    out.trade(0, 1, 0);
    level(1, 1, 1);
    out.begin(out.tsRecv);
    expect(ring.pending).toBe(1);
    out.trade(0, 1, 0);
    level(1, 1, 1);
    expect(out.endFrame()).toBe(1);
    expect(ring.pending).toBe(2);
  });

  it("drops an event that does not fit, whole, and says whose it was", () => {
    const { out, events, level, set } = bench();
    set(1, 1);
    out.trade(0, 1, 0);
    for (let i = 0; i < MIN_SLOTS; i++) level(1, i, i);
    out.book(5, FLAG.SNAPSHOT);
    expect([out.refused, out.refusedInstrument, out.pending]).toEqual([1, 5, 1]);
    out.trade(0, 1, 0);
    expect(events().map((event) => event.type)).toEqual(["trade", "trade"]);
  });

  it("drops the levels of an instrument nobody asked for", () => {
    const { out, level } = bench();
    level(1, 1, 1);
    out.book(-1, 0);
    expect([out.pending, out.refused]).toEqual([0, 0]);
  });

  it("finds instruments by their bytes", () => {
    const { out } = bench();
    out.symbols.add("BTCUSDT", 4);
    const bytes = encodeText('"BTCUSDT"');
    expect(out.instrument(bytes, 1, 8)).toBe(4);
    expect(out.num.length).toBeGreaterThan(NUM.OPEN_INTEREST);
  });
});
