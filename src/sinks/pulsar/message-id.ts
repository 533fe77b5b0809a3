import { Buffer } from "node:buffer";

/**
 * Where a message stands, in Pulsar's own order. On the wire it is base64 of the protocol buffer `MessageIdData` (PulsarApi.proto): ledgerId 1,
 * entryId 2, partition 3, batch_index 4, ack_set 5, batch_size 6, all varints; -1 stands for "none" where a field may be left out.
 */
export interface MessageId {
  readonly ledger: bigint;
  readonly entry: bigint;
  readonly partition: number;
  /** Within the entry; -1: the entry is one message. */
  readonly batch: number;
}

const MASK = 0xffff_ffff_ffff_ffffn;

/** Below zero: a stands before b. The same partition is understood. */
export function compareIds(a: MessageId, b: MessageId): number {
  if (a.ledger !== b.ledger) return a.ledger < b.ledger ? -1 : 1;
  if (a.entry !== b.entry) return a.entry < b.entry ? -1 : 1;
  return a.batch - b.batch;
}

export function decodeId(text: string): MessageId {
  const bytes = Buffer.from(text, "base64");
  const fields = new Map<number, bigint>();
  for (let at = 0; at < bytes.length;) {
    const tag = varint(bytes, at);
    const value = varint(bytes, tag.next);
    if ((tag.value & 7n) !== 0n) break;
    fields.set(Number(tag.value >> 3n), value.value);
    at = value.next;
  }
  return {
    ledger: fields.get(1) ?? -1n,
    entry: fields.get(2) ?? -1n,
    partition: signed(fields.get(3)),
    batch: signed(fields.get(4)),
  };
}

export function encodeId({ ledger, entry, partition, batch }: MessageId): string {
  const bytes: number[] = [];
  put(bytes, 1, ledger);
  put(bytes, 2, entry);
  if (partition >= 0) put(bytes, 3, BigInt(partition));
  if (batch >= 0) put(bytes, 4, BigInt(batch));
  return Buffer.from(bytes).toString("base64");
}

function put(bytes: number[], field: number, value: bigint): void {
  bytes.push(field << 3);
  for (let rest = value & MASK; ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) {
      bytes.push(low);
      return;
    }
    bytes.push(low | 128);
  }
}

function varint(bytes: Buffer, from: number): { value: bigint; next: number } {
  let value = 0n;
  let at = from;
  for (let shift = 0n; at < bytes.length && shift < 70n; shift += 7n) {
    const byte = bytes[at++]!;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) break;
  }
  return { value: value & MASK, next: at };
}

/** 32 bits with a sign; left out: -1. */
function signed(value: bigint | undefined): number {
  return value === undefined ? -1 : Number(BigInt.asIntN(32, value));
}
