import fc from "fast-check";
import { NO_INSTRUMENT } from "../../src/log/index.ts";
import { FLAG, KIND } from "../../src/model/index.ts";
import { NOON_NS } from "./rig.ts";
import type { SlotMaker } from "./rig.ts";

/** Decimals as venues send them, absent ones, and doubles that are no decimals at all. */
const figure = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 12 }))
      .map(([n, p]) => Number(`${n}e-${p}`)),
  },
  { weight: 1, arbitrary: fc.constant(NaN) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1e-19, 1e21, Infinity, 0.1 + 0.2, 5e-324) },
  { weight: 1, arbitrary: fc.double().map((value) => value + 0 || (value === 0 ? 0 : value)) },
);
const long = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 1n, max: 10n ** 12n }),
);
const flags = fc.constantFrom(
  0,
  FLAG.GAP,
  FLAG.INVALID,
  FLAG.RECOVERED,
  FLAG.DUPLICATE | FLAG.GAP,
  FLAG.SNAPSHOT,
);
/** Around the turn of an hour, absent, and far away. */
const time = fc.oneof(
  fc.bigInt({ min: 0n, max: 2_000_000_000n }).map((ns) => NOON_NS + ns),
  fc.constantFrom(0n, 1n, NOON_NS - 8n * 86_400_000_000_000n, NOON_NS + 7_200_000_000_000n),
);
const head = fc.record({
  venue: fc.constantFrom(1, 2, 7),
  instrument: fc.constantFrom(0, 1, 2, 3, NO_INSTRUMENT),
  event: time,
  recv: fc.bigInt({ min: 0n, max: 1_000_000_000n }).map((ns) => NOON_NS + ns),
  flags,
});
type Head = { venue: number; instrument: number; event: bigint; recv: bigint; flags: number };

const five = fc.array(figure, { minLength: 5, maxLength: 5 });
const byte = fc.integer({ min: 0, max: 3 });

/** Puts one event into a maker. */
type Put = (maker: SlotMaker) => void;

function numbers(values: readonly number[]) {
  return (data: DataView, at: number): void =>
    values.forEach((value, i) => data.setFloat64(at + 24 + 8 * i, value, true));
}

function plain(kind: number): fc.Arbitrary<Put> {
  return fc.tuple(head, five).map(([h, values]) => (maker) => {
    maker.slot(kind, { ...h, flags: h.flags | FLAG.LAST }, numbers(values));
  });
}

/** A trade or liquidation: two figures, an id, a side. */
function dealt(kind: number): fc.Arbitrary<Put> {
  return fc.tuple(head, five, long, byte).map(([h, values, id, side]) => (maker) => {
    maker.slot(kind, { ...h, flags: h.flags | FLAG.LAST }, (data, at) => {
      numbers(values.slice(0, 2))(data, at);
      data.setBigUint64(at + 40, id, true);
      data.setUint8(at + 56, side);
    });
  });
}

const quote = fc.tuple(head, five, long).map(([h, values, id]): Put => (maker) => {
  maker.slot(KIND.QUOTE, { ...h, flags: h.flags | FLAG.LAST }, (data, at) => {
    numbers(values.slice(0, 4))(data, at);
    data.setBigUint64(at + 56, id, true);
  });
});

const level = fc.record({ price: figure, size: figure, side: fc.constantFrom(1, 2) });
const book = fc
  .tuple(head, fc.array(level, { maxLength: 6 }), long, long, fc.option(fc.nat(0xffffffff)))
  .map(([h, levels, seq, prev, checksum]): Put => (maker) => {
    const all = levels.length === 0 ? [{ price: 0, size: 0, side: 0 }] : levels;
    all.forEach(({ price, size, side }, i) => {
      const last = i === all.length - 1 ? FLAG.LAST : 0;
      maker.slot(KIND.BOOK, { ...h, flags: h.flags | last }, (data, at) => {
        numbers([price, size])(data, at);
        data.setBigUint64(at + 40, seq, true);
        data.setBigUint64(at + 48, prev, true);
        data.setUint8(at + 56, side);
        data.setUint8(at + 57, checksum === null ? 0 : 1);
        data.setUint32(at + 60, checksum ?? 0, true);
      });
    });
  });

const option = fc.tuple(head, five, five, five).map(([h, ...figures]): Put => (maker) => {
  figures.forEach((values, i) => {
    maker.slot(KIND.OPTION_TICKER, { ...h, flags: h.flags | (i === 2 ? FLAG.LAST : 0) }, numbers(values));
  });
});

const ticker = fc
  .tuple(head, five, fc.oneof(fc.constant(NaN), fc.integer({ min: 0, max: 4e15 })))
  .map(([h, values, next]): Put => (maker) => {
    maker.slot(
      KIND.TICKER,
      { ...h, flags: h.flags | FLAG.LAST },
      numbers([...values.slice(0, 3), next, values[4]!]),
    );
  });

const status = fc
  .tuple(head, byte, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 21 }), fc.nat(0xffffffff))
  .map(([h, scope, state, reason, epoch]): Put => (maker) => {
    maker.slot(KIND.STATUS, { ...h, flags: h.flags | FLAG.LAST }, (data, at) => {
      data.setUint8(at + 56, scope);
      data.setUint8(at + 57, state);
      data.setUint8(at + 58, reason);
      data.setUint32(at + 60, epoch, true);
    });
  });

/** Derived events: a head, and rows of four figures and some bytes. */
function derivedOf(kind: number, bytes: number): fc.Arbitrary<Put> {
  const small = fc.array(fc.nat(2), { minLength: bytes, maxLength: bytes });
  const ages = fc.array(fc.oneof(fc.constant(NaN), fc.nat(1e9)), { minLength: 2, maxLength: 2 });
  const row = fc.tuple(fc.tuple(five, ages), small, fc.constantFrom(1, 7, 77));
  return fc.tuple(head, fc.array(row, { minLength: 1, maxLength: 5 })).map(([h, rows]) => (maker) => {
    rows.forEach(([[figures, lives], numbersOf, venue], i) => {
      maker.slot(kind, { ...h, flags: h.flags | (i === rows.length - 1 ? FLAG.LAST : 0) }, (data, at) => {
        numbers(figures.slice(0, 4))(data, at);
        if (kind === KIND.SPOT_MID) data.setFloat64(at + 48, lives[1]!, true);
        if (kind === KIND.SPOT_MID && i === 0) data.setFloat64(at + 40, lives[0]!, true);
        numbersOf.forEach((value, k) => data.setUint8(at + 56 + k, value));
        const isHead = i === 0;
        if (isHead === (kind === KIND.IV_SURFACE)) data.setUint16(at + 56, venue, true);
      });
    });
  });
}

/** Events of every kind, as slots. */
export const events: fc.Arbitrary<Put> = fc.oneof(
  dealt(KIND.TRADE),
  quote,
  book,
  ticker,
  plain(KIND.STATS),
  option,
  plain(KIND.INDEX),
  dealt(KIND.LIQUIDATION),
  fc.tuple(head).map(([h]): Put => (maker) => {
    maker.slot(KIND.INSTRUMENT, { ...h, flags: h.flags | FLAG.LAST }, () => undefined);
  }),
  status,
  derivedOf(KIND.SPOT_MID, 4),
  derivedOf(KIND.IV_SURFACE, 7),
);

export type { Head, Put };
