import { expect, it } from "vitest";
import { LatencyHistogram } from "../app/latency/histogram.ts";
import type { LoadReport } from "../app/latency/report.ts";
import type { LoadOptions } from "../app/latency/run.ts";
import { VENUES } from "../venues/index.ts";
import { behind, loadJson, loadText } from "./load-text.ts";

const OPTIONS: LoadOptions = {
  venue: VENUES[0]!,
  instruments: 20,
  rate: 10_000,
  seconds: 10,
  warmup: 1,
  mix: { trade: 3, book: 1 },
  seed: "1",
  port: 0,
  lane: null,
  dir: "/x",
  latency: "low",
};

function histogram(...us: number[]): LatencyHistogram {
  const made = new LatencyHistogram();
  for (const one of us) made.record(one);
  return made;
}

function report(changes: Partial<LoadReport> = {}): LoadReport {
  return {
    due: 100_000,
    sent: 100_000,
    seen: 100_000,
    lost: 0,
    readerLost: 0,
    cut: 0,
    seconds: 10,
    stages: {
      dueToSent: histogram(0.5),
      dueToReceived: histogram(8),
      receivedToRead: histogram(2),
      dueToRead: histogram(10.4),
    },
    lane: new Map([["parse", { count: 1, p50: 1, p90: 2, p99: 3, p999: 4, max: 5 }]]),
    faults: new Map([
      ["gaps", 0],
      ["resyncs", 2],
    ]),
    cpu: { share: 0.97, perMessage: 96.9 },
    ...changes,
  };
}

it("says in a table what each stage took, and what went wrong", () => {
  expect(loadText(OPTIONS, report()).split("\n")).toEqual([
    "binance, 20 instruments, 10,000 messages/s (trade 3, book 1), latency: low",
    "",
    "us                                   p50   p90   p99  p99.9   max",
    "due -> sent (the generator itself)   0.5   0.5   0.5    0.5   0.5",
    "due -> received by the lane            8     8     8      8     8",
    "received -> read                       2     2     2      2     2",
    "due -> read                         10.4  10.4  10.4   10.4  10.4",
    "lane: parse                            1     2     3      4     5",
    "",
    "sent     100000 in 10.0 s, 10000 a second",
    "lost     0",
    "faults   resyncs 2",
    "gateway  97 % of a core, 96.9 us a message",
    "",
  ]);
});

it("says when the generator is what was measured, and what the reader missed", () => {
  const slow = report({ sent: 60_000, lost: 3, readerLost: 5, cpu: null });
  expect([behind(report()), behind(slow)]).toEqual([false, true]);
  const text = loadText({ ...OPTIONS, lane: "main" }, slow);
  expect(text).toContain(
    "sent     60000 of 100000: the generator fell behind, lower --rate; in 10.0 s, 6000 a second",
  );
  expect(text).toContain("lost     3 (the reader was too slow for 5 slots)");
  expect(text).toContain("gateway  CPU unknown");
  expect(text).toContain("lane main");
});

it("gives programs the same figures", () => {
  const said = JSON.parse(loadJson(OPTIONS, report())) as Record<string, unknown>;
  expect(said).toMatchObject({
    venue: "binance",
    lane: "load",
    latency: "low",
    due: 100_000,
    lost: 0,
    lane_stages: { parse: { count: 1, p50: 1, p90: 2, p99: 3, "p99.9": 4, max: 5 } },
    faults: { gaps: 0, resyncs: 2 },
    cpu: { share: 0.97, us_per_message: 96.9 },
  });
});
