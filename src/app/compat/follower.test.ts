import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { K4_RECORD_BYTES } from "../../log/compat-k4.ts";
import {
  DEPTH,
  DepthWriter,
  EventWriter,
  InstrumentWriter,
  RingReader,
  RingWriter,
  TOP,
  TopWriter,
} from "../../log/index.ts";
import { instrumentOf, LONG, putMicros, putNumber, SIDE, SymbolTable, VALIDITY } from "../../model/index.ts";
import { heapRegion, wallClock } from "../../store/index.ts";
import { readCompatBook, readCompatTop } from "../../store/compat-files.ts";
import { BookFiles } from "./book-files.ts";
import { Followed } from "./followed.ts";
import { Follower } from "./follower.ts";
import { K4File } from "./k4-file.ts";

const VENUE = 3;
let dir = "";
let lane: Lane;

/** What a lane does for one instrument: slots, and the rows that follow them. */
class Lane {
  readonly handle = heapRegion({ lane: "x", slots: 512, instruments: 16, maxStallMs: 0 });
  readonly ring = new RingWriter(this.handle.region.control, this.handle.region.slots);
  readonly out = new EventWriter(this.ring, new SymbolTable());
  readonly depths = new DepthWriter(this.handle.region.depth);
  readonly tops = new TopWriter(this.handle.region.top);
  price = 100;

  constructor() {
    this.out.venue = VENUE;
  }

  list(symbol: string): number {
    const { control, instruments } = this.handle.region;
    const row = instrumentOf({ symbol, canonical: `${symbol.slice(0, 3)}-USD` });
    return new InstrumentWriter(control, instruments).add(VENUE, row);
  }

  commit(fill: (out: EventWriter) => void): void {
    this.out.begin(wallClock());
    fill(this.out);
    this.out.endFrame();
    this.ring.commit();
  }

  trade(id: number, trade: number, price: number, side: number = SIDE.BUY): void {
    this.commit((out) => {
      out.num[0] = price;
      out.num[1] = 1;
      putNumber(trade, out.long, LONG.ID);
      out.trade(id, side as 1, 0);
    });
  }

  /** The slot of a book event; its rows come with `rows`. */
  change(id: number): void {
    this.price += 1;
    this.commit((out) => {
      out.num[0] = this.price;
      out.num[1] = 1;
      out.level(SIDE.BID);
      out.book(id, 0);
    });
  }

  rows(id: number, receivedMs = Date.now()): void {
    const { depths, tops } = this;
    putMicros(receivedMs * 1000, depths.long, DEPTH.TS_RECV);
    putNumber(this.ring.head, depths.long, DEPTH.LOG_SEQ);
    depths.bids.set([this.price, 2]);
    depths.asks.set([this.price + 0.5, 3]);
    depths.write(id, VALIDITY.LIVE, 0, 1, 1, 1);
    this.top(id, receivedMs);
    tops.num.fill(0);
  }

  top(id: number, receivedMs = Date.now()): void {
    const { tops } = this;
    putMicros(receivedMs * 1000, tops.long, TOP.TS_RECV);
    putNumber(this.ring.head, tops.long, TOP.LOG_SEQ);
    tops.num.set([this.price, 2, this.price + 0.5, 3]);
    tops.write(id, VALIDITY.LIVE, 0, 1);
  }

  quote(id: number): void {
    this.price += 1;
    this.commit((out) => {
      out.num.set([this.price, 2, this.price + 0.5, 3]);
      out.quote(id, 0);
    });
  }

  doubt(id: number): void {
    this.depths.setValidity(id, VALIDITY.GAPPED, 0, 2);
    this.tops.setValidity(id, VALIDITY.GAPPED, 0, 2);
  }
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-compat-"));
  lane = new Lane();
});
afterEach(() => rmSync(dir, { recursive: true }));

const [bookPath, topPath] = [() => join(dir, "book"), () => join(dir, "top")];

