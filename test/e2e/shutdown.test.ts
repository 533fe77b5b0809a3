import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { ConfigInput } from "../../src/app/config/schema.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { journalFolder, laneStart } from "../../src/store/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { alive, eventually, GatewayProcess, tiled } from "./gateway-process.ts";

/** The end of a gateway: nothing that was committed is lost by it, and what cannot be written is told. */

const LONG = { timeout: 180_000 };
let simulator: Simulator;
let gateway: GatewayProcess;
const stopped: number[] = [];

beforeAll(async () => {
  simulator = await startSimulator({
    seed: "shutdown",
    venues: [{ venue: venueById("kraken")! }, { venue: venueById("binance")! }],
    instruments: 6,
    rate: 400,
  });
});
afterAll(() => simulator.close());
afterEach(async () => {
  for (const pid of stopped.splice(0)) if (alive(pid)) process.kill(pid, "SIGKILL");
  await gateway.remove();
});

function config(more: Partial<ConfigInput>): (dir: string) => ConfigInput {
  const lane = (venue: "kraken" | "binance") => {
    const { ws, rest } = simulator.endpoints[venue]!;
    const symbols = [...simulator.symbols[venue]!];
    return { name: venue, feeds: [{ venue, symbols, ws_url: ws, rest_url: rest }] };
  };
  return (dir) => ({
    lanes: [lane("kraken"), lane("binance")],
    data: { dir: join(dir, "data") },
    sinks: [{ type: "ndjson" }, { type: "ndjson", name: "trades", kinds: ["trade"], flush_ms: 100 }],
    ...more,
  });
}

it("SIGTERM under load loses no tail: ring, journal and sinks end at the same slot", LONG, async () => {
  gateway = new GatewayProcess(config({}));
  for (let run = 0; run < 2; run++) {
    await gateway.start();
    await eventually("every book live", () => gateway.ready(), Boolean);
    await new Promise((resolve) => setTimeout(resolve, 500 + 300 * run));
    gateway.signal("SIGTERM");
    expect(await gateway.ended()).toBe(0);
    for (const lane of ["kraken", "binance"]) {
      const head = gateway.head(lane);
      expect(head).toBeGreaterThan(500);
      expect(laneStart(journalFolder(gateway.data, lane), 16_384).end).toBe(head);
      const lines = gateway.lines(lane);
      expect(tiled(lines)).toEqual({ first: 0, end: head, faults: [], holes: 0 });
      const trades = lines.filter(({ type }) => type === "trade");
      expect(trades.length).toBeGreaterThan(10);
      expect(gateway.lines(lane, "trades")).toEqual(trades);
    }
    expect(gateway.log).toContain('"msg":"stopped"');
  }
});

it.each([
  ["a second signal", {}, true],
  ["the end of its time", { shutdown_ms: 1500 }, false],
] as const)("%s ends it although a sink hangs, and what is left is told", LONG, async (_, more, again) => {
  gateway = new GatewayProcess(config({ ...more, sinks: [{ type: "ndjson", flush_ms: 100 }] }));
  await gateway.start();
  await eventually(
    "something written",
    () => gateway.health(),
    ({ sinks }) => (sinks?.["ndjson"]?.written_slots ?? 0) > 100,
  );
  const pid = (await gateway.health()).parts["sink ndjson"]!.pid!;
  stopped.push(pid);
  process.kill(pid, "SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 300));
  const asked = performance.now();
  gateway.signal("SIGTERM");
  if (again) {
    await eventually(
      "the stop to begin",
      () => gateway.log,
      (log) => log.includes('"msg":"stopping"'),
    );
    gateway.signal("SIGTERM");
  }
  expect(await gateway.ended()).toBe(1);
  expect(performance.now() - asked).toBeLessThan(25_000);
  expect(gateway.log).toMatch(
    /stopped before everything was written: .*sink ndjson: \d+ slots of lane kraken/,
  );
  expect(alive(pid)).toBe(false);
});
