import { afterEach, describe, expect, it } from "vitest";
import {
  DATAGRAM_TYPE,
  EventReader,
  datagramCount,
  datagramNumber,
  datagramType,
  slotFlags,
} from "../../src/log/index.ts";
import { FLAG } from "../../src/model/index.ts";
import type { MarketEvent } from "../../src/model/index.ts";
import type { OpenSink } from "../../src/sinks/index.ts";
import { feedOf, randomOf } from "../contracts/sink-feed.ts";
import type { Feed } from "../contracts/sink-feed.ts";
import { Proxy, Receiver, openSender } from "./udp-rig.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function receiver(more: ConstructorParameters<typeof Receiver>[0] = {}): Promise<Receiver> {
  const one = new Receiver(more);
  await one.lane.start();
  closers.push(() => one.lane.stop());
  return one;
}

async function sender(port: number, more: Parameters<typeof openSender>[1] = {}): Promise<OpenSink> {
  const one = await openSender(port, more);
  closers.push(() => one.close());
  return one;
}

async function proxy(to: number, fate: Parameters<typeof Proxy.open>[1]): Promise<Proxy> {
  const one = await Proxy.open(to, fate);
  closers.push(() => one.close());
  return one;
}

/** Events of a feed, by their places: [first slot, slots, event]. */
function eventsOf(feed: Feed): { seq: number; slots: number; event: MarketEvent }[] {
  const batch = feed.batch(0, feed.starts.length - 1);
  const reader = new EventReader(batch.rows);
  const all: { seq: number; slots: number; event: MarketEvent }[] = [];
  let first = 0;
  for (let i = 0; i < batch.count; i++) {
    const event = reader.accept(batch.slots, i << 4);
    if ((slotFlags(batch.slots, i << 4) & FLAG.LAST) === 0) continue;
    all.push({ seq: first, slots: i - first + 1, event: event! });
    first = i + 1;
  }
  return all;
}

/** What the receiver says of its own: books it doubts. */
function isOurs(event: MarketEvent): boolean {
  return event.type === "status" && event.scope === "book" && event.reason === "connection_gap";
}

async function writeAll(sink: OpenSink, feed: Feed, step = 20): Promise<void> {
  const events = feed.starts.length - 1;
  for (let at = 0; at < events; at += step) await sink.write(feed.batch(at, Math.min(events, at + step)));
}

function words(bytes: Uint8Array): Int32Array {
  return new Int32Array(Uint8Array.from(bytes.subarray(0, 112)).buffer);
}

describe("a lane over UDP", () => {
  it("is the same log at the other end, value for value, whatever the size of datagrams", async () => {
    for (const mtu of [600, 1400, 9000]) {
      const heard = await receiver();
      const sink = await sender(heard.port, { mtu, pace: Math.ceil(8000 / mtu) });
      const feed = feedOf("a", 600, 21);
      await writeAll(sink, feed);
      await heard.quiet();
      expect(heard.events).toEqual(eventsOf(feed).map(({ event }) => event));
      expect([heard.losses, heard.counter("slots_total"), heard.counter("cut_slots_total")]).toEqual([
        [],
        feed.count,
        0,
      ]);
    }
  });

  it("names every loss: the slots of the datagrams that were dropped, and none besides", async () => {
    for (const seed of [1, 2, 3]) {
      const random = randomOf(seed);
      const heard = await receiver({ reorder_ms: 400 });
      // Rows are let through: a row that is lost costs its instrument's slots, which is another count.
      const between = await proxy(heard.port, (bytes, index) => {
        const type = datagramType(words(bytes));
        if (index < 4 || type !== DATAGRAM_TYPE.SLOTS) return [0];
        const dice = random();
        if (dice < 0.15) return [];
        if (dice < 0.25) return [0, 0];
        return dice < 0.4 ? [1 + Math.floor(random() * 8)] : [0];
      });
      const sink = await sender(between.port, { mtu: 600 });
      const feed = feedOf("a", 800, 30 + seed);
      await writeAll(sink, feed, 7);
      await heard.quiet(600);
      const lost = between.dropped.map((bytes) => words(bytes));
      const slots = lost.reduce((sum, head) => sum + datagramCount(head), 0);
      expect(lost.length).toBeGreaterThan(10);
      expect(heard.counter("lost_datagrams_total")).toBe(lost.length);
      expect(heard.counter("lost_slots_total")).toBe(slots);
      expect(heard.losses.reduce((sum, loss) => sum + loss.slots, 0)).toBe(slots);
      // Every number that is missing lies in exactly one loss.
      const named = heard.losses.flatMap(({ number, datagrams }) =>
        Array.from({ length: datagrams }, (_, i) => number + i),
      );
      expect(named).toEqual(lost.map((head) => datagramNumber(head)));
      expect(heard.counter("duplicates_total")).toBeGreaterThan(0);
      expect(heard.counter("reordered_total")).toBeGreaterThan(0);
      expect(heard.counter("unnamed_slots_total") + heard.counter("late_total")).toBe(0);
      // What is there is what was sent, without the events of which a part was lost.
      const gone = goneOf(between.dropped);
      const kept = eventsOf(feed).filter(
        ({ seq, slots: many }) => !gone.some(({ first, end }) => seq < end && first < seq + many),
      );
      expect(heard.events.filter((event) => !isOurs(event))).toEqual(kept.map(({ event }) => event));
      const keptSlots = kept.reduce((sum, one) => sum + one.slots, 0);
      expect(heard.counter("slots_total")).toBe(keptSlots);
      expect(heard.counter("cut_slots_total")).toBe(feed.count - slots - keptSlots);
    }
  });
});

function goneOf(dropped: readonly Uint8Array[]): { first: number; end: number }[] {
  return dropped.map((bytes) => {
    const head = words(bytes);
    const view = new DataView(head.buffer);
    return { first: Number(view.getBigUint64(40, true)), end: Number(view.getBigUint64(48, true)) };
  });
}
