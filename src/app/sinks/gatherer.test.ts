import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventWriter, InstrumentWriter, RingWriter, VenueWriter, slotFlags } from "../../log/index.ts";
import { FLAG, KIND, LONG, NUM, SIDE, SymbolTable, instrumentOf, putNumber } from "../../model/index.ts";
import type { SlotBatch } from "../../sinks/index.ts";
import { JournalWriter, heapRegion, openLossless } from "../../store/index.ts";
import type { LosslessReader } from "../../store/index.ts";
import { Gatherer } from "./gatherer.ts";
import type { Wanted } from "./gatherer.ts";
import { newestOf } from "./newest.ts";

const SLOTS = 512;
const ALL: Wanted = { kinds: 0x7fe, venues: null };

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-gather-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A lane, its journal, and everything it has ever committed: the words of each slot, and where each event begins. */
class Lane {
  readonly handle = heapRegion({ lane: "x", slots: SLOTS, instruments: 16, maxStallMs: 0 });
  readonly folder = join(dir, "x", String(Math.random()));
  readonly journal = new JournalWriter(this.folder, "x", { fsyncMs: 60_000 });
  readonly slots: number[][] = [];
  readonly starts: number[] = [];
  readonly #ring = new RingWriter(this.handle.region.control, this.handle.region.slots);
  readonly #out = new EventWriter(this.#ring, new SymbolTable());

  constructor() {
    const { region } = this.handle;
    const instruments = new InstrumentWriter(region.control, region.instruments);
    for (const name of ["BTC-USD", "ETH-USD", "SOL-USD"])
      instruments.add(3, instrumentOf({ symbol: name, canonical: name }));
    new VenueWriter(region.venues).declare(3, "binance-coinm");
    this.#out.venue = 3;
    this.journal.attach(this.handle);
  }

  /** A book event of so many slots, or a trade for 0. */
  write(slots: number, instrument: number): void {
    const out = this.#out;
    out.begin({ lo: this.slots.length, hi: 5 });
    putNumber(this.slots.length, out.long, LONG.ID);
    if (slots === 0) out.trade(instrument, SIDE.BUY, 0);
    for (let i = 0; i < slots; i++) {
      out.num[NUM.PRICE] = this.slots.length + i;
      out.level(SIDE.BID);
    }
    if (slots > 0) out.book(instrument, 0);
    out.endFrame();
    this.starts.push(this.slots.length);
    for (let i = 0; i < out.pending; i++)
      this.slots.push([...out.slots.i32.subarray(out.wordAt(i), out.wordAt(i) + 16)]);
    this.#ring.commit();
  }

  copy(): void {
    while (this.journal.poll() > 0);
  }

  reader(from: number | "oldest" | "head"): LosslessReader {
    return openLossless({ journal: this.folder, region: this.handle, from });
  }
}

function words({ slots }: SlotBatch, i: number): number[] {
  return [...slots.i32.subarray(i << 4, (i + 1) << 4)];
}

/** Everything a gatherer has, batch by batch; checks what holds of every batch. */
function* batches(gatherer: Gatherer, wanted: Wanted, lane: Lane): Generator<SlotBatch> {
  for (let batch = gatherer.gather(true); batch !== null; batch = gatherer.gather(true)) {
    for (let i = 0; i < batch.count; i++) {
      expect(words(batch, i)).toEqual(lane.slots[batch.seqs[i]!]);
      if (wanted === ALL && batch.holes.length === 0) expect(batch.seqs[i]).toBe(batch.first + i);
    }
    if (batch.count > 0) expect(slotFlags(batch.slots, (batch.count - 1) << 4) & FLAG.LAST).not.toBe(0);
    for (const at of [batch.first, batch.end])
      expect(at === lane.slots.length || lane.starts.includes(at)).toBe(true);
    yield batch;
    gatherer.done();
  }
}

