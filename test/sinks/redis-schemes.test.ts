import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkConfig } from "../../src/app/config.ts";
import { SCOPE } from "../../src/log/index.ts";
import { INSTRUMENT_STATUS, LONG, SIDE, VALIDITY, putNumber } from "../../src/model/index.ts";
import type { OpenSink } from "../../src/sinks/index.ts";
import { redis } from "../../src/sinks/redis.ts";
import type { RedisOptions } from "../../src/sinks/redis/options.ts";
import { heapRegion } from "../../src/store/index.ts";
import { sharedService } from "../services/share.ts";
import { clientOf } from "./redis-trial.ts";
import type { Client } from "./redis-trial.ts";
import { NOW_US, RedisRig, Told } from "./redis-rig.ts";

const PATIENT = { timeout: 20_000, interval: 10 };
const RECV = "2025-11-21T04:40:00.123456Z";
const EVENT = "2025-11-21T04:40:00.121956Z";
const BIDS: [number, number][] = [
  [43210.1, 2],
  [43210, 0.5],
  [43209.9, 1.25],
];
const ASKS: [number, number][] = [
  [43210.2, 1],
  [43210.4, 3],
];

const shared = sharedService("redis");

describe.skipIf(shared.missing !== null)("what consumers of each scheme read", () => {
  let rig: RedisRig;
  let told: Told;
  let client: Client;
  let listener: Client;
  let sink: OpenSink | null = null;
  /** Messages of all channels, in order. */
  let heard: [channel: string, message: string][] = [];

  beforeEach(async () => {
    client = await clientOf(shared.service);
    await client.flushAll();
    listener = await clientOf(shared.service);
    heard = [];
    await listener.pSubscribe("*", (message, channel) => heard.push([channel, message]));
    told = new Told();
    rig = new RedisRig(heapRegion({ lane: "main", slots: 4096, instruments: 8 }), [
      { symbol: "btcusdt", canonical: "BTC-USDT", status: "trading", kind: "spot" },
      { symbol: "XBTUSD", canonical: "BTC-USD-PERP", kind: "perpetual" },
      { symbol: "dvol", canonical: "BTC-DVOL", kind: "index" },
      { symbol: "BTC-USD", canonical: "BTC-USD", kind: "spot" },
      { symbol: "ETH-27MAR26", canonical: "ETH-USD-27MAR26", kind: "future" },
    ]);
  });
  afterEach(async () => {
    await sink?.close();
    sink = null;
    listener.destroy();
    client.destroy();
  });

  async function open(options: object): Promise<OpenSink> {
    const config = checkConfig(
      {
        feeds: [{ venue: "kraken", symbols: ["BTC-USD"] }],
        sinks: [{ type: "redis", url: `redis://${shared.service.address}`, ...options }],
      },
      "test",
    );
    sink = await redis.open(config.sinks[0] as unknown as RedisOptions, rig.host(told));
    return sink;
  }

  async function write(one: OpenSink): Promise<void> {
    await one.write(rig.batch());
    expect((await one.flush())["main"]).toBe(rig.head);
    const { events, sum } = told.account();
    expect(sum).toBe(events);
  }

  function said(channel: string): unknown[] {
    return heard.filter(([where]) => where === channel).map(([, message]) => JSON.parse(message) as unknown);
  }

  it("native: every trade, the newest quote, the book as it is with its validity; key and stream", async () => {
    const one = await open({ scheme: "native", outputs: ["pubsub", "streams", "latest"], depth: 2 });
    rig.trade(0, 0, 43210.1, 0.5, SIDE.BUY, 28457);
    rig.trade(1, 0, 43210.2, 0.25, SIDE.SELL, 28458);
    rig.quote(2, 0, [43210, 1], [43210.5, 2]);
    rig.quote(3, 0, [43210.1, 1.5], [43210.4, 2.5]);
    rig.book(4, 0, BIDS, ASKS, 900, VALIDITY.LIVE);
    await write(one);
    const trade = {
      lane: "main",
      log_seq: 0,
      slots: 1,
      type: "trade",
      venue: "kraken",
      symbol: "btcusdt",
      instrument: "BTC-USDT",
      id: "28457",
      price: 43210.1,
      size: 0.5,
      side: "buy",
      ts_event: NOW_US - 1500,
      ts_recv: NOW_US,
    };
    const second = {
      ...trade,
      log_seq: 1,
      id: "28458",
      price: 43210.2,
      size: 0.25,
      side: "sell",
      ts_event: NOW_US - 1499,
      ts_recv: NOW_US + 1,
    };
    await expect.poll(() => said("feedhorn:trade:kraken:BTC-USDT"), PATIENT).toEqual([trade, second]);
    const stream = (await client.xRange("feedhorn:stream:trade:kraken:BTC-USDT", "-", "+")) ?? [];
    expect(stream.map(({ message }) => JSON.parse(message["data"]!) as unknown)).toEqual([trade, second]);
    expect(JSON.parse((await client.get("feedhorn:latest:trade:kraken:BTC-USDT"))!)).toEqual(second);
    expect(said("feedhorn:quote:kraken:BTC-USDT")).toMatchObject([
      { type: "quote", log_seq: 3, bid_price: 43210.1, ask_size: 2.5, update_id: "77" },
    ]);
    const book = {
      lane: "main",
      log_seq: 5,
      type: "book",
      action: "snapshot",
      venue: "kraken",
      symbol: "btcusdt",
      instrument: "BTC-USDT",
      validity: "live",
      epoch: 1,
      bids: BIDS.slice(0, 2),
      asks: ASKS,
      seq: "900",
      ts_event: NOW_US + 4 - 1500,
      ts_recv: NOW_US + 4,
    };
    expect(said("feedhorn:book:kraken:BTC-USDT")).toEqual([book]);
    expect(JSON.parse((await client.get("feedhorn:latest:book:kraken:BTC-USDT"))!)).toEqual(book);
    expect(told.figures.get("events_coalesced_total")).toBe(1);
    expect(told.figures.get("events_written_total")).toBe(4);
  });

  it("a book that is committed before its row is written waits for it; a loss of validity waits for nothing", async () => {
    for (const scheme of ["native", "b25", "alphapulse"]) {
      const one = await open({ scheme, buffer_ms: 0 });
      rig.book(0, 0, BIDS, ASKS, 900, VALIDITY.LIVE);
      await one.write(rig.batch());
      await one.flush();
      heard = [];
      // As a reader may see it that is woken between the two.
      rig.say(1, (out) => {
        out.num.set([43210.3, 7]);
        out.level(SIDE.BID);
        out.book(0, 0);
      });
      await one.write(rig.batch());
      const newer: [number, number][] = [[43210.3, 7], ...BIDS];
      rig.row(1, 0, newer, ASKS, 901, VALIDITY.LIVE);
      expect((await one.flush())["main"]).toBe(rig.head);
      expect(told.account().sum).toBe(told.account().events);
      const bids = async (): Promise<unknown> => {
        if (scheme === "alphapulse")
          return (JSON.parse((await client.get("orderbook:kraken:BTC-USDT"))!) as { bids: unknown }).bids;
        const books = said(scheme === "b25" ? "orderbook:BTCUSDT" : "feedhorn:book:kraken:BTC-USDT");
        return (books.at(-1) as { bids: unknown } | undefined)?.bids;
      };
      await expect.poll(bids, PATIENT).toEqual(newer);
      heard = [];
      rig.invalidate(0, VALIDITY.GAPPED);
      rig.say(2, (out) => out.appendStatus(SCOPE.BOOK, 0, VALIDITY.GAPPED, 0, 2));
      await one.write(rig.batch());
      await one.flush();
      if (scheme === "native")
        await expect
          .poll(() => said("feedhorn:book:kraken:BTC-USDT").at(-1), PATIENT)
          .toMatchObject({ validity: "gapped", bids: newer });
      else await expect.poll(bids, PATIENT).toEqual([]);
      await one.close();
      sink = null;
    }
  });

  it("b25: channels and keys of its README, real 24 hour figures, nothing of a book that is not live", async () => {
    const one = await open({ scheme: "b25" });
    rig.trade(0, 0, 43210.1, 0.5, SIDE.SELL, 28457);
    rig.say(1, (out) => {
      out.num.set([43210, 1234.5, 44000, 42000.5, 43000]);
      out.stats(0, 0);
    });
    rig.quote(0, 0, [43210.1, 2], [43210.2, 1]);
    rig.book(0, 0, BIDS, ASKS, 900, VALIDITY.LIVE);
    await write(one);
    const market = {
      symbol: "BTCUSDT",
      last_price: 43210.15,
      bid_price: 43210.1,
      ask_price: 43210.2,
      volume_24h: 1234.5,
      high_24h: 44000,
      low_24h: 42000.5,
      updated_at: RECV,
    };
    await expect
      .poll(() => said("orderbook:BTCUSDT"), PATIENT)
      .toEqual([
        {
          symbol: "BTCUSDT",
          bids: BIDS,
          asks: ASKS,
          last_update_id: 900,
          timestamp: Math.floor((NOW_US - 1500) / 1000),
        },
      ]);
    expect(said("trades:BTCUSDT")).toEqual([
      {
        symbol: "BTCUSDT",
        trade_id: 28457,
        price: 43210.1,
        quantity: 0.5,
        timestamp: Math.floor((NOW_US - 1500) / 1000),
        is_buyer_maker: true,
      },
    ]);
    expect(said("market_data:BTCUSDT").at(-1)).toEqual(market);
    expect(JSON.parse((await client.get("market_data:BTCUSDT"))!)).toEqual(market);
    expect(await client.ttl("market_data:BTCUSDT")).toBeGreaterThan(290);

    heard = [];
    rig.top(0, 0, [43210.1, 2], [43210.2, 1], VALIDITY.STALE);
    rig.book(0, 0, BIDS, ASKS, 901, VALIDITY.GAPPED);
    await write(one);
    rig.book(0, 0, BIDS, ASKS, 902, VALIDITY.RESYNCING);
    await write(one);
    await expect.poll(() => said("orderbook:BTCUSDT"), PATIENT).toMatchObject([{ bids: [], asks: [] }]);
    expect(await client.exists("market_data:BTCUSDT")).toBe(0);
    expect(said("market_data:BTCUSDT")).toEqual([]);
  });

  it("b25: levels as an object where its code's consumers want that", async () => {
    const one = await open({ scheme: "b25", levels: "object" });
    rig.book(0, 0, BIDS.slice(0, 2), ASKS, 900, VALIDITY.LIVE);
    await write(one);
    await expect
      .poll(() => heard.find(([channel]) => channel === "orderbook:BTCUSDT")?.[1], PATIENT)
      .toContain('"bids":{"43210.1":2,"43210":0.5},"asks":{"43210.2":1,"43210.4":3}');
  });

  it("alphapulse: a stream of trades, the newest trade, the book", async () => {
    const one = await open({ scheme: "alphapulse", buffer_ms: 0 });
    rig.trade(0, 3, 43210.1, 0.5, SIDE.BUY, 28457);
    rig.trade(7, 3, 43210.2, 1e-7, SIDE.SELL, 28458);
    rig.book(0, 3, BIDS, ASKS, 900, VALIDITY.LIVE);
    await write(one);
    const stream = (await client.xRange("trades:kraken:BTC-USD", "-", "+")) ?? [];
    expect(stream.map(({ message }) => ({ ...message }))).toEqual([
      {
        timestamp: "1763700000.121956",
        price: "43210.1",
        volume: "0.5",
        side: "buy",
        trade_id: "28457",
        symbol: "BTC-USD",
        exchange: "kraken",
        ingested_at: "1763700000.123456",
      },
      expect.objectContaining({ price: "43210.2", volume: "1e-7", side: "sell" }),
    ]);
    expect(JSON.parse((await client.get("latest:kraken:BTC-USD"))!)).toEqual({
      timestamp: 1763700000.121963,
      price: 43210.2,
      volume: 1e-7,
      side: "sell",
      trade_id: "28458",
      symbol: "BTC-USD",
      exchange: "kraken",
      ingested_at: 1763700000.123463,
    });
    expect(JSON.parse((await client.get("orderbook:kraken:BTC-USD"))!)).toEqual({
      symbol: "BTC-USD",
      exchange: "kraken",
      bids: BIDS,
      asks: ASKS,
      timestamp: 1763700000.121956,
    });
  });

  it("alphapulse: gathers for buffer_ms, or buffer_events", async () => {
    const one = await open({ scheme: "alphapulse", buffer_ms: 60_000, buffer_events: 3 });
    for (let i = 0; i < 2; i++) {
      rig.trade(i, 3, 100 + i, 1, SIDE.BUY, i);
      await one.write(rig.batch());
    }
    expect(await client.exists("trades:kraken:BTC-USD")).toBe(0);
    rig.trade(2, 3, 102, 1, SIDE.BUY, 2);
    await one.write(rig.batch());
    await expect.poll(() => client.xLen("trades:kraken:BTC-USD"), PATIENT).toBe(3);
  });

  it("md-ingest: keys, updates, windows of mids and surfaces, health", async () => {
    const one = await open({ scheme: "md-ingest" });
    rig.quote(0, 0, [43210.1, 2], [43210.2, 1]);
    rig.say(0, (out) => {
      out.num.set([43211, 43210.5, 0.0001, 1_763_704_800_000_000, NaN]);
      out.ticker(1, 0);
    });
    rig.say(0, (out) => {
      out.num[0] = 55.25;
      out.index(2, 0);
    });
    rig.say(0, (out) => {
      putNumber(0, out.long, LONG.ID);
      out.appendStatus(SCOPE.VENUE, 0xffffffff, INSTRUMENT_STATUS.indexOf("trading"), 0, 0);
    });
    await write(one);
    const meta = { session_id: rig.session, recv_ts: RECV };
    const get = async (key: string): Promise<unknown> =>
      JSON.parse((await client.get(`md:v1:${key}`)) ?? "null");
    expect(await get("spot_bbo:kraken:BTC-USDT")).toEqual({
      SpotBbo: {
        meta: { seq: 0, ...meta },
        venue: "kraken",
        product: "BTC-USDT",
        exchange_ts: EVENT,
        bid_price: "43210.1",
        bid_size: "2",
        ask_price: "43210.2",
        ask_size: "1",
      },
    });
    expect(await get("perp_mark_funding:XBTUSD")).toMatchObject({
      PerpMarkFunding: { mark_price: "43211", funding_rate: "0.0001", open_interest: null },
    });
    expect(await get("dvol")).toMatchObject({ DvolIndex: { value: "55.25" } });
    expect(await get("session_boundary:kraken")).toMatchObject({
      SessionBoundary: { venue: "kraken", state: "trading" },
    });
    await expect.poll(() => said("md:v1:updates").length, PATIENT).toBe(4);
    expect(said("md:v1:updates")).toContainEqual({
      type: "spot_bbo",
      key: "md:v1:spot_bbo:kraken:BTC-USDT",
      recv_ts: RECV,
    });
    expect(await get("health")).toMatchObject({
      venues: {
        kraken: { state: "Connected", session_id: rig.session, last_recv_ts: RECV, reconnect_count: 3 },
      },
      redis_state: "Healthy",
    });
  });

  it("md-ingest: derived figures, and about as many of the last as there", async () => {
    const one = await open({ scheme: "md-ingest" });
    const named = { venue: "derived", ts_event: NOW_US, ts_recv: NOW_US };
    for (let i = 0; i < 3; i++) {
      rig.derive(
        {
          type: "spot_mid",
          ...named,
          symbol: "BTC-USD",
          instrument: "BTC-USD",
          mid: 43210.15 + i,
          quality: "degraded",
          divergence_bps: null,
          fresh: 1,
          min_age_us: 1250,
          max_age_us: 1250,
          sources: [
            {
              venue: "kraken",
              bid_price: 1,
              ask_price: 2,
              mid: 1.5,
              age_us: 2000,
              state: "fresh",
              validity: "live",
            },
          ],
        },
        3,
      );
      rig.derive(
        {
          type: "iv_surface",
          ...named,
          symbol: "ETH-27MAR26",
          instrument: "ETH-USD-27MAR26",
          source: "kraken",
          expiry: null,
          index_price: 4000,
          forward: 4010,
          atm_iv: 0.625 + i,
          atm_spread_iv: 0.01,
          quality: "ok",
          n_points: 2,
          n_valid_points: 1,
          min_strike: 3000,
          max_strike: 5000,
          butterfly: 0,
          calendar: 0,
          points: [{ strike: 4000, side: "put", iv: 0.625, bid_iv: 0.5, ask_iv: null }],
        },
        4,
      );
      await write(one);
    }
    const mid = JSON.parse((await client.get("md:v1:spot_mid"))!) as object;
    expect(mid).toMatchObject({
      SpotMid1s: {
        product: "BTC-USD",
        s_mid: "43212.15",
        quality: "Degraded",
        divergence_bps: null,
        venues: [{ venue: "kraken", mid: "1.5", age_ms: 2, state: "fresh" }],
      },
    });
    const window = (await client.xRange("md:v1:spot_mid:window", "-", "+")) ?? [];
    expect(
      window.map(
        ({ message }) => (JSON.parse(message["data"]!) as { SpotMid1s: { s_mid: string } }).SpotMid1s.s_mid,
      ),
    ).toEqual(["43210.15", "43211.15", "43212.15"]);
    expect(JSON.parse((await client.get("md:v1:iv_surface:none:ETH"))!)).toMatchObject({
      IvSurfaceSnapshot: { atm_iv: "2.625", points: [{ strike: "4000", mark_iv: "0.625" }] },
    });
    expect(await client.xLen("md:v1:iv_surface:window:none:ETH")).toBe(3);
  });

  it("counts what Redis refuses, says so, and writes values again when it takes them", async () => {
    await client.sAdd("feedhorn:latest:quote:kraken:BTC-USDT", "not a string");
    await client.lPush("feedhorn:stream:trade:kraken:BTC-USDT", "not a stream");
    const one = await open({ scheme: "native", outputs: ["streams", "latest"] });
    rig.trade(0, 0, 100, 1, SIDE.BUY, 1);
    rig.quote(0, 0, [99, 1], [101, 1]);
    await write(one);
    // SET replaces whatever there is; XADD does not.
    expect(JSON.parse((await client.get("feedhorn:latest:quote:kraken:BTC-USDT"))!)).toMatchObject({
      bid_price: 99,
    });
    expect(told.figures.get("events_refused_total")).toBe(1);
    expect(told.states.at(-1)).toMatch(/^degraded: .*WRONGTYPE/);
    expect(told.reports.join()).toMatch(/refuses commands.*WRONGTYPE/);
    await client.configSet({ maxmemory: "1", "maxmemory-policy": "noeviction" });
    rig.quote(1, 0, [98, 1], [102, 1]);
    await one.write(rig.batch());
    await one.flush();
    expect(told.figures.get("events_refused_total")).toBe(2);
    expect(told.states.at(-1)).toMatch(/OOM/);
    await client.configSet("maxmemory", "0");
    await expect
      .poll(async () => JSON.parse((await client.get("feedhorn:latest:quote:kraken:BTC-USDT"))!), PATIENT)
      .toMatchObject({ bid_price: 98 });
    await expect.poll(() => told.states.at(-1), PATIENT).toBe("connected");
  });
});
