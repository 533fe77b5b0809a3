import { pinThread } from "../store/index.ts";
import type { LaneConfig } from "./config/schema.ts";
import { keepAwake } from "./low-loop.ts";

type Warn = (message: string, facts: Readonly<Record<string, unknown>>) => void;

/**
 * Gives the calling thread what its lane asked for: cores of its own, a loop that never sleeps. Cores that cannot be
 * had are told through `warn`; the lane runs all the same. Returns what ends it.
 */
export function applyLatency(
  { latency, cores }: Pick<LaneConfig, "latency" | "cores">,
  warn: Warn,
): () => void {
  const reason = cores === undefined ? null : pinThread(cores);
  if (reason !== null)
    warn("the lane's thread runs on any core: it could not be bound to those asked for", { cores, reason });
  return latency === "low" ? keepAwake() : () => undefined;
}

/** What the operator should know of lanes that never sleep, on a machine of so many cores. */
export function latencyWarnings(
  lanes: readonly Pick<LaneConfig, "name" | "latency">[],
  cores: number,
): string[] {
  const low = lanes.filter(({ latency }) => latency === "low").map(({ name }) => name);
  if (low.length === 0 || low.length < cores) return [];
  return [
    `latency: low takes a whole core per lane: expected fewer such lanes than cores (${cores}), saw ${low.length} (${low.join(", ")}); ` +
      "they will take turns, and everything else waits for them",
  ];
}
