import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { openRegion } from "../../src/store/index.ts";
import { House, LANE } from "./house.ts";
import { judge } from "./judge.ts";
import { CommitLatency } from "./latency.ts";

/**
 * A sink that stands still (SIGSTOP: it holds its files, its locks and its place in the readers table) under 20,000 events a
 * second, and then catches up. OUTAGE_S=600 for the long run.
 */
const OUTAGE_S = Number(process.env["OUTAGE_S"] ?? 20);
/** Before and after it, to compare latencies with. */
const QUIET_S = Math.min(60, OUTAGE_S / 2);
const CATCH_UP_MS = 60_000 + OUTAGE_S * 1000;

let house: House | null = null;
afterEach(() => house?.close());

it(
  `the lake stands still for ${OUTAGE_S} s: it catches up without a loss, and the lane does not feel it`,
  { timeout: 240_000 + 5 * OUTAGE_S * 1000 },
  async () => {
    // a ring of three seconds, so that most of it has to come from the journal
    house = await House.build({ lake: { flush_ms: 2000 }, slots: 65_536 });
    house.start();
    await house.live();
    const sink = await house.pidOf("sink lake");
    const latency = new CommitLatency(openRegion(house.region).region);
    const span = async (seconds: number) => {
      const [sent, from] = [await house!.sent(), performance.now()];
      latency.look();
      await sleep(seconds * 1000);
      const perSecond = ((await house!.sent()) - sent) / ((performance.now() - from) / 1000);
      return { ...latency.look(), messagesPerSecond: Math.round(perSecond) };
    };
    await span(3);
    const before = await span(QUIET_S);
    process.kill(sink, "SIGSTOP");
    const during = await span(OUTAGE_S);
    const { journal, sinks } = (await house.health())!;
    process.kill(sink, "SIGCONT");
    const from = performance.now();
    await house.until(
      "the sink caught up",
      ({ sinks: now }) =>
        Number(now!["lake"]!.marks[LANE]) > Number(journal![LANE]!.end) &&
        now!["lake"]!.state === "connected",
      CATCH_UP_MS,
    );
    const caughtUpS = Math.round(performance.now() - from) / 1000;
    const after = await span(QUIET_S);
    expect(await house.stop(), house.lastWords()).toBe("code 0");
    const seen = await house.testimony();
    const verdict = await judge(join(house.data, "lake"), seen, house.folder);
    const figures = { before, during, after, caughtUpS, journal: journal![LANE], lake: sinks!["lake"] };
    process.stderr.write(`outage of ${OUTAGE_S} s: ${JSON.stringify({ ...figures, verdict })}\n`);
    expect(sinks!["lake"]).toMatchObject({ state: "degraded" });
    expect(sinks!["lake"]!.reason).toMatch(/has said nothing for \d+ s/);
    expect(verdict.faults).toEqual([]);
    expect([verdict.slots, verdict.holes]).toEqual([verdict.end, []]);
    expect(journal![LANE]).toMatchObject({ holes: 0, lost_slots: 0, dropped_slots: 0 });
    // a machine that is busy with something else is late at all times; a lane that waits for its sink only here
    expect(during.p99).toBeLessThan(3 * Math.max(before.p99, after.p99));
  },
);
