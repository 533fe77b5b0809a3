import { expect, it } from "vitest";
import type { MarketEvent } from "../../model/index.ts";
import { LatencyHistogram } from "./histogram.ts";
import { LatencyProbe } from "./probe.ts";

const ORIGIN = 1_790_000_000_000_000;

/** A probe whose clock is set by hand, us since the origin. */
function probeAt(): { probe: LatencyProbe; clock: { us: number } } {
  const clock = { us: 0 };
  return { clock, probe: new LatencyProbe({ origin: ORIGIN, elapsed: () => clock.us }) };
}

function common(received: number) {
  return { venue: "v", symbol: "S", instrument: null, ts_event: null, ts_recv: ORIGIN + received };
}

function trade(id: number, received: number): MarketEvent {
  return { type: "trade", ...common(received), id: String(id), price: 1, size: 1, side: "buy" };
}

function quote(updateId: string | null, received: number): MarketEvent {
  const sides = { bid_price: 1, bid_size: 1, ask_price: 2, ask_size: 1 };
  return { type: "quote", ...common(received), ...sides, update_id: updateId };
}

function book(action: "snapshot" | "update", seq: string): MarketEvent {
  return { type: "book", ...common(0), action, bids: [], asks: [], seq, prev_seq: null };
}

it("times each stage from when a message was due", () => {
  const { probe, clock } = probeAt();
  probe.begin();
  probe.sending({ kind: "trade", symbol: "S", id: 7, due: ORIGIN + 100 }, 2);
  clock.us = 130;
  probe.read(trade(7, 110));
  const figures = Object.values(probe.stages).map((stage) => Math.round(stage.percentiles().p50));
  expect(figures).toEqual([2, 10, 20, 30]);
  expect([probe.sent, probe.seen, probe.lost, probe.waiting]).toEqual([1, 1, 0, 0]);
});

it("counts what was passed over as lost, what never came as waiting, and what nobody sent not at all", () => {
  const { probe } = probeAt();
  probe.begin();
  for (const id of [1, 2, 3, 4, 5]) probe.sending({ kind: "trade", symbol: "S", id, due: ORIGIN + id }, 0);
  probe.read(trade(1, 0));
  probe.read(trade(4, 0));
  probe.read(trade(2, 0));
  probe.read(trade(9, 0));
  expect([probe.sent, probe.seen, probe.lost, probe.waiting]).toEqual([5, 2, 3, 0]);
  probe.sending({ kind: "book", symbol: "S", id: 50, due: ORIGIN + 9 }, 0);
  probe.read(book("snapshot", "50"));
  probe.read(quote("1", 0));
  expect([probe.seen, probe.waiting]).toEqual([2, 1]);
  probe.read(book("update", "50"));
  expect([probe.seen, probe.waiting]).toEqual([3, 0]);
});

it("goes by order where the venue gives no id, and leaves the warm-up out", () => {
  const { probe, clock } = probeAt();
  for (const due of [10, 20]) probe.sending({ kind: "quote", symbol: "S", id: NaN, due: ORIGIN + due }, 5);
  clock.us = 25;
  probe.begin();
  for (const due of [30, 40]) probe.sending({ kind: "quote", symbol: "S", id: NaN, due: ORIGIN + due }, 1);
  for (const at of [26, 27, 35, 50]) {
    clock.us = at;
    probe.read(quote(null, at));
  }
  expect([probe.sent, probe.seen, probe.lost]).toEqual([2, 2, 0]);
  expect(probe.stages.dueToRead.percentiles()).toMatchObject({
    count: 2,
    p50: expect.closeTo(5, 2),
    max: 10,
  });
  expect(probe.stages.dueToSent.count).toBe(2);
});

it("keeps three significant digits from a nanosecond to a minute", () => {
  const histogram = new LatencyHistogram();
  expect(histogram.percentiles()).toEqual({ count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
  for (let us = 1; us <= 1000; us++) histogram.record(us);
  const { p50, p90, p99, p999, max } = histogram.percentiles();
  for (const [seen, wanted] of [
    [p50, 500],
    [p90, 900],
    [p99, 990],
    [p999, 999],
  ])
    expect(Math.abs(seen! / wanted! - 1)).toBeLessThan(0.002);
  expect(max).toBe(1000);
  histogram.record(-3);
  histogram.record(1e12);
  expect([histogram.at(0), histogram.at(1)]).toEqual([0.001, expect.closeTo(60e6, -5)]);
});
