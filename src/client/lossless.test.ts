import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EventWriter, InstrumentWriter, readReaders, RingWriter } from "../log/index.ts";
import { instrumentOf, SIDE, SymbolTable } from "../model/index.ts";
import { createRegion, journalFolder, JournalWriter } from "../store/index.ts";
import type { RegionHandle } from "../store/index.ts";
import { openLossless } from "./lossless.ts";
import type { SequencedEvent } from "./lossless.ts";

const SMALL = { slots: 512, venues: 2, instruments: 4, counters: 1, histograms: 1, readers: 4 };
let dir: string;
let handle: RegionHandle;
let out: EventWriter;
let journal: JournalWriter;

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-lossless-"));
  handle = createRegion({ dir, lane: "main", ...SMALL });
  const { region } = handle;
  new InstrumentWriter(region.control, region.instruments).add(
    1,
    instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT" }),
  );
  out = new EventWriter(
    new RingWriter(region.control, region.slots, region.bell, region.gate),
    new SymbolTable(),
  );
  out.venue = 1;
  journal = new JournalWriter(journalFolder(dir, "main"), "main");
  journal.attach(handle);
});
afterEach(async () => {
  await journal.close();
  handle.close();
  fs.rmSync(dir, { recursive: true });
});

/** Trades, and after every fifth a book of three levels; the journal copies along. */
function write(count: number): void {
  for (let i = 0; i < count; i++) {
    out.num.set([i, 1]);
    out.trade(0, SIDE.BUY, 0);
    if (i % 5 === 4) for (let k = 0; k < 3; k++) out.level(SIDE.BID);
    if (i % 5 === 4) out.book(0, 0);
    out.ring.commit();
    if (i % 100 === 0) journal.poll();
  }
}

it("gives every event with its place, and goes on where it was", () => {
  write(1000);
  const first = openLossless("main", { dir, data: dir, cursor: "archive" });
  const seen: SequencedEvent[] = [];
  first.poll((one) => seen.push(one), 100);
  expect(seen.slice(0, 7).map(({ seq, next, event }) => [seq, next, event.type])).toEqual([
    [0, 1, "trade"],
    [1, 2, "trade"],
    [2, 3, "trade"],
    [3, 4, "trade"],
    [4, 5, "trade"],
    [5, 8, "book"],
    [8, 9, "trade"],
  ]);
  expect(seen[0]!.event).toMatchObject({ venue: "binance", instrument: "BTC-USDT", price: 0 });
  expect([first.source, first.lost]).toEqual(["journal", 0]);
  first.save(seen.at(-1)!.next);
  first.close();
  const again = openLossless("main", { dir, data: dir, cursor: "archive" });
  while (again.poll((one) => seen.push(one)) > 0);
  expect(seen.length).toBe(1200);
  expect(seen.every(({ seq }, i) => i === 0 || seq === seen[i - 1]!.next)).toBe(true);
  expect([again.source, again.lost, again.lag]).toEqual(["ring", 0, 0]);
  expect(readReaders(handle.region.readers).map(({ name, role }) => [name, role])).toEqual([
    ["journal", "journal"],
    ["archive", "lossless"],
  ]);
  again.close();
});

it("follows, and tells of what is gone", async () => {
  write(2000);
  // what is on the disk is not waited for when its file is gone
  await expect.poll(() => (journal.poll(), journal.durable), { timeout: 10_000 }).toBe(out.ring.head);
  fs.rmSync(path.join(journalFolder(dir, "main"), "0000000000000000.fhj"));
  const lane = openLossless("main", { dir, data: dir, from: 0 });
  const holes: object[] = [];
  lane.onHole = (hole) => holes.push(hole);
  const events: number[] = [];
  for await (const { seq, next } of lane.follow()) {
    events.push(seq);
    if (next === out.ring.head) break;
  }
  expect(holes).toEqual([{ first: 0, last: events[0]! - 1, reason: "deleted" }]);
  expect(lane.lost).toBe(events[0]);
  expect(() => lane.save(1)).toThrow(/expected the option cursor/);
  lane.close();
});
