import { createSocket } from "node:dgram";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { EventReader, slotFlags } from "../../src/log/index.ts";
import { FLAG } from "../../src/model/index.ts";
import type { MarketEvent } from "../../src/model/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { journalFolder, openLossless } from "../../src/store/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { Proxy } from "../sinks/udp-rig.ts";
import { randomOf } from "../contracts/sink-feed.ts";
import { eventually, GatewayProcess } from "./gateway-process.ts";

/** Two gateways: venues, A, datagrams, B. */

const VENUES = ["kraken", "binance"] as const;
let simulator: Simulator;
const gateways: GatewayProcess[] = [];
const proxies: Proxy[] = [];

beforeAll(async () => {
  simulator = await startSimulator({
    seed: "udp",
    venues: VENUES.map((id) => ({ venue: venueById(id)! })),
    instruments: 3,
    rate: 100,
  });
});
afterAll(() => simulator.close());
afterEach(async () => {
  for (const one of gateways.splice(0)) await one.remove();
  for (const one of proxies.splice(0)) one.close();
});

async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

function sender(port: number, more: object = {}): GatewayProcess {
  const gateway = new GatewayProcess((dir) => ({
    lanes: [
      {
        name: "main",
        feeds: VENUES.map((venue) => ({
          venue,
          symbols: [...simulator.symbols[venue]!],
          channels: ["trade", "quote", "book"] as const,
          ws_url: simulator.endpoints[venue]!.ws,
          rest_url: simulator.endpoints[venue]!.rest,
        })).map((feed) => ({ ...feed, channels: [...feed.channels] })),
      },
    ],
    data: { dir: join(dir, "data") },
    journal: { keep_ms: 3_600_000 },
    sinks: [{ type: "udp", destinations: [`127.0.0.1:${port}`], heartbeat_ms: 100, ...more }],
  }));
  gateways.push(gateway);
  return gateway;
}

function receiver(port: number, more: object = {}): GatewayProcess {
  const gateway = new GatewayProcess((dir) => ({
    lanes: [{ name: "far", udp: { bind: `127.0.0.1:${port}`, silent_ms: 1500, ...more } }],
    data: { dir: join(dir, "data") },
    journal: { keep_ms: 3_600_000 },
    sinks: [],
  }));
  gateways.push(gateway);
  return gateway;
}

/** Every event of a lane's journal. */
function journaled(gateway: GatewayProcess, lane: string): MarketEvent[] {
  const reader = openLossless({ journal: journalFolder(gateway.data, lane), region: null, from: 0 });
  const decoder = new EventReader(reader.names);
  const all: MarketEvent[] = [];
  const take: Parameters<typeof reader.poll>[0] = (slots, word) => {
    const event = decoder.accept(slots, word);
    if ((slotFlags(slots, word) & FLAG.LAST) !== 0 && event !== null) all.push(event);
  };
  while (reader.poll(take) > 0);
  reader.close();
  return all;
}

async function stopped(gateway: GatewayProcess): Promise<void> {
  gateway.signal("SIGTERM");
  expect(await gateway.ended()).toBe(0);
}

describe("a gateway that hears another over UDP", () => {
  it("has the same log, value for value, and the same books", { timeout: 180_000 }, async () => {
    const port = await freeUdpPort();
    const b = receiver(port);
    await b.start();
    expect(await b.ready()).toBe(false);
    const a = sender(port);
    await a.start();
    await eventually("books live", () => a.ready(), Boolean);
    await eventually("heard", () => b.ready(), Boolean);
    await sleep(3000);
    const { far } = (await b.health()).lanes;
    expect(far!.udp!["main"]).toMatchObject({ up: true, lost_datagrams: 0, lost_slots: 0, books_live: 6 });
    await stopped(a);
    await eventually(
      "A has ended",
      async () => (await b.health()).lanes["far"]!.udp!["main"]!.up,
      (up) => !up,
    );
    await stopped(b);
    const [sent, heard] = [journaled(a, "main"), journaled(b, "far")];
    expect(sent.length).toBeGreaterThan(500);
    expect(heard.slice(0, sent.length)).toEqual(sent);
    // Then only that A is not heard any more.
    expect(heard.slice(sent.length).every((one) => one.type === "status" && one.state === "stale")).toBe(
      true,
    );
  });

  it(
    "doubts its books when datagrams are lost, until they are whole again",
    { timeout: 180_000 },
    async () => {
      const port = await freeUdpPort();
      const b = receiver(port);
      await b.start();
      const random = randomOf(5);
      let loses = false;
      const between = await Proxy.open(port, () => (loses && random() < 0.2 ? [] : [0]));
      proxies.push(between);
      const a = sender(between.port, { refresh_ms: 2000 });
      await a.start();
      const live = async (): Promise<number> =>
        (await b.health()).lanes["far"]!.udp?.["main"]?.books_live ?? 0;
      await eventually("all books live", live, (count) => count === 6);
      loses = true;
      await eventually("books in doubt", live, (count) => count < 6);
      loses = false;
      await eventually("all books live again", live, (count) => count === 6);
      const { lost_datagrams: lost } = (await b.health()).lanes["far"]!.udp!["main"]!;
      expect(lost).toBeGreaterThanOrEqual(between.dropped.length);
      await stopped(a);
      await stopped(b);
      const doubts = journaled(b, "far").filter(
        (one) => one.type === "status" && one.scope === "book" && one.reason === "connection_gap",
      );
      expect(doubts.length).toBeGreaterThanOrEqual(6);
    },
  );
});
