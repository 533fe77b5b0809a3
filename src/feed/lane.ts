import { BookKeeper } from "./market/book-keeper.ts";
import { WindowBudget } from "./snapshots/budget.ts";
import type { FrameWatch, LaneCore, Report, Time } from "./lane-core.ts";
import { Feed } from "./feed.ts";
import type { FeedOptions, FeedParts, VenueBudgets } from "./feed-options.ts";
import type { ClockJudge } from "./clock/clock-samples.ts";
import { Intake } from "./frames/intake.ts";
import { Latest } from "./market/latest.ts";
import { GateMeters } from "./gate-meters.ts";
import { publishGauges } from "./gauges.ts";
import { worthOf } from "./market/market.ts";
import type { Market } from "./market/market.ts";
import type { OpenSocket } from "./socket/socket.ts";
import { realWorld } from "./world/world.ts";
import type { Cancel, World } from "./world/world.ts";
import {
  CounterWriter,
  DepthWriter,
  EventWriter,
  HistogramWriter,
  InstrumentWriter,
  RingWriter,
  TopWriter,
  VenueWriter,
} from "../log/index.ts";
import type { Region } from "../log/index.ts";
import type { Venue } from "../model/index.ts";
import { Slab, SymbolTable } from "../model/index.ts";

const TICK_MS = 100;

export interface LaneOptions {
  readonly region: Region;
  readonly time: Time;
  readonly report: Report;
  readonly openSocket: OpenSocket;
  /** Largest frame or REST body, bytes. */
  readonly maxFrame: number;
  readonly feeds: readonly FeedOptions[];
  /** Sees samples of the frames, and those that could not be read. */
  readonly watchFrames?: FrameWatch;
  /** Makes what judges a venue's clock; left out: clocks are not judged. */
  readonly judgeClock?: () => ClockJudge;
  /** Another world in the place of the one with this time and these sockets: one that is recorded, or a recording. */
  readonly world?: (real: World) => World;
}

/** One thread, one ring, one writer, many feeds. */
export class Lane {
  readonly feeds: readonly Feed[];
  readonly core: LaneCore;
  readonly intake: Intake;
  readonly #gate: GateMeters;
  #cancel: Cancel | null = null;

  constructor(options: LaneOptions) {
    this.core = makeCore(options);
    this.#gate = new GateMeters(this.core.counters, this.core.writer.ring);
    const latest = new Latest(this.core);
    const keeper = new BookKeeper(this.core, latest);
    const feeds: Feed[] = [];
    this.intake = new Intake(this.core, keeper, latest, {
      resync: () => resync(feeds, this.core),
      missed: (market, ...what) => feeds.find((feed) => feed.owns(market))?.backfill?.missed(market, ...what),
    });
    const byId: (Market | undefined)[] = Array.from({ length: options.region.geometry.instruments });
    const parts: FeedParts = {
      core: this.core,
      keeper,
      latest,
      intake: this.intake,
      byId,
      budgets: budgetsByVenue(),
      clockOf: byVenue(options.judgeClock),
      priceOf: (base) => priceOf(feeds, base),
      resync: () => resync(feeds, this.core),
    };
    for (const one of options.feeds) feeds.push(new Feed(one, parts));
    this.feeds = feeds;
    this.core.time.read(this.core.now);
  }

  /** Starts every feed; resolves when each has its metadata and is opening sockets. */
  async start(): Promise<void> {
    this.#cancel = this.core.world.every(TICK_MS, () => this.tick());
    await Promise.all(this.feeds.map((feed) => feed.start()));
  }

  /** Heartbeat of the region, overdue snapshots, gauges. */
  tick(): void {
    this.core.time.read(this.core.now);
    this.core.region.beat(this.core.now);
    if (this.intake.merger.tick()) {
      this.core.writer.ring.commit();
      resync(this.feeds, this.core);
    }
    for (const feed of this.feeds) feed.tick();
    this.#gate.publish();
    publishGauges(
      this.core,
      this.feeds.map((feed) => feed.state()),
    );
    this.core.world.reached(this.core.writer.ring.head);
  }

  /** Closes the connections; what was received is committed already. */
  async stop(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    await Promise.all(this.feeds.map((feed) => feed.stop()));
    this.tick();
  }
}

function makeCore(options: LaneOptions): LaneCore {
  const { region } = options;
  const real = realWorld(options.time, options.openSocket);
  const world = options.world?.(real) ?? real;
  const ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
  return {
    region,
    writer: new EventWriter(ring, new SymbolTable()),
    tops: new TopWriter(region.top),
    depths: new DepthWriter(region.depth),
    instruments: new InstrumentWriter(region.control, region.instruments),
    venues: new VenueWriter(region.venues),
    counters: new CounterWriter(region.counters),
    histograms: new HistogramWriter(region.histograms),
    slab: new Slab(options.maxFrame),
    world,
    time: world.time,
    now: { hi: 0, lo: 0 },
    report: options.report,
    watch: options.watchFrames ?? null,
    resyncs: [],
  };
}

/** Asks for new snapshots of the books that broke in the last commit. */
function resync(feeds: readonly Feed[], core: LaneCore): void {
  const broken = core.resyncs.splice(0);
  for (const market of broken) market.queued = false;
  for (const feed of feeds) {
    const ours = broken.filter((market) => feed.owns(market));
    if (ours.length > 0) feed.resync(ours);
  }
}

/** Limits that hold for all connections to a venue, however many feeds have some. */
function budgetsByVenue(): (venue: Venue) => VenueBudgets {
  const known = new Map<number, VenueBudgets>();
  return ({ code, limits }) => {
    const before = known.get(code);
    if (before !== undefined) return before;
    const connects = new WindowBudget(limits.connects, limits.connectWindowMs);
    const budgets = { connects, weight: new WindowBudget(limits.restWeight, 60_000) };
    known.set(code, budgets);
    return budgets;
  };
}

/** One judge a venue, made when it is asked for first. */
function byVenue(make: LaneOptions["judgeClock"]): (venue: Venue) => ClockJudge | null {
  const known = new Map<number, ClockJudge>();
  return ({ code }) => {
    const judge = known.get(code) ?? make?.();
    if (judge !== undefined) known.set(code, judge);
    return judge ?? null;
  };
}

function priceOf(feeds: readonly Feed[], base: string): number {
  return worthOf(
    feeds.flatMap((feed) => feed.markets),
    base,
  );
}
