/** What a data frame carries: text, or bytes that leave as a binary frame. */
export type Payload = string | Uint8Array;

/** The server's end of one websocket, as a session needs it. */
export interface Wire {
  /** Queues a data frame; `flush` sends what is queued. */
  send(data: Payload): void;
  /** Bytes put onto the socket as they are, after what is queued. */
  raw(bytes: Buffer): void;
  flush(): void;
  ping(): void;
  /** Clean close. */
  close(code: number, reason: string): void;
  /** TCP reset. */
  reset(): void;
  /** TCP end without a close frame. */
  end(): void;
  /** From now on nothing is read or written, and the socket stays open. */
  freeze(): void;
  /** Lets so many bytes go of what is held back. */
  drip(bytes: number): void;
  /** Holds frames back, or lets them go. */
  hold(on: boolean): void;
}

export const OPCODE = { CONTINUATION: 0, TEXT: 1, BINARY: 2, RESERVED: 3, PING: 9 } as const;

/** Bytes of a server frame's header (unmasked, RFC 6455 section 5.2) for a payload of `length` bytes. */
export function headerSize(length: number): number {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10;
}

/** Writes a header at `at`; returns the position behind it. */
export function writeHeader(into: Buffer, at: number, opcode: number, length: number, fin: boolean): number {
  into[at] = (fin ? 0x80 : 0) | opcode;
  if (length < 126) {
    into[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    into[at + 1] = 126;
    return into.writeUInt16BE(length, at + 2);
  }
  into[at + 1] = 127;
  into.writeUInt32BE(0, at + 2);
  return into.writeUInt32BE(length, at + 6);
}

export function frameOf(opcode: number, payload: Uint8Array, fin = true): Buffer {
  const header = Buffer.alloc(headerSize(payload.length));
  writeHeader(header, 0, opcode, payload.length, fin);
  return Buffer.concat([header, payload]);
}
