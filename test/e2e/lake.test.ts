import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { EventReader, slotFlags } from "../../src/log/index.ts";
import { FLAG } from "../../src/model/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { journalFolder, openLossless } from "../../src/store/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { eventsOf, rowsOf } from "../lake/read-back.ts";
import { eventually, GatewayProcess } from "./gateway-process.ts";

/** The whole way: venues, gateway, journal, lake, and the commands that ask it. */

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
let simulator: Simulator;
let gateway: GatewayProcess;

beforeAll(async () => {
  simulator = await startSimulator({
    seed: "lake",
    venues: [{ venue: venueById("kraken")! }, { venue: venueById("deribit")! }],
    instruments: 4,
    rate: 200,
  });
});
afterAll(() => simulator.close());
afterEach(() => gateway.remove());

function feed(venue: "kraken" | "deribit") {
  const { ws, rest } = simulator.endpoints[venue]!;
  const channels =
    venue === "deribit"
      ? (["trade", "book", "ticker", "index"] as const)
      : (["trade", "quote", "book"] as const);
  return {
    venue,
    symbols: [...simulator.symbols[venue]!],
    channels: [...channels],
    ws_url: ws,
    rest_url: rest,
  };
}

/** Every event in a lane's journal, as the log's own reader says it, with its place. */
function journaled(folder: string): { seq: number; slots: number; event: unknown }[] {
  const reader = openLossless({ journal: folder, region: null, from: 0 });
  const decoder = new EventReader(reader.names);
  const all: { seq: number; slots: number; event: unknown }[] = [];
  let first = -1;
  const take: Parameters<typeof reader.poll>[0] = (slots, word, seq) => {
    if (first < 0) first = seq;
    const event = decoder.accept(slots, word);
    if ((slotFlags(slots, word) & FLAG.LAST) === 0) return;
    all.push({ seq: first, slots: seq - first + 1, event });
    first = -1;
  };
  while (reader.poll(take) > 0);
  reader.close();
  return all;
}

function feedhorn(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["--import", "tsx", MAIN, ...args], { encoding: "utf8" });
}

it(
  "the lake says of every event what the journal says, and answers questions about it",
  { timeout: 180_000 },
  async () => {
    gateway = new GatewayProcess((dir) => ({
      lanes: [{ name: "main", feeds: [feed("kraken"), feed("deribit")] }],
      data: { dir: join(dir, "data") },
      journal: { keep_ms: 3_600_000 },
      sinks: [{ type: "parquet", name: "lake", flush_ms: 300 }],
    }));
    await gateway.start();
    await eventually("every book live", () => gateway.ready(), Boolean);
    await sleep(3000);
    gateway.signal("SIGTERM");
    expect(await gateway.ended()).toBe(0);

    const expected = journaled(journalFolder(gateway.data, "main"));
    const seen = eventsOf(await rowsOf(join(gateway.data, "lake")));
    expect(seen.length).toBe(expected.length);
    for (let i = 0; i < expected.length; i++) expect(seen[i]).toEqual(expected[i]);
    const kinds = new Set(expected.map(({ event }) => (event as { type: string }).type));
    expect([...kinds].toSorted()).toEqual(
      expect.arrayContaining(["book", "quote", "status", "ticker", "trade"]),
    );

    const trades = expected.filter(({ event }) => (event as { type: string }).type === "trade").length;
    const count = feedhorn(
      "query",
      "SELECT count(*) AS n FROM trades",
      "--data",
      gateway.data,
      "--format",
      "json",
    );
    expect([count.status, JSON.parse(count.stdout)]).toEqual([0, [{ n: trades }]]);
    const { stdout } = feedhorn("report", "--data", gateway.data, "--json");
    const report = JSON.parse(stdout) as { sequence: unknown[] };
    const end = gateway.head("main");
    expect(report.sequence).toEqual([
      { lane: "main", first: 0, end, slots: end, missing: 0, twice: 0, named_holes: 0, slots_in_holes: 0 },
    ]);
  },
);
