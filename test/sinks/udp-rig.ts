import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Clock } from "../../src/feed/index.ts";
import type { Report } from "../../src/feed/lane-core.ts";
import { UdpLane } from "../../src/feed/udp/lane.ts";
import type { UdpListen } from "../../src/feed/udp/lane.ts";
import type { Loss } from "../../src/feed/udp/sender.ts";
import {
  EventReader,
  EventWriter,
  InstrumentReader,
  InstrumentWriter,
  RingReader,
  RingWriter,
  SCOPE,
  SlotViews,
  VenueWriter,
  copySlot,
  readCounters,
  slotFlags,
} from "../../src/log/index.ts";
import type { Region } from "../../src/log/index.ts";
import {
  FLAG,
  LONG,
  NUM,
  REASON,
  SIDE,
  SymbolTable,
  VALIDITY,
  instrumentOf,
  putMicros,
  putNumber,
  venueOfCode,
} from "../../src/model/index.ts";
import type { MarketEvent } from "../../src/model/index.ts";
import { udp } from "../../src/sinks/udp.ts";
import type { UdpOptions } from "../../src/sinks/udp/options.ts";
import type { OpenSink, SlotBatch } from "../../src/sinks/index.ts";
import { heapRegion } from "../../src/store/index.ts";
import { venueById } from "../../src/venues/index.ts";

const nothing = (): void => undefined;

export const UDP_OPTIONS: UdpOptions = {
  destinations: [],
  mtu: 1400,
  heartbeat_ms: 50,
  announce_ms: 1000,
  refresh_ms: 0,
  // Sender and receiver share a thread here, which reads 32 datagrams a turn.
  pace: 16,
  ttl: 1,
  loopback: true,
  format: "native",
  k4_sequence: false,
};

export const LISTEN: UdpListen = {
  bind: "127.0.0.1:0",
  groups: [],
  from: [],
  lanes: [],
  window: 64,
  reorder_ms: 20,
  silent_ms: 3000,
};

/** A sink of lane "a" to a port of this machine. */
export function openSender(port: number, more: Partial<UdpOptions> = {}): Promise<OpenSink> {
  const options = { ...UDP_OPTIONS, destinations: [`127.0.0.1:${port}`], ...more };
  return udp.open(options, {
    name: "udp",
    lanes: ["a", "b"],
    data: null,
    secrets: {},
    report: nothing,
    state: nothing,
    figure: nothing,
  });
}

/** A lane that listens, and what it has written so far. */
export class Receiver {
  readonly region: Region;
  readonly lane: UdpLane;
  readonly losses: Loss[] = [];
  readonly events: MarketEvent[] = [];
  readonly #reader: RingReader;
  readonly #text: EventReader;

  constructor(more: Partial<UdpListen> = {}, slots = 65_536, report: Report = nothing) {
    this.region = heapRegion({ lane: "heard", slots, instruments: 64, maxStallMs: 0 }).region;
    this.lane = new UdpLane({
      region: this.region,
      time: new Clock(),
      report,
      listen: { ...LISTEN, ...more },
      venueOf: (code) => venueById(venueOfCode(code) ?? ""),
      lost: (loss) => this.losses.push(loss),
    });
    this.#reader = new RingReader(this.region.control, this.region.slots);
    this.#reader.seek(0);
    this.#text = new EventReader(this.region.names());
  }

  get port(): number {
    return this.lane.address!.port;
  }

  /** What came since the last call; all of it is in `events`. */
  poll(): void {
    this.#reader.poll((slots, word) => {
      const event = this.#text.accept(slots, word);
      if ((slotFlags(slots, word) & FLAG.LAST) !== 0 && event !== null) this.events.push(event);
    });
  }

  /** Sum of a counter over its labels. */
  counter(name: string): number {
    const rows = readCounters(this.region.counters).filter((row) => row.name === `feedhorn_udp_${name}`);
    return rows.reduce((sum, { value }) => sum + value, 0);
  }

  /** Until nothing has come for a while. */
  async quiet(ms = 150): Promise<void> {
    for (let before = -1; before !== this.region.head;) {
      before = this.region.head;
      await sleep(ms);
    }
    this.lane.tick();
    this.poll();
  }
}

