import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME, LONG, NUM, SLAB_PAD, Slab, encodeText, halvesToText, toMicros } from "../model/index.ts";
import type { Out } from "../model/index.ts";
import * as kit from "./kit.ts";

const SEED = { seed: 7001, numRuns: 3000 };

/** Registers and counters only: the scanners emit nothing. */
function registers(): Out {
  const none = (): void => undefined;
  const emitters = {
    trade: none,
    quote: none,
    openBook: none,
    level: none,
    book: none,
    bookOf: none,
    ticker: none,
    stats: none,
  };
  return {
    num: new Float64Array(8).fill(-7),
    long: new Int32Array(8).fill(-7),
    hasConnection: false,
    checksum: 0,
    hasChecksum: false,
    inexact: 0,
    fallbacks: 0,
    slowFallbacks: 0,
    scanned: 0,
    begin: none,
    instrument: () => -1,
    ...emitters,
    option: new Float64Array(15),
    optionTicker: none,
    index: none,
    liquidation: none,
    status: none,
  };
}

type Scanner = (slab: Slab, p: number, out: Out) => number;

/** Runs a scanner on `text` with `after` behind it; how many bytes it took (-1 = refused) and what it wrote. */
function scan(
  scanner: Scanner,
  text: string,
  after = ",",
  at = 5,
  capacity = 600,
): { took: number; out: Out } {
  const slab = new Slab(capacity);
  slab.bytes.set(encodeText(text + after), at);
  const out = registers();
  const next = scanner(slab, at, out);
  return { took: next < 0 ? -1 : next - at, out };
}

/** How far into the pad the longest key leads a parser that began before the end. */
const KEY = 15;

/** `text` as far behind the end of the slab as a key can lead: nothing behind it but the rest of the pad. */
function scanAtEnd(scanner: Scanner, text: string): { took: number; out: Out } {
  const capacity = Math.max(0, text.length - KEY);
  return scan(scanner, text, "", capacity + SLAB_PAD - Math.max(text.length, SLAB_PAD - KEY), capacity);
}

const PRICE = 0;
const decimal: Scanner = (slab, p, out) => kit.decimal(slab, p, out, PRICE);
const signed: Scanner = (slab, p, out) => kit.signedDecimal(slab, p, out, PRICE);
const quoted: Scanner = (slab, p, out) => kit.quotedDecimal(slab, p, out, PRICE);
const integer: Scanner = (slab, p, out) => kit.integer(slab, p, out, LONG.ID);
const value = (out: Out): number => out.num[PRICE]!;
const idText = (out: Out): string => halvesToText(out.long[LONG.ID + 1]!, out.long[LONG.ID]!);
const ts = (out: Out): number => toMicros(out.long[LONG.TS + 1]!, out.long[LONG.TS]!);

const digits = (min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: min, maxLength: max });
const whole = fc.oneof(
  fc.constant("0"),
  fc.tuple(fc.constantFrom(..."123456789"), digits(0, 19)).map((parts) => parts.join("")),
);
const plainDecimal = fc
  .tuple(whole, fc.option(digits(1, 14)))
  .map(([w, f]) => (f === null ? w : `${w}.${f}`));
const exponent = fc.option(fc.tuple(fc.constantFrom("e", "E"), fc.constantFrom("", "+", "-"), digits(1, 2)));
const anyDecimal = fc.tuple(plainDecimal, exponent).map(([d, e]) => d + (e === null ? "" : e.join("")));

