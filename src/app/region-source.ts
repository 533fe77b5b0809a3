import {
  DepthReader,
  EPOCH_WORD,
  HEAD_WORD,
  InstrumentReader,
  TopReader,
  VenueReader,
  bucketBound,
  loadSequence,
  readCounters,
  readHistograms,
} from "../log/index.ts";
import type { CounterRow, InstrumentRow, Region } from "../log/index.ts";
import { toMicros } from "../model/index.ts";
import type { VenueId } from "../model/index.ts";
import type {
  CounterSample,
  HealthReport,
  HistogramSample,
  LaneHealth,
  Labels,
  OpsSource,
  Readiness,
  VenueHealth,
} from "../servers/ops-source.ts";
import { venueById } from "../venues/index.ts";
import { copiesOf } from "./copies-health.ts";
import { NOTHING_BESIDE } from "./parts-report.ts";
import type { Beside } from "./parts-report.ts";
import type { FeedConfig, LaneConfig } from "./config/schema.ts";
import type { FeedRoster } from "./lane/messages.ts";
import { udpHealth, udpReasons } from "./udp-health.ts";

const MAX_REASONS = 32;

/** A lane's region and what its configuration promises to be in it. */
export interface WatchedLane {
  readonly plan: Pick<LaneConfig, "name" | "feeds" | "udp">;
  readonly region: Region;
  /** What the feeds listen to now, in the plan's order; null or left out: what the plan names. */
  readonly roster?: () => readonly FeedRoster[] | null;
}

/** Whether one instrument of a feed is there and may be trusted. */
interface Standing {
  readonly feed: FeedConfig;
  readonly symbol: string;
  /** Validity word, or "unlisted" while the lane has no such instrument. */
  readonly validity: string;
}

/** Everything `/health`, `/ready` and `/metrics` say, read from shared memory: one more reader. */
export class RegionSource implements OpsSource {
  readonly #lanes: readonly WatchedLane[];
  readonly #version: string;
  readonly #more: () => readonly CounterSample[];
  readonly #beside: Beside;
  readonly #service: string;

  /** `more`: counters of what runs beside the lanes; `beside`: how that stands; `service`: its name. */
  constructor(
    lanes: readonly WatchedLane[],
    version: string,
    more: () => readonly CounterSample[] = () => [],
    beside: Beside = NOTHING_BESIDE,
    service = "feedhorn",
  ) {
    this.#lanes = lanes;
    this.#version = version;
    this.#more = more;
    this.#beside = beside;
    this.#service = service;
  }

  health(): HealthReport {
    const venues: Record<string, VenueHealth> = {};
    for (const lane of this.#lanes) {
      for (const venue of new Set(lane.plan.feeds.map((feed) => feed.venue)))
        venues[venue] = joined(venues[venue], venueHealth(lane, venue));
    }
    const [journal, sinks] = [this.#beside.journal(), this.#beside.sinks()];
    return {
      status: this.ready().ready && keeps(journal, sinks) && this.#derives() ? "healthy" : "degraded",
      service: this.#service,
      version: this.#version,
      venues,
      lanes: Object.fromEntries(this.#lanes.map((lane) => [lane.plan.name, laneHealth(lane)])),
      parts: this.#beside.parts(),
      ...(journal === null ? {} : { journal }),
      ...(Object.keys(sinks).length === 0 ? {} : { sinks }),
    };
  }

  /** Derived figures are as good as their part runs. */
  #derives(): boolean {
    return Object.values(this.#beside.parts()).every(
      ({ kind, state }) => kind !== "derived" || state === "running",
    );
  }

  ready(): Readiness {
    const books = this.#lanes.flatMap((lane) =>
      lane.plan.feeds.filter((feed) => feed.required).flatMap((feed) => feedReasons(lane, feed)),
    );
    const reasons = [
      ...this.#awayReasons(),
      ...this.#lanes.flatMap(udpReasons),
      ...this.#beside.awaited(),
      ...books,
    ];
    return { ready: reasons.length === 0, reasons: reasons.slice(0, MAX_REASONS) };
  }

