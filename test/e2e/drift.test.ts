import { afterEach, describe, expect, it } from "vitest";
import { LaneFrames } from "../../src/app/frames/frame-watch.ts";
import { readCounters } from "../../src/log/index.ts";
import type { Venue } from "../../src/model/index.ts";
import { VENUES, venueById } from "../../src/venues/index.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";

/** What a venue's frames are made of, over real sockets: an ordinary day raises no alarm, a change is named. */

/** Samples come as often as ticks do, and are judged as they come: what takes minutes takes seconds. */
const OFTEN_MS = 100;

interface Alarm {
  readonly venue: string;
  readonly channel: string;
  readonly path: string;
  readonly what: string;
}

let rig: Rig | undefined;
let judging: NodeJS.Timeout | undefined;
let alarms: Alarm[] = [];

afterEach(async () => {
  clearInterval(judging);
  await rig?.close();
  rig = undefined;
});

async function start(
  venues: readonly Venue[],
  options: Partial<Parameters<typeof startRig>[0]>,
): Promise<Rig> {
  alarms = [];
  const frames = new LaneFrames({
    drift: true,
    everyMs: OFTEN_MS,
    keep: null,
    counters: () => rig!.lane.core.counters,
    report: (_level, _message, facts) => void alarms.push(facts as unknown as Alarm),
  });
  rig = await startRig({ venues, seed: "drift", watchFrames: frames, ...options });
  judging = setInterval(() => {
    for (let i = 0; i < 16; i++) frames.tick();
  }, 20);
  return rig;
}

function counted(name: string): Record<string, number> {
  const rows = readCounters(rig!.handle.region.counters).filter((row) => row.name === name && row.value > 0);
  return Object.fromEntries(rows.map(({ labels, value }) => [labels, value]));
}

it("raises no alarm in some minutes of all venues on an ordinary day", { timeout: 60_000 }, async () => {
  const { lane } = await start(VENUES, { instruments: 2, rate: 4, speed: 8 });
  const live = (): boolean => lane.feeds.every(({ markets }) => markets.every(({ state }) => state.live));
  await until("all books live", 30_000, live);
  // Ordinary as well: what is given up, asked for again, asked for twice, and another connection.
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 4000));
    for (const session of lane.feeds.flatMap(({ sessions }) => sessions)) {
      if (round === 0) session.rotate("planned rotation");
      else if (round === 1) session.resubscribe(session.shard.subscriptions);
      else session.resubscribe(session.shard.subscriptions.slice(0, 1));
    }
  }
  // Whatever was given up is confirmed within ten seconds, or named.
  await new Promise((resolve) => setTimeout(resolve, 7000));
  expect(counted("feedhorn_unsubscribes_unconfirmed_total")).toEqual({});
  expect(alarms.map((one) => `${one.venue} ${one.channel} ${one.path} ${one.what}`)).toEqual([]);
  expect([counted("feedhorn_drift_total"), counted("feedhorn_unknown_frames_total")]).toEqual([{}, {}]);
  expect(counted("feedhorn_bad_frames_total")).toEqual({});
});

/** The venue, of which each text frame is changed from when `on` is set. */
function changing(id: string, change: (text: string) => string): { venue: Venue; on: boolean } {
  const own = venueById(id)!;
  const server = {
    ...own.server,
    encode: (...args: Parameters<Venue["server"]["encode"]>): string => {
      const text = own.server.encode(...args);
      return state.on ? change(text) : text;
    },
  };
  const state = { venue: { ...own, server }, on: false };
  return state;
}

/** What each change is called, and within how many samples it must be. */
const CHANGES: readonly [
  name: string,
  id: string,
  change: (text: string) => string,
  alarm: Omit<Alarm, "venue">,
  samples: number,
][] = [
  [
    "a field renamed, so that the frame is not readable",
    "kraken",
    (text) => (text.startsWith('{"channel":"trade"') ? text.replaceAll('"qty"', '"quantity"') : text),
    { channel: "trade", path: "data[].quantity", what: "unknown_field" },
    2,
  ],
  [
    "a field renamed that nobody needs",
    "coinbase",
    (text) => text.replaceAll('"low_52_w"', '"low_year"'),
    { channel: "stats", path: "events[].tickers[].low_year", what: "unknown_field" },
    2,
  ],
  [
    "a text that becomes a number",
    "binance",
    (text) => text.replace(/"B":"([\d.]+)"/, '"B":$1'),
    { channel: "quote", path: "data.B", what: "changed_type" },
    2,
  ],
  [
    "a field added",
    "bybit",
    (text) => text.replace(/"BT":(false|true)/, '"BT":$1,"fee":0.1'),
    { channel: "trade", path: "data[].fee", what: "unknown_field" },
    2,
  ],
  [
    "a checksum that stands still",
    "kraken",
    (text) => text.replace(/"checksum":\d+/, '"checksum":7'),
    { channel: "book", path: "data[].checksum", what: "constant_value" },
    41,
  ],
];

describe("a change of a venue's frames is named, counted and told", () => {
  it.each(CHANGES)("%s (%s)", { timeout: 60_000 }, async (_name, id, change, alarm, samples) => {
    const state = changing(id, change);
    const { lane } = await start([state.venue], { instruments: 3, rate: 100 });
    await until("books live", 15_000, () => lane.feeds[0]!.markets.every((one) => one.state.live));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(alarms).toEqual([]);
    state.on = true;
    const named = { venue: id, ...alarm };
    const told = (): boolean =>
      alarms.some((one) => one.path === alarm.path && one.channel === alarm.channel);
    await until("an alarm", 20_000 + 3 * samples * OFTEN_MS, told);
    expect(alarms).toContainEqual(expect.objectContaining(named));
    const labels = `venue="${id}",channel="${alarm.channel}",kind="${alarm.what}"`;
    expect(counted("feedhorn_drift_total")[labels]).toBeGreaterThan(0);
  });
});
