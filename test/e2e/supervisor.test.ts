import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { ConfigInput } from "../../src/app/config/schema.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { alive, eventually, GatewayProcess, tiled } from "./gateway-process.ts";

/** Parts that are killed come back; those that will not are given up; nothing that was committed is lost over it. */

const LONG = { timeout: 180_000 };
let simulator: Simulator;
let gateway: GatewayProcess;

beforeAll(async () => {
  simulator = await startSimulator({
    seed: "supervisor",
    venues: [{ venue: venueById("kraken")! }],
    instruments: 4,
    rate: 100,
  });
});
afterAll(() => simulator.close());
afterEach(() => gateway.remove());

function feeds(lane: string): ConfigInput["lanes"] {
  const { ws, rest } = simulator.endpoints["kraken"]!;
  const feed = {
    venue: "kraken" as const,
    symbols: [...simulator.symbols["kraken"]!],
    ws_url: ws,
    rest_url: rest,
  };
  const quick = { ...feed, backoff: { min_ms: 50, max_ms: 500 } };
  return [{ name: lane, isolation: "process", feeds: [quick] }];
}

function config(more: Partial<ConfigInput>): (dir: string) => ConfigInput {
  return (dir) => ({
    lanes: feeds("apart"),
    data: { dir: `${dir}/data` },
    journal: { isolation: "process" },
    sinks: [{ type: "ndjson", flush_ms: 100 }],
    ...more,
  });
}

async function pidOf(part: string): Promise<number> {
  return (await gateway.health()).parts[part]?.pid ?? 0;
}

/** Kills a part and waits until it is back as another process. */
async function killed(part: string): Promise<void> {
  const before = await pidOf(part);
  process.kill(before, "SIGKILL");
  await eventually(
    `${part} to run again`,
    async () => (await gateway.health()).parts[part]!,
    ({ pid, state }) => state === "running" && pid !== before && pid !== null,
  );
}

it("a killed lane, journal or sink is started again, and the sink has every slot once", LONG, async () => {
  gateway = new GatewayProcess(config({}));
  await gateway.start();
  await eventually("every book live", () => gateway.ready(), Boolean);
  for (const part of ["sink ndjson", "journal", "lane apart"]) {
    await killed(part);
    await eventually("every book live again", () => gateway.ready(), Boolean);
  }
  const { parts, status } = await eventually(
    "health",
    () => gateway.health(),
    ({ sinks }) => sinks?.["ndjson"]?.state === "connected",
  );
  expect(status).toBe("healthy");
  for (const [name, part] of Object.entries(parts)) {
    expect([name, part.restarts, part.state]).toEqual([name, 1, "running"]);
    expect(part.reason).toMatch(/SIGKILL/);
  }
  expect(await gateway.metrics()).toContain('feedhorn_part_restarts_total{part="lane apart"} 1');
  gateway.signal("SIGTERM");
  expect(await gateway.ended()).toBe(0);
  const head = gateway.head("apart");
  expect(head).toBeGreaterThan(1000);
  expect(tiled(gateway.lines("apart"))).toEqual({ first: 0, end: head, faults: [], holes: 0 });
});

it("a sink that ends too often is left out and told; a lane that does ends the gateway", LONG, async () => {
  gateway = new GatewayProcess(config({ supervisor: { restarts: 1 } }));
  await gateway.start();
  await killed("sink ndjson");
  process.kill(await pidOf("sink ndjson"), "SIGKILL");
  const health = await eventually(
    "the sink to be given up",
    () => gateway.health(),
    ({ parts }) => parts["sink ndjson"]!.state === "failed",
  );
  expect(health.status).toBe("degraded");
  expect(health.sinks!["ndjson"]).toMatchObject({ state: "down", reason: "process ended with SIGKILL" });
  await eventually("every book live", () => gateway.ready(), Boolean);
  await killed("lane apart");
  process.kill(await pidOf("lane apart"), "SIGKILL");
  expect(await gateway.ended()).toBe(1);
  expect(gateway.log).toContain("lane apart ended too often, at last: process ended with SIGKILL");
});

it("parts end with a gateway that is killed, and the next one goes on where it was", LONG, async () => {
  gateway = new GatewayProcess(config({}));
  const heads: number[] = [];
  for (let run = 0; run < 3; run++) {
    await gateway.start();
    await eventually("every book live", () => gateway.ready(), Boolean);
    const pids = Object.values((await gateway.health()).parts).map(({ pid }) => pid!);
    expect(new Set(pids).size).toBe(3);
    if (run === 2) break;
    gateway.signal("SIGKILL");
    await gateway.ended();
    await eventually(
      "no part to be left",
      () => pids.filter(alive),
      (left) => left.length === 0,
    );
    heads.push(gateway.head("apart"));
  }
  gateway.signal("SIGTERM");
  expect(await gateway.ended()).toBe(0);
  heads.push(gateway.head("apart"));
  expect(heads.toSorted((a, b) => a - b)).toEqual(heads);
  expect(tiled(gateway.lines("apart"))).toEqual({ first: 0, end: heads[2], faults: [], holes: 0 });
});

it("a second gateway on the same data is refused by name", LONG, async () => {
  gateway = new GatewayProcess(config({ sinks: [] }));
  await gateway.start();
  const lanes = feeds("other");
  const second = new GatewayProcess(() => ({ lanes, data: { dir: gateway.data }, sinks: [] }));
  try {
    await expect(second.start()).rejects.toThrow(
      `expected ${gateway.data} to be this gateway's alone, saw process ${gateway.pid} in it`,
    );
  } finally {
    await second.remove();
  }
});
