import { createSocket } from "node:dgram";
import type { RemoteInfo, Socket } from "node:dgram";
import {
  CounterWriter,
  DATAGRAM_FAULTS,
  datagramLane,
  datagramSession,
  datagramTime,
  DepthWriter,
  EventWriter,
  HistogramWriter,
  InstrumentWriter,
  RingWriter,
  TopWriter,
  VenueWriter,
} from "../../log/index.ts";
import type { DatagramFault, Region } from "../../log/index.ts";
import { SymbolTable, toMicros } from "../../model/index.ts";
import type { Nanos, Venue } from "../../model/index.ts";
import { GateMeters } from "../gate-meters.ts";
import type { Report, Time } from "../lane-core.ts";
import { Latest } from "../market/latest.ts";
import { Rarely } from "../rarely.ts";
import { Packet } from "./packet.ts";
import { Sender } from "./sender.ts";
import type { Loss, SenderParts } from "./sender.ts";

const TICK_MS = 100;
/** Lanes of other gateways that one lane hears, at most. */
const MOST_SENDERS = 16;
const LINES_A_MINUTE = 30;
const FAULTS = Object.keys(DATAGRAM_FAULTS) as DatagramFault[];

/** Why a datagram is not taken. */
type Why = DatagramFault | "source" | "lane";

/** What is listened to. */
export interface UdpListen {
  /** `host:port`: the address to bind. */
  readonly bind: string;
  /** Multicast groups to join, and the address of the interface to join them on. */
  readonly groups: readonly string[];
  readonly interface?: string | undefined;
  /** Addresses that are believed; empty: all. */
  readonly from: readonly string[];
  /** Lanes of the sender that are taken; empty: all. */
  readonly lanes: readonly string[];
  /** Datagrams held back while an earlier one is missing, and how long. */
  readonly window: number;
  readonly reorder_ms: number;
  /** A sender of which nothing is heard for so long is down. */
  readonly silent_ms: number;
  readonly receive_buffer?: number | undefined;
}

export interface UdpLaneOptions {
  readonly region: Region;
  readonly time: Time;
  readonly report: Report;
  readonly listen: UdpListen;
  venueOf(code: number): Venue | null;
  /** Told of everything that did not come. */
  readonly lost?: (loss: Loss) => void;
}

/** A lane that hears another gateway's over UDP: same events, its own ring, its own numbers of instruments. */
export class UdpLane {
  readonly region: Region;
  readonly #options: UdpLaneOptions;
  readonly #parts: SenderParts;
  readonly #senders = new Map<string, Sender>();
  readonly #packet = new Packet();
  readonly #now: Nanos = { hi: 0, lo: 0 };
  readonly #recv: Nanos = { hi: 0, lo: 0 };
  readonly #gate: GateMeters;
  readonly #refused: Readonly<Record<Why, number>>;
  readonly #lines = new Rarely(LINES_A_MINUTE);
  readonly #histograms: HistogramWriter;
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #due: NodeJS.Timeout | null = null;

