import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Clock, Lane, openFastSocket } from "../../src/feed/index.ts";
import { EventReader, RingReader, readCounters } from "../../src/log/index.ts";
import { VALIDITY, withOptions } from "../../src/model/index.ts";
import type { MarketEvent } from "../../src/model/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { heapRegion, openRegion } from "../../src/store/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { call, dir, start } from "../cli-rig.ts";
import type { Started } from "../cli-rig.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** What happens to instruments while a gateway runs: new listings, delistings, expiries, orders, refusals. */

const KRAKEN = venueById("kraken")!;
const BINANCE = venueById("binance")!;
const DERIBIT = venueById("deribit")!;

let rig: Rig | null = null;
let simulator: Simulator | null = null;
let gateway: Started | null = null;
afterEach(async () => {
  gateway?.child.kill("SIGTERM");
  await gateway?.ended;
  gateway = null;
  await rig?.close();
  rig = null;
  await simulator?.close();
  simulator = null;
});

/** Statuses and instruments of the log since the rig began, in short. */
function told(ring: RingReader, events: EventReader): string[] {
  const out: string[] = [];
  ring.poll((slots, word) => {
    const event = events.accept(slots, word);
    if (event !== null && (event.type === "status" || event.type === "instrument")) out.push(short(event));
  }, 1 << 20);
  return out;
}

function short(event: MarketEvent & { type: "status" | "instrument" }): string {
  const { symbol } = event;
  if (event.type === "instrument") return `instrument ${symbol} ${event.status}`;
  return `${event.scope} ${symbol} ${event.state} ${event.reason ?? ""}`.trim();
}

const live = (): string[] =>
  rig!.lane.feeds
    .flatMap((feed) => feed.markets)
    .filter((one) => one.state.validity === VALIDITY.LIVE)
    .map((one) => one.symbol);

function reader(): () => string[] {
  const { region } = rig!.handle;
  const ring = new RingReader(region.control, region.slots);
  const events = new EventReader(region.names());
  return () => told(ring, events);
}

describe("a lane whose venue changes its list", () => {
  it("takes up what is listed and lets go of what is delisted, while the others never break", async () => {
    rig = await startRig({
      venues: [BINANCE],
      instruments: 4,
      seed: 3,
      feed: { symbols: ["BTC-USDT", "ETH-USDT", "SOL-USDT", "XRP-USDT"], refreshMs: 400 },
    });
    const { simulator: venue, reports } = rig;
    const read = reader();
    await until("four books live", 8000, () => live().length === 4);
    const before = rig.lane.feeds[0]!.markets.find((one) => one.symbol === "ETHUSDT")!;
    read();
    venue.delist("binance", "BTCUSDT");
    await until("BTCUSDT let go", 8000, () => rig!.lane.feeds[0]!.markets.length === 3);
    expect(read()).toEqual(["book BTCUSDT halted venue", "instrument BTCUSDT delisted"]);
    venue.list("binance", "BTCUSDT");
    await until("BTCUSDT live again", 8000, () => live().includes("BTCUSDT"));
    const again = read();
    expect([again[0], again.at(-1)]).toEqual(["instrument BTCUSDT trading", "book BTCUSDT live"]);
    expect(again.filter((one) => !one.includes("BTCUSDT"))).toEqual([]);
    expect([before.state.epoch, before.state.live]).toEqual([1, true]);
    expect(reports.filter((one) => /connection lost|refused|not listed/.test(one))).toEqual([]);
  });

  it("delists nothing when the list cannot be had", async () => {
    rig = await startRig({ venues: [BINANCE], instruments: 3, seed: 3, feed: { refreshMs: 300 } });
    await until("three books live", 8000, () => live().length === 3);
    const read = reader();
    read();
    rig.simulator.inject({ fault: "rest_truncated", venue: "binance", duration: 1200 });
    await until("a refresh that fails", 8000, () => rig!.reports.some((one) => one.includes("metadata not")));
    const { refreshes } = rig.lane.feeds[0]!.meters;
    const before = rig.lane.core.counters.get(refreshes);
    await until("one that succeeds", 15_000, () => rig!.lane.core.counters.get(refreshes) > before);
    expect([read(), live().length]).toEqual([[], 3]);
  });

  it("halts an instrument at its expiry, and unsubscribes it after a while", async () => {
    rig = await startRig({
      venues: [DERIBIT],
      listed: ["BTC-USD-PERP", "BTC-USD-25DEC37"],
      seed: 3,
      feed: { refreshMs: 400, graceMs: 600 },
    });
    const read = reader();
    await until("two books live", 8000, () => live().length === 2);
    read();
    rig.simulator.change("deribit", "BTC-25DEC37", { expiry: Date.now() * 1000 + 2_500_000 });
    await until("the future let go", 12_000, () => rig!.lane.feeds[0]!.markets.length === 1);
    // The first is the new date. A reader sees the row as it is when it looks.
    expect(read()).toEqual([
      "instrument BTC-25DEC37 expired",
      "instrument BTC-25DEC37 expired",
      "book BTC-25DEC37 halted halted",
      "book BTC-25DEC37 halted venue",
    ]);
    expect(live()).toEqual(["BTC-PERPETUAL"]);
    expect(rig.reports.filter((one) => /connection lost|refused/.test(one))).toEqual([]);
  });

  it("follows an option chain by the price its perpetual's ticker tells", async () => {
    const strikes = [80, 100, 110, 115, 120, 125, 140].map((one) => one * 1000);
    const options = strikes.flatMap((one) => ["C", "P"].map((side) => `BTC-USD-25DEC37-${one}-${side}`));
    rig = await startRig({
      venues: [DERIBIT],
      listed: ["BTC-USD-PERP", "BTC-USD-25DEC37", ...options],
      seed: 3,
      feed: { symbols: [], chains: [{ base: "BTC", expiries: 1, strikes: 2, kinds: ["option"] }] },
    });
    const names = (): string[] => rig!.lane.feeds[0]!.markets.map((one) => one.symbol);
    await until("the chain", 10_000, () => names().length === 9);
    const near = [110, 115, 120, 125].flatMap((one) =>
      ["C", "P"].map((side) => `BTC-25DEC37-${one * 1000}-${side}`),
    );
    expect(names().toSorted()).toEqual(["BTC-PERPETUAL", ...near].toSorted());
    await until("books of the chain", 10_000, () => live().length === 8);
  });
});