function bookFollower(symbol: string): Follower {
  const files = new BookFiles({ book_file: bookPath(), top_file: topPath() });
  const followed = new Followed(lane.handle.region, [files], false);
  return new Follower(lane.handle, "compat", [{ code: VENUE, name: symbol, followed }]);
}

/** Best bid of both files in units, null where there is none. */
function shown(): (number | null)[] {
  const units = (price: bigint | undefined): number | null =>
    price === undefined ? null : Number(price) / 1e6;
  return [units(readCompatBook(bookPath()).bids[0]?.price), units(readCompatTop(topPath()).bid?.price)];
}

describe("the two book files", () => {
  it("show a live book and nothing else", () => {
    const id = lane.list("SOLUSD");
    const follower = bookFollower("SOL-USD");
    follower.step();
    expect(shown()).toEqual([null, null]);
    lane.change(id);
    lane.rows(id);
    follower.step();
    expect(shown()).toEqual([101, 101]);
    lane.doubt(id);
    follower.step();
    expect(shown()).toEqual([null, null]);
    lane.rows(id);
    follower.step();
    expect(shown()).toEqual([101, 101]);
    follower.close();
    expect(shown()).toEqual([null, null]);
  });

  it("wait for the row of a commit, and not for one that does not come", async () => {
    const id = lane.list("SOLUSD");
    const follower = bookFollower("SOLUSD");
    lane.change(id);
    expect(follower.step()).toBe(true);
    lane.rows(id);
    expect(follower.step()).toBe(false);
    expect(shown()).toEqual([101, 101]);
    lane.change(id);
    expect(follower.step()).toBe(true);
    await expect.poll(() => follower.step(), { timeout: 2000 }).toBe(false);
    expect(shown()).toEqual([101, 101]);
  });

  it("find an instrument that is listed later", () => {
    const follower = bookFollower("SOL-USD");
    lane.list("BTCUSD");
    follower.step();
    const id = lane.list("SOLUSD");
    lane.rows(id);
    follower.step();
    expect(shown()).toEqual([100, 100]);
  });

  it("do not show what an earlier writer of the lane left", () => {
    const id = lane.list("SOLUSD");
    lane.rows(id, Date.now() - 10_000);
    const follower = bookFollower("SOLUSD");
    follower.step();
    expect(shown()).toEqual([null, null]);
    lane.rows(id);
    follower.step();
    expect(shown()).toEqual([100, 100]);
    const later = new Int32Array(2);
    putMicros((Date.now() + 60_000) * 1000, later, 0);
    lane.handle.region.enter(process.pid, { lo: later[0]!, hi: later[1]! });
    const next = new RingWriter(lane.handle.region.control, lane.handle.region.slots);
    expect(next.head).toBe(lane.ring.head);
    follower.step();
    expect(shown()).toEqual([null, null]);
  });

  it("are empty while nobody keeps the lane", () => {
    const id = lane.list("SOLUSD");
    lane.rows(id);
    const follower = bookFollower("SOLUSD");
    follower.step();
    follower.tick(Date.now() + 2900);
    follower.step();
    expect(shown()).toEqual([100, 100]);
    follower.tick(Date.now() + 3100);
    follower.step();
    expect(shown()).toEqual([null, null]);
    follower.tick(Date.now());
    follower.step();
    expect(shown()).toEqual([100, 100]);
  });
});

