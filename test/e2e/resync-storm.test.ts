import { afterEach, expect, it } from "vitest";
import type { Market } from "../../src/feed/market/market.ts";
import type { World } from "../../src/feed/world/world.ts";
import { KIND } from "../../src/model/index.ts";
import type { Venue } from "../../src/model/index.ts";
import { applies } from "../../src/simulator/index.ts";
import { VENUES, venueById } from "../../src/venues/index.ts";
import { Commits, numbered } from "./commits.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** Books that break all at once share a budget by importance; one that breaks alone disturbs nobody. */

let rig: Rig | undefined;

afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

/** Books of the storm, and how many of them the budget allows within its minute. */
const BOOKS = 500;
const ALLOWED = 120;

interface Asked {
  readonly symbol: string;
  readonly at: number;
  ok: boolean;
}

/** A world that writes down what is asked of the venue's REST side. */
function noting(asked: Asked[]): (real: World) => World {
  return (real) => ({
    ...real,
    web: (venue, headers, proxy) => {
      const own = real.web(venue, headers, proxy);
      return {
        get dated() {
          return own.dated;
        },
        set dated(told) {
          own.dated = told;
        },
        close: () => own.close(),
        get: async (url, header) => {
          const symbol = new URL(url).searchParams.get("symbol");
          const one = { symbol: symbol ?? "", at: performance.now(), ok: false };
          if (symbol !== null) asked.push(one);
          const result = await own.get(url, header);
          one.ok = result.ok;
          return result;
        },
      };
    },
  });
}

function weightOf({ snapshot }: Venue): number {
  return snapshot.via === "rest" ? snapshot.request("BTCUSDT").weight : 0;
}

it("fetches by importance within the budget when 500 books break at once", { timeout: 120_000 }, async () => {
  const own = venueById("binance")!;
  const weight = weightOf(own);
  const metadata = own.instruments.requests.reduce((sum, one) => sum + one.weight, 0);
  const limit = metadata + weight * (BOOKS + ALLOWED);
  const venue = { ...own, limits: { ...own.limits, restWeight: limit } };
  const asked: Asked[] = [];
  rig = await startRig({
    venues: [venue],
    seed: "storm",
    instruments: BOOKS,
    rate: 1,
    rows: 1024,
    feed: { channels: ["book"] },
    world: () => noting(asked),
  });
  const [feed] = rig.lane.feeds;
  const { markets } = feed!;
  const live = (): Market[] => markets.filter(({ state }) => state.live);
  await until("all books live", 55_000, () => live().length === BOOKS);
  expect(asked.length).toBe(BOOKS);
  // What was heard of each: the later in the list, the more.
  markets.forEach(({ heard }, i) => (heard[KIND.BOOK]! += 1_000_000 * (i + 1)));
  const before = asked.length;
  rig.simulator.inject({ venue: "binance", fault: "rest_429", duration: 3000 });
  rig.simulator.inject({ venue: "binance", fault: "reset" });
  await until("a storm", 5000, () => live().length === 0);
  await until("what the budget allows", 30_000, () => live().length >= ALLOWED - 3);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const storm = asked.slice(before);
  const refused = storm.filter(({ ok }) => !ok);
  const fetched = storm.filter(({ ok }) => ok).map(({ symbol }) => symbol);
  // The three that met the 429 have to wait for their own backoff, and count a half from then on.
  expect(refused.length).toBeLessThanOrEqual(3);
  const late = new Set(refused.map(({ symbol }) => symbol));
  const others = fetched.filter((symbol) => !late.has(symbol));
  const ranked = markets.map(({ symbol }) => symbol).filter((symbol) => !late.has(symbol));
  expect(others).toEqual(ranked.toReversed().slice(0, others.length));
  expect(fetched.length + refused.length).toBe(ALLOWED);
  expect(asked.at(-1)!.at - asked[0]!.at).toBeLessThan(60_000);
  expect(metadata + weight * asked.length).toBeLessThanOrEqual(limit);
  expect(
    live()
      .map(({ symbol }) => symbol)
      .toSorted(),
  ).toEqual(fetched.toSorted());
});

/** Venues where the loss of one frame shows in the book of one symbol alone. */
const ALONE = VENUES.filter(
  (venue) => applies("drop", venue) && !["coinbase", "coinbase-exchange"].includes(venue.id),
);

it(
  "leaves the neighbours of a broken book alone: nothing lost, never not live",
  { timeout: 60_000 },
  async () => {
    const now = (rig = await startRig({
      venues: ALONE,
      seed: "neighbours",
      instruments: 4,
      rate: 20,
      feed: { channels: ["trade", "book"] },
    }));
    const live = (): boolean =>
      now.lane.feeds.every(({ markets }) => markets.every(({ state }) => state.live));
    await until("all books live", 20_000, live);
    const commits = new Commits(now);
    const broken = now.lane.feeds.map(({ markets }) => markets[1]!);
    const epochs = broken.map(({ state }) => state.epoch);
    for (const { venue, symbol } of broken) {
      const { id, book } = venue;
      now.simulator.inject({
        fault: book === "checksum" ? "wrong_checksum" : "drop",
        venue: id,
        symbol,
        channel: "book",
      });
    }
    await until("a break of each", 20_000, () => broken.every(({ state }, i) => state.epoch > epochs[i]!));
    await until("all live again", 20_000, live);
    await until("changes and trades of each", 30_000, () => {
      commits.poll();
      return commits.markets.every((one) => {
        const { changes, trades } = commits.of(one);
        return trades.size > 1 && (changes > 10 || !numbered(one));
      });
    });
    for (const market of commits.markets) {
      const name = `${market.venue.id} ${market.symbol}`;
      const { states, breaks } = commits.of(market);
      const { lost, twice } = commits.trades(market);
      expect([name, lost, twice]).toEqual([name, [], []]);
      if (broken.includes(market)) expect([name, states.at(-1)]).toEqual([name, "live"]);
      else expect([name, states, breaks]).toEqual([name, [], []]);
    }
  },
);
