import { expect, it } from "vitest";
import { CHART_SHARES, percentileChart } from "./percentile-chart.ts";
import type { PercentileSeries } from "./percentile-chart.ts";

function series(name: string, us: (p: number) => number): PercentileSeries {
  return { name, points: CHART_SHARES.map((p) => ({ p, us: us(p) })) };
}

/** Points of each curve as numbers. */
function curves(svg: string): [number, number][][] {
  return [...svg.matchAll(/<polyline points='([^']*)'/g)].map(([, points]) =>
    points!.split(" ").map((pair) => pair.split(",").map(Number) as [number, number]),
  );
}

function labels(svg: string): string[] {
  return [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, label]) => label!);
}

it("puts equal ratios of 1 - p and of latency at equal distances", () => {
  const points = [
    { p: 0, us: 10 },
    { p: 0.9, us: 100 },
    { p: 0.99, us: 1000 },
    { p: 1, us: 5000 },
  ];
  const svg = percentileChart({ title: "t", note: "n", series: [{ name: "one", points }] });
  const [curve] = curves(svg);
  expect(curve!.map(([x]) => x)).toEqual([78, 503, 928]);
  const [low, middle, high] = curve!.map(([, y]) => y) as [number, number, number];
  expect(low - middle).toBeCloseTo(middle - high, 0);
  expect(low).toBeGreaterThan(high);
});

it("labels the axes, the curves and their medians, and names where and when", () => {
  const svg = percentileChart({
    title: "Latency <paced>",
    note: "2 cores & a date",
    series: [series("low", (p) => 18 / (1 - p * 0.9)), series("normal", (p) => 69 / (1 - p * 0.99))],
  });
  const seen = labels(svg);
  expect(seen.slice(0, 2)).toEqual(["Latency &lt;paced&gt;", "2 cores &amp; a date"]);
  for (const label of ["50 %", "99.9 %", "99.9999 %", "latency, us", "100", "5,000"])
    expect(seen).toContain(label);
  expect(seen).toContain("low (p50 32.7 us)");
  expect(svg.match(/<polyline /g)).toHaveLength(2);
  expect(svg).not.toMatch(/NaN|Infinity|undefined|<script/);
});

it("refuses what cannot be drawn", () => {
  const draw = (...all: PercentileSeries[]) => percentileChart({ title: "", note: "", series: all });
  expect(() => draw()).toThrow("series: expected 1 to 8, saw 0");
  expect(() => draw({ name: "empty", points: [] })).toThrow('series "empty": expected points, saw none');
  expect(() => draw({ name: "bad", points: [{ p: 0.5, us: NaN }] })).toThrow("saw 0.5 and NaN");
});
