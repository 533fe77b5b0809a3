import { Buffer } from "node:buffer";
import { FRAME, INSTRUMENT_STATUS, LONG, REASON, Slab } from "../model/index.ts";
import type { Control, Instrument, Venue } from "../model/index.ts";
import { NO_INSTRUMENT, SCOPE } from "../log/index.ts";
import type { EventWriter } from "../log/index.ts";
import type { Frame, FramesHandler } from "./frames/frames-file.ts";
import { newCounts, typeOfKind } from "./normalize/counts.ts";
import { excerpt, printable, whyBad } from "./normalize/diagnosis.ts";
import type { Roster } from "./normalize/writer.ts";
import { RosterWriter } from "./normalize/writer.ts";

/** Slots to begin with; an event that needs more than half of them gets a larger ring and is read again. */
const FIRST_SLOTS = 16384;
const MAX_SLOTS = 1 << 21;
const FIRST_SLAB = 1 << 20;

/** Who gets what frames said, slot by slot. */
export interface SlotConsumer {
  /** Pending slots 0 .. writer.pending are the events of this frame, possibly none; they are void afterwards. */
  accept(writer: EventWriter, frame: Frame): void;
  opened?(frame: Frame): void;
  sent?(frame: Frame): void;
}

/** Tells a person about line `line` of the input. */
export type Note = (line: number, text: string) => void;

/**
 * Frames of one venue, in any order and from anywhere, to events. It keeps no state between frames but the names it
 * has met: what a frame says depends on the frame alone.
 */
export class Normalizer implements FramesHandler {
  readonly roster: Roster;
  readonly counts = newCounts();
  readonly #venue: Venue;
  readonly #consumer: SlotConsumer;
  readonly #note: Note;
  #writer: RosterWriter;
  #slots = FIRST_SLOTS;
  #slab: Slab;

  /** `slab` is where frames are put to be read, as long as they are not larger. */
  constructor(venue: Venue, roster: Roster, consumer: SlotConsumer, note: Note, slab = new Slab(FIRST_SLAB)) {
    this.#slab = slab;
    this.#venue = venue;
    this.roster = roster;
    this.#consumer = consumer;
    this.#note = note;
    this.#writer = new RosterWriter(roster, venue, this.#slots);
  }

  frame(frame: Frame): void {
    if (frame.dir === "in") this.#stream(frame);
    else if (frame.dir === "http") this.#http(frame);
    else if (frame.dir === "open") this.#opened(frame);
    else this.#sent(frame);
  }

  bad(line: number, reason: string, bytes: Uint8Array, start: number, end: number): void {
    this.counts.bad_lines += 1;
    this.#note(line, `bad line: ${reason}${end > start ? `: ${excerpt(bytes, start, end)}` : ""}`);
  }

