import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { isLoopback } from "../servers/loopback.ts";
import { compatFaults } from "./config/compat.ts";
import { derivedFaults, derivedLanes } from "./config/derived.ts";
import { readEnvironment } from "./config/env.ts";
import type { Environment } from "./config/env.ts";
import { ConfigError } from "./config/error.ts";
import { explain } from "./config/explain.ts";
import { readConfigFile } from "./config/file.ts";
import { keyFaults } from "./config/keys.ts";
import { redact } from "./config/redact.ts";
import { sourceFaults } from "./config/lane-udp.ts";
import { ConfigSchema, mainLane } from "./config/schema.ts";
import type { ConfigInput, FeedConfig, LaneConfig, ParsedConfig } from "./config/schema.ts";
import { deliveryOf, namedSinks, sinkFaults } from "./config/sinks.ts";
import type { SinkConfig } from "./config/sinks.ts";

/** A checked configuration with every default filled in; its keys are those of the file. */
export interface Config extends Omit<ParsedConfig, "feeds" | "lanes" | "region" | "sinks"> {
  readonly region: ParsedConfig["region"] & { readonly dir: string };
  readonly sinks: readonly SinkConfig[];
  readonly lanes: readonly LaneConfig[];
}

/**
 * Reads and checks a configuration file. Environment variables win over the file.
 * Throws ConfigError, one line per fault: file, path, what was expected, what was seen.
 */
export function readConfig(file: string, env: Environment = process.env): Config {
  return checkConfig(readConfigFile(file), file, env);
}

/** Checks a configuration held in memory (presets, tests); `origin` opens every message. */
export function checkConfig(input: unknown, origin: string, env: Environment = process.env): Config {
  const value = input ?? {};
  const parsed = ConfigSchema.safeParse(value);
  if (!parsed.success)
    throw new ConfigError(explain(parsed.error.issues, value).map((line) => `${origin}: ${line}`));
  const config = resolve(parsed.data, env);
  const faults = [
    ...laneFaults(parsed.data, config),
    ...sourceFaults(config.lanes),
    ...wishFaults(config, parsed.data),
    ...duplicateFaults(config, parsed.data),
    ...opsFaults(config),
    ...keepingFaults(config),
    ...compatFaults(config.compat, config.lanes),
    ...derivedFaults(
      config.derived,
      config.lanes.map(({ name }) => name),
    ),
    ...coreFaults(config, cpus().length),
    ...backoffFaults(config, parsed.data),
    ...feedsOf(config, parsed.data).flatMap(([path, feed]) => keyFaults(path, feed, env)),
  ];
  if (faults.length > 0) throw new ConfigError(faults.map((line) => `${origin}: ${line}`));
  return config;
}

/** JSON text of a resolved configuration, itself a valid configuration file, without secrets. */
export function printConfig(config: Config | ConfigInput): string {
  return `${JSON.stringify(redact(config), null, 2)}\n`;
}

function resolve({ feeds, lanes, ...rest }: ParsedConfig, env: Environment): Config {
  const over = readEnvironment(env);
  return {
    ...rest,
    region: { ...rest.region, dir: over.dir ?? rest.region.dir ?? defaultDir() },
    ops: { ...rest.ops, port: over.opsPort ?? rest.ops.port },
    log: { ...rest.log, level: over.logLevel ?? rest.log.level },
    ledger: { ...rest.ledger, ...ledgerFolder(rest) },
    sinks: namedSinks(rest.sinks, rest.data.dir),
    lanes: lanes ?? (feeds ? [mainLane(feeds)] : []),
  };
}

/** Where the ledger's files go: where it says, or with everything else that is kept. */
function ledgerFolder({ ledger, data }: Pick<ParsedConfig, "ledger" | "data">): { dir?: string } {
  const dir = ledger.dir ?? (data.dir === undefined ? undefined : join(data.dir, "ledger"));
  return dir === undefined ? {} : { dir };
}

/** Whether lanes are copied to disk. */
export function hasJournal({ data, journal }: Pick<Config, "data" | "journal">): boolean {
  return data.dir !== undefined && journal.enabled;
}

