import type { Slab } from "../../model/index.ts";

/** What a socket tells its session. `close` comes exactly once, also when the socket never opened. */
export interface SocketEvents {
  open(): void;
  /** One whole message at [start, end) of a slab, valid until the call returns. No method: it is handed on and called alone. */
  readonly frame: (slab: Slab, start: number, end: number) => void;
  /**
   * Before `frame`, for a message of so many bytes that reading it could hold others up: true takes it. It is the
   * taker's then, nothing else is told until `resume` is called, once, and the socket is not read meanwhile. `work` is
   * memory that frames are read in, with a scanner if there is one: from the return of this call until `resume` the
   * taker may use it, within one turn of the event loop at a time.
   * Sockets that know no such messages never call it.
   */
  readonly large?: (slab: Slab, start: number, end: number, work: Slab, resume: () => void) => boolean;
  /** Everything that one read of the socket brought has been handed over. Follows every `frame`, however the read ended. */
  endOfRead(): void;
  /** Proof of life without content: ping or pong. */
  alive(): void;
  close(code: number, reason: string): void;
}

export interface Socket {
  send(text: string): void;
  ping(): void;
  /** Asks the other side to close; `events.close` follows at the latest after a second. */
  close(code: number, reason: string): void;
}

/** Where a socket that reads into a slab of its own takes that slab from: memory of another kind, or memory used again. */
export interface SlabSource {
  /** A slab of at least `capacity` bytes and its pad, which nobody else uses until it is given back. */
  take(capacity: number): Slab;
  /** Exactly once for each slab taken: nothing reads or writes it any more. */
  give(slab: Slab): void;
}

export interface SocketOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Largest message accepted, bytes; a larger one closes the socket with 1009. */
  readonly maxFrame: number;
  readonly openTimeoutMs: number;
  /** http URL of a proxy to tunnel through, or null. */
  readonly proxy: string | null;
  /** Offers permessage-deflate (RFC 7692) for what the server sends; what we send is never compressed. Default: false. */
  readonly compression?: boolean;
  /** Default: the heap. Only the slab that is read into comes from here; large and fragmented messages never lie in it. */
  readonly slabs?: SlabSource;
}

/**
 * Opens a socket. `slab` is the lane's, for implementations that have to copy messages somewhere (ws-socket); the fast
 * socket reads into one of its own. Throws for a URL or a header that cannot be used.
 */
export type OpenSocket = (url: string, slab: Slab, options: SocketOptions, events: SocketEvents) => Socket;
