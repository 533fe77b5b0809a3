/** Gateways of one market that differ in what they do for completeness, and what they cost. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { CHANNELS } from "./frames-record.ts";
import { answer, ended } from "./gateway-processes.ts";
import { opened } from "./gateway-sustained.ts";
import { sum } from "./gateway-watch.ts";
import { regionPath } from "../src/store/index.ts";
import type { Processes } from "./gateway-processes.ts";
import type { Region } from "../src/log/index.ts";

const VENUES = "binance,binance-usdm,coinbase,kraken";
const LANE = "bench";

/** The market that all of them listen to. */
export interface Market {
  readonly endpoints: Record<string, { ws: string; rest: string }>;
  readonly symbols: Record<string, string[]>;
  /** Base URL of the simulator's control interface. */
  readonly control: string;
  readonly pid: number;
  readonly failed: Promise<never>;
}

/** One gateway: connections for each subscription, and further keys of its feeds and of its configuration. */
export interface Shape {
  readonly name: string;
  readonly copies: number;
  readonly feed: object;
  readonly config: object;
}

export interface Gateway {
  readonly shape: Shape;
  readonly region: Region;
  readonly pid: number;
  readonly failed: Promise<never>;
}

/** One `feedhorn simulate`; `load`: messages a second to all connections together. */
export async function simulate(processes: Processes, command: string[], load: number): Promise<Market> {
  const args = ["simulate", "--announce", "--venues", VENUES, "--load", String(load)];
  const simulator = processes.spawn(command, args);
  const lines = createInterface({ input: simulator.stdout! });
  const first = await answer<string>(simulator, (heard) => lines.once("line", heard));
  const announced = JSON.parse(first) as Pick<Market, "endpoints" | "symbols" | "control">;
  return { ...announced, pid: simulator.pid!, failed: ended(simulator) };
}

/** One `feedhorn run` of that market; resolves when all its books are live. */
export async function run(
  processes: Processes,
  command: string[],
  { endpoints, symbols }: Market,
  shape: Shape,
): Promise<Gateway> {
  const dir = `${processes.folder}/${shape.name.replaceAll(/\W+/g, "-")}`;
  mkdirSync(dir);
  const feeds = Object.entries(endpoints).map(([venue, { ws, rest }]) => ({
    venue,
    symbols: symbols[venue],
    channels: CHANNELS,
    ws_url: ws,
    rest_url: rest,
    redundancy: shape.copies,
    ...shape.feed,
  }));
  const config = {
    region: { dir },
    ops: { port: 0 },
    log: { level: "error" },
    lanes: [{ name: LANE, feeds }],
    ...shape.config,
  };
  writeFileSync(`${dir}/feedhorn.json`, JSON.stringify(config));
  const gateway = processes.spawn(command, ["run", `${dir}/feedhorn.json`]);
  const failed = ended(gateway);
  const region = await Promise.race([opened(regionPath(LANE, dir)), failed]);
  return { shape, region, pid: gateway.pid!, failed };
}

/** Frames received by all connections since it began. */
export function framesOf({ region }: Gateway): number {
  return sum(region, "feedhorn_frames_total");
}

/** Processor time of all living threads of a process, ns: finer than the ticks of /proc/PID/stat. */
export function cpuNs(pid: number): number {
  let ns = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      ns += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ")[0]);
    } catch {
      // It ended between the two lines.
    }
  }
  return ns;
}
