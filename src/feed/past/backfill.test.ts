import { beforeEach, describe, expect, it } from "vitest";
import type { TradeDedup, TradeHole } from "../../book/index.ts";
import { instrumentOf, putMicros, putNumber } from "../../model/index.ts";
import type { TradeHistory, TradeSpan, Venue } from "../../model/index.ts";
import { CounterWriter, HistogramWriter } from "../../log/index.ts";
import { heapRegion } from "../../store/index.ts";
import { venueById } from "../../venues/index.ts";
import { Backfill } from "./backfill.ts";
import type { LaneCore } from "../lane-core.ts";
import { Market } from "../market/market.ts";
import type { Markets } from "../market/markets.ts";
import { declareMeters } from "../meters.ts";
import type { TradePage } from "./past-trades.ts";
import type { SnapshotJob, SnapshotQueue } from "../snapshots/snapshots.ts";

const venue: Venue = venueById("binance")!;
const BTC = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", tick: 0.01, lot: 1e-5 });
const TRADES = [{ channel: "trade", symbol: "BTCUSDT" }] as const;

/** A backfill between a market of the test and a list of ids that stands for the venue's. */
class Bench {
  readonly market = new Market(0, venue, BTC, TRADES, false);
  readonly jobs: SnapshotJob[] = [];
  readonly spans: TradeSpan[] = [];
  readonly reports: string[] = [];
  readonly backfill: Backfill;
  readonly #time = { mark: 0, read: () => undefined };
  readonly #region = heapRegion({ lane: "test", slots: 512 }).region;
  readonly #counters = new CounterWriter(this.#region.counters);
  readonly #meters = declareMeters(this.#counters, new HistogramWriter(this.#region.histograms), venue.id);
  /** What the venue has, and how much of it one answer holds; null: unreadable. */
  list: readonly number[] | null = [];
  page = 1000;
  backwards = false;