describe("two feeds of one venue in one lane", () => {
  it("are apart although their frames use the same names", async () => {
    const bybit = venueById("bybit")!;
    const kinds = ["spot", "linear"].map((category) => withOptions(bybit, { category }));
    const names = [["BTC-USDT", "ETH-USDT"], ["BTC-USDT-PERP"]];
    const markets = await Promise.all(
      kinds.map((venue, i) =>
        startSimulator({ venues: [{ venue, instruments: names[i]! }], seed: i, rate: 20 }),
      ),
    );
    const handle = heapRegion({ lane: "both", slots: 1 << 16, instruments: 64 });
    const lane = new Lane({
      region: handle.region,
      time: new Clock(),
      report: () => undefined,
      openSocket: openFastSocket,
      maxFrame: 16 << 20,
      feeds: kinds.map((venue, i) => ({
        venue,
        symbols: names[i]!,
        channels: ["trade", "quote", "book"],
        wsOrigin: markets[i]!.endpoints["bybit"]!.ws,
        restUrl: markets[i]!.endpoints["bybit"]!.rest,
        backoff: { minMs: 50, maxMs: 500 },
        snapshotTimeoutMs: 2000,
      })),
    });
    try {
      await lane.start();
      const all = (): string[] =>
        lane.feeds.flatMap((feed) =>
          feed.markets.filter((one) => one.state.live).map((one) => one.instrument.canonical),
        );
      await until("three books live", 10_000, () => all().length === 3);
      expect(all()).toEqual(["BTC-USDT", "ETH-USDT", "BTC-USDT-PERP"]);
      lane.tick();
      const gauge = readCounters(handle.region.counters).filter((row) => row.name === "feedhorn_books_live");
      expect(gauge.map((row) => row.value)).toEqual([3]);
      markets[1]!.inject({ fault: "reset", venue: "bybit" });
      const [, perpetual] = lane.feeds;
      await until("the other's books lost", 5000, () => !perpetual!.markets[0]!.state.live);
      expect(lane.feeds[0]!.markets.map((one) => one.state.live)).toEqual([true, true]);
      await until("three books live again", 10_000, () => all().length === 3);
    } finally {
      await lane.stop();
      await Promise.all(markets.map((one) => one.close()));
    }
  });
});

interface Answer {
  readonly status: number;
  readonly body: { results?: { symbol: string; outcome: string }[]; error?: string; feeds?: Feed[] };
}

