import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { CounterWriter, EventWriter, InstrumentWriter, RingWriter, VenueWriter } from "../../log/index.ts";
import { LONG, NUM, SIDE, SymbolTable, instrumentOf, putMicros, putNumber } from "../../model/index.ts";
import type { Nanos } from "../../model/index.ts";
import { HOUR_US } from "../../quality/index.ts";
import type { LedgerRow } from "../../quality/index.ts";
import { createRegion, heapRegion } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import { VENUES } from "../../venues/index.ts";
import { mainLane } from "../config/schema.ts";
import { checkConfig } from "../config.ts";
import { LaneLedger } from "./lane.ts";
import { pageText, readPage } from "./page.ts";
import type { LedgerPage } from "./page.ts";

const VENUE = VENUES.find((one) => one.trades === "contiguous" && one.book === "contiguous")!;
const SIZE = {
  lane: "main",
  slots: 1024,
  venues: 2,
  instruments: 8,
  counters: 32,
  histograms: 1,
  readers: 2,
};
const PLAN = mainLane([
  checkConfig({ feeds: [{ venue: VENUE.id, symbols: ["BTC-USDT"] }] }, "test", {}).lanes[0]!.feeds[0]!,
]);

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

/** In the middle of an hour, UNIX us. */
const T0 = Date.UTC(2026, 10, 21, 10, 30) * 1000;
const SECOND = 1_000_000;

function nanos(us: number): Nanos {
  const halves = new Int32Array(2);
  putMicros(us, halves, 0);
  return { lo: halves[0]!, hi: halves[1]! };
}

/** A lane's writer: trades at the times they are told to have. */
class Writer {
  readonly out: EventWriter;
  readonly counters: CounterWriter;
  readonly lost: number;
  readonly handle: RegionHandle;
  at: number;

