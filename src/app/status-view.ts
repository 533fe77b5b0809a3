import { InstrumentReader, TopReader, quantile, readCounters, readHistograms } from "../log/index.ts";
import type { CounterRow, HistogramRow } from "../log/index.ts";
import { plainText, VALIDITY_NAMES } from "../model/index.ts";
import type { VenueId } from "../model/index.ts";
import { venueById } from "../venues/index.ts";
import { venueTotal } from "./region-source.ts";
import type { RegionSource, WatchedLane } from "./region-source.ts";

/** Instruments shown per venue: enough to see that prices move. */
const QUOTES_PER_VENUE = 2;

const WORDS = VALIDITY_NAMES.filter((word) => word !== "live" && word !== "none");
const DOUBTS = new RegExp(`\\b(connecting|not ready|${WORDS.join("|")})\\b`, "g");

/** Figures of one venue at one moment; rates come from two of them. */
interface Sample {
  readonly at: number;
  readonly frames: number;
  readonly events: number;
}

/** What the terminal shows of running lanes, as text: everything is read from shared memory. */
export class StatusView {
  readonly #lanes: readonly WatchedLane[];
  readonly #source: RegionSource;
  #before = new Map<string, Sample>();

  constructor(lanes: readonly WatchedLane[], source: RegionSource) {
    this.#lanes = lanes;
    this.#source = source;
  }

  /** Table of venues, one line each. Rates are since the last call. `now` is monotonic ms. */
  venues(now: number): string[] {
    const { venues } = this.#source.health();
    const rows = [
      [
        "venue",
        "state",
        "books live",
        "sockets",
        "frames/s",
        "events/s",
        "gaps",
        "resyncs",
        "p50 us",
        "p99 us",
        "last frame",
      ],
    ];
    for (const { plan, region } of this.#lanes) {
      const counters = readCounters(region.counters);
      const histograms = readHistograms(region.histograms);
      for (const { venue } of plan.feeds) {
        const health = venues[venue]!;
        const rate = this.#rate(`${plan.name}/${venue}`, counters, venue, now);
        const latency = histograms.find((row) => row.labels.includes(`venue="${venue}"`));
        rows.push([
          venue,
          health.state,
          `${health.instruments.live}/${health.instruments.total}`,
          `${health.connections.open}/${health.connections.wanted}`,
          rate.frames,
          rate.events,
          String(health.gaps),
          String(venueTotal(counters, "feedhorn_resyncs_total", venue)),
          micros(latency, 0.5),
          micros(latency, 0.99),
          health.last_receive_age_ms === null ? "-" : `${health.last_receive_age_ms} ms`,
        ]);
      }
    }
    return table(rows, 2);
  }

  /** A line with what may be trusted in green and what may not in red, for a terminal. */
  coloured(line: string): string {
    return line.replace(DOUBTS, "\u001b[31m$1\u001b[39m").replace(/\blive\b/g, "\u001b[32mlive\u001b[39m");
  }

  /** Best bid and offer of a few instruments with how far and how fresh they may be trusted. */
  quotes(): string[] {
    const rows = [["instrument", "venue", "bid size", "bid", "ask", "ask size", "validity", "age"]];
    for (const { plan, region } of this.#lanes) {
      const tops = new TopReader(region.top);
      const instruments = new InstrumentReader(region.control, region.instruments).all();
      for (const feed of plan.feeds) {
        const code = venueById(feed.venue)?.code;
        const ours = instruments.filter((one) => one.venueCode === code);
        for (const one of ours.slice(0, QUOTES_PER_VENUE)) {
          const top = tops.read(one.id);
          if (top === null) continue;
          rows.push([
            one.canonical,
            feed.venue,
            number(top.bidSize),
            number(top.bidPrice),
            number(top.askPrice),
            number(top.askSize),
            top.validity,
            top.tsRecv === 0 ? "-" : `${Math.max(0, Math.round(Date.now() - top.tsRecv / 1000))} ms`,
          ]);
        }
      }
    }
    return table(rows, 2);
  }

  #rate(
    key: string,
    counters: readonly CounterRow[],
    venue: VenueId,
    now: number,
  ): { frames: string; events: string } {
    const sample = {
      at: now,
      frames: venueTotal(counters, "feedhorn_frames_total", venue),
      events: venueTotal(counters, "feedhorn_events_total", venue),
    };
    const before = this.#before.get(key);
    this.#before.set(key, sample);
    if (before === undefined || now <= before.at) return { frames: "-", events: "-" };
    const seconds = (now - before.at) / 1000;
    const per = (from: number, to: number): string => String(Math.round((to - from) / seconds));
    return { frames: per(before.frames, sample.frames), events: per(before.events, sample.events) };
  }
}

function micros(row: HistogramRow | undefined, q: number): string {
  return row === undefined || row.count === 0 ? "-" : String(Math.round(quantile(row, q)));
}

function number(value: number): string {
  return Number.isNaN(value) ? "-" : plainText(value);
}

/** Columns aligned: the first `left` to the left, the rest to the right. */
export function table(rows: readonly (readonly string[])[], left: number): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
