import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { EventReader, slotFlags } from "../../src/log/index.ts";
import { FLAG } from "../../src/model/index.ts";
import type {
  IvSurfaceEvent,
  MarketEvent,
  OptionTickerEvent,
  QuoteEvent,
  SpotMidEvent,
} from "../../src/model/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { journalFolder, openLossless } from "../../src/store/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { proofOf } from "../lake/proof.ts";
import { eventsOf, rowsOf } from "../lake/read-back.ts";
import { eventually, GatewayProcess } from "./gateway-process.ts";

/** The whole way: venues, lanes, the derived lane and its journal, the lake; figures against the events they are made of. */

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const SECOND = 1_000_000;
const CLOCKS_US = 10_000;
const SPOT = ["kraken", "okx"] as const;
let simulator: Simulator;
let gateway: GatewayProcess;

beforeAll(async () => {
  const chain = [90_000, 100_000, 110_000].flatMap((strike) =>
    ["C", "P"].map((side) => `BTC-USD-25DEC37-${strike}-${side}`),
  );
  simulator = await startSimulator({
    seed: "derived",
    venues: [
      ...SPOT.map((venue) => ({ venue: venueById(venue)!, instruments: ["BTC-USD", "ETH-USD"] })),
      { venue: venueById("deribit")!, instruments: chain },
    ],
    rate: 50,
  });
});
afterAll(() => simulator.close());
afterEach(() => gateway.remove());

function feed(venue: string, channels: readonly ("trade" | "quote" | "book" | "ticker")[]) {
  const { ws, rest } = simulator.endpoints[venue]!;
  return {
    venue,
    symbols: [...simulator.symbols[venue]!],
    channels: [...channels],
    ws_url: ws,
    rest_url: rest,
  };
}

/** Every event in a lane's journal. */
function journaled(lane: string): { seq: number; slots: number; event: MarketEvent }[] {
  const reader = openLossless({ journal: journalFolder(gateway.data, lane), region: null, from: 0 });
  const decoder = new EventReader(reader.names);
  const all: { seq: number; slots: number; event: MarketEvent }[] = [];
  let first = -1;
  const take: Parameters<typeof reader.poll>[0] = (slots, word, seq) => {
    if (first < 0) first = seq;
    const event = decoder.accept(slots, word);
    if ((slotFlags(slots, word) & FLAG.LAST) === 0) return;
    all.push({ seq: first, slots: seq - first + 1, event: event! });
    first = -1;
  };
  while (reader.poll(take) > 0);
  reader.close();
  return all;
}

/** Ticks one after the other, but for those that passed while nobody was there. */
function ticksOf(events: readonly { readonly ts_event: number | null }[]): number[] {
  return [...new Set(events.map(({ ts_event: at }) => at! / SECOND))];
}

/** A source is the quote that its venue had sent last, and the mid is the median of what counts. */
function checkSpot(event: SpotMidEvent, quotes: readonly QuoteEvent[]): void {
  const venues: string[] = event.sources.map(({ venue }) => venue);
  expect(venues).toEqual(SPOT.filter((venue) => venues.includes(venue)));
  for (const source of event.sources.filter(({ state }) => state === "fresh")) {
    const at = event.ts_recv - source.age_us!;
    // Clocks of two processes may be so far apart; a price of the future is of age 0.
    const late = source.age_us === 0 ? CLOCKS_US : 0;
    // Those of one read have one time: the last of them counted, whichever it was.
    const known = quotes.some(
      (one) =>
        one.venue === source.venue &&
        one.instrument === event.instrument &&
        one.ts_recv >= at &&
        one.ts_recv <= at + late &&
        one.bid_price === source.bid_price &&
        one.ask_price === source.ask_price,
    );
    expect(known, JSON.stringify(source)).toBe(true);
    expect(Math.abs(source.mid! - (source.bid_price! + source.ask_price!) / 2)).toBeLessThan(1e-6);
  }
  const mids = event.sources.flatMap(({ state, mid }) => (state === "fresh" ? [mid!] : []));
  expect(event.fresh).toBe(mids.length);
  const mean = mids.reduce((sum, mid) => sum + mid, 0) / mids.length;
  if (mids.length > 0) expect(Math.abs(event.mid! - mean)).toBeLessThan(1e-6);
}

