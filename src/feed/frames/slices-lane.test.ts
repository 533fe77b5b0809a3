import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { readCounters } from "../../log/index.ts";
import { VALIDITY, instrumentOf } from "../../model/index.ts";
import type { Venue } from "../../model/index.ts";
import { heapRegion } from "../../store/index.ts";
import { venueById } from "../../venues/index.ts";
import { Clock } from "../clock/clock.ts";
import { openFastSocket } from "../socket/fast-socket.ts";
import { Lane } from "../lane.ts";

const coinbase = venueById("coinbase")!;
const BTC = instrumentOf({ symbol: "BTC-USD", canonical: "BTC-USD", tick: 0.01, lot: 1e-8 });
const LEVELS = 12_000;

function level2(sequence: number, type: string, rows: readonly string[]): string {
  const event = `{"type":"${type}","product_id":"BTC-USD","updates":[${rows.join(",")}]}`;
  return `{"channel":"l2_data","client_id":"","timestamp":"2026-05-28T08:00:02.223456791Z","sequence_num":${sequence},"events":[${event}]}`;
}

const row = (side: string, price: number, size: number): string =>
  `{"side":"${side}","event_time":"2026-05-28T08:00:01.451234Z","price_level":"${price.toFixed(2)}","new_quantity":"${size}"}`;

/** Some 2.7 MB. */
const snapshot = (sequence: number): string =>
  level2(sequence, "snapshot", [
    ...Array.from({ length: LEVELS }, (_, i) => row("bid", 118_000 - i, i + 1)),
    ...Array.from({ length: LEVELS }, (_, i) => row("offer", 118_001 + i, i + 1)),
  ]);
const update = (sequence: number, size: number): string =>
  level2(sequence, "update", [row("bid", 118_000, size)]);

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0)) await undo();
});

/** Serves the metadata and what `serve` sends to each connection. */
async function serving(serve: (socket: WebSocket, count: number) => void): Promise<number> {
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(coinbase.server.instrumentsBody([BTC], request.url!));
  });
  const sockets = new WebSocketServer({ server });
  let count = 0;
  sockets.on("connection", (socket) => serve(socket, ++count));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.push(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

interface Running {
  lane: Lane;
  reports: string[];
  /** Large messages that came. */
  cuts: number;
  counter(name: string): number;
  until(done: () => boolean): Promise<void>;
}

/** A lane that listens to it, cutting pieces of `size` bytes. */
async function listening(
  port: number,
  size: number,
  { idleMs = 60_000, pieceMs = 0 } = {},
): Promise<Running> {
  const { region } = heapRegion({ lane: "test", slots: 65_536 });
  const reports: string[] = [];
  const self = { cuts: 0 };
  const venue: Venue = {
    ...coinbase,
    parse: (slab, start, end, tsRecv, out) => {
      for (const until = performance.now() + pieceMs; performance.now() < until;);
      return coinbase.parse(slab, start, end, tsRecv, out);
    },
    carve: (slab, start, end) => {
      self.cuts += 1;
      return coinbase.carve!(slab, start, end, size);
    },
  };
  const lane = new Lane({
    region,
    time: new Clock(),
    report: (_level, message, facts) => void reports.push(`${message} ${String(facts["reason"] ?? "")}`),
    openSocket: openFastSocket,
    maxFrame: 32 << 20,
    feeds: [
      {
        venue,
        symbols: ["BTC-USD"],
        channels: ["book"],
        wsOrigin: `ws://127.0.0.1:${port}`,
        restUrl: `http://127.0.0.1:${port}`,
        idleMs,
        backoff: { minMs: 5, maxMs: 10 },
        snapshotTimeoutMs: 60_000,
      },
    ],
  });
  cleanup.push(() => lane.stop());
  await lane.start();
  const until = async (done: () => boolean): Promise<void> => {
    for (const end = performance.now() + 10_000; !done();) {
      if (performance.now() > end) throw new Error(`not in time; reports: ${reports.join("; ")}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  const counter = (name: string): number =>
    readCounters(region.counters)
      .filter((one) => one.name === name)
      .reduce((sum, { value }) => sum + value, 0);
  return Object.assign(self, { lane, reports, counter, until });
}

describe("a snapshot of some megabytes, on a real socket", () => {
  it("makes the book, the updates behind it follow, and the connection's numbers hold", async () => {
    const port = await serving((socket) => {
      socket.send(snapshot(0));
      for (let i = 1; i <= 300; i++) socket.send(update(i, i));
    });
    const { lane, counter, until } = await listening(port, 32 << 10);
    await until(() => counter("feedhorn_frames_total") === 301);
    const { book, state, sequencer } = lane.feeds[0]!.markets[0]!;
    expect([state.validity, sequencer.last, counter("feedhorn_resyncs_total")]).toEqual([
      VALIDITY.LIVE,
      300,
      0,
    ]);
    expect([book!.bids.count, book!.asks.count, book!.bids.sizeAt(118_000)]).toEqual([LEVELS, LEVELS, 300]);
    expect(book!.asks.sizeAt(118_001 + LEVELS - 1)).toBe(LEVELS);
    expect(lane.core.writer.ring.head).toBeGreaterThanOrEqual(2 * LEVELS + 300);
  });

  it("is no silence while it is read, and silence after it is", async () => {
    const text = snapshot(0);
    const port = await serving((socket, count) => {
      if (count === 1) socket.send(text);
    });
    // A piece for each level, and none in less than 50 us: more than twice the idle time.
    const idleMs = 500;
    const { reports, counter, until } = await listening(port, 1, { idleMs, pieceMs: 0.05 });
    const began = performance.now();
    await until(() => counter("feedhorn_frames_total") === 1);
    const took = performance.now() - began;
    expect(reports.filter((one) => one.includes("silent"))).toEqual([]);
    expect(took).toBeGreaterThan(2 * idleMs);
    await until(() => reports.includes(`connection lost silent for ${idleMs} ms`));
  });

  it("is forgotten when the connection is rotated or the lane stops; the next one makes the book", async () => {
    const port = await serving((socket, count) => {
      socket.send(snapshot(0));
      socket.send(update(1, 1000 + count));
    });
    const running = await listening(port, 1);
    const { lane, counter, until } = running;
    const session = lane.feeds[0]!.sessions[0]!;
    await until(() => running.cuts === 1);
    expect(counter("feedhorn_frames_total")).toBe(0);
    session.rotate("planned rotation");
    await until(() => counter("feedhorn_frames_total") === 2);
    const { book, state } = lane.feeds[0]!.markets[0]!;
    expect([state.validity, book!.bids.sizeAt(118_000)]).toEqual([VALIDITY.LIVE, 1002]);
    session.rotate("planned rotation");
    await until(() => running.cuts === 3);
    await lane.stop();
    const { head } = lane.core.writer.ring;
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect([lane.core.writer.ring.head, counter("feedhorn_frames_total")]).toEqual([head, 2]);
    expect(state.validity).not.toBe(VALIDITY.LIVE);
  });
});
