import { EventReader, RingReader, readCounters } from "../../src/log/index.ts";
import { encodeText, instrumentOf, putNumber } from "../../src/model/index.ts";
import type { Instrument, MarketEvent, Nanos, Venue } from "../../src/model/index.ts";
import { heapRegion } from "../../src/store/index.ts";
import { venueById } from "../../src/venues/index.ts";
import type { FeedOptions } from "../../src/feed/feed-options.ts";
import { Lane } from "../../src/feed/lane.ts";
import type { Socket, SocketEvents } from "../../src/feed/socket/socket.ts";

const found = venueById("kraken")!;
export const kraken: Venue = { ...found, limits: { ...found.limits, messages: 1000 } };

export function spot(base: string, change: Partial<Instrument> = {}): Instrument {
  return instrumentOf({
    symbol: `${base}/USD`,
    canonical: `${base}-USD`,
    status: "trading",
    tick: 0.1,
    lot: 1e-8,
    pricePrecision: 1,
    sizePrecision: 8,
    ...change,
  });
}

export const [BTC, ETH, SOL, ADA] = ["BTC", "ETH", "SOL", "ADA"].map((base) => spot(base));
export const LIST = [BTC!, ETH!, SOL!];
export const BOOK =
  '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[{"price":85600.4,"qty":0.20401971},{"price":85599.6,"qty":0.04385864}],"asks":[{"price":85600.5,"qty":0.90679198},{"price":85601.6,"qty":0.21608516}],"checksum":1146932672,"timestamp":"2026-10-05T09:12:44.300000Z"}]}';
export const SECOND = 1_000_000;

/** An update of the instrument channel: bases and their states. */
export function pairs(...states: [base: string, status: string][]): string {
  const listed = states.map(([base, status]) => ({
    symbol: `${base}/USD`,
    base,
    quote: "USD",
    status,
    price_increment: 0.1,
    price_precision: 1,
    qty_increment: 1e-8,
    qty_precision: 8,
  }));
  return JSON.stringify({ channel: "instrument", type: "update", data: { assets: [], pairs: listed } });
}

/** One connection, as the other side sees it. */
export class Wire implements Socket {
  readonly sent: string[] = [];
  readonly events: SocketEvents;
  closed = false;
  constructor(events: SocketEvents) {
    this.events = events;
  }
  send(text: string): void {
    this.sent.push(text);
  }
  ping(): void {}
  close(): void {
    this.closed = true;
  }
  /** What was asked for since last asked: "subscribe trade BTC/USD ETH/USD". */
  asked(): string[] {
    return this.sent.splice(0).map((text) => {
      const { method, params } = JSON.parse(text) as {
        method: string;
        params: { channel: string; symbol?: string[] };
      };
      return [method, params.channel, ...(params.symbol ?? [])].join(" ");
    });
  }
}

/** A lane with feeds of Kraken whose connections end in the test. Time passes when the test says so. */
export class Bench {
  readonly lane: Lane;
  readonly wires: Wire[] = [];
  readonly reports: string[] = [];
  readonly region;
  readonly #ring: RingReader;
  readonly #events: EventReader;
  /** UNIX us. */
  now = 1_800_000_000 * SECOND;
  readonly #half = new Int32Array(2);
  readonly time = {
    mark: 1000,
    read: (into: Nanos): void => {
      putNumber(this.now, this.#half, 0);
      const ns = BigInt(this.now) * 1000n;
      into.lo = Number(BigInt.asIntN(32, ns));
      into.hi = Number(ns >> 32n);
    },
  };

  constructor(...feeds: (Partial<FeedOptions> & { symbols: string[] })[]) {
    this.region = heapRegion({ lane: "test", slots: 1 << 12, instruments: 16 }).region;
    this.lane = new Lane({
      region: this.region,
      time: this.time,
      report: (level, message, facts) =>
        void this.reports.push(`${level} ${message} ${String(facts["symbol"] ?? "")}`.trim()),
      openSocket: (_url, _slab, _options, events) => {
        const wire = new Wire(events);
        this.wires.push(wire);
        return wire;
      },
      maxFrame: 1 << 20,
      feeds: feeds.map((feed) => ({
        venue: kraken,
        channels: ["trade", "book"],
        backoff: { minMs: 1, maxMs: 1 },
        snapshotTimeoutMs: Infinity,
        lingerMs: 5000,
        ...feed,
      })),
    });
    this.#ring = new RingReader(this.region.control, this.region.slots);
    this.#events = new EventReader(this.region.names());
  }

  get feed(): Lane["feeds"][number] {
    return this.lane.feeds[0]!;
  }

  /** Starts the feed with a list of instruments, and lets its connections open. */
  begin(list: readonly Instrument[], feed = this.feed): void {
    this.lane.core.time.read(this.lane.core.now);
    feed.wants.connect();
    feed.listen(list);
    for (const wire of this.wires) wire.events.open();
  }

  say(text: string, wire = this.wires[0]!): void {
    const { slab } = this.lane.core;
    const bytes = encodeText(text);
    slab.bytes.set(bytes);
    wire.events.frame(slab, 0, bytes.length);
    wire.events.endOfRead();
  }

  pass(ms: number): void {
    this.now += ms * 1000;
    this.time.mark += ms;
    this.lane.tick();
  }

  /** Events since last asked, in short. */
  told(): string[] {
    const out: string[] = [];
    this.#ring.poll((slots, word) => {
      const event = this.#events.accept(slots, word);
      if (event !== null) out.push(short(event));
      return true;
    }, 10_000);
    return out;
  }

  counter(name: string): number {
    return readCounters(this.region.counters)
      .filter((row) => `${row.name}{${row.labels}}`.includes(name))
      .reduce((sum, row) => sum + row.value, 0);
  }

  stop(): void {
    for (const feed of this.lane.feeds) for (const session of feed.sessions) session.stop();
  }
}

function short(event: MarketEvent): string {
  const { type, symbol } = event;
  if (event.type === "instrument") return `${type} ${symbol} ${event.status}`;
  if (event.type === "status") return `${event.scope} ${symbol} ${event.state} ${event.reason ?? ""}`.trim();
  return `${type} ${symbol}`;
}
