import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serveOps } from "../servers/ops.ts";
import type { OpsServer } from "../servers/ops.ts";
import { lockFile } from "../store/index.ts";
import { compatOf } from "./compat/start.ts";
import { hasJournal } from "./config.ts";
import type { Config } from "./config.ts";
import { derivedLanes } from "./config/derived.ts";
import { GatewayDerived } from "./derived/start.ts";
import type { LanePlace } from "./journal/messages.ts";
import { GatewayJournal } from "./journal/start.ts";
import { startLane } from "./lane/start.ts";
import type { RunningLane } from "./lane/start.ts";
import { latencyWarnings } from "./latency.ts";
import { GatewayLedger } from "./ledger.ts";
import type { Log } from "./log.ts";
import { PartsReport } from "./parts-report.ts";
import { AliasedSource } from "./presets/aliases.ts";
import { RegionSource } from "./region-source.ts";
import type { WatchedLane } from "./region-source.ts";
import { stopParts } from "./shutdown.ts";
import type { Parts } from "./shutdown.ts";
import { GatewaySink } from "./sinks/start.ts";
import { LaneSubscriptions } from "./subscriptions.ts";
import { topologyText } from "./topology.ts";
import { packageVersion } from "./version.ts";

/** Lanes wait for sinks to say from where on they need the journal, but not longer, ms. */
const SINKS_MS = 15_000;

/** A running gateway. */
export interface Gateway {
  readonly lanes: readonly RunningLane[];
  readonly source: RegionSource;
  readonly ops: OpsServer;
  /** Resolves with a reason when a part that it cannot do without ended too often. */
  readonly failed: Promise<string>;
  /**
   * Feeds first, so that nothing new comes; then the journal of it, the sinks, the ledger, and the servers that show what there
   * is. Takes `shutdown_ms` at most, and less as soon as `force` is settled: then it resolves to one line for each part that
   * had something left.
   */
  stop(force?: Promise<unknown>): Promise<readonly string[]>;
}

/** Builds and starts everything a configuration names. Rejects, with nothing left running, when a part cannot start. */
export async function startGateway(config: Config, log: Log): Promise<Gateway> {
  for (const line of topologyText(config)) log.info(line);
  for (const line of latencyWarnings(config.lanes, cpus().length)) log.warn(line);
  if (config.data.dir === undefined) log.info("nothing is kept on disk; set data.dir to keep it");
  const parts: Parts = {
    lanes: [],
    derived: null,
    journal: null,
    sinks: [],
    compat: [],
    ledger: null,
    ops: null,
    lock: lockData(config),
  };
  try {
    return await build(config, log, parts);
  } catch (error) {
    await stopParts(parts, config, null, Promise.resolve());
    throw error;
  }
}

/** `parts` holds what is to be stopped, whatever happens. */
async function build(config: Config, log: Log, parts: Parts): Promise<Gateway> {
  const ledger = config.ledger.enabled ? new GatewayLedger(config.ledger, log.child("ledger")) : null;
  parts.ledger = ledger;
  for (let i = 0; i < config.lanes.length; i++) {
    const lane = await startLane(config, i, log, true);
    parts.lanes.push(lane);
    ledger?.watch(config.lanes[i]!, lane.region);
    if (ledger !== null) lane.onSettled((trades) => ledger.settle(lane.name, trades));
  }
  const places = parts.lanes.map(({ name, path, buffer }): LanePlace => ({ name, path, buffer }));
  if (derivedLanes(config.derived).length > 0) {
    const derived = new GatewayDerived(config, [...places], log.child("derived"));
    await derived.begin();
    parts.derived = derived;
    places.push(derived.place);
  }
  if (hasJournal(config)) {
    parts.journal = new GatewayJournal(config, places, log.child("journal"));
    await parts.journal.begin();
  }
  for (const sink of config.sinks) parts.sinks.push(new GatewaySink(config, sink, places, log.child("sink")));
  await Promise.race([
    Promise.all(parts.sinks.map((sink) => sink.begin())),
    sleep(SINKS_MS, null, { ref: false }),
  ]);
  for (const part of compatOf(config, places, log.child("compat"))) parts.compat.push(part);
  await Promise.all(parts.compat.map((part) => part.begin()));
  // Only now: what is committed before somebody keeps it could be lapped.
  for (const lane of parts.lanes) lane.go();
  parts.derived?.go();
  const source = sourceOf(config, parts);
  const told = new AliasedSource(source, parts.lanes, config.ops.aliases);
  const ops = await serveOps(told, {
    ...config.ops,
    allowRemote: config.ops.allow_remote,
    subscriptions: new LaneSubscriptions(parts.lanes, config),
    ...(ledger === null ? {} : { ledger }),
  });
  parts.ops = { ...ops, close: () => (told.close(), ops.close()) };
  log.info("operations server listening", { url: ops.url });
  return gateway(config, parts, source, ops, log);
}

function sourceOf(config: Config, parts: Parts): RegionSource {
  const { lanes, derived, ledger } = parts;
  const watched: WatchedLane[] = lanes.map((lane, i) => ({
    plan: config.lanes[i]!,
    region: lane.region,
    roster: () => lane.roster(),
  }));
  if (derived !== null) watched.push({ plan: { name: derived.name, feeds: [] }, region: derived.region });
  const report = new PartsReport(parts);
  const more = () => [...(ledger?.counters() ?? []), ...report.counters()];
  return new RegionSource(watched, packageVersion(), more, report, config.ops.service);
}

function gateway(config: Config, parts: Parts, source: RegionSource, ops: OpsServer, log: Log): Gateway {
  const needed = [...parts.lanes, ...(parts.journal === null ? [] : [parts.journal])];
  const failed = Promise.race(needed.map((part) => part.failed));
  let stopping: Promise<readonly string[]> | null = null;
  const stop = async (force: Promise<unknown>): Promise<readonly string[]> => {
    const left = await stopParts(parts, config, log, force);
    log.info("stopped");
    return left;
  };
  const never = new Promise<never>(() => undefined);
  return { lanes: parts.lanes, source, ops, failed, stop: (force = never) => (stopping ??= stop(force)) };
}

/** Two gateways in one data folder would write the same files. */
function lockData({ data }: Config): { close(): void } | null {
  if (data.dir === undefined) return null;
  const lock = lockFile(join(data.dir, "gateway.lock"));
  if (typeof lock !== "number") return lock;
  throw new Error(
    `data.dir: expected ${data.dir} to be this gateway's alone, saw process ${lock} in it; stop that one or choose another folder`,
  );
}
