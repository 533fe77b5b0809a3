import { SCOPE, WORD } from "../../log/index.ts";
import type { VenueRow } from "../../log/index.ts";
import { KIND, toMicros } from "../../model/index.ts";
import type { MarketEvent } from "../../model/index.ts";
import { mdEvent, rfc3339 } from "../kit/md-payload.ts";
import type { MdType } from "../kit/md-payload.ts";
import type { SinkTables } from "../sink.ts";
import type { Commands } from "./commands.ts";
import { WAY } from "./scheme.ts";
import type { Place, Scheme, Standing, View, Voice, Waiting } from "./scheme.ts";

export interface MdIngestOptions {
  /** "md:v1" there. */
  readonly prefix: string;
  readonly expireS: number;
}

const BEAT_MS = 2000;
/** Entries of windows, about, as there: five minutes of mids, one of surfaces. */
const MID_WINDOW = 300;
const SURFACE_WINDOW = 60;

const KINDS: ReadonlySet<number> = new Set([
  KIND.QUOTE,
  KIND.TICKER,
  KIND.INDEX,
  KIND.SPOT_MID,
  KIND.IV_SURFACE,
]);

/**
 * md-ingest: the newest payload of each key, streams of the last mids and surfaces (field `data`), {p}:updates for every key that was set,
 * and {p}:health every 2 s.
 */
export function mdIngestScheme(options: MdIngestOptions): Scheme {
  return {
    way: (kind, scope) =>
      KINDS.has(kind) || (kind === KIND.STATUS && scope === SCOPE.VENUE) ? WAY.NEWEST : WAY.NONE,
    voice: (place) => new MdIngestVoice(place, options),
    beatMs: BEAT_MS,
    beat: (lanes, standing, at, out) =>
      out.set(`${options.prefix}:health`, healthText(lanes, standing, at), options.expireS),
  };
}

class MdIngestVoice implements Voice {
  readonly #place: Place;
  readonly #options: MdIngestOptions;

  constructor(place: Place, options: MdIngestOptions) {
    this.#place = place;
    this.#options = options;
  }

  each(): void {
    // Nothing of it is written one by one.
  }

  newest({ slots, word, count, seq }: Waiting, out: Commands): void {
    const { view, row } = this.#place;
    const event = read(view, slots, word, count);
    if (event === null) return;
    const at = word + ((count - 1) << 4) + WORD.TS_RECV;
    const recv = rfc3339(toMicros(slots.i32[at + 1]!, slots.i32[at]!));
    const md = mdEvent(event, row?.kind ?? null, { seq, session_id: view.session, recv_ts: recv });
    if (md === null) return;
    for (const { key, window, entries } of this.#keysOf(event, md.type)) {
      out.set(key, md.payload, this.#options.expireS);
      if (entries > 0) out.append(window, "", entries, ["data", md.payload]);
      out.publish(
        `${this.#options.prefix}:updates`,
        `{"type":"${md.type}","key":${JSON.stringify(key)},"recv_ts":"${recv}"}`,
      );
    }
  }

  #keysOf(event: MarketEvent, type: MdType): readonly Target[] {
    const { venue, symbol, name } = this.#place;
    const p = this.#options.prefix;
    switch (type) {
      case "spot_bbo":
        return [plain(`${p}:spot_bbo:${venue}:${name}`)];
      case "perp_mark_funding":
        return [plain(`${p}:perp_mark_funding:${symbol}`)];
      case "dvol_index":
        return [plain(`${p}:dvol${assetOf(name)}`)];
      case "session_boundary":
        return [plain(`${p}:session_boundary:${venue}`)];
      case "spot_mid_1s": {
        const product = target(`${p}:spot_mid`, `:${name}`, MID_WINDOW);
        return assetOf(name) === "" ? [target(`${p}:spot_mid`, "", MID_WINDOW), product] : [product];
      }
      case "iv_surface_snapshot":
        return [target(`${p}:iv_surface`, `:${expiryOf(event)}${assetOf(name)}`, SURFACE_WINDOW)];
      default:
        return [];
    }
  }
}

/** A key that is set, and the stream of its last values; 0 entries = none. */
interface Target {
  readonly key: string;
  readonly window: string;
  readonly entries: number;
}

function plain(key: string): Target {
  return { key, window: "", entries: 0 };
}

function target(stem: string, rest: string, entries: number): Target {
  return { key: `${stem}${rest}`, window: `${stem}:window${rest}`, entries };
}

/** There is one asset there, BTC, that no key names; others have theirs at the end, or they would take turns in one key. */
function assetOf(name: string): string {
  const base = name.split("-")[0]!;
  return base === "BTC" || base === "" ? "" : `:${base}`;
}

function read({ reader }: View, slots: Waiting["slots"], word: number, count: number): MarketEvent | null {
  reader.reset();
  let event: MarketEvent | null = null;
  for (let i = 0; i < count; i++) event = reader.accept(slots, word + (i << 4));
  return event;
}

/** UNIX seconds. */
function expiryOf(event: MarketEvent): string {
  const us = event.type === "iv_surface" ? event.expiry : null;
  return us === null ? "none" : String(Math.floor(us / 1e6));
}

/** {venues: {name: {state, session_id, last_recv_ts, reconnect_count}}, redis_state, ...}: what this sink can know, else null. */
function healthText(lanes: readonly SinkTables[], { waiting, dropped, state }: Standing, at: number): string {
  const venues: Record<string, object> = {};
  for (const lane of lanes) for (const row of lane.venues()) venues[row.id] = venueHealth(row, lane.session);
  return JSON.stringify({
    venues,
    parquet_state: null,
    redis_state: state,
    last_parquet_flush_ts: null,
    redis_pending: waiting,
    redis_drops: dropped,
    ts: rfc3339(at * 1000),
  });
}

function venueHealth({ connectionsUp, reconnects, lastRecv }: VenueRow, session: string): object {
  return {
    state: connectionsUp > 0 ? "Connected" : "Reconnecting",
    session_id: session,
    last_recv_ts: lastRecv === 0 ? null : rfc3339(lastRecv),
    reconnect_count: reconnects,
  };
}
