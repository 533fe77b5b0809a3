import { Buffer } from "node:buffer";

/** One record as it waits to be sent. */
export interface KafkaRecord {
  readonly key: Buffer;
  readonly body: Buffer;
  readonly lane: string;
  readonly seq: number;
  readonly slots: number;
}

/** What makes a batch of an idempotent producer. */
export interface BatchStamp {
  readonly producerId: bigint;
  readonly epoch: number;
  /** Of the first record; the others follow. */
  readonly sequence: number;
  /** When it is sent, UNIX ms. */
  readonly now: number;
}

/** How records are packed: its number in a batch's attributes, and the packing. */
export interface Packing {
  readonly bits: number;
  pack(bytes: Buffer): Buffer;
}

/** Bytes before the records of a batch. */
const HEAD = 61;
/** Bytes of a record, at most, but for key, value and the lane's name: lengths, names of headers, digits. */
export const RECORD_ROOM = 80;
const MAGIC = 2;

const LOG_SEQ = Buffer.from("log_seq");
const SLOTS = Buffer.from("slots");
const LANE = Buffer.from("lane");

/** About how many bytes a record takes. */
export function roomOf({ key, body, lane }: KafkaRecord): number {
  return key.length + body.length + lane.length + RECORD_ROOM;
}

/**
 * Writes record batches, magic 2 (kafka.apache.org/documentation/#recordbatch), into memory that is used again; what `encode` returns is a
 * copy. Records get the headers `lane`, `log_seq` and `slots`, decimal text. All of a batch have the same time, that of sending.
 */
export class RecordBatchEncoder {
  readonly #packing: Packing | null;
  readonly #crc: (bytes: Buffer) => number;
  #memory = Buffer.allocUnsafeSlow(1 << 16);
  #at = 0;

  constructor(packing: Packing | null, crc: (bytes: Buffer) => number) {
    this.#packing = packing;
    this.#crc = crc;
  }

  encode(records: readonly KafkaRecord[], stamp: BatchStamp): Buffer {
    this.#at = HEAD;
    for (let i = 0; i < records.length; i++) this.#record(records[i]!, i);
    const body = this.#memory.subarray(HEAD, this.#at);
    const packed = this.#packing === null ? body : this.#packing.pack(body);
    const batch = Buffer.allocUnsafe(HEAD + packed.length);
    packed.copy(batch, HEAD);
    head(batch, records.length, this.#packing?.bits ?? 0, stamp);
    batch.writeUInt32BE(this.#crc(batch.subarray(21)), 17);
    return batch;
  }

  #record(record: KafkaRecord, index: number): void {
    const { key, body, lane } = record;
    const [seq, slots] = [String(record.seq), String(record.slots)];
    const laneBytes = Buffer.byteLength(lane);
    const size =
      2 +
      sizeOf(index) +
      sizeOf(key.length) +
      key.length +
      sizeOf(body.length) +
      body.length +
      // three headers, each a name and a value shorter than 64 bytes or measured
      1 +
      (1 + LANE.length + sizeOf(laneBytes) + laneBytes) +
      (1 + LOG_SEQ.length + 1 + seq.length) +
      (1 + SLOTS.length + 1 + slots.length);
    this.#reserve(size + 5);
    this.#number(size);
    this.#memory[this.#at++] = 0;
    this.#number(0);
    this.#number(index);
    this.#bytes(key);
    this.#bytes(body);
    this.#number(3);
    this.#bytes(LANE);
    this.#text(lane, laneBytes);
    this.#bytes(LOG_SEQ);
    this.#text(seq, seq.length);
    this.#bytes(SLOTS);
    this.#text(slots, slots.length);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#memory.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#memory.length, this.#at + bytes));
    this.#memory.copy(larger, 0, 0, this.#at);
    this.#memory = larger;
  }

  /** A non-negative number, zig-zag, seven bits at a time. */
  #number(value: number): void {
    let rest = value * 2;
    while (rest > 127) {
      this.#memory[this.#at++] = (rest & 127) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#memory[this.#at++] = rest;
  }

  #bytes(bytes: Buffer): void {
    this.#number(bytes.length);
    bytes.copy(this.#memory, this.#at);
    this.#at += bytes.length;
  }

  #text(text: string, bytes: number): void {
    this.#number(bytes);
    this.#memory.write(text, this.#at, bytes === text.length ? "latin1" : "utf8");
    this.#at += bytes;
  }
}

/** Bytes of a non-negative number as `#number` writes it. */
function sizeOf(value: number): number {
  const twice = value * 2;
  return twice < 1 << 7 ? 1 : twice < 1 << 14 ? 2 : twice < 1 << 21 ? 3 : twice < 1 << 28 ? 4 : 5;
}

function head(batch: Buffer, count: number, bits: number, stamp: BatchStamp): void {
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(bits, 21);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(BigInt(stamp.now), 27);
  batch.writeBigInt64BE(BigInt(stamp.now), 35);
  batch.writeBigInt64BE(stamp.producerId, 43);
  batch.writeInt16BE(stamp.epoch, 51);
  batch.writeInt32BE(stamp.sequence, 53);
  batch.writeInt32BE(count, 57);
}