  /** Lanes without a writer: what their tables say was so when it ended. */
  #awayReasons(): string[] {
    return Object.entries(this.#beside.parts()).flatMap(([name, { kind, state }]) =>
      kind === "lane" && state !== "running" ? [`${name}: ${state}`] : [],
    );
  }

  counters(): CounterSample[] {
    const regions = this.#lanes.flatMap(({ plan, region }) =>
      readCounters(region.counters).map((row) => ({
        name: row.name,
        help: row.help,
        kind: row.gauge ? ("gauge" as const) : ("counter" as const),
        labels: { lane: plan.name, ...parseLabels(row.labels) },
        value: row.value,
      })),
    );
    return [...regions, ...this.#more()];
  }

  histograms(): HistogramSample[] {
    return this.#lanes.flatMap(({ plan, region }) =>
      readHistograms(region.histograms).map((row) => ({
        name: row.name,
        help: row.help,
        labels: { lane: plan.name, ...parseLabels(row.labels) },
        ...octaves(row.buckets),
        sum: row.sum,
      })),
    );
  }
}

/** Whether what is heard is written where it should be. */
function keeps(journal: ReturnType<Beside["journal"]>, sinks: ReturnType<Beside["sinks"]>): boolean {
  const written = Object.values(journal ?? {}).every(({ failing }) => !failing);
  return written && Object.values(sinks).every(({ state }) => state === "connected" || state === "starting");
}

/** Labels of a table row (`venue="okx",kind="trade"`) by name. */
export function parseLabels(text: string): Labels {
  return Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
}

/** Eight buckets per octave are for quantiles; a scrape gets one bound per octave. */
function octaves(buckets: Float64Array): { bounds: number[]; counts: number[] } {
  const bounds: number[] = [];
  const counts: number[] = [];
  let sum = 0;
  for (let i = 0; i < buckets.length - 1; i++) {
    sum += buckets[i]!;
    if (i % 8 !== 0) continue;
    bounds.push(bucketBound(i));
    counts.push(sum);
    sum = 0;
  }
  return { bounds, counts: [...counts, sum + buckets.at(-1)!] };
}

function laneHealth({ plan, region }: WatchedLane): LaneHealth {
  return {
    epoch: region.control[EPOCH_WORD]! >>> 0,
    head: String(loadSequence(region.control, HEAD_WORD)),
    ...(plan.udp === undefined ? {} : { udp: udpHealth(region) }),
  };
}

/** A venue's feeds in one lane, taken together. */
function venueHealth(lane: WatchedLane, venue: VenueId): VenueHealth {
  const row = new VenueReader(lane.region.venues).all().find((one) => one.id === venue);
  const counters = readCounters(lane.region.counters);
  const standings = lane.plan.feeds
    .filter((feed) => feed.venue === venue)
    .flatMap((feed) => standingsOf(lane, feed));
  const copies = copiesOf(counters, venue);
  const broken = standings.find((one) => one.validity !== "live");
  return {
    state: row === undefined || row.lastRecv === 0 ? "connecting" : (broken?.validity ?? "live"),
    connections: {
      open: venueTotal(counters, "feedhorn_connections_up", venue),
      wanted: venueTotal(counters, "feedhorn_connections", venue),
    },
    ...(copies.length === 0 ? {} : { copies }),
    instruments: { live: standings.filter((one) => one.validity === "live").length, total: standings.length },
    last_receive_age_ms:
      row === undefined || row.lastRecv === 0
        ? null
        : Math.max(0, Date.now() - Math.floor(row.lastRecv / 1000)),
    reconnects: row?.reconnects ?? 0,
    gaps: venueTotal(counters, "feedhorn_gaps_total", venue),
    clock: clockOf(counters, venue),
  };
}