  constructor() {
    const history: TradeHistory = {
      request: (_symbol, span, refused) => {
        this.spans.push(span);
        return refused > 1 ? null : { path: `/${refused}`, weight: 1 };
      },
      parse: () => expect.unreachable(),
    };
    const snapshots = {
      request: (job: SnapshotJob) => this.jobs.push(job) > 0,
    } as unknown as SnapshotQueue;
    const core = { counters: this.#counters, time: this.#time } as unknown as LaneCore;
    const report = (_level: string, message: string, facts: object): void =>
      void this.reports.push(`${message} ${JSON.stringify(facts)}`);
    const take = (market: Market, _body: Uint8Array, hole: TradeHole): TradePage | null =>
      this.#take(market, hole);
    const own = { venue, core, snapshots, restUrl: "", meters: this.#meters, take, report };
    this.backfill = new Backfill({ ...own, markets: {} as Markets }, history);
  }

  #take(market: Market, hole: TradeHole): TradePage | null {
    const { from, to } = this.spans.at(-1)!;
    const { list } = this;
    if (list === null) return null;
    const [before, after] = [list.filter((id) => id <= to), list.filter((id) => id >= from)];
    const listed = this.backwards ? before.slice(-this.page) : after.slice(0, this.page);
    const recovered = listed.filter((id) => hole.holds(id) && accept(market.trades, id) === 4).length;
    return { first: listed[0]!, firstTime: 1, last: listed.at(-1)!, lastTime: 2, recovered };
  }

  /** Trades come one behind the other; a hole is opened where the dedup sees one. */
  hear(...came: number[]): void {
    for (const id of came) {
      const before = this.market.trades.last;
      const gap = accept(this.market.trades, id) === 3;
      if (gap) this.backfill.missed(this.market, before, id, 0, 0, true);
      putMicros(id * 1000, this.market.tradeTime, 0);
    }
  }

  wait(ms: number): void {
    this.#time.mark += ms;
    this.backfill.tick();
  }

  /** Answers what was asked; a reason is a refusal for good. */
  answer(reason = ""): void {
    this.jobs.pop()!.done(reason === "" ? Buffer.alloc(1) : null, reason);
  }

  get(key: "tradesNeverExisted" | "tradesLost" | "spansFetched" | "spansLost"): number {
    return this.#counters.get(this.#meters[key]);
  }
}

const halves = new Int32Array(2);
function accept(dedup: TradeDedup, id: number): number {
  putNumber(id, halves, 0);
  return dedup.accept(halves[0]!, halves[1]!);
}

function ids(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe("Backfill", () => {
  it("asks after a while, as somebody who can wait, from the last trade heard to the first behind it", () => {
    bench.hear(100, 101, 105);
    bench.wait(499);
    expect(bench.jobs).toEqual([]);
    bench.wait(1);
    expect(bench.jobs).toMatchObject([{ key: "trades BTCUSDT", url: "/0", weight: 1, spare: true }]);
    expect(bench.spans[0]).toEqual({ channel: "trade", from: 101, fromTime: 101_000, to: 105, toTime: 0 });
    bench.list = ids(1, 200);
    bench.answer();
    expect([bench.backfill.pending, bench.get("spansFetched"), bench.get("tradesLost")]).toEqual([0, 1, 0]);
    expect(bench.reports).toEqual([
      'missed trades were fetched {"symbol":"BTCUSDT","after":101,"before":105,"recovered":3}',
    ]);
  });

  it.each([false, true])("pages inwards until both ends have met (backwards: %s)", (backwards) => {
    Object.assign(bench, { list: ids(1, 200), page: 10, backwards });
    bench.hear(100, 131);
    bench.wait(500);
    let answers = 0;
    for (; bench.jobs.length > 0; answers++) bench.answer();
    // Each answer repeats the end of the one before: that is what joins them.
    expect(answers).toBe(4);
    expect(bench.reports[0]).toContain('"recovered":30}');
  });

  it("proves ids that the venue's list leaves out, and only when the list holds both ends", () => {
    bench.hear(100, 110);
    bench.wait(500);
    bench.list = [104, 110];
    bench.answer();
    bench.answer();
    // It may begin behind trades that are missing: of those before its first one nothing is proved yet.
    expect([bench.get("tradesNeverExisted"), bench.jobs.length]).toEqual([0, 0]);
    expect(bench.spans.at(-1)).toMatchObject({ from: 100, to: 104 });
    bench.list = [99, 100, 104, 110, 111];
    bench.wait(2000);
    bench.answer();
    expect([bench.get("tradesNeverExisted"), bench.get("tradesLost")]).toEqual([8, 0]);
    expect(bench.reports[0]).toContain('"never_existed":"101-103 105-109"');
  });

  it("gives up on a list that does not reach the span, and names what is lost", () => {
    bench.hear(100, 104);
    bench.list = ids(300, 400);
    let answers = 0;
    for (let i = 0; i < 200; i++) {
      bench.wait(500);
      for (; bench.jobs.length > 0; answers++) bench.answer();
    }
    expect([answers, bench.get("tradesLost"), bench.get("spansLost")]).toEqual([6, 3, 1]);
    expect(bench.reports).toEqual([
      `trades are lost {"symbol":"BTCUSDT","ids":"101-103","reason":"the venue's list does not reach them"}`,
    ]);
  });

  it("asks in another way when it is refused, and gives up when there is none", () => {
    bench.hear(100, 104);
    bench.wait(500);
    bench.answer("HTTP 401");
    expect(bench.jobs.map(({ url }) => url)).toEqual(["/1"]);
    bench.answer("HTTP 400");
    expect(bench.reports[0]).toContain('"reason":"HTTP 400"');
    expect(bench.get("tradesLost")).toBe(3);
  });

  it("waits for unreadable answers to become better, longer each time", () => {
    bench.hear(100, 104);
    bench.wait(500);
    bench.list = null;
    bench.answer();
    bench.wait(999);
    expect(bench.jobs).toEqual([]);
    bench.wait(1);
    expect(bench.jobs).toHaveLength(1);
    bench.list = ids(1, 200);
    bench.answer();
    expect(bench.get("spansFetched")).toBe(1);
  });

  it("asks nobody when what was missing came late by itself", () => {
    bench.hear(100, 104, 102, 103, 101);
    bench.wait(500);
    bench.wait(500);
    expect([bench.jobs.length, bench.backfill.pending, bench.reports]).toEqual([0, 0, []]);
  });

  it("has one question for an instrument at a time, and gives up what is left when it ends", () => {
    bench.hear(100, 104, 110);
    bench.wait(500);
    expect([bench.jobs.length, bench.backfill.pending]).toEqual([1, 2]);
    bench.backfill.stop();
    expect([bench.get("tradesLost"), bench.get("spansLost")]).toEqual([8, 2]);
  });

  it("names a hole that is too large at once", () => {
    bench.hear(100, 100_000);
    expect(bench.get("tradesLost")).toBe(99_899);
    expect(bench.reports[0]).toContain('"ids":"101-99999"');
  });
});
