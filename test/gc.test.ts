import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Garbage, Order } from "./gc/lane.ts";

/**
 * Bytes that may stay alive after messages by the million, be they one or five: compiled code and the profile it is made
 * from. A byte kept of every message of the longest run would be twice this.
 */
const MOST_HEAP = 1 << 20;
const SYMBOLS = 8;
/** A few seconds each where nothing else runs. */
const TIMEOUT_MS = 120_000;

let folder = "";
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "feedhorn-gc-"));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

function start(name: string, flags: readonly string[], args: readonly string[] = []): ChildProcess {
  const file = fileURLToPath(new URL(`./gc/${name}.ts`, import.meta.url));
  const child = fork(file, args, { execArgv: ["--import", "tsx", ...flags] });
  children.push(child);
  return child;
}

/** What a child says next; its end before that is an error. */
async function heard<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`expected an answer of ${child.spawnargs.at(-1)}, saw its end with ${String(code)}`);
  });
  const [value] = await Promise.race([once(child, "message"), ended]);
  return value as T;
}

interface Case {
  stream: "bookTicker" | "mix";
  messages: number;
  /** Frames of one write of the server; 0 = as many as the socket takes. */
  together: number;
  scanner: Order["scanner"];
  /** Connections that carry all of it, 1 unless told; and whether a ledger reads along. */
  copies?: number;
  ledger?: boolean;
  /** Minor collections per million messages. */
  limit: number;
}

/** Takes the messages through a lane and counts the collections. */
async function garbage({
  stream,
  messages,
  together,
  scanner,
  copies = 1,
  ledger = false,
}: Case): Promise<Garbage> {
  const server = start("server", [], [stream, folder]);
  const { port, frames, symbols } = await heard<{ port: number; frames: number; symbols: string[] }>(server);
  const lane = start("lane", ["--expose-gc"]);
  const channels: Order["channels"] = stream === "mix" ? ["quote", "trade", "book"] : ["quote"];
  const passes = { warmup: 3, passes: Math.ceil(messages / frames) };
  lane.send({
    port,
    symbols,
    channels,
    frames,
    together,
    scanner,
    copies,
    ledger,
    ...passes,
  } satisfies Order);
  return heard<Garbage>(lane);
}

function told({ stream, together, scanner, copies = 1 }: Case, found: Garbage): void {
  const { messages, minor, major, pauses, longest, heap, external } = found;
  const how = together === 0 ? "flat out" : `${together} a write`;
  const perMillion = ((minor * 1e6) / messages).toFixed(2);
  const took = `${pauses.toFixed(1)} ms, the longest ${longest.toFixed(1)} ms`;
  process.stdout.write(
    `gc: ${stream}, ${messages} messages ${how} x ${copies}, ${scanner}: ${minor} minor collections (${perMillion} per million), ` +
      `${major} others, ${took}; heap ${heap} bytes, outside of it ${external} bytes\n`,
  );
}

/** Everything arrived, nothing left the hot path. */
function expectHotPath({ stream, scanner, copies = 1, ledger }: Case, found: Garbage): void {
  const { total, counters } = found;
  const third = stream === "mix" ? total / 3 : 0;
  const books = stream === "mix" ? SYMBOLS : 0;
  expect(counters).toMatchObject({
    "feedhorn_events_total quote": stream === "mix" ? third : total,
    "feedhorn_events_total trade": third,
    // One more of each: its snapshot.
    "feedhorn_events_total book": third + books,
    feedhorn_scanned_frames_total: scanner === "wasm" ? total * copies : 0,
    feedhorn_parser_fallbacks_total: 0,
    feedhorn_bad_frames_total: 0,
    feedhorn_duplicates_total: total * (copies - 1),
    feedhorn_gaps_total: 0,
    feedhorn_crossed_books_total: 0,
    feedhorn_resyncs_total: 0,
    feedhorn_books_proved_total: books,
  });
  // A ledger that begins with the ring hears everything that is committed, the snapshots as well.
  expect(found).toMatchObject({ told: ledger === true ? total + books : 0, unread: 0 });
}

// Garbage comes per read of the socket, if at all: flat out a read brings hundreds of frames, a quiet venue's brings one.
it.each<Case>([
  { stream: "bookTicker", messages: 2_000_000, together: 0, scanner: "wasm", limit: 2 },
  { stream: "bookTicker", messages: 2_000_000, together: 0, scanner: "js", limit: 2 },
  { stream: "mix", messages: 1_000_000, together: 0, scanner: "wasm", limit: 10 },
  { stream: "mix", messages: 1_000_000, together: 0, scanner: "js", limit: 10 },
  { stream: "mix", messages: 300_000, together: 1, scanner: "wasm", limit: 10 },
  { stream: "mix", messages: 1_000_000, together: 0, scanner: "wasm", copies: 3, limit: 10 },
  { stream: "mix", messages: 300_000, together: 1, scanner: "wasm", copies: 3, ledger: true, limit: 20 },
])(
  "$messages messages of $stream, $together a write, read by $scanner, copies $copies, ledger $ledger: at most $limit minor collections per million",
  async (one) => {
    const found = await garbage(one);
    told(one, found);
    expectHotPath(one, found);
    expect((found.minor * 1e6) / found.messages).toBeLessThanOrEqual(one.limit);
    expect(found.heap).toBeLessThan(MOST_HEAP);
    expect(found.external).toBeLessThan(MOST_HEAP);
  },
  TIMEOUT_MS,
);