/** Each point is a ticker of the last three seconds. */
function checkSurface(event: IvSurfaceEvent, tickers: readonly OptionTickerEvent[]): void {
  for (const { strike, side, iv } of event.points) {
    const symbol = `BTC-25DEC37-${strike}-${side === "put" ? "P" : "C"}`;
    const age = (one: OptionTickerEvent): number => event.ts_recv - one.ts_recv;
    const same = tickers.filter((one) => one.symbol === symbol && one.mark_iv === iv);
    expect(same.some((one) => age(one) > -SECOND && age(one) < 3 * SECOND)).toBe(true);
    expect(side).toBe(strike < event.forward! ? "put" : "call");
  }
}

it(
  "figures agree with the events they are made of, in journal and lake, and go on after their part and the gateway were killed",
  { timeout: 240_000 },
  async () => {
    gateway = new GatewayProcess((dir) => ({
      lanes: [
        { name: "spot", feeds: SPOT.map((venue) => feed(venue, ["quote", "trade"])) },
        { name: "options", feeds: [feed("deribit", ["ticker", "book"])] },
      ],
      derived: { spot_mid: {}, iv_surface: {}, isolation: "process" },
      data: { dir: join(dir, "data") },
      journal: { keep_ms: 3_600_000 },
      sinks: [{ type: "parquet", name: "lake", flush_ms: 300 }],
    }));
    await gateway.start();
    await eventually("every book live", () => gateway.ready(), Boolean);
    await sleep(3500);
    const { parts, lanes } = await gateway.health();
    expect(parts["derived"]).toMatchObject({ kind: "derived", as: "process", state: "running", restarts: 0 });
    process.kill(parts["derived"]!.pid!, "SIGKILL");
    await eventually(
      "another part",
      async () => (await gateway.health()).parts["derived"]!,
      ({ restarts, state }) => restarts === 1 && state === "running",
    );
    await sleep(3500);
    const after = await gateway.health();
    expect(Number(after.lanes["derived"]!.head)).toBeGreaterThan(Number(lanes["derived"]!.head));
    expect(await gateway.metrics()).toMatch(/feedhorn_spot_mid\{product="BTC-USD"\} \d/);
    gateway.signal("SIGKILL");
    await gateway.ended();
    await gateway.start();
    await eventually("every book live again", () => gateway.ready(), Boolean);
    await sleep(2500);
    gateway.signal("SIGTERM");
    expect(await gateway.ended()).toBe(0);

    const made = journaled("derived");
    const spots = made.flatMap(({ event }) => (event.type === "spot_mid" ? [event] : []));
    const surfaces = made.flatMap(({ event }) => (event.type === "iv_surface" ? [event] : []));
    for (const ticks of [ticksOf(spots), ticksOf(surfaces)]) {
      expect(ticks.length).toBeGreaterThan(4);
      expect(ticks.every((tick, i) => Number.isInteger(tick) && (i === 0 || tick > ticks[i - 1]!))).toBe(
        true,
      );
    }
    const quotes = journaled("spot").flatMap(({ event }) => (event.type === "quote" ? [event] : []));
    for (const event of spots) checkSpot(event, quotes);
    expect(spots.filter(({ fresh }) => fresh === 2).length).toBeGreaterThan(6);
    const tickers = journaled("options").flatMap(({ event }) =>
      event.type === "option_ticker" ? [event] : [],
    );
    for (const event of surfaces) checkSurface(event, tickers);
    expect(surfaces.some(({ points, atm_iv: atm }) => points.length > 0 && atm !== null)).toBe(true);

    const lake = join(gateway.data, "lake");
    const read = eventsOf(await rowsOf(lake)).filter(({ event }) =>
      /spot_mid|iv_surface/.test(String(event["type"])),
    );
    const expected = made
      .filter(({ event }) => event.type === "spot_mid" || event.type === "iv_surface")
      .map(({ event, ...place }) => ({ ...place, event: withoutOwnVenue(event) }));
    expect(read).toEqual(expected);
    const end = gateway.head("derived");
    expect(await proofOf(lake, "derived")).toMatchObject({ first: 0, end, slots: end, breaks: 0 });
    const { stdout } = spawnSync(
      process.execPath,
      ["--import", "tsx", MAIN, "report", "--data", gateway.data, "--json"],
      { encoding: "utf8" },
    );
    const { sequence } = JSON.parse(stdout) as { sequence: { lane: string }[] };
    expect(sequence.find(({ lane: name }) => name === "derived")).toMatchObject({
      first: 0,
      end,
      slots: end,
      missing: 0,
      twice: 0,
    });
  },
);

/** Rows of surfaces are of the venue of their options. */
function withoutOwnVenue(event: MarketEvent): object {
  if (event.type !== "iv_surface") return event;
  const { venue: _, ...rest } = event;
  return rest;
}
