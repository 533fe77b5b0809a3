import type { CounterSample } from "../../servers/ops-source.ts";
import type { DerivedStanding } from "./messages.ts";

const EVENTS = {
  name: "feedhorn_derived_events_total",
  kind: "counter",
  help: "figures made by a pipeline",
} as const;
const SKIPPED = {
  name: "feedhorn_derived_ticks_skipped_total",
  kind: "counter",
  help: "ticks of a pipeline that passed before anybody looked",
} as const;
const LOST = {
  name: "feedhorn_derived_lost_slots_total",
  kind: "counter",
  help: "slots of a lane that were gone before they were read",
} as const;
const LAG = {
  name: "feedhorn_derived_lag_slots",
  kind: "gauge",
  help: "slots of a lane committed and not yet read",
} as const;
const REFUSED = {
  name: "feedhorn_derived_refused_total",
  kind: "counter",
  help: "figures for which there was no room",
} as const;

/** Metrics of single products and surfaces: their last values. */
const HELP: Readonly<Record<string, string>> = {
  feedhorn_spot_mid: "median of the mids of fresh venues",
  feedhorn_spot_divergence_bps: "distance of the fresh venues, in hundredths of a percent",
  feedhorn_spot_fresh_venues: "venues that count",
  feedhorn_iv_surface_points: "strikes on a surface",
  feedhorn_iv_surface_atm: "implied volatility at the money, a fraction",
};

export function countersOf({ pipelines, lanes, refused, figures }: DerivedStanding): CounterSample[] {
  return [
    ...pipelines.flatMap(({ name: pipeline, events, skipped }) => [
      { ...EVENTS, labels: { pipeline }, value: events },
      { ...SKIPPED, labels: { pipeline }, value: skipped },
    ]),
    ...lanes.flatMap(({ name: lane, lost, lag }) => [
      { ...LOST, labels: { lane }, value: lost },
      { ...LAG, labels: { lane }, value: lag },
    ]),
    { ...REFUSED, labels: {}, value: refused },
    ...figures.map(({ metric: name, labels, value }): CounterSample => ({
      name,
      kind: "gauge",
      help: HELP[name]!,
      labels,
      value,
    })),
  ];
}
