import { venueOfCode } from "../model/index.ts";
import type { Nanos } from "../model/index.ts";
import type { Bell } from "./bell.ts";
import type { EventNames } from "./event-reader.ts";
import type { Gate } from "./gate.ts";
import { sectionsOf } from "./geometry.ts";
import type { Geometry, Sections } from "./geometry.ts";
import { InstrumentReader } from "./instrument-table.ts";
import {
  COUNTER_ROW,
  DEPTH_ROW,
  HEADER,
  HISTOGRAM_ROW,
  INSTRUMENT_ROW,
  LAYOUT_HASH,
  LAYOUT_VERSION,
  MAGIC,
  READER_ROW,
  READERS_HEADER,
  TOP_ROW,
  VENUE_ROW,
} from "./layout.ts";
import { putRowText, rowText } from "./row-text.ts";
import { CLAIM_WORD, FIRST_WORD, HEAD_WORD } from "./ring-writer.ts";
import { Rows } from "./rows.ts";
import { highWord, loadSequence, lowWord } from "./sequence.ts";
import { SlotViews } from "./slot.ts";
import { VenueReader } from "./venue-table.ts";

const AT = HEADER.at;
const GEOMETRY_KEYS = ["slots", "venues", "instruments", "counters", "histograms", "readers"] as const;
const SECTION_KEYS = [
  "venues",
  "instruments",
  "counters",
  "histograms",
  "top",
  "depth",
  "readers",
  "ring",
] as const;
const LANE_SIZE = 64;

/** Where in the header the offset of a section stands. */
const SECTION_AT: Readonly<Record<(typeof SECTION_KEYS)[number], number>> = {
  venues: AT.venues_at,
  instruments: AT.instruments_at,
  counters: AT.counters_at,
  histograms: AT.histograms_at,
  top: AT.top_at,
  depth: AT.depth_at,
  readers: AT.readers_at,
  ring: AT.ring_at,
};

/** What keeps a header from being used: a stable code and one line with expected, seen and what to do. */
export interface HeaderProblem {
  readonly code: "foreign" | "version" | "layout" | "truncated" | "damaged";
  readonly message: string;
}

/** Views over all parts of one region, wherever its bytes live. Makes no system call. */
export class Region {
  readonly geometry: Geometry;
  readonly lane: string;
  /** Header as words: head, claim, epoch. */
  readonly control: Int32Array;
  readonly slots: SlotViews;
  readonly venues: Rows;
  readonly instruments: Rows;
  readonly counters: Rows;
  readonly histograms: Rows;
  readonly top: Rows;
  readonly depth: Rows;
  readonly readers: Rows;
  /** Word [0] is changed by each reader before it sleeps on the head word. */
  readonly sleeps: Int32Array;
  /** Start of the readers section as words: `sleeps`, and the marks of the lane's journal (gate.ts). */
  readonly marks: Int32Array;
  /** For the writer's RingWriter; null where the head is no word that one can sleep on. */
  readonly bell: Bell | null;
  /** For the writer's RingWriter; null for readers. */
  readonly gate: Gate | null;

  /**
   * `buffer` holds a region that `headerProblem` found none with. `readers`, when given, holds the readers
   * section alone in memory that may be written. `ring` wakes who sleeps on the head word, `waits` is how the
   * writer waits for the journal.
   */
  constructor(
    buffer: ArrayBufferLike,
    readers: ArrayBufferLike | null = null,
    ring: (() => void) | null = null,
    waits: Pick<Gate, "maxStallMs" | "sleep"> | null = null,
  ) {
    const geometry = readGeometry(buffer);
    const at = sectionsOf(geometry);
    const own = readers ?? buffer;
    const readersAt = readers === null ? at.readers : 0;
    this.geometry = geometry;
    this.lane = rowText(new Uint8Array(buffer, 0, HEADER.size), AT.lane, LANE_SIZE);
    this.control = new Int32Array(buffer, 0, HEADER.size / 4);
    this.slots = new SlotViews(buffer, at.ring, geometry.slots);
    this.venues = new Rows(buffer, at.venues, geometry.venues, VENUE_ROW);
    this.instruments = new Rows(buffer, at.instruments, geometry.instruments, INSTRUMENT_ROW);
    this.counters = new Rows(buffer, at.counters, geometry.counters, COUNTER_ROW);
    this.histograms = new Rows(buffer, at.histograms, geometry.histograms, HISTOGRAM_ROW);
    this.top = new Rows(buffer, at.top, geometry.instruments, TOP_ROW);
    this.depth = new Rows(buffer, at.depth, geometry.instruments, DEPTH_ROW);
    this.readers = new Rows(own, readersAt + READERS_HEADER.size, geometry.readers, READER_ROW);
    this.sleeps = new Int32Array(own, readersAt, 1);
    this.marks = new Int32Array(own, readersAt, READERS_HEADER.size / 4);
    this.bell = ring === null ? null : { sleeps: this.sleeps, ring };
    this.gate = waits === null ? null : { marks: this.marks, ...waits };
  }

  /** The last writer's process id; 0 = none yet. */
  get writerPid(): number {
    return this.control[AT.writer_pid / 4]! >>> 0;
  }

  get heartbeat(): Nanos {
    return { lo: this.control[AT.heartbeat / 4]!, hi: this.control[AT.heartbeat / 4 + 1]! };
  }

  /** When the region was made: tells it from another one in the same place. */
  get created(): Nanos {
    return { lo: this.control[AT.created / 4]!, hi: this.control[AT.created / 4 + 1]! };
  }

