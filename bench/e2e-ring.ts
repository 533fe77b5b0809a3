/** The ring our pipelines write to, and the proof of what was written. */
import { widenInlining } from "../src/app/compiler.ts";
import { ScannerMemory } from "../src/feed/socket/scanner-memory.ts";
import { EventReader, RingReader } from "../src/log/index.ts";
import { createRegion } from "../src/store/index.ts";
import { binance } from "../src/venues/binance/venue.ts";
import type { SocketEvents, SocketOptions } from "../src/feed/index.ts";
import type { Region } from "../src/log/index.ts";
import type { Instrument } from "../src/model/index.ts";
import type { EventLog } from "./e2e-events.ts";
import type { Order, Played } from "./e2e-pipeline.ts";

// As in a lane's thread.
widenInlining();

export const MAX_FRAME = 1 << 20;
/** Words of a slot, and those of its receive time, which no two rounds have in common. */
const WORDS = 16;
const [RECV_LOW, RECV_HIGH] = [4, 5];

let opened: Region | null = null;

/** The region of this process, made in `folder` when it is asked for first. */
export function regionIn(folder: string): Region {
  opened ??= createRegion({ lane: `e2e-${process.pid}`, dir: folder }).region;
  return opened;
}

let memory: ScannerMemory | null = null;

/** How our sockets are opened; with the scanner they read into its memory. */
export function socketOptions({ scanner }: Order): SocketOptions {
  const plain = { headers: {}, maxFrame: MAX_FRAME, openTimeoutMs: 5000, proxy: null };
  if (scanner === "js") return plain;
  memory ??= new ScannerMemory();
  return { ...plain, slabs: memory };
}

/** A socket's events but for its frames. */
export function listening(ready: () => void, endOfRead: () => void): Omit<SocketEvents, "frame"> {
  return {
    open: ready,
    endOfRead,
    alive: () => {},
    close: (code, reason) => {
      if (code !== 1000) throw new Error(`expected the socket to stay, saw ${code} ${reason}`);
    },
  };
}

/** What a round writes: counted, hashed, and read back event by event where there is a log. */
export class Written {
  readonly #region: Region;
  readonly #log: EventLog | null;
  readonly #reader: RingReader;
  readonly #events: EventReader;
  readonly #from: number;

  constructor(region: Region, log: EventLog | null, instrument: (id: number) => Instrument | null) {
    this.#region = region;
    this.#log = log;
    this.#reader = new RingReader(region.control, region.slots);
    this.#events = new EventReader({ venue: () => binance.id, instrument });
    this.#from = this.#reader.head;
  }

  /** After each read of the socket; without a log this does nothing. */
  follow(): void {
    const log = this.#log;
    if (log === null) return;
    this.#reader.poll((slots, word) => {
      const event = this.#events.accept(slots, word);
      if (event !== null) log.add(event);
    });
  }

  result(): Pick<Played, "sums" | "slots" | "hash"> {
    const { head } = this.#reader;
    const slots = head - this.#from;
    const first = head - Math.min(slots, this.#region.slots.count / 2);
    return { sums: this.#log?.sums ?? null, slots, hash: this.#hash(first, head) };
  }

  #hash(from: number, to: number): number {
    const { i32, count } = this.#region.slots;
    let hash = 0;
    for (let sequence = from; sequence < to; sequence++) {
      const at = (sequence % count) * WORDS;
      for (let k = 0; k < WORDS; k++)
        if (k !== RECV_LOW && k !== RECV_HIGH)
          hash = Math.imul(hash ^ i32[at + k], 0x9e3779b1) ^ (hash >>> 15);
    }
    return hash >>> 0;
  }
}
