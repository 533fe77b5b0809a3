import type { Environment } from "./env.ts";
import type { FeedConfig, LaneConfig } from "./schema.ts";
import type { SinkConfig } from "./sinks.ts";

/** Keys whose values are names of environment variables. */
const NAMES = /_env$/;

/** What the variables hold that a sink's `_env` keys name, by key. Unset ones are left out. */
export function readSecrets(sink: SinkConfig, env: Environment = process.env): Record<string, string> {
  const pairs = named(sink).flatMap(([key, name]) => (env[name] ? [[key, env[name]] as const] : []));
  return Object.fromEntries(pairs);
}

/** Variables that the process of a sink, or of what is none (`own` left out), need not see: those of the feeds and of other sinks. */
export function secretNames(
  { lanes, sinks }: { readonly lanes: readonly LaneConfig[]; readonly sinks: readonly SinkConfig[] },
  own?: SinkConfig,
): string[] {
  const feeds: FeedConfig[] = lanes.flatMap((lane) => lane.feeds);
  const all = [...feeds, ...sinks.filter((sink) => sink !== own)].flatMap((one) => named(one));
  const mine = new Set((own === undefined ? [] : named(own)).map(([, name]) => name));
  return all.map(([, name]) => name).filter((name) => !mine.has(name));
}

function named(options: object): [key: string, name: string][] {
  return Object.entries(options).filter(
    (pair): pair is [string, string] => NAMES.test(pair[0]) && typeof pair[1] === "string",
  );
}
