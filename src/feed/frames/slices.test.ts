import { beforeEach, describe, expect, it } from "vitest";
import { RingReader, readCounters } from "../../log/index.ts";
import { Slab, encodeText, instrumentOf } from "../../model/index.ts";
import type { Nanos, Venue } from "../../model/index.ts";
import { heapRegion } from "../../store/index.ts";
import { venueById } from "../../venues/index.ts";
import type { FeedOptions } from "../feed-options.ts";
import { Lane } from "../lane.ts";
import type { Link } from "../session/link.ts";
import { ScannerMemory } from "../socket/scanner-memory.ts";

/** FEEDHORN_LONG=20 damages a thousand frames. */
const LONG = Number(process.env["FEEDHORN_LONG"] ?? 1);

const coinbase = venueById("coinbase")!;
const kraken = venueById("kraken")!;
const BTC = instrumentOf({ symbol: "BTC-USD", canonical: "BTC-USD", tick: 0.01, lot: 1e-8 });
const ETH = instrumentOf({ symbol: "ETH-USD", canonical: "ETH-USD", tick: 0.01, lot: 1e-8 });
const XBT = instrumentOf({ symbol: "BTC/USD", canonical: "BTC-USD", tick: 0.1, lot: 1e-8 });

function row(side: "bid" | "offer", price: number, size: number | string): string {
  return `{"side":"${side}","event_time":"2026-05-28T08:00:01.451234Z","price_level":"${price.toFixed(2)}","new_quantity":"${size}"}`;
}

/** Levels a side, best first, getting thinner; every seventh price of the asks stands twice. */
function rows(levels: number): string[] {
  const bids = Array.from({ length: levels }, (_, i) => row("bid", 118_000 - (i * i) / 100, 1 + i));
  const asks = Array.from({ length: levels }, (_, i) =>
    row("offer", 118_001 + i - (i % 7 === 6 ? 1 : 0), 2 + i),
  );
  return [...bids, ...asks];
}

const eventOf = (updates: readonly string[], type = "snapshot", product = "BTC-USD"): string =>
  `{"type":"${type}","product_id":"${product}","updates":[${updates.join(",")}]}`;

function level2(sequence: number, ...events: string[]): string {
  return `{"channel":"l2_data","client_id":"","timestamp":"2026-05-28T08:00:02.223456791Z","sequence_num":${sequence},"events":[${events.join(",")}]}`;
}

const snapshot = (sequence: number, levels = 40): string => level2(sequence, eventOf(rows(levels)));
const update = (sequence: number): string => level2(sequence, eventOf([row("bid", 118_000.5, 9)], "update"));
const trade = (id: number): string =>
  `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":43210.1,"qty":0.5,"ord_type":"limit","trade_id":${id},"timestamp":"2026-10-05T09:12:44.123456Z"}]}`;

interface Options {
  /** Bytes of a piece. */
  size?: number;
  slots?: number;
  parse?: Venue["parse"];
  venue?: Venue;
}

const scanners = new ScannerMemory();

/** A lane of two connections, whose frames come from the test. */
class Rig {
  readonly lane: Lane;
  readonly deep: Link;
  readonly other: Link;
  readonly reports: string[] = [];
  readonly region;
  resumed = 0;
  now = 1;
  readonly #slabs: "js" | "wasm";
  readonly #ring: RingReader;

