import { beforeEach, describe, expect, it } from "vitest";
import { EventReader, RingReader, readCounters, readHistograms } from "../../log/index.ts";
import { Slab, encodeText, instrumentOf } from "../../model/index.ts";
import type { MarketEvent, Nanos, Venue } from "../../model/index.ts";
import { heapRegion } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import { venueById } from "../../venues/index.ts";
import { Lane } from "../lane.ts";
import type { Link } from "../session/link.ts";

const BTC = instrumentOf({ symbol: "BTC/USD", canonical: "BTC-USD", tick: 0.1, lot: 1e-8 });
const kraken = venueById("kraken")!;

const trade = (id: number): string =>
  `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":43210.1,"qty":0.5,"ord_type":"limit","trade_id":${id},"timestamp":"2026-10-05T09:12:44.123456Z"}]}`;

/** A snapshot of so many levels a side, around 43210. */
function book(levels: number): string {
  const side = (step: number): string =>
    Array.from({ length: levels }, (_, i) => `{"price":${43210 + step * (i + 1)},"qty":1.5}`).join(",");
  return `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[${side(-1)}],"asks":[${side(1)}],"checksum":1,"timestamp":"2026-10-05T09:12:44.123456Z"}]}`;
}

/** A lane whose frames come from the test. */
class Bench {
  readonly handle: RegionHandle;
  readonly lane: Lane;
  readonly link: Link;
  readonly reports: string[] = [];
  readonly #slab = new Slab(1 << 20);
  readonly #ring: RingReader;
  readonly #events: EventReader;

  constructor(venue: Venue = kraken) {
    this.handle = heapRegion({ lane: "test", slots: 512 });
    const { region } = this.handle;
    const time = {
      mark: performance.now(),
      read: (into: Nanos) => void Object.assign(into, { hi: 1, lo: 1 }),
    };
    this.lane = new Lane({
      region,
      time,
      report: (_level, message) => void this.reports.push(message),
      openSocket: () => expect.unreachable(),
      maxFrame: 1 << 20,
      feeds: [
        {
          venue,
          symbols: [BTC.symbol],
          channels: ["trade", "book"],
          backoff: { minMs: 1, maxMs: 1 },
          snapshotTimeoutMs: Infinity,
        },
      ],
    });
    const feed = this.lane.feeds[0]!;
    feed.listen([BTC]);
    this.link = feed.link();
    this.#ring = new RingReader(region.control, region.slots);
    this.#events = new EventReader(region.names());
  }

  get head(): number {
    return this.lane.core.writer.ring.head;
  }

  frame(text: string): void {
    const bytes = encodeText(text);
    this.#slab.bytes.set(bytes);
    this.lane.intake.frame(this.link, this.#slab, 0, bytes.length);
  }

  endOfRead(): void {
    this.lane.intake.endOfRead();
  }

  /** Events committed since the last call. */
  events(): MarketEvent[] {
    const all: MarketEvent[] = [];
    this.#ring.poll((slots, word) => {
      const event = this.#events.accept(slots, word);
      if (event !== null) all.push(event);
    });
    return all;
  }

  counter(name: string): number {
    const rows = readCounters(this.handle.region.counters);
    return rows.find((row) => `${row.name}{${row.labels}}`.includes(name))!.value;
  }
}

const ids = (events: MarketEvent[]): string[] =>
  events.flatMap((event) => (event.type === "trade" ? [event.id] : []));

