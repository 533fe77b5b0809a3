import net from "node:net";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Instrument } from "../model/index.ts";
import { VENUES, venueById } from "../venues/index.ts";
import { startSimulator, type Simulator, type SimulatorOptions } from "./simulate.ts";

const VENUE = venueById("binance")!;
const FUTURES = venueById("binance-usdm")!;

async function withSimulator(
  options: Partial<SimulatorOptions>,
  use: (sim: Simulator) => Promise<void>,
): Promise<void> {
  const sim = await startSimulator({ venues: [{ venue: VENUE }], instruments: 2, seed: "rig", ...options });
  try {
    await use(sim);
  } finally {
    await sim.close();
  }
}

function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

function closing(socket: WebSocket): Promise<[number, string]> {
  return new Promise((resolve) => socket.once("close", (code, reason) => resolve([code, String(reason)])));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

describe("limits", () => {
  test("too many messages close the connection with 1008", () =>
    withSimulator({}, async (sim) => {
      const socket = await open(`${sim.endpoints["binance"]!.ws}/ws`);
      const closed = closing(socket);
      for (let id = 1; id <= VENUE.limits.messages + 1; id++)
        socket.send(JSON.stringify({ method: "LIST_SUBSCRIPTIONS", id }));
      expect(await closed).toEqual([1008, "more than 5 messages in 1000 ms"]);
    }));

  test("pings of the client count as messages", () =>
    withSimulator({}, async (sim) => {
      const socket = await open(`${sim.endpoints["binance"]!.ws}/ws`);
      const closed = closing(socket);
      for (let i = 0; i <= VENUE.limits.messages; i++) socket.ping();
      expect((await closed)[0]).toBe(1008);
    }));

  test("REST weight runs out: 429 with Retry-After, until then the true book", () =>
    withSimulator({ venues: [{ venue: FUTURES }] }, async (sim) => {
      const { rest } = sim.endpoints["binance-usdm"]!;
      const [symbol] = sim.symbols["binance-usdm"]!;
      const { path, weight } =
        FUTURES.snapshot.via === "rest" ? FUTURES.snapshot.request(symbol!) : { path: "", weight: 1 };
      const statuses: number[] = [];
      const afford = Math.floor(FUTURES.limits.restWeight / weight);
      for (let i = 0; i < afford + 2; i++) {
        const response = await fetch(rest + path);
        statuses.push(response.status);
        if (response.status === 429) expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(30);
        await response.arrayBuffer();
      }
      expect(statuses.indexOf(429)).toBe(afford);
      expect(sim.stats().venues["binance-usdm"]).toMatchObject({ restRequests: afford + 2, restLimited: 2 });
    }));

  test("streams beyond the venue's number deliver nothing", () =>
    withSimulator(
      { venues: [{ venue: { ...VENUE, limits: { ...VENUE.limits, streamsPerSocket: 1 } } }] },
      async (sim) => {
        const [first, second] = sim.symbols["binance"]!.map(
          (symbol) => `${symbol.toLowerCase()}@depth@100ms`,
        );
        const socket = await open(`${sim.endpoints["binance"]!.ws}/stream`);
        const streams = new Set<string>();
        socket.on("message", (data) => streams.add((JSON.parse(String(data)) as { stream: string }).stream));
        socket.send(JSON.stringify({ method: "SUBSCRIBE", params: [first, second], id: 1 }));
        await pause(700);
        streams.delete(undefined as unknown as string);
        expect([...streams]).toEqual([first]);
        socket.terminate();
      },
    ));

  test("more connections than the window allows are refused with 429", () =>
    withSimulator(
      { venues: [{ venue: { ...VENUE, limits: { ...VENUE.limits, connects: 2 } } }] },
      async (sim) => {
        const url = `${sim.endpoints["binance"]!.ws}/ws`;
        const sockets = [await open(url), await open(url)];
        await expect(open(url)).rejects.toThrow("Unexpected server response: 429");
        expect(sim.stats().venues["binance"]).toMatchObject({ accepted: 2, refused: 1, connections: 2 });
        for (const socket of sockets) socket.terminate();
      },
    ));

  test("headers the venue demands, and paths it does not have", () =>
    withSimulator({ venues: [{ venue: { ...FUTURES, headers: { "User-Agent": "x" } } }] }, async (sim) => {
      const { ws } = sim.endpoints["binance-usdm"]!;
      await expect(open(`${ws}/ws`)).rejects.toThrow("403");
      await expect(open(`${new URL(ws).origin.replace("http", "ws")}/elsewhere/ws`)).rejects.toThrow("404");
    }));
});

describe("clients", () => {
  test("one that does not read is cut, and counted", () =>
    withSimulator({ speed: 20, rate: 50, maxBuffered: 2 << 20 }, async (sim) => {
      const { port } = new URL(sim.endpoints["binance"]!.ws);
      const socket = net.connect(Number(port), "127.0.0.1");
      socket.write(
        "GET /stream?streams=btcusdt@depth@100ms HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
      );
      socket.once("readable", () => socket.pause());
      socket.on("error", () => {});
      const figures = (): { slow: number; connections: number } => sim.stats().venues["binance"]!;
      await expect.poll(() => figures().connections, { interval: 5 }).toBe(1);
      // A megabyte each: more than the kernel holds for a reader that sleeps.
      for (let i = 0; i < 40; i++) sim.inject({ fault: "oversize", venue: "binance" });
      await expect.poll(() => figures().slow, { timeout: 10_000 }).toBe(1);
      await expect.poll(() => figures().connections, { timeout: 2000 }).toBe(0);
      socket.destroy();
    }));

  test("the venue pings at its period of simulated time, and cuts who does not answer", () =>
    withSimulator({ speed: 400, rate: 1 }, async (sim) => {
      const socket = new WebSocket(`${sim.endpoints["binance"]!.ws}/ws`, { autoPong: false });
      let pings = 0;
      socket.on("ping", () => (pings += 1));
      expect((await closing(socket))[0]).toBe(1008);
      expect(pings).toBeGreaterThan(3);
      expect(sim.stats().venues["binance"]!.deaf).toBe(1);
    }));
});

describe("the control interface", () => {
  test("tells the truth, the books, the faults and the figures, and injects", () =>
    withSimulator({ rate: 100 }, async (sim) => {
      const get = async (path: string): Promise<Record<string, unknown>> =>
        (await (await fetch(sim.control + path)).json()) as Record<string, unknown>;
      await pause(100);
      const latest = sim.truth.at({ venue: "binance", symbol: "BTCUSDT" })!;
      const told = await get(`/truth?venue=binance&symbol=BTCUSDT&seq=${latest.key}`);
      expect(told).toMatchObject({ key: latest.key, ts: latest.ts, hash: latest.hash });
      expect((told["top"] as { bids: unknown[] }).bids.length).toBe(50);
      expect((await fetch(`${sim.control}/truth?venue=binance&symbol=BTCUSDT&seq=1`)).status).toBe(404);
      expect((await fetch(`${sim.control}/truth?venue=binance`)).status).toBe(400);
      const inject = (body: string): Promise<Response> =>
        fetch(`${sim.control}/faults`, { method: "POST", body });
      expect(await (await inject('{"fault":"quiet","symbol":"BTCUSDT"}')).json()).toEqual({ reached: 1 });
      expect((await inject('{"fault":"dorp"}')).status).toBe(400);
      expect((await inject(`{"fault":"${"x".repeat(70_000)}"}`)).status).toBe(413);
      expect(await get("/faults")).toMatchObject([{ fault: "quiet", symbol: "BTCUSDT" }]);
      expect(await get("/stats")).toMatchObject({ venues: { binance: { connections: 0 } } });
      const page = await fetch(`${sim.control}/stats`, { headers: { origin: "http://evil.example" } });
      expect(page.status).toBe(403);
    }));
});

describe("the whole", () => {
  test("metadata over REST reads back as what is listed", async () => {
    await withSimulator({ venues: VENUES }, async (sim) => {
      for (const venue of VENUES) {
        const listed: Instrument[] = [];
        const asked = [...venue.instruments.requests];
        for (const request of asked) {
          const body = await (await fetch(sim.endpoints[venue.id]!.rest + request.path)).text();
          listed.push(...venue.instruments.parse(body));
          const next = venue.instruments.next?.(request, body) ?? null;
          if (next !== null) asked.push(next);
        }
        expect(listed.map((one) => one.symbol)).toEqual(sim.symbols[venue.id]);
        expect(listed.map((one) => one.base)).toEqual(["BTC", "ETH"]);
        for (const one of listed)
          expect([one.tick > 0, one.lot > 0, one.status]).toEqual([true, true, "trading"]);
      }
    });
  });

  test("load: about as many messages a second as asked", () =>
    withSimulator({ load: { messagesPerSecond: 4000 } }, async (sim) => {
      const streams = sim.symbols["binance"]!.map((symbol) => `${symbol.toLowerCase()}@bookTicker`).join("/");
      const socket = await open(`${sim.endpoints["binance"]!.ws}/stream?streams=${streams}`);
      let received = 0;
      socket.on("message", () => (received += 1));
      await pause(2000);
      const before = received;
      await pause(1000);
      expect(received - before).toBeGreaterThan(2000);
      expect(received - before).toBeLessThan(8000);
      socket.terminate();
    }));

  test("close leaves nothing: ports are free, clients are told, no timer or socket is left", async () => {
    const before = process.getActiveResourcesInfo().length;
    const sim = await startSimulator({
      venues: [{ venue: VENUE }, { venue: FUTURES }],
      instruments: 2,
      seed: 1,
    });
    const url = sim.endpoints["binance"]!.ws;
    const socket = await open(`${url}/ws/btcusdt@depth@100ms`);
    const half = await open(`${url}/ws/btcusdt@depth@100ms`);
    sim.inject({ fault: "half_open", venue: "binance", every_connection: true });
    const closed = closing(socket);
    await sim.close();
    expect((await closed)[0]).toBe(1001);
    half.terminate();
    await expect(open(`${url}/ws`)).rejects.toThrow("ECONNREFUSED");
    await expect(fetch(`${sim.control}/stats`)).rejects.toThrow("fetch failed");
    await expect
      .poll(() => process.getActiveResourcesInfo().length, { timeout: 6000 })
      .toBeLessThanOrEqual(before);
  });

  test("hosts that others can reach, and nonsense, are refused", async () => {
    const venues = [{ venue: VENUE }];
    await expect(startSimulator({ venues, host: "0.0.0.0" })).rejects.toThrow("expected a loopback address");
    await expect(startSimulator({ venues: [] })).rejects.toThrow("venues: expected at least one");
    await expect(startSimulator({ venues, speed: 0 })).rejects.toThrow("expected 0 < speed");
    const doubled = [{ venue: VENUE, instruments: ["BTC-USDT", "BTC-USDT"] }];
    await expect(startSimulator({ venues: doubled })).rejects.toThrow("different instruments");
  });

  test("a busy port is an error, and what was started is stopped", () =>
    withSimulator({}, async (sim) => {
      const port = Number(new URL(sim.endpoints["binance"]!.ws).port);
      await expect(startSimulator({ venues: [FUTURES, VENUE], ports: { binance: port } })).rejects.toThrow(
        "EADDRINUSE",
      );
    }));
});