describe("a gatherer", () => {
  it("tiles the lane with whole events, whatever the sizes and whoever laps whom", async () => {
    const step = fc.oneof(
      fc.record({ write: fc.oneof(fc.nat(3), fc.integer({ min: 0, max: 200 })), id: fc.nat(2) }),
      fc.record({ write: fc.constant(2), id: fc.nat(2) }),
      fc.constant("copy" as const),
      fc.constant("gather" as const),
      fc.constant("again" as const),
      fc.constant("flood" as const),
    );
    let missed = 0;
    const run = async (
      steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
      size: number,
    ): Promise<void> => {
      const lane = new Lane();
      let gatherer = new Gatherer({ lane: "x", reader: lane.reader(0), wanted: ALL, slots: size, from: 0 });
      let next = 0;
      let missing = 0;
      const take = (): void => {
        for (const batch of batches(gatherer, ALL, lane)) {
          for (const { first, last } of batch.holes) {
            expect(first).toBe(next);
            missing += last - first + 1;
            next = last + 1;
          }
          expect(batch.first).toBe(next);
          expect(batch.count).toBe(batch.end - batch.first);
          next = batch.end;
        }
      };
      for (const one of steps) {
        if (one === "copy") lane.copy();
        else if (one === "gather") take();
        else if (one === "again")
          gatherer = new Gatherer({
            lane: "x",
            reader: lane.reader(next),
            wanted: ALL,
            slots: size,
            from: next,
          });
        else if (one === "flood") for (let i = 0; i < 6; i++) lane.write(100, 1);
        else lane.write(one.write, one.id);
      }
      lane.write(0, 0);
      lane.copy();
      // Files of the journal are looked for now and then only.
      for (let looks = 0; next < lane.slots.length && looks < 1000; looks++) {
        take();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      // What the reader was quick enough for it has, also where the journal was not.
      expect(next).toBe(lane.slots.length);
      expect(missing).toBeLessThanOrEqual(lane.journal.stats.lost);
      missed += missing;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 300 }), (steps, size) =>
        run(steps, size),
      ),
      { numRuns: 60, seed: 7 },
    );
    expect(missed).toBeGreaterThan(0);
  });

  it("takes the kinds and venues asked for, and covers the rest", () => {
    const lane = new Lane();
    for (let i = 0; i < 100; i++) lane.write(i % 3, i % 3);
    const trades: Wanted = { kinds: 1 << KIND.TRADE, venues: null };
    const nobody: Wanted = { kinds: 0x7fe, venues: new Set([4]) };
    for (const [wanted, expected] of [
      [trades, lane.starts.filter((_, i) => i % 3 === 0)],
      [nobody, []],
    ] as const) {
      const gatherer = new Gatherer({ lane: "x", reader: lane.reader(0), wanted, slots: 16, from: 0 });
      const seqs: number[] = [];
      let end = 0;
      for (const batch of batches(gatherer, wanted, lane)) {
        expect(batch.first).toBe(end);
        end = batch.end;
        seqs.push(...batch.seqs.subarray(0, batch.count));
      }
      expect([seqs, end]).toEqual([expected, lane.slots.length]);
    }
  });

  it("hands nothing over while there is nothing that was asked for, unless it is asked", () => {
    const lane = new Lane();
    lane.write(2, 0);
    const gatherer = new Gatherer({
      lane: "x",
      reader: lane.reader(0),
      wanted: { kinds: 1 << KIND.TRADE, venues: null },
      slots: 16,
      from: 0,
    });
    expect(gatherer.gather(false)).toBeNull();
    expect(gatherer.gather(true)).toMatchObject({ first: 0, end: 2, count: 0 });
  });

  it("resolves ids as they were when the slots were read", () => {
    const lane = new Lane();
    lane.write(1, 1);
    const gatherer = new Gatherer({ lane: "x", reader: lane.reader(0), wanted: ALL, slots: 16, from: 0 });
    const { rows } = gatherer.gather(false)!;
    expect([rows.venue(3), rows.instrument(1)?.canonical, rows.instrument(0)]).toEqual([
      "binance-coinm",
      "ETH-USD",
      null,
    ]);
  });
});

describe("the newest", () => {
  it("event of every kind and instrument stays, whole and in order", () => {
    const lane = new Lane();
    for (const [slots, id] of [
      [0, 0],
      [3, 0],
      [0, 1],
      [0, 0],
      [2, 0],
      [0, 2],
    ] as const)
      lane.write(slots, id);
    const gatherer = new Gatherer({ lane: "x", reader: lane.reader(0), wanted: ALL, slots: 64, from: 0 });
    const batch = newestOf(gatherer.gather(false)!);
    const kept = [...batch.seqs.subarray(0, batch.count)];
    expect(kept).toEqual([4, 5, 6, 7, 8]);
    kept.forEach((seq, i) => expect(words(batch, i)).toEqual(lane.slots[seq]));
    expect([batch.first, batch.end]).toEqual([0, 9]);
  });
});
