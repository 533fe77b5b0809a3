import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DerivedWriter,
  EventReader,
  HEADER,
  RingReader,
  RingWriter,
  SlotViews,
} from "../../src/log/index.ts";
import { DERIVED, DERIVED_CODE, VENUE_CODES, venueOfCode } from "../../src/model/index.ts";
import type { Instrument, InstrumentEvent, MarketEvent } from "../../src/model/index.ts";
import type { Heard, Made, Pipeline } from "../../src/pipelines/index.ts";

/**
 * What holds of every pipeline: it is a function of what it hears, speaks only when it is told the time, changes nothing that it is
 * given, does not care in which order instruments are listed, and what it makes goes through the log unchanged.
 */

export interface PipelineTrial {
  readonly make: () => Pipeline;
  /** Some events of the types it reads, but for `time`; of all listings it is told first. */
  readonly listings: readonly InstrumentEvent[];
  readonly events: fc.Arbitrary<Heard>;
}

const START = 1_700_000_000_000_000;
const RUNS = 60 * Number(process.env["FEEDHORN_LONG"] ?? 1);

interface Told {
  readonly event: Made;
  readonly about: Instrument;
}

/** Hears the events, and the time after every third one. */
function play(pipeline: Pipeline, events: readonly Heard[], gap: number): Told[] {
  const told: Told[] = [];
  const every = pipeline.every! * 1000;
  let at = START;
  events.forEach((event, i) => {
    pipeline.on(frozen(event), () => expect.unreachable("only the time makes it speak"));
    if (i % 3 !== 2) return;
    at += every * gap;
    const before = told.length;
    pipeline.on(frozen({ type: "time", at, now: at + 1234 }), (made, about) =>
      told.push({ event: made, about }),
    );
    for (const { event: made } of told.slice(before))
      expect([made.ts_event, made.ts_recv]).toEqual([at, at + 1234]);
  });
  return told;
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** The events as a reader of the log says them. */
function throughLog(told: readonly Told[]): MarketEvent[] {
  const control = new Int32Array(HEADER.size / 4);
  const ring = new RingWriter(control, SlotViews.make(4096));
  const codes: Readonly<Record<string, number>> = { ...VENUE_CODES, [DERIVED]: DERIVED_CODE };
  const writer = new DerivedWriter(ring, (venue) => codes[venue]!);
  const reader = new RingReader(control, ring.slots);
  const gather = new EventReader({
    venue: (code) => (code === DERIVED_CODE ? DERIVED : venueOfCode(code)),
    instrument: (id) => told[id]?.about ?? null,
  });
  return told.flatMap(({ event }, id) => {
    expect(writer.write(event, id)).toBe(true);
    ring.commit();
    const read: MarketEvent[] = [];
    reader.poll((slots, word) => {
      const one = gather.accept(slots, word);
      if (one !== null) read.push(one);
    });
    return read;
  });
}

export function testPipeline({ make, listings, events }: PipelineTrial): void {
  const { name, every, reads, writes } = make();
  const some = fc.array(events, { minLength: 3, maxLength: 60 });
  const gap = fc.integer({ min: 1, max: 5 });

  describe(`pipeline ${name}`, () => {
    it("says what it reads, what it writes, and how often", () => {
      expect(reads).toContain("time");
      expect(writes.length).toBeGreaterThan(0);
      expect(every).toBeGreaterThan(0);
    });

    it("makes the same of the same, in any order of listing, and it goes through the log unchanged", () => {
      let made = 0;
      fc.assert(
        fc.property(
          some,
          gap,
          fc.shuffledSubarray([...listings], { minLength: listings.length }),
          (heard, n, listed) => {
            const told = play(make(), [...listings, ...heard], n);
            expect(play(make(), [...listed, ...heard], n)).toEqual(told);
            for (const { event, about } of told) {
              expect(writes).toContain(event.type);
              expect([event.venue, event.symbol, event.instrument]).toEqual([
                DERIVED,
                about.symbol,
                about.canonical,
              ]);
            }
            expect(throughLog(told)).toEqual(told.map(({ event }) => event));
            made += told.length;
          },
        ),
        { seed: 9, numRuns: RUNS },
      );
      expect(made).toBeGreaterThan(RUNS);
    });
  });
}
