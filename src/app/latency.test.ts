import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkConfig } from "./config.ts";
import { startLane } from "./lane/start.ts";
import { applyLatency, latencyWarnings } from "./latency.ts";
import { createLog } from "./log.ts";

const linux = process.platform === "linux";
/** Nobody listens there: the lane runs, and waits to connect. */
const NOWHERE = { ws_url: "ws://127.0.0.1:9", rest_url: "http://127.0.0.1:9" };

/** A crowded machine takes its time. */
const PATIENT = { timeout: 20_000, interval: 10 };

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-latency-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** Share of `ms` that this thread's loop slept waiting for something to happen. */
async function asleep(ms: number): Promise<number> {
  const before = performance.eventLoopUtilization();
  await setTimeout(ms);
  return 1 - performance.eventLoopUtilization(before).utilization;
}

/** Ticks of CPU used by threads of this process that may run on core 0 only. */
function boundTicks(): number[] {
  return readdirSync("/proc/self/task").flatMap((id) => {
    const status = readFileSync(`/proc/self/task/${id}/status`, "latin1");
    if (!/^Cpus_allowed_list:\s*0$/m.test(status)) return [];
    const [user, system] = readFileSync(`/proc/self/task/${id}/stat`, "latin1")
      .split(") ")[1]!
      .split(" ")
      .slice(11, 13);
    return [Number(user) + Number(system)];
  });
}

it("low keeps the loop from sleeping until it is ended; normal does not", { timeout: 60_000 }, async () => {
  const relax = applyLatency({ latency: "low" }, expect.unreachable);
  expect(await asleep(100)).toBeLessThan(0.1);
  relax();
  await expect.poll(() => asleep(100), PATIENT).toBeGreaterThan(0.5);
  const nothing = applyLatency({ latency: "normal" }, expect.unreachable);
  await expect.poll(() => asleep(100), PATIENT).toBeGreaterThan(0.5);
  nothing();
});

it("goes on, and says so, where the cores cannot be had", () => {
  const told: unknown[] = [];
  applyLatency({ latency: "normal", cores: [1023] }, (message, facts) =>
    told.push([message, facts["cores"]]),
  );
  expect(told).toEqual([[expect.stringContaining("could not be bound"), [1023]]]);
});

it("warns of as many restless lanes as there are cores", () => {
  const lane = (name: string, latency: "low" | "normal") => ({ name, latency });
  const [a, b, c] = [lane("a", "low"), lane("b", "normal"), lane("c", "low")];
  expect(latencyWarnings([b], 1)).toEqual([]);
  expect(latencyWarnings([a, b, c], 3)).toEqual([]);
  expect(latencyWarnings([a, b, c], 2)).toEqual([expect.stringContaining("cores (2), saw 2 (a, c)")]);
});

it("a lane of low latency keeps its core busy and ends when it is told to", { timeout: 30_000 }, async () => {
  const feed = { venue: "kraken", symbols: ["BTC-USD"], ...NOWHERE };
  const config = checkConfig(
    { lanes: [{ name: "quick", latency: "low", cores: [0], feeds: [feed] }], region: { dir, slots: 512 } },
    "test",
  );
  const lane = await startLane(config, 0, createLog({ level: "silent" }));
  if (linux) {
    const [before, ...others] = boundTicks();
    expect([before, others]).toEqual([expect.any(Number), []]);
    // A tick is 10 ms of CPU: a thread that waits for a connection does not come to so many in so short a time.
    await expect.poll(() => boundTicks()[0]! - before!, PATIENT).toBeGreaterThan(20);
  }
  const asked = performance.now();
  await lane.stop();
  expect(performance.now() - asked).toBeLessThan(4000);
});
