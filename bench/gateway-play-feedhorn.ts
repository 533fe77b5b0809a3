/** Client of the flood: a lane with all it does for a venue, on a region in memory. */
import { widenInlining } from "../src/app/compiler.ts";
import { Clock, Lane, ScannerMemory, openFastSocket } from "../src/feed/index.ts";
import { DepthReader, InstrumentReader, readCounters } from "../src/log/index.ts";
import { heapRegion } from "../src/store/index.ts";
import { venueById } from "../src/venues/index.ts";
import { DEPTH } from "./frames-expected.ts";
import { CHANNELS } from "./frames-record.ts";
import { Countdown, servePlayer } from "./gateway-player.ts";
import type { Feed, FeedOptions, Link, Socket } from "../src/feed/index.ts";
import type { Region } from "../src/log/index.ts";
import type { Slab, Venue } from "../src/model/index.ts";
import type { Book } from "./frames-expected.ts";
import type { RecordedConnection } from "./frames-record.ts";
import type { Played, Round } from "./gateway-player.ts";

// As in a lane's thread.
widenInlining();

const MAX_FRAME = 4 << 20;
/** As a lane has it: sockets read into memory the scanner shares. */
const SLABS = new ScannerMemory();
/** Nothing is ever fetched in a round; if something were, it would fail here and not reach a venue. */
const NOWHERE = "http://127.0.0.1:9";
/** Counters that must stay where they are. */
const FAULTS = [
  "feedhorn_bad_frames_total",
  "feedhorn_unknown_frames_total",
  "feedhorn_control_frames_total",
  "feedhorn_duplicates_total",
  "feedhorn_gaps_total",
  "feedhorn_missing_total",
  "feedhorn_crossed_books_total",
  "feedhorn_resyncs_total",
  "feedhorn_stale_snapshots_total",
  "feedhorn_ring_refused_total",
];

const { region } = heapRegion({ lane: "flood" });

/** Sums over the venues: by name, and for events by kind. */
function sums(of: Region): Map<string, number> {
  const found = new Map<string, number>();
  for (const { name, labels, value } of readCounters(of.counters)) {
    const kind = name === "feedhorn_events_total" ? ` ${/kind="(\w+)"/.exec(labels)?.[1] ?? ""}` : "";
    found.set(name + kind, (found.get(name + kind) ?? 0) + value);
  }
  return found;
}

/** One venue's socket into the lane. */
class Connection {
  readonly #recorded: RecordedConnection;
  readonly #lane: Lane;
  readonly #feed: Feed;
  readonly #link: Link;
  readonly #bodies: Buffer[];
  readonly #countdown: Countdown;
  #socket: Socket | null = null;
  #seen = 0;
  #next = 0;

  constructor(recorded: RecordedConnection, lane: Lane, feed: Feed, countdown: Countdown) {
    this.#recorded = recorded;
    this.#lane = lane;
    this.#feed = feed;
    this.#countdown = countdown;
    this.#bodies = recorded.snapshots.map(({ body }) => Buffer.from(body));
    feed.listen(feed.venue.instruments.parse(recorded.instruments));
    this.#link = feed.link();
    // The snapshots come with the recording: none is to be asked for.
    for (const market of feed.markets) market.waitingSince = performance.now();
  }

  open(port: number): Promise<void> {
    const url = `ws://127.0.0.1:${port}/${this.#recorded.venue}`;
    const options = { headers: {}, maxFrame: MAX_FRAME, openTimeoutMs: 5000, proxy: null, slabs: SLABS };
    return new Promise((resolve, reject) => {
      this.#socket = openFastSocket(url, this.#lane.core.slab, options, {
        open: resolve,
        frame: (slab, start, end) => this.#frame(slab, start, end),
        endOfRead: () => this.#lane.intake.endOfRead(),
        alive: () => {},
        close: (code, reason) => reject(new Error(`flood: closed with ${code} ${reason}`)),
      });
    });
  }

  go(): void {
    this.#socket?.send("go");
  }

  close(): void {
    this.#socket?.close(1000, "");
  }

  #frame(slab: Slab, start: number, end: number): void {
    this.#lane.intake.frame(this.#link, slab, start, end);
    this.#seen += 1;
    while (this.#recorded.snapshots[this.#next]?.after === this.#seen) this.#snapshot();
    this.#countdown.count();
  }

  #snapshot(): void {
    const { symbol } = this.#recorded.snapshots[this.#next];
    const market = this.#feed.markets.find((one) => one.symbol === symbol);
    if (market === undefined || !this.#feed.snapshot(market, this.#bodies[this.#next]))
      throw new Error(`${symbol}: expected a snapshot the book can take, saw one it cannot`);
    this.#next += 1;
  }
}

