import { afterEach, describe, expect, it } from "vitest";
import { TopReader, readCounters } from "../../src/log/index.ts";
import { VALIDITY, instrumentOf } from "../../src/model/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig, RigOptions } from "./rig.ts";

const BINANCE = venueById("binance")!;
const COINBASE = venueById("coinbase")!;
const KRAKEN = venueById("kraken")!;

let rig: Rig | null = null;

afterEach(async () => {
  await rig?.close();
  rig = null;
});

async function start(options: RigOptions): Promise<Rig> {
  rig = await startRig({ instruments: 3, seed: "bad input", ...options });
  return rig;
}

function counter(one: Rig, name: string, venue: string): number {
  const rows = readCounters(one.handle.region.counters);
  return rows
    .filter((row) => row.name === name && row.labels.includes(`venue="${venue}"`))
    .reduce((sum, row) => sum + row.value, 0);
}

function live(one: Rig, venue: string): string[] {
  const feed = one.lane.feeds.find((candidate) => candidate.venue.id === venue)!;
  return feed.markets
    .filter((market) => market.state.validity === VALIDITY.LIVE)
    .map((market) => market.symbol);
}

describe("what a venue or a user gets wrong", () => {
  it("names a symbol the venue does not list and runs the rest", async () => {
    const one = await start({ venues: [BINANCE], feed: { symbols: ["BTC-USDT", "NOPE-USDT", "ETHUSDT"] } });
    await until("two books live", 8000, () => live(one, "binance").length === 2);
    expect(live(one, "binance").toSorted()).toEqual(["BTCUSDT", "ETHUSDT"]);
    expect(one.reports.find((line) => line.includes("not listed"))).toContain('"symbol":"NOPE-USDT"');
    expect(counter(one, "feedhorn_refused_subscriptions_total", "binance")).toBe(1);
  });

  it("names a subscription the venue refuses and keeps the others", async () => {
    // The metadata lists a symbol that the stream then refuses: an instrument delisted between the two.
    const gone = instrumentOf({ symbol: "GONE/USD", canonical: "GONE-USD", status: "trading" });
    const instruments = {
      ...KRAKEN.instruments,
      parse: (body: string) => [...KRAKEN.instruments.parse(body), gone],
    };
    const one = await start({
      venues: [{ ...KRAKEN, instruments }],
      feed: { symbols: ["BTC-USD", "GONE-USD"] },
    });
    await until("a refusal", 8000, () => one.reports.some((line) => line.includes("subscription refused")));
    await until("the other book live", 8000, () => live(one, "kraken").length === 1);
    expect(
      one.reports
        .filter((line) => line.includes("subscription refused"))
        .every((line) => line.includes('"symbol":"GONE/USD"')),
    ).toBe(true);
    expect(live(one, "kraken")).toEqual(["BTC/USD"]);
  });

  it("asks for the depth on offer that holds the depth wanted, and cuts the book there", async () => {
    const one = await start({ venues: [KRAKEN], feed: { depth: 33 } });
    await until("all live", 8000, () => live(one, "kraken").length === 3);
    await until("some updates", 8000, () => counter(one, "feedhorn_checksums_total", "kraken") > 50);
    expect(one.lane.feeds[0]!.markets.map((market) => market.book!.bids.count)).toEqual([100, 100, 100]);
    expect(counter(one, "feedhorn_resyncs_total", "kraken")).toBe(0);
  });

  it("keeps trying a venue that is not there, with growing pauses, while another one runs", async () => {
    const one = await start({ venues: [BINANCE, COINBASE] });
    await until("all live", 8000, () => live(one, "binance").length + live(one, "coinbase").length === 6);
    one.simulator.inject({ fault: "restart", venue: "binance", duration: 1500 });
    await until("binance not live", 3000, () => live(one, "binance").length === 0);
    expect(live(one, "coinbase")).toHaveLength(3);
    await until("binance live again", 10_000, () => live(one, "binance").length === 3);
  });

  it("counts frames it cannot read and frames of no known form, and shows a sample without control characters", async () => {
    const one = await start({ venues: [KRAKEN] });
    await until("all live", 8000, () => live(one, "kraken").length === 3);
    for (const fault of ["truncate", "smash", "binary", "unknown", "empty"] as const)
      one.simulator.inject({ fault, venue: "kraken" });
    await until("all five seen", 10_000, () => {
      const seen =
        counter(one, "feedhorn_bad_frames_total", "kraken") +
        counter(one, "feedhorn_unknown_frames_total", "kraken");
      return seen >= 5;
    });
    await until("all live again", 10_000, () => live(one, "kraken").length === 3);
    const samples = one.reports.filter((line) => line.startsWith("warn frame"));
    expect(samples.length).toBeGreaterThanOrEqual(3);
    // oxlint-disable-next-line no-control-regex
    for (const line of samples) expect(line).not.toMatch(/[\u0000-\u001f]/);
  });

  it("cuts a connection that sends a frame above the limit, and comes back", async () => {
    const one = await start({ venues: [BINANCE] });
    await until("all live", 8000, () => live(one, "binance").length === 3);
    one.simulator.inject({ fault: "oversize", venue: "binance" });
    await until("the cut", 8000, () =>
      one.reports.some((line) => line.includes("Max payload size exceeded")),
    );
    await until("all live again", 10_000, () => live(one, "binance").length === 3);
  });

  it("waits out a venue that answers 429, and says so in its counters", async () => {
    const one = await start({ venues: [BINANCE] });
    await until("all live", 8000, () => live(one, "binance").length === 3);
    one.simulator.inject({ fault: "rest_429", venue: "binance", duration: 1200 });
    one.simulator.inject({ fault: "reset", venue: "binance" });
    await until("a refusal", 8000, () => counter(one, "feedhorn_rate_limited_total", "binance") > 0);
    await until("all live again", 20_000, () => live(one, "binance").length === 3);
  });

  it("takes as many instruments as the region has rows for, and names the rest", async () => {
    const one = await start({ venues: [BINANCE], instruments: 20, rows: 16 });
    await until("the rows full of live books", 8000, () => live(one, "binance").length === 16);
    const refused = one.reports.filter((line) => line.includes("instrument not taken"));
    expect(refused).toHaveLength(4);
    expect(refused[0]).toContain('create the region with a larger \\"instruments\\"');
  });

  it("loses the quotes of a socket with that socket, and no others", async () => {
    const usdm = venueById("binance-usdm")!;
    const one = await start({ venues: [usdm] });
    await until("all live", 8000, () => live(one, "binance-usdm").length === 3);
    const tops = new TopReader(one.handle.region.top);
    const words = (): string[] => one.lane.feeds[0]!.markets.map((market) => tops.read(market.id)!.validity);
    await until("quotes", 5000, () => words().every((word) => word === "live"));
    const market = one.lane.feeds[0]!.sessions.find((session) => session.shard.endpoint.name === "market")!;
    market.fail("cut by the test");
    expect(words()).toEqual(["live", "live", "live"]);
    const open = one.lane.feeds[0]!.sessions.find((session) => session.shard.endpoint.name === "public")!;
    open.fail("cut by the test");
    expect(words()).toEqual(["stale", "stale", "stale"]);
    expect(live(one, "binance-usdm")).toEqual([]);
    await until(
      "all live again",
      10_000,
      () => live(one, "binance-usdm").length === 3 && words().every((word) => word === "live"),
    );
  });

  it("refuses an event that does not fit into the ring, names the setting, and never shows half of it", async () => {
    const one = await start({ venues: [COINBASE], slots: 512 });
    await until("the report", 8000, () => one.reports.some((line) => line.includes("region.slots")));
    expect(live(one, "coinbase")).toEqual([]);
    expect(counter(one, "feedhorn_ring_refused_total", "coinbase")).toBeGreaterThan(0);
  });
});
