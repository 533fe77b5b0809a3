import { Clock, Lane, openFastSocket } from "../../feed/index.ts";
import type { FeedOptions, LaneOptions, OpenSocket } from "../../feed/index.ts";
import type { Region } from "../../log/index.ts";
import { heapRegion } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import { startSimulator } from "../../simulator/index.ts";
import type { Simulator, SimulatorOptions } from "../../simulator/index.ts";
import type { Channel, Venue } from "../../model/index.ts";

/** A simulator and a lane in one process, joined by real sockets: the whole path, no part replaced. */
export interface Rig {
  readonly simulator: Simulator;
  readonly lane: Lane;
  readonly handle: RegionHandle;
  /** What the lane was made with. */
  readonly feeds: readonly FeedOptions[];
  readonly reports: string[];
  close(): Promise<void>;
}

/** Largest frame or body of the rig's lane, bytes. */
export const MAX_FRAME = 32 << 20;

const WANTED: readonly Channel[] = ["trade", "quote", "book", "ticker"];

export interface RigOptions extends Omit<SimulatorOptions, "venues"> {
  readonly venues: readonly Venue[];
  /** Canonical names that each venue lists, or each by its id; default: `instruments` of the common bases. */
  readonly listed?: readonly string[] | Readonly<Record<string, readonly string[]>>;
  readonly feed?: Partial<FeedOptions>;
  /** How far the venues' clocks are ahead, ms. */
  readonly clockSkewMs?: number;
  readonly judgeClock?: LaneOptions["judgeClock"];
  /** Sees samples of the lane's frames. */
  readonly watchFrames?: LaneOptions["watchFrames"];
  readonly slots?: number;
  /** Rows of the instruments table. */
  readonly rows?: number;
  /** Another world for the lane over this region (a recorded one). */
  readonly world?: (region: Region) => LaneOptions["world"];
}

/**
 * Limits of venues are about real time. In a market that runs ten times as fast, as much happens in six seconds as
 * should in a minute, so that both sides get ten times as much: the same for each simulated minute.
 */
function hastened(venue: Venue, speed: number): Venue {
  const { restWeight, messages, connects } = venue.limits;
  const more = { restWeight: restWeight * speed, messages: messages * speed, connects: connects * speed };
  return speed > 1 ? { ...venue, limits: { ...venue.limits, ...more } } : venue;
}

export async function startRig(options: RigOptions): Promise<Rig> {
  const { listed, feed, slots, rows, clockSkewMs, judgeClock, watchFrames, world, ...rest } = options;
  const venues = options.venues.map((venue) => hastened(venue, options.speed ?? 1));
  const listedBy = (id: string): readonly string[] | undefined =>
    Array.isArray(listed) ? listed : (listed as Record<string, readonly string[]> | undefined)?.[id];
  const choices = venues.map((venue) => ({ venue, instruments: listedBy(venue.id), clockSkewMs }));
  const simulator = await startSimulator({ ...rest, venues: choices });
  const handle = heapRegion({ lane: "rig", slots: slots ?? 1 << 18, instruments: rows ?? 256 });
  const reports: string[] = [];
  const feeds = venues.map((venue) => ({ ...feedOf(venue, simulator), ...feed }));
  const lane = new Lane({
    region: handle.region,
    world: world?.(handle.region),
    time: new Clock(),
    report: (level, message, facts) => {
      if (reports.length < 10_000) reports.push(`${level} ${message} ${JSON.stringify(facts)}`);
    },
    openSocket: opener(simulator),
    maxFrame: MAX_FRAME,
    judgeClock,
    watchFrames,
    feeds,
  });
  const close = async (): Promise<void> => {
    await lane.stop();
    await simulator.close();
  };
  await lane.start();
  return { simulator, lane, handle, feeds, reports, close };
}

/** While a venue's name is not known, sockets are opened to one that nobody may have (RFC 2606). */
function opener({ endpoints, resolves }: Simulator): OpenSocket {
  const known = (host: string): boolean => {
    const venue = Object.keys(endpoints).find((id) => new URL(endpoints[id]!.ws).host === host);
    return venue === undefined || resolves(venue);
  };
  return (url, slab, options, events) => {
    const asked = new URL(url);
    if (known(asked.host)) return openFastSocket(url, slab, options, events);
    asked.hostname = "venue.invalid";
    return openFastSocket(asked.href, slab, options, events);
  };
}

function feedOf(venue: Venue, simulator: Simulator): FeedOptions {
  const endpoint = simulator.endpoints[venue.id]!;
  const channels = WANTED.filter((channel) =>
    venue.sockets.some((socket) => socket.channels.includes(channel)),
  );
  return {
    venue,
    symbols: simulator.symbols[venue.id]!,
    channels,
    wsOrigin: endpoint.ws,
    restUrl: endpoint.rest,
    ...(venue.apiKey === undefined ? {} : { headers: { [venue.apiKey.header]: "simulated" } }),
    backoff: { minMs: 50, maxMs: 500 },
    snapshotTimeoutMs: 2000,
  };
}