describe("one read of a socket", () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
  });

  it("is committed as a whole when it ends", () => {
    for (const id of [1, 2, 3]) bench.frame(trade(id));
    expect([bench.head, bench.events()]).toEqual([0, []]);
    bench.endOfRead();
    expect(ids(bench.events())).toEqual(["1", "2", "3"]);
  });

  it("does not let events wait for the end of a long burst", () => {
    for (let id = 1; id <= 200; id++) bench.frame(trade(id));
    expect(bench.head).toBe(192);
    bench.endOfRead();
    expect(ids(bench.events())).toEqual(Array.from({ length: 200 }, (_, i) => String(i + 1)));
  });

  it("keeps what came before a frame that cannot be read, is a duplicate, or makes the parser throw", () => {
    const parse: Venue["parse"] = (slab, start, end, tsRecv, out) => {
      const code = kraken.parse(slab, start, end, tsRecv, out);
      if (out.long[2] === 13) throw new Error("a slip of ours");
      return code;
    };
    bench = new Bench({ ...kraken, parse });
    bench.frame(trade(1));
    bench.frame('{"channel":"trade","type":"update","data":[{"symbol":');
    bench.frame(trade(1));
    bench.frame(trade(2));
    bench.frame(trade(13));
    bench.frame(trade(3));
    bench.endOfRead();
    expect(ids(bench.events())).toEqual(["1", "2", "3"]);
    expect(bench.reports).toContain("a frame broke the parser: please report it");
    expect([
      bench.counter("bad_frames"),
      bench.counter('duplicates_total{venue="kraken",kind="trade"'),
    ]).toEqual([2, 1]);
  });

  it("tells of frames that make the parser throw ten lines a minute, and counts them all", () => {
    const parse: Venue["parse"] = () => {
      throw new Error("a slip of ours");
    };
    bench = new Bench({ ...kraken, parse });
    for (let id = 1; id <= 50; id++) bench.frame(trade(id));
    bench.endOfRead();
    expect([bench.counter("bad_frames"), bench.reports.length]).toEqual([50, 10]);
  });

  it("counts frames that leave the straight path, by kind and by what reads them", () => {
    bench.frame(trade(1));
    bench.frame(` ${trade(2)}`);
    bench.frame(` ${book(3)}`);
    bench.frame(trade(3).replace("BTC/USD", String.raw`BTC\/USD`));
    bench.endOfRead();
    const row = (kind: string, path: string): number =>
      bench.counter(`parser_fallbacks_total{venue="kraken",kind="${kind}",path="${path}"`);
    expect([
      row("trade", "any_order"),
      row("book", "any_order"),
      row("trade", "json"),
      row("book", "json"),
    ]).toEqual([1, 1, 1, 0]);
  });

  it("finds room for an event that only the events before it left too little for", () => {
    for (let id = 1; id <= 60; id++) bench.frame(trade(id));
    bench.frame(book(110));
    bench.endOfRead();
    const events = bench.events();
    expect(ids(events).length).toBe(60);
    // 110 levels, of which all but the subscribed hundred are deleted again.
    expect(events.find((event) => event.type === "book")?.bids.length).toBe(110 + 10);
    expect(bench.counter("ring_refused")).toBe(0);
  });

  it("lets a fetched snapshot in between its frames", () => {
    bench = new Bench(venueById("binance")!);
    bench.frame(
      '{"e":"trade","E":1779955201234,"s":"BTC/USD","t":7,"p":"118345.61000000","q":"0.01250000","T":1779955201233,"m":true,"M":true}',
    );
    const feed = bench.lane.feeds[0]!;
    const body =
      '{"lastUpdateId":72,"bids":[["118345.60000000","1.00000000"]],"asks":[["118345.70000000","2.00000000"]]}';
    expect(feed.snapshot(feed.markets[0]!, encodeText(body))).toBe(true);
    bench.endOfRead();
    expect(bench.events().map(({ type }) => type)).toEqual(["trade", "book", "status"]);
  });

  it("breaks a book whose cut levels the ring has no room to delete", () => {
    bench.frame(book(120));
    bench.endOfRead();
    expect(bench.events()).toMatchObject([{ type: "status", state: "warming", reason: "buffer_overflow" }]);
  });

  it("refuses an event that is larger than half the ring by itself", () => {
    bench.frame(trade(1));
    bench.frame(book(129));
    bench.frame(trade(2));
    bench.endOfRead();
    const events = bench.events();
    expect(ids(events)).toEqual(["1", "2"]);
    expect(events.some((event) => event.type === "book")).toBe(false);
    expect(bench.counter("ring_refused")).toBe(1);
  });

  it("is timed: each frame to its end, one read in sixteen by stages", () => {
    for (let read = 1; read <= 32; read++) {
      bench.frame(trade(2 * read));
      bench.frame(trade(2 * read + 1));
      bench.endOfRead();
    }
    const rows = readHistograms(bench.handle.region.histograms);
    expect(rows.map((row) => [row.name, row.labels, row.count])).toEqual([
      ["feedhorn_commit_latency_us", 'venue="kraken"', 64],
      ["feedhorn_stage_latency_us", 'venue="kraken",stage="parse"', 2],
      ["feedhorn_stage_latency_us", 'venue="kraken",stage="commit"', 2],
      ["feedhorn_stage_latency_us", 'venue="kraken",stage="tables"', 2],
    ]);
  });
});
