import { cpus } from "node:os";
import { serveOps } from "../servers/ops.ts";
import type { OpsServer } from "../servers/ops.ts";
import type { Config } from "./config.ts";
import { GatewayLedger } from "./ledger.ts";
import { startLane } from "./lane/thread.ts";
import type { LaneThread } from "./lane/thread.ts";
import { latencyWarnings } from "./latency.ts";
import type { Log } from "./log.ts";
import { RegionSource } from "./region-source.ts";
import { LaneSubscriptions } from "./subscriptions.ts";
import { topologyText } from "./topology.ts";
import { packageVersion } from "./version.ts";

/** A running gateway. */
export interface Gateway {
  readonly lanes: readonly LaneThread[];
  readonly source: RegionSource;
  readonly ops: OpsServer;
  /** Resolves with a reason when a lane ends by itself. */
  readonly failed: Promise<string>;
  /** Feeds first, so that nothing new comes; then the ledger of it, then the servers that show what there is. */
  stop(): Promise<void>;
}

/** Builds and starts everything a configuration names. Rejects, with nothing left running, when a part cannot start. */
export async function startGateway(config: Config, log: Log): Promise<Gateway> {
  for (const line of topologyText(config)) log.info(line);
  for (const line of latencyWarnings(config.lanes, cpus().length)) log.warn(line);
  const lanes: LaneThread[] = [];
  const ledger = config.ledger.enabled ? new GatewayLedger(config.ledger, log.child("ledger")) : null;
  try {
    for (let i = 0; i < config.lanes.length; i++) {
      const lane = await startLane(config, i, log);
      lanes.push(lane);
      ledger?.watch(config.lanes[i]!, lane.region);
      if (ledger !== null) lane.onSettled((trades) => ledger.settle(lane.name, trades));
    }
    const watched = lanes.map((lane, i) => ({
      plan: config.lanes[i]!,
      region: lane.region,
      roster: () => lane.roster(),
    }));
    const source = new RegionSource(watched, packageVersion(), () => ledger?.counters() ?? []);
    const ops = await serveOps(source, {
      ...config.ops,
      allowRemote: config.ops.allow_remote,
      subscriptions: new LaneSubscriptions(lanes, config),
      ...(ledger === null ? {} : { ledger }),
    });
    log.info("operations server listening", { url: ops.url });
    return gateway(lanes, source, ops, ledger, log);
  } catch (error) {
    await Promise.all(lanes.map((lane) => lane.stop()));
    await ledger?.stop();
    throw error;
  }
}

function gateway(
  lanes: readonly LaneThread[],
  source: RegionSource,
  ops: OpsServer,
  ledger: GatewayLedger | null,
  log: Log,
): Gateway {
  const failed = Promise.race(lanes.map(async (lane) => `lane ${lane.name}: ${await lane.failed}`));
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await Promise.all(lanes.map((lane) => lane.stop()));
    await ledger?.stop();
    await ops.close();
    log.info("stopped");
  };
  return { lanes, source, ops, failed, stop: () => (stopping ??= stop()) };
}
