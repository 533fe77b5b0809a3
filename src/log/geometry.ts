import {
  COUNTER_ROW,
  DEPTH_ROW,
  HEADER,
  HISTOGRAM_ROW,
  INSTRUMENT_ROW,
  READER_ROW,
  READERS_HEADER,
  SLOT_BYTES,
  TOP_ROW,
  VENUE_ROW,
} from "./layout.ts";
import { checkSlots } from "./ring-writer.ts";

/** How large the parts of a region are; fixed for its life. All are rows but `slots`, a power of two. */
export interface Geometry {
  readonly slots: number;
  readonly venues: number;
  /** Also the rows of the top and depth tables. */
  readonly instruments: number;
  readonly counters: number;
  readonly histograms: number;
  readonly readers: number;
}

/** 16 MiB of ring: the largest event is half of it, more than 100,000 book levels. */
export const DEFAULT_GEOMETRY: Geometry = {
  slots: 262144,
  venues: 16,
  instruments: 2048,
  counters: 1024,
  histograms: 64,
  readers: 64,
};

/** Byte offsets of the sections, in the order of the file. */
export interface Sections {
  readonly venues: number;
  readonly instruments: number;
  readonly counters: number;
  readonly histograms: number;
  readonly top: number;
  readonly depth: number;
  readonly readers: number;
  readonly ring: number;
  /** Bytes of the whole region. */
  readonly size: number;
}

/** The readers section has pages of its own (of 16 KiB, the largest common page), so that it can be mapped alone. */
export const PAGE = 16384;
/** Offsets are u32. */
const MAX_BYTES = 4294967295;
const MAX_ROWS = 1_000_000;

function align(bytes: number, to: number): number {
  return Math.ceil(bytes / to) * to;
}

/** Lays the sections out. Throws RangeError for a geometry that cannot be. */
export function sectionsOf(geometry: Geometry): Sections {
  checkGeometry(geometry);
  const venues = HEADER.size;
  const instruments = venues + geometry.venues * VENUE_ROW.size;
  const counters = instruments + geometry.instruments * INSTRUMENT_ROW.size;
  const histograms = counters + geometry.counters * COUNTER_ROW.size;
  const top = align(histograms + geometry.histograms * HISTOGRAM_ROW.size, 128);
  const depth = top + geometry.instruments * TOP_ROW.size;
  const readers = align(depth + geometry.instruments * DEPTH_ROW.size, PAGE);
  const ring = readers + align(READERS_HEADER.size + geometry.readers * READER_ROW.size, PAGE);
  const size = ring + geometry.slots * SLOT_BYTES;
  if (size > MAX_BYTES) throw new RangeError(`region: expected at most ${MAX_BYTES} bytes, saw ${size}`);
  return { venues, instruments, counters, histograms, top, depth, readers, ring, size };
}

function checkGeometry(geometry: Geometry): void {
  checkSlots(geometry.slots);
  for (const key of ["venues", "instruments", "counters", "histograms", "readers"] as const) {
    const rows = geometry[key];
    if (!Number.isInteger(rows) || rows < 1 || rows > MAX_ROWS)
      throw new RangeError(`region ${key}: expected 1 to ${MAX_ROWS} rows, saw ${rows}`);
  }
}