interface Feed {
  readonly venue: string;
  readonly unlisted: string[];
  readonly instruments: { symbol: string; validity: string; channels: Record<string, { state: string }> }[];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("a gateway that is given orders", () => {
  it(
    "begins and ends instruments over HTTP, and names what it cannot have",
    { timeout: 90_000 },
    async () => {
      simulator = await startSimulator({ venues: [KRAKEN], instruments: 4, seed: 5 });
      simulator.delist("kraken", "XRP/USD");
      const port = await freePort();
      const { ws, rest } = simulator.endpoints["kraken"]!;
      const feeds = [
        { venue: "kraken", symbols: ["BTC-USD", "XRP-USD"], ws_url: ws, rest_url: rest, refresh_ms: 1500 },
      ];
      const file = join(dir, "running.json");
      writeFileSync(file, JSON.stringify({ feeds, ops: { port } }));
      gateway = start("run", file);
      const url = `http://127.0.0.1:${port}`;
      const get = async (path: string): Promise<Answer> => {
        const response = await fetch(url + path);
        return { status: response.status, body: (await response.json()) as Answer["body"] };
      };
      const post = async (order: object): Promise<Answer> => {
        const response = await fetch(`${url}/subscriptions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(order),
        });
        return { status: response.status, body: (await response.json()) as Answer["body"] };
      };
      const heard = async (): Promise<string[]> => {
        const { body } = await get("/subscriptions");
        return body.feeds![0]!.instruments.map((one) => `${one.symbol} ${one.validity}`);
      };
      await expect.poll(() => get("/subscriptions").catch(() => null), { timeout: 40_000 }).not.toBeNull();
      await expect.poll(heard, { timeout: 15_000 }).toEqual(["BTC/USD live"]);
      expect((await get("/subscriptions")).body.feeds![0]!.unlisted).toEqual(["XRP-USD"]);
      expect((await get("/ready")).status).toBe(503);

      const said = await post({ add: [{ venue: "kraken", symbols: ["ETH-USD", "BTC-USD", "NOPE-USD"] }] });
      expect(said.body.results!.map((one) => `${one.symbol} ${one.outcome}`)).toEqual([
        "ETH-USD accepted",
        "BTC-USD already",
        "NOPE-USD not_listed",
      ]);
      simulator.list("kraken", "XRP/USD");
      await expect.poll(heard, { timeout: 15_000 }).toEqual(["BTC/USD live", "ETH/USD live", "XRP/USD live"]);
      await expect.poll(async () => (await get("/ready")).status, { timeout: 5000 }).toBe(200);
      const { instruments } = (await get("/subscriptions")).body.feeds![0]!;
      expect(instruments[1]!.channels).toEqual({
        trade: { state: "active" },
        quote: { state: "active" },
        book: { state: "active" },
      });

      const removed = await post({ remove: [{ venue: "kraken", symbols: ["BTC-USD", "SOL-USD"] }] });
      expect(removed.body.results!.map((one) => `${one.symbol} ${one.outcome}`)).toEqual([
        "BTC-USD removed",
        "SOL-USD not_subscribed",
      ]);
      expect(await heard()).toEqual(["ETH/USD live", "XRP/USD live"]);
      const { region, close } = openRegion(join(dir, "main.region"));
      const ring = new RingReader(region.control, region.slots);
      ring.seekOldest();
      const log = told(ring, new EventReader(region.names()));
      close();
      expect(log).toContain("instrument XRP/USD trading");
      expect(log.findLast((one) => one.includes("BTC/USD"))).toBe("book BTC/USD stale operator");

      const stranger = await post({ add: [{ venue: "gemini", symbols: ["BTC-USD"] }] });
      expect([stranger.status, stranger.body.error]).toEqual([
        404,
        'venue "gemini" has no feed in the configuration; it has kraken',
      ]);
      const added = await call(["subscribe", "kraken", "SOL-USD", "--port", String(port)]);
      expect([added.status, added.stdout]).toEqual([
        0,
        "name     outcome   instruments  reason\nSOL-USD  accepted  SOL/USD\n",
      ]);
      const failed = await call(["subscribe", "kraken", "DOT-USD", "--remove", "--port", String(port)]);
      expect([failed.status, failed.stderr]).toEqual([1, "error: 1 of 1 names could not be taken\n"]);
    },
  );
});
