import { describe, expect, it } from "vitest";
import type { Channel, SocketEndpoint, Venue } from "../model/index.ts";
import { binanceCoinm } from "./binance-coinm/venue.ts";
import { binanceUs } from "./binance-us/venue.ts";
import { binanceUsdm } from "./binance-usdm/venue.ts";
import { FUTURES_STREAMS, SPOT_STREAMS } from "./binance-streams.ts";
import { binance } from "./binance/venue.ts";

/**
 * USD-M takes a stream on the wrong path without a word and never sends it. What the table of endpoints says is
 * therefore compared with the documentation's table of streams, written down here a second time, for every channel.
 */

/** Categories of the USD-M streams since 2026-03-06, by the first letters of the stream behind the @. */
const CATEGORIES: Readonly<Record<string, "public" | "market">> = {
  bookTicker: "public",
  depth: "public",
  rpiDepth: "public",
  trade: "public",
  aggTrade: "market",
  markPrice: "market",
  kline: "market",
  ticker: "market",
  miniTicker: "market",
  forceOrder: "market",
  "!contractInfo": "market",
};

function carriedBy({ channels, always = [] }: SocketEndpoint): Channel[] {
  return [...channels, ...always.map(({ channel }) => channel)];
}

function endpointsOf(venue: Venue, channel: Channel): SocketEndpoint[] {
  return venue.sockets.filter((endpoint) => carriedBy(endpoint).includes(channel));
}

const USDM_CHANNELS = Object.keys(FUTURES_STREAMS) as Channel[];

describe("USD-M", () => {
  it.each(USDM_CHANNELS)("%s is asked for on the path that carries it, and on no other", (channel) => {
    const found = endpointsOf(binanceUsdm, channel);
    expect(found).toHaveLength(1);
    const [request] = binanceUsdm.subscribe([{ channel, symbol: "BTCUSDT" }], () => 1);
    const { params } = JSON.parse(request!.text) as { params: string[] };
    const stream = /^(?:btcusdt@)?(!?[a-zA-Z]+)/.exec(params[0]!)![1]!;
    const category = CATEGORIES[stream];
    expect(category, `${stream} is in no category`).toBeDefined();
    const url = new URL(binanceUsdm.connectUrl(found[0]!, found[0]!.url));
    expect([url.host, url.pathname]).toEqual(["fstream.binance.com", `/${category}/stream`]);
  });

  it("keeps the path whatever stands in for the host", () => {
    for (const endpoint of binanceUsdm.sockets)
      for (const base of ["ws://127.0.0.1:9", `ws://127.0.0.1:9/${endpoint.name}`, "ws://127.0.0.1:9/ws"])
        expect(binanceUsdm.connectUrl(endpoint, base)).toBe(`ws://127.0.0.1:9/${endpoint.name}/stream`);
  });
});

describe.each([
  [binance, SPOT_STREAMS, "wss://stream.binance.com:9443/stream?timeUnit=MICROSECOND"],
  [binanceUs, SPOT_STREAMS, "wss://stream.binance.us:9443/stream"],
  [binanceCoinm, FUTURES_STREAMS, "wss://dstream.binance.com/stream"],
] as const)("$id", (venue, streams, url) => {
  it("carries every channel it has a stream for on its one address", () => {
    const channels = Object.keys(streams) as Channel[];
    expect(venue.sockets.map((endpoint) => carriedBy(endpoint).toSorted())).toEqual([channels.toSorted()]);
    expect(venue.connectUrl(venue.sockets[0]!, venue.sockets[0]!.url)).toBe(url);
  });
});

describe("every channel of every market", () => {
  it("comes wrapped: depthN of spot has no symbol, and depthN of futures looks like a change", () => {
    for (const venue of [binance, binanceUs, binanceUsdm, binanceCoinm])
      for (const endpoint of venue.sockets)
        expect(new URL(venue.connectUrl(endpoint, endpoint.url)).pathname).toMatch(/\/stream$/);
  });
});
