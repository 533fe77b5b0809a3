import { afterEach, describe, expect, it } from "vitest";
import { EventReader, RingReader } from "../../src/log/index.ts";
import { VALIDITY, withOptions } from "../../src/model/index.ts";
import type { FaultName } from "../../src/simulator/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";
import { TruthReader } from "../../src/app/chaos/reader.ts";

/**
 * Perpetuals, dated futures and options over the whole path: listed by the venue's own metadata, subscribed, cut off,
 * and compared with the simulator's truth at every commit.
 */
const PRODUCTS: readonly (readonly [venue: string, options: Record<string, string>, listed: string[]])[] = [
  [
    "okx",
    { products: "all" },
    ["BTC-USDT", "BTC-USDT-PERP", "ETH-USD-PERP", "BTC-USD-25DEC37", "BTC-USD-25DEC37-100000-C"],
  ],
  ["bybit", { category: "linear" }, ["BTC-USDT-PERP", "BTC-USDC-PERP", "ETH-USDT-25DEC37"]],
  ["bybit", { category: "inverse" }, ["BTC-USD-PERP", "BTC-USD-25DEC37"]],
  ["bybit", { category: "option" }, ["BTC-USDT-25DEC37-100000-C", "ETH-USDC-25DEC37-4000-P"]],
  [
    "bitget",
    { api: "v3" },
    ["BTC-USDT", "BTC-USDT-PERP", "BTC-USD-PERP", "ETH-USDC-PERP", "BTC-USD-25DEC37"],
  ],
  ["bitget", { api: "v2" }, ["BTC-USDT", "BTC-USDT-PERP", "BTC-USD-PERP", "BTC-USD-25DEC37"]],
];

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

const markets = (): Rig["lane"]["feeds"][number]["markets"] =>
  rig!.lane.feeds.flatMap((feed) => feed.markets);
const live = (): number => markets().filter((one) => one.state.live).length;

/** What the log has told so far, by type of event and instrument. */
function told(): Set<string> {
  const { region } = rig!.handle;
  const ring = new RingReader(region.control, region.slots);
  const events = new EventReader(region.names());
  const seen = new Set<string>();
  ring.seekOldest();
  while (
    ring.poll((slots, word) => {
      const event = events.accept(slots, word);
      if (event !== null) seen.add(`${event.type} ${event.instrument}`);
    }) > 0
  );
  return seen;
}

/** Each instrument's figures: of an option all, of a perpetual mark and funding; spot pairs and dated ones as the venue has them. */
function figuresOf(name: string): string[] {
  if (/-[CP]$/.test(name)) return [`option_ticker ${name}`];
  return name.endsWith("-PERP") ? [`ticker ${name}`] : [];
}

/** Strikes the book of one market, and waits until that was seen and all are live again. */
async function strike(fault: FaultName, venue: string, count: number): Promise<void> {
  const market = markets().at(-1)!;
  const { epoch } = market.state;
  rig!.simulator.inject({ fault, venue, symbol: market.symbol });
  await until(`${fault} seen`, 8000, () => market.state.epoch > epoch);
  await until(`${fault} healed`, 10_000, () => market.state.validity === VALIDITY.LIVE && live() === count);
}

describe.each(PRODUCTS)("%s %o: %o", (id, options, listed) => {
  it("is true through a lost frame and a lost connection", { timeout: 60_000 }, async () => {
    const venue = withOptions(venueById(id)!, options);
    rig = await startRig({ venues: [venue], listed, seed: 7, rate: 20, speed: 5, feed: { idleMs: 4000 } });
    const keys = new Map(
      markets().map((one) => [one.id, { venue: one.venue, symbol: one.symbol, depth: one.keepDepth }]),
    );
    const reader = new TruthReader(rig.handle.region, rig.simulator.truth, (one) => keys.get(one) ?? null);
    reader.reader.seekOldest();
    expect(
      markets()
        .map(({ symbol }) => venue.canonical(symbol))
        .toSorted(),
    ).toEqual(listed.toSorted());
    await until("all books live", 10_000, () => live() === listed.length);
    await strike("drop", id, listed.length);
    await strike("reset", id, listed.length);
    await until("two hundred commits", 15_000, () => {
      reader.poll();
      return reader.verdicts.equal > 200;
    });
    expect([reader.verdicts.wrong, reader.verdicts.unknown]).toEqual([[], 0]);
    expect(rig.reports.filter((line) => /refused|not listed|not readable/.test(line))).toEqual([]);
    await until("figures of every instrument", 5000, () =>
      listed.flatMap(figuresOf).every((figure) => told().has(figure)),
    );
  });
});
