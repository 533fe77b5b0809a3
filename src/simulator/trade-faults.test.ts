import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Rig } from "../../test/contracts/venue-rig.ts";
import { instrumentOf } from "../model/index.ts";
import type { Subscription, Venue } from "../model/index.ts";
import { VENUES, venueById } from "../venues/index.ts";
import { startSimulator, type Simulator } from "./simulate.ts";
import { listsTrades, mergedTrades } from "./trade-lists.ts";
import type { TradeNote } from "./trade-notes.ts";

/** Faults of trades and of the list, as a plain client sees them. */

const BINANCE = venueById("binance")!;
const KRAKEN = venueById("kraken")!;
const COINM = venueById("binance-coinm")!;

let sim: Simulator;
const notes: TradeNote[] = [];
beforeAll(async () => {
  const venues = [
    { venue: BINANCE, instruments: ["BTC-USDT", "ETH-USDT"] },
    { venue: KRAKEN, instruments: ["BTC-USD"] },
    { venue: COINM, instruments: ["BTC-USD-PERP"], dated: true },
  ];
  const onTrade = (note: TradeNote): void => void notes.push(note);
  sim = await startSimulator({ venues, seed: "trades", speed: 20, rate: 100, limits: false, onTrade });
});
afterAll(() => sim.close());

/** A client of one channel of one symbol, which reads as the venue's own reader does. */
class Client {
  readonly frames: string[] = [];
  readonly #socket: WebSocket;
  readonly #rig: Rig;

  constructor(venue: Venue, symbol: string, channel: "trade" | "book") {
    this.#rig = new Rig(venue, [instrumentOf({ symbol, canonical: "A-B" })]);
    const socket = venue.sockets.find(({ channels }) => channels.includes(channel))!;
    const { pathname } = new URL(venue.connectUrl(socket, socket.url, []));
    this.#socket = new WebSocket(sim.endpoints[venue.id]!.ws.replace(/\/$/, "") + pathname);
    this.#socket.on("message", (data) => this.frames.push(String(data)));
    const wanted: Subscription[] = [{ channel, symbol }];
    let id = 1;
    this.#socket.on("open", () => {
      for (const { text } of venue.subscribe(wanted, () => id++)) this.#socket.send(text);
    });
  }

  /** Ids of trades by frame. */
  trades(): number[][] {
    return this.frames
      .map((text) =>
        this.#rig.text(text).events.flatMap((one) => (one.type === "trade" ? [Number(one.id)] : [])),
      )
      .filter((ids) => ids.length > 0);
  }

  /** Sequence of the last change of the book. */
  lastSeq(): number {
    const events = this.frames.flatMap((text) => this.#rig.text(text).events);
    return Number(events.findLast((one) => one.type === "book")?.seq);
  }

  async more(count: number): Promise<void> {
    const goal = this.trades().length + count;
    await expect.poll(() => this.trades().length, { timeout: 8000 }).toBeGreaterThanOrEqual(goal);
  }

  close(): void {
    this.#socket.terminate();
  }
}

async function strike(
  fault: "drop_trades" | "merge_trades" | "replay_trades",
  venue: string,
  symbol: string,
  times: number,
) {
  const before = sim.faultLog.length;
  expect(sim.inject({ fault, venue, symbol })).toBe(1);
  await expect.poll(() => sim.faultLog.length, { timeout: 8000 }).toBe(before + times);
  return sim.faultLog.slice(before);
}

function missing(ids: readonly number[]): number[] {
  const [first, last] = [ids[0]!, ids.at(-1)!];
  return Array.from({ length: last - first }, (_, i) => first + i).filter((id) => !ids.includes(id));
}

