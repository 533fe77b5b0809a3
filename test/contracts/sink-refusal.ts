import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { feedOf } from "./sink-feed.ts";
import type { Feed } from "./sink-feed.ts";
import type { Trial } from "./sink-place.ts";
import type { Odd, SinkTrial } from "./sink-trial.ts";

const [BEFORE, EVENTS, ODD] = [10, 60, 33];
/** No other event has it: theirs end at 10,000. */
const PRICE = 66_666.5;
/** A sink may be closed by the refusal, and find out which record it was when it gets everything again. */
const ATTEMPTS = 8;

/** One record that the vendor refuses stops no other, and is not lost in silence. */
export function refusalContract(begin: () => Trial, refusal: Exclude<SinkTrial["refusal"], string>): void {
  it(
    "one record that the vendor refuses is kept and counted, and stops no other",
    { timeout: 120_000 },
    async () => {
      const one = begin();
      const feed = feedOf("a", EVENTS, 17, { at: ODD, levels: refusal.levels, price: PRICE });
      const odd: Odd = { lane: "a", logSeq: feed.starts[ODD]!, levels: refusal.levels, price: PRICE };
      await one.open();
      await one.write(one.batch(feed, 0, BEFORE));
      await one.flush();
      await one.close();
      await refusal.prepare(one.place, odd);
      await writeAnyhow(one, feed);
      const truth = one.truth(feed);
      truth.wanted.fill(0, odd.logSeq, feed.starts[ODD + 1]!);
      expect((await one.judge("a", truth)).faults).toEqual([]);
      const counted = [...one.said.figures].filter(([name]) => name.endsWith("refused_total"));
      expect(counted.map(([, count]) => count)).toEqual([1]);
      const file = join(one.config.data.dir!, "sinks", `${one.settings.name}-refused.ndjson`);
      expect(existsSync(file)).toBe(true);
      expect(readFileSync(file, "utf8")).toContain(String(odd.logSeq));
    },
  );
}

/** As a host does: from the last mark again, as often as it is thrown out. */
async function writeAnyhow(one: Trial, feed: Feed): Promise<void> {
  let mark = feed.starts[BEFORE]!;
  for (let attempt = 0; ; attempt++) {
    try {
      await one.open();
      const at = feed.starts.indexOf(one.sink.resumeAt?.("a") ?? mark);
      await one.write(one.batch(feed, at, EVENTS));
      mark = (await one.flush())["a"] ?? mark;
      await one.close();
      if (mark === feed.count) return;
    } catch (error) {
      await one.close().catch(() => undefined);
      if (attempt >= ATTEMPTS) throw error;
    }
  }
}
