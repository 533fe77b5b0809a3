import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { makeBook } from "../../src/book/index.ts";
import { EventReader, RingReader } from "../../src/log/index.ts";
import { SIDE, instrumentOf } from "../../src/model/index.ts";
import type { BookEvent, Channel, Level, Venue } from "../../src/model/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import { binanceCoinm } from "../../src/venues/binance-coinm/venue.ts";
import { binanceUs } from "../../src/venues/binance-us/venue.ts";
import { binanceUsdm } from "../../src/venues/binance-usdm/venue.ts";
import { binance } from "../../src/venues/binance/venue.ts";
import { Rig as ParseRig } from "../contracts/venue-rig.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** The four markets of Binance over real sockets: every channel, on the address that carries it. */

const FAMILY = [binance, binanceUs, binanceUsdm, binanceCoinm] as const;
/** Channels that stand in for each other are never asked for together. */
const SINGLE: readonly Channel[] = ["trade", "quote", "book", "ticker", "liquidation"];
const AGGREGATED: readonly Channel[] = ["agg_trade", "partial_book", "ticker", "liquidation"];
const TYPES: Partial<Record<Channel, string>> = { agg_trade: "trade", partial_book: "book" };

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

/** Types of the events that the lane writes from now on, as far as it has come when asked. */
function listen({ region }: Rig["handle"]): () => ReadonlySet<string> {
  const ring = new RingReader(region.control, region.slots);
  const events = new EventReader(region.names());
  const types = new Set<string>();
  return () => {
    ring.poll((slots, word) => {
      const event = events.accept(slots, word);
      if (event !== null) types.add(event.type);
    });
    return types;
  };
}

async function hear(venue: Venue, asked: readonly Channel[]): Promise<void> {
  const channels = asked.filter((one) => venue.sockets.some((socket) => socket.channels.includes(one)));
  rig = await startRig({ venues: [venue], seed: 7, rate: 30, speed: 20, instruments: 3, feed: { channels } });
  const wanted = channels.map((one) => TYPES[one] ?? one);
  const heard = listen(rig.handle);
  await until(`${wanted.join(", ")} of ${venue.id}`, 15_000, () => {
    const types = heard();
    return wanted.every((type) => types.has(type));
  });
  const markets = rig.lane.feeds.flatMap((feed) => feed.markets);
  await until("all books live", 10_000, () => markets.every((one) => one.state.live));
  expect(rig.reports.filter((line) => !line.startsWith("info"))).toEqual([]);
}

describe.each(FAMILY)("$id from the simulator to the lane", (venue) => {
  it("brings trades, quotes, books and figures", { timeout: 30_000 }, () => hear(venue, SINGLE));
  it("brings aggregated trades and partial books", { timeout: 30_000 }, () => hear(venue, AGGREGATED));
});

/** Binance Spot whose server says once on each of its first `count` connections that it will go, and then does not go. */
function leaving(count: number): Venue {
  const told = new Set<unknown>();
  const heartbeat: Venue["server"]["heartbeat"] = (connection) => {
    if (told.has(connection) || told.size >= count) return null;
    told.add(connection);
    const notice = { e: "serverShutdown", E: Math.floor(connection.now() / 1000) };
    return JSON.stringify(told.size % 2 === 1 ? notice : { stream: "!serverShutdown", data: notice });
  };
  return { ...binance, server: { ...binance.server, heartbeatMs: 2000, heartbeat } };
}

describe("the notice that a server goes", () => {
  it(
    "is answered by a new connection at once, before the venue cuts the old one",
    { timeout: 30_000 },
    async () => {
      rig = await startRig({ venues: [leaving(2)], seed: 9, rate: 20, speed: 5, instruments: 2 });
      const { reports } = rig;
      const markets = rig.lane.feeds.flatMap((feed) => feed.markets);
      const lost = (): string[] => reports.filter((line) => line.includes("connection lost"));
      await until("two rotations", 10_000, () => lost().length === 2);
      expect(lost().every((line) => line.includes("serverShutdown"))).toBe(true);
      await until("all books live again", 10_000, () => markets.every((one) => one.state.live));
      expect(lost()).toHaveLength(2);
      expect(rig.simulator.stats().venues["binance"]).toMatchObject({ connections: 1 });
    },
  );
});

