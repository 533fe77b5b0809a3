import { afterEach, describe, expect, it } from "vitest";
import { EventReader, RingReader } from "../../src/log/index.ts";
import type { TradeEvent } from "../../src/model/index.ts";
import type { FaultName } from "../../src/simulator/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** Trades that were withheld are fetched, once each; those that never were are proved not to be: the whole path. */

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

const COUNTED = ["binance", "binance-us", "coinbase-exchange", "deribit"];
const LISTED = [...COUNTED, "binance-usdm", "binance-coinm", "kraken"];

type Meter = "tradesRecovered" | "tradesNeverExisted" | "tradesLost" | "spansLost";

class Log {
  readonly trades: TradeEvent[] = [];
  readonly #ring: RingReader;
  readonly #events: EventReader;

  constructor({ region }: Rig["handle"]) {
    this.#ring = new RingReader(region.control, region.slots);
    this.#events = new EventReader(region.names());
  }

  read(): this {
    this.#ring.poll((slots, word) => {
      const event = this.#events.accept(slots, word);
      if (event?.type === "trade") this.trades.push(event);
    }, 1 << 22);
    return this;
  }

  of(symbol: string): TradeEvent[] {
    return this.trades.filter((one) => one.symbol === symbol);
  }
}

function recovered(trades: readonly TradeEvent[]): string[] {
  return trades.filter(({ flags }) => flags?.includes("recovered")).map(({ id }) => id);
}

async function start(id: string): Promise<Log> {
  rig = await startRig({
    venues: [venueById(id)!],
    instruments: 2,
    rate: 60,
    seed: `backfill ${id}`,
    feed: { channels: ["trade"], backfill: true },
  });
  const log = new Log(rig.handle);
  const symbols = rig.simulator.symbols[id]!;
  await until("trades of all", 15_000, () => {
    log.read();
    return symbols.every((symbol) => log.of(symbol).length >= 2);
  });
  return log;
}

function counted(meter: Meter): number {
  const [feed] = rig!.lane.feeds;
  return rig!.lane.core.counters.get(feed!.meters[meter]);
}

const idle = (): boolean => rig!.lane.feeds[0]!.backfill!.pending === 0;

/** What the log has of a symbol is what there truly was from its first trade on, each once, with the venue's own figures. */
function proveWhole(log: Log, venue: string, symbol: string): void {
  const seen = log.of(symbol);
  const first = Number(seen[0]!.id);
  const last = Math.max(...seen.map(({ id }) => Number(id)));
  const truth = rig!.simulator
    .trades(venue, symbol)
    .filter(({ id }) => Number(id) >= first && Number(id) <= last)
    .map(({ id, price, size, side }) => ({ id, price, size, side }));
  const logged = seen
    .map(({ id, price, size, side }) => ({ id, price, size, side }))
    .toSorted((a, b) => Number(a.id) - Number(b.id));
  expect(logged).toEqual(truth);
}

/** Strikes so many times, one after the other; the ids that were withheld, or nothing for faults that name none. */
async function strike(fault: FaultName, venue: string, symbol: string, times: number): Promise<string[]> {
  const { simulator } = rig!;
  const before = simulator.faultLog.length;
  for (let i = 0; i < times; i++) {
    const struck = simulator.faultLog.length;
    simulator.inject({ fault, venue, symbol, channel: "trade" });
    await until("the fault", 15_000, () => simulator.faultLog.length > struck);
    const trades = simulator.trades(venue, symbol).length;
    await until("more trades", 15_000, () => simulator.trades(venue, symbol).length > trades + 3);
  }
  return simulator.faultLog.slice(before).flatMap(({ trade }) => trade ?? []);
}

describe("trades that were withheld", () => {
  it.each(COUNTED)("%s: are fetched, once each", { timeout: 60_000 }, async (id) => {
    const log = await start(id);
    const symbol = rig!.simulator.symbols[id]![0]!;
    const withheld = await strike("drop", id, symbol, 3);
    expect(withheld).toHaveLength(3);
    await until("all of them", 20_000, () => counted("tradesRecovered") >= 3 && idle());
    expect(recovered(log.read().of(symbol))).toEqual(withheld);
    proveWhole(log, id, symbol);
    expect([counted("tradesRecovered"), counted("tradesNeverExisted"), counted("tradesLost")]).toEqual([
      3, 0, 0,
    ]);
  });

  it.each(COUNTED)("%s: ids that never existed are proved so", { timeout: 60_000 }, async (id) => {
    const log = await start(id);
    const symbol = rig!.simulator.symbols[id]![0]!;
    await strike("skip_ids", id, symbol, 2);
    await until("the proof", 20_000, () => counted("tradesNeverExisted") >= 6 && idle());
    proveWhole(log.read(), id, symbol);
    expect(recovered(log.trades)).toEqual([]);
    expect([counted("tradesNeverExisted"), counted("tradesLost")]).toEqual([6, 0]);
    expect(rig!.reports.filter((one) => one.includes("never_existed"))).toHaveLength(2);
  });
});

describe("a connection that was lost for a while", () => {
  it.each(LISTED)("%s: what came meanwhile is fetched", { timeout: 60_000 }, async (id) => {
    const log = await start(id);
    const { simulator } = rig!;
    const symbols = simulator.symbols[id]!;
    simulator.inject({ fault: "refuse_connections", venue: id, duration: 3000 });
    await until("the loss", 10_000, () => rig!.reports.some((one) => one.includes("connection lost")));
    await until("the fetch", 30_000, () => counted("tradesRecovered") > 0 && idle());
    log.read();
    for (const symbol of symbols) {
      const trades = log.of(symbol).length;
      await until("trades again", 15_000, () => log.read().of(symbol).length > trades);
    }
    await until("rest", 20_000, idle);
    log.read();
    for (const symbol of symbols) proveWhole(log, id, symbol);
    expect(recovered(log.trades).length).toBe(counted("tradesRecovered"));
    expect([counted("tradesNeverExisted"), counted("tradesLost"), counted("spansLost")]).toEqual([0, 0, 0]);
  });
});
