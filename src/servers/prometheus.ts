import type { CounterSample, HistogramSample, Labels } from "./ops-source.ts";

/**
 * Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): one HELP and TYPE per family,
 * its samples in one group, histogram buckets cumulative and closed by +Inf.
 */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

interface Family {
  readonly kind: string;
  readonly help: string;
  readonly lines: string[];
  readonly seen: Set<string>;
}

/** Throws RangeError for names the format forbids, families that disagree, and a sample given twice. */
export function renderMetrics(
  counters: readonly CounterSample[],
  histograms: readonly HistogramSample[],
): string {
  const families = new Map<string, Family>();
  for (const sample of counters) {
    const { lines } = claim(families, sample.name, sample.kind, sample);
    lines.push(line(sample.name, sample.labels, sample.value));
  }
  for (const sample of histograms)
    claim(families, sample.name, "histogram", sample).lines.push(...histogramLines(sample));
  return [...families].map(([name, family]) => familyText(name, family)).join("");
}

function familyText(name: string, { kind, help, lines }: Family): string {
  return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}\n${lines.join("\n")}\n`;
}

/** The family a sample belongs to, after checking that it may have that sample. */
function claim(
  families: Map<string, Family>,
  name: string,
  kind: string,
  { help, labels }: { help: string; labels: Labels },
): Family {
  if (!METRIC_NAME.test(name)) throw new RangeError(`expected a metric name, saw ${JSON.stringify(name)}`);
  const family = families.get(name) ?? { kind, help, lines: [], seen: new Set<string>() };
  if (family.kind !== kind)
    throw new RangeError(`expected ${name} to be a ${family.kind} throughout, saw a ${kind}`);
  const key = JSON.stringify(Object.entries(labels).toSorted());
  if (family.seen.has(key))
    throw new RangeError(`expected one sample per label set, saw ${name}${labelText(labels)} twice`);
  family.seen.add(key);
  families.set(name, family);
  return family;
}

function histogramLines({ name, labels, bounds, counts, sum }: HistogramSample): string[] {
  if (counts.length !== bounds.length + 1) {
    throw new RangeError(`expected ${bounds.length + 1} buckets in ${name}, saw ${counts.length}`);
  }
  if ("le" in labels) throw new RangeError(`expected no label le in ${name}: it names the buckets`);
  let total = 0;
  const buckets = counts.map((count, i) => {
    total += count;
    return line(`${name}_bucket`, { ...labels, le: number(bounds[i] ?? Infinity) }, total);
  });
  return [...buckets, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, total)];
}

function line(name: string, labels: Labels, value: number | bigint): string {
  return `${name}${labelText(labels)} ${number(value)}`;
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => {
    if (!LABEL_NAME.test(name)) throw new RangeError(`expected a label name, saw ${JSON.stringify(name)}`);
    return `${name}="${escapeLabel(value)}"`;
  });
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function number(value: number | bigint): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