  constructor(options: UdpLaneOptions) {
    const { region, listen } = options;
    this.region = region;
    this.#options = options;
    const ring = new RingWriter(region.control, region.slots, region.bell, region.gate);
    const writer = new EventWriter(ring, new SymbolTable());
    const counters = new CounterWriter(region.counters);
    const instruments = new InstrumentWriter(region.control, region.instruments);
    const latest = new Latest({
      tops: new TopWriter(region.top),
      depths: new DepthWriter(region.depth),
      writer,
      instruments,
      time: options.time,
    });
    this.#histograms = new HistogramWriter(region.histograms);
    this.#gate = new GateMeters(counters, ring);
    this.#refused = refusedMeters(counters);
    this.#parts = {
      writer,
      instruments,
      venues: new VenueWriter(region.venues),
      counters,
      histograms: this.#histograms,
      latest,
      window: listen.window,
      reorderMs: listen.reorder_ms,
      venueOf: options.venueOf,
      report: (message, facts) => this.#report(message, facts),
      lost: (loss) => this.#lost(loss),
    };
    options.time.read(this.#now);
    region.beat(this.#now);
  }

  /** Where it is bound; null before. */
  get address(): { readonly address: string; readonly port: number } | null {
    return this.#socket?.address() ?? null;
  }

  /** Binds and joins. Rejects in words when that cannot be. */
  async start(): Promise<void> {
    const { listen } = this.#options;
    const at = listen.bind.lastIndexOf(":");
    const host = listen.bind.slice(0, at).replace(/^\[|\]$/g, "");
    const socket = createSocket({
      type: host.includes(":") ? "udp6" : "udp4",
      reuseAddr: listen.groups.length > 0,
      ...(listen.receive_buffer === undefined ? {} : { recvBufferSize: listen.receive_buffer }),
    });
    try {
      await bound(socket, host, Number(listen.bind.slice(at + 1)));
      for (const group of listen.groups) socket.addMembership(group, listen.interface);
    } catch (error) {
      socket.close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`udp: expected to listen on ${listen.bind}, saw ${reason}`, { cause: error });
    }
    socket.on("error", (error) => this.#report("socket failed", { reason: error.message }));
    socket.on("message", (bytes, from) => this.hear(bytes, from));
    this.#socket = socket;
    this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** One datagram, whatever it is. */
  hear(bytes: Uint8Array, from: Pick<RemoteInfo, "address">): void {
    const { listen } = this.#options;
    if (listen.from.length > 0 && !listen.from.includes(from.address)) return this.#refuse("source", from);
    const fault = this.#packet.take(bytes);
    if (fault !== null) return this.#refuse(fault, from);
    const sender = this.#senderOf(this.#packet);
    if (sender === null) return this.#refuse("lane", from);
    const now = performance.now();
    const old = datagramSession(this.#packet.words) < sender.session;
    // A clock that was set back, unless it is a straggler of the session before.
    if (old && now - sender.heardAt < listen.silent_ms) return;
    sender.accept(this.#packet, bytes.length, now);
    this.#late(sender);
    if (sender.due < Infinity) this.#wait(sender.due - now);
  }

  /** From the sender's clock when it was sent to ours when it is committed: what it says depends on both. */
  #late({ meters }: Sender): void {
    this.#options.time.read(this.#now);
    const { hi, lo } = datagramTime(this.#packet.words);
    const us = toMicros(this.#now.hi, this.#now.lo) - toMicros(hi, lo);
    this.#histograms.record(meters.latency, Math.max(0, us));
  }

  #senderOf({ words }: Packet): Sender | null {
    const name = datagramLane(words);
    const known = this.#senders.get(name);
    if (known !== undefined) return known;
    const { lanes } = this.#options.listen;
    const wanted = lanes.length === 0 || lanes.includes(name);
    if (!wanted || this.#senders.size >= MOST_SENDERS || !/^[a-z][a-z0-9_-]*$/.test(name)) return null;
    const sender = new Sender(name, this.#parts, this.#recv);
    this.#senders.set(name, sender);
    this.#options.report("info", "sender heard", { sender: name });
    return sender;
  }

  #wait(ms: number): void {
    this.#due ??= setTimeout(
      () => {
        this.#due = null;
        const now = performance.now();
        for (const sender of this.#senders.values()) sender.settle(now);
        const next = Math.min(...[...this.#senders.values()].map(({ due }) => due));
        if (next < Infinity) this.#wait(next - now);
      },
      Math.max(1, Math.ceil(ms)),
    );
  }

  /** Heartbeat of the region, silent senders, counters. */
  tick(): void {
    this.#options.time.read(this.#now);
    this.region.beat(this.#now);
    const now = performance.now();
    for (const sender of this.#senders.values())
      sender.tick(now - sender.heardAt > this.#options.listen.silent_ms);
    this.#gate.publish();
  }

  #refuse(why: Why, { address }: Pick<RemoteInfo, "address">): void {
    this.#parts.counters.add(this.#refused[why], 1);
    const reason =
      why === "source"
        ? "expected one of the addresses in udp.from"
        : why === "lane"
          ? `expected a lane that is asked for, and at most ${MOST_SENDERS}`
          : DATAGRAM_FAULTS[why];
    this.#report("datagram refused", { from: address, reason });
  }

  #lost(loss: Loss): void {
    this.#options.lost?.(loss);
    const { session: _, ...facts } = loss;
    const words = {
      lost: "datagrams lost",
      sender: "sender has a hole itself",
      session: "sender began anew, not where it was",
    };
    this.#report(words[loss.reason], { ...facts });
  }

  #report(message: string, facts: Readonly<Record<string, unknown>>): void {
    if (this.#lines.may(performance.now())) this.#options.report("warn", message, facts);
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#due !== null) clearTimeout(this.#due);
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) await new Promise<void>((resolve) => socket.close(resolve));
    this.tick();
  }
}

function bound(socket: Socket, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

function refusedMeters(counters: CounterWriter): Record<Why, number> {
  const rows = [...FAULTS, "source", "lane"].map((why): [string, number] => [
    why,
    counters.declare({
      name: "feedhorn_udp_refused_datagrams_total",
      labels: `reason="${why}"`,
      unit: "datagrams",
      help: "datagrams that were none of ours, by what is wrong with them",
    }),
  ]);
  return Object.fromEntries(rows) as Record<Why, number>;
}