class LaneRound implements Round {
  readonly #before = sums(region);
  readonly #countdown: Countdown;
  readonly #connections: Connection[];
  readonly #lane: Lane;
  readonly #recorded: readonly RecordedConnection[];
  #complaints = 0;

  constructor(recorded: readonly RecordedConnection[]) {
    this.#recorded = recorded;
    this.#countdown = new Countdown(recorded);
    this.#lane = new Lane({
      region,
      time: new Clock(),
      report: (level, message, facts) => {
        this.#complaints += 1;
        process.stderr.write(`${level} ${message} ${JSON.stringify(facts)}\n`);
      },
      openSocket: openFastSocket,
      maxFrame: MAX_FRAME,
      feeds: recorded.map(feedOf),
    });
    this.#connections = recorded.map(
      (one, i) => new Connection(one, this.#lane, this.#lane.feeds[i], this.#countdown),
    );
  }

  async open(port: number): Promise<void> {
    await Promise.all(this.#connections.map((one) => one.open(port)));
  }

  run(): Promise<void> {
    for (const one of this.#connections) one.go();
    return this.#countdown.done;
  }

  async close(books: boolean): Promise<Omit<Played, "ns" | "cpu" | "messages">> {
    for (const one of this.#connections) one.close();
    const markets = this.#lane.feeds.flatMap((feed) => feed.markets);
    await this.#lane.stop();
    const after = sums(region);
    const grown = (name: string): number => (after.get(name) ?? 0) - (this.#before.get(name) ?? 0);
    const faults = Object.fromEntries(FAULTS.map((name) => [name, grown(name)]));
    faults["reports"] = this.#complaints;
    faults["books that are not live"] = markets.filter((market) => !market.state.live).length;
    return {
      trades: grown("feedhorn_events_total trade"),
      quotes: grown("feedhorn_events_total quote"),
      books: grown("feedhorn_events_total book"),
      faults,
      state: books ? booksOf(this.#recorded) : null,
    };
  }
}

function feedOf(recorded: RecordedConnection): FeedOptions {
  return {
    venue: described(recorded.venue),
    symbols: recorded.symbols,
    channels: CHANNELS,
    restUrl: NOWHERE,
    backoff: { minMs: 1000, maxMs: 1000 },
    snapshotTimeoutMs: 60_000,
  };
}

function described(id: string): Venue {
  const venue = venueById(id);
  if (venue === null) throw new RangeError(`expected the id of a venue, saw ${id}`);
  return venue;
}

/** Books as any reader of the region finds them in the depth table. */
function booksOf(recorded: readonly RecordedConnection[]): Record<string, Book> {
  const depths = new DepthReader(region.depth);
  const rows = new InstrumentReader(region.control, region.instruments).all();
  const found: Record<string, Book> = {};
  for (const { venue, symbols } of recorded) {
    for (const symbol of symbols) {
      const row = rows.find((one) => one.symbol === symbol && one.venueCode === described(venue).code);
      const book = row === undefined ? null : depths.read(row.id);
      if (book !== null)
        found[`${venue} ${symbol}`] = { bids: book.bids.slice(0, DEPTH), asks: book.asks.slice(0, DEPTH) };
    }
  }
  return found;
}

servePlayer((recorded) => new LaneRound(recorded));
