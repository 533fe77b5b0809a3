/** Distributions of latency as one picture: an SVG without scripts or foreign fonts. */

/** What one curve is made of: the latency, us, that a share `p` (0 .. 1) of the messages did not exceed. */
export interface PercentilePoint {
  readonly p: number;
  readonly us: number;
}

export interface PercentileSeries {
  readonly name: string;
  readonly points: readonly PercentilePoint[];
}

export interface PercentileChart {
  readonly title: string;
  /** Second line: machine, date, load. */
  readonly note: string;
  /** At most as many as there are colours. */
  readonly series: readonly PercentileSeries[];
}

/** Shares worth asking a histogram for: eight to a power of ten, evenly spaced on the chart's axis, and the median. */
export const CHART_SHARES: readonly number[] = [
  ...Array.from({ length: 49 }, (_, i) => 1 - 10 ** (-i / 8)),
  0.5,
].toSorted((a, b) => a - b);

/** Told apart also by those who do not see every colour, and in print by the dashes. */
const COLOURS = ["#2a6fc9", "#d9541e", "#128a63", "#8a4fc0", "#b07a00", "#5c6670", "#c23b78", "#2f9fb8"];
const DASHES = ["", "7 3", "2 3", "9 3 2 3"];

const WIDTH = 960;
const HEADER = 78;
const LEGEND_ROW = 20;
const PLOT = { left: 78, width: 850, height: 400 };
const FOOTER = 52;
const FONT = "font-family='system-ui, Helvetica, Arial, sans-serif'";
/** Longer names are cut: two columns of the legend share the width. */
const NAME_MAX = 58;

interface Scale {
  readonly top: number;
  /** Decades of 1 / (1 - p) shown. */
  readonly nines: number;
  /** Powers of ten of the latency at the lower and upper edge. */
  readonly low: number;
  readonly high: number;
}

/**
 * The picture: x is the share of messages on a logarithmic axis of 1 / (1 - p), so that 90 %, 99 % and 99.9 % stand
 * equally far apart; y is the latency, logarithmic. RangeError for no points, no or too many series, or figures that are none.
 */
export function percentileChart(chart: PercentileChart): string {
  check(chart);
  const rows = Math.ceil(chart.series.length / 2);
  const scale = scaleOf(chart.series, HEADER + rows * LEGEND_ROW);
  const height = scale.top + PLOT.height + FOOTER;
  return [
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${WIDTH} ${height}' width='${WIDTH}' height='${height}'>`,
    `<rect width='${WIDTH}' height='${height}' fill='#ffffff'/>`,
    text(PLOT.left, 32, chart.title, "font-size='19' font-weight='600' fill='#16202b'"),
    text(PLOT.left, 54, chart.note, "font-size='13' fill='#5a6672'"),
    ...shareAxis(scale),
    ...latencyAxis(scale),
    ...chart.series.flatMap((series, i) => [curve(series, i, scale), ...legend(series, i)]),
    "</svg>\n",
  ].join("\n");
}

function check({ series }: PercentileChart): void {
  if (series.length === 0 || series.length > COLOURS.length)
    throw new RangeError(`series: expected 1 to ${COLOURS.length}, saw ${series.length}`);
  for (const { name, points } of series) {
    if (points.length === 0) throw new RangeError(`series "${name}": expected points, saw none`);
    const wrong = points.find(({ p, us }) => !(p >= 0 && p <= 1 && us >= 0 && us < Infinity));
    if (wrong !== undefined)
      throw new RangeError(
        `series "${name}": expected 0 <= p <= 1 and us >= 0, saw ${wrong.p} and ${wrong.us}`,
      );
  }
}

function scaleOf(series: readonly PercentileSeries[], top: number): Scale {
  const points = series.flatMap((one) => one.points);
  const finite = points.filter(({ p }) => p < 1).map(({ p }) => nines(p));
  const values = points.map(({ us }) => Math.log10(Math.max(us, 0.1)));
  const low = Math.floor(Math.min(...values) * 3) / 3;
  const high = Math.ceil(Math.max(...values) * 3) / 3;
  return { top, nines: Math.max(2, Math.min(6, Math.max(0, ...finite))), low, high: Math.max(high, low + 1) };
}

