import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { DepthOfBook } from "../../src/log/index.ts";
import type { MarketEvent } from "../../src/model/index.ts";
import { EventReader } from "../../src/log/index.ts";
import { udp } from "../../src/sinks/udp.ts";
import { feedOf } from "../contracts/sink-feed.ts";
import { UDP_OPTIONS } from "./udp-rig.ts";

const nothing = (): void => undefined;

const DEPTH: DepthOfBook = {
  validity: "live",
  reason: "none",
  epoch: 1,
  tsEvent: 1_700_000_000_000_001,
  tsRecv: 1_700_000_000_000_007,
  seq: "12345678901234567",
  logSeq: 0,
  bids: [1, 2, 3, 4, 5, 6].map((i) => [100 - i, i]),
  asks: [
    [101, 7],
    [102, 8],
  ],
  bidHorizon: NaN,
  askHorizon: NaN,
};

/** What a receiver of that gateway gets of a feed; `depth`: of every book. */
async function heard(
  sequence: boolean,
  depth: DepthOfBook | null,
): Promise<{ all: Buffer[]; events: MarketEvent[] }> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const all: Buffer[] = [];
  socket.on("message", (bytes) => all.push(Buffer.from(bytes)));
  const options = {
    ...UDP_OPTIONS,
    destinations: [`127.0.0.1:${socket.address().port}`],
    format: "k4" as const,
  };
  const sink = await udp.open(
    { ...options, k4_sequence: sequence },
    {
      name: "udp",
      lanes: ["a"],
      data: null,
      secrets: {},
      report: nothing,
      state: nothing,
      figure: nothing,
      tables: () => ({ session: "1", depth: () => depth, top: () => null, venues: () => [] }),
    },
  );
  const feed = feedOf("a", 60, 8);
  const batch = feed.batch(0, 60);
  await sink.write(batch);
  await sleep(100);
  await sink.close();
  socket.close();
  const reader = new EventReader(batch.rows);
  const events = Array.from({ length: batch.count }, (_, i) => reader.accept(batch.slots, i << 4)).filter(
    (event) => event !== null,
  );
  return { all, events };
}

/** By the offsets of the earlier gateway's own description, not by ours. */
function decoded(bytes: Buffer, from: number): object {
  const type = bytes[from]!;
  const at = from + 1;
  const symbol = bytes.toString("utf8", at, at + 32).replace(/\0+$/, "");
  const f64 = (offset: number): number => bytes.readDoubleLE(at + offset);
  const u64 = (offset: number): string => String(bytes.readBigUInt64LE(at + offset));
  const head = { type, symbol, product: bytes[at + 32], event: Number(u64(40)), id: u64(56) };
  if (type === 0)
    return {
      ...head,
      px: [f64(64), f64(72), f64(80), f64(88)],
      local: Number(u64(104)),
      size: bytes.length - at,
    };
  if (type === 1)
    return {
      ...head,
      px: [f64(64), f64(72)],
      maker: bytes[at + 80],
      local: Number(u64(88)),
      size: bytes.length - at,
    };
  const five = (offset: number): number[] => [0, 1, 2, 3, 4].map((i) => f64(offset + 8 * i));
  const levels = [bytes.readUInt32LE(at + 64), bytes.readUInt32LE(at + 68)];
  const sides = [five(80), five(120), five(160), five(200)];
  return { ...head, levels, last: f64(72), sides, local: Number(u64(280)), size: bytes.length - at };
}

it("says trades, quotes and books in records of the earlier gateway", async () => {
  const { all, events } = await heard(false, DEPTH);
  const records = all.map((bytes) => decoded(bytes, 0));
  const lasts = new Map<string, number>();
  const wanted = events.flatMap((event): object[] => {
    const { symbol } = event;
    const product = 0;
    const head = { symbol, product, event: event.ts_event };
    if (event.type === "trade") {
      lasts.set(symbol, event.price);
      const { price, size, ts_recv: local } = event;
      return [{ ...head, type: 1, id: event.id, px: [price, size], maker: 0, local, size: 96 }];
    }
    if (event.type === "quote") {
      const px = [event.bid_price, event.bid_size, event.ask_price, event.ask_size].map(
        (value) => value ?? 0,
      );
      return [{ ...head, type: 0, id: event.update_id, px, local: event.ts_recv, size: 112 }];
    }
    if (event.type !== "book") return [];
    const last = lasts.get(symbol) ?? 0;
    const sides = [
      [99, 98, 97, 96, 95],
      [1, 2, 3, 4, 5],
      [101, 102, 0, 0, 0],
      [7, 8, 0, 0, 0],
    ];
    const { tsEvent, tsRecv: local, seq: id } = DEPTH;
    return [{ symbol, product, event: tsEvent, type: 3, id, levels: [5, 2], last, sides, local, size: 288 }];
  });
  expect(records).toEqual(wanted);
  expect(new Set(all.map((bytes) => bytes.length))).toEqual(new Set([97, 113, 289]));
});

it("counts the datagrams where it is asked to, and shows no levels of a book that is not live", async () => {
  const { all } = await heard(true, { ...DEPTH, validity: "gapped" });
  expect(all.map((bytes) => Number(bytes.readBigUInt64LE(0)))).toEqual(all.map((_, i) => i));
  const books = all.map((bytes) => decoded(bytes, 8)).filter((one) => "levels" in one);
  expect(books.length).toBeGreaterThan(3);
  for (const one of books)
    expect(one).toMatchObject({ levels: [0, 0], sides: Array.from({ length: 4 }, () => [0, 0, 0, 0, 0]) });
});
