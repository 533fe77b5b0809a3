import { Buffer } from "node:buffer";
import { expect } from "vitest";
import { Lane } from "../../src/feed/index.ts";
import type { Feed, Link, Time } from "../../src/feed/index.ts";
import { EventReader, readCounters, RingReader } from "../../src/log/index.ts";
import type { Region } from "../../src/log/index.ts";
import {
  instrumentOf,
  putText,
  REASON_NAMES,
  toMicros,
  VALIDITY,
  VALIDITY_NAMES,
} from "../../src/model/index.ts";
import type { Channel, Control, MarketEvent, Nanos, Venue } from "../../src/model/index.ts";
import { heapRegion } from "../../src/store/index.ts";
import type { FrameLine } from "./frames.ts";

/** What one frame caused, in the order of the log. */
export interface Told {
  readonly events: MarketEvent[];
  readonly controls: Control[];
  readonly reports: string[];
}

const CHANNELS: readonly Channel[] = ["trade", "quote", "book", "ticker", "liquidation", "index"];
const MAX_FRAME = 4 << 20;
/** Counters that say how many frames there were, not what became of them. */
const UNTOLD = new Set(["feedhorn_frames_total", "feedhorn_frame_bytes_total"]);

/** Times of the file. */
class FileTime implements Time {
  mark = 0;
  readonly #half = new Int32Array(2);

  set(ts: string): void {
    putText(ts, this.#half, 0);
    this.mark = toMicros(this.#half[1]!, this.#half[0]!) / 1000;
  }

  read(into: Nanos): void {
    into.lo = this.#half[0]!;
    into.hi = this.#half[1]!;
  }
}

/**
 * A whole lane (intake, sequencers, books, ring, tables) whose frames come from a file, and everything it tells. It has
 * no socket: what it would send is not sent, and nothing but the file answers.
 */
export class HardshipLane {
  readonly #venue: Venue;
  readonly #symbols: readonly string[];
  readonly #lane: Lane;
  readonly #feed: Feed;
  readonly #region: Region;
  readonly #time = new FileTime();
  readonly #links = new Map<number, Link>();
  readonly #ring: RingReader;
  readonly #events: EventReader;
  #controls: Control[] = [];
  #reports: string[] = [];
  /** Metadata fetched over REST, on its way to where metadata of the stream goes. */
  #fetched: Control | null = null;

  constructor(venue: Venue, symbols: readonly string[]) {
    this.#venue = venue;
    this.#symbols = symbols;
    this.#region = heapRegion({ lane: "hardship", slots: 1 << 14, instruments: 64 }).region;
    this.#lane = new Lane({
      region: this.#region,
      time: this.#time,
      report: (level, message, facts) =>
        void this.#reports.push(`${level}: ${message} ${JSON.stringify({ ...facts, venue: undefined })}`),
      openSocket: () => expect.unreachable(),
      maxFrame: MAX_FRAME,
      feeds: [
        {
          venue: { ...venue, control: (text) => this.#control(text) },
          symbols,
          channels: CHANNELS.filter((one) => venue.sockets.some(({ channels }) => channels.includes(one))),
          backoff: { minMs: 1, maxMs: 1 },
          snapshotTimeoutMs: Infinity,
        },
      ],
    });
    this.#feed = this.#lane.feeds[0]!;
    this.#feed.listen(
      symbols.map((symbol) => instrumentOf({ symbol, canonical: venue.canonical(symbol) ?? symbol })),
    );
    this.#ring = new RingReader(this.#region.control, this.#region.slots);
    this.#events = new EventReader(this.#region.names());
  }

  take(frame: FrameLine): Told {
    this.#time.set(frame.ts);
    if (frame.dir === "open") this.#open(frame.conn ?? 0);
    else if (frame.dir === "in") this.#in(frame);
    else if (frame.dir === "http") this.#http(frame);
    const told = { events: this.#drain(), controls: this.#controls, reports: this.#reports };
    this.#controls = [];
    this.#reports = [];
    return told;
  }

  end(): { counters: Record<string, number>; books: Record<string, string> } {
    const counters = readCounters(this.#region.counters)
      .filter(({ name, value, gauge }) => value !== 0 && !gauge && !UNTOLD.has(name))
      .map(({ name, labels, value }) => [`${name}{${short(labels)}}`.replace("{}", ""), value]);
    const books = this.#feed.markets
      .filter(({ state, proved }) => proved || state.validity !== VALIDITY.WARMING)
      .map(({ symbol, state }) => [
        symbol,
        `${VALIDITY_NAMES[state.validity]}, ${REASON_NAMES[state.reason]}`,
      ]);
    return { counters: Object.fromEntries(counters), books: Object.fromEntries(books) };
  }

  #control(text: string): Control[] {
    const said = this.#fetched === null ? this.#venue.control(text) : [this.#fetched];
    this.#fetched = null;
    this.#controls.push(...said);
    return said;
  }

  #link(conn: number): Link {
    let link = this.#links.get(conn);
    if (link === undefined) this.#links.set(conn, (link = this.#feed.link()));
    return link;
  }

  #open(conn: number): void {
    const link = this.#links.get(conn);
    if (link !== undefined) this.#feed.reopened(link);
  }

  #in(frame: FrameLine): void {
    const { slab } = this.#lane.core;
    const bytes = payloadOf(frame);
    slab.bytes.set(bytes);
    this.#lane.intake.frame(this.#link(frame.conn ?? 0), slab, 0, bytes.length);
    this.#lane.intake.endOfRead();
  }

  /** A snapshot, or metadata: whatever the address asks for. */
  #http(frame: FrameLine): void {
    const { snapshot, instruments } = this.#venue;
    const url = frame.url ?? "";
    const symbol = snapshot.via === "rest" ? snapshot.symbolOf(url) : null;
    const market = this.#feed.markets.find((one) => one.symbol === symbol);
    if (market !== undefined) return void this.#feed.snapshot(market, payloadOf(frame));
    // Of an instrument that has ended no book is kept.
    if (symbol !== null && this.#symbols.includes(symbol)) return;
    const path = url.split("?")[0]!;
    const asked = instruments.requests.some((one) => path.endsWith(one.path.split("?")[0]!));
    if (!asked)
      throw new Error(`${url}: expected the address of a snapshot of a known symbol or of metadata`);
    const read = instruments.parse(payloadOf(frame).toString());
    this.#fetched = { type: "instruments", instruments: read, snapshot: true };
    this.#feed.cold(this.#link(frame.conn ?? 0), "");
  }

  #drain(): MarketEvent[] {
    const events: MarketEvent[] = [];
    this.#ring.poll((slots, word) => {
      const event = this.#events.accept(slots, word);
      if (event !== null) events.push(event);
    });
    return events;
  }
}

function payloadOf({ text, b64 }: FrameLine): Buffer {
  return text === undefined ? Buffer.from(b64 ?? "", "base64") : Buffer.from(text);
}

/** Labels without the venue, which is always the same here. */
function short(labels: string): string {
  return labels.replace(/venue="[^"]*",?/, "");
}
