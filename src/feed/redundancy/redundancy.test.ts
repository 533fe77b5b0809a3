import { describe, expect, it } from "vitest";
import { BookKeeper } from "../market/book-keeper.ts";
import { Clock } from "../clock/clock.ts";
import { Lane } from "../lane.ts";
import { Latest } from "../market/latest.ts";
import { Link } from "../session/link.ts";
import { declareMeters } from "../meters.ts";
import { Bundle } from "./redundancy.ts";
import type { BundleParts } from "./redundancy.ts";
import type { Session } from "../session/session.ts";
import { heapRegion } from "../../store/index.ts";
import { SymbolTable } from "../../model/index.ts";
import { venueById } from "../../venues/index.ts";

const VENUE = venueById("binance")!;
const SHARD = {
  endpoint: VENUE.sockets[0]!,
  subscriptions: [{ channel: "trade", symbol: "BTCUSDT" }],
} as const;
const SLOW = { wins: 50, samples: 10, factor: 2, marginMs: 1 };

/** A bundle whose sockets open and close when the test says so; everything else is real. */
class Bench {
  readonly log: string[] = [];
  readonly links: Link[] = [];
  readonly bundle: Bundle;
  readonly time: Clock;
  readonly #meters;
  readonly counters;

  constructor(count: number, lifeMs = 0) {
    const { region } = heapRegion({ lane: "copies", slots: 1024, instruments: 16 });
    this.time = new Clock();
    const silent = (): void => undefined;
    const openSocket = (): never => {
      throw new Error("no socket is opened here");
    };
    const lane = new Lane({ region, time: this.time, report: silent, openSocket, maxFrame: 4096, feeds: [] });
    const { core } = lane;
    this.counters = core.counters;
    this.#meters = declareMeters(core.counters, core.histograms, VENUE.id);
    const latest = new Latest(core);
    const parts: BundleParts = {
      core,
      latest,
      keeper: new BookKeeper(core, latest),
      resync: { begin: silent } as unknown as BundleParts["resync"],
      idleMs: 1000,
      lifeMs,
      slow: SLOW,
      marketOf: () => undefined,
      open: (shard) => this.#open(shard),
      closed: (link) => this.links.splice(this.links.indexOf(link), 1),
      report: (_level, message, facts) => this.log.push(`${message}: ${String(facts["reason"])}`),
    };
    this.time.mark = 1000;
    this.bundle = new Bundle(parts, SHARD, count, 'venue="binance",connection="stream-0');
  }

  #open(shard: typeof SHARD | Parameters<BundleParts["open"]>[0]): { session: Session; link: Link } {
    const link = new Link(VENUE, this.#meters, new SymbolTable(), [], () => undefined);
    const session = {
      state: "waiting",
      endpoint: shard.endpoint,
      shard,
      standing: () => ({ state: "active", reason: "" }),
      start: () => undefined,
      stop: () => this.down(link),
      fail: (reason: string) => {
        this.log.push(reason);
        this.down(link);
      },
    } as unknown as Session;
    link.session = session;
    this.links.push(link);
    return { session, link };
  }

  up(link: Link): void {
    link.session!.state = "open";
    link.openedAt = this.time.mark;
    link.heard = true;
    this.bundle.turned(link, true);
  }

  down(link: Link): void {
    link.session!.state = "waiting";
    link.heard = false;
    this.bundle.turned(link, false);
  }

  after(ms: number): void {
    this.time.mark += ms;
    for (const link of this.links.slice()) this.bundle.tick(link);
  }

  /** Trades that `first` brings, and all the others `late` ms after it. */
  trades(first: Link, late: number): void {
    for (let id = 1; id <= 200; id++) {
      this.bundle.pace.first(first.place, 0, id, 0);
      this.time.mark += late;
      for (const link of this.links) if (link !== first) this.bundle.pace.again(link.place, 0, id, 0);
    }
  }

  get rotations(): number {
    return this.counters.get(this.#meters.rotations);
  }
}

function opened(count: number, lifeMs = 0): Bench {
  const bench = new Bench(count, lifeMs);
  for (const link of bench.links) bench.up(link);
  return bench;
}

describe("connections that carry the same", () => {
  it("are led by the first that is up, and by another at once when it is lost", () => {
    const bench = opened(3);
    const [a, b, c] = bench.links as [Link, Link, Link];
    expect([a, b, c].map(({ place, leads }) => [place, leads])).toEqual([
      [0, true],
      [1, false],
      [2, false],
    ]);
    b.heard = false;
    bench.down(a);
    expect([a, b, c].map(({ leads }) => leads)).toEqual([false, false, true]);
    bench.up(a);
    expect([a, b, c].map(({ leads }) => leads)).toEqual([false, false, true]);
    for (const link of [a, b, c]) bench.down(link);
    bench.up(b);
    expect([bench.bundle.link === b, b.leads, c.leads]).toEqual([true, true, false]);
  });

  it("replace the slowest only once it is known to be slow, and only after the new one carries everything", () => {
    const bench = opened(2);
    const [a, b] = bench.links as [Link, Link];
    bench.trades(a, 3);
    bench.after(1000);
    expect(bench.links).toHaveLength(2);
    bench.after(60_000);
    expect(bench.log).toEqual(["a connection is being replaced: slow: 3.0 ms behind"]);
    expect(bench.links).toHaveLength(3);
    bench.after(5000);
    expect(bench.links).toContain(b);
    bench.up(bench.links[2]!);
    bench.after(100);
    bench.after(999);
    expect([bench.links.includes(b), bench.links.length, bench.rotations]).toEqual([true, 3, 0]);
    bench.after(1);
    expect([bench.links.includes(b), bench.links.length, bench.rotations]).toEqual([false, 2, 1]);
    // Not twice in ten minutes, however slow the other is.
    bench.trades(a, 3);
    bench.after(120_000);
    expect(bench.links).toHaveLength(2);
    bench.trades(a, 3);
    bench.after(600_000);
    expect(bench.links).toHaveLength(3);
  });

  it("do not change for a millisecond, and keep the old one when the new one does not come", () => {
    const even = opened(2);
    even.trades(even.links[0]!, 0.9);
    even.after(120_000);
    expect(even.log).toEqual([]);
    const bench = opened(2, 100_000);
    const [a, b] = bench.links as [Link, Link];
    b.openedAt += 50_000;
    bench.after(100_001);
    expect(bench.log).toEqual(["a connection is being replaced: planned rotation"]);
    bench.after(59_000);
    expect(bench.links).toHaveLength(3);
    b.openedAt = a.openedAt = bench.time.mark;
    bench.after(1001);
    expect(bench.links).toEqual([a, b]);
    expect(bench.rotations).toBe(0);
  });

  it("cut one that is open and mute while another talks", () => {
    const bench = opened(2);
    bench.links[1]!.heard = false;
    bench.after(1999);
    expect(bench.log).toEqual([]);
    bench.after(1002);
    expect(bench.log).toEqual(["no data within 2000 ms, though another connection brings some"]);
  });
});