  /** When the last writer began. */
  get started(): Nanos {
    return { lo: this.control[AT.started / 4]!, hi: this.control[AT.started / 4 + 1]! };
  }

  /** Sequence this region began with. */
  get first(): number {
    return loadSequence(this.control, FIRST_WORD);
  }

  /** Slots committed ever. */
  get head(): number {
    return loadSequence(this.control, HEAD_WORD);
  }

  /** Writer only: who writes now, since when. Opens what a killed writer left locked. */
  enter(pid: number, now: Nanos): void {
    for (const rows of [this.top, this.depth]) rows.repair(true);
    for (const rows of [this.venues, this.instruments]) rows.repair(false);
    this.control[AT.writer_pid / 4] = pid;
    putTime(this.control, AT.started, now);
    this.beat(now);
  }

  /** Writer only: "I live"; some times per second. */
  beat(now: Nanos): void {
    putTime(this.control, AT.heartbeat, now);
  }

  /** Venue and instrument names by number, for an EventReader. */
  names(): EventNames {
    const instruments = new InstrumentReader(this.control, this.instruments);
    const venues = new VenueReader(this.venues);
    return {
      venue: (code) => venueOfCode(code) ?? venues.idOf(code),
      instrument: (id) => instruments.read(id),
    };
  }
}

/** Writes the header of a new region, whose first slot shall be `first`, into zeroed bytes, magic last. */
export function formatRegion(
  buffer: ArrayBufferLike,
  geometry: Geometry,
  lane: string,
  now: Nanos,
  first = 0,
): void {
  const sections = sectionsOf(geometry);
  const words = new Int32Array(buffer, 0, HEADER.size / 4);
  const bytes = new Uint8Array(buffer, 0, HEADER.size);
  putRowText(bytes, AT.lane, LANE_SIZE, lane);
  words[AT.version / 4] = LAYOUT_VERSION;
  words[AT.hash / 4] = LAYOUT_HASH;
  words[AT.size / 4] = sections.size;
  for (const key of GEOMETRY_KEYS) words[AT[key] / 4] = geometry[key];
  for (const key of SECTION_KEYS) words[SECTION_AT[key] / 4] = sections[key];
  putTime(words, AT.created, now);
  for (const word of [FIRST_WORD, CLAIM_WORD, HEAD_WORD]) {
    words[word] = lowWord(first);
    words[word + 1] = highWord(first);
  }
  putRowText(bytes, AT.magic, MAGIC.length, MAGIC);
}

/** Geometry a header claims. */
export function readGeometry(buffer: ArrayBufferLike): Geometry {
  const words = new Uint32Array(buffer, 0, HEADER.size / 4);
  const pairs = GEOMETRY_KEYS.map((key) => [key, words[AT[key] / 4]!]);
  return Object.fromEntries(pairs) as unknown as Geometry;
}

/** Checks the first HEADER.size bytes (or fewer) of a file of `size` bytes; null when a Region can be built on it. */
export function headerProblem(buffer: ArrayBufferLike, size: number): HeaderProblem | null {
  if (buffer.byteLength < HEADER.size || size < HEADER.size)
    return problem("truncated", `at least ${HEADER.size} bytes`, `${size}`);
  const words = new Uint32Array(buffer, 0, HEADER.size / 4);
  const magic = rowText(new Uint8Array(buffer, 0, 8), 0, 8);
  if (magic !== MAGIC) return problem("foreign", `a file that begins with ${MAGIC}`, JSON.stringify(magic));
  const version = words[AT.version / 4]!;
  if (version !== LAYOUT_VERSION) return problem("version", `layout version ${LAYOUT_VERSION}`, `${version}`);
  const hash = words[AT.hash / 4]!;
  if (hash !== LAYOUT_HASH) return problem("layout", `layout hash ${hex(LAYOUT_HASH)}`, hex(hash));
  return sizeProblem(buffer, words, size);
}

function sizeProblem(buffer: ArrayBufferLike, words: Uint32Array, size: number): HeaderProblem | null {
  let sections: Sections;
  try {
    sections = sectionsOf(readGeometry(buffer));
  } catch (error) {
    return problem("damaged", "a possible geometry", error instanceof Error ? error.message : String(error));
  }
  const stated = words[AT.size / 4]!;
  if (stated !== sections.size) return problem("damaged", `size ${sections.size} in the header`, `${stated}`);
  if (size !== stated) return problem("truncated", `${stated} bytes`, `${size}`);
  const wrong = SECTION_KEYS.find((key) => words[SECTION_AT[key] / 4] !== sections[key]);
  if (wrong === undefined) return null;
  return problem("damaged", `${wrong} at ${sections[wrong]}`, `${words[SECTION_AT[wrong] / 4]}`);
}

const ADVICE: Readonly<Record<HeaderProblem["code"], string>> = {
  foreign: "choose another path, or delete the file if nobody needs it",
  version: "use the feedhorn that made it, or stop its readers and delete the file",
  layout: "use the feedhorn that made it, or stop its readers and delete the file",
  truncated: "delete the file and start the writer again",
  damaged: "delete the file and start the writer again",
};

function problem(code: HeaderProblem["code"], expected: string, seen: string): HeaderProblem {
  return { code, message: `expected ${expected}, saw ${seen}; ${ADVICE[code]}` };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function putTime(words: Int32Array, at: number, now: Nanos): void {
  words[at / 4] = now.lo;
  words[at / 4 + 1] = now.hi;
}
