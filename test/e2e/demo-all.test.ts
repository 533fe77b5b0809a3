import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import type { HealthReport } from "../../src/servers/ops-source.ts";
import { VENUES } from "../../src/venues/index.ts";
import { HEADER } from "../../src/log/index.ts";
import { createRegion, regionPath } from "../../src/store/index.ts";
import { dir, events, run, start } from "../cli-rig.ts";

/** Real time over which the cost is measured, ms. */
const MEASURED_MS = 4000;
const TICKS_PER_SECOND = 100;

/** CPU time a process has used, s; NaN where there is no /proc. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return NaN;
  }
}

/** Processes that `pid` has started. */
function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

/** Cores that each process keeps busy. */
async function coresOf(pids: readonly number[]): Promise<number[]> {
  const before = pids.map(cpuSeconds);
  const began = performance.now();
  await setTimeout(MEASURED_MS);
  const seconds = (performance.now() - began) / 1000;
  return pids.map((pid, i) => (cpuSeconds(pid) - before[i]!) / seconds);
}

it(
  "demo --venues all: every venue live at once, as /health and the log tell",
  { timeout: 120_000 },
  async () => {
    let shown = "";
    // What a demo of another version left is no obstacle.
    createRegion({ lane: "all", dir, slots: 512, instruments: 4 }).close();
    const left = regionPath("all", dir);
    writeFileSync(left, readFileSync(left).fill(1, HEADER.at.hash, HEADER.at.hash + 4));
    const demo = start("demo", "--venues", "all", "--plain", "--port", "0", "--lane", "all", "--no-data");
    demo.child.stdout!.on("data", (text: string) => (shown += text));
    await demo.until(() => /health (\S+)\/health/.test(shown));
    const url = /health (\S+\/health)/.exec(shown)![1]!;
    const health = async (): Promise<HealthReport> => (await (await fetch(url)).json()) as HealthReport;
    await expect
      .poll(async () => (await health()).status, { timeout: 60_000, interval: 250 })
      .toBe("healthy");

    const ids = VENUES.map(({ id }) => id).toSorted();
    const { venues } = await health();
    const told = Object.entries(venues).map(([id, { state, instruments }]) => [id, state, instruments]);
    expect(told.toSorted()).toEqual(ids.map((id) => [id, "live", { live: 8, total: 8 }]));

    const tail = run(["tail", "all", "--count", "6000", "--type", "trade,book"]);
    expect(tail.status, tail.stderr).toBe(0);
    const seen = events(tail.stdout);
    for (const type of ["trade", "book"])
      expect([...new Set(seen.flatMap((one) => (one.type === type ? one.venue : [])))].toSorted()).toEqual(
        ids,
      );

    const pids = [demo.child.pid!, ...childrenOf(demo.child.pid!)];
    const cores = await coresOf(pids);
    console.info(
      `cores used by ${ids.length} venues: gateway ${cores[0]!.toFixed(2)}, simulator ${(cores[1] ?? NaN).toFixed(2)}`,
    );
    // Two cores hold both, with room to spare.
    for (const share of cores) if (!Number.isNaN(share)) expect(share).toBeLessThan(1);

    demo.child.kill("SIGTERM");
    expect((await demo.ended).status).toBe(0);
  },
);