describe("regions of records", () => {
  function regionOf(
    record: keyof typeof K4_RECORD_BYTES,
    quotes: boolean,
  ): { follower: Follower; file: K4File } {
    const file = new K4File(join(dir, record), { record, symbols: ["SOLUSD"], records: 4 }, "spot");
    const followed = new Followed(lane.handle.region, [file.taker(0, quotes)], quotes);
    return {
      file,
      follower: new Follower(lane.handle, "compat", [{ code: VENUE, name: "SOLUSD", followed }]),
    };
  }

  /** Place of the last record, and one double of each. */
  function records(record: keyof typeof K4_RECORD_BYTES, at: number): [index: number, values: number[]] {
    const bytes = readFileSync(join(dir, record));
    const size = K4_RECORD_BYTES[record];
    const values = [0, 1, 2, 3].map((i) => bytes.readDoubleLE(64 + i * size + at));
    return [Number(bytes.readBigInt64LE(48)), values];
  }

  it("hold every trade", () => {
    const id = lane.list("SOLUSD");
    const { follower } = regionOf("trade", true);
    for (let i = 0; i < 6; i++) lane.trade(id, i, 10 + i);
    follower.step();
    expect(records("trade", 64)).toEqual([1, [14, 15, 12, 13]]);
  });

  it("hold every quote, and an empty one when it is not live any more", () => {
    const id = lane.list("SOLUSD");
    const { follower, file } = regionOf("bookticker", true);
    lane.quote(id);
    lane.quote(id);
    lane.top(id);
    follower.step();
    expect(records("bookticker", 64)).toEqual([1, [101, 102, 0, 0]]);
    lane.doubt(id);
    follower.step();
    follower.step();
    expect(records("bookticker", 64)).toEqual([2, [101, 102, 0, 0]]);
    expect(file.counts).toMatchObject([{ written: 3, emptied: 1 }]);
    // Commits come before the rows that go with them: what the row said before does not speak against the quote.
    lane.quote(id);
    expect(follower.step()).toBe(true);
    expect(records("bookticker", 64)).toEqual([3, [101, 102, 0, 103]]);
    lane.top(id);
    lane.doubt(id);
    expect(follower.step()).toBe(false);
    expect(records("bookticker", 64)).toEqual([0, [0, 102, 0, 103]]);
  });

  it("do not show a quote as live whose row was seen to be stale before the quote was read", () => {
    const id = lane.list("SOLUSD");
    const file = new K4File(
      join(dir, "bookticker"),
      { record: "bookticker", symbols: ["SOLUSD"], records: 4 },
      "spot",
    );
    const followed = new Followed(lane.handle.region, [file.taker(0, true)], true);
    followed.begin(id);
    const ring = new RingReader(lane.handle.region.control, lane.handle.region.slots);
    lane.quote(id);
    lane.top(id);
    lane.doubt(id);
    expect(followed.look(0, 0)).toBe(false);
    ring.poll((slots, word) => followed.slot(slots, word, ring.cursor));
    expect(records("bookticker", 64)).toEqual([0, [101, 0, 0, 0]]);
    expect(followed.look(0, 1)).toBe(false);
    expect(records("bookticker", 64)).toEqual([1, [101, 0, 0, 0]]);
  });

  it("hold the best five levels with the price of the last trade", () => {
    const id = lane.list("SOLUSD");
    const { follower } = regionOf("depth5", true);
    lane.trade(id, 1, 99.5);
    lane.change(id);
    lane.rows(id);
    follower.step();
    expect(records("depth5", 80)).toEqual([0, [101, 0, 0, 0]]);
    expect(records("depth5", 72)).toEqual([0, [99.5, 0, 0, 0]]);
    lane.doubt(id);
    follower.step();
    expect(records("depth5", 72)).toEqual([1, [99.5, 99.5, 0, 0]]);
    expect(records("depth5", 80)).toEqual([1, [101, 0, 0, 0]]);
  });

  it("begin with an empty record where an earlier run left one", () => {
    const id = lane.list("SOLUSD");
    const { follower } = regionOf("bookticker", false);
    lane.change(id);
    lane.rows(id);
    follower.step();
    expect(records("bookticker", 64)).toEqual([0, [101, 0, 0, 0]]);
    regionOf("bookticker", false);
    expect(records("bookticker", 64)).toEqual([1, [101, 0, 0, 0]]);
  });
});
