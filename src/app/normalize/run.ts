import type { Venue } from "../../model/index.ts";
import { venueById, VENUES } from "../../venues/index.ts";
import { nearest } from "../config/nearest.ts";
import { openBytes, readFrames } from "../frames/frames-file.ts";
import type { Frame, FramesHandler, FramesHeader } from "../frames/frames-file.ts";
import { BookReplay } from "./books.ts";
import { EventPrinter } from "./events.ts";
import { Normalizer } from "../normalize.ts";
import { Roster } from "./writer.ts";
import { slabsFor } from "../scanner.ts";
import type { ScannerChoice } from "../scanner.ts";

export interface NormalizeOptions {
  /** Venue id; null takes the one that the file's header names. */
  readonly venue: string | null;
  /** File, or "-" for standard input. */
  readonly frames: string;
  readonly books: boolean;
  readonly depth: number;
  readonly final: boolean;
  readonly maxLine: number;
  readonly summary: boolean;
  readonly scanner: ScannerChoice;
}

/** The outside of a run. */
export interface NormalizeOutside {
  print(value: object): void;
  settle(): Promise<void>;
  /** One line for a person. */
  say(text: string): void;
  /** The error that means "called wrongly". */
  usage(message: string): Error;
}

/** Frames up to this size are read by the scanner. */
const SLAB = 1 << 20;
/** Most lines about single frames; the rest is a number. */
const MAX_NOTES = 20;

/** Reads all frames; throws when not one of them could be read, or when the options do not fit the input. */
export async function runNormalize(options: NormalizeOptions, outside: NormalizeOutside): Promise<void> {
  const run = new Run(options, outside);
  const input = openBytes(options.frames);
  try {
    await readFrames(input, run, options.maxLine);
  } catch (error) {
    throw inputError(options.frames, error, outside);
  }
  await run.finish();
}

class Run implements FramesHandler {
  readonly #options: NormalizeOptions;
  readonly #outside: NormalizeOutside;
  #normalizer: Normalizer | null = null;
  #books: BookReplay | null = null;
  #notes = 0;
  #line = 0;

  constructor(options: NormalizeOptions, outside: NormalizeOutside) {
    this.#options = options;
    this.#outside = outside;
    if (options.venue !== null) this.#begin(options.venue);
  }

  header({ venue }: FramesHeader): void {
    const asked = this.#options.venue;
    if (asked === null && venue !== undefined) this.#begin(venue);
    else if (venue !== undefined && venue !== asked)
      this.#outside.say(`line 1: the file says its frames are of ${JSON.stringify(venue)}, read as ${asked}`);
  }

  frame(frame: Frame): void {
    this.#line = frame.line;
    this.#ready().frame(frame);
  }

  bad(line: number, reason: string, bytes: Uint8Array, start: number, end: number): void {
    this.#line = line;
    this.#ready().bad(line, reason, bytes, start, end);
  }

  async settle(): Promise<boolean> {
    await this.#outside.settle();
    return true;
  }

  async finish(): Promise<void> {
    const { counts } = this.#ready();
    this.#books?.finish(this.#line);
    if (this.#options.final)
      for (const book of this.#books?.live() ?? []) this.#print(book.event(this.#options.depth));
    await this.#outside.settle();
    if (this.#notes > MAX_NOTES) this.#outside.say(`${this.#notes - MAX_NOTES} more lines like these`);
    const books = this.#books === null ? {} : { books: this.#books.counts };
    if (this.#options.summary) this.#outside.say(JSON.stringify({ ...counts, ...books }));
    if (counts.parsed === 0) throw new Error(nothing(this.#options.frames, counts.frames + counts.bad_lines));
  }

  #print(value: object): void {
    this.#outside.print(value);
  }

  #note(line: number, text: string): void {
    this.#notes += 1;
    if (this.#notes <= MAX_NOTES) this.#outside.say(`line ${line}: ${text}`);
  }

  #ready(): Normalizer {
    if (this.#normalizer !== null) return this.#normalizer;
    throw this.#outside.usage(`expected --venue, as the input does not name one; known: ${ids().join(" ")}`);
  }

  #begin(id: string): void {
    const venue = venueById(id);
    if (venue === null) throw this.#outside.usage(unknownVenue(id));
    const roster = new Roster(venue);
    const note = (line: number, text: string): void => this.#note(line, text);
    this.#books = this.#options.books ? this.#replay(venue, roster) : null;
    const printer = this.#books ?? new EventPrinter(roster, (event) => this.#print(event));
    const slabs = slabsFor(this.#options.scanner, (text, { reason }) =>
      this.#outside.say(`${text}: ${reason}`),
    );
    this.#normalizer = new Normalizer(venue, roster, printer, note, slabs?.take(SLAB));
  }

  #replay(venue: Venue, roster: Roster): BookReplay {
    const { depth, final } = this.#options;
    return new BookReplay(
      venue,
      roster,
      (line, text) => this.#note(line, text),
      (book) => {
        if (!final) this.#print(book.event(depth));
      },
    );
  }
}

function ids(): string[] {
  return VENUES.map(({ id }) => id);
}

function unknownVenue(id: string): string {
  const meant = nearest(id, ids());
  const hint = meant === null ? `known: ${ids().join(" ")}` : `did you mean ${meant}?`;
  return `venue: expected one that feedhorn speaks, saw ${JSON.stringify(id)}; ${hint}`;
}

function nothing(name: string, seen: number): string {
  const input = name === "-" ? "standard input" : name;
  return seen === 0
    ? `${input}: expected frames, saw none`
    : `${input}: none of ${seen} lines could be read; is it the venue that --venue says?`;
}

/** Reading failed: a wrong name is a wrong call, anything else a failure. */
function inputError(name: string, error: unknown, outside: NormalizeOutside): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return outside.usage(`--frames ${name}: no such file`);
  if (code === "EISDIR") return outside.usage(`--frames ${name}: expected a file, saw a folder`);
  if (code === "EACCES") return outside.usage(`--frames ${name}: not permitted to read it`);
  if (code?.startsWith("Z_") === true) return new Error(`${name}: damaged gzip: ${message}`);
  return error;
}
