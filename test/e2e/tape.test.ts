import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkConfig } from "../../src/app/config.ts";
import { silenceJudge } from "../../src/app/judges.ts";
import { answerAsk } from "../../src/app/lane/orders.ts";
import type { LaneAsk } from "../../src/app/lane/messages.ts";
import { KIND, KIND_NAMES } from "../../src/model/index.ts";
import type { Region } from "../../src/log/index.ts";
import { judgeBooks } from "../../src/quality/index.ts";
import { VENUES, venueById } from "../../src/venues/index.ts";
import { again, difference, record } from "./tape-rig.ts";
import type { Recording } from "./tape-rig.ts";

/** Simulated minutes of the long recording: `TAPE_MINUTES=60` for an hour. */
const MINUTES = Number(process.env["TAPE_MINUTES"] ?? 2.5);
const SPEED = 20;
const REAL_MS = (MINUTES * 60_000) / SPEED;

const FEED = { venue: "kraken", symbols: ["BTC-USD"], silence: { min_ms: 500, learn_ms: 2000 } };
const [feed] = checkConfig({ feeds: [FEED] }, "test", {}).lanes[0]!.feeds;
/** Everything that decides something decides often. */
const JUDGES = {
  idleMs: 3000,
  backfill: true,
  refreshMs: 500,
  audit: { everyMs: 200, judge: judgeBooks },
  judgeSilence: silenceJudge(feed!),
};

function kinds(region: Region): Map<string, number> {
  const counts = new Map<string, number>();
  for (let seq = 0; seq < region.head; seq++) {
    const kind = KIND_NAMES[region.slots.i32[seq * 16]! & 0xff]!;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** The only segment of a recording, changed. */
function changed({ dir }: Recording, change: (bytes: Buffer) => Buffer): () => void {
  const path = join(dir, readdirSync(dir)[0]!);
  const before = readFileSync(path);
  writeFileSync(path, change(Buffer.from(before)));
  return () => writeFileSync(path, before);
}

describe("a lane that is played again from its tape", () => {
  let recording: Recording;
  beforeAll(async () => {
    const market = {
      seed: "tape",
      speed: SPEED,
      rate: 4,
      instruments: 2,
      slots: MINUTES > 5 ? 1 << 23 : 1 << 20,
    };
    recording = await record({ ...market, venues: VENUES, perMinute: 12, feed: JUDGES, realMs: REAL_MS });
  }, REAL_MS + 60_000);
  afterAll(() => recording.remove());

  it("writes the same slots, byte for byte, whatever struck it then", async () => {
    const { region, faults } = recording;
    expect(region.head).toBeLessThan(region.slots.count);
    const result = await again(recording);
    expect(result.broken).toBe("");
    expect(difference(region, result.region, 0, region.head)).toBe("");
    expect([result.region.head, result.end]).toEqual([region.head, region.head]);
    const seen = kinds(region);
    for (const kind of [KIND.TRADE, KIND.QUOTE, KIND.BOOK, KIND.TICKER, KIND.STATUS])
      expect(seen.get(KIND_NAMES[kind]!), KIND_NAMES[kind]).toBeGreaterThan(50);
    expect(faults.length).toBeGreaterThan(15);
    const { recordedS, tookS, records, frames } = result;
    console.info(
      `${(recordedS * SPEED).toFixed(0)} simulated s (${recordedS.toFixed(0)} real) in ${tookS.toFixed(1)} s: ` +
        `${((recordedS * SPEED) / tookS).toFixed(0)} x simulated, ${(recordedS / tookS).toFixed(1)} x real time; ` +
        `${region.head} slots, ${records} records, ${frames} frames, ${faults.length} kinds of faults`,
    );
  }, 600_000);

  it("is what it was up to where the tape was cut", async () => {
    const { region } = recording;
    const restore = changed(recording, (bytes) => bytes.subarray(0, Math.floor(bytes.length * 0.7)));
    const result = await again(recording);
    restore();
    expect(result.broken).toMatch(/cut (in the block )?at byte \d+|in the middle of what the lane did/);
    expect(result.end).toBeGreaterThan(region.head * 0.3);
    expect(result.end).toBeLessThan(region.head);
    expect(difference(region, result.region, 0, result.end)).toBe("");
  }, 600_000);

  it("ends by name where the tape is damaged", async () => {
    const restore = changed(recording, (bytes) => {
      bytes[Math.floor(bytes.length / 2)]! ^= 0x40;
      return bytes;
    });
    const result = await again(recording);
    restore();
    expect(result.broken).toMatch(/the block at byte \d+ is damaged/);
    expect(result.end).toBeGreaterThan(0);
    expect(difference(recording.region, result.region, 0, result.end)).toBe("");
  }, 600_000);

  it("says at which record another lane does something else", async () => {
    const feeds = recording.feeds.map((one, i) => (i === 2 ? { ...one, idleMs: 40 } : one));
    const other = await again({ ...recording, feeds });
    expect(other.broken).toMatch(/^record \d+: (the lane did not do what it did then|expected)/);
    expect(other.end).toBeLessThan(recording.region.head);
    expect(difference(recording.region, other.region, 0, other.end)).toBe("");
  }, 600_000);
});

it("plays again what operators asked for, and several connections that carry the same", async () => {
  const ask = (type: "add" | "remove", symbols: readonly string[]): LaneAsk => ({
    type,
    venue: "binance",
    symbols,
  });
  const recording = await record({
    seed: "orders",
    venues: ["binance", "kraken"].map((id) => venueById(id)!),
    listed: { binance: ["BTC-USDT", "ETH-USDT", "SOL-USDT"], kraken: ["BTC-USD"] },
    speed: 10,
    rate: 10,
    slots: 1 << 18,
    perMinute: 12,
    feed: { ...JUDGES, redundancy: 2, rotateMs: 1500 },
    realMs: 2500,
    during: async ({ lane }, { recorder }) => {
      for (const one of [
        ask("remove", ["ETH-USDT"]),
        ask("add", ["ETHUSDT", "NOPE"]),
        ask("remove", ["SOL*"]),
      ]) {
        await new Promise((resolve) => setTimeout(resolve, 600));
        recorder.order(one);
        answerAsk(lane.feeds, one);
      }
    },
  });
  const result = await again(recording);
  expect(result.broken).toBe("");
  expect(difference(recording.region, result.region, 0, recording.region.head)).toBe("");
  expect(result.region.head).toBe(recording.region.head);
  expect(result.lane.feeds[0]!.markets.map(({ symbol }) => symbol).toSorted()).toEqual([
    "BTCUSDT",
    "ETHUSDT",
  ]);
  recording.remove();
}, 60_000);

it("ends by name where frames found no room on the tape", async () => {
  const recording = await record({
    seed: "lost",
    venues: [venueById("binance")!],
    speed: 10,
    rate: 400,
    slots: 1 << 19,
    perMinute: 0.1,
    ringBytes: 1 << 17,
    realMs: 2500,
  });
  const result = await again(recording);
  expect(result.broken).toMatch(/^\d+ records, \d+ of them frames, found no room on the tape here$/);
  expect(recording.warnings.join()).toContain("the tape has holes");
  expect(difference(recording.region, result.region, 0, result.end)).toBe("");
  recording.remove();
}, 60_000);
