import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Rig } from "../../test/contracts/venue-rig.ts";
import { FRAME, withOptions } from "../model/index.ts";
import type { Channel, MarketEvent, Subscription, Venue } from "../model/index.ts";
import { venueById } from "../venues/index.ts";
import { Exchange } from "./exchange.ts";
import type { FaultName } from "./faults.ts";
import { specsOf } from "./lineup.ts";
import { World } from "./market.ts";
import { Random } from "./random.ts";
import { startSimulator, type Simulator } from "./simulate.ts";
import { Truth } from "./truth.ts";
import type { Payload, Wire } from "./wire.ts";

/** A venue whose market data are binary frames: Binance with its SBE streams. */

const JSON_FORM = venueById("binance")!;
const SBE = withOptions(JSON_FORM, { stream: "sbe" });
const ORIGIN = 1_760_000_000_000_000;
const KEY = { "X-MBX-APIKEY": "key-of-a-test" };

/** Keeps what was sent. */
class Tape implements Wire {
  readonly sent: Payload[] = [];
  send(data: Payload): void {
    this.sent.push(data);
  }
  raw(): void {}
  flush(): void {}
  ping(): void {}
  close(): void {}
  reset(): void {}
  end(): void {}
  freeze(): void {}
  drip(): void {}
  hold(): void {}
}

function read(rig: Rig, data: Payload): ReturnType<Rig["bytes"]> {
  return typeof data === "string" ? rig.text(data) : rig.bytes(data);
}

/** Frames and events of a client that asks for `channel` of everything, over `seconds` of one seeded market. */
function played(
  venue: Venue,
  channel: Channel,
  seconds: number,
): { frames: Payload[]; events: MarketEvent[] } {
  const world = new World(new Random("both forms"), ORIGIN);
  const specs = specsOf({ venue }, 3, world.random);
  const options = { venue, world, truth: new Truth(), specs, rate: 250, limits: false, wallMs: () => 0 };
  const exchange = new Exchange(options);
  const tape = new Tape();
  const [endpoint] = venue.sockets;
  const { pathname, search } = new URL(venue.connectUrl(endpoint!, endpoint!.url));
  const session = exchange.connect(pathname + search, tape)!;
  const wanted = specs.map(({ instrument: { symbol } }): Subscription => ({ channel, symbol }));
  for (const request of venue.subscribe(wanted, () => 1)) session.receive(request.text);
  for (let at = ORIGIN; at <= ORIGIN + seconds * 1e6; at += 10_000) exchange.run(at);
  const rig = new Rig(
    venue,
    specs.map(({ instrument }) => instrument),
  );
  const frames = tape.sent.slice(1);
  const reads = frames.map((data) => read(rig, data));
  expect(reads.every(({ frame }) => frame === FRAME.DATA)).toBe(true);
  expect(reads.reduce((sum, { inexact }) => sum + inexact, 0)).toBe(0);
  return { frames, events: reads.flatMap(({ events }) => events) };
}

describe("one seeded market in both forms", () => {
  // Diffs of the JSON streams come five times less often; batched alike they are the same diffs.
  const server = { ...JSON_FORM.server, bookBatchMs: SBE.server.bookBatchMs };
  const json: Venue = { ...JSON_FORM, server };

  test.each<[Channel, number]>([
    ["trade", 60],
    ["quote", 1000],
    ["book", 500],
    ["partial_book", 500],
  ])("%s: equal events", (channel, least) => {
    const [one, two] = [played(json, channel, 8), played(SBE, channel, 8)];
    expect(one.frames.every((data) => typeof data === "string")).toBe(true);
    expect(two.frames.every((data) => data instanceof Uint8Array)).toBe(true);
    expect(two.events.length).toBeGreaterThan(least);
    // Quotes and partial books have a time in SBE alone.
    const timed = channel === "trade" || channel === "book";
    const bare = (event: MarketEvent): MarketEvent => (timed ? event : { ...event, ts_event: null });
    expect(two.events.map(bare)).toEqual(one.events);
    expect(two.events.every(({ ts_event }) => ts_event !== null)).toBe(true);
  });
});

interface Seen {
  readonly data: Uint8Array;
  readonly binary: boolean;
}

class Probe {
  readonly frames: Seen[] = [];
  readonly socket: WebSocket;
  readonly rig: Rig;
  closed: number | null = null;
  error: Error | null = null;

