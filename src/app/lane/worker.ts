import { parentPort, workerData } from "node:worker_threads";
import { Clock, Lane, openFastSocket, openWsSocket } from "../../feed/index.ts";
import type { OpenSocket, Report, SlabSource } from "../../feed/index.ts";
import { createRegion, heapRegion, RegionError } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import type { VenueId } from "../../model/index.ts";
import type { Config } from "../config.ts";
import type { LaneConfig } from "../config/schema.ts";
import { LaneFrames } from "../frames/frame-watch.ts";
import { clockJudge } from "../judges.ts";
import type { LaneData, LaneMessage, LaneOrder } from "./messages.ts";
import { answerAsk, rosterOf } from "./orders.ts";
import { feedOptions, slabSize } from "./plan.ts";
import { widenInlining } from "../compiler.ts";
import { applyLatency } from "../latency.ts";
import { slabsFor } from "../scanner.ts";

/** The thread of one lane: maps the region, runs the feeds, ends when told to. */

const { config, index, proxies, keys } = workerData as LaneData;
const post = (message: LaneMessage): void => parentPort!.postMessage(message);

/** How often changes of what is listened to are told, ms; and the last one told. */
const ROSTER_MS = 200;
let told = 0;

widenInlining();
try {
  await run(config, config.lanes[index]!);
} catch (error) {
  post({ type: "failed", message: error instanceof Error ? error.message : String(error) });
}

async function run(settings: Config, plan: LaneConfig): Promise<void> {
  const feeds = feedOptions(plan, proxies, keys);
  const { handle, note } = openMemory(settings, plan.name);
  const warn = (message: string, facts: Readonly<Record<string, unknown>>): void =>
    post({ type: "report", level: "warn", message, facts });
  const report: Report = (level, message, facts) => post({ type: "report", level, message, facts });
  const frames = new LaneFrames({
    drift: settings.drift,
    keep: settings.unknown_frames.file === undefined ? null : keep,
    counters: () => lane.core.counters,
    report,
  });
  const lane: Lane = new Lane({
    region: handle.region,
    time: new Clock(),
    report,
    judgeClock: clockJudge,
    watchFrames: frames,
    openSocket: socketOf(settings.socket, slabsFor(plan.scanner, warn)),
    maxFrame: slabSize(settings, feeds),
    feeds,
  });
  lane.core.settled = (instrument, ranges, outcome) => post({ type: "settled", instrument, ranges, outcome });
  const relax = applyLatency(plan, warn);
  const buffer = handle.path === null ? (handle.buffer as SharedArrayBuffer) : null;
  post({ type: "region", path: handle.path, buffer, note });
  const watch = setInterval(() => {
    tellRoster(lane);
    frames.tick();
  }, ROSTER_MS);
  parentPort!.on("message", (order: LaneOrder) => {
    if (order.type === "ask")
      return post({ type: "answer", id: order.id, answer: answerAsk(lane.feeds, order.ask) });
    clearInterval(watch);
    void stop(lane, handle).finally(relax);
  });
  await lane.start();
}

function keep(venue: VenueId, ts: string, bytes: Uint8Array): void {
  post({ type: "frame", venue, ts, bytes });
}

/** Tells what is listened to when that has changed. */
function tellRoster({ feeds }: Lane): void {
  const revision = feeds.reduce((sum, { wants }) => sum + wants.revision, 0);
  if (revision === told) return;
  told = revision;
  post({ type: "roster", feeds: rosterOf(feeds) });
}

/** The implementation of all sockets, with what the configuration says of them and where they read into. */
function socketOf(
  { implementation, compression }: Config["socket"],
  slabs: SlabSource | undefined,
): OpenSocket {
  const open = implementation === "fast" ? openFastSocket : openWsSocket;
  return (url, slab, options, events) =>
    open(url, slab, { ...options, compression: compression === "on", slabs }, events);
}

/** Where nothing can be mapped the lane still runs, in memory of this process only, and says so once. */
function openMemory(settings: Config, name: string): { handle: RegionHandle; note: string } {
  const { dir, slots, instruments } = settings.region;
  const size = { lane: name, slots, instruments };
  try {
    const handle = createRegion({ ...size, dir });
    return { handle, note: handle.resumed ? "resumed" : "created" };
  } catch (error) {
    if (!(error instanceof RegionError) || error.code !== "unsupported") throw error;
    return { handle: heapRegion(size), note: `in this process only: ${error.message}` };
  }
}

async function stop(lane: Lane, handle: RegionHandle): Promise<void> {
  await lane.stop();
  handle.close();
  post({ type: "stopped" });
  parentPort!.close();
}
