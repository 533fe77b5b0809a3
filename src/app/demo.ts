import { discardOldRegion, regionPath } from "../store/index.ts";
import { VENUES } from "../venues/index.ts";
import { checkConfig } from "./config.ts";
import type { Config } from "./config.ts";
import type { ConfigInput } from "./config/schema.ts";
import { startGateway } from "./gateway.ts";
import type { Gateway } from "./gateway.ts";
import type { Log } from "./log.ts";
import { startSimulatorProcess } from "./simulator-process.ts";
import type { Announcement, SimulatorProcess } from "./simulator-process.ts";
import { StatusView } from "./status-view.ts";

/** Venues of the demo unless others are named. */
export const DEMO_VENUES = ["binance", "binance-usdm", "coinbase", "kraken"] as const;
const WANTED = ["trade", "quote", "book", "ticker"] as const;

export interface DemoOptions {
  readonly venues: readonly string[];
  readonly lane: string;
  /** Runs feedhorn in a process of its own: program and first arguments. */
  readonly command: readonly string[];
  /** Arguments for `simulate`. */
  readonly simulate: readonly string[];
  readonly dir?: string;
  readonly port?: number;
  /** Folder of what is kept on disk; undefined: nothing is. */
  readonly data?: string;
}

/** A demo left running for a week does not fill a disk. */
const JOURNAL_BYTES = 1 << 30;
const KEEP_DAYS = 7;
/** Who asks the lake wants to see what is on the screen. */
const FLUSH_MS = 10_000;

export interface Demo {
  readonly gateway: Gateway;
  readonly config: Config;
  readonly view: StatusView;
  /** Resolves with a reason when a part ends by itself. */
  readonly failed: Promise<string>;
  /** As that of a gateway. */
  stop(force?: Promise<unknown>): Promise<readonly string[]>;
}

/** The simulator in its own process, the gateway in this one, joined by real sockets on loopback. */
export async function startDemo(options: DemoOptions, log: Log): Promise<Demo> {
  const simulator = await startSimulatorProcess(options.command, [
    "--venues",
    options.venues.join(","),
    ...options.simulate,
  ]);
  try {
    const config = checkConfig(demoConfig(options, simulator), "demo");
    // What a demo of another version left holds made-up prices only.
    discardOldRegion(regionPath(options.lane, config.region.dir));
    const gateway = await startGateway(config, log);
    const watched = gateway.lanes.map((lane, i) => ({ plan: config.lanes[i]!, region: lane.region }));
    const view = new StatusView(watched, gateway.source);
    return {
      gateway,
      config,
      view,
      failed: Promise.race([gateway.failed, simulator.ended]),
      stop: (force) => stop(gateway, simulator, force),
    };
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}

/** The gateway leaves before the market does, so that nothing is reported lost at the end. */
async function stop(
  gateway: Gateway,
  simulator: SimulatorProcess,
  force?: Promise<unknown>,
): Promise<readonly string[]> {
  const left = await gateway.stop(force);
  await simulator.stop();
  return left;
}

function demoConfig(options: DemoOptions, simulator: Announcement): ConfigInput {
  const feeds = VENUES.filter((venue) => simulator.endpoints[venue.id] !== undefined).map((venue) => ({
    venue: venue.id,
    symbols: [...simulator.symbols[venue.id]!],
    channels: WANTED.filter((channel) => venue.sockets.some((socket) => socket.channels.includes(channel))),
    ws_url: simulator.endpoints[venue.id]!.ws,
    rest_url: simulator.endpoints[venue.id]!.rest,
    backoff: { min_ms: 100, max_ms: 5000 },
  }));
  return {
    lanes: [{ name: options.lane, feeds }],
    region: options.dir === undefined ? {} : { dir: options.dir },
    ops: options.port === undefined ? {} : { port: options.port },
    data: options.data === undefined ? {} : { dir: options.data },
    journal: { max_bytes: JOURNAL_BYTES },
    ...(options.data === undefined
      ? {}
      : { sinks: [{ type: "parquet", name: "lake", flush_ms: FLUSH_MS, keep_days: KEEP_DAYS }] }),
  };
}
