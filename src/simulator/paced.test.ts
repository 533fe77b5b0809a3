import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { venueById } from "../venues/index.ts";
import { startPaced } from "./paced.ts";
import type { Paced, PacedMessage, PacedOptions } from "./paced.ts";

interface Sent extends PacedMessage {
  readonly late: number;
}

interface Seen {
  e?: string;
  T?: number;
  E?: number;
  t?: number;
  u?: number;
  U?: number;
  b?: unknown;
}

interface Rig {
  readonly load: Paced;
  readonly sent: Sent[];
  readonly seen: Seen[];
}

/** A load and one client that hears everything, in microseconds. */
async function withLoad(
  options: Partial<PacedOptions>,
  streams: readonly string[],
  use: (rig: Rig) => Promise<void>,
): Promise<void> {
  const sent: Sent[] = [];
  const seen: Seen[] = [];
  const load = await startPaced({
    venue: venueById("binance")!,
    instruments: 2,
    rate: 2000,
    mix: { trade: 1 },
    sent: (message, late) => sent.push({ ...message, late }),
    ...options,
  });
  const names = load.symbols.flatMap((symbol) =>
    streams.map((stream) => `${symbol.toLowerCase()}@${stream}`),
  );
  const socket = new WebSocket(`${load.endpoints.ws}/stream?streams=${names.join("/")}&timeUnit=MICROSECOND`);
  socket.on("message", (data: Buffer) =>
    seen.push((JSON.parse(data.toString("utf8")) as { data: Seen }).data),
  );
  await once(socket, "open");
  try {
    await use({ load, sent, seen });
  } finally {
    socket.close();
    await load.close();
  }
}

async function runFor(load: Paced, ms: number): Promise<void> {
  load.start();
  await setTimeout(ms);
  load.stop();
  await setTimeout(50);
}

it("sends at even times, and each event carries the time it was due", () =>
  withLoad({}, ["trade"], async ({ load, sent, seen }) => {
    await runFor(load, 200);
    expect(sent.length).toBeGreaterThan(200);
    expect(seen.map(({ T }) => T)).toEqual(sent.map(({ due }) => due));
    const steps = new Set(sent.slice(1).map(({ due }, i) => due - sent[i]!.due));
    expect([...steps].every((step) => step >= 499 && step <= 501)).toBe(true);
    expect(sent.every(({ late }) => late >= 0)).toBe(true);
    expect(new Set(sent.map(({ symbol }) => symbol))).toEqual(new Set(load.symbols));
  }));

it("charges a stall to every message that it kept waiting: none is left out, none is put off", () =>
  withLoad({}, ["trade"], async ({ load, sent, seen }) => {
    load.start();
    await setTimeout(50);
    const until = performance.now() + 100;
    while (performance.now() < until);
    await setTimeout(50);
    load.stop();
    await setTimeout(50);
    expect(seen.map(({ T }) => T)).toEqual(sent.map(({ due }) => due));
    const steps = sent.slice(1).map(({ due }, i) => due - sent[i]!.due);
    expect(Math.max(...steps)).toBeLessThanOrEqual(501);
    // 100 ms at 2000 a second: some 200 messages were late, from 100 ms down to nothing.
    const late = sent.filter((message) => message.late > 10_000).map((message) => message.late);
    expect(late.length).toBeGreaterThan(150);
    expect(Math.max(...late)).toBeGreaterThan(90_000);
  }));

it("keeps ids and books true whatever the mix", () =>
  withLoad({ mix: { trade: 1, quote: 2, book: 1 } }, ["trade", "bookTicker", "depth@100ms"], async (rig) => {
    await runFor(rig.load, 200);
    const { sent, seen } = rig;
    expect(seen).toHaveLength(sent.length);
    const kinds = seen.map((one) => (one.e === "trade" ? "trade" : one.e === undefined ? "quote" : "book"));
    expect(kinds).toEqual(sent.map(({ kind }) => kind));
    expect(seen.map((one) => one.t ?? one.u)).toEqual(sent.map(({ id }) => id));
    for (const symbol of rig.load.symbols) {
      const books = seen.filter((one) => one.e === "depthUpdate" && (one as { s?: string }).s === symbol);
      expect(books.length).toBeGreaterThan(10);
      expect(books.slice(1).map(({ U }) => U)).toEqual(books.slice(0, -1).map(({ u }) => u! + 1));
    }
  }));

it("sends nothing to nobody, and refuses what it cannot do", async () => {
  const sent: PacedMessage[] = [];
  const options = {
    venue: venueById("binance")!,
    instruments: 1,
    mix: { quote: 1 },
    sent: (one: PacedMessage) => sent.push(one),
  };
  const load = await startPaced({ ...options, rate: 1000 });
  await runFor(load, 30);
  await load.close();
  expect(sent).toEqual([]);
  await expect(startPaced({ ...options, rate: 0 })).rejects.toThrow("rate: expected a number above 0");
  await expect(startPaced({ ...options, rate: 1, mix: {} })).rejects.toThrow(
    "mix: expected weights of trade, quote, book",
  );
});
