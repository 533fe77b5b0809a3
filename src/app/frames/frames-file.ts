import { Buffer } from "node:buffer";
import { createReadStream } from "node:fs";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { putText } from "../../model/index.ts";
import type { Nanos } from "../../model/index.ts";
import { LineSplitter, MAX_LINE } from "./lines.ts";

/** What the first line of a frames file may say; every field but `format` is optional. */
export interface FramesHeader {
  readonly format: "frames/1";
  readonly venue?: string;
  readonly origin?: string;
}

/** `in` came from the venue, `out` went to it, `open` is a new connection, `http` the body of a REST answer. */
export type FrameDirection = "open" | "in" | "out" | "http";

/** One line of a frames file, or one bare frame (direction `in`, connection 0). */
export interface Frame {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly dir: FrameDirection;
  readonly conn: number;
  /** When it was received. A bare frame has no time: 0, never "now", so that the same input gives the same output. */
  readonly ts: Nanos;
  /** Of `open` and `http`; "" otherwise. */
  readonly url: string;
  /** The frame at [start, end), valid until the handler returns. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

export interface FramesHandler {
  header?(header: FramesHeader): void;
  frame(frame: Frame): void;
  /** A line that is no frame: not JSON, of another form, too long. Reading goes on behind it. */
  bad(line: number, reason: string, bytes: Uint8Array, start: number, end: number): void;
  /** Awaited between chunks: where the consumer waits for its own output, and may say that it is done. */
  settle?(): Promise<boolean>;
}

const NO_TIME: Nanos = { hi: 0, lo: 0 };
const EMPTY = new Uint8Array(0);

/** Reads frames/1 or bare frames (one a line), told apart by the first line that is a JSON object. */
export class FramesReader {
  readonly #handler: FramesHandler;
  readonly #splitter: LineSplitter;
  readonly #maxLine: number;
  #form: "unknown" | "frames" | "bare" = "unknown";

  constructor(handler: FramesHandler, maxLine = MAX_LINE) {
    this.#handler = handler;
    this.#maxLine = maxLine;
    this.#splitter = new LineSplitter(
      {
        line: (bytes, start, end, number) => this.#line(bytes, start, end, number),
        tooLong: (length, number) => this.#tooLong(length, number),
      },
      maxLine,
    );
  }

  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  finish(): void {
    this.#splitter.finish();
  }

  #tooLong(length: number, number: number): void {
    const reason = `expected at most ${this.#maxLine} bytes, saw ${length}; raise --max-line if it is a frame`;
    this.#handler.bad(number, reason, EMPTY, 0, 0);
  }

  #line(bytes: Uint8Array, start: number, end: number, line: number): void {
    if (blank(bytes, start, end)) return;
    if (this.#form === "bare") this.#bare(bytes, start, end, line);
    else if (this.#form === "frames") this.#framed(bytes, start, end, line);
    else this.#first(bytes, start, end, line);
  }

  #first(bytes: Uint8Array, start: number, end: number, line: number): void {
    const value = objectOf(bytes, start, end);
    if (value === null) return this.#bare(bytes, start, end, line);
    const isHeader = typeof value["format"] === "string" && value["dir"] === undefined;
    this.#form = isHeader || isDirection(value["dir"]) ? "frames" : "bare";
    if (isHeader) this.#header(value, bytes, start, end, line);
    else this.#line(bytes, start, end, line);
  }

  #header(value: JsonObject, bytes: Uint8Array, start: number, end: number, line: number): void {
    if (value["format"] !== "frames/1") {
      const reason = `expected the format "frames/1", saw ${JSON.stringify(value["format"])}`;
      this.#handler.bad(line, reason, bytes, start, end);
      return;
    }
    const { venue, origin } = value;
    this.#handler.header?.({
      format: "frames/1",
      ...(typeof venue === "string" ? { venue } : {}),
      ...(typeof origin === "string" ? { origin } : {}),
    });
  }

  #bare(bytes: Uint8Array, start: number, end: number, line: number): void {
    this.#handler.frame({ line, dir: "in", conn: 0, ts: NO_TIME, url: "", bytes, start, end });
  }

  #framed(bytes: Uint8Array, start: number, end: number, line: number): void {
    const frame = readFrame(objectOf(bytes, start, end), line);
    if (typeof frame === "string") this.#handler.bad(line, frame, bytes, start, end);
    else this.#handler.frame(frame);
  }
}

