import {
  FLAG,
  KIND,
  OPTION_SIDES,
  putMicros,
  QUALITY_NAMES,
  SOURCE_STATES,
  VALIDITY_NAMES,
} from "../model/index.ts";
import type { IvPoint, IvSurfaceEvent, SpotMidEvent, SpotSource } from "../model/index.ts";
import { IV_POINT, IV_SURFACE, SLOT_BYTES, SLOT_WORDS, SPOT_MID, SPOT_SOURCE } from "./layout.ts";
import type { RingWriter } from "./ring-writer.ts";
import { WORD } from "./slot.ts";
import type { SlotViews } from "./slot.ts";

export type DerivedEvent = SpotMidEvent | IvSurfaceEvent;

const MOST_U8 = 255;
const MOST_U16 = 65_535;

/** Writes derived events, a slot for the head and one for each row. Cold path: some events a second. */
export class DerivedWriter {
  /** Events that did not fit into half the ring. */
  refused = 0;
  readonly #ring: RingWriter;
  readonly #slots: SlotViews;
  readonly #codeOf: (venue: string) => number;

  /** `codeOf`: number of a venue, which readers of the region know. */
  constructor(ring: RingWriter, codeOf: (venue: string) => number) {
    this.#ring = ring;
    this.#slots = ring.slots;
    this.#codeOf = codeOf;
  }

  /** Adds an event about instrument `id` to what the ring's next commit publishes. False, and nothing added, when there is no room. */
  write(event: DerivedEvent, id: number): boolean {
    const first = this.#ring.pending;
    const done = event.type === "spot_mid" ? this.#spotMid(event, id) : this.#ivSurface(event, id);
    if (done) return true;
    this.#ring.rewind(first);
    this.refused += 1;
    return false;
  }

  #spotMid(event: SpotMidEvent, id: number): boolean {
    const { sources } = event;
    const w = this.#open(KIND.SPOT_MID, event, id, sources.length === 0);
    if (w < 0) return false;
    const at = SPOT_MID.at;
    this.#double(w, at.mid, event.mid);
    this.#double(w, at.divergence_bps, event.divergence_bps);
    this.#double(w, at.min_age, event.min_age_us);
    this.#double(w, at.max_age, event.max_age_us);
    this.#byte(w, at.quality, QUALITY_NAMES.indexOf(event.quality));
    this.#byte(w, at.fresh, event.fresh);
    return sources.every((source, i) => this.#source(event, id, source, i === sources.length - 1));
  }

  #source(event: SpotMidEvent, id: number, source: SpotSource, last: boolean): boolean {
    const w = this.#open(KIND.SPOT_MID, event, id, last);
    if (w < 0) return false;
    const at = SPOT_SOURCE.at;
    this.#double(w, at.bid_price, source.bid_price);
    this.#double(w, at.ask_price, source.ask_price);
    this.#double(w, at.mid, source.mid);
    this.#double(w, at.age, source.age_us);
    this.#short(w, at.venue_code, this.#codeOf(source.venue));
    this.#byte(w, at.state, SOURCE_STATES.indexOf(source.state));
    this.#byte(w, at.validity, VALIDITY_NAMES.indexOf(source.validity));
    return true;
  }

  #ivSurface(event: IvSurfaceEvent, id: number): boolean {
    const { points } = event;
    const w = this.#open(KIND.IV_SURFACE, event, id, points.length === 0);
    if (w < 0) return false;
    const at = IV_SURFACE.at;
    this.#double(w, at.index_price, event.index_price);
    this.#double(w, at.forward, event.forward);
    this.#double(w, at.atm_iv, event.atm_iv);
    this.#double(w, at.atm_spread_iv, event.atm_spread_iv);
    this.#short(w, at.source, this.#codeOf(event.source));
    this.#short(w, at.n_points, event.n_points);
    this.#byte(w, at.quality, QUALITY_NAMES.indexOf(event.quality));
    this.#byte(w, at.butterfly, event.butterfly);
    this.#byte(w, at.calendar, event.calendar);
    return points.every((point, i) => this.#point(event, id, point, i === points.length - 1));
  }

  #point(event: IvSurfaceEvent, id: number, point: IvPoint, last: boolean): boolean {
    const w = this.#open(KIND.IV_SURFACE, event, id, last);
    if (w < 0) return false;
    const at = IV_POINT.at;
    this.#double(w, at.strike, point.strike);
    this.#double(w, at.iv, point.iv);
    this.#double(w, at.bid_iv, point.bid_iv);
    this.#double(w, at.ask_iv, point.ask_iv);
    this.#byte(w, at.side, OPTION_SIDES.indexOf(point.side));
    return true;
  }

  /** A zeroed slot with its header; -1 when there is no room. */
  #open(kind: number, event: DerivedEvent, id: number, last: boolean): number {
    const w = this.#ring.next();
    if (w < 0) return w;
    const { i32 } = this.#slots;
    i32.fill(0, w, w + SLOT_WORDS);
    i32[w] = kind | (last ? FLAG.LAST << 8 : 0) | (this.#codeOf(event.venue) << 16);
    i32[w + WORD.INSTRUMENT] = id;
    putMicros(event.ts_event ?? 0, i32, w + WORD.TS_EVENT);
    putMicros(event.ts_recv, i32, w + WORD.TS_RECV);
    return w;
  }

  #double(w: number, at: number, value: number | null): void {
    this.#slots.f64[(w >> 1) + at / 8] = value ?? NaN;
  }

  #byte(w: number, at: number, value: number): void {
    this.#slots.u8[(w / SLOT_WORDS) * SLOT_BYTES + at] = Math.max(0, Math.min(MOST_U8, value));
  }

  #short(w: number, at: number, value: number): void {
    const short = Math.max(0, Math.min(MOST_U16, value));
    this.#byte(w, at, short & 0xff);
    this.#byte(w, at + 1, short >> 8);
  }
}
