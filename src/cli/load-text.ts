import { cpus } from "node:os";
import type { LoadOptions, LoadProgress } from "../app/latency/run.ts";
import type { LoadReport } from "../app/latency/report.ts";
import type { Percentiles } from "../app/latency/histogram.ts";
import { CHART_SHARES, percentileChart } from "./percentile-chart.ts";
import { textList, textTable } from "./text-table.ts";
import type { Cell } from "./text-table.ts";

const COLUMNS = ["us", "p50", "p90", "p99", "p99.9", "max"] as const;

/** Share of the schedule below which the generator did not keep it; the last message may stand on either side. */
const KEPT = 0.99;

/** How the stages are called, in the order of a message's way. */
const STAGES = {
  dueToSent: "due -> sent (the generator itself)",
  dueToReceived: "due -> received by the lane",
  receivedToRead: "received -> read",
  dueToRead: "due -> read",
} as const;

/** What a person reads after a run. */
export function loadText(options: LoadOptions, report: LoadReport): string {
  const stages = Object.entries(STAGES).map(([key, name]) =>
    row(name, report.stages[key as keyof typeof STAGES].percentiles()),
  );
  const lane = [...report.lane].map(([stage, figures]) => row(`lane: ${stage}`, figures));
  return [
    subject(options),
    "",
    textTable(COLUMNS, [...stages, ...lane]),
    "",
    textList(facts(report)),
    "",
  ].join("\n");
}

function row(name: string, { p50, p90, p99, p999, max }: Percentiles): Cell[] {
  return [name, ...[p50, p90, p99, p999, max].map(figure)];
}

/** Three significant digits, as many as were kept. */
function figure(us: number): number {
  return Number(us.toPrecision(3));
}

function subject(options: LoadOptions): string {
  const mix = Object.entries(options.mix).map(([kind, weight]) => `${kind} ${weight}`);
  const lane = options.lane === null ? `latency: ${options.latency}` : `lane ${options.lane}`;
  const rate = options.rate.toLocaleString("en-US");
  return `${options.venue.id}, ${options.instruments} instruments, ${rate} messages/s (${mix.join(", ")}), ${lane}`;
}

/** Sent clearly less than the schedule asked for: what was measured is the generator. */
export function behind({ sent, due }: LoadReport): boolean {
  return sent < due * KEPT;
}

function facts(report: LoadReport): [string, string][] {
  const { cpu } = report;
  const short = behind(report) ? ` of ${report.due}: the generator fell behind, lower --rate;` : "";
  const faults = [...report.faults]
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return [
    [
      "sent",
      `${report.sent}${short} in ${report.seconds.toFixed(1)} s, ${Math.round(report.sent / report.seconds)} a second`,
    ],
    [
      "lost",
      `${report.lost}${report.readerLost > 0 ? ` (the reader was too slow for ${report.readerLost} slots)` : ""}`,
    ],
    ["faults", faults.length === 0 ? "none" : faults.join(", ")],
    [
      "gateway",
      cpu === null
        ? "CPU unknown"
        : `${(cpu.share * 100).toFixed(0)} % of a core, ${figure(cpu.perMessage)} us a message`,
    ],
  ];
}

/** The same for programs: one JSON object, us. */
export function loadJson(options: LoadOptions, report: LoadReport): string {
  const { venue, instruments, rate, mix, lane, latency } = options;
  const stages = Object.keys(STAGES).map((key) => [
    snake(key),
    named(report.stages[key as keyof typeof STAGES].percentiles()),
  ]);
  return `${JSON.stringify({
    venue: venue.id,
    instruments,
    rate,
    mix,
    lane: lane ?? "load",
    latency: lane === null ? latency : null,
    seconds: figure(report.seconds),
    due: report.due,
    sent: report.sent,
    seen: report.seen,
    lost: report.lost,
    stages: Object.fromEntries(stages),
    lane_stages: Object.fromEntries([...report.lane].map(([stage, figures]) => [stage, named(figures)])),
    faults: Object.fromEntries(report.faults),
    cpu:
      report.cpu === null
        ? null
        : { share: figure(report.cpu.share), us_per_message: figure(report.cpu.perMessage) },
  })}\n`;
}

function snake(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function named({ count, p50, p90, p99, p999, max }: Percentiles): Record<string, number> {
  return {
    count,
    p50: figure(p50),
    p90: figure(p90),
    p99: figure(p99),
    "p99.9": figure(p999),
    max: figure(max),
  };
}

/** The stages as curves, as far as so many messages can tell. */
export function loadChart(options: LoadOptions, report: LoadReport, date: Date): string {
  const [cpu] = cpus();
  const machine = `${cpu?.model.trim() ?? "unknown"}, ${cpus().length} cores, node ${process.version}`;
  return percentileChart({
    title: subject(options),
    note: `${machine}, ${date.toISOString().slice(0, 10)}`,
    series: Object.entries(STAGES).flatMap(([key, name]) => {
      const histogram = report.stages[key as keyof typeof STAGES];
      const shares = CHART_SHARES.filter((p) => (1 - p) * histogram.count >= 1);
      return shares.length === 0 ? [] : [{ name, points: shares.map((p) => ({ p, us: histogram.at(p) })) }];
    }),
  });
}

/** One line that says how far it is. */
export function progressText({ phase, seconds, of, probe }: LoadProgress): string {
  const passed = `${phase} ${Math.min(seconds, of).toFixed(0)}/${of.toFixed(0)} s`;
  if (phase !== "measuring") return passed;
  const { dueToRead, dueToSent } = probe.stages;
  const late = figure(dueToSent.at(0.99));
  return `${passed}  sent ${probe.sent}  p50 ${figure(dueToRead.at(0.5))} us  p99 ${figure(dueToRead.at(0.99))} us  late p99 ${late} us  lost ${probe.lost}`;
}