/** Streams of USD-M by the category that carries them, as its documentation has them since 2026-03. */
const CARRIED = {
  public: ["btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@depth20@100ms", "btcusdt@trade"],
  market: ["btcusdt@aggTrade", "btcusdt@markPrice@1s", "btcusdt@forceOrder"],
};

/** Frames after which a stream that has sent nothing is silent: of those that speak, each has spoken by then. */
const FRAMES_AFTER = 150;

describe("a stream on the other path of USD-M", () => {
  it.each(["public", "market"] as const)(
    "is taken by /%s, and stays silent",
    { timeout: 20_000 },
    async (path) => {
      const sim = await startSimulator({
        venues: [{ venue: binanceUsdm, instruments: ["BTC-USDT-PERP"] }],
        seed: 3,
        speed: 40,
        rate: 60,
      });
      const socket = new WebSocket(`${sim.endpoints["binance-usdm"]!.sockets[path]}/stream`);
      try {
        const said: { id?: number; stream?: string }[] = [];
        socket.on("message", (data) =>
          said.push(JSON.parse(String(data)) as { id?: number; stream?: string }),
        );
        await until("an open socket", 5000, () => socket.readyState === WebSocket.OPEN);
        const params = [...CARRIED.public, ...CARRIED.market];
        socket.send(JSON.stringify({ method: "SUBSCRIBE", params, id: 1 }));
        const heard = (): Set<string> => new Set(said.flatMap(({ stream }) => stream ?? []));
        await until("every stream of the path", 10_000, () => heard().size >= CARRIED[path].length);
        const enough = said.length + FRAMES_AFTER;
        await until("more of them", 10_000, () => said.length >= enough);
        expect(said.filter(({ id }) => id !== undefined)).toEqual([{ result: null, id: 1 }]);
        expect([...heard()].toSorted()).toEqual(CARRIED[path].toSorted());
      } finally {
        socket.terminate();
        await sim.close();
      }
    },
  );
});

/** The book after a snapshot and one change, as levels from the best on. */
function bookAfter(parser: ParseRig, bids: readonly string[][], asks: readonly string[][]): Level[][] {
  const data = { e: "depthUpdate", E: 2, T: 1, s: "BTCUSDT", U: 5, u: 9, pu: 4, b: bids, a: asks };
  const [event] = parser.text(JSON.stringify({ stream: "btcusdt@depth@100ms", data })).events as BookEvent[];
  const book = makeBook(0.1, { hot: true });
  for (const [price, size] of event!.bids) book.apply(SIDE.BID, price, size);
  for (const [price, size] of event!.asks) book.apply(SIDE.ASK, price, size);
  return [book.bids, book.asks].map((side) => {
    const at = new Float64Array(2);
    return Array.from({ length: side.count }, (_, rank): Level => {
      side.levelAt(rank, at, 0);
      return [at[0]!, at[1]!];
    });
  });
}

describe("levels of a change", () => {
  it("may come in any order: futures list bids from the worst to the best", () => {
    const parser = new ParseRig(binanceUsdm, [
      instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT-PERP" }),
    ]);
    const ascending = Array.from({ length: 40 }, (_, i) => [(118_000 + i / 10).toFixed(2), `${i + 1}`]);
    const asks = Array.from({ length: 30 }, (_, i) => [(118_010 + i / 10).toFixed(2), `${i + 1}`]);
    const [best] = bookAfter(parser, ascending, asks);
    expect(best!.slice(0, 2)).toEqual([
      [118003.9, 40],
      [118003.8, 39],
    ]);
    expect(best).toHaveLength(40);
    const shuffles = fc.tuple(
      fc.shuffledSubarray(ascending, { minLength: 40 }),
      fc.shuffledSubarray(asks, { minLength: 30 }),
    );
    fc.assert(
      fc.property(shuffles, ([b, a]) => {
        expect(bookAfter(parser, b, a)).toEqual(bookAfter(parser, ascending.toReversed(), asks));
      }),
      { seed: 20261121, numRuns: 60 },
    );
  });
});
