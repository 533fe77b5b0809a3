import { Clock, Lane, openFastSocket, openWsSocket } from "../../feed/index.ts";
import type { OpenSocket, Report, SlabSource } from "../../feed/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import type { VenueId } from "../../model/index.ts";
import type { Config } from "../config.ts";
import { LaneFrames } from "../frames/frame-watch.ts";
import { clockJudge } from "../judges.ts";
import type { LaneData, LaneMessage, LaneOrder } from "./messages.ts";
import { openMemory } from "./memory.ts";
import { answerAsk, rosterOf } from "./orders.ts";
import { feedOptions, slabSize } from "./plan.ts";
import { widenInlining } from "../compiler.ts";
import { applyLatency } from "../latency.ts";
import { runUdp } from "./udp.ts";
import { runPart } from "../parts/inside.ts";
import type { Inside } from "../parts/inside.ts";
import { slabsFor } from "../scanner.ts";
import { tapeOf } from "../tape/lane-tape.ts";
import type { RunningTape } from "../tape/start.ts";

/** One lane, thread or process: maps the region, runs the feeds, ends when told to. */

type LaneInside = Inside<LaneData, LaneOrder, LaneMessage>;

/** How often changes of what is listened to are told, ms; and the last one told. */
const ROSTER_MS = 200;
let told = 0;

runPart<LaneData, LaneOrder, LaneMessage>(async (inside) => {
  widenInlining();
  await run(inside);
});

async function run(inside: LaneInside): Promise<void> {
  const { config: settings, index, proxies, keys, buffer: before } = inside.data;
  const { post } = inside;
  const plan = settings.lanes[index]!;
  if (plan.udp !== undefined) return runUdp(inside, settings, plan, plan.udp);
  const feeds = feedOptions(plan, proxies, keys);
  const { handle, note } = await openMemory(settings, plan, before);
  const warn = (message: string, facts: Readonly<Record<string, unknown>>): void =>
    post({ type: "report", level: "warn", message, facts });
  const report: Report = (level, message, facts) => post({ type: "report", level, message, facts });
  const frames = new LaneFrames({
    drift: settings.drift,
    keep: settings.unknown_frames.file === undefined ? null : keeperOf(post),
    counters: () => lane.core.counters,
    report,
  });
  const maxFrame = slabSize(settings, feeds);
  const tape = tapeOf(settings, plan, { keys, region: handle.region, maxFrame, report });
  const lane: Lane = new Lane({
    region: handle.region,
    world: tape?.world,
    time: new Clock(),
    report,
    judgeClock: clockJudge,
    watchFrames: frames,
    openSocket: socketOf(settings.socket, slabsFor(plan.scanner, warn)),
    maxFrame,
    feeds,
  });
  lane.core.settled = (instrument, ranges, outcome) => post({ type: "settled", instrument, ranges, outcome });
  const relax = applyLatency(plan, warn);
  const buffer = handle.path === null ? (handle.buffer as SharedArrayBuffer) : null;
  post({ type: "region", path: handle.path, buffer, note });
  const watch = setInterval(() => {
    tellRoster(lane, post);
    frames.tick();
  }, ROSTER_MS);
  const released = heed(inside, (order) => {
    if (order.type === "ask") {
      tape?.recorder.order(order.ask);
      return post({ type: "answer", id: order.id, answer: answerAsk(lane.feeds, order.ask) });
    }
    clearInterval(watch);
    relax();
    void stop(lane, handle, tape, inside);
  });
  await released;
  await lane.start();
}

/** Hears orders from now on; resolves when the feeds may start. */
function heed(inside: LaneInside, obey: (order: Exclude<LaneOrder, { type: "go" }>) => void): Promise<void> {
  return new Promise((go) => {
    inside.onMessage((order) => (order.type === "go" ? go() : obey(order)));
    if (!inside.data.hold) go();
  });
}

function keeperOf(post: LaneInside["post"]): (venue: VenueId, ts: string, bytes: Uint8Array) => void {
  return (venue, ts, bytes) => post({ type: "frame", venue, ts, bytes });
}

/** Tells what is listened to when that has changed. */
function tellRoster({ feeds }: Lane, post: LaneInside["post"]): void {
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

async function stop(
  lane: Lane,
  handle: RegionHandle,
  tape: RunningTape | null,
  inside: LaneInside,
): Promise<void> {
  tape?.recorder.stop();
  await lane.stop();
  await tape?.end();
  handle.close();
  await inside.end();
}