/** 0 for the median's left end, 1 for 90 %, 2 for 99 %. */
function nines(p: number): number {
  return -Math.log10(1 - p);
}

function x(p: number, scale: Scale): number {
  return round(PLOT.left + (Math.min(nines(p), scale.nines) / scale.nines) * PLOT.width);
}

function y(us: number, { top, low, high }: Scale): number {
  const share = (Math.log10(Math.max(us, 0.1)) - low) / (high - low);
  return round(top + PLOT.height * (1 - Math.max(0, Math.min(1, share))));
}

/** Percentiles people ask for. */
const SHARES = [0, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 0.999999];

function shareAxis(scale: Scale): string[] {
  const bottom = scale.top + PLOT.height;
  const shown = SHARES.filter((p) => nines(p) <= scale.nines + 1e-9);
  return [
    ...shown.flatMap((p) => [
      line(x(p, scale), scale.top, x(p, scale), bottom),
      text(x(p, scale), bottom + 18, `${Number((p * 100).toPrecision(6))} %`, LABEL_MIDDLE),
    ]),
    text(PLOT.left + PLOT.width / 2, bottom + 40, "share of the messages that took no longer", LABEL_MIDDLE),
  ];
}

function latencyAxis(scale: Scale): string[] {
  const middle = scale.top + PLOT.height / 2;
  const steps = Array.from({ length: 30 }, (_, i) => [1, 2, 5][i % 3]! * 10 ** (Math.floor(i / 3) - 1));
  const shown = steps.filter(
    (us) => Math.log10(us) >= scale.low - 1e-9 && Math.log10(us) <= scale.high + 1e-9,
  );
  return [
    ...shown.flatMap((us) => [
      line(PLOT.left, y(us, scale), PLOT.left + PLOT.width, y(us, scale)),
      text(PLOT.left - 8, y(us, scale) + 4, us >= 1 ? us.toLocaleString("en-US") : String(us), LABEL_END),
    ]),
    text(20, middle, "latency, us", `${LABEL_MIDDLE} transform='rotate(-90 20 ${middle})'`),
  ];
}

const LABEL = "font-size='12' fill='#5a6672'";
const LABEL_MIDDLE = `${LABEL} text-anchor='middle'`;
const LABEL_END = `${LABEL} text-anchor='end'`;

function curve({ points }: PercentileSeries, i: number, scale: Scale): string {
  const sorted = points.filter(({ p }) => p < 1).toSorted((a, b) => a.p - b.p);
  const path = sorted.map(({ p, us }) => `${x(p, scale)},${y(us, scale)}`).join(" ");
  return `<polyline points='${path}' fill='none' stroke-linejoin='round' ${stroke(i)}/>`;
}

function legend({ name, points }: PercentileSeries, i: number): string[] {
  const left = PLOT.left + (i % 2) * (PLOT.width / 2);
  const top = HEADER + Math.floor(i / 2) * LEGEND_ROW - 4;
  const median = points.toSorted((a, b) => Math.abs(a.p - 0.5) - Math.abs(b.p - 0.5))[0]!;
  const label = name.length > NAME_MAX ? `${name.slice(0, NAME_MAX - 1)}…` : name;
  return [
    `<line x1='${left}' y1='${top}' x2='${left + 26}' y2='${top}' ${stroke(i)}/>`,
    text(left + 34, top + 4, `${label} (p50 ${microsText(median.us)})`, "font-size='13' fill='#16202b'"),
  ];
}

function microsText(us: number): string {
  return `${us >= 100 ? Math.round(us).toLocaleString("en-US") : Number(us.toPrecision(3))} us`;
}

function stroke(i: number): string {
  const dash = DASHES[i % DASHES.length]!;
  return `stroke='${COLOURS[i]!}' stroke-width='2'${dash === "" ? "" : ` stroke-dasharray='${dash}'`}`;
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1='${x1}' y1='${y1}' x2='${x2}' y2='${y2}' stroke='#e3e7eb'/>`;
}

function text(left: number, base: number, content: string, style: string): string {
  return `<text x='${left}' y='${base}' ${FONT} ${style}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
