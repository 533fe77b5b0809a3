import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLog } from "./log.ts";
import { startPart } from "./parts/part.ts";
import type { Part } from "./parts/part.ts";
import { RestartBudget, Supervised } from "./supervisor.ts";
import type { PartPlan } from "./supervisor.ts";

const ECHO = pathToFileURL(join(import.meta.dirname, "../../test/parts/echo.ts"));
const LOG = createLog({ level: "silent" });
const PATIENT = { timeout: 20_000, interval: 10 };

/** A part for tests; `data` is asked for at each start. */
function supervised(
  data: () => { hello: string; fail?: string },
  restarts: number,
  plan: Partial<PartPlan> = {},
): Supervised {
  const start = () => {
    const part: Part = startPart(ECHO, data(), { as: "thread" });
    const ready = new Promise<void>((resolve) => part.onMessage(() => resolve()));
    return { part, ready };
  };
  const all: PartPlan = { name: "part x", kind: "sink", as: "thread", spare: false, start, ...plan };
  return new Supervised(all, { restarts, window_ms: 60_000 }, LOG);
}

describe("RestartBudget", () => {
  it("never gives more than so many within any window, and waits longer each time", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 6 }), (gaps, restarts) => {
        const budget = new RestartBudget({ restarts, window_ms: 1000 });
        const taken: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const before = taken.filter((time) => time > now - 1000).length;
          const wait = budget.take(now);
          expect(wait === null).toBe(before >= restarts);
          if (wait === null) continue;
          expect(wait).toBe(Math.min(10_000, 100 * 2 ** before));
          taken.push(now);
        }
      }),
    );
  });
});

describe("Supervised", () => {
  it("starts a part again that ends, says so, and gives up when the budget is used up", async () => {
    let starts = 0;
    const one = supervised(() => ({ hello: String(++starts) }), 2);
    await one.begin();
    expect(one.standing).toMatchObject({ state: "running", pid: process.pid, restarts: 0, reason: null });
    for (const [restarts, order] of [
      [1, "throw"],
      [2, "throw later"],
    ] as const) {
      one.post(order);
      await expect
        .poll(() => [one.standing.restarts, one.standing.state], PATIENT)
        .toEqual([restarts, "running"]);
      expect([starts, one.standing.reason]).toEqual([restarts + 1, `told to ${order}`]);
    }
    one.kill();
    expect(await one.failed).toMatch(/^part x ended too often, at last: thread ended with code 1$/);
    expect(one.standing).toMatchObject({ state: "failed", pid: 0, restarts: 2 });
  });

  it("counts starts that fail as well", async () => {
    let starts = 0;
    const one = supervised(() => (starts++ === 0 ? { hello: "" } : { hello: "", fail: "no disk" }), 3);
    await one.begin();
    one.kill();
    expect(await one.failed).toBe("part x ended too often, at last: no disk");
    expect(starts).toBe(4);
  });

  it("rejects a part that cannot begin, unless the gateway can do without it", async () => {
    const fail = (): { hello: string; fail: string } => ({ hello: "", fail: "wrong key" });
    await expect(supervised(fail, 3).begin()).rejects.toThrow("part x: wrong key");
    const spare = supervised(fail, 1, { spare: true });
    await spare.begin();
    expect(spare.standing).toMatchObject({ state: "restarting", reason: "wrong key" });
    await spare.failed;
    expect(spare.standing.state).toBe("failed");
  });

  it("stops in order, by force after its time, or at once", async () => {
    const [a, b, c] = [1, 2, 3].map(() => supervised(() => ({ hello: "" }), 3)) as [
      Supervised,
      Supervised,
      Supervised,
    ];
    await Promise.all([a.begin(), b.begin(), c.begin()]);
    expect(await a.stop("end", 10_000)).toBe(true);
    expect(await b.stop("hang", 50)).toBe(false);
    expect(await c.stop("hang", 60_000, Promise.resolve())).toBe(false);
    expect([a, b, c].map((one) => one.standing.state)).toEqual(["stopped", "stopped", "stopped"]);
    expect(a.standing.restarts).toBe(0);
  });

  it("does not start a part again while it is stopped", async () => {
    let starts = 0;
    const one = supervised(() => ({ hello: String(++starts) }), 3);
    await one.begin();
    one.kill();
    await expect.poll(() => one.standing.state, PATIENT).toBe("restarting");
    expect(await one.stop("end", 1000)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(starts).toBe(1);
  });
});