type JsonObject = { readonly [key: string]: unknown };

function blank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p]! > 0x20) return false;
  return true;
}

function objectOf(bytes: Uint8Array, start: number, end: number): JsonObject | null {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString(),
    );
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}

const DIRECTIONS: readonly unknown[] = ["open", "in", "out", "http"] satisfies FrameDirection[];

function isDirection(value: unknown): value is FrameDirection {
  return DIRECTIONS.includes(value);
}

/** A parsed line as a frame, or what is wrong with it. */
function readFrame(value: JsonObject | null, line: number): Frame | string {
  if (value === null) return "expected one JSON object a line";
  const { dir, conn = 0, url = "" } = value;
  if (!isDirection(dir)) return `expected dir "open", "in", "out" or "http", saw ${shown(dir)}`;
  const ts = timeOf(value["ts"]);
  if (ts === null) return `expected ts as decimal text of UNIX nanoseconds, saw ${shown(value["ts"])}`;
  if (typeof conn !== "number" || !Number.isSafeInteger(conn) || conn < 0)
    return `expected conn as an integer >= 0, saw ${shown(conn)}`;
  if (typeof url !== "string") return `expected url as text, saw ${shown(url)}`;
  const bytes = dir === "open" ? EMPTY : payload(value);
  if (typeof bytes === "string") return bytes;
  return { line, dir, conn, ts, url, bytes, start: 0, end: bytes.length };
}

function payload({ text, b64 }: JsonObject): Uint8Array | string {
  if (typeof text === "string" && b64 === undefined) return Buffer.from(text, "utf8");
  if (typeof b64 !== "string" || text !== undefined) return "expected text or b64, one of the two";
  return /^[A-Za-z0-9+/]*={0,2}$/.test(b64) && b64.length % 4 === 0
    ? Buffer.from(b64, "base64")
    : "expected b64 as padded base64";
}

const halves = new Int32Array(2);

function timeOf(value: unknown): Nanos | null {
  if (typeof value !== "string" || !/^\d{1,19}$/.test(value) || BigInt(value) > 0x7fffffffffffffffn)
    return null;
  putText(value, halves, 0);
  return { lo: halves[0]!, hi: halves[1]! };
}

function shown(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 40);
}

/** Bytes of a file, or of stdin for "-"; gzip is told by its first two bytes and unpacked. */
export async function* openBytes(name: string): AsyncGenerator<Uint8Array> {
  const source: Readable = name === "-" ? process.stdin : createReadStream(name, { highWaterMark: 1 << 18 });
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const first = await chunks.next();
  if (first.done === true) return;
  const whole = resume(first.value, chunks);
  yield* first.value[0] === 0x1f && first.value[1] === 0x8b ? unpacked(whole) : whole;
}

/** A cut or damaged file breaks the reading of what was unpacked so far. */
function unpacked(packed: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(packed), createGunzip(), () => {});
}

async function* resume(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}

/** Reads all of `input`; ends early when `settle` says false. Throws what reading throws (missing file, cut gzip). */
export async function readFrames(
  input: AsyncIterable<Uint8Array>,
  handler: FramesHandler,
  maxLine = MAX_LINE,
): Promise<void> {
  const reader = new FramesReader(handler, maxLine);
  for await (const chunk of input) {
    reader.push(chunk);
    if ((await handler.settle?.()) === false) return;
  }
  reader.finish();
  await handler.settle?.();
}
