/** Flat out: how many messages a second does one lane take, against ws + JSON.parse + tardis-dev + emit? */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChildProcess } from "node:child_process";
import { expectedOf } from "./frames-expected.ts";
import { record } from "./frames-record.ts";
import { answer } from "./gateway-processes.ts";
import { compare, quantile } from "./harness.ts";
import type { Expected } from "./frames-expected.ts";
import type { RecordedConnection } from "./frames-record.ts";
import type { Order, Played } from "./gateway-player.ts";
import type { Processes } from "./gateway-processes.ts";
import type { Row, Samples } from "./harness.ts";

const OURS = "feedhorn";
const BASELINE = "ws + JSON.parse + tardis-dev + emit";
const MESSAGES = 200_000;
const INSTRUMENTS = 8;
const MIN_ROUNDS = 5;
const ROUND_MS = 60_000;
/** Rounds before those that count: compilation, growing heaps. */
const WARMUP = 2;

export interface FloodOptions {
  /** At most; MIN_ROUNDS at least, and no new ones begin when the seconds are over. */
  rounds: number;
  seconds: number;
}

export interface FloodRow extends Row {
  messages: number;
  rounds: number;
  messages_per_s?: number;
  baseline_messages_per_s?: number;
  mix: string;
}

/** Rows by wall time and by CPU time, both of the same rounds. */
export async function flood(processes: Processes, options: FloodOptions): Promise<FloodRow[]> {
  const venues = ["binance", "binance-usdm"];
  const size = { messages: MESSAGES, instruments: INSTRUMENTS, seed: "1" };
  const connections = await record({ folder: processes.folder, venues, ...size });
  const expected = expectedOf(connections);
  const port = await startServer(processes, connections);
  const players = new Map([
    [OURS, await startPlayer(processes, "gateway-play-feedhorn", connections)],
    [BASELINE, await startPlayer(processes, "gateway-play-tardis", connections)],
  ]);
  for (const [name, player] of players) check(name, await play(player, port, true), expected);
  const rounds = await race(players, port, expected, options);
  await Promise.all([...players.values()].map((player) => processes.stop(player)));
  return rows(rounds, expected);
}

async function startServer(processes: Processes, connections: RecordedConnection[]): Promise<number> {
  const server = processes.fork("gateway-flood-server");
  server.send(connections);
  return answer<number>(server, (heard) => server.once("message", heard));
}

async function startPlayer(
  processes: Processes,
  name: string,
  connections: RecordedConnection[],
): Promise<ChildProcess> {
  const player = processes.fork(name);
  await once(player, "spawn");
  player.send({ type: "recording", connections } satisfies Order);
  return player;
}

/** One round; a client that does not see every frame would wait for ever. */
async function play(player: ChildProcess, port: number, books: boolean): Promise<Played> {
  player.send({ type: "play", port, books } satisfies Order);
  const timeout = new AbortController();
  const late = sleep(ROUND_MS, null, { signal: timeout.signal });
  const played = answer<Played>(player, (heard) => player.once("message", heard));
  const first = await Promise.race([played, late]);
  timeout.abort();
  if (first !== null) return first;
  throw new Error(`${player.spawnargs.at(-1)}: expected every frame within ${ROUND_MS} ms`);
}

/** Both clients in turn, in alternating order; every round must bring every event. */
async function race(
  players: Map<string, ChildProcess>,
  port: number,
  expected: Expected,
  options: FloodOptions,
): Promise<Map<string, Played[]>> {
  const rounds = new Map<string, Played[]>([...players.keys()].map((name) => [name, []]));
  const end = performance.now() + options.seconds * 1000;
  const wanted = Math.max(MIN_ROUNDS, options.rounds);
  for (let round = -WARMUP; round < wanted; round++) {
    if (round >= MIN_ROUNDS && performance.now() > end) break;
    for (const [name, player] of round % 2 === 0 ? players : [...players].toReversed()) {
      const played = await play(player, port, false);
      check(name, played, expected);
      if (round >= 0) rounds.get(name)?.push(played);
      // What a round leaves behind in sockets and garbage is not the next one's.
      await sleep(50);
    }
  }
  return rounds;
}

/** Throws unless a client handed on exactly what is in the recording, its books included. */
function check(name: string, played: Played, expected: Expected): void {
  // tardis-dev folds the diffs that waited for a snapshot into it, a lane commits each of them behind it.
  const diffs = name === OURS ? expected.applied : expected.behind;
  const wanted = { trades: expected.trades, quotes: expected.quotes, books: expected.snapshots + diffs };
  const seen = { trades: played.trades, quotes: played.quotes, books: played.books };
  const wrong = Object.entries(played.faults).filter(([, count]) => count !== 0);
  if (JSON.stringify(seen) !== JSON.stringify(wanted) || wrong.length > 0) {
    const saw = JSON.stringify({ ...seen, ...Object.fromEntries(wrong) });
    throw new Error(`${name}: expected ${JSON.stringify(wanted)} and no faults, saw ${saw}`);
  }
  if (played.state === null) return;
  for (const [symbol, book] of Object.entries(expected.books)) {
    if (JSON.stringify(played.state[symbol]) === JSON.stringify(book)) continue;
    throw new Error(`${name}: the book of ${symbol} is not what its diffs add up to`);
  }
}

function rows(rounds: Map<string, Played[]>, expected: Expected): FloodRow[] {
  const samples = (of: (one: Played) => number): Samples =>
    new Map([...rounds].map(([name, played]) => [name, played.map((one) => of(one) / one.messages)]));
  const wall = samples((one) => one.ns);
  const cpu = samples((one) => one.cpu);
  const rate = (name: string): number => Math.round(1e9 / quantile(wall.get(name) ?? [], 0.5));
  const share = (part: number): number => Math.round((100 * part) / expected.frames);
  const levels = (expected.levels / expected.diffs).toFixed(1);
  const { trades, quotes, diffs } = expected;
  const facts = {
    messages: expected.frames,
    rounds: wall.get(OURS)?.length ?? 0,
    mix: `${share(quotes)} % quotes, ${share(trades)} % trades, ${share(diffs)} % diffs of ${levels} levels`,
  };
  const rates = { messages_per_s: rate(OURS), baseline_messages_per_s: rate(BASELINE) };
  return [
    { ...compare("gateway", "flat-out", wall, OURS, BASELINE), ...facts, ...rates },
    { ...compare("gateway", "flat-out, CPU", cpu, OURS, BASELINE), ...facts },
  ];
}
