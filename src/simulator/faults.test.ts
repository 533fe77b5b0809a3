import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Rig } from "../../test/contracts/venue-rig.ts";
import { instrumentOf } from "../model/index.ts";
import { VENUES, venueById } from "../venues/index.ts";
import { applies } from "./faults.ts";
import type { FaultName } from "./faults.ts";
import { startSimulator, type Simulator } from "./simulate.ts";

/** Each fault, injected into a real connection, as a plain client sees it. Binance's ids show what was lost. */

const SPEED = 20;
const VENUE = venueById("binance")!;

interface Seen {
  text: string;
  binary: boolean;
}

class Probe {
  readonly frames: Seen[] = [];
  readonly pings: string[] = [];
  readonly pongs: string[] = [];
  readonly socket: WebSocket;
  closed: number | null = null;
  error: Error | null = null;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(url, { headers, maxPayload: 64 << 20 });
    this.socket.on("message", (data, binary) => this.frames.push({ text: String(data), binary }));
    this.socket.on("ping", (data) => this.pings.push(String(data)));
    this.socket.on("pong", (data) => this.pongs.push(String(data)));
    this.socket.on("error", (error) => (this.error = error));
    this.socket.on("close", (code) => (this.closed = code));
  }

  async opened(): Promise<this> {
    await expect.poll(() => this.socket.readyState).toBe(WebSocket.OPEN);
    return this;
  }

  /** Waits until `count` more frames have come. */
  async more(count: number): Promise<void> {
    const goal = this.frames.length + count;
    await expect.poll(() => this.frames.length, { timeout: 5000, interval: 10 }).toBeGreaterThanOrEqual(goal);
  }

  /** [U, u] of the book events that can be read. */
  ids(): [number, number][] {
    return this.frames.flatMap(({ text }) => {
      const event = parsed(text) as { U?: number; u?: number } | null;
      return event?.U !== undefined && event.u !== undefined ? [[event.U, event.u]] : [];
    });
  }

  /** Places where an event does not follow the one before. */
  breaks(): number {
    const ids = this.ids();
    return ids.filter(([first], i) => i > 0 && first !== ids[i - 1]![1] + 1).length;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

let sim: Simulator;
beforeAll(async () => {
  const venues = [{ venue: VENUE, instruments: ["BTC-USDT", "ETH-USDT"] }];
  sim = await startSimulator({ venues, seed: "faults", speed: SPEED, rate: 60, limits: false });
});
afterAll(() => sim.close());

async function probe(stream = "btcusdt@depth@100ms"): Promise<Probe> {
  const one = await new Probe(`${sim.endpoints["binance"]!.ws}/ws/${stream}`).opened();
  await one.more(3);
  return one;
}

/** Injects, and waits until the fault is in the log and five more frames have come. */
async function strike(one: Probe, fault: FaultName): Promise<void> {
  const before = sim.faultLog.length;
  expect(sim.inject({ fault, venue: "binance", symbol: "BTCUSDT" })).toBe(1);
  await expect.poll(() => sim.faultLog.length, { timeout: 5000 }).toBe(before + 1);
  expect(sim.faultLog.at(-1)).toMatchObject({ fault, venue: "binance", symbol: "BTCUSDT" });
  await one.more(5);
}

async function closing(one: Probe): Promise<number | null> {
  await expect.poll(() => one.closed, { timeout: 5000 }).not.toBeNull();
  return one.closed;
}

describe("frames", () => {
  test("without faults the stream has no break", async () => {
    const one = await probe();
    await one.more(20);
    expect(one.breaks()).toBe(0);
    one.socket.terminate();
  });

  test("drop: one break, nothing else", async () => {
    const one = await probe();
    await strike(one, "drop");
    expect(one.breaks()).toBe(1);
    expect(one.ids().every(([, last], i, all) => i === 0 || last > all[i - 1]![1])).toBe(true);
    one.socket.terminate();
  });

  test("duplicate and flood: the same bytes again", async () => {
    const one = await probe();
    await strike(one, "duplicate");
    expect(one.frames.filter(({ text }, i) => i > 0 && text === one.frames[i - 1]!.text).length).toBe(1);
    await strike(one, "flood");
    expect(one.frames.filter(({ text }, i) => i > 0 && text === one.frames[i - 1]!.text).length).toBe(50);
    one.socket.terminate();
  });

  test("reorder: two neighbours change places and nothing is lost", async () => {
    const one = await probe();
    await strike(one, "reorder");
    const ids = one.ids();
    const back = ids.findIndex(([, last], i) => i > 0 && last < ids[i - 1]![1]);
    expect(back).toBeGreaterThan(0);
    [ids[back - 1], ids[back]] = [ids[back]!, ids[back - 1]!];
    expect(ids.filter(([first], i) => i > 0 && first !== ids[i - 1]![1] + 1)).toEqual([]);
    one.socket.terminate();
  });

  test.each(["truncate", "smash"] as const)("%s: one frame does not parse", async (fault) => {
    const one = await probe();
    await strike(one, fault);
    expect(one.frames.filter(({ text }) => parsed(text) === null).length).toBe(1);
    expect(one.breaks()).toBe(1);
    one.socket.terminate();
  });

  test("binary: rubbish instead of a frame", async () => {
    const one = await probe();
    await strike(one, "binary");
    expect(one.frames.filter(({ binary }) => binary).length).toBe(1);
    expect(one.breaks()).toBe(1);
    one.socket.terminate();
  });

  test("empty, unknown, oversize: one frame more, nothing lost", async () => {
    const one = await probe();
    await strike(one, "empty");
    await strike(one, "unknown");
    await strike(one, "oversize");
    const strange = one.frames.filter(({ text }) => text === "" || text.includes("simulated"));
    expect(strange.map(({ text }) => text.slice(0, 14))).toEqual(["", '{"simulated":{', '{"simulated":"']);
    expect(strange[2]!.text.length).toBeGreaterThan(VENUE.limits.maxFrame);
    expect(one.breaks()).toBe(0);
    one.socket.terminate();
  });

  test("fragmented and dripped frames are whole in the end", async () => {
    const one = await probe();
    await strike(one, "fragmented");
    expect(one.pings).toContain("between");
    await strike(one, "dripped");
    expect(one.breaks()).toBe(0);
    one.socket.terminate();
  });

  test.each([
    ["bad_utf8", "Invalid WebSocket frame: invalid UTF-8 sequence"],
    ["bad_opcode", "Invalid WebSocket frame: invalid opcode 3"],
  ] as const)("%s: a strict client drops the connection", async (fault, message) => {
    const one = await probe();
    sim.inject({ fault, venue: "binance" });
    expect(await closing(one)).toBe(1006);
    expect(one.error?.message).toBe(message);
  });
});

describe("connections", () => {
  test.each([
    ["reset", 1006],
    ["fin", 1006],
    ["going_away", 1001],
    ["service_restart", 1012],
  ] as const)("%s: close code %i", async (fault, code) => {
    const one = await probe();
    expect(sim.inject({ fault, venue: "binance" })).toBe(1);
    expect(await closing(one)).toBe(code);
  });

  test("half_open: silence, no pongs, an open socket; reset when its time is over", async () => {
    const one = await probe();
    sim.inject({ fault: "half_open", venue: "binance", duration: 16_000 });
    await pause(100);
    const before = one.frames.length;
    one.socket.ping("there?");
    await pause(200);
    expect([one.frames.length, one.pongs, one.closed]).toEqual([before, [], null]);
    expect(await closing(one)).toBe(1006);
  });

  test("silence: no data, but pongs; the ids show a break afterwards", async () => {
    const one = await probe();
    sim.inject({ fault: "silence", venue: "binance", duration: 8000 });
    await pause(60);
    const before = one.frames.length;
    one.socket.ping("there?");
    await pause(150);
    expect([one.frames.length, one.pongs]).toEqual([before, ["there?"]]);
    await one.more(3);
    expect(one.breaks()).toBe(1);
    one.socket.terminate();
  });

  test("lag: nothing for a while, then everything, in order", async () => {
    const one = await probe();
    sim.inject({ fault: "lag", venue: "binance", duration: 8000 });
    await pause(60);
    const before = one.frames.length;
    await pause(150);
    expect(one.frames.length).toBe(before);
    await one.more(8);
    expect(one.breaks()).toBe(0);
    one.socket.terminate();
  });

  test("mute_heartbeat: the venue's pings stop, data goes on", async () => {
    const one = await probe();
    sim.inject({ fault: "mute_heartbeat", venue: "binance", duration: 120000 });
    const pings = one.pings.length;
    await pause((1.05 * VENUE.server.pingMs) / SPEED);
    expect(one.pings.length).toBe(pings);
    expect(one.breaks()).toBe(0);
    one.socket.terminate();
  });

  test("stall: one symbol is silent while the other flows", async () => {
    const one = await probe("btcusdt@depth@100ms/ethusdt@depth@100ms");
    const of = (symbol: string): number => one.frames.filter(({ text }) => text.includes(symbol)).length;
    sim.inject({ fault: "stall", venue: "binance", symbol: "BTCUSDT", duration: 9000 });
    await pause(60);
    const [silent, flowing] = [of("BTCUSDT"), of("ETHUSDT")];
    await pause(200);
    expect(of("BTCUSDT")).toBe(silent);
    expect(of("ETHUSDT")).toBeGreaterThan(flowing + 5);
    await expect.poll(() => of("BTCUSDT"), { timeout: 5000 }).toBeGreaterThan(silent + 3);
    one.socket.terminate();
  });
});

describe("the front door", () => {
  const url = (): string => `${sim.endpoints["binance"]!.ws}/ws/btcusdt@trade`;
  /** Tries again and again until a connection opens. */
  const reopens = async (): Promise<void> => {
    const attempt = async (): Promise<boolean> => {
      const one = new Probe(url());
      await pause(50);
      const open = one.socket.readyState === WebSocket.OPEN;
      one.socket.terminate();
      return open;
    };
    await expect.poll(attempt, { timeout: 5000 }).toBe(true);
  };

  test("refuse_connections: everybody is cut, and 503 for the next", async () => {
    const one = await probe();
    sim.inject({ fault: "refuse_connections", venue: "binance", duration: 6000 });
    expect(await closing(one)).toBe(1006);
    const next = new Probe(url());
    await closing(next);
    expect(next.error?.message).toBe("Unexpected server response: 503");
    await reopens();
  });

  test("hang_upgrade: connected, never answered", async () => {
    sim.inject({ fault: "hang_upgrade", venue: "binance", duration: 6000 });
    const one = new Probe(url());
    await pause(120);
    expect([one.socket.readyState, one.error]).toEqual([WebSocket.CONNECTING, null]);
    one.socket.terminate();
    await reopens();
  });

  test("restart: connection refused, then back on the same port", async () => {
    const one = await probe();
    sim.inject({ fault: "restart", venue: "binance", duration: 6000 });
    expect(await closing(one)).toBe(1006);
    const next = new Probe(url());
    await closing(next);
    expect(next.error).toMatchObject({ code: "ECONNREFUSED" });
    await reopens();
  });

  test("lose_acks: no answer, but data; ignore_subscribe: an answer, but no data", async () => {
    const ask = JSON.stringify({ method: "SUBSCRIBE", params: ["ethusdt@depth@100ms"], id: 7 });
    const acked = (one: Probe): boolean => one.frames.some(({ text }) => text === '{"result":null,"id":7}');
    const data = (one: Probe): boolean => one.frames.some(({ text }) => text.includes("ETHUSDT"));
    const outcome = async (fault: FaultName): Promise<boolean[]> => {
      const one = await probe();
      sim.inject({ fault, venue: "binance", duration: 8000 });
      one.socket.send(ask);
      await pause(200);
      one.socket.terminate();
      return [acked(one), data(one)];
    };
    expect(await outcome("lose_acks")).toEqual([false, true]);
    await pause(400);
    expect(await outcome("ignore_subscribe")).toEqual([true, false]);
    await pause(400);
  });

  test("omit_subscribe: the first of two streams is as if it had not been asked for", async () => {
    const params = ["ethusdt@trade", "ethusdt@depth@100ms"];
    const one = await probe();
    sim.inject({ fault: "omit_subscribe", venue: "binance", duration: 20_000 });
    one.socket.send(JSON.stringify({ method: "SUBSCRIBE", params, id: 7 }));
    await expect.poll(() => one.frames.some(({ text }) => text.includes("depthUpdate"))).toBe(true);
    one.socket.send(JSON.stringify({ method: "LIST_SUBSCRIPTIONS", id: 8 }));
    const listed = (): string[] | undefined =>
      one.frames.flatMap(({ text }) => {
        const answer = parsed(text) as { id?: number; result?: string[] } | null;
        return answer?.id === 8 ? [answer.result ?? []] : [];
      })[0];
    await expect.poll(listed).toEqual(["btcusdt@depth@100ms", "ethusdt@depth@100ms"]);
    one.socket.terminate();
    await pause(1000);
  });

  test("error_frame: in the venue's words, of no request", async () => {
    const one = await probe();
    expect(sim.inject({ fault: "error_frame", venue: "binance" })).toBe(1);
    await expect.poll(() => one.frames.map(({ text }) => VENUE.control(text)[0]?.type)).toContain("error");
    expect(one.breaks()).toBe(0);
    one.socket.terminate();
  });
});

describe("REST", () => {
  /** A crowded machine may take its time to answer at all. */
  const snapshot = (patience = 3000): Promise<Response> =>
    fetch(`${sim.endpoints["binance"]!.rest}/api/v3/depth?symbol=BTCUSDT&limit=5`, {
      signal: AbortSignal.timeout(patience),
    });
  const during = async (fault: FaultName, use: () => Promise<void>): Promise<void> => {
    sim.inject({ fault, venue: "binance", duration: 6000 });
    await use();
    await expect
      .poll(async () => (await snapshot(500).catch(() => null))?.status, { timeout: 10_000 })
      .toBe(200);
  };

  test.each([
    ["rest_429", 429],
    ["rest_418", 418],
  ] as const)("%s: status %i with Retry-After in real seconds", async (fault, status) => {
    await during(fault, async () => {
      const response = await snapshot();
      expect([response.status, response.headers.get("retry-after")]).toEqual([status, "1"]);
    });
  });

  test("rest_503, rest_truncated, rest_reset, rest_hang", async () => {
    await during("rest_503", async () => expect((await snapshot()).status).toBe(503));
    await during("rest_truncated", async () => {
      const response = await snapshot();
      expect(response.status).toBe(200);
      expect(parsed(await response.text())).toBeNull();
    });
    await during("rest_reset", async () => {
      await expect(snapshot().then((response) => response.text())).rejects.toThrow("terminated");
    });
    await during("rest_hang", async () => {
      await expect(snapshot(200)).rejects.toThrow("timeout");
    });
  });

  test("rest_stale: the snapshot stands still", async () => {
    const id = async (): Promise<number> =>
      ((await (await snapshot()).json()) as { lastUpdateId: number }).lastUpdateId;
    await during("rest_stale", async () => {
      const first = await id();
      await pause(60);
      expect(await id()).toBe(first);
      await expect.poll(id, { timeout: 5000 }).toBeGreaterThan(first);
    });
  });
});

describe("the log", () => {
  test("times, bound, and what the client did about it", async () => {
    const one = await probe();
    sim.inject({ fault: "reset", venue: "binance" });
    await closing(one);
    const record = sim.faultLog.at(-1)!;
    expect(record).toMatchObject({
      fault: "reset",
      symbol: null,
      until: record.at,
      liveBy: record.at + 10_000,
    });
    expect(record.healedBy).toBeUndefined();
    (await probe()).socket.terminate();
    expect(record.healedBy).toBe("reconnect");
    expect(record.healedAt).toBeGreaterThan(record.at);
  });

  test("a fault that means nothing here is refused in words", () => {
    expect(() => sim.inject({ fault: "drop", venue: "nowhere" })).toThrow(/among binance, saw nowhere/);
    expect(() => sim.inject({ fault: "flip_digit", venue: "binance" })).toThrow(/applies to/);
  });

  test("a script strikes at its time, also when written by hand", async () => {
    const venues = [{ venue: VENUE, instruments: ["BTC-USDT"] }];
    const faults = [
      { at: 2000, fault: "quiet" as const, venue: "binance", symbol: "BTCUSDT", duration: 500 },
    ];
    const other = await startSimulator({ venues, seed: 3, speed: 20, faults });
    await expect.poll(() => other.faultLog.length, { timeout: 3000 }).toBe(1);
    expect(other.faultLog[0]).toMatchObject({ at: 2000, until: 2500, fault: "quiet", symbol: "BTCUSDT" });
    await other.close();
  });
});

/** Venues that send their books in the stream, and mark them. */
const STREAMED = VENUES.filter((venue) => applies("resnapshot", venue));

describe.runIf(STREAMED.length > 0)("books in the stream", () => {
  test.each(STREAMED.map((venue) => [venue.id, venue] as const))("%s: resnapshot", async (id, venue) => {
    const other = await startSimulator({
      venues: [{ venue }],
      instruments: 2,
      seed: 4,
      speed: SPEED,
      rate: 60,
    });
    const one = await new Probe(other.endpoints[id]!.ws, { ...venue.headers }).opened();
    const [symbol] = other.symbols[id]!;
    let request = 1;
    const wanted = [...(venue.sockets[0]!.always ?? []), { channel: "book" as const, symbol: symbol! }];
    for (const { text } of venue.subscribe(wanted, () => request++)) one.socket.send(text);
    const rig = new Rig(venue, [instrumentOf({ symbol: symbol!, canonical: "A-B" })]);
    const snapshots = (): number =>
      one.frames
        .flatMap(({ text }) => rig.text(text).events)
        .filter((event) => event.type === "book" && event.action === "snapshot").length;
    await expect.poll(snapshots).toBe(1);
    await one.more(5);
    other.inject({ fault: "resnapshot", venue: id, symbol });
    await expect.poll(snapshots).toBe(2);
    one.socket.terminate();
    await other.close();
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe.each(
  VENUES.filter((venue) => applies("maintenance", venue)).map((venue) => [venue.id, venue] as const),
)("maintenance of %s", (id, venue) => {
  test("is told when it begins, and when it ends where that is a frame", async () => {
    const other = await startSimulator({
      venues: [{ venue, instruments: ["BTC-USDT"] }],
      seed: 5,
      speed: 10,
    });
    const one = await new Probe(other.endpoints[id]!.ws).opened();
    const said = (): string[] =>
      one.frames.flatMap(({ text }) =>
        venue
          .control(text)
          .map((control) => (control.type === "venue_status" ? control.state : control.type)),
      );
    const greeting = said().length;
    other.inject({ fault: "maintenance", venue: id, duration: 2000 });
    const told = [true, false].flatMap(
      (begins) =>
        venue.server.maintenance?.(begins, { path: "/", sequence: 0, active: [], now: () => 0 }) ?? [],
    );
    await expect
      .poll(() => one.frames.length, { timeout: 5000 })
      .toBeGreaterThanOrEqual(greeting + told.length);
    expect(["halted", "shutdown"]).toContain(said().at(-told.length));
    one.socket.terminate();
    await other.close();
  });
});
