import { afterEach, describe, expect, it } from "vitest";
import { silenceJudge } from "../../src/app/judges.ts";
import { checkConfig } from "../../src/app/config.ts";
import { KIND, KIND_NAMES } from "../../src/model/index.ts";
import type { Region } from "../../src/log/index.ts";
import { judgeBooks } from "../../src/quality/index.ts";
import { VENUES, venueById } from "../../src/venues/index.ts";
import { again, difference, record } from "./tape-rig.ts";
import type { Recording } from "./tape-rig.ts";

const REAL_MS = 8000;
const [feed] = checkConfig({ feeds: [{ venue: "kraken", symbols: ["BTC-USD"] }] }, "test", {}).lanes[0]!
  .feeds;
const JUDGES = {
  idleMs: 3000,
  backfill: true,
  refreshMs: 500,
  audit: { everyMs: 200, judge: judgeBooks },
  judgeSilence: silenceJudge({ ...feed!, silence: { ...feed!.silence, min_ms: 500, learn_ms: 2000 } }),
};

let recording: Recording | null = null;
afterEach(() => {
  recording?.remove();
  recording = null;
});

function kinds(region: Region): Map<string, number> {
  const counts = new Map<string, number>();
  for (let seq = 0; seq < region.head; seq++) {
    const kind = KIND_NAMES[region.slots.i32[seq * 16]! & 0xff]!;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

describe("a lane that is played again from its tape", () => {
  it("writes the same slots, byte for byte, whatever struck it then", async () => {
    recording = await record({
      seed: "tape",
      venues: VENUES,
      speed: 20,
      rate: 4,
      instruments: 2,
      slots: 1 << 20,
      perMinute: 12,
      feed: JUDGES,
      realMs: REAL_MS,
    });
    const { region, faults } = recording;
    expect(region.head).toBeLessThan(region.slots.count);
    const result = await again(recording);
    expect(result.broken).toBe("");
    expect(difference(region, result.region, 0, region.head)).toBe("");
    expect(result.region.head).toBe(region.head);
    const seen = kinds(region);
    for (const kind of [KIND.TRADE, KIND.QUOTE, KIND.BOOK, KIND.TICKER, KIND.STATUS])
      expect(seen.get(KIND_NAMES[kind]!), KIND_NAMES[kind]).toBeGreaterThan(50);
    expect(faults.length).toBeGreaterThan(15);
    console.info(
      `${region.head} slots, ${result.records} records, ${result.frames} frames, ${faults.length} kinds of faults, ${(result.recordedS / result.tookS).toFixed(0)} x real time`,
    );
  }, 90_000);
});
void venueById;
