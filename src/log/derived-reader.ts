import { FLAG, KIND, OPTION_SIDES, QUALITY_NAMES, SOURCE_STATES, VALIDITY_NAMES } from "../model/index.ts";
import type { IvPoint, IvSurfaceEvent, SpotMidEvent, SpotSource } from "../model/index.ts";
import type { EventNames } from "./event-reader.ts";
import { IV_POINT, IV_SURFACE, SLOT_BYTES, SPOT_MID, SPOT_SOURCE } from "./layout.ts";
import { slotFlags, slotInstrument, slotKind, slotVenue } from "./slot.ts";
import type { SlotViews } from "./slot.ts";

type Named = "type" | "venue" | "symbol" | "instrument" | "ts_event" | "ts_recv" | "flags";
type SpotBody = Omit<SpotMidEvent, Named>;
type IvBody = Omit<IvSurfaceEvent, Named>;

const MID = SPOT_MID.at;
const SOURCE = SPOT_SOURCE.at;
const SURFACE = IV_SURFACE.at;
const POINT = IV_POINT.at;

/** Gathers the slots of derived events: the first says what it is about, each further one adds a row. Cold path. */
export class DerivedReader {
  readonly #names: EventNames;
  #spot: SpotBody | null = null;
  #surface: IvBody | null = null;

  constructor(names: EventNames) {
    this.#names = names;
  }

  /** What stands between names and times of the event that this slot completes, or null. */
  spotMid(slots: SlotViews, word: number): SpotBody | null {
    this.#surface = null;
    if (this.#spot === null) this.#spot = spotHead(slots, word);
    else this.#spot.sources.push(this.#source(slots, word));
    if ((slotFlags(slots, word) & FLAG.LAST) === 0) return null;
    const body = this.#spot;
    this.#spot = null;
    return body;
  }

  ivSurface(slots: SlotViews, word: number): IvBody | null {
    this.#spot = null;
    if (this.#surface === null) this.#surface = this.#surfaceHead(slots, word);
    else this.#surface.points.push(point(slots, word));
    if ((slotFlags(slots, word) & FLAG.LAST) === 0) return null;
    const body = this.#surface;
    this.#surface = null;
    return withRange(body);
  }

  reset(): void {
    this.#spot = null;
    this.#surface = null;
  }

  #venue(code: number): string {
    return this.#names.venue(code) ?? `#${code}`;
  }

  #source(slots: SlotViews, word: number): SpotSource {
    return {
      venue: this.#venue(u16(slots, word, SOURCE.venue_code)),
      bid_price: double(slots, word, SOURCE.bid_price),
      ask_price: double(slots, word, SOURCE.ask_price),
      mid: double(slots, word, SOURCE.mid),
      age_us: double(slots, word, SOURCE.age),
      state: wordOf(SOURCE_STATES, u8(slots, word, SOURCE.state)),
      validity: wordOf(VALIDITY_NAMES, u8(slots, word, SOURCE.validity)),
    };
  }

  #surfaceHead(slots: SlotViews, word: number): IvBody {
    const expiry = this.#names.instrument(slotInstrument(slots, word))?.expiry ?? NaN;
    return {
      source: this.#venue(u16(slots, word, SURFACE.source)),
      expiry: Number.isNaN(expiry) ? null : expiry,
      index_price: double(slots, word, SURFACE.index_price),
      forward: double(slots, word, SURFACE.forward),
      atm_iv: double(slots, word, SURFACE.atm_iv),
      atm_spread_iv: double(slots, word, SURFACE.atm_spread_iv),
      quality: wordOf(QUALITY_NAMES, u8(slots, word, SURFACE.quality)),
      n_points: u16(slots, word, SURFACE.n_points),
      n_valid_points: 0,
      min_strike: null,
      max_strike: null,
      butterfly: u8(slots, word, SURFACE.butterfly),
      calendar: u8(slots, word, SURFACE.calendar),
      points: [],
    };
  }
}

/**
 * Code of the venue that a slot of a derived event is about: of a price its venue, of a surface and its strikes that of the options, which the
 * first slot (at word `first`) says; else that of the slot itself.
 */
export function derivedVenue(slots: SlotViews, word: number, first: number): number {
  if (slotKind(slots, word) === KIND.IV_SURFACE) return u16(slots, first, SURFACE.source);
  return word === first ? slotVenue(slots, word) : u16(slots, word, SOURCE.venue_code);
}

function spotHead(slots: SlotViews, word: number): SpotBody {
  return {
    mid: double(slots, word, MID.mid),
    quality: wordOf(QUALITY_NAMES, u8(slots, word, MID.quality)),
    divergence_bps: double(slots, word, MID.divergence_bps),
    fresh: u8(slots, word, MID.fresh),
    min_age_us: double(slots, word, MID.min_age),
    max_age_us: double(slots, word, MID.max_age),
    sources: [],
  };
}

function point(slots: SlotViews, word: number): IvPoint {
  return {
    strike: double(slots, word, POINT.strike) ?? 0,
    side: wordOf(OPTION_SIDES, u8(slots, word, POINT.side)),
    iv: double(slots, word, POINT.iv) ?? 0,
    bid_iv: double(slots, word, POINT.bid_iv),
    ask_iv: double(slots, word, POINT.ask_iv),
  };
}

/** Points stand by growing strikes. */
function withRange(body: IvBody): IvBody {
  const { points } = body;
  return {
    ...body,
    n_valid_points: points.length,
    min_strike: points[0]?.strike ?? null,
    max_strike: points.at(-1)?.strike ?? null,
  };
}

/** NaN is null. */
function double(slots: SlotViews, word: number, at: number): number | null {
  const value = slots.f64[(word >> 1) + at / 8]!;
  return Number.isNaN(value) ? null : value;
}

function u8(slots: SlotViews, word: number, at: number): number {
  return slots.u8[(word / 16) * SLOT_BYTES + at]!;
}

function u16(slots: SlotViews, word: number, at: number): number {
  return u8(slots, word, at) | (u8(slots, word, at + 1) << 8);
}

function wordOf<Word extends string>(words: readonly Word[], number: number): Word {
  return words[number] ?? (`#${number}` as Word);
}
