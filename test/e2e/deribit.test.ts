import { afterEach, describe, expect, it } from "vitest";
import { EventReader, RingReader } from "../../src/log/index.ts";
import { VALIDITY, instrumentOf, venueOfCode } from "../../src/model/index.ts";
import type { MarketEvent, Venue } from "../../src/model/index.ts";
import { deribit } from "../../src/venues/deribit/venue.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";
import { TruthReader } from "../../src/app/chaos/reader.ts";

/** The whole path: simulator, sockets, lane. Two perpetuals, a dated future and some options. */

const LISTED = [
  "BTC-USD-PERP",
  "ETH-USDC-PERP",
  "BTC-USD-25DEC37",
  "BTC-USD-25DEC37-100000-C",
  "BTC-USD-25DEC37-100000-P",
  "XRP-USDC-25DEC37-0.625-C",
];
const CALL = "BTC-25DEC37-100000-C";

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

const markets = (): Rig["lane"]["feeds"][number]["markets"] =>
  rig!.lane.feeds.flatMap((feed) => feed.markets);
const live = (): number => markets().filter((one) => one.state.live).length;

async function start(venue: Venue = deribit, symbols?: readonly string[], speed = 5): Promise<void> {
  const feed = symbols === undefined ? {} : { symbols };
  rig = await startRig({ venues: [venue], listed: LISTED, seed: 5, rate: 20, speed, feed });
  await until("all books live", 10_000, () => live() === LISTED.length);
}

function truth(): TruthReader {
  const keys = new Map(
    markets().map((one) => [one.id, { venue: one.venue, symbol: one.symbol, depth: one.keepDepth }]),
  );
  const reader = new TruthReader(rig!.handle.region, rig!.simulator.truth, (id) => keys.get(id) ?? null);
  reader.reader.seekOldest();
  return reader;
}

/** Everything on the log so far, as `tail` would print it. */
function events(): MarketEvent[] {
  const { region } = rig!.handle;
  const reader = new RingReader(region.control, region.slots);
  reader.seekOldest();
  const byId = new Map(markets().map((one) => [one.id, one.instrument]));
  const gather = new EventReader({ venue: venueOfCode, instrument: (id) => byId.get(id) ?? null });
  const found: MarketEvent[] = [];
  reader.poll((slots, word) => {
    const event = gather.accept(slots, word);
    if (event !== null) found.push(event);
  }, 1 << 20);
  return found;
}

describe("Deribit from the simulator to the lane", () => {
  it(
    "heals a lost frame by subscribing that book alone again, and is true",
    { timeout: 40_000 },
    async () => {
      await start();
      const reader = truth();
      const market = markets().find((one) => one.symbol === CALL)!;
      const { epoch } = market.state;
      rig!.simulator.inject({ fault: "drop", venue: "deribit", symbol: CALL });
      await until("the loss seen", 8000, () => market.state.epoch > epoch);
      const others = markets().filter((one) => one !== market);
      expect(others.every((one) => one.state.live)).toBe(true);
      await until("the loss healed", 10_000, () => market.state.validity === VALIDITY.LIVE);
      await until("three hundred commits", 15_000, () => {
        reader.poll();
        return reader.verdicts.equal > 300;
      });
      expect([reader.verdicts.wrong, reader.verdicts.unknown]).toEqual([[], 0]);
      expect(live()).toBe(LISTED.length);
      expect(rig!.reports.filter((line) => /connection lost|refused|not listed/.test(line))).toEqual([]);
      expect(rig!.simulator.stats().venues["deribit"]!.accepted).toBe(1);
    },
  );

  it(
    "learns kinds, expiries and strikes from the metadata, and volatilities from the tickers",
    { timeout: 20_000 },
    async () => {
      await start();
      const told = markets().map(({ instrument }) => [
        instrument.canonical,
        instrument.kind,
        instrument.strike,
        instrument.expiry,
        instrument.sizeUnit ?? "base",
      ]);
      const expiry = Date.UTC(2037, 11, 25, 8) * 1000;
      expect(told).toEqual([
        ["BTC-USD-PERP", "perpetual", NaN, NaN, "quote"],
        ["ETH-USDC-PERP", "perpetual", NaN, NaN, "base"],
        ["BTC-USD-25DEC37", "future", NaN, expiry, "quote"],
        ["BTC-USD-25DEC37-100000-C", "option", 100_000, expiry, "base"],
        ["BTC-USD-25DEC37-100000-P", "option", 100_000, expiry, "base"],
        ["XRP-USDC-25DEC37-0.625-C", "option", 0.625, expiry, "base"],
      ]);
      const tickerOf = (symbol: string): Record<string, unknown> | undefined =>
        events().findLast(
          (one) => one.symbol === symbol && (one.type === "option_ticker" || "mark_price" in one),
        ) as Record<string, unknown> | undefined;
      await until("a ticker of each", 8000, () =>
        [CALL, "BTC-PERPETUAL"].every((symbol) => tickerOf(symbol) !== undefined),
      );
      const option = tickerOf(CALL) as { type: string; mark_iv: number; bid_iv: number; delta: number };
      expect([option.type, Math.sign(option.delta)]).toEqual(["option_ticker", 1]);
      expect(option.mark_iv).toBeGreaterThan(0.1);
      expect(option.mark_iv).toBeLessThan(3);
      expect(option.bid_iv).toBeLessThan(option.mark_iv);
      expect(tickerOf("BTC-PERPETUAL")).toMatchObject({ type: "ticker", index_price: expect.any(Number) });
    },
  );

  it("names what the venue leaves out of its answer", { timeout: 20_000 }, async () => {
    const ghost = instrumentOf({ symbol: "BTC-25DEC37-110000-C", canonical: "BTC-USD-25DEC37-110000-C" });
    const { instruments } = deribit;
    const venue: Venue = {
      ...deribit,
      instruments: {
        ...instruments,
        parse: (body) => {
          const found = instruments.parse(body);
          return found.length > 0 ? [...found, ghost] : found;
        },
      },
    };
    await start(venue, [...LISTED, ghost.canonical]);
    const named = (): string[] =>
      rig!.reports.filter((line) => line.includes("left out of the venue's answer"));
    await until("the refusals", 5000, () => named().length >= 4);
    const channels = named().map((line) => /"channel":"(\w+)","symbol":"([^"]+)"/.exec(line)!.slice(1));
    expect(channels.toSorted()).toEqual(
      ["book", "quote", "ticker", "trade"].map((channel) => [channel, ghost.symbol]),
    );
    expect(live()).toBe(LISTED.length);
  });

  it("answers the venue's test requests, and lives on", { timeout: 20_000 }, async () => {
    // A request every 30 s of the simulator's time.
    await start(deribit, undefined, 20);
    const { stats } = rig!.simulator;
    // set_heartbeat, subscribe, and twice public/test
    await until("two answers", 10_000, () => stats().venues["deribit"]!.received >= 4);
    expect(stats().venues["deribit"]!.accepted).toBe(1);
    expect(live()).toBe(LISTED.length);
    expect(rig!.reports.filter((line) => /unknown|error/.test(line))).toEqual([]);
  });
});
