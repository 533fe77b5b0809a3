/** A strict reader of Prometheus' text format, for tests: it throws wherever a scraper may stumble. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Labels sorted by name, as text: equal for equal label sets. */
  readonly key: string;
  readonly value: number;
}

export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[+-]?[\d.]+(?:e[+-]?\d+)?)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(,|$)/y;

/** Families by name. HELP then TYPE then samples, each family once and whole. */
export function parseExposition(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  if (text === "") return families;
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const lines = text.slice(0, -1).split("\n");
  for (let i = 0; i < lines.length;) {
    const help = /^# HELP (\S+) (.*)$/.exec(lines[i]!);
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(lines[i + 1] ?? "");
    if (!help || !type || help[1] !== type[1])
      throw new Error(`expected HELP and TYPE, saw ${lines[i]} / ${lines[i + 1]}`);
    const [, name] = help;
    if (families.has(name!)) throw new Error(`family ${name} appears twice`);
    const family: Family = { help: unescape(help[2]!, /\\[\\n]/g), type: type[2]!, samples: [] };
    for (i += 2; i < lines.length && !lines[i]!.startsWith("#"); i++)
      family.samples.push(sampleOf(lines[i]!, name!, family));
    check(name!, family);
    families.set(name!, family);
  }
  return families;
}

function sampleOf(line: string, family: string, { type, samples }: Family): Sample {
  const match = SAMPLE.exec(line);
  if (!match) throw new Error(`not a sample: ${line}`);
  const [, name = "", inside, number = ""] = match;
  const allowed = type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => family + end) : [family];
  if (!allowed.includes(name)) throw new Error(`${name} is no part of ${type} ${family}`);
  const labels = inside === undefined ? {} : labelsOf(inside);
  const key = JSON.stringify(Object.entries(labels).toSorted());
  if (samples.some((other) => other.name === name && other.key === key)) throw new Error(`twice: ${line}`);
  return { name, labels, key, value: Number(number.replace("Inf", "Infinity")) };
}

function labelsOf(text: string): Record<string, string> {
  const labels: [string, string][] = [];
  for (LABEL.lastIndex = 0; LABEL.lastIndex < text.length;) {
    const match = LABEL.exec(text);
    if (!match) throw new Error(`not labels: ${text}`);
    if (labels.some(([name]) => name === match[1])) throw new Error(`label ${match[1]} twice`);
    labels.push([match[1]!, unescape(match[2]!, /\\[\\"n]/g)]);
  }
  return Object.fromEntries(labels);
}

function unescape(text: string, escapes: RegExp): string {
  return text.replace(escapes, (pair) => (pair === "\\n" ? "\n" : pair[1]!));
}

/** Buckets grow, end in +Inf, and agree with _count. */
function check(name: string, { type, samples }: Family): void {
  if (samples.length === 0) throw new Error(`family ${name} is empty`);
  if (type !== "histogram") return;
  const without = ({ labels }: Sample): string => {
    const { le: _, ...rest } = labels;
    return JSON.stringify(Object.entries(rest).toSorted());
  };
  for (const count of samples.filter((sample) => sample.name === `${name}_count`)) {
    const buckets = samples.filter(
      (sample) => sample.name === `${name}_bucket` && without(sample) === without(count),
    );
    const bounds = buckets.map(({ labels }) => Number(labels["le"]!.replace("Inf", "Infinity")));
    if (bounds.at(-1) !== Infinity || bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!))
      throw new Error(`bounds of ${name}: ${bounds}`);
    if (buckets.some(({ value }, i) => i > 0 && value < buckets[i - 1]!.value))
      throw new Error(`buckets of ${name} shrink`);
    if (buckets.at(-1)!.value !== count.value) throw new Error(`${name}_count is not the last bucket`);
  }
}