  /** Begins at `at`, UNIX us. */
  constructor(handle: RegionHandle, at = T0) {
    const { region } = handle;
    region.enter(process.pid, nanos(at));
    this.handle = handle;
    this.at = at;
    this.out = new EventWriter(new RingWriter(region.control, region.slots, null), new SymbolTable());
    this.out.venue = VENUE.code;
    new VenueWriter(region.venues).declare(VENUE.code, VENUE.id);
    const instruments = new InstrumentWriter(region.control, region.instruments);
    if (instruments.find(VENUE.code, "BTCUSDT") < 0)
      instruments.add(VENUE.code, instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT" }));
    this.counters = new CounterWriter(region.counters);
    const declare = (name: string, more = ""): number =>
      this.counters.declare({ name, labels: `venue="${VENUE.id}"${more}`, unit: "", help: "" });
    this.lost = declare("feedhorn_reconnects_total");
    declare("feedhorn_bad_frames_total");
    for (const kind of ["trade", "quote", "book"]) declare("feedhorn_duplicates_total", `,kind="${kind}"`);
    declare("feedhorn_connections_up");
  }

  trades(from: number, to: number): void {
    const { out } = this;
    for (let id = from; id <= to; id++) {
      out.begin(nanos(this.at));
      out.num[NUM.PRICE] = 100;
      out.num[NUM.SIZE] = 1;
      putNumber(id, out.long, LONG.ID);
      out.trade(0, SIDE.BUY, 0);
      out.endFrame();
      out.ring.commit();
      this.at += 1000;
    }
  }
}

function ledgerOf({ handle }: Writer, pages: readonly LedgerPage[] = []): LaneLedger {
  return new LaneLedger({ plan: PLAN, region: handle.region, keepHours: 5, pages });
}

function trades(lane: LaneLedger, hour = lane.ledger.hour): LedgerRow {
  return lane.rows(hour, T0).find(({ channel }) => channel === "trade")!;
}

/** What `GatewayLedger` would write of an hour. */
function written(lane: LaneLedger, hour: number, at: number, more: object = {}): LedgerPage {
  const head = { lane: "main", hour, written: at, closed: false, stopped: false, region: lane.region };
  const page = { head: { ...head, cursor: lane.cursorOf(hour), ...more }, ...lane.page(hour, at) };
  return readPage(pageText(page));
}

describe("the ledger of a lane", () => {
  it("names instruments by the tables, and what a reconnect has cost by the counters", () => {
    const writer = new Writer(heapRegion(SIZE));
    const lane = ledgerOf(writer);
    writer.trades(1, 3);
    lane.poll(writer.at);
    writer.counters.add(writer.lost, 1);
    writer.trades(7, 8);
    lane.poll(writer.at);
    expect(trades(lane)).toMatchObject({
      venue: VENUE.id,
      symbol: "BTCUSDT",
      instrument: "BTC-USDT",
      messages: 5,
      gaps: [{ from_id: "4", to_id: "6", count: 3, cause: "connection_lost", outcome: "open" }],
    });
    expect(lane.page(lane.ledger.hour, writer.at).venues).toMatchObject([
      { venue: VENUE.id, connections_lost: 1 },
    ]);
  });

  it("says what it was too slow to read", () => {
    const writer = new Writer(heapRegion(SIZE));
    const lane = ledgerOf(writer);
    writer.trades(1, 100);
    lane.poll(writer.at);
    writer.trades(101, 3000);
    lane.poll(writer.at);
    const { messages, gaps } = trades(lane);
    expect(gaps).toMatchObject([{ from_id: "101", cause: "reader_lapped" }]);
    expect(messages + gaps[0]!.count!).toBe(3000);
    const [gap] = lane.page(lane.ledger.hour, writer.at).gaps;
    expect(gap).toMatchObject({ slots: gaps[0]!.count, cause: "reader_lapped" });
    expect(lane.lost).toBe(gaps[0]!.count);
  });
});

describe("the next run", () => {
  function mapped(): Writer {
    const dir = mkdtempSync(join(tmpdir(), "feedhorn-ledger-lane-"));
    dirs.push(dir);
    return new Writer(createRegion({ ...SIZE, dir }));
  }

  /** Another writer on the same region, as if the first had been killed. */
  function again(writer: Writer): Writer {
    const dir = join(writer.handle.path!, "..");
    writer.handle.close();
    return new Writer(createRegion({ ...SIZE, dir }), writer.at + 10 * SECOND);
  }

  it("reads from the ring what was not written any more", () => {
    const first = mapped();
    const lane = ledgerOf(first);
    first.trades(1, 50);
    lane.poll(first.at);
    const page = written(lane, lane.ledger.hour, first.at);
    first.trades(51, 70);
    const second = again(first);
    second.trades(90, 99);
    const next = ledgerOf(second, [page]);
    next.poll(second.at);
    const rows = next.hours.map((hour) => trades(next, hour));
    expect(rows.reduce((sum, { messages }) => sum + messages, 0)).toBe(80);
    expect(rows.flatMap(({ gaps }) => gaps)).toMatchObject([
      { from_id: "71", to_id: "89", cause: "gateway_down" },
    ]);
    const [gap] = next.page(next.ledger.hour, second.at).gaps;
    expect(gap).toMatchObject({ from: first.at - 1000, slots: null, cause: "gateway_killed" });
  });

  it("goes on where a closed hour ended, although nothing of the new one was written", () => {
    const first = mapped();
    const lane = ledgerOf(first);
    const hour = T0 - 30 * 60 * SECOND;
    first.at = hour + HOUR_US - 5000;
    first.trades(1, 5);
    first.trades(6, 20);
    lane.poll(first.at);
    const page = written(lane, hour, first.at, { closed: true });
    const second = again(first);
    second.trades(23, 25);
    const next = ledgerOf(second, [page]);
    next.poll(second.at);
    expect(next.hours).toEqual([hour, hour + HOUR_US]);
    expect(trades(next, hour)).toMatchObject({ messages: 5, last_id: "5", gaps: [] });
    const gaps = [{ from_id: "21", to_id: "22", cause: "gateway_down" }];
    expect(trades(next, hour + HOUR_US)).toMatchObject({ messages: 18, first_id: "6", gaps });
  });

  it("does not tell of a run that left no page", () => {
    const first = mapped();
    first.trades(1, 50);
    const second = again(first);
    second.trades(60, 61);
    const next = ledgerOf(second);
    next.poll(second.at);
    expect(trades(next)).toMatchObject({ messages: 2, first_id: "60", gaps: [] });
    expect(next.page(next.ledger.hour, second.at).gaps).toEqual([]);
  });

  it("knows that the one before stopped in order", () => {
    const first = mapped();
    const lane = ledgerOf(first);
    first.trades(1, 5);
    lane.poll(first.at);
    const page = written(lane, lane.ledger.hour, first.at, { stopped: true });
    const second = again(first);
    const next = ledgerOf(second, [page]);
    next.poll(second.at);
    expect(next.page(next.ledger.hour, second.at).gaps).toMatchObject([{ cause: "gateway_stopped" }]);
    expect(trades(next, page.head.hour)).toMatchObject({ messages: 5, last_id: "5" });
  });
});

describe("a page", () => {
  it("that is none says what was expected", () => {
    expect(() => readPage("")).toThrow("expected a first line of type ledger and version 1, saw null");
    expect(() => readPage('{"type":"row"}\n')).toThrow(SyntaxError);
    expect(() => readPage('{"type":"ledger","version":1}\n{"type":')).toThrow(SyntaxError);
  });
});
