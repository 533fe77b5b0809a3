import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { DepthReader, RingReader, readCounters } from "../../log/index.ts";
import { startSimulator } from "../../simulator/index.ts";
import type { Simulator } from "../../simulator/index.ts";
import { venueById } from "../../venues/index.ts";
import { checkConfig } from "../config.ts";
import { createLog } from "../log.ts";
import { PART_WAYS } from "../parts/way.ts";
import { startLane } from "./start.ts";
import type { RunningLane } from "./start.ts";

const PATIENT = { timeout: 20_000, interval: 10 };

let simulator: Simulator;
let dir = "";
let lane: RunningLane | null = null;

beforeAll(async () => {
  simulator = await startSimulator({ seed: 3, venues: [venueById("kraken")!], instruments: 2, rate: 50 });
  dir = mkdtempSync(join(tmpdir(), "feedhorn-lane-"));
});
afterEach(async () => {
  await lane?.stop();
  lane = null;
});
afterAll(async () => {
  await simulator.close();
  rmSync(dir, { recursive: true });
});

function start(name: string, isolation: (typeof PART_WAYS)[number], hold = false): Promise<RunningLane> {
  const { ws, rest } = simulator.endpoints["kraken"]!;
  const feed = { venue: "kraken", symbols: [...simulator.symbols["kraken"]!], ws_url: ws, rest_url: rest };
  const lanes = [{ name, isolation, feeds: [feed] }];
  return startLane(
    checkConfig({ lanes, region: { dir, slots: 4096 } }, "test"),
    0,
    createLog({ level: "silent" }),
    hold,
  );
}

function live({ region }: RunningLane): boolean {
  const depth = new DepthReader(region.depth);
  return [0, 1].every((id) => depth.read(id)?.validity === "live");
}

it.each(PART_WAYS)(
  "a killed %s goes on in its region: same memory, same sequence, books doubted until proved",
  async (as) => {
    lane = await start(`killed-${as}`, as);
    const { region } = lane;
    const reader = new RingReader(region.control, region.slots);
    await expect.poll(() => live(lane!), PATIENT).toBe(true);
    const [head, epoch] = [region.head, reader.epoch];
    const doubted = new Set<string>();
    // A row that the killed lane had locked says nothing until the next one takes it over.
    const look = (): unknown => doubted.add(new DepthReader(region.depth).read(0)?.validity ?? "none");
    const watch = setInterval(look, 1);
    lane.kill();
    await expect.poll(() => lane!.standing.restarts, PATIENT).toBe(1);
    await expect.poll(() => doubted.has("warming"), PATIENT).toBe(true);
    await expect.poll(() => live(lane!), PATIENT).toBe(true);
    clearInterval(watch);
    expect(lane.region).toBe(region);
    expect(region.head).toBeGreaterThan(head);
    reader.poll(() => undefined);
    expect(reader.epoch).toBeGreaterThan(epoch);
    expect(lane.standing).toMatchObject({ state: "running", kind: "lane", as, restarts: 1 });
    await expect.poll(() => lane!.roster()?.[0]?.heard.length, PATIENT).toBe(2);
    expect((await lane.ask({ type: "report" })).feeds).toHaveLength(1);
    expect(readCounters(region.counters).some(({ name }) => name === "feedhorn_connections_up")).toBe(true);
  },
);

it("one that is held commits nothing until it is told to go", async () => {
  lane = await start("held", "thread", true);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect([lane.region.head, lane.standing.state]).toEqual([0, "running"]);
  lane.go();
  await expect.poll(() => live(lane!), PATIENT).toBe(true);
});

it("one that cannot start says why and is not tried again", async () => {
  lane = await start("taken", "thread");
  await expect(start("taken", "thread")).rejects.toThrow(
    /^lane taken: .*expected no other writer, saw process/,
  );
});
