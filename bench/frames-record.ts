/** Records a session of the simulator as raw websocket frames, with the REST bodies a client of it needs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { startSimulator } from "../src/simulator/index.ts";
import { frameOf, OPCODE } from "../src/simulator/wire.ts";
import { venueById } from "../src/venues/index.ts";
import type { Channel, Subscription, Venue } from "../src/model/index.ts";
import type { Endpoints, Simulator } from "../src/simulator/index.ts";

export const CHANNELS: readonly Channel[] = ["trade", "quote", "book"];

/** A REST book and where in the stream a client takes it. */
export interface RecordedSnapshot {
  symbol: string;
  /** Frames of the connection that come before it: the last of them is the first diff newer than the body. */
  after: number;
  body: string;
}

/** One socket of one venue. */
export interface RecordedConnection {
  venue: string;
  symbols: readonly string[];
  /** Body of the venue's instrument list. */
  instruments: string;
  snapshots: RecordedSnapshot[];
  frames: number;
  /** All frames as they cross the wire, headers included, one behind the other. */
  file: string;
  bytes: number;
}

export interface RecordOptions {
  folder: string;
  venues: readonly string[];
  /** Messages of all connections together, at least. */
  messages: number;
  instruments: number;
  seed: string;
}

/** Book changes per second and instrument: some ten levels in each 100 ms diff. */
const RATE = 60;
/** Simulated seconds per real second: this decides how long recording takes, not what is recorded. */
const SPEED = 40;
const MAX_BUFFERED = 256 << 20;
/** Frames that must follow the last snapshot: the diffs that meet it are among them. */
const SETTLED = 1000;
const GIVE_UP_MS = 60_000;

/** Runs a simulator, listens until there are enough messages, writes one file per connection into the folder. */
export async function record(options: RecordOptions): Promise<RecordedConnection[]> {
  const venues = options.venues.map(known);
  const simulator = await startSimulator({
    venues: venues.map((venue) => ({ venue })),
    instruments: options.instruments,
    seed: options.seed,
    speed: SPEED,
    rate: RATE,
    limits: false,
    maxBuffered: MAX_BUFFERED,
  });
  const tapes = venues.map((venue) => new Tape(venue, simulator));
  try {
    await Promise.all(tapes.map((tape) => tape.start()));
    await enough(tapes, options.messages);
  } finally {
    for (const tape of tapes) tape.stop();
    await simulator.close();
  }
  return tapes.map((tape) => tape.write(options.folder));
}

function known(id: string): Venue {
  const venue = venueById(id);
  if (venue === null) throw new RangeError(`expected the id of a venue, saw ${id}`);
  return venue;
}

async function enough(tapes: readonly Tape[], messages: number): Promise<void> {
  const heard = (): number => tapes.reduce((sum, tape) => sum + tape.frames.length, 0);
  for (const end = performance.now() + GIVE_UP_MS; performance.now() < end;) {
    if (heard() >= messages && tapes.every((tape) => tape.complete)) return;
    await sleep(20);
  }
  throw new Error(`expected ${messages} messages within ${GIVE_UP_MS} ms, saw ${heard()}`);
}

/** What one client of one venue hears. */
class Tape {
  readonly frames: Buffer[] = [];
  readonly #venue: Venue;
  readonly #symbols: readonly string[];
  readonly #endpoints: Endpoints;
  readonly #asked = new Set<string>();
  readonly #bodies = new Map<string, string>();
  #failure: Error | null = null;
  #instruments = "";
  #socket: WebSocket | null = null;
  #settled = Infinity;

  constructor(venue: Venue, simulator: Simulator) {
    this.#venue = venue;
    this.#symbols = simulator.symbols[venue.id];
    this.#endpoints = simulator.endpoints[venue.id];
  }

  /** Every book has its snapshot, and the stream has gone on behind it. */
  get complete(): boolean {
    if (this.#failure !== null) throw this.#failure;
    return this.#bodies.size === this.#symbols.length && this.frames.length > this.#settled;
  }

  /** Streams first; each book is fetched once it has sent a diff: the order the venue's manual asks for. */
  async start(): Promise<void> {
    this.#instruments = await this.#get(this.#venue.instruments.requests[0].path);
    this.#listen();
  }

  stop(): void {
    this.#socket?.terminate();
  }

  #listen(): void {
    const endpoint = this.#venue.sockets[0];
    const url = this.#venue.connectUrl(endpoint, new URL(this.#endpoints.sockets[endpoint.name]).origin);
    const socket = new WebSocket(url, { headers: this.#venue.headers, perMessageDeflate: false });
    socket.on("open", () => {
      for (const { text } of this.#venue.subscribe(this.#subscriptions(), () => 1)) socket.send(text);
    });
    socket.on("message", (data: Buffer) => {
      if (!data.includes('"stream":')) return;
      this.frames.push(data);
      if (this.#asked.size < this.#symbols.length) this.#follow(data);
    });
    this.#socket = socket;
  }

  #subscriptions(): Subscription[] {
    return CHANNELS.flatMap((channel) => this.#symbols.map((symbol) => ({ channel, symbol })));
  }

  #follow(frame: Buffer): void {
    const symbol = diffOf(frame)?.s;
    if (symbol === undefined || this.#asked.has(symbol)) return;
    this.#asked.add(symbol);
    void this.#keepSnapshot(symbol);
  }

  async #keepSnapshot(symbol: string): Promise<void> {
    try {
      this.#bodies.set(symbol, await this.#snapshot(symbol));
      this.#settled = this.frames.length + SETTLED;
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  #snapshot(symbol: string): Promise<string> {
    const source = this.#venue.snapshot;
    if (source.via !== "rest") throw new Error(`expected a venue with REST snapshots, saw ${this.#venue.id}`);
    return this.#get(source.request(symbol).path);
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(this.#endpoints.rest.replace(/\/$/, "") + path);
    if (response.ok) return response.text();
    throw new Error(`${path}: expected 200, saw ${response.status}`);
  }

  write(folder: string): RecordedConnection {
    const bytes = Buffer.concat(this.frames.map((frame) => frameOf(OPCODE.TEXT, frame)));
    const file = join(folder, `${this.#venue.id}.frames`);
    writeFileSync(file, bytes);
    return {
      venue: this.#venue.id,
      symbols: this.#symbols,
      instruments: this.#instruments,
      snapshots: this.#symbols.map((symbol) => this.#placed(symbol)).toSorted((a, b) => a.after - b.after),
      frames: this.frames.length,
      file,
      bytes: bytes.length,
    };
  }

  #placed(symbol: string): RecordedSnapshot {
    const body = this.#bodies.get(symbol) ?? "";
    const last = (JSON.parse(body) as { lastUpdateId: number }).lastUpdateId;
    const at = this.frames.findIndex((frame) => {
      const diff = diffOf(frame);
      return diff !== null && diff.s === symbol && diff.u > last;
    });
    if (at < 0) throw new Error(`${symbol}: expected a diff newer than ${last}, saw none`);
    return { symbol, after: at + 1, body };
  }
}

function diffOf(frame: Buffer): { s: string; u: number } | null {
  if (!frame.includes("@depth")) return null;
  return (JSON.parse(frame.toString("latin1")) as { data: { s: string; u: number } }).data;
}
