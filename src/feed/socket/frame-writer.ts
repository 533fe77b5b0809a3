import { randomFillSync } from "node:crypto";
import { isCloseCode } from "./frame-reader.ts";

/** First bytes of the frames a client sends: FIN and the opcode (RFC 6455, 5.2). */
export const SENT = { TEXT: 0x81, CLOSE: 0x88, PING: 0x89, PONG: 0x8a } as const;

/** A close frame carries at most 125 bytes, two of them the code. */
const REASON_BYTES = 123;
const MASKED = 0x80;

/**
 * One whole frame as a client must send it: masked with four bytes that nobody can foresee (RFC 6455, 5.3 and 10.3).
 * `first` is one of SENT; a control frame's payload must not exceed 125 bytes.
 */
export function clientFrame(first: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  const head = length < 126 ? 2 : length < 65536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + 4 + length);
  frame[0] = first;
  frame[1] = MASKED | (head === 2 ? length : head === 4 ? 126 : 127);
  // The length of the longer forms, big-endian, in what follows the first two bytes of the head.
  for (let at = head - 1, rest = length; at > 1; at--, rest = Math.floor(rest / 256)) frame[at] = rest & 255;
  randomFillSync(frame, head, 4);
  const start = head + 4;
  for (let i = 0; i < length; i++) frame[start + i] = payload[i]! ^ frame[head + (i & 3)]!;
  return frame;
}

/**
 * A close frame; code 1005 stands for one without a code. The reason is cut to what fits, between two characters.
 * Throws RangeError for a code that must not be sent.
 */
export function closeFrame(code: number, reason: string): Buffer {
  if (code === 1005) return clientFrame(SENT.CLOSE, new Uint8Array(0));
  if (!isCloseCode(code))
    throw new RangeError(`expected a close code of 1000-1014 (not 1004-1006) or 3000-4999, saw ${code}`);
  const payload = Buffer.alloc(2 + REASON_BYTES);
  payload[0] = code >> 8;
  payload[1] = code & 255;
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
  return clientFrame(SENT.CLOSE, payload.subarray(0, 2 + written));
}