  constructor(slabs: "js" | "wasm", options: Options = {}) {
    const { size = 300, slots = 4096, venue = coinbase, parse = venue.parse } = options;
    this.#slabs = slabs;
    this.region = heapRegion({ lane: "test", slots }).region;
    this.#ring = new RingReader(this.region.control, this.region.slots);
    const cutting: Venue = {
      ...venue,
      parse,
      carve: (slab, start, end) => venue.carve!(slab, start, end, size),
    };
    const feed = (described: Venue, ...symbols: string[]): FeedOptions => ({
      venue: described,
      symbols,
      channels: ["trade", "book"],
      backoff: { minMs: 1, maxMs: 1 },
      snapshotTimeoutMs: Infinity,
    });
    this.lane = new Lane({
      region: this.region,
      time: { mark: 0, read: (into: Nanos) => void Object.assign(into, { hi: 1, lo: this.now }) },
      report: (_level, message) => void this.reports.push(message),
      openSocket: () => expect.unreachable(),
      maxFrame: 1 << 20,
      feeds: [feed(cutting, "BTC-USD", "ETH-USD"), feed(kraken, "BTC/USD")],
    });
    const [deep, other] = this.lane.feeds as [Lane["feeds"][0], Lane["feeds"][0]];
    deep.listen([BTC, ETH]);
    other.listen([XBT]);
    this.deep = deep.link();
    this.other = other.link();
  }

  #slab(text: string): Slab {
    const bytes = encodeText(text);
    const size = Math.max(bytes.length, 1 << 16);
    const slab = this.#slabs === "wasm" ? scanners.take(size) : new Slab(size);
    slab.bytes.set(bytes);
    return slab;
  }

  whole(text: string, link = this.deep): void {
    const slab = this.#slab(text);
    this.lane.intake.frame(link, slab, 0, encodeText(text).length);
    this.lane.intake.endOfRead();
    scanners.give(slab);
  }

  /** Begins to read the frame in pieces. */
  begin(text: string): boolean {
    const own = new Slab(text.length);
    own.bytes.set(encodeText(text));
    const work = this.#slab("");
    return this.lane.intake.large(this.deep, own, 0, text.length, work, () => {
      this.resumed += 1;
      scanners.give(work);
    });
  }

  async sliced(text: string): Promise<void> {
    const before = this.resumed;
    expect(this.begin(text)).toBe(true);
    await this.turns(() => this.resumed > before);
  }

  async turns(done: () => boolean): Promise<number> {
    for (let turn = 0; turn < 5000; turn++) {
      if (done()) return turn;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return expect.unreachable("not done in 5000 turns");
  }

  /** What was committed, slot by slot, and everything else that anybody can see of it. */
  seen(): object {
    const slots: string[] = [];
    this.#ring.poll(({ i32 }, w) => void slots.push(i32.slice(w, w + 16).join(" ")));
    const rest = readCounters(this.region.counters).filter(({ name }) => !/scanned/.test(name));
    const markets = this.lane.feeds.flatMap(({ markets: all }) => all);
    return {
      slots,
      counters: rest.map((one) => `${one.name}{${one.labels}} ${one.value}`),
      tops: [...this.region.top.i32],
      depths: [...this.region.depth.i32.subarray(0, 2000)],
      reports: this.reports,
      books: markets.map(({ book, state, proved, sequencer, queued }) => ({
        sides: [book!.bids, book!.asks].map((side) => {
          const into = new Float64Array(2 * side.count);
          side.copyTop(side.count, into, 0);
          return into.join(" ");
        }),
        state: [state.validity, state.reason, state.epoch, proved, sequencer.last, queued],
      })),
      resyncs: this.lane.core.resyncs.length,
    };
  }

  counter(name: string): number {
    const all = readCounters(this.region.counters).filter((one) => one.name === name);
    return all.reduce((sum, { value }) => sum + value, 0);
  }
}

/** Deterministic uniform numbers in [0, 1) (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What is said of these frames read whole and read in pieces, where they can be cut. */
async function both(
  texts: readonly string[],
  slabs: "js" | "wasm",
  options: Options = {},
): Promise<object[]> {
  const [whole, cut] = [new Rig("js", options), new Rig(slabs, options)];
  for (const text of texts) {
    whole.whole(text);
    if (text.includes('"snapshot"') || text.includes("bad")) await cut.sliced(text);
    else cut.whole(text);
  }
  return [whole.seen(), cut.seen()];
}

