import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CounterSample, HistogramSample } from "./ops-source.ts";
import { parseExposition } from "../../test/exposition.ts";
import { renderMetrics } from "./prometheus.ts";

const NAME = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/);
const LABELS = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,4}$/).filter((name) => name !== "le"),
  fc.string(),
);

function counter(fields: Partial<CounterSample>): CounterSample {
  return { name: "a_total", help: "A.", kind: "counter", labels: {}, value: 1, ...fields };
}

function histogram(fields: Partial<HistogramSample>): HistogramSample {
  return {
    name: "h_seconds",
    help: "H.",
    labels: {},
    bounds: [0.1, 2.5],
    counts: [1, 2, 3],
    sum: 9.5,
    ...fields,
  };
}

describe("renderMetrics", () => {
  it("writes each family once, in one group, escaped", () => {
    const text = renderMetrics(
      [
        counter({ help: "back\\slash\nline", labels: { venue: 'q"\\\n' }, value: 2n ** 63n }),
        counter({ name: "g", kind: "gauge", value: NaN }),
        counter({ labels: { venue: "x" }, value: -Infinity }),
      ],
      [histogram({ labels: { lane: "main" } })],
    );
    expect(text).toBe(
      [
        "# HELP a_total back\\\\slash\\nline",
        "# TYPE a_total counter",
        'a_total{venue="q\\"\\\\\\n"} 9223372036854775808',
        'a_total{venue="x"} -Inf',
        "# HELP g A.",
        "# TYPE g gauge",
        "g NaN",
        "# HELP h_seconds H.",
        "# TYPE h_seconds histogram",
        'h_seconds_bucket{lane="main",le="0.1"} 1',
        'h_seconds_bucket{lane="main",le="2.5"} 3',
        'h_seconds_bucket{lane="main",le="+Inf"} 6',
        'h_seconds_sum{lane="main"} 9.5',
        'h_seconds_count{lane="main"} 6',
        "",
      ].join("\n"),
    );
    expect(renderMetrics([], [])).toBe("");
  });

  it("refuses what a scraper would refuse", () => {
    expect(() => renderMetrics([counter({ name: "a-b" })], [])).toThrow('expected a metric name, saw "a-b"');
    expect(() => renderMetrics([counter({ labels: { "a-b": "" } })], [])).toThrow(
      'expected a label name, saw "a-b"',
    );
    expect(() => renderMetrics([counter({}), counter({})], [])).toThrow("saw a_total twice");
    expect(() => renderMetrics([counter({}), counter({ kind: "gauge", labels: { a: "" } })], [])).toThrow(
      "saw a gauge",
    );
    expect(() => renderMetrics([], [histogram({ counts: [1] })])).toThrow(
      "expected 3 buckets in h_seconds, saw 1",
    );
    expect(() => renderMetrics([], [histogram({ labels: { le: "1" } })])).toThrow("expected no label le");
  });

  it("is read back by a strict parser as what was put in", () => {
    const samples = fc.uniqueArray(
      fc.record({ name: NAME, labels: LABELS, value: fc.oneof(fc.nat(), fc.double()) }),
      {
        selector: ({ name, labels }) => name + JSON.stringify(Object.entries(labels).toSorted()),
      },
    );
    fc.assert(
      fc.property(samples, fc.string(), (all, help) => {
        const counters = all.map((sample) => counter({ ...sample, help }));
        const read = parseExposition(renderMetrics(counters, []));
        expect(read.size).toBe(new Set(all.map(({ name }) => name)).size);
        for (const { name, labels, value } of all) {
          const family = read.get(name)!;
          const same = family.samples.filter(
            (sample) => sample.key === JSON.stringify(Object.entries(labels).toSorted()),
          );
          expect(family.help).toBe(help);
          expect(same.map((sample) => sample.value)).toEqual([value === 0 ? 0 : value]);
        }
      }),
    );
  });

  it("adds buckets up", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }), (counts) => {
        const bounds = counts.slice(1).map((_, i) => i + 1);
        const { samples } = parseExposition(renderMetrics([], [histogram({ bounds, counts })])).get(
          "h_seconds",
        )!;
        const last = samples.find(
          (sample) => sample.name === "h_seconds_bucket" && sample.labels["le"] === "+Inf",
        )!;
        expect(last.value).toBe(counts.reduce((a, b) => a + b));
      }),
    );
  });
});