/** The same venue in two lanes: figures add up, and the worse state is that of both. */
function joined(a: VenueHealth | undefined, b: VenueHealth): VenueHealth {
  if (a === undefined) return b;
  const copies = [...(a.copies ?? []), ...(b.copies ?? [])];
  const ages = [a.last_receive_age_ms, b.last_receive_age_ms].filter((age) => age !== null);
  return {
    state: a.state === "live" ? b.state : a.state,
    connections: {
      open: a.connections.open + b.connections.open,
      wanted: a.connections.wanted + b.connections.wanted,
    },
    ...(copies.length === 0 ? {} : { copies }),
    instruments: {
      live: a.instruments.live + b.instruments.live,
      total: a.instruments.total + b.instruments.total,
    },
    last_receive_age_ms: ages.length === 0 ? null : Math.min(...ages),
    reconnects: a.reconnects + b.reconnects,
    gaps: a.gaps + b.gaps,
    clock: (a.clock?.error_us ?? Infinity) <= (b.clock?.error_us ?? Infinity) ? a.clock : b.clock,
  };
}

function clockOf(rows: readonly CounterRow[], venue: VenueId): VenueHealth["clock"] {
  const [offset, error] = ["feedhorn_clock_offset_us", "feedhorn_clock_offset_error_us"].map(
    (name) => rows.find((row) => row.name === name && row.labels === `venue="${venue}"`)?.value ?? NaN,
  );
  return Number.isNaN(offset! + error!) ? null : { offset_us: offset!, error_us: error! };
}

/** Sum over all samples of a counter family that belong to a venue. */
export function venueTotal(rows: readonly CounterRow[], name: string, venue: VenueId): number {
  const label = `venue="${venue}"`;
  return rows
    .filter((row) => row.name === name && row.labels.includes(label))
    .reduce((sum, row) => sum + row.value, 0);
}

function feedReasons(lane: WatchedLane, feed: FeedConfig): string[] {
  const { connections } = venueHealth(lane, feed.venue);
  const known = (lane.roster?.() ?? null) !== null;
  if (known && standingsOf(lane, feed).length === 0) return [];
  if (connections.wanted === 0) return [`${feed.venue}: waiting for the venue's instrument list`];
  const reasons = standingsOf(lane, feed)
    .filter((one) => one.validity !== "live")
    .map((one) => `${feed.venue} ${one.symbol}: ${one.validity}`);
  // Of connections that carry the same, one is enough: whether it carries a book its validity says.
  if (connections.open < Math.ceil(connections.wanted / feed.redundancy)) {
    reasons.unshift(`${feed.venue}: ${connections.open} of ${connections.wanted} connections open`);
  }
  return reasons;
}

function standingsOf(lane: WatchedLane, feed: FeedConfig): Standing[] {
  const rows = new InstrumentReader(lane.region.control, lane.region.instruments).all();
  const code = venueById(feed.venue)?.code;
  const ours = rows.filter((row) => row.venueCode === code);
  const roster = lane.roster?.()?.[lane.plan.feeds.indexOf(feed)];
  const unlisted = (symbol: string): Standing => ({ feed, symbol, validity: "unlisted" });
  if (roster === undefined)
    return feed.symbols.map((symbol) => {
      const row = ours.find((one) => one.symbol === symbol) ?? ours.find((one) => one.canonical === symbol);
      if (row === undefined) return unlisted(symbol);
      return { feed, symbol, validity: validityOf(lane.region, feed.venue, feed.channels, row) };
    });
  const bySymbol = new Map(ours.map((row) => [row.symbol, row]));
  const heard = roster.heard.map(({ symbol, channels }) => {
    const row = bySymbol.get(symbol);
    if (row === undefined) return unlisted(symbol);
    return { feed, symbol: row.canonical, validity: validityOf(lane.region, feed.venue, channels, row) };
  });
  return [...heard, ...roster.unlisted.map(unlisted)];
}

/** The book's validity where a book is subscribed, else that of the top of book; feeds of trades alone are live once listed. */
function validityOf(region: Region, venue: VenueId, heard: readonly string[], row: InstrumentRow): string {
  const channels = new Set<string>(heard);
  if (channels.has("book") || channels.has("partial_book"))
    return new DepthReader(region.depth).read(row.id)?.validity ?? "none";
  if (channels.has("quote") && venueById(venue)?.quoteIsTop === true)
    return new TopReader(region.top).read(row.id)?.validity ?? "none";
  return "live";
}

/** Age of a region's last sign of life, ms. */
export function heartbeatAge(region: Region, nowMs: number): number {
  const { hi, lo } = region.heartbeat;
  return nowMs - toMicros(hi, lo) / 1000;
}
