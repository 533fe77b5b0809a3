import fc from "fast-check";
import { expect, it } from "vitest";
import {
  decodeText,
  FLAG,
  instrumentOf,
  KIND,
  LONG,
  NUM,
  OPTION,
  putMicros,
  putText,
  SIDE,
  SymbolTable,
} from "../model/index.ts";
import { EventBytes } from "./event-bytes.ts";
import { EventReader } from "./event-reader.ts";
import { EventWriter } from "./event-writer.ts";
import { JsonBytes } from "./json-bytes.ts";
import { HEADER, NO_INSTRUMENT } from "./layout.ts";
import { RingReader } from "./ring-reader.ts";
import { MIN_SLOTS, RingWriter } from "./ring-writer.ts";
import { SlotViews } from "./slot.ts";

const ROWS = [
  instrumentOf({ symbol: "BTCUSDT", canonical: "BTC-USDT", status: "trading", tick: 0.01 }),
  instrumentOf({ symbol: 'a "quoted"\n\\name', canonical: "X-Y", status: "trading" }),
];
const names = {
  venue: (code: number) => (code === 1 ? "binance" : null),
  instrument: (id: number) => ROWS[id] ?? null,
};

const double = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, NaN, Infinity, 1e21, 1e-7, 0.1 + 0.2, 43210.1),
  fc.integer({ min: 1, max: 10_000_000 }).map((cents) => cents / 100),
);
const id = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.constant(0n)).map(String);
const event = fc.record({
  kind: fc.constantFrom(...Object.values(KIND)),
  instrument: fc.constantFrom(0, 1, 77, NO_INSTRUMENT),
  venue: fc.constantFrom(1, 9),
  numbers: fc.array(double, { minLength: 5, maxLength: 5 }),
  levels: fc.array(fc.tuple(fc.boolean(), double, double), { maxLength: 6 }),
  id,
  prev: id,
  at: fc.integer({ min: 0, max: 2 ** 52 }),
  flags: fc.integer({ min: 0, max: 63 }).map((bits) => bits & ~FLAG.LAST),
  side: fc.constantFrom(SIDE.BUY, SIDE.SELL),
  status: fc.integer({ min: 0, max: 4 }),
});
type Said = typeof event extends fc.Arbitrary<infer One> ? One : never;

function write(out: EventWriter, said: Said): void {
  const { instrument, flags, side } = said;
  out.venue = said.venue;
  out.num.set(said.numbers);
  out.option.fill(NaN);
  out.option[OPTION.MARK] = said.numbers[0]!;
  putText(said.id, out.long, LONG.ID);
  putText(said.prev, out.long, LONG.PREV);
  putMicros(said.at, out.long, LONG.TS);
  const ways: Readonly<Record<number, () => void>> = {
    [KIND.TRADE]: () => out.trade(instrument, side, flags),
    [KIND.QUOTE]: () => out.quote(instrument, flags),
    [KIND.BOOK]: () => levels(out, said),
    [KIND.TICKER]: () => out.ticker(instrument, flags),
    [KIND.STATS]: () => out.stats(instrument, flags),
    [KIND.OPTION_TICKER]: () => out.optionTicker(instrument, flags),
    [KIND.INDEX]: () => out.index(instrument, flags),
    [KIND.LIQUIDATION]: () => out.liquidation(instrument, side, flags),
    [KIND.STATUS]: () => out.status(instrument, said.status, flags),
  };
  ways[said.kind]?.();
}

function levels(out: EventWriter, { instrument, flags, levels: all }: Said): void {
  out.openBook(instrument, flags);
  for (const [bid, price, size] of all) {
    out.num[NUM.PRICE] = price;
    out.num[NUM.SIZE] = size;
    out.level(bid ? SIDE.BID : SIDE.ASK);
  }
  out.book(instrument, flags);
}

it("writes what JSON.stringify makes of the events, to the byte", () => {
  const runs = 300 * Number(process.env["FEEDHORN_LONG"] ?? 1);
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 12 }), (all) => {
      const control = new Int32Array(HEADER.size / 4);
      const ring = new RingWriter(control, SlotViews.make(MIN_SLOTS));
      const out = new EventWriter(ring, new SymbolTable());
      const recv = new Int32Array(2);
      putMicros(1_700_000_000_125_417, recv, 0);
      for (const said of all) {
        out.begin({ lo: recv[0]!, hi: recv[1]! });
        write(out, said);
        ring.commit();
      }
      const objects = new EventReader(names);
      const bytes = new EventBytes(names, new JsonBytes());
      new RingReader(control, ring.slots).poll((slots, word) => {
        const wanted = objects.accept(slots, word);
        bytes.out.length = 0;
        expect(bytes.accept(slots, word)).toBe(wanted !== null);
        expect(decodeText(bytes.out.bytes, 0, bytes.out.length)).toBe(
          wanted === null ? "" : JSON.stringify(wanted),
        );
      });
    }),
    { numRuns: runs },
  );
});