/** For a datagram: behind how many later ones each of its copies goes on; none is a loss. */
type Fate = (bytes: Uint8Array, index: number) => readonly number[];

/** Takes datagrams in and hands each on as often and as late as it is told. */
export class Proxy {
  readonly passed: Uint8Array[] = [];
  readonly dropped: Uint8Array[] = [];
  readonly #socket: Socket;
  readonly #to: number;
  readonly #fate: Fate;
  #index = 0;
  #late: { readonly bytes: Uint8Array; readonly at: number }[] = [];

  private constructor(socket: Socket, to: number, fate: Fate) {
    this.#socket = socket;
    this.#to = to;
    this.#fate = fate;
    socket.on("message", (bytes) => this.#take(bytes));
  }

  static async open(to: number, fate: Fate): Promise<Proxy> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 22 });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new Proxy(socket, to, fate);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  #take(bytes: Buffer): void {
    const copy = Uint8Array.from(bytes);
    const index = this.#index++;
    const behind = this.#fate(copy, index);
    (behind.length === 0 ? this.dropped : this.passed).push(copy);
    for (const many of behind)
      if (many === 0) this.#send(copy);
      else this.#late.push({ bytes: copy, at: index + many });
    for (const one of this.#late) if (one.at <= index) this.#send(one.bytes);
    this.#late = this.#late.filter(({ at }) => at > index);
  }

  #send(bytes: Uint8Array): void {
    this.#socket.send(bytes, this.#to, "127.0.0.1");
  }

  close(): void {
    this.#socket.close();
  }
}

/** One book, told event by event, as a lane would write it. */
export class BookFeed {
  readonly #region = heapRegion({ lane: "a", slots: 4096, instruments: 16 }).region;
  readonly #out = new EventWriter(
    new RingWriter(this.#region.control, this.#region.slots),
    new SymbolTable(),
  );
  readonly #reader = new RingReader(this.#region.control, this.#region.slots);
  #seq = 0;
  #us = 1_700_000_000_000_000;

  constructor() {
    new VenueWriter(this.#region.venues).declare(1, "binance");
    const row = instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", status: "trading" });
    new InstrumentWriter(this.#region.control, this.#region.instruments).add(1, row);
    this.#reader.seek(0);
    this.#out.venue = 1;
  }

  snapshot(): void {
    this.#levels(FLAG.SNAPSHOT, [
      [SIDE.BID, 100, 5],
      [SIDE.BID, 98, 5],
      [SIDE.ASK, 101, 4],
    ]);
  }

  update(price: number, size: number): void {
    this.#levels(0, [[SIDE.BID, price, size]]);
  }

  say(state: "live" | "gapped"): void {
    const validity = state === "live" ? VALIDITY.LIVE : VALIDITY.GAPPED;
    this.#out.appendStatus(SCOPE.BOOK, 0, validity, REASON.UNPROVED, 1);
  }

  #levels(flags: number, levels: readonly (readonly [side: number, price: number, size: number])[]): void {
    putNumber(++this.#seq, this.#out.long, LONG.ID);
    for (const [side, price, size] of levels) {
      this.#out.num[NUM.PRICE] = price;
      this.#out.num[NUM.SIZE] = size;
      this.#out.level(side);
    }
    this.#out.book(0, flags);
  }

  /** What `say` says, as a sink gets it. */
  batch(say: () => void): SlotBatch {
    const first = this.#region.head;
    const half = new Int32Array(2);
    putMicros((this.#us += 1000), half, 0);
    this.#out.begin({ lo: half[0]!, hi: half[1]! });
    say();
    this.#out.endFrame();
    this.#out.ring.commit();
    const count = this.#region.head - first;
    const slots = SlotViews.make(count);
    let at = 0;
    this.#reader.poll((from, word) => copySlot(from.i32, word, slots.i32, at++ << 4));
    const rows = new InstrumentReader(this.#region.control, this.#region.instruments);
    return {
      lane: "a",
      session: "1",
      first,
      end: first + count,
      slots,
      count,
      seqs: Float64Array.from({ length: count }, (_, i) => first + i),
      holes: [],
      rows: { venue: () => "binance", instrument: (id) => rows.read(id) },
    };
  }
}
