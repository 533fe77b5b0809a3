/** The chart of latency distributions, for benches that draw one: `feedhorn load --svg` writes the same. */
export { CHART_SHARES, percentileChart } from "../src/cli/percentile-chart.ts";
export type { PercentileChart, PercentilePoint, PercentileSeries } from "../src/cli/percentile-chart.ts";
