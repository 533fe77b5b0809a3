import { expect, it } from "vitest";
import { KIND } from "../../src/model/index.ts";
import type { Sink } from "../../src/sinks/index.ts";
import { feedOf, randomOf } from "./sink-feed.ts";
import type { Feed } from "./sink-feed.ts";
import { LANES } from "./sink-place.ts";
import type { Trial } from "./sink-place.ts";

/** What is promised of every sink that somebody hands batches to. */
export function directContract(sink: Sink, lossless: boolean, begin: () => Trial): void {
  it("says what it is", () => {
    expect(sink.type).toMatch(/^[a-z][a-z0-9-]*$/);
    expect(["lossless", "lapped", "latest"]).toContain(sink.delivery);
    const kinds = Object.values(KIND);
    if (sink.accepts !== "all") expect(kinds).toEqual(expect.arrayContaining([...sink.accepts]));
    expect(sink.flushMs).toBeGreaterThanOrEqual(10);
  });

  it("writes every event of every kind once, whatever the batches, in order, and tells how far it is safe", async () => {
    const one = begin();
    const feeds = LANES.map((lane, i) => feedOf(lane, 300, 7 + i));
    await one.open();
    for (const feed of feeds) await one.writeAll(feed, 0, 3);
    expect(await one.flush()).toEqual({ a: feeds[0]!.count, b: feeds[1]!.count });
    await one.close();
    for (const feed of feeds) {
      const verdict = await one.judge(feed.lane, one.truth(feed));
      expect(verdict.faults).toEqual([]);
      expect(verdict.holes).toEqual([]);
    }
    expect(one.said.leaks(one.secrets)).toEqual([]);
  });

  it("goes on where it is safe after it was thrown away, and nothing is missing or there twice", async () => {
    const one = begin();
    const feed = feedOf("a", 300, 11);
    await throwAway(one, feed);
    const { faults } = await one.judge("a", one.truth(feed));
    // What promises less may hold what it was handed again.
    expect(faults.filter((fault) => lossless || !/more than once|out of order/.test(fault))).toEqual([]);
  });

  it("keeps the holes it is told of, and goes on behind them", async () => {
    const one = begin();
    const feed = feedOf("a", 60, 3);
    const [from, to] = [feed.starts[20]!, feed.starts[30]!];
    await one.open();
    await one.write(one.batch(feed, 0, 20));
    const holes = [{ first: from, last: to - 1, reason: "lapped" }];
    await one.write({ ...one.batch(feed, 30, 60), holes });
    expect((await one.flush())["a"]).toBe(feed.count);
    await one.close();
    const truth = one.truth(feed);
    truth.wanted.fill(0, from, to);
    const verdict = await one.judge("a", truth);
    expect(verdict.faults).toEqual([]);
    if (verdict.holes.length > 0)
      expect(verdict.holes).toEqual([expect.objectContaining({ seq: from, slots: to - from })]);
  });

  it("takes stretches of which nothing was asked for", async () => {
    const one = begin();
    const feed = feedOf("a", 40, 9);
    await one.open();
    await one.write({ ...one.batch(feed, 0, 10), count: 0 });
    await one.write(one.batch(feed, 10, 20));
    await one.write({ ...one.batch(feed, 20, 40), count: 0 });
    expect((await one.flush())["a"]).toBe(feed.count);
    await one.close();
    expect((await one.judge("a", one.truth(feed, 10, 20))).faults).toEqual([]);
  });

  it("flushes when there is nothing, as often as it is asked", async () => {
    const one = begin();
    await one.open();
    const marks = [await one.flush(), await one.flush()];
    for (const mark of marks) for (const at of Object.values(mark)) expect(at).toBe(0);
    await one.close();
  });
}

/** Opens, writes, closes again at random moments, sometimes behind a flush whose answer nobody wrote down, until all of it is safe. */
async function throwAway(one: Trial, feed: Feed): Promise<void> {
  const random = randomOf(5);
  const events = feed.starts.length - 1;
  for (let mark = 0; mark < feed.count;) {
    await one.open();
    const from = one.sink.resumeAt?.("a") ?? mark;
    expect(from).toBeGreaterThanOrEqual(mark);
    const at = feed.starts.indexOf(from);
    expect(at).toBeGreaterThanOrEqual(0);
    const middle = Math.min(events, at + Math.floor(random() * 60) + 1);
    await one.write(one.batch(feed, at, middle));
    const [flushed, forgotten] = [random() < 0.7, random() < 0.3];
    const safe = flushed ? (await one.flush())["a"]! : mark;
    if (!forgotten) mark = safe;
    const end = Math.min(events, middle + Math.floor(random() * 60));
    if (end > middle) await one.write(one.batch(feed, middle, end));
    if (end === events) mark = (await one.flush())["a"]!;
    await one.close();
  }
}