/** What needs a data folder, and what its sinks ask for. */
function keepingFaults(config: Config): string[] {
  const { journal, sinks, lanes, data, tape } = config;
  const lossless = sinks.findIndex((sink) => deliveryOf(sink) === "lossless");
  const small = data.dir !== undefined && journal.max_bytes < 2 * journal.segment_bytes;
  return [
    ...(lossless < 0 || hasJournal(config)
      ? []
      : [
          data.dir === undefined
            ? `sinks[${lossless}]: expected a journal for a sink that loses nothing, saw no data.dir; set it, or delivery: lapped`
            : `sinks[${lossless}]: expected a journal for a sink that loses nothing, saw journal.enabled: false; set true, or delivery: lapped`,
        ]),
    ...(small
      ? [
          `journal.max_bytes: expected at least two segments (${2 * journal.segment_bytes}), saw ${journal.max_bytes}; set segment_bytes lower`,
        ]
      : []),
    ...(tape.enabled && data.dir === undefined
      ? ["tape.enabled: expected a folder for the tape, saw no data.dir; set data.dir"]
      : []),
    ...(tape.max_bytes < 4 * tape.segment_bytes && tape.enabled
      ? [
          `tape.max_bytes: expected at least four segments (${4 * tape.segment_bytes}), saw ${tape.max_bytes}; set segment_bytes lower`,
        ]
      : []),
    ...sinkFaults(sinks, [...lanes.map(({ name }) => name), ...derivedLanes(config.derived)]),
  ];
}

/** Shared memory where the system has a file system for it. */
function defaultDir(): string {
  return join(process.platform === "linux" ? "/dev/shm" : tmpdir(), "feedhorn");
}

function laneFaults(parsed: ParsedConfig, config: Config): string[] {
  if (parsed.feeds && parsed.lanes)
    return ["feeds: expected feeds or lanes, saw both; move the feeds into a lane"];
  if (config.lanes.length === 0) return ["feeds: missing; expected a list of feeds (or lanes) to listen to"];
  const names = config.lanes.map((lane) => lane.name);
  return names.flatMap((name, i) =>
    names.indexOf(name) < i ? [`lanes[${i}].name: expected a name of its own, saw "${name}" again`] : [],
  );
}

/** A feed listens to something, and hears what its chains go by. */
function wishFaults(config: Config, parsed: ParsedConfig): string[] {
  return feedsOf(config, parsed).flatMap(([path, { symbols, chains, channels }]) => {
    if (symbols.length + chains.length === 0)
      return [`${path}.symbols: missing; expected a list of symbols or patterns, or chains`];
    const blind = chains.some(({ kinds }) => kinds.includes("option")) && !channels.includes("ticker");
    return blind
      ? [`${path}.channels: expected ticker among them: it tells the price that chains go by`]
      : [];
  });
}

/** Each (venue, channel, symbol) belongs to one feed: two would write every event twice. */
function duplicateFaults(config: Config, parsed: ParsedConfig): string[] {
  const first = new Map<string, string>();
  const faults: string[] = [];
  for (const [path, feed] of feedsOf(config, parsed)) {
    for (const stream of streamsOf(feed)) {
      const owner = first.get(stream);
      if (owner !== undefined)
        faults.push(`${path}: ${stream} is already asked for by ${owner}; remove one of them`);
      else first.set(stream, path);
    }
  }
  return faults;
}

function streamsOf(feed: FeedConfig): string[] {
  return feed.channels.flatMap((channel) =>
    feed.symbols.map((symbol) => `${feed.venue} ${channel} ${symbol}`),
  );
}

function backoffFaults(config: Config, parsed: ParsedConfig): string[] {
  return feedsOf(config, parsed).flatMap(([path, { backoff }]) =>
    backoff.min_ms > backoff.max_ms
      ? [`${path}.backoff.max_ms: expected at least min_ms (${backoff.min_ms}), saw ${backoff.max_ms}`]
      : [],
  );
}

/** Cores are those of the machine the configuration is read on: it is checked where it is to run. */
function coreFaults({ lanes }: Config, cores: number): string[] {
  return lanes.flatMap(({ cores: wanted = [] }, l) =>
    wanted.flatMap((core, i) =>
      core < cores
        ? []
        : [`lanes[${l}].cores[${i}]: expected a core of this machine, 0 to ${cores - 1}, saw ${core}`],
    ),
  );
}

function opsFaults({ ops }: Config): string[] {
  if (ops.allow_remote || isLoopback(ops.host)) return [];
  return [
    `ops.host: expected a loopback address such as 127.0.0.1, saw "${ops.host}"; set ops.allow_remote: true to serve others`,
  ];
}

function feedsOf(config: Config, parsed: ParsedConfig): [path: string, feed: FeedConfig][] {
  return config.lanes.flatMap((lane, l) =>
    lane.feeds.map((feed, f): [string, FeedConfig] => [
      parsed.lanes ? `lanes[${l}].feeds[${f}]` : `feeds[${f}]`,
      feed,
    ]),
  );
}
