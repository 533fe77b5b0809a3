import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { expect, it } from "vitest";
import { DATAGRAM_BYTES, DATAGRAM_CRC_BYTES } from "../../src/log/index.ts";
import { feedOf, randomOf } from "../contracts/sink-feed.ts";
import { openSender, Receiver } from "./udp-rig.ts";

const MUTANTS = Number(process.env["MUTANTS"] ?? 200_000);
const FROM = { address: "127.0.0.1" };

/** What a sender says of a feed, rows, books and all. */
async function recorded(events: number, seed: number): Promise<Uint8Array[]> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const all: Uint8Array[] = [];
  socket.on("message", (bytes) => all.push(Uint8Array.from(bytes)));
  const sink = await openSender(socket.address().port, { refresh_ms: 100, announce_ms: 100 });
  const feed = feedOf("a", events, seed);
  for (let at = 0; at < events; at += 10) {
    await sink.write(feed.batch(at, Math.min(events, at + 10)));
    await sleep(1);
  }
  await sleep(300);
  await sink.close();
  await sleep(50);
  socket.close();
  return all;
}

function seal(bytes: Uint8Array): void {
  if (bytes.length < DATAGRAM_BYTES) return;
  const crc = crc32(bytes.subarray(DATAGRAM_BYTES), crc32(bytes.subarray(0, DATAGRAM_CRC_BYTES)));
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(DATAGRAM_CRC_BYTES, crc, true);
}

/** Where mistakes hurt most: the head, and the first words of each slot. */
function place(random: () => number, length: number): number {
  const dice = random();
  if (dice < 0.4) return 4 + Math.floor(random() * 104);
  const slot = DATAGRAM_BYTES + 64 * Math.floor((random() * (length - DATAGRAM_BYTES)) / 64);
  return Math.min(
    length - 1,
    dice < 0.8 ? slot + Math.floor(random() * 24) : slot + Math.floor(random() * 64),
  );
}

function mutant(bytes: Uint8Array, random: () => number): Uint8Array {
  const cut = random() < 0.1 ? Math.floor(random() * bytes.length) : bytes.length;
  const copy = Uint8Array.from(bytes.subarray(0, Math.max(1, cut)));
  for (let k = Math.floor(random() * 4); k >= 0; k--)
    copy[Math.min(copy.length - 1, place(random, copy.length))] = Math.floor(random() * 256);
  if (random() < 0.7) seal(copy);
  return copy;
}

it(
  "believes no datagram: mutants throw nothing, and what comes after them is taken",
  { timeout: 120_000 },
  async () => {
    const [datagrams, after] = [await recorded(200, 3), await recorded(100, 4)];
    expect(datagrams.length).toBeGreaterThan(50);
    const random = randomOf(44);
    const heard = new Receiver({ silent_ms: 100 }, 4096);
    for (let i = 0; i < MUTANTS; i++) {
      heard.lane.hear(mutant(datagrams[i % datagrams.length]!, random), FROM);
      if (i % 500 === 0) {
        heard.lane.tick();
        heard.poll();
        heard.events.length = 0;
      }
    }
    expect(heard.counter("refused_datagrams_total")).toBeGreaterThan(MUTANTS / 10);
    expect(heard.counter("slots_total")).toBeGreaterThan(0);
    await sleep(120);
    heard.poll();
    heard.events.length = 0;
    for (const bytes of after) heard.lane.hear(bytes, FROM);
    await sleep(50);
    heard.poll();
    const trades = heard.events.filter(({ type }) => type === "trade");
    expect(trades.length).toBe(10);
    await heard.lane.stop();
  },
);
