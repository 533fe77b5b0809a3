import { setTimeout } from "node:timers/promises";
import { openLane } from "../../client/index.ts";
import type { Lane } from "../../client/index.ts";
import { startPaced } from "../../simulator/index.ts";
import type { Paced, PacedKind } from "../../simulator/index.ts";
import { openRegion, regionPath } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import type { Venue } from "../../model/index.ts";
import { checkConfig } from "../config.ts";
import type { Config } from "../config.ts";
import type { LaneConfig } from "../config/schema.ts";
import { LatencyProbe } from "./probe.ts";
import { startGatewayProcess } from "./process.ts";
import type { GatewayProcess } from "./process.ts";
import { look, reportOf } from "./report.ts";
import type { LoadReport } from "./report.ts";

/** A lane of ours is this large: seconds at the highest rate. */
const SLOTS = 65_536;
const INSTRUMENTS = 256;
const READY_MS = 20_000;
const DRAIN_MS = 2000;
const LOOK_MS = 100;

export interface LoadOptions {
  readonly venue: Venue;
  readonly instruments: number;
  readonly rate: number;
  /** Measured, after `warmup`. */
  readonly seconds: number;
  readonly warmup: number;
  readonly mix: Readonly<Partial<Record<PacedKind, number>>>;
  readonly seed: string;
  readonly port: number;
  /** The lane of a gateway that runs already; null: one of our own, named "load". */
  readonly lane: string | null;
  /** Folder of the lanes. */
  readonly dir: string;
  /** Of our own lane. */
  readonly latency: LaneConfig["latency"];
  readonly cores?: readonly number[];
}

export interface LoadProgress {
  readonly phase: "waiting" | "warming up" | "measuring" | "draining";
  /** Of `of` seconds in this phase. */
  readonly seconds: number;
  readonly of: number;
  readonly probe: LatencyProbe;
  readonly paced: Paced;
}

type Tell = (progress: LoadProgress) => void;

/** Everything that runs during a load. */
interface Running {
  readonly options: LoadOptions;
  readonly paced: Paced;
  readonly lane: Lane;
  readonly region: RegionHandle["region"];
  readonly probe: LatencyProbe;
  readonly tell: Tell;
  /** Rejects when a part ends by itself, or somebody asks to stop. */
  readonly failed: Promise<never>;
}

/**
 * Puts a lane under an open-loop load and reads it in the same thread, so that one clock times the whole way. Resolves
 * with what was measured. Rejects when the lane does not get ready, a part fails, or `stopped` does.
 */
export async function runLoad(
  options: LoadOptions,
  tell: Tell,
  stopped: Promise<never>,
): Promise<LoadReport> {
  stopped.catch(() => undefined);
  const eyes: { probe: LatencyProbe | null; lane: Lane | null } = { probe: null, lane: null };
  const paced = await startPaced({
    ...options,
    sent: (message, late) => eyes.probe?.sending(message, late),
    turn: () => eyes.lane?.poll((event) => eyes.probe?.read(event)),
  });
  let gateway: GatewayProcess | null = null;
  try {
    if (options.lane === null) gateway = await startGatewayProcess(gatewayConfig(options, paced), stopped);
    const name = options.lane ?? OWN_LANE;
    const lane = (eyes.lane = openLane(name, { dir: options.dir, name: "load" }));
    const { region } = openRegion(regionPath(name, options.dir));
    const probe = (eyes.probe = new LatencyProbe(paced));
    const failed = Promise.race(gateway === null ? [stopped] : [stopped, gateway.ended]);
    failed.catch(() => undefined);
    return await measure({ options, paced, lane, region, probe, tell, failed });
  } finally {
    eyes.lane?.close();
    await gateway?.stop();
    await paced.close();
  }
}

const OWN_LANE = "load";

function gatewayConfig(options: LoadOptions, paced: Paced): Config {
  const { venue, latency, cores, dir } = options;
  const feed = {
    venue: venue.id,
    symbols: [...paced.symbols],
    channels: Object.entries(options.mix).flatMap(([kind, weight]) => (weight > 0 ? [kind] : [])),
    ws_url: paced.endpoints.ws,
    rest_url: paced.endpoints.rest,
  };
  const lane = { name: OWN_LANE, latency, ...(cores === undefined ? {} : { cores }), feeds: [feed] };
  const region = { dir, slots: SLOTS, instruments: Math.max(INSTRUMENTS, 2 * options.instruments) };
  return checkConfig({ lanes: [lane], region, ops: { port: 0 }, log: { level: "warn" } }, "load", {});
}

async function measure(run: Running): Promise<LoadReport> {
  const { options, paced, probe } = run;
  const venue = options.venue.id;
  await ready(run);
  paced.start();
  await phase(run, "warming up", options.warmup);
  if (!proved(run)) throw new Error(unproved(run));
  const before = look(run.region, venue, run.lane.lost);
  probe.begin();
  await phase(run, "measuring", options.seconds);
  paced.stop();
  const after = look(run.region, venue, run.lane.lost);
  await phase(run, "draining", DRAIN_MS / 1000, () => probe.waiting === 0 && !paced.running);
  return reportOf(probe, { cut: paced.cut, rate: options.rate }, before, {
    ...after,
    readerLost: run.lane.lost,
  });
}

/** Waits until a gateway has connected. */
async function ready(run: Running): Promise<void> {
  await phase(run, "waiting", READY_MS / 1000, () => run.paced.clients > 0 && open(run));
  if (run.paced.clients > 0) return;
  const { ws, rest } = run.paced.endpoints;
  throw new Error(
    `expected a gateway to connect within ${READY_MS / 1000} s, saw none; its feed needs ws_url: ${ws} and rest_url: ${rest}`,
  );
}

/** Do all sockets that the lane wants stand? */
function open(run: Running): boolean {
  const wanted = gauge(run, "feedhorn_connections");
  return wanted > 0 && gauge(run, "feedhorn_connections_up") === wanted;
}

/** Are all books that the lane wants proved? They are only once changes come. */
function proved(run: Running): boolean {
  return open(run) && gauge(run, "feedhorn_books_live") === gauge(run, "feedhorn_books");
}

function unproved(run: Running): string {
  const [live, wanted] = [gauge(run, "feedhorn_books_live"), gauge(run, "feedhorn_books")];
  return `expected every book live after the warm-up, saw ${live} of ${wanted}; give it longer with --warmup`;
}

function gauge(run: Running, name: string): number {
  const venue = `venue="${run.options.venue.id}"`;
  const rows = run.lane.counters.filter((row) => row.name === name && row.labels.includes(venue));
  return rows.reduce((sum, { value }) => sum + value, 0);
}

/** Lets `seconds` pass, or less where `done` is given and holds before. */
async function phase(
  run: Running,
  name: LoadProgress["phase"],
  seconds: number,
  done: (() => boolean) | null = null,
): Promise<void> {
  const started = performance.now();
  for (;;) {
    const passed = (performance.now() - started) / 1000;
    run.tell({ phase: name, seconds: passed, of: seconds, probe: run.probe, paced: run.paced });
    if (passed >= seconds || done?.() === true) return;
    await Promise.race([setTimeout(Math.min(LOOK_MS, (seconds - passed) * 1000 + 1)), run.failed]);
  }
}