describe("decimal", () => {
  it("is Number() of the text, to the bit, wherever the text stands", () => {
    fc.assert(
      fc.property(anyDecimal, fc.constantFrom(",", '"', "]", "}", " "), (text, after) => {
        const { took, out } = scan(decimal, text, after);
        expect(took).toBe(text.length);
        expect(value(out)).toBe(Number(text));
        expect(value(scanAtEnd(decimal, text).out)).toBe(Number(text));
      }),
      SEED,
    );
  });

  it("counts exactly the texts whose digits the double cannot give back", () => {
    fc.assert(
      fc.property(plainDecimal, (text) => {
        const kept = Number(text).toLocaleString("en", {
          useGrouping: false,
          maximumFractionDigits: 20,
          maximumSignificantDigits: 17,
        });
        const bare = (one: string): string => one.replace(".", "").replace(/^0+|0+$/g, "");
        if (bare(text).length <= 15) expect(scan(decimal, text).out.inexact).toBe(0);
        else if (bare(text).length > 17)
          expect(scan(decimal, text).out.inexact).toBe(bare(kept) === bare(text) ? 0 : 1);
      }),
      SEED,
    );
  });

  it.each([
    ["118345.61000000", 118345.61],
    ["0.00000001", 1e-8],
    ["8123456789.00000000", 8123456789],
    ["123456789012345.00000000", 123456789012345],
    ["4503599.627370496", 4503599.627370496],
    ["4503599.627370497", 4503599.627370497],
    ["1e-08", 1e-8],
    ["1049374.33415860", 1049374.3341586],
    ["0", 0],
    ["0.0", 0],
  ])("reads %s", (text, expected) => {
    const { took, out } = scan(decimal, text);
    expect([took, value(out), out.inexact]).toEqual([text.length, expected, 0]);
  });

  it.each([
    "",
    "-1",
    "+1",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    "1e400",
    "00.5",
    "01",
    "x",
    '"1"',
    "1.e5",
    "1e",
    "1.2.3e5",
  ])("refuses %j, or stops before what is not a number", (text) => {
    const { took } = scan(decimal, text, '"');
    expect(took).toBe(text === "1.2.3e5" ? 3 : -1);
  });

  it("stops where no byte is left, on digits to the end of memory", () => {
    for (const scanner of [decimal, signed, quoted, integer, kit.millis, kit.isoTime]) {
      for (const fill of [0x30, 0x39, 0x2e, 0x65, 0x2d, 0x22]) {
        const slab = new Slab(64);
        slab.bytes.fill(fill);
        for (let p = 0; p < slab.capacity + KEY; p++) {
          const next = scanner(slab, p, registers());
          expect(next).toBeLessThanOrEqual(slab.bytes.length);
          slab.bytes[p] = 0x31;
          expect(scanner(slab, p, registers())).toBeLessThanOrEqual(slab.bytes.length);
          slab.bytes[p] = fill;
        }
      }
    }
  });
});

describe("signed and quoted decimals", () => {
  it("carry the sign and demand the quotes", () => {
    fc.assert(
      fc.property(anyDecimal, (text) => {
        expect(value(scan(signed, `-${text}`).out)).toBe(-Number(text));
        expect(value(scan(signed, text).out)).toBe(Number(text));
        expect(scan(quoted, `"${text}"`).took).toBe(text.length + 2);
        expect(value(scan(quoted, `"${text}"`).out)).toBe(Number(text));
      }),
      { ...SEED, numRuns: 500 },
    );
    for (const text of ["1.5", '"1.5', '"-1.5"', '""', '"1.5 "']) expect(scan(quoted, text).took).toBe(-1);
    for (const text of ["--1", "-", "-x", "- 1"]) expect(scan(signed, text).took).toBe(-1);
  });
});

describe("integer", () => {
  it("is exact over all of 64 bits", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.integer({ min: 0, max: 63 }),
        (wide, shift) => {
          const text = String(wide >> BigInt(shift));
          expect(scan(integer, text).took).toBe(text.length);
          expect(idText(scan(integer, text).out)).toBe(text);
          expect(idText(scanAtEnd(integer, text).out)).toBe(text);
        },
      ),
      SEED,
    );
  });

  it.each([
    "",
    "x",
    "-1",
    "00",
    "007",
    "18446744073709551616",
    "99999999999999999999",
    "123456789012345678901",
  ])("refuses %j", (text) => expect(scan(integer, text).took).toBe(-1));
});

describe("millis", () => {
  const max = 2 ** 32 * 1000 - 1;

  it("reads milliseconds and, from 1e15 on, microseconds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max }), fc.integer({ min: 0, max: 999 }), (ms, rest) => {
        expect(scan(kit.millis, String(ms)).took).toBe(String(ms).length);
        expect(ts(scan(kit.millis, String(ms)).out)).toBe(ms * 1000);
        expect(ts(scanAtEnd(kit.millis, String(ms)).out)).toBe(ms * 1000);
        const us = Math.max(1e15, ms * 1000 + rest);
        expect(ts(scan(kit.millis, String(us)).out)).toBe(us);
        expect(ts(scanAtEnd(kit.millis, String(us)).out)).toBe(us);
      }),
      SEED,
    );
  });

  it("agrees with putTime about the end of time", () => {
    for (const time of [
      max,
      max + 1,
      999_999_999_999_999,
      1e15,
      max * 1000 + 999,
      (max + 1) * 1000,
      9.9e15,
    ]) {
      const [direct, out] = [registers(), scan(kit.millis, String(time))];
      expect(out.took >= 0).toBe(kit.putTime(time, direct));
      if (out.took >= 0) expect(ts(out.out)).toBe(ts(direct));
    }
  });

  it.each(["", "x", "-1", "0123456789012", "12345678901234567", "17799552012345678"])("refuses %j", (text) =>
    expect(scan(kit.millis, text).took).toBe(-1),
  );
});

