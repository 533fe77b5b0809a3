import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readPreset } from "../../src/app/config/preset.ts";
import { openLane } from "../../src/client/index.ts";
import type { MarketEvent } from "../../src/client/index.ts";
import { plainText } from "../../src/model/index.ts";
import type { IvSurfaceEvent, SpotMidEvent } from "../../src/model/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { Duck } from "../../src/sinks/duckdb.ts";
import { lakeFiles } from "../../src/sinks/parquet/files.ts";
import { venueById } from "../../src/venues/index.ts";
import { eventually } from "../e2e/gateway-process.ts";
import { sharedService } from "../services/share.ts";
import { PresetRig } from "./rig.ts";

/** The job of md-ingest by its own file: keys, streams and windows read by redis-cli, five-column Parquet read by DuckDB. */

const LONG = { timeout: 180_000 };
const SPOT = { kraken: ["BTC-USD"], okx: ["BTC-USD"], binance: ["BTC-USDT"] } as const;
const CHAIN = [90_000, 100_000, 110_000].flatMap((strike) =>
  ["C", "P"].map((side) => `BTC-USD-25DEC37-${strike}-${side}`),
);
const shared = sharedService("redis", { password: "md-secret" });

let rig: PresetRig;
let simulator: Simulator;
let listener: ChildProcess | null = null;
beforeEach(async () => {
  rig = new PresetRig();
  simulator = await startSimulator({
    seed: "md-ingest",
    venues: [
      ...Object.entries(SPOT).map(([venue, names]) => ({
        venue: venueById(venue)!,
        instruments: [...names],
      })),
      { venue: venueById("deribit")!, instruments: ["BTC-USD-PERP", "BTC-DVOL", ...CHAIN] },
    ],
    rate: 40,
  });
});
afterEach(async () => {
  listener?.kill("SIGKILL");
  await rig.close();
  await simulator.close();
  delete process.env["MD_INGEST_REDIS_PASSWORD"];
});

function cli(...words: string[]): string {
  const env = { PATH: process.env["PATH"], REDISCLI_AUTH: "md-secret" };
  const { port } = shared.service;
  return execFileSync("redis-cli", ["-p", String(port), ...words], { encoding: "utf8", env }).trimEnd();
}

/** What is published on md:v1:updates from now on: every third line of what redis-cli prints. */
async function listen(): Promise<() => Record<string, string>[]> {
  const env = { PATH: process.env["PATH"], REDISCLI_AUTH: "md-secret" };
  listener = spawn("redis-cli", ["-p", String(shared.service.port), "subscribe", "md:v1:updates"], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let heard = "";
  listener.stdout!.setEncoding("utf8").on("data", (more: string) => (heard += more));
  await eventually(
    "redis-cli to listen",
    () => cli("pubsub", "numsub", "md:v1:updates"),
    (seen) => /\b1$/.test(seen),
  );
  return () =>
    heard
      .split("\n")
      .slice(0, -1)
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, string>);
}

type Payload = Record<string, Record<string, unknown>>;

function get(key: string): Payload {
  return JSON.parse(cli("get", `md:v1:${key}`) || "null") as Payload;
}

/** What a window holds, the oldest first: field `data` of each entry. */
function windowOf(key: string): Record<string, unknown>[] {
  const lines = cli("xrange", `md:v1:${key}`, "-", "+").split("\n");
  return lines.flatMap((line, i) =>
    lines[i - 1] === "data" ? [Object.values(JSON.parse(line) as Payload)[0]!] : [],
  );
}

/** Its own file, with the simulator's addresses. */
function toml(): string {
  const spot = Object.entries(SPOT).map(([venue]) => {
    const { ws, rest } = simulator.endpoints[venue]!;
    const symbols = JSON.stringify(simulator.symbols[venue]);
    return `[connectors.${venue}]\nproducts = ${symbols}\nws_url = "${ws}"\nrest_url = "${rest}"\n`;
  });
  const { ws, rest } = simulator.endpoints["deribit"]!;
  return [
    ...spot,
    `[connectors.deribit]\ncurrencies = ["BTC"]\nws_url = "${ws}"\nrest_url = "${rest}"\n`,
    `[sinks.parquet]\ndata_dir = "${join(rig.dir, "md")}"\nflush_interval_secs = 0.5\n`,
    `[sinks.redis]\nurl = "redis://:md-secret@${shared.service.address}"\n`,
  ].join("\n");
}

function lane(name: string): () => MarketEvent[] {
  const reader = openLane(name, { dir: join(rig.dir, "regions"), from: "oldest" });
  const events: MarketEvent[] = [];
  return () => {
    while (reader.poll((event) => events.push(event)) > 0);
    return events;
  };
}

/** Texts of a payload are the shortest decimal texts of the event's numbers. */
function text(value: number | null): string | null {
  return value === null ? null : plainText(value);
}

function checkMid(said: Record<string, unknown>, event: SpotMidEvent): void {
  expect(said).toMatchObject({
    product: "BTC-USD",
    s_mid: text(event.mid),
    divergence_bps: text(event.divergence_bps),
    n_fresh: event.fresh,
    quality: event.quality.slice(0, 1).toUpperCase() + event.quality.slice(1),
  });
}

function checkSurface(said: Record<string, unknown>, event: IvSurfaceEvent): void {
  expect(said).toMatchObject({
    underlying_index_px: text(event.index_price),
    forward: text(event.forward),
    atm_iv: text(event.atm_iv),
    spread_iv_atm: text(event.atm_spread_iv),
    n_points: event.n_points,
    n_valid_points: event.n_valid_points,
    min_strike: text(event.min_strike),
  });
}