describe("trades", () => {
  test("drop_trades: three in a row are not sent, and the log and the witness name them", async () => {
    const one = new Client(BINANCE, "BTCUSDT", "trade");
    await one.more(3);
    const struck = await strike("drop_trades", "binance", "BTCUSDT", 3);
    await one.more(3);
    const gone = struck.map(({ trade }) => Number(trade));
    expect(missing(one.trades().flat())).toEqual(gone);
    const told = notes.filter(({ symbol, what }) => symbol === "BTCUSDT" && what === "withheld");
    expect(told.map(({ id }) => id)).toEqual(gone);
    const made = notes.filter(({ symbol, what }) => symbol === "BTCUSDT" && what === "made");
    expect(gone.every((id) => made.some((note) => note.id === id))).toBe(true);
    one.close();
  });

  test("replay_trades: the last ones come again, as they were", async () => {
    const one = new Client(BINANCE, "ETHUSDT", "trade");
    await one.more(25);
    await strike("replay_trades", "binance", "ETHUSDT", 1);
    await one.more(22);
    const ids = one.trades().flat();
    const again = ids.filter((id, i) => ids.indexOf(id) < i);
    expect(again).toHaveLength(20);
    expect(again).toEqual(again.toSorted((a, b) => a - b));
    one.close();
  });

  test("merge_trades: two share a frame, and none is missing", async () => {
    const one = new Client(KRAKEN, "BTC/USD", "trade");
    await one.more(2);
    await strike("merge_trades", "kraken", "BTC/USD", 1);
    await one.more(3);
    const trades = one.trades();
    expect(trades.filter((ids) => ids.length === 2)).toHaveLength(1);
    expect(missing(trades.flat())).toEqual([]);
    one.close();
  });

  test("restart_ids: ids begin far below all there were, and books go on", async () => {
    const [one, book] = [new Client(BINANCE, "BTCUSDT", "trade"), new Client(BINANCE, "BTCUSDT", "book")];
    await one.more(2);
    const before = sim.tradeId("binance", "BTCUSDT");
    expect(sim.inject({ fault: "restart_ids", venue: "binance" })).toBe(1);
    const seen = book.frames.length;
    await one.more(10);
    const ids = one.trades().flat();
    const at = ids.findIndex((id) => id < before / 2);
    expect(ids.slice(0, at).every((id) => id > before / 2)).toBe(true);
    expect(ids.slice(at).every((id) => id < before / 2)).toBe(true);
    expect(missing(ids.slice(at))).toEqual([]);
    await expect.poll(() => book.frames.length).toBeGreaterThan(seen + 3);
    const seq = book.lastSeq();
    expect(seq).toBeLessThan(5e9);
    expect(sim.truth.at({ venue: "binance", symbol: "BTCUSDT", seq })?.key).toBe(seq);
    one.close();
    book.close();
  });
});

describe("the list", () => {
  async function listed(venue: Venue): Promise<(readonly [string, number])[]> {
    const { rest } = sim.endpoints[venue.id]!;
    const bodies = await Promise.all(
      venue.instruments.requests.map(async ({ path }) => (await fetch(rest + path)).text()),
    );
    return bodies
      .flatMap((body) => venue.instruments.parse(body))
      .map(({ symbol, expiry }) => [symbol, expiry] as const);
  }

  const names = async (venue: Venue): Promise<string[]> => (await listed(venue)).map(([symbol]) => symbol);

  test("delist: it is gone until the list without it was given twice, and its streams with it", async () => {
    const one = new Client(BINANCE, "ETHUSDT", "trade");
    await one.more(1);
    expect(sim.inject({ fault: "delist", venue: "binance", symbol: "ETHUSDT" })).toBe(1);
    expect(sim.inject({ fault: "delist", venue: "binance", symbol: "BTCUSDT" })).toBe(0);
    const record = sim.faultLog.at(-1)!;
    expect(record.until).toBeGreaterThan(record.at + 500_000);
    expect(await names(BINANCE)).toEqual(["BTCUSDT"]);
    const { length } = one.frames;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await names(BINANCE)).toEqual(["BTCUSDT"]);
    expect(one.frames.length).toBeLessThanOrEqual(length + 1);
    await expect.poll(() => names(BINANCE), { timeout: 5000 }).toEqual(["BTCUSDT", "ETHUSDT"]);
    expect(record.liveBy - record.until).toBeCloseTo(30_000, 6);
    expect(record.until).toBeLessThan(record.at + 120_000);
    one.close();
  });

  test("expire: the date has passed, then it is gone, then it is back with its own date", async () => {
    const before = await listed(COINM);
    const [symbol, date] = before.find(([, expiry]) => Number.isFinite(expiry))!;
    expect(sim.inject({ fault: "expire", venue: "binance-coinm" })).toBe(1);
    const dates: (number | undefined)[] = [];
    await expect
      .poll(
        async () => {
          const now = (await listed(COINM)).find(([name]) => name === symbol)?.[1];
          if (dates.at(-1) !== now || dates.length === 0) dates.push(now);
          return now;
        },
        { timeout: 8000 },
      )
      .not.toBe(date);
    await expect
      .poll(
        async () => {
          const now = (await listed(COINM)).find(([name]) => name === symbol)?.[1];
          if (dates.at(-1) !== now) dates.push(now);
          return now;
        },
        { timeout: 8000 },
      )
      .toBe(date);
    expect(dates).toEqual([expect.toSatisfy((one) => one < Date.now() * 1000), undefined, date]);
  });
});

describe("frames with lists of trades", () => {
  test("become one, in the first one's envelope", () => {
    const [a, b] = [
      '{"c":"t","n":1,"data":[{"i":1,"p":"1.50"}]}',
      '{"c":"t","n":2,"data":[{"i":2,"p":"1.60"}]}',
    ];
    expect(mergedTrades(a, b)).toBe('{"c":"t","n":1,"data":[{"i":1,"p":"1.50"},{"i":2,"p":"1.60"}]}');
    expect(mergedTrades('{"i":1}', '{"i":2}')).toBeNull();
  });

  test("are those of venues that document such", () => {
    const ids = VENUES.filter((venue) => listsTrades(venue)).map(({ id }) => id);
    expect(ids).toEqual(["coinbase", "kraken", "deribit", "okx", "bitget", "bybit"]);
  });
});