describe("isoTime", () => {
  it("is the calendar's, to nine decimals", () => {
    const date = fc.date({
      min: new Date("1970-01-01T00:00:00Z"),
      max: new Date("2105-12-31T23:59:59Z"),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, digits(0, 9), (when, fraction) => {
        const text = `${when.toISOString().slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
        const { took, out } = scan(kit.isoTime, text);
        expect(took).toBe(text.length);
        const seconds = Math.floor(when.getTime() / 1000);
        // Second 0 is the venues' way of saying "no time".
        expect(ts(out)).toBe(
          seconds === 0 ? 0 : seconds * 1e6 + Math.floor(Number(`0.${fraction}0`) * 1e6 + 1e-7),
        );
      }),
      SEED,
    );
  });

  it.each(["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.5Z", "2106-01-01T00:00:00Z"])(
    "takes %s for no time",
    (text) => {
      const { took, out } = scan(kit.isoTime, text);
      expect([took, ts(out)]).toEqual([text.length, 0]);
    },
  );

  it.each([
    "2026-13-05T09:12:44Z",
    "2026-00-05T09:12:44Z",
    "2026-10-32T09:12:44Z",
    "2026-10-05T24:12:44Z",
    "2026-10-05 09:12:44Z",
    "2026-10-05T09:60:44Z",
    "2026-10-05T09:12:44",
    "2026-10-05T09:12:44.Z",
    "2026-10-05T09:12:44.1234567890Z",
    "2026-10-05T09:12:44+00:00",
    "x026-10-05T09:12:44Z",
  ])("refuses %s", (text) => expect(scan(kit.isoTime, text).took).toBe(-1));
});

describe("JSON without reading it", () => {
  it("finds the end of any value", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(",", "}", "]"), (text, after) => {
        const bytes = encodeText(text + after);
        const slab = new Slab(bytes.length);
        slab.bytes.set(bytes);
        expect(kit.skipValue(slab, 0, bytes.length)).toBe(bytes.length - 1);
        expect(kit.readJson(slab, 0, bytes.length - 1)).toEqual(JSON.parse(text));
      }),
      { ...SEED, numRuns: 500 },
    );
  });

  it("finds the end of a string over its escapes, and says when there is none", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const bytes = encodeText(JSON.stringify(text));
        const slab = new Slab(bytes.length);
        slab.bytes.set(bytes);
        expect(kit.stringEnd(slab, 1, bytes.length)).toBe(bytes.length - 1);
        expect(kit.stringEnd(slab, 1, bytes.length - 1)).toBe(-1);
        expect(kit.skipValue(slab, 0, bytes.length - 1)).toBe(-1);
      }),
      { ...SEED, numRuns: 500 },
    );
  });

  it("tells what is not JSON from what is not known", () => {
    expect(kit.unreadable(kit.parseJson("{"))).toBe(FRAME.BAD);
    expect(kit.unreadable(kit.parseJson("{}"))).toBe(FRAME.UNKNOWN);
    expect([kit.isObject({}), kit.isObject([]), kit.isObject(null), kit.isObject("")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe("keys", () => {
  it("are four bytes as the view gives them, or any text byte by byte", () => {
    const slab = new Slab(32);
    slab.bytes.set(encodeText('{"b":["levels"]}'));
    expect(slab.view.getInt32(1, true)).toBe(kit.word('"b":'));
    expect(kit.expect(slab, 6, kit.literal('"levels"'))).toBe(14);
    expect(kit.expect(slab, 6, kit.literal('"level"'))).toBe(-1);
    expect(() => kit.word("abc")).toThrow(RangeError);
  });
});

describe("fields of parsed frames", () => {
  it("take decimals as text or number, never negative, never infinite", () => {
    const out = registers();
    for (const [field, wanted] of [
      ["1.50", 1.5],
      [2.25, 2.25],
      ["0", 0],
      ["1e-8", 1e-8],
    ] as const) {
      expect(kit.putField(field, out, NUM.PRICE)).toBe(true);
      expect(out.num[NUM.PRICE]).toBe(wanted);
    }
    for (const field of ["-1", "", "abc", "1e999", null, undefined, {}, true, -1, NaN, " 1", "0x10", "01"])
      expect(kit.putField(field, out, NUM.PRICE)).toBe(false);
    expect(kit.putSigned("-0.25", out, NUM.PRICE)).toBe(true);
    expect(out.num[NUM.PRICE]).toBe(-0.25);
    expect(out.inexact).toBe(0);
  });

  it("take ids up to 2^64 - 1", () => {
    const out = registers();
    for (const field of ["18446744073709551615", 7, "0"]) {
      expect(kit.putId(field, out, LONG.ID)).toBe(true);
      expect(idText(out)).toBe(String(field));
    }
    for (const field of ["18446744073709551616", -1, 1.5, "x", "", null, 1e21])
      expect(kit.putId(field, out, LONG.ID)).toBe(false);
  });
});
