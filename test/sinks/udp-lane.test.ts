import { afterEach, describe, expect, it } from "vitest";
import {
  DATAGRAM_TYPE,
  DepthReader,
  EventReader,
  TopReader,
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
import { BookFeed, Proxy, Receiver, openSender } from "./udp-rig.ts";

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

  it("takes the first copy of two ways, so that what one loses the other brings", async () => {
    const heard = await receiver({ reorder_ms: 200 });
    const random = randomOf(9);
    const ways = [];
    for (let way = 0; way < 2; way++)
      ways.push(
        await proxy(heard.port, (_, index) => (index > 3 && index % 2 === way && random() < 0.5 ? [] : [0])),
      );
    const destinations = ways.map(({ port }) => `127.0.0.1:${port}`);
    const sink = await sender(0, { destinations, pace: 8 });
    const feed = feedOf("a", 400, 50);
    await writeAll(sink, feed);
    await heard.quiet(300);
    expect(ways.map(({ dropped }) => dropped.length > 5)).toEqual([true, true]);
    expect(heard.losses).toEqual([]);
    expect(heard.events).toEqual(eventsOf(feed).map(({ event }) => event));
    expect(heard.counter("duplicates_total")).toBeGreaterThan(20);
  });

  it("hears a group of multicast, as several do at once", async () => {
    const group = "239.255.77.44";
    const one = await receiver({ bind: "0.0.0.0:0", groups: [group], interface: "127.0.0.1" });
    const other = await receiver({
      bind: `0.0.0.0:${one.port}`,
      groups: [group],
      interface: "127.0.0.1",
      lanes: ["a"],
    });
    const sink = await sender(0, { destinations: [`${group}:${one.port}`], interface: "127.0.0.1" });
    const feed = feedOf("a", 100, 60);
    await writeAll(sink, feed);
    await one.quiet();
    await other.quiet();
    const all = eventsOf(feed).map(({ event }) => event);
    expect(one.events).toEqual(all);
    expect(other.events).toEqual(all);
  });

  it("goes on with a sender that begins anew, and names what lies between", async () => {
    const heard = await receiver();
    const feed = feedOf("a", 300, 51);
    const [end, on] = [feed.starts[100]!, feed.starts[130]!];
    const first = await openSender(heard.port);
    await first.write(feed.batch(0, 100));
    await heard.quiet();
    await first.close();
    await heard.quiet();
    expect(heard.counter("sender_up")).toBe(0);
    const second = await sender(heard.port);
    await second.write(feed.batch(130, 200));
    await heard.quiet();
    expect(heard.losses).toEqual([
      expect.objectContaining({ reason: "session", datagrams: 0, slots: on - end, first: end, end: on }),
    ]);
    // The sender itself had a hole.
    const hole = { first: feed.starts[200]!, last: feed.starts[210]! - 1, reason: "lapped" };
    await second.write({ ...feed.batch(210, 300), holes: [hole] });
    await heard.quiet();
    expect(heard.losses.slice(1)).toEqual([
      expect.objectContaining({
        reason: "sender",
        datagrams: 0,
        slots: hole.last + 1 - hole.first,
        first: hole.first,
      }),
    ]);
    const all = eventsOf(feed).map(({ event }) => event);
    const kept = [...all.slice(0, 100), ...all.slice(130, 200), ...all.slice(210)];
    expect(heard.events.filter((event) => !isOurs(event))).toEqual(kept);
    expect([heard.counter("sessions_total"), heard.counter("lost_slots_total")]).toEqual([2, 0]);
  });

  it("is joined late: names come again, and books that are live", async () => {
    const { port } = await freePort();
    const sink = await sender(port, { announce_ms: 100, refresh_ms: 100 });
    const book = new BookFeed();
    await sink.write(book.batch(() => book.snapshot()));
    await sink.write(book.batch(() => book.say("live")));
    await sink.write(book.batch(() => book.update(100, 7)));
    const heard = await receiver({ bind: `127.0.0.1:${port}` });
    await until(() => heard.counter("books_live") === 1 || (heard.lane.tick(), false));
    await sink.write(book.batch(() => book.update(99, 3)));
    await heard.quiet();
    const [again, live, update, ...more] = heard.events;
    expect(again).toMatchObject({
      type: "book",
      action: "snapshot",
      flags: ["recovered"],
      bids: [
        [100, 7],
        [98, 5],
      ],
      asks: [[101, 4]],
    });
    expect(live).toMatchObject({ type: "status", scope: "book", state: "live", reason: "unproved" });
    expect(update).toMatchObject({ type: "book", action: "update", bids: [[99, 3]] });
    expect(more).toEqual([]);
    expect(new DepthReader(heard.region.depth).read(0)).toMatchObject({
      validity: "live",
      bids: [
        [100, 7],
        [99, 3],
        [98, 5],
      ],
      asks: [[101, 4]],
      bidHorizon: 98,
      askHorizon: 101,
    });
    expect(new TopReader(heard.region.top).read(0)).toMatchObject({
      validity: "live",
      bidPrice: 100,
      askPrice: 101,
    });
  });

  it("doubts a book from a loss to the next snapshot, and a silent sender's until it is heard", async () => {
    const heard = await receiver({ silent_ms: 2000 });
    let drops = false;
    const between = await proxy(heard.port, () => (drops ? [] : [0]));
    const sink = await sender(between.port);
    const book = new BookFeed();
    const states = (): string[] =>
      heard.events.flatMap((event) =>
        event.type === "status" ? [`${event.state} ${event.reason} ${event.epoch}`] : [],
      );
    await sink.write(book.batch(() => book.snapshot()));
    await sink.write(book.batch(() => book.say("live")));
    await heard.quiet();
    expect(states()).toEqual(["live unproved 1"]);
    drops = true;
    await until(() => (heard.lane.tick(), heard.counter("sender_up") === 0));
    drops = false;
    await heard.quiet();
    // Heartbeats were lost and no slot: nothing is missing.
    expect(states().slice(1)).toEqual(["stale silent 1", "live unproved 1"]);
    drops = true;
    await sink.write(book.batch(() => book.update(100, 9)));
    await until(() => between.dropped.some((bytes) => datagramType(words(bytes)) === DATAGRAM_TYPE.SLOTS));
    drops = false;
    await sink.write(book.batch(() => book.update(99, 2)));
    await heard.quiet();
    expect(states().slice(3)).toEqual(["gapped connection_gap 1"]);
    await sink.write(book.batch(() => book.say("live")));
    await heard.quiet();
    // The sender's word alone heals nothing.
    expect(states().slice(4)).toEqual(["gapped connection_gap 1"]);
    await sink.write(book.batch(() => book.snapshot()));
    await heard.quiet();
    expect(states().slice(5)).toEqual(["live unproved 2"]);
  });

  it("refuses in words what is none of it", async () => {
    const reports: string[] = [];
    const heard = new Receiver({ from: ["127.0.0.1"], lanes: ["b"] }, 4096, (_, message, facts) =>
      reports.push(`${message}: ${String(facts["reason"])}`),
    );
    closers.push(() => heard.lane.stop());
    heard.lane.hear(Buffer.from("hello"), { address: "127.0.0.1" });
    heard.lane.hear(new Uint8Array(200), { address: "127.0.0.1" });
    heard.lane.hear(new Uint8Array(200), { address: "10.0.0.1" });
    expect(reports).toEqual([
      expect.stringMatching(/^datagram refused: expected a head of 112 bytes, saw fewer/),
      expect.stringMatching(/^datagram refused: expected datagrams of feedhorn, saw others/),
      "datagram refused: expected one of the addresses in udp.from",
    ]);
    expect(heard.counter("refused_datagrams_total")).toBe(3);
  });
});

async function freePort(): Promise<{ port: number }> {
  const one = new Receiver();
  await one.lane.start();
  const { port } = one;
  await one.lane.stop();
  return { port };
}

async function until(done: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; performance.now() < end;) {
    if (done()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("expected it within 10 s");
}

function goneOf(dropped: readonly Uint8Array[]): { first: number; end: number }[] {
  return dropped.map((bytes) => {
    const head = words(bytes);
    const view = new DataView(head.buffer);
    return { first: Number(view.getBigUint64(40, true)), end: Number(view.getBigUint64(48, true)) };
  });
}