describe.each(["js", "wasm"] as const)("a snapshot read in pieces, %s", (slabs) => {
  it("leaves what it leaves when read whole, wherever it is cut", async () => {
    for (let size = 1; size < 500; size += size < 130 ? 9 : 67) {
      const [whole, cut] = await both([snapshot(0, 12), update(1)], slabs, { size });
      expect(cut, `pieces of ${size}`).toEqual(whole);
    }
  });

  it.each([2, 3, 50, 301, 1100])("does so with %d levels a side", async (levels) => {
    const texts = [snapshot(5, levels), update(6), snapshot(7, levels + 1)];
    const [whole, cut] = await both(texts, slabs, { size: Math.min(2000, 30 * levels) });
    expect(cut).toEqual(whole);
  });

  it.each([
    ["after a hole in the connection", [snapshot(0), update(1), snapshot(3), update(4)]],
    ["seen before", [snapshot(0), update(1), snapshot(1), update(2)]],
    ["of a book that is not wanted", [snapshot(0).replace("BTC-USD", "XRP-USD"), snapshot(1)]],
    ["that crosses itself", [snapshot(0).replace("118001.00", "117000.00"), snapshot(1)]],
    ["with an inexact number", [snapshot(0).replace("118001.00", "118001.0012345678901234")]],
    [
      "with a key in another place",
      [
        snapshot(0).replace(
          '"price_level":"118001.00","new_quantity":"2"',
          '"new_quantity":"2","price_level":"118001.00"',
        ),
      ],
    ],
    [
      "that only JSON reads",
      [snapshot(0).replace('"price_level":"118001.00"', '"price\\u005flevel":"118001.00"')],
    ],
    ["that cannot be read at its end", [snapshot(0).replace(/"new_quantity":"41"/, '"new_quantity":"bad"')]],
    [
      "that cannot be read at its beginning",
      [snapshot(0), snapshot(1).replace('"new_quantity":"1"', '"new_quantity":bad'), update(2)],
    ],
    ["of two books", [level2(0, eventOf(rows(20)), eventOf(rows(20), "snapshot", "ETH-USD")), update(1)]],
    ["of a book twice", [level2(0, eventOf(rows(20)), eventOf(rows(9))), update(1)]],
  ])("means the same %s", async (_, texts) => {
    const [whole, cut] = await both(texts, slabs);
    expect(cut).toEqual(whole);
  });

  it("that lists asks before bids, and has its time at its end, means the same", async () => {
    const side = (price: number, step: number): string =>
      Array.from({ length: 60 }, (_, i) => `["${(price + step * i).toFixed(2)}","${i + 1}.5"]`).join(",");
    const text = `{"type":"snapshot","product_id":"BTC-USD","asks":[${side(118_001, 0.5)}],"bids":[${side(118_000, -0.5)}],"time":"2026-05-28T08:00:00.223456Z"}`;
    const options = { venue: venueById("coinbase-exchange")! };
    for (const one of [text, text.replace(/,"time.*$/, "}"), text.replace('"60.5"', '"x"')]) {
      const [whole, cut] = await both([one, text], slabs, options);
      expect(cut).toEqual(whole);
      expect((cut as { slots: string[] }).slots.length).toBeGreaterThan(120);
    }
  });

  it("means the same however it is damaged", async () => {
    const text = snapshot(0, 12);
    const random = seeded(23);
    for (let run = 0; run < 25 * LONG; run++) {
      let damaged = text.slice(0, random() < 0.1 ? Math.floor(random() * text.length) : text.length);
      for (let hits = 1 + Math.floor(random() * 2); hits > 0; hits--) {
        const at = Math.floor(random() * damaged.length);
        const byte = '",:{}[]0.5e-x \\'[Math.floor(random() * 15)]!;
        damaged = damaged.slice(0, at) + byte + damaged.slice(at + 1);
      }
      const [whole, cut] = [new Rig("js"), new Rig(slabs)];
      for (const one of [damaged, update(1), snapshot(2, 3)]) {
        whole.whole(one);
        if (one !== damaged || !cut.begin(one)) cut.whole(one);
        else await cut.turns(() => cut.resumed > 0);
      }
      expect(cut.seen(), damaged).toEqual(whole.seen());
    }
  });

  it("that does not fit into the ring voids the book and says so", async () => {
    const [whole, cut] = await both([snapshot(0, 20), snapshot(1, 200), update(2)], slabs, { slots: 512 });
    expect(cut).toEqual(whole);
    expect((cut as { reports: string[] }).reports).toContain(
      "an event did not fit into the ring; set region.slots to a larger power of two",
    );
  });

  it("counts as one frame, of one speed", async () => {
    const rig = new Rig(slabs);
    await rig.sliced(snapshot(0));
    expect([rig.counter("feedhorn_frames_total"), rig.counter("feedhorn_scanned_frames_total")]).toEqual([
      1,
      slabs === "wasm" ? 1 : 0,
    ]);
  });

  it("whose parser throws is void, counted and told once", async () => {
    const parse: Venue["parse"] = (slab, start, end, tsRecv, out) => {
      const code = coinbase.parse(slab, start, end, tsRecv, out);
      if (Buffer.from(slab.bytes.subarray(start, end)).includes('"new_quantity":"13"'))
        throw new Error("a slip of ours");
      return code;
    };
    const [whole, cut] = await both([snapshot(0), snapshot(1, 5)], slabs, { parse });
    expect(cut).toEqual(whole);
    expect((cut as { reports: string[] }).reports).toEqual([
      "a frame broke the parser: please report it",
      "frame not readable",
    ]);
  });
});

describe("while a snapshot is read in pieces", () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig("js");
  });
  type Seen = { slots: string[]; books: { state: unknown[] }[] };
  const seen = (): Seen => rig.seen() as Seen;

  it("other sockets are served between all pieces; nothing of it shows before all of it does", async () => {
    rig.begin(snapshot(0));
    let id = 0;
    const turns = await rig.turns(() => {
      rig.now += 10;
      rig.whole(trade(++id), rig.other);
      return rig.resumed > 0;
    });
    expect(turns).toBeGreaterThan(20);
    const words = seen().slots.map((slot) => slot.split(" ").map(Number));
    const kinds = words.map(([head]) => head! & 0xff);
    const firstLevel = kinds.indexOf(3);
    expect(kinds.filter((kind) => kind === 1)).toHaveLength(id);
    expect(kinds.slice(firstLevel, firstLevel + 80)).toEqual(Array.from({ length: 80 }, () => 3));
    expect(firstLevel).toBeGreaterThan(20);
    const times = words.map((word) => word[4]!);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("the time of its receipt is its event's when nothing came meanwhile", async () => {
    rig.now = 77;
    rig.begin(snapshot(0));
    rig.now = 99;
    await rig.turns(() => rig.resumed > 0);
    expect(new Set(seen().slots.map((slot) => Number(slot.split(" ")[4])))).toEqual(new Set([77]));
  });

  it("the book that was there stays as it was", async () => {
    await rig.sliced(snapshot(0, 9));
    const before = seen().books;
    rig.begin(snapshot(1, 60));
    for (let i = 0; i < 8; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(seen()).toMatchObject({ slots: [], books: before });
    await rig.turns(() => rig.resumed > 1);
    expect(seen().slots.length).toBeGreaterThan(110);
  });

  it("the end of its connection is the end of it, and its socket is let go", async () => {
    rig.begin(snapshot(0));
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    rig.lane.intake.drop(rig.deep);
    expect(rig.resumed).toBe(0);
    await rig.turns(() => rig.resumed > 0);
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    expect([seen().slots, rig.resumed, rig.counter("feedhorn_frames_total")]).toEqual([[], 1, 0]);
    await rig.sliced(snapshot(0));
    expect(seen().slots.length).toBeGreaterThan(70);
  });

  it("a frame that is no snapshot, or cannot be cut, is not taken", () => {
    expect(rig.begin(snapshot(0).replaceAll("},{", "}, {"))).toBe(false);
    expect(rig.begin('{"channel":"heartbeats"}')).toBe(false);
    expect(new Rig("js", { size: 1e6 }).begin(snapshot(0))).toBe(false);
  });
});
