import fc from "fast-check";
import { expect, it } from "vitest";
import { INSTRUMENT_KINDS, instrumentOf } from "../../model/index.ts";
import { packRow, readAbout } from "./about.ts";

const ABOUT = {
  format: "tape/1",
  lane: "main",
  software: "1.2.3",
  seed: 7,
  first: 0,
  maxFrame: 1,
  region: { slots: 512, instruments: 8 },
  config: null,
  connections: [],
};

it("brings instruments back as they were, whatever their numbers (property)", () => {
  const row = fc
    .record({
      symbol: fc.string(),
      canonical: fc.string(),
      kind: fc.constantFrom(...INSTRUMENT_KINDS),
      tick: fc.double(),
      lot: fc.double(),
      expiry: fc.oneof(fc.constant(Infinity), fc.constant(NaN), fc.integer()),
      venueCode: fc.integer({ min: 0, max: 65_535 }),
    })
    .map(({ venueCode, ...one }) => ({ ...instrumentOf(one), venueCode }));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      const text = JSON.stringify({ ...ABOUT, rows: rows.map(packRow) });
      const back = readAbout(JSON.parse(text))!.rows;
      expect(back).toHaveLength(rows.length);
      rows.forEach((one, i) => {
        for (const [key, value] of Object.entries(one))
          expect([key, (back[i] as unknown as Record<string, unknown>)[key]]).toEqual([
            key,
            value === 0 ? expect.closeTo(0) : value,
          ]);
      });
    }),
    { seed: 3, numRuns: 100 },
  );
});

it("is not read from something else", () => {
  expect(readAbout({ ...ABOUT, rows: [] })).not.toBeNull();
  for (const other of [null, 3, {}, { ...ABOUT, rows: 1 }, { ...ABOUT, rows: [], format: "tape/2" }])
    expect(readAbout(other)).toBeNull();
});
