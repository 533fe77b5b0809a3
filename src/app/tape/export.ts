import { RECORD, RecordCursor } from "../../log/index.ts";
import { halvesToText, toMicros } from "../../model/index.ts";
import { loadZstd, piecesOf } from "../../store/index.ts";
import type { Tape, TapeSession, Zstd } from "../../store/index.ts";
import { readAbout } from "./about.ts";

export interface ExportOptions {
  readonly zstd: Zstd;
  /** Only this venue's. */
  readonly venue?: string;
  /** UNIX us. */
  readonly from?: number;
  readonly to?: number;
  /** Of the first connection; those of later sessions count on. */
  readonly firstConn?: number;
}

type Direction = "open" | "in" | "out" | "http";

interface Told {
  readonly conn: number;
  readonly dir: Direction;
  readonly venue: string;
  readonly url: string;
  readonly bytes: Uint8Array | null;
}

/** What `frames/1` says of a session, line by line, each with its ending; a place where something is missing is `hole`. */
export function* framesOf(
  session: TapeSession,
  options: ExportOptions,
): Generator<{ readonly line: string } | { readonly hole: string }> {
  const { from = -Infinity, to = Infinity, zstd } = options;
  const teller = new Teller(session, options);
  const near = (first: number, last: number): boolean => last >= from && first <= to;
  const pieces = piecesOf(session, zstd, ({ first, last }) =>
    near(toMicros(first.hi, first.lo), toMicros(last.hi, last.lo)),
  );
  for (const piece of pieces) {
    if (piece.type === "hole") {
      yield { hole: piece.reason };
      continue;
    }
    const cursor = new RecordCursor(piece.bytes);
    while (cursor.next()) {
      if (cursor.kind === RECORD.LOST)
        yield { hole: `${cursor.f64(1)} frames found no room on the tape here` };
      for (const line of teller.accept(cursor)) yield { line };
    }
  }
  for (const line of teller.rest()) yield { line };
}

/** Gives each frame the receive time that the lane gave it: that of the clock read which follows the first of its read. */
class Teller {
  readonly #options: ExportOptions;
  readonly #connections = new Map<number, { readonly venue: string; readonly url: string }>();
  readonly #questions = new Map<number, { readonly venue: string; readonly url: string }>();
  #reading = -1;
  #held: Told | null = null;
  #lo = 0;
  #hi = 0;

  constructor(session: TapeSession, options: ExportOptions) {
    this.#options = options;
    for (const segment of session.segments.slice(0, 1))
      for (const { conn, venue, url } of readAbout(segment.about)?.connections ?? [])
        this.#connections.set(conn, { venue, url });
  }

  accept(cursor: RecordCursor): string[] {
    const { kind, id } = cursor;
    if (kind === RECORD.CLOCK) {
      this.#lo = cursor.lo(1);
      this.#hi = cursor.hi(1);
      return this.rest();
    }
    const lines = this.rest();
    if (kind === RECORD.READ_END) this.#reading = -1;
    else if (kind === RECORD.DIAL) this.#connections.set(id, named(cursor));
    else if (kind === RECORD.ASKED) this.#questions.set(id, named(cursor));
    else if (kind === RECORD.OPENED) this.#hold(id, "open", null);
    else if (kind === RECORD.LARGE) this.#hold(id, "in", cursor.payload().slice());
    else if (kind === RECORD.SENT) lines.push(...this.#lines(this.#told(id, "out", cursor.payload())));
    else if (kind === RECORD.ANSWERED) lines.push(...this.#answered(cursor));
    else if (kind === RECORD.FRAME) {
      if (this.#reading !== id) this.#hold(id, "in", cursor.payload().slice());
      else lines.push(...this.#lines(this.#told(id, "in", cursor.payload())));
      this.#reading = id;
    }
    return lines;
  }

  /** What waits for a clock that does not come. */
  rest(): string[] {
    const held = this.#held;
    this.#held = null;
    return held === null ? [] : this.#lines(held);
  }

  #hold(conn: number, dir: Direction, bytes: Uint8Array | null): void {
    this.#held = this.#told(conn, dir, bytes);
  }

  #told(conn: number, dir: Direction, bytes: Uint8Array | null): Told {
    const { venue, url } = this.#connections.get(conn) ?? { venue: "", url: "" };
    return { conn: conn + (this.#options.firstConn ?? 0), dir, venue, url, bytes };
  }

  /** Bodies alone: a refusal is no frame. */
  #answered(cursor: RecordCursor): string[] {
    const asked = this.#questions.get(cursor.id);
    this.#questions.delete(cursor.id);
    const meta = JSON.parse(cursor.text(0, cursor.more)) as { ok: boolean } | null;
    if (asked === undefined || meta?.ok !== true) return [];
    return this.#lines({ conn: 0, dir: "http", ...asked, bytes: cursor.payload(cursor.more) });
  }

  #lines({ conn, dir, venue, url, bytes }: Told): string[] {
    const { from = -Infinity, to = Infinity, venue: wanted } = this.#options;
    const now = toMicros(this.#hi, this.#lo);
    if (now < from || now > to || (wanted !== undefined && wanted !== venue)) return [];
    const line = {
      ts: halvesToText(this.#hi, this.#lo),
      conn,
      dir,
      venue,
      ...(dir === "open" || dir === "http" ? { url } : {}),
      ...(bytes === null ? {} : content(bytes)),
    };
    return [`${JSON.stringify(line)}\n`];
  }
}

function named(cursor: RecordCursor): { venue: string; url: string } {
  const [venue = "", url = ""] = cursor.text().split("\n");
  return { venue, url };
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** As text where it is one, so that the bytes come back as they were. */
function content(bytes: Uint8Array): { text: string } | { b64: string } {
  try {
    return { text: strict.decode(bytes) };
  } catch {
    return { b64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") };
  }
}

/** A tape as frames/1, its header first; each text ends with a line. */
export async function* exportFrames(
  { sessions }: Tape,
  wanted: Pick<ExportOptions, "venue" | "from" | "to">,
  tell: (line: string) => void,
): AsyncGenerator<string> {
  const zstd = await loadZstd();
  const venue = wanted.venue === undefined ? {} : { venue: wanted.venue };
  yield `${JSON.stringify({ format: "frames/1", ...venue, origin: originOf(sessions) })}\n`;
  let firstConn = 0;
  for (const session of sessions) {
    for (const one of framesOf(session, { ...wanted, zstd, firstConn })) {
      if ("line" in one) yield one.line;
      else tell(`missing here: ${one.hole}`);
    }
    firstConn += CONNECTIONS_OF_A_SESSION;
  }
}

/** Connections of one session have numbers below this. */
const CONNECTIONS_OF_A_SESSION = 1_000_000;

function originOf(sessions: readonly TapeSession[]): string {
  const about = readAbout(sessions[0]!.about);
  return about === null ? "tape" : `tape of lane ${about.lane}, feedhorn ${about.software}`;
}
