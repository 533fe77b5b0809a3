import type { HttpResult, Tape } from "../../feed/index.ts";
import { RECORD, TapeRingWriter } from "../../log/index.ts";
import type { Nanos, Slab, VenueId } from "../../model/index.ts";

const REDACTED = "[redacted]";
const EMPTY = new Uint8Array(0);

/**
 * Puts what a lane learns into the ring of its tape. Headers are never told here, so keys are not on the tape; should one
 * stand in an address or in a text that was sent, it is blotted out. A replay sends nothing and needs neither.
 */
export class Recorder implements Tape {
  readonly #ring: TapeRingWriter;
  readonly #secrets: readonly string[];

  /** `secrets`: texts that must not be kept. */
  constructor(memory: SharedArrayBuffer, secrets: readonly string[]) {
    this.#ring = new TapeRingWriter(memory);
    this.#secrets = secrets.filter((one) => one !== "");
  }

  /** Frames that found no room so far. */
  get lostFrames(): number {
    return this.#ring.lostFrames;
  }

  get lostRecords(): number {
    return this.#ring.lostRecords;
  }

  clock(mark: number, now: Nanos): void {
    this.#ring.clock(mark, now.lo, now.hi);
  }

  now(mark: number): void {
    this.#ring.number(RECORD.NOW, mark);
  }

  turn(timer: number): void {
    this.#ring.bare(RECORD.TURN, timer);
  }

  dial(conn: number, venue: VenueId, url: string): void {
    this.#text(RECORD.DIAL, conn, `${venue}\n${url}`);
  }

  opened(conn: number): void {
    this.#ring.bare(RECORD.OPENED, conn);
  }

  frame(conn: number, slab: Slab, start: number, end: number): void {
    this.#ring.frame(RECORD.FRAME, conn, 0, slab.bytes, slab.view, start, end);
  }

  large(conn: number, slab: Slab, start: number, end: number, work: number): void {
    this.#ring.frame(RECORD.LARGE, conn, work, slab.bytes, slab.view, start, end);
  }

  again(conn: number): void {
    this.#ring.bare(RECORD.AGAIN, conn);
  }

  readEnd(conn: number): void {
    this.#ring.bare(RECORD.READ_END, conn);
  }

  alive(conn: number): void {
    this.#ring.bare(RECORD.ALIVE, conn);
  }

  closed(conn: number, code: number, reason: string): void {
    this.#text(RECORD.CLOSED, conn, reason, code);
  }

  resume(conn: number, on: boolean): void {
    this.#ring.bare(RECORD.RESUME, conn, on ? 1 : 0);
  }

  sent(conn: number, text: string): void {
    this.#text(RECORD.SENT, conn, text);
  }

  ping(conn: number): void {
    this.#ring.bare(RECORD.PING, conn);
  }

  hangUp(conn: number): void {
    this.#ring.bare(RECORD.HANG_UP, conn);
  }

  asked(id: number, venue: VenueId, url: string): void {
    this.#text(RECORD.ASKED, id, `${venue}\n${url}`);
  }

  answered(id: number, result: HttpResult | null): void {
    const { body, ...rest } = result !== null && "body" in result ? result : { ...result, body: null };
    const meta = Buffer.from(JSON.stringify(result === null ? null : rest));
    this.#ring.bytes(RECORD.ANSWERED, id, meta.length, meta, body ?? EMPTY);
  }

  reached(head: number): void {
    this.#ring.number(RECORD.REACHED, head);
  }

  /** The lane is asked for something while it runs. */
  order(ask: object): void {
    this.#text(RECORD.ORDER, 0, JSON.stringify(ask));
  }

  /** The lane is told to stop. */
  stop(): void {
    this.#ring.bare(RECORD.STOP, 0);
  }

  /** Nothing follows. */
  end(): void {
    this.#ring.end();
  }

  #text(kind: number, id: number, text: string, more = 0): void {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, REDACTED);
    this.#ring.bytes(kind, id, more, Buffer.from(clean));
  }
}

/** Whether two texts are the same as far as the tape tells. */
export function sameText(told: string, taped: string): boolean {
  return told === taped || taped.includes(REDACTED);
}