  constructor(url: string, headers: Record<string, string>, rig: Rig) {
    this.rig = rig;
    this.socket = new WebSocket(url, { headers, maxPayload: 64 << 20, skipUTF8Validation: true });
    this.socket.on("message", (data: Buffer, binary) =>
      this.frames.push({ data: Uint8Array.from(data), binary }),
    );
    this.socket.on("error", (error) => (this.error = error));
    this.socket.on("close", (code) => (this.closed = code));
  }

  async more(count: number): Promise<void> {
    const goal = this.frames.length + count;
    await expect.poll(() => this.frames.length, { timeout: 5000, interval: 10 }).toBeGreaterThanOrEqual(goal);
  }

  /** Verdicts that are not DATA, and breaks between the books that were read. */
  troubles(): { verdicts: number[]; breaks: number } {
    const reads = this.frames.map(({ data }) => this.rig.bytes(data));
    const books = reads.flatMap(({ events }) => events.filter((event) => event.type === "book"));
    const breaks = books.filter((event, i) => i > 0 && event.prev_seq !== books[i - 1]!.seq).length;
    return { verdicts: reads.map(({ frame }) => frame).filter((frame) => frame !== FRAME.DATA), breaks };
  }
}

describe("over a socket", () => {
  let sim: Simulator;
  beforeAll(async () => {
    const venues = [{ venue: SBE, instruments: ["BTC-USDT"] }];
    sim = await startSimulator({ venues, seed: "binary", speed: 20, rate: 60, limits: false });
  });
  afterAll(() => sim.close());

  async function probe(headers: Record<string, string> = KEY): Promise<Probe> {
    const rig = new Rig(SBE, [
      specsOf({ venue: SBE, instruments: ["BTC-USDT"] }, 1, new Random("x"))[0]!.instrument,
    ]);
    expect(rig.instruments[0]!.symbol).toBe(sim.symbols["binance"]![0]);
    return new Probe(`${sim.endpoints["binance"]!.ws}/ws/btcusdt@depth`, headers, rig);
  }

  async function struck(fault: FaultName): Promise<Probe> {
    const one = await probe();
    await one.more(3);
    const before = sim.faultLog.length;
    expect(sim.inject({ fault, venue: "binance", symbol: "BTCUSDT" })).toBe(1);
    await expect.poll(() => sim.faultLog.length, { timeout: 5000 }).toBe(before + 1);
    return one;
  }

  test("the upgrade is refused without the key, and an empty one is none", async () => {
    for (const headers of [{}, { "X-MBX-APIKEY": "" }] as Record<string, string>[]) {
      const one = await probe(headers);
      await expect.poll(() => one.closed, { timeout: 5000 }).not.toBeNull();
      expect(one.error?.message).toBe("Unexpected server response: 401");
    }
  });

  test("data are binary, without a break", async () => {
    const one = await probe();
    await one.more(20);
    expect(one.frames.every(({ binary }) => binary)).toBe(true);
    expect(one.troubles()).toEqual({ verdicts: [], breaks: 0 });
    one.socket.terminate();
  });

  test.each<[FaultName, number[], number, boolean]>([
    ["drop", [], 1, true],
    ["truncate", [FRAME.BAD], 1, true],
    ["smash", [FRAME.UNKNOWN], 1, true],
    ["binary", [FRAME.BAD], 1, true],
    ["empty", [FRAME.BAD], 0, false],
    ["unknown", [FRAME.UNKNOWN], 0, false],
    ["bad_utf8", [FRAME.BAD], 1, false],
    ["fragmented", [], 0, true],
    ["dripped", [], 0, true],
  ])("%s strikes a binary frame", async (fault, verdicts, breaks, binary) => {
    const one = await struck(fault);
    await one.more(5);
    expect(one.troubles()).toEqual({ verdicts, breaks });
    expect(one.frames.every((frame) => frame.binary)).toBe(binary);
    one.socket.terminate();
  });

  test("duplicate and reorder: whole frames, the same bytes", async () => {
    const one = await struck("duplicate");
    await one.more(5);
    const texts = one.frames.map(({ data }) => Buffer.from(data).toString("hex"));
    expect(texts.filter((text, i) => text === texts[i - 1])).toHaveLength(1);
    one.socket.terminate();
    const two = await struck("reorder");
    await two.more(5);
    expect(two.troubles()).toEqual({ verdicts: [], breaks: 3 });
    two.socket.terminate();
  });
});
