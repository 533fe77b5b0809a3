/** All that a lane does with a frame: order, duplicates, proved books, counters, latest-value tables. */
import { Clock, Lane, openFastSocket } from "../src/feed/index.ts";
import { InstrumentReader, readCounters } from "../src/log/index.ts";
import { binance } from "../src/venues/binance/venue.ts";
import { Countdown, servePipeline } from "./e2e-pipeline.ts";
import { listening, MAX_FRAME, regionIn, socketOptions, Written } from "./e2e-ring.ts";
import type { Socket } from "../src/feed/index.ts";
import type { Region } from "../src/log/index.ts";
import type { EventLog } from "./e2e-events.ts";
import type { Order, Result, Round } from "./e2e-pipeline.ts";
import type { Stream } from "./e2e-streams.ts";

/** Nothing is ever fetched in a round; if something were, it would fail here and not reach a venue. */
const NOWHERE = "http://127.0.0.1:9";
/** Counters that may grow; all others tell of something that must not be. */
const HARMLESS = /^feedhorn_(frames|frame_bytes|scanned_frames|events|books_proved|snapshots)_total$/;

/** Sums of all counters that must not grow. */
function faultsOf(of: Region): Map<string, number> {
  const found = new Map<string, number>();
  for (const { name, value, gauge } of readCounters(of.counters))
    if (!gauge && !HARMLESS.test(name)) found.set(name, (found.get(name) ?? 0) + value);
  return found;
}

class LaneRound implements Round {
  readonly #region: Region;
  readonly #stream: Stream;
  readonly countdown: Countdown;
  readonly #order: Order;
  readonly #lane: Lane;
  readonly #before: Map<string, number>;
  readonly #log: EventLog | null;
  #written: Written | null = null;
  #socket: Socket | null = null;
  #complaints = 0;

  constructor(order: Order, log: EventLog | null) {
    const { stream, folder } = order;
    this.#order = order;
    const region = regionIn(folder);
    this.#region = region;
    this.#stream = stream;
    this.#log = log;
    this.countdown = new Countdown(order);
    this.#lane = new Lane({
      region,
      time: new Clock(),
      report: (level, message, facts) => {
        this.#complaints += 1;
        process.stderr.write(`${level} ${message} ${JSON.stringify(facts)}\n`);
      },
      openSocket: openFastSocket,
      maxFrame: MAX_FRAME,
      feeds: [
        {
          venue: binance,
          symbols: stream.symbols,
          channels: stream.snapshots.length > 0 ? ["trade", "quote", "book"] : ["quote"],
          restUrl: NOWHERE,
          backoff: { minMs: 1000, maxMs: 1000 },
          snapshotTimeoutMs: 60_000,
        },
      ],
    });
    this.#before = faultsOf(region);
  }

  async open(url: string): Promise<void> {
    const feed = this.#lane.feeds[0];
    feed.listen(this.#stream.instruments);
    const link = feed.link();
    await new Promise<void>((resolve) => {
      const options = socketOptions(this.#order);
      const endOfRead = (): void => {
        this.#lane.intake.endOfRead();
        this.#written?.follow();
        this.countdown.settle();
      };
      this.#socket = openFastSocket(url, this.#lane.core.slab, options, {
        ...listening(resolve, endOfRead),
        frame: (slab, start, end) => {
          this.#lane.intake.frame(link, slab, start, end);
          this.countdown.count();
        },
      });
    });
    for (const { symbol, body } of this.#stream.snapshots) this.#snapshot(symbol, body);
    const names = new InstrumentReader(this.#region.control, this.#region.instruments);
    this.#written = new Written(this.#region, this.#log, (id) => names.read(id));
  }

  run(ask: string): Promise<void> {
    this.#socket?.send(ask);
    return this.countdown.done;
  }

  async close(): Promise<Result> {
    this.#socket?.close(1000, "");
    const written = this.#written!.result();
    const { markets } = this.#lane.feeds[0];
    const dead = markets.filter((market) => market.book !== null && !market.state.live).length;
    await this.#lane.stop();
    const grown = [...faultsOf(this.#region)].map(([name, n]) => [name, n - (this.#before.get(name) ?? 0)]);
    const faults = Object.fromEntries(grown) as Record<string, number>;
    return { ...written, faults: { ...faults, reports: this.#complaints, "books not live": dead } };
  }

  #snapshot(symbol: string, body: string): void {
    const feed = this.#lane.feeds[0];
    const market = feed.markets.find((one) => one.symbol === symbol);
    if (market === undefined || !feed.snapshot(market, Buffer.from(body)))
      throw new Error(`${symbol}: expected a snapshot the book can take, saw one it cannot`);
  }
}

servePipeline((order, log) => new LaneRound(order, log));
