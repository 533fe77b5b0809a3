import { DERIVED, instrumentOf } from "../model/index.ts";
import type { Instrument, IvSurfaceEvent, Quality } from "../model/index.ts";
import { Chains } from "./iv/chain.ts";
import type { Option, Series } from "./iv/chain.ts";
import { butterflies, calendars } from "./iv/checks.ts";
import type { Slice } from "./iv/checks.ts";
import { atmSpread, atmVolatility, isBracketed, surfaceOf } from "./iv/surface.ts";
import type { Surface, SurfaceRules } from "./iv/surface.ts";
import type { Emit, Heard, Pipeline, TimeEvent } from "./pipeline.ts";

export interface IvSurfaceOptions {
  /** ms */
  readonly every: number;
  /** A ticker older than that does not count, ms. */
  readonly fresh: number;
  /** Expiries of each underlying, the nearest first. */
  readonly expiries: number;
  /** Strikes up to this part of the price away from it. */
  readonly strikeRangeFactor: number;
  /** Strikes of a surface at most. */
  readonly maxStrikes: number;
}

/** An expiry nobody has heard of for so long is not listened to any more, us. */
const SILENT_US = 60_000_000;
const YEAR_US = 365 * 86_400_000_000;

/**
 * The volatility surface of each expiry, once a tick: one point a strike of what is young and liquid, the volatility at the money, and
 * whether strikes or expiries contradict each other. Each venue's options are surfaces of their own.
 */
export function ivSurface(options: IvSurfaceOptions): Pipeline {
  return new IvSurface(options);
}

/** A surface with what is said of it. */
interface Judged {
  readonly surface: Surface;
  /** Null where it cannot be judged. */
  readonly slice: Slice | null;
  readonly expiry: number;
  readonly butterfly: number;
  readonly calendar: number;
}

class IvSurface implements Pipeline {
  readonly name = "iv_surface";
  readonly reads = ["instrument", "option_ticker", "top", "time"] as const;
  readonly writes = ["iv_surface"] as const;
  readonly every: number;
  readonly #options: IvSurfaceOptions;
  readonly #rules: SurfaceRules;
  readonly #chains = new Chains();

  constructor(options: IvSurfaceOptions) {
    this.#options = options;
    this.every = options.every;
    this.#rules = {
      fresh: options.fresh * 1000,
      range: options.strikeRangeFactor,
      most: options.maxStrikes,
    };
  }

  on(event: Heard, emit: Emit): void {
    if (event.type === "instrument") this.#chains.listed(event);
    else if (event.type === "time") this.#tick(event, emit);
    else if (event.type === "option_ticker") {
      const option = this.#chains.find(event.venue, event.symbol);
      if (option !== null) option.ticker = event;
    } else if (event.type === "top") {
      const option = this.#chains.find(event.venue, event.symbol);
      if (option !== null) option.top = event;
    }
  }

  wantsTop(venue: string, symbol: string): boolean {
    const option = this.#chains.find(venue, symbol);
    return option !== null && option.ticker !== null;
  }

  #tick(time: TimeEvent, emit: Emit): void {
    this.#chains.expire(time.now);
    for (const series of this.#chains.all) {
      let before: Slice | null = null;
      for (const [expiry, options] of this.#heard(series, time.now)) {
        const judged = judge(surfaceOf(options, time.now, this.#rules), expiry, before, time.now);
        before = judged.slice ?? before;
        const about = aboutOf(series, expiry, options[0]!);
        emit(eventOf(series, judged, about, time), about);
      }
    }
  }

  /** The nearest expiries of which something was heard lately. */
  #heard({ expiries }: Series, now: number): [expiry: number, options: Option[]][] {
    return [...expiries]
      .map(([expiry, options]): [number, Option[]] => [expiry, [...options.values()]])
      .filter(([, options]) => options.some(({ ticker }) => now - (ticker?.ts_recv ?? 0) < SILENT_US))
      .toSorted(([a], [b]) => a - b)
      .slice(0, this.#options.expiries);
  }
}

function judge(surface: Surface, expiry: number, before: Slice | null, now: number): Judged {
  const { points, index, forward } = surface;
  if (index === null || points.length === 0)
    return { surface, slice: null, expiry, butterfly: 0, calendar: 0 };
  const slice: Slice = { forward: forward ?? index, years: (expiry - now) / YEAR_US, points };
  const calendar = before === null ? 0 : calendars(before, slice);
  return { surface, slice, expiry, butterfly: butterflies(slice), calendar };
}

function eventOf(
  { venue }: Series,
  { surface, expiry, butterfly, calendar }: Judged,
  about: Instrument,
  { at, now }: TimeEvent,
): IvSurfaceEvent {
  const { points, index, forward } = surface;
  return {
    type: "iv_surface",
    venue: DERIVED,
    symbol: about.symbol,
    instrument: about.canonical,
    source: venue,
    expiry,
    index_price: index,
    forward,
    atm_iv: index === null ? null : atmVolatility(points, index),
    atm_spread_iv: index === null ? null : atmSpread(points, index),
    quality: qualityOf(surface, butterfly + calendar),
    n_points: surface.listed,
    n_valid_points: points.length,
    min_strike: points[0]?.strike ?? null,
    max_strike: points.at(-1)?.strike ?? null,
    butterfly,
    calendar,
    points: [...points],
    ts_event: at,
    ts_recv: now,
  };
}

/** suspect: it contradicts itself. degraded: the money is not between two of its strikes. */
function qualityOf({ points, index }: Surface, broken: number): Quality {
  if (broken > 0) return "suspect";
  return index !== null && isBracketed(points, index) ? "ok" : "degraded";
}

/** Named as the future of the same day would be, and by its venue. */
function aboutOf({ venue, base, quote }: Series, expiry: number, { day }: Option): Instrument {
  return instrumentOf({
    symbol: `${venue}:${day}`,
    canonical: day,
    kind: "index",
    base,
    quote,
    status: "trading",
    expiry,
  });
}