describe.skipIf(shared.missing !== null)("md-ingest", () => {
  it("writes its keys, windows, updates and files by its own configuration", LONG, async () => {
    const file = join(rig.dir, "config.toml");
    writeFileSync(file, toml());
    const { config } = readPreset("md-ingest", file);
    const updates = await listen();
    await rig.start(config);
    const derived = lane("derived");
    const main = lane("main");
    const expiry = Date.UTC(2037, 11, 25, 8) / 1000;
    await eventually(
      "windows of mids and surfaces",
      () => [windowOf("spot_mid:window").length, windowOf(`iv_surface:window:${expiry}`).length],
      (counts) => counts.every((count) => count >= 4),
    );

    for (const [venue, product] of [
      ["kraken", "BTC-USD"],
      ["okx", "BTC-USD"],
      ["binance", "BTC-USDT"],
    ] as const) {
      const { SpotBbo: bbo } = get(`spot_bbo:${venue}:${product}`);
      expect(bbo).toMatchObject({ venue, product });
      const { bid_price: bid, ask_price: ask } = bbo as Record<string, string>;
      const same = main().some(
        (event) =>
          event.type === "quote" &&
          event.venue === venue &&
          text(event.bid_price) === bid &&
          text(event.ask_price) === ask,
      );
      expect(same, `${venue} ${bid} ${ask}`).toBe(true);
    }
    expect(get("perp_mark_funding:BTC-PERPETUAL")["PerpMarkFunding"]).toMatchObject({ venue: "deribit" });
    expect(get("health")).toMatchObject({
      venues: { kraken: { state: "Connected" }, deribit: { state: "Connected" } },
      redis_state: "Healthy",
    });
    expect(Object.keys(get("spot_mid")["SpotMid1s"]!)).toEqual(
      expect.arrayContaining(["meta", "product", "s_mid", "quality", "divergence_bps", "venues"]),
    );

    const told = new Set(updates().map(({ type, key }) => `${type} ${key}`));
    expect([...told]).toEqual(
      expect.arrayContaining([
        "spot_bbo md:v1:spot_bbo:kraken:BTC-USD",
        "spot_mid_1s md:v1:spot_mid",
        `iv_surface_snapshot md:v1:iv_surface:${expiry}`,
        "perp_mark_funding md:v1:perp_mark_funding:BTC-PERPETUAL",
      ]),
    );
    expect(Object.keys(updates()[0]!)).toEqual(["type", "key", "recv_ts"]);

    const mids = windowOf("spot_mid:window");
    const surfaces = windowOf(`iv_surface:window:${expiry}`);
    const made = derived();
    const secondOf = ({ ts_event: at }: MarketEvent): string =>
      `${new Date(at! / 1000).toISOString().slice(0, 23)}000Z`;
    for (const said of mids)
      checkMid(
        said,
        made.find((one) => one.type === "spot_mid" && secondOf(one) === said["ts"]) as SpotMidEvent,
      );
    for (const said of surfaces)
      checkSurface(
        said,
        made.find((one) => one.type === "iv_surface" && secondOf(one) === said["ts"]) as IvSurfaceEvent,
      );
    expect(mids.some(({ n_fresh: fresh }) => fresh === 3)).toBe(true);
    expect(surfaces.some(({ atm_iv: atm }) => atm !== null)).toBe(true);

    const metrics = await (await fetch(`${rig.gateway.ops.url}/metrics`)).text();
    for (const sample of [
      'md_connected{venue="kraken"} 1',
      "md_redis_connected 1",
      'md_spot_divergence_bps{product="BTC-USD"} ',
      'md_iv_surface_points{expiry="BTC-USD-25DEC37"} ',
      'md_messages_total{venue="binance",channel="trade"} ',
    ])
      expect(metrics).toContain(sample);
    const health = (await (await fetch(`${rig.gateway.ops.url}/health`)).json()) as { service: string };
    expect(health.service).toBe("md-ingest");

    await rig.gateway.stop();
    await parquet(made.filter(({ type }) => type === "spot_mid").length);
  });

  /** Five columns, whatever the type; every mid that was made is there once. */
  async function parquet(mids: number): Promise<void> {
    const dir = join(rig.dir, "md");
    const files = lakeFiles(dir).filter((file) => file.startsWith("v1/"));
    const types = new Set(files.map((file) => file.split("/").slice(1, 3).join(" ")));
    expect([...types]).toEqual(
      expect.arrayContaining([
        "spot_bbo kraken",
        "spot_trade binance",
        "opt_instrument deribit",
        "opt_ticker deribit",
        "perp_mark_funding deribit",
        "spot_mid_1s multi",
        "iv_surface_snapshot multi",
      ]),
    );
    const duck = await Duck.open({ threads: 1, memoryMiB: 128, spill: null });
    const all = `read_parquet('${dir}/v1/**/*.parquet')`;
    const { names, rows } = await duck.ask(
      `SELECT * FROM ${all} WHERE event_type = 'spot_mid_1s' ORDER BY seq`,
    );
    expect(names).toEqual(["seq", "event_type", "recv_ts", "venue", "payload"]);
    expect(rows.length).toBeGreaterThanOrEqual(mids);
    const seconds = rows.map((row) => (JSON.parse(String(row[4])) as Payload)["SpotMid1s"]!["ts"]);
    expect(new Set(seconds).size).toBe(rows.length);
    expect(rows.every((row) => row[3] === null)).toBe(true);
    const { rows: twice } = await duck.ask(
      `SELECT count(*) FROM (SELECT seq, event_type, venue FROM ${all} GROUP BY ALL HAVING count(*) > 1)`,
    );
    expect(Number(twice[0]![0])).toBe(0);
    duck.close();
  }
});
