import { crc32 } from "node:zlib";
import {
  copySlot,
  DATAGRAM_BYTES,
  DATAGRAM_CRC_BYTES,
  DATAGRAM_TYPE,
  datagramRoom,
  NO_INSTRUMENT,
  PAYLOAD_WORD,
  putDatagramCrc,
  putDatagramHead,
  SLOT_WORDS,
  slotFlags,
  slotInstrument,
  slotKind,
  slotVenue,
} from "../../log/index.ts";
import type { SlotViews } from "../../log/index.ts";
import { FLAG, KIND, putMicros } from "../../model/index.ts";
import type { Nanos } from "../../model/index.ts";
import type { SlotBatch } from "../sink.ts";
import type { Blank, DatagramOut } from "./out.ts";
import { Announced } from "./announced.ts";
import { SentBooks } from "./books.ts";

/** Sessions of one sender are at least so far apart, us: they are compared as doubles. */
const SESSION_STEP_US = 1000;

/** Slots of one lane into datagrams: as many whole events as fit, larger ones in pieces. A region of its own is a session of its own. */
export class Packer {
  readonly #lane: string;
  readonly #out: DatagramOut;
  readonly #room: number;
  readonly #rows: Announced;
  readonly #books = new SentBooks();
  /** Books are sent again: what was sent of them is kept. */
  readonly #keeps: boolean;
  #writing = false;
  #renewing: Promise<void> | null = null;
  #session: Nanos = { hi: 0, lo: 0 };
  #sessionUs = 0;
  #region = "";
  #number = 0;
  #sent = 0;
  /** Sequence behind the last datagram's stretch. */
  #next = 0;
  /** The datagram being filled. */
  #open: Blank | null = null;
  #count = 0;
  #inside = false;
  #end = 0;
  /** By the monotonic clock, ms. */
  sentAt = -Infinity;

  /** `keeps`: whether books can be sent again. */
  constructor(lane: string, out: DatagramOut, mtu: number, keeps: boolean) {
    this.#keeps = keeps;
    this.#lane = lane;
    this.#out = out;
    this.#room = datagramRoom(mtu, DATAGRAM_TYPE.SLOTS);
    this.#rows = new Announced(
      mtu,
      (type, blank, count) => this.#send(type, blank, count, this.#next),
      () => out.blank(),
    );
  }

  /** Sends a batch; what is on its way when it resolves is in the system's hands. */
  async write(batch: SlotBatch): Promise<void> {
    await this.#renewing;
    this.#writing = true;
    await this.#write(batch);
    this.#writing = false;
  }

  async #write(batch: SlotBatch): Promise<void> {
    if (batch.session !== this.#region) this.#begin(batch);
    // Its reader did not have what lies between: so it is told by the stretches themselves.
    if (batch.holes.length > 0) {
      this.#next = batch.first;
      this.#books.lost();
    }
    const { slots, seqs, count } = batch;
    for (let i = 0; i < count;) {
      const end = eventEnd(batch, i);
      this.#announce(batch, i);
      if (this.#count > 0 && this.#count + (end - i) > this.#room) this.#seal();
      for (let k = i; k < end; k++) {
        if (this.#count === this.#room) this.#seal();
        if (this.#count === 0) this.#inside = k > i;
        copySlot(slots.i32, k << 4, this.#blank().words, PAYLOAD_WORD + this.#count * SLOT_WORDS);
        if (this.#keeps) this.#books.accept(slots, k << 4);
        this.#count += 1;
        this.#end = seqs[k]! + 1;
        if (this.#out.tight) await this.#out.room();
      }
      i = end;
    }
    this.#seal();
  }

  /** Rows that are due again, and a sign of life when nothing else was sent for `quiet` ms. */
  tick(share: number, quiet: number): void {
    if (this.#region === "") return;
    this.#rows.again(share);
    if (performance.now() - this.sentAt < quiet) return;
    this.#send(DATAGRAM_TYPE.HEARTBEAT, this.#out.blank(), 0, this.#next);
  }

  /** Sends a live book whole when it is one's turn; `share`: of all of them, now. */
  renew(share: number): void {
    if (this.#writing || this.#renewing !== null) return;
    const slots = this.#books.next(share);
    if (slots === null) return;
    this.#renewing = this.#renew(slots).finally(() => {
      this.#renewing = null;
    });
  }

  /** No slots of the log go in between: it is the book as of where the log stands. */
  async #renew(slots: SlotViews): Promise<void> {
    for (let at = 0; at < slots.count; at += this.#room) {
      const blank = this.#out.blank();
      const count = Math.min(this.#room, slots.count - at);
      blank.words.set(slots.i32.subarray(at << 4, (at + count) << 4), PAYLOAD_WORD);
      this.#send(DATAGRAM_TYPE.BOOK, blank, count, this.#next, at > 0);
      if (this.#out.tight) await this.#out.room();
    }
  }

  /** Nothing comes any more: receivers need not wait for it. */
  end(): void {
    if (this.#region !== "") this.#send(DATAGRAM_TYPE.END, this.#out.blank(), 0, this.#next);
  }

  #begin(batch: SlotBatch): void {
    this.#region = batch.session;
    this.#sessionUs = Math.max(Date.now() * 1000, this.#sessionUs + SESSION_STEP_US);
    this.#session = nanosOf(this.#sessionUs);
    this.#number = 0;
    this.#sent = 0;
    this.#next = batch.first;
    this.#rows.forget();
    this.#books.forget();
  }

  /** What the first slot of an event says that has not been said: its instrument and its venue. */
  #announce({ slots, rows }: SlotBatch, i: number): void {
    const word = i << 4;
    this.#rows.venue(slotVenue(slots, word), rows);
    const id = slotInstrument(slots, word);
    if (id !== NO_INSTRUMENT) this.#rows.instrument(id, slotKind(slots, word) === KIND.INSTRUMENT, rows);
  }

  #blank(): Blank {
    return (this.#open ??= this.#out.blank());
  }

  /** Sends what is gathered. */
  #seal(): void {
    if (this.#open === null || this.#count === 0) return;
    const blank = this.#open;
    const count = this.#count;
    this.#open = null;
    this.#count = 0;
    this.#send(DATAGRAM_TYPE.SLOTS, blank, count, this.#end, this.#inside);
    this.#sent += count;
    this.#next = this.#end;
  }

  #send(type: number, blank: Blank, count: number, end: number, inside = false): void {
    const bytes = putDatagramHead(blank.words, {
      type,
      inside,
      count,
      session: this.#session,
      number: this.#number++,
      sent: this.#sent,
      first: this.#next,
      end,
      time: nanosOf((performance.timeOrigin + performance.now()) * 1000),
      lane: this.#lane,
    });
    const head = crc32(blank.bytes.subarray(0, DATAGRAM_CRC_BYTES));
    putDatagramCrc(blank.words, crc32(blank.bytes.subarray(DATAGRAM_BYTES, bytes), head));
    this.sentAt = performance.now();
    this.#out.send(blank, bytes);
  }
}

/** Index behind the event that begins at slot `i`. */
function eventEnd({ slots, count }: SlotBatch, i: number): number {
  let end = i;
  while (end < count - 1 && (slotFlags(slots, end << 4) & FLAG.LAST) === 0) end += 1;
  return end + 1;
}

function nanosOf(us: number): Nanos {
  const halves = new Int32Array(2);
  putMicros(Math.floor(us), halves, 0);
  return { lo: halves[0]!, hi: halves[1]! };
}
