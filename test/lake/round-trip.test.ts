import * as fs from "node:fs";
import * as path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { EventReader, slotFlags } from "../../src/log/index.ts";
import { FLAG } from "../../src/model/index.ts";
import type { MarketEvent } from "../../src/model/index.ts";
import { parquet } from "../../src/sinks/parquet.ts";
import type { SlotBatch } from "../../src/sinks/index.ts";
import { eventsOf, rowsOf } from "./read-back.ts";
import { events } from "./random-slots.ts";
import { hostOf, LAKE_OPTIONS, SlotMaker, temporaryFolder } from "./rig.ts";

const RUNS = 3 + 2 * Number(process.env["FEEDHORN_LONG"] ?? 1);
const root = temporaryFolder("feedhorn-lake-", afterAll);

/** What the log's own reader says of the same slots. */
function decoded(batch: SlotBatch): { seq: number; slots: number; event: unknown }[] {
  const reader = new EventReader(batch.rows);
  const all = [];
  let first = 0;
  for (let i = 0; i < batch.count; i++) {
    const event = withoutOwnVenue(reader.accept(batch.slots, i << 4));
    if ((slotFlags(batch.slots, i << 4) & FLAG.LAST) === 0) continue;
    all.push({ seq: batch.seqs[first]!, slots: i - first + 1, event });
    first = i + 1;
  }
  return all;
}

/** Rows of surfaces are of the venue of their options; that of the event is always the same. */
function withoutOwnVenue(event: MarketEvent | null): object | null {
  if (event?.type !== "iv_surface") return event;
  const { venue: _, ...rest } = event;
  return rest;
}

describe("a lake read back", () => {
  it("says of every event of every kind what the log says, value for value", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(events, { maxLength: 60 }), { minLength: 1, maxLength: 4 }),
        async (batches) => {
          const data = path.join(root, `run${runs++}`);
          const { host, told } = hostOf(data);
          const sink = await parquet.open(LAKE_OPTIONS, host);
          const expected = [];
          let seq = 2 ** 33 - 7;
          for (const puts of batches) {
            const maker = new SlotMaker();
            for (const put of puts) put(maker);
            const batch = maker.batch(seq);
            expected.push(...decoded(batch));
            seq = batch.end;
            await sink.write(batch);
            if (puts.length % 3 === 0) await sink.flush();
          }
          const marks = await sink.flush();
          expect(marks).toEqual(batches.at(-1)!.length % 3 === 0 ? marks : { main: seq });
          expect(sink.resumeAt!("main")).toBe(seq);
          await sink.close();
          expect(told.reports).toEqual([]);
          expect(eventsOf(await rowsOf(path.join(data, "lake")))).toEqual(expected);
          fs.rmSync(data, { recursive: true });
        },
      ),
      { seed: 7, numRuns: RUNS, endOnFailure: true },
    );
  });
});
