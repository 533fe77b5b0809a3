import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { isIP } from "node:net";
import type { UdpOptions } from "./options.ts";

/** Datagrams that the system has not taken yet, at most; then the sender waits. */
const MOST_OUT = 256;
const IPV4 = 4;

/** A buffer to put a datagram into. */
export interface Blank {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** Destinations that it is still on its way to. */
  out: number;
}

/** Datagrams to every destination, paced: a receiver's buffer holds some hundred, and what it does not hold is lost. */
export class DatagramOut {
  datagrams = 0;
  bytes = 0;
  /** Not taken by the system: no route, or a receiver on this machine that does not listen. */
  errors = 0;
  readonly #sockets: readonly Socket[];
  readonly #size: number;
  readonly #pace: number;
  readonly #blanks: Blank[] = [];
  #out = 0;
  /** Datagrams that may go now; grows by `pace` a millisecond. */
  #allowed: number;
  #at = performance.now();
  #wake: (() => void) | null = null;

  private constructor(sockets: readonly Socket[], { mtu, pace }: UdpOptions) {
    this.#sockets = sockets;
    this.#size = mtu;
    this.#pace = pace;
    this.#allowed = pace;
  }

  /** Rejects for an address that there is no way to. */
  static async open(options: UdpOptions): Promise<DatagramOut> {
    const sockets: Socket[] = [];
    try {
      for (const destination of options.destinations) sockets.push(await connected(destination, options));
    } catch (error) {
      for (const socket of sockets) socket.close();
      throw error;
    }
    return new DatagramOut(sockets, options);
  }

  /** A blank of `mtu` bytes; hand it to `send`. */
  blank(): Blank {
    const used = this.#blanks.pop();
    if (used !== undefined) return used;
    const memory = new ArrayBuffer(Math.ceil(this.#size / 8) * 8);
    return { bytes: new Uint8Array(memory), words: new Int32Array(memory), out: 0 };
  }

  /** Sends the first `bytes` of it. */
  send(blank: Blank, bytes: number): void {
    this.datagrams += 1;
    this.bytes += bytes;
    this.#out += 1;
    this.#allowed -= 1;
    blank.out = this.#sockets.length;
    for (const socket of this.#sockets)
      socket.send(blank.bytes, 0, bytes, (error) => {
        if (error !== null) this.errors += 1;
        if (--blank.out === 0) this.#back(blank);
      });
  }

  /** Whether the next one should wait for `room`. */
  get tight(): boolean {
    return this.#out >= MOST_OUT || this.#allowed < 1;
  }

  async room(): Promise<void> {
    for (;;) {
      const now = performance.now();
      this.#allowed = Math.min(this.#pace, this.#allowed + (now - this.#at) * this.#pace);
      this.#at = now;
      if (!this.tight) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 1);
      });
      this.#wake = null;
    }
  }

  #back(blank: Blank): void {
    this.#out -= 1;
    this.#blanks.push(blank);
    if (this.#out === MOST_OUT >> 1) this.#wake?.();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) await new Promise<void>((resolve) => socket.close(resolve));
  }
}

/** One socket a destination: an address that is looked up once costs nothing later. */
async function connected(destination: string, options: UdpOptions): Promise<Socket> {
  const at = destination.lastIndexOf(":");
  const host = destination.slice(0, at).replace(/^\[|\]$/g, "");
  const type = isIP(host) === 6 ? "udp6" : "udp4";
  const socket = createSocket({
    type,
    ...(options.send_buffer === undefined ? {} : { sendBufferSize: options.send_buffer }),
  });
  try {
    await settled(socket, (done) => socket.bind(0, done));
    // Before it connects: there may be no other way to the group.
    if (isMulticast(host)) multicast(socket, options);
    await settled(socket, (done) => socket.connect(Number(destination.slice(at + 1)), host, done));
  } catch (error) {
    socket.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`udp: expected a way to ${destination}, saw ${reason}`, { cause: error });
  }
  // Reported again by the callback of `send`.
  socket.on("error", () => undefined);
  return socket;
}

function settled(socket: Socket, act: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    act(() => {
      socket.off("error", reject);
      resolve();
    });
  });
}

function multicast(socket: Socket, options: UdpOptions): void {
  socket.setMulticastTTL(options.ttl);
  socket.setMulticastLoopback(options.loopback);
  if (options.interface !== undefined) socket.setMulticastInterface(options.interface);
}

/** 224.0.0.0/4 and ff00::/8 (RFC 5771, RFC 4291). */
export function isMulticast(address: string): boolean {
  if (isIP(address) === IPV4) return Number(address.split(".")[0]) >> 4 === 0xe;
  return /^ff/i.test(address);
}