  #opened(frame: Frame): void {
    this.counts.opened += 1;
    this.#consumer.opened?.(frame);
  }

  #sent(frame: Frame): void {
    this.counts.sent += 1;
    this.#consumer.sent?.(frame);
  }

  #stream(frame: Frame): void {
    const slab = this.#load(frame);
    const parse = (): number => this.#venue.parse(slab, 0, frame.end - frame.start, frame.ts, this.#writer);
    this.#outcome(frame, this.#read(frame, parse));
  }

  #http(frame: Frame): void {
    const { snapshot } = this.#venue;
    const symbol = snapshot.via === "rest" ? snapshot.symbolOf(frame.url) : null;
    if (snapshot.via !== "rest" || symbol === null) return this.#body(frame);
    const slab = this.#load(frame);
    const parse = (): number =>
      snapshot.parse(slab, 0, frame.end - frame.start, symbol, frame.ts, this.#writer);
    this.#outcome(frame, this.#read(frame, parse));
  }

  /** REST bodies other than snapshots: the venue's metadata, or nothing of ours. */
  #body(frame: Frame): void {
    if (!this.#venue.instruments.requests.some(({ path }) => isRequest(frame.url, path)))
      return this.#outcome(frame, FRAME.IGNORED);
    try {
      const instruments = this.#venue.instruments.parse(textOf(frame));
      this.#outcome(frame, FRAME.DATA, instruments.length);
      this.#instruments(frame, instruments);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#outcome(frame, FRAME.BAD);
    }
  }

  #load(frame: Frame): Slab {
    const length = frame.end - frame.start;
    if (length > this.#slab.capacity) this.#slab = new Slab(2 ** Math.ceil(Math.log2(length)));
    this.#slab.bytes.set(frame.bytes.subarray(frame.start, frame.end));
    return this.#slab;
  }

  /** Parses once, or again in a larger ring when an event found no room. */
  #read(frame: Frame, parse: () => number): number {
    for (;;) {
      const { inexact, fallbacks, slowFallbacks } = this.#writer;
      this.#writer.refused = 0;
      const result = parse();
      this.#writer.endFrame();
      if (this.#writer.refused === 0) return result;
      this.#writer.rewind(0);
      if (this.#slots >= MAX_SLOTS) return this.#tooLarge(frame);
      this.#slots *= 4;
      this.#writer = new RosterWriter(this.roster, this.#venue, Math.min(this.#slots, MAX_SLOTS));
      this.#writer.inexact = inexact;
      this.#writer.fallbacks = fallbacks;
      this.#writer.slowFallbacks = slowFallbacks;
    }
  }

  #tooLarge(frame: Frame): number {
    this.#note(frame.line, `expected at most ${MAX_SLOTS / 2} levels in one event, saw more`);
    return FRAME.BAD;
  }

  #outcome(frame: Frame, result: number, found = this.#writer.pending): void {
    const { counts } = this;
    counts.frames += 1;
    counts.fallbacks = this.#writer.fallbacks;
    counts.slow_fallbacks = this.#writer.slowFallbacks;
    counts.inexact = this.#writer.inexact;
    if (result === FRAME.BAD) return this.#bad(frame);
    if (result === FRAME.UNKNOWN) return this.#unknown(frame);
    counts.parsed += 1;
    if (result === FRAME.HEARTBEAT) counts.heartbeats += 1;
    else if (result === FRAME.IGNORED) counts.ignored += 1;
    else if (result === FRAME.CONTROL) this.#control(frame);
    else if (found === 0) counts.empty += 1;
    this.#give(frame);
  }

  #bad(frame: Frame): void {
    this.#writer.rewind(0);
    this.counts.bad += 1;
    const { bytes, start, end } = frame;
    this.#note(frame.line, `bad frame: ${whyBad(bytes, start, end)}: ${excerpt(bytes, start, end)}`);
  }

  #unknown(frame: Frame): void {
    this.#writer.rewind(0);
    this.counts.unknown += 1;
    this.#note(frame.line, `unknown frame: ${excerpt(frame.bytes, frame.start, frame.end)}`);
  }

  /** Hands the pending slots on and forgets them. */
  #give(frame: Frame): void {
    const writer = this.#writer;
    const { events } = this.counts;
    for (let i = 0; i < writer.pending; i = writer.endAt(i)) {
      const type = typeOfKind(writer.kindAt(i));
      events[type] = (events[type] ?? 0) + 1;
    }
    this.#consumer.accept(writer, frame);
    writer.rewind(0);
  }

  #control(frame: Frame): void {
    this.counts.controls += 1;
    for (const control of this.#venue.control(textOf(frame))) this.#said(frame, control);
  }

  #said(frame: Frame, control: Control): void {
    if (control.type === "instruments") this.#instruments(frame, control.instruments);
    else if (control.type === "venue_status") this.#status(frame, INSTRUMENT_STATUS.indexOf(control.state));
    else if (control.type === "refused")
      this.#refused(frame, `refused ${control.symbol ?? "a request"}`, control.reason);
    else if (control.type === "error") this.#refused(frame, "said error", control.reason);
  }

  #refused(frame: Frame, what: string, reason: string): void {
    this.counts.refusals += 1;
    this.#note(frame.line, `${this.#venue.id} ${printable(what)}: ${printable(reason).slice(0, 200)}`);
  }

  #status(frame: Frame, state: number): void {
    this.#stamp(frame);
    this.#writer.appendStatus(SCOPE.VENUE, NO_INSTRUMENT, state, REASON.VENUE, 0);
  }

  /** One slot each, handed on one by one: a venue lists thousands. */
  #instruments(frame: Frame, instruments: readonly Instrument[]): void {
    for (const instrument of instruments) {
      const id = this.roster.update(instrument);
      if (id < 0) continue;
      this.#stamp(frame);
      this.#writer.appendInstrument(id);
      this.#give(frame);
    }
  }

  /** Slots we add are about this frame: received when it was, without a venue time. */
  #stamp(frame: Frame): void {
    this.#writer.tsRecv = frame.ts;
    this.#writer.long[LONG.TS] = 0;
    this.#writer.long[LONG.TS + 1] = 0;
  }
}

function textOf(frame: Frame): string {
  const { bytes, start, end } = frame;
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

/** Whether a URL asks for `path` (compared without query). */
function isRequest(url: string, path: string): boolean {
  const [wanted] = path.split("?", 1);
  const [seen] = url.split("?", 1);
  return wanted !== undefined && wanted !== "" && seen?.endsWith(wanted) === true;
}
