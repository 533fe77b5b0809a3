import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventWriter, HEADER, RingWriter, SlotViews } from "../log/index.ts";
import { LONG, Slab, SymbolTable, encodeText, halvesToText } from "../model/index.ts";
import { quickTime } from "./iso.ts";
import { isoTime } from "./kit.ts";
import { decimalsOf, fixed, isoText } from "./writing.ts";

const ring = new RingWriter(new Int32Array(HEADER.size / 4), SlotViews.make(512));
const out = new EventWriter(ring, new SymbolTable());
const slab = new Slab(256);

/** Nanoseconds read, and how many bytes; [-1] when it is no time. */
function read(text: string, reader: (p: number, end: number) => number): [number, string?] {
  slab.bytes.fill(0x39);
  const bytes = encodeText(text);
  slab.bytes.set(bytes, 7);
  out.long.fill(-1, LONG.TS, LONG.TS + 2);
  const next = reader(7, 7 + bytes.length);
  return next < 0 ? [-1] : [next - 7, halvesToText(out.long[LONG.TS + 1]!, out.long[LONG.TS]!)];
}

const quick = (text: string): ReturnType<typeof read> => read(text, (p, end) => quickTime(slab, p, end, out));
const kit = (text: string): ReturnType<typeof read> => read(text, (p) => isoTime(slab, p, out));

const micros = fc.integer({ min: 0, max: 4_294_967_295_999_999 });
const decimals = fc.integer({ min: 6, max: 9 });

describe("quickTime", () => {
  it("reads the nanoseconds of known texts", () => {
    for (const [text, nanos] of [
      ['2026-10-05T09:12:44.123456Z"}]}', "1791191564123456000"],
      ['2026-10-05T09:12:44.123456789Z"', "1791191564123456789"],
      ['2026-10-05T09:12:00.000000Z"}]}', "1791191520000000000"],
      ['2026-10-05T09:12:59.999999999Z"', "1791191579999999999"],
      ['2026-10-05T09:12:44.2Z"}]}......', "1791191564200000000"],
      ['1970-01-01T00:00:00Z"}]}.........', "0"],
      ['1970-01-01T00:00:59.000000Z"}]}', "59000000000"],
      ['0001-01-01T00:00:30.000000Z"}]}', "0"],
    ] as const) {
      expect(quick(text)[1], text).toBe(nanos);
      // Again, with its minute remembered.
      expect(quick(text)[1], text).toBe(nanos);
    }
  });

  it("gives what the kit gives, for times in any order and with any digit changed", () => {
    const damage = fc.option(fc.tuple(fc.nat(29), fc.constantFrom(...'0569:.-TZ "}x')), {
      freq: 3,
      nil: null,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(micros, decimals, damage), { maxLength: 6 }), (times) => {
        for (const [at, digits, change] of times) {
          const text = `${isoText(at, digits)}"}]}`;
          const [where, char] = change ?? [-1, ""];
          const damaged = change === null ? text : text.slice(0, where) + char + text.slice(where + 1);
          expect(quick(damaged), damaged).toEqual(kit(damaged));
          expect(quick(text), text).toEqual(kit(text));
        }
      }),
      { seed: 5, numRuns: 400 },
    );
  });

  it("reads nothing that lies behind the end", () => {
    slab.bytes.set(encodeText('2026-10-05T09:12:44.123456Z"}]}'), slab.capacity - 20);
    expect(() => quickTime(slab, slab.capacity - 20, slab.capacity, out)).not.toThrow();
  });
});

describe("writing", () => {
  it("writes the time that Date writes", () => {
    fc.assert(
      fc.property(micros, (at) => {
        const millis = Math.floor(at / 1000);
        const rest = String(at - millis * 1000).padStart(3, "0");
        expect(isoText(at, 6)).toBe(new Date(millis).toISOString().replace("Z", `${rest}Z`));
        expect(isoText(at, 9)).toBe(isoText(at, 6).replace("Z", "000Z"));
      }),
      { seed: 6 },
    );
  });

  it("pads numbers and never cuts them", () => {
    expect([fixed(85603, 1), fixed(0.0021, 8), fixed(1e-8, 8), fixed(0.25, 1), fixed(7, 0)]).toEqual([
      "85603.0",
      "0.00210000",
      "0.00000001",
      "0.25",
      "7",
    ]);
    expect([decimalsOf(0.01), decimalsOf(1), decimalsOf(1e-8), decimalsOf(NaN)]).toEqual([2, 0, 8, 0]);
  });
});
