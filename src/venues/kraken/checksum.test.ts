import { describe, expect, it } from "vitest";
import { BookChecksum, CHECKSUM, sortedBook } from "../../book/index.ts";
import { SIDE, instrumentOf } from "../../model/index.ts";
import type { BookEvent, Instrument, MarketEvent } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { random } from "../../../test/contracts/venue-fuzz.ts";
import { Rig } from "../../../test/contracts/venue-rig.ts";
import { encode } from "./encode.ts";
import { kraken } from "./venue.ts";

const PAIRS = [
  instrumentOf({ symbol: "BTC/USD", canonical: "BTC-USD", tick: 0.1, pricePrecision: 1, sizePrecision: 8 }),
  instrumentOf({
    symbol: "DOGE/USD",
    canonical: "DOGE-USD",
    tick: 0.00001,
    pricePrecision: 5,
    sizePrecision: 8,
  }),
];
const DEPTH = 10;

/** Applies a session as section 4.3 of the venue's book guide says; the verdict of each event that has a checksum. */
function verdicts(events: readonly BookEvent[], truncates = true): number[] {
  const sum = new BookChecksum();
  const books = new Map(PAIRS.map((pair) => [pair.symbol, sortedBook()]));
  return events.flatMap((event) => {
    const book = books.get(event.symbol)!;
    if (event.action === "snapshot") book.clear();
    for (const [price, size] of event.bids) book.apply(SIDE.BID, price, size);
    for (const [price, size] of event.asks) book.apply(SIDE.ASK, price, size);
    if (truncates) book.truncate(DEPTH);
    const { pricePrecision, sizePrecision } = PAIRS.find(({ symbol }) => symbol === event.symbol)!;
    return event.checksum === undefined
      ? []
      : [sum.accept(book, pricePrecision, sizePrecision, event.checksum)];
  });
}

function booksOf(events: readonly MarketEvent[]): BookEvent[] {
  return events.filter((event) => event.type === "book");
}

function readAll(texts: readonly string[], instruments: readonly Instrument[] = PAIRS): BookEvent[] {
  const rig = new Rig(kraken, instruments);
  return booksOf(texts.flatMap((text) => rig.text(text).events));
}

const SESSIONS = fixturesOf("kraken")
  .filter(({ name }) => name.includes("-book-"))
  .map(
    ({ name, frames }) =>
      [name, frames.flatMap(({ dir, text }) => (dir === "in" && text !== undefined ? [text] : []))] as const,
  );

/** Top ten of a random book after each of many updates, as the venue would send them: checksums by the book itself. */
function generated(seed: number, updates: number): string[] {
  const next = random(seed);
  const [pair] = PAIRS;
  const full = sortedBook();
  const sum = new BookChecksum();
  const top = new Float64Array(2 * DEPTH);
  const seen = (side: typeof full.bids): Map<number, number> => {
    const count = side.copyTop(DEPTH, top, 0);
    return new Map(Array.from({ length: count }, (_, i) => [top[2 * i]!, top[2 * i + 1]!]));
  };
  const size = (): number => Math.ceil(next() * 3e8) / 1e8;
  for (let i = 1; i <= 60; i++) {
    full.apply(SIDE.BID, (10000 - i) / 10, size());
    full.apply(SIDE.ASK, (10000 + i) / 10, size());
  }
  let window = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  return Array.from({ length: updates }, (_, n) => {
    const ask = next() < 0.5;
    const price = (10000 + (ask ? 1 : -1) * Math.ceil(next() * 16)) / 10;
    if (n > 0) full.apply(ask ? SIDE.ASK : SIDE.BID, price, next() < 0.4 ? 0 : size());
    const now = { bids: seen(full.bids), asks: seen(full.asks) };
    // Levels pushed out of the window are not removed; levels that come back are sent whole.
    const changes = (side: "bids" | "asks"): [number, number][] => {
      const worst = Math.max(...[...now[side].keys()].map((at) => Math.abs(at - 1000)));
      const gone = [...window[side].keys()].filter((at) => !now[side].has(at) && Math.abs(at - 1000) < worst);
      return [
        ...gone.map((at): [number, number] => [at, 0]),
        ...[...now[side]].filter(([at, qty]) => window[side].get(at) !== qty),
      ];
    };
    const [bids, asks] = [changes("bids"), changes("asks")];
    window = now;
    sum.compute(full, pair!.pricePrecision, pair!.sizePrecision);
    const action = n === 0 ? "snapshot" : "update";
    const common = {
      venue: "kraken",
      symbol: pair!.symbol,
      instrument: pair!.canonical,
      ts_event: 1_791_191_564_000_000 + n,
      ts_recv: 0,
    };
    return encode(
      { type: "book", action, ...common, bids, asks, seq: null, prev_seq: null, checksum: sum.value >>> 0 },
      pair!,
    );
  });
}

/** One bit of each checksum, a different one each time. */
function corrupted(texts: readonly string[]): string[] {
  return texts.map((text, i) =>
    text.replace(
      /"checksum":(\d+)/,
      (_all, sum: string) => `"checksum":${(Number(sum) ^ (1 << (i % 32))) >>> 0}`,
    ),
  );
}

describe.each([...SESSIONS, ["generated", generated(7, 400)] as const])("checksums of %s", (_name, texts) => {
  const numbered = texts.filter((text) => text.includes('"checksum"') && !text.includes("LTC/USD"));

  it("prove every event", () => {
    const read = verdicts(readAll(texts));
    expect(read).toEqual(numbered.map(() => CHECKSUM.MATCH));
    expect(read.length).toBeGreaterThan(0);
  });

  it("disprove every event when they are corrupted", () => {
    expect(verdicts(readAll(corrupted(texts)))).toEqual(numbered.map(() => CHECKSUM.MISMATCH));
  });

  it("disprove an event of which one digit was lost", () => {
    for (const [i, text] of texts.entries()) {
      const broken = text.replace(/^(.*"qty":\d*\.\d*)[1-9]/, (_all, before: string) => `${before}0`);
      if (broken === text || !text.includes('"checksum"') || text.includes("LTC/USD")) continue;
      const events = readAll(texts.map((one, at) => (at === i ? broken : one)));
      expect(verdicts(events)).toContain(CHECKSUM.MISMATCH);
    }
  });
});

it("fail without truncation: levels pushed out of the window stay and come back", () => {
  expect(verdicts(readAll(generated(7, 400)), false)).toContain(CHECKSUM.MISMATCH);
});
