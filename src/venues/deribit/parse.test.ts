import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf } from "../../model/index.ts";
import type { MarketEvent } from "../../model/index.ts";
import { random } from "../../../test/contracts/venue-fuzz.ts";
import { RECV, Rig } from "../../../test/contracts/venue-rig.ts";
import { deribit } from "./venue.ts";

const PERPETUAL = "BTC-PERPETUAL";
const CALL = "BTC-25DEC26-100000-C";
const rig = new Rig(
  deribit,
  [PERPETUAL, CALL, "btc_usd"].map((symbol) =>
    instrumentOf({ symbol, canonical: deribit.canonical(symbol)! }),
  ),
);

const frame = (channel: string, data: string): string =>
  `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`;

/** A decimal as one of the texts that mean it: plain, with more zeros, or scientific. */
const number = fc
  .tuple(fc.integer({ min: 0, max: 9_999_999 }), fc.integer({ min: 0, max: 6 }), fc.constantFrom(0, 1, 2, 3))
  .map(([digits, places, form]): string => {
    const plain = (digits / 10 ** places).toFixed(places);
    if (form === 1) return plain.includes(".") ? `${plain}0` : `${plain}.0`;
    if (form < 2) return plain;
    const [mantissa, exponent] = (digits / 10 ** places).toExponential().split("e");
    const point = mantissa!.includes(".") ? mantissa! : `${mantissa}.0`;
    return `${point}${form === 2 ? "e" : "E"}${form === 2 ? Number(exponent) : exponent}`;
  });
const signed = fc.tuple(number, fc.boolean()).map(([text, minus]) => (minus ? `-${text}` : text));
const orNull = (text: typeof number): typeof number =>
  fc.oneof({ weight: 6, arbitrary: text }, fc.constant("null"));
const time = fc.integer({ min: 1_767_225_600_000, max: 1_798_761_599_999 });
const id = fc.integer({ min: 1, max: 2 ** 53 - 1 });

type Texts = Readonly<Record<string, string>>;

/** An object of these members in any order. */
const shuffled = (members: Texts): fc.Arbitrary<string> =>
  fc
    .shuffledSubarray(Object.entries(members), { minLength: Object.keys(members).length })
    .map((pairs) => `{${pairs.map(([key, value]) => `"${key}":${value}`).join(",")}}`);

/** JSON.parse and nothing else: a second, naive reading. */
type Json = Record<string, never>;
const naive = (text: string): Json => (JSON.parse(text) as { params: { data: Json } }).params.data;
const value = (of: unknown): number | null => (typeof of === "number" ? of : null);
const common = (data: { instrument_name: string; timestamp: number }): object => ({
  venue: "deribit",
  symbol: data.instrument_name,
  instrument: deribit.canonical(data.instrument_name),
  ts_event: data.timestamp * 1000,
  ts_recv: RECV,
});

/** Reads a frame straight through; fails where it is read another way. */
function eventsOf(text: string): MarketEvent[] {
  rig.stampRecv(BigInt(RECV) * 1000n);
  const read = rig.text(text);
  expect([read.frame, read.fallbacks, read.slowFallbacks, read.inexact]).toEqual([FRAME.DATA, 0, 0, 0]);
  return read.events;
}

describe("frames with their keys in any order", () => {
  it("of quotes mean what a naive reading says", () => {
    const made = fc
      .tuple(orNull(number), number, orNull(number), number, time)
      .chain(([bid, bidSize, ask, askSize, at]) =>
        shuffled({
          timestamp: String(at),
          instrument_name: `"${CALL}"`,
          best_bid_price: bid,
          best_bid_amount: bidSize,
          best_ask_price: ask,
          best_ask_amount: askSize,
        }),
      );
    fc.assert(
      fc.property(made, (data) => {
        const text = frame(`quote.${CALL}`, data);
        const said = naive(text);
        const side = (price: unknown, amount: unknown): (number | null)[] =>
          value(price)! > 0 ? [value(price), value(amount)] : [null, null];
        const [bid_price, bid_size] = side(said["best_bid_price"], said["best_bid_amount"]);
        const [ask_price, ask_size] = side(said["best_ask_price"], said["best_ask_amount"]);
        const sides = { bid_price, bid_size, ask_price, ask_size };
        expect(eventsOf(text)).toEqual([
          { type: "quote", ...common(said as never), ...sides, update_id: null },
        ]);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("of books mean what a naive reading says", () => {
    const level = fc
      .tuple(fc.constantFrom("new", "change", "delete"), number, number)
      .map(([action, price, amount]) => `["${action}",${price},${amount}]`);
    const side = fc.array(level, { maxLength: 9 }).map((all) => `[${all.join(",")}]`);
    const made = fc
      .tuple(side, side, id, id, time, fc.constantFrom('"snapshot"', '"change"'))
      .chain(([bids, asks, change, link, at, type]) =>
        shuffled({
          type,
          timestamp: String(at),
          instrument_name: `"${PERPETUAL}"`,
          bids,
          asks,
          change_id: String(change),
          prev_change_id: String(link),
        }),
      );
    fc.assert(
      fc.property(made, (data) => {
        const text = frame(`book.${PERPETUAL}.100ms`, data);
        const said = naive(text);
        const whole = said["type"] === "snapshot";
        const levels = (list: [string, number, number][]): unknown =>
          list.map(([action, price, amount]) => [price, action === "delete" ? 0 : amount]);
        expect(eventsOf(text)).toEqual([
          {
            type: "book",
            action: whole ? "snapshot" : "update",
            ...common(said as never),
            bids: levels(said["bids"]!),
            asks: levels(said["asks"]!),
            seq: String(said["change_id"]),
            prev_seq: whole ? null : String(said["prev_change_id"]),
          },
        ]);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it("of trades mean what a naive reading says", () => {
    const row = fc
      .tuple(number, number, id, time, fc.constantFrom("buy", "sell"))
      .chain(([price, amount, seq, at, direction]) =>
        shuffled({
          trade_seq: String(seq),
          trade_id: '"ETH-123456789"',
          timestamp: String(at),
          tick_direction: "1",
          price,
          mark_price: price,
          iv: "48.7",
          instrument_name: `"${CALL}"`,
          index_price: "64012.1",
          direction: `"${direction}"`,
          amount,
          contracts: amount,
          starbase_match_id: "178764480012345678",
          starbase_timestamp: "1787644800098123456",
        }),
      );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        const text = frame("trades.option.BTC.100ms", `[${rows.join(",")}]`);
        const said = naive(text) as unknown as Record<string, never>[];
        expect(eventsOf(text)).toEqual(
          said.map((one) => ({
            type: "trade",
            ...common(one as never),
            id: String(one["trade_seq"]),
            price: one["price"],
            size: one["amount"],
            side: one["direction"],
          })),
        );
      }),
      { seed: 3, numRuns: 300 },
    );
  });

  it("of options mean what a naive reading says", () => {
    const figures = {
      mark_price: number,
      index_price: number,
      underlying_price: number,
      open_interest: number,
      interest_rate: signed,
      last_price: orNull(number),
      best_bid_price: orNull(number),
      mark_iv: number,
      bid_iv: number,
      ask_iv: number,
      settlement_price: number,
      estimated_delivery_price: fc.oneof(number, fc.constant('"expired"')),
    };
    const greeks = fc
      .record({ delta: signed, gamma: signed, vega: signed, theta: signed, rho: signed })
      .chain(shuffled);
    const stats = fc
      .record({
        high: orNull(number),
        low: orNull(number),
        volume: number,
        volume_usd: number,
        price_change: signed,
      })
      .chain(shuffled);
    const made = fc.tuple(fc.record(figures), greeks, stats, time).chain(([numbers, greek, stat, at]) =>
      shuffled({
        ...numbers,
        greeks: greek,
        stats: stat,
        timestamp: String(at),
        instrument_name: `"${CALL}"`,
        state: '"open"',
        underlying_index: '"SYN.BTC-25DEC26"',
      }),
    );
    fc.assert(
      fc.property(made, (data) => {
        const text = frame(`ticker.${CALL}.100ms`, data);
        const said = naive(text) as unknown as Record<string, number>;
        const nested = naive(text) as unknown as Record<"greeks" | "stats", Record<string, number>>;
        const fraction = (name: string): number | undefined => {
          const written = new RegExp(`"${name}":([^,}]+)`).exec(data)![1]!;
          const [mantissa, exponent = "0"] = written.split(/e/i);
          const moved = Number(`${mantissa}e${Number(exponent) - 2}`);
          return moved === 0 ? undefined : moved;
        };
        const { mark_price, index_price, underlying_price, open_interest, interest_rate, last_price } = said;
        const ivs = { mark_iv: fraction("mark_iv"), bid_iv: fraction("bid_iv"), ask_iv: fraction("ask_iv") };
        const expected = {
          type: "option_ticker",
          ...common(said as never),
          mark_price,
          index_price,
          underlying_price,
          open_interest,
          interest_rate,
          ...(last_price === null ? {} : { last_price }),
          ...Object.fromEntries(Object.entries(ivs).filter(([, one]) => one !== undefined)),
          ...nested.greeks,
          volume_24h: nested.stats["volume"],
        };
        expect(eventsOf(text)).toEqual([expected]);
      }),
      { seed: 4, numRuns: 400 },
    );
  });
});

describe("volatilities", () => {
  it("become fractions by moving the point: the double of the moved text, never a quotient of one", () => {
    const option = (iv: string): string =>
      frame(
        `ticker.${CALL}.100ms`,
        `{"timestamp":1787644800120,"instrument_name":"${CALL}","mark_iv":${iv},"bid_iv":0.0,"ask_iv":null}`,
      );
    let divided = 0;
    for (let cents = 1; cents <= 50_000; cents += 7) {
      const text = (cents / 100).toFixed(2);
      const [event] = eventsOf(option(text)) as unknown as [
        { mark_iv: number; bid_iv?: number; ask_iv?: number },
      ];
      expect(event.mark_iv).toBe(Number(`${text}e-2`));
      expect([event.bid_iv, event.ask_iv]).toEqual([undefined, undefined]);
      if (event.mark_iv !== Number(text) / 100) divided += 1;
    }
    // So often a division would have been wrong.
    expect(divided).toBeGreaterThan(100);
  });
});

describe("a frame that is not as documented", () => {
  const book = (data: string): string => frame(`book.${PERPETUAL}.100ms`, data);
  const head = `"timestamp":1787644800104,"instrument_name":"${PERPETUAL}"`;
  const trade = (row: string): string => frame(`trades.${PERPETUAL}.100ms`, `[{${head},${row}}]`);
  const whole = '"trade_seq":5,"price":1.5,"amount":2.0,"direction":"buy"';

  it.each([
    [FRAME.BAD, "a price below 0", book(`{${head},"change_id":7,"bids":[["new",-1.0,2.0]],"asks":[]}`)],
    [
      FRAME.BAD,
      "a price beyond doubles",
      book(`{${head},"change_id":7,"bids":[["new",1e400,2.0]],"asks":[]}`),
    ],
    [FRAME.BAD, "a fractional change id", book(`{${head},"change_id":7.5,"bids":[],"asks":[]}`)],
    [
      FRAME.BAD,
      "a time of another age",
      book(
        `{"timestamp":99999999999999999,"instrument_name":"${PERPETUAL}","change_id":7,"bids":[],"asks":[]}`,
      ),
    ],
    [
      FRAME.BAD,
      "an amount that is no JSON",
      book(`{${head},"change_id":7,"bids":[["new",01.0,2.0]],"asks":[]}`),
    ],
    [FRAME.BAD, "a negative volatility", frame(`ticker.${CALL}.100ms`, `{${head},"mark_iv":-1.0}`)],
    [FRAME.UNKNOWN, "no asks", book(`{${head},"change_id":7,"bids":[]}`)],
    [
      FRAME.UNKNOWN,
      "a change without the key of its link",
      book(`{"type":"change",${head},"change_id":7,"bids":[],"asks":[]}`),
    ],
    [
      FRAME.UNKNOWN,
      "an action nobody knows",
      book(`{${head},"change_id":7,"bids":[["modify",1.0,2.0]],"asks":[]}`),
    ],
    [
      FRAME.UNKNOWN,
      "a type nobody knows",
      book(`{${head},"type":"delta","change_id":7,"bids":[],"asks":[]}`),
    ],
    [
      FRAME.UNKNOWN,
      "a level of four",
      book(`{${head},"change_id":7,"bids":[["new",1.0,2.0,3.0]],"asks":[]}`),
    ],
    [FRAME.UNKNOWN, "a level of one", book(`{${head},"change_id":7,"bids":[[1.0]],"asks":[]}`)],
    [FRAME.UNKNOWN, "a price as text", book(`{${head},"change_id":7,"bids":[["new","1.0",2.0]],"asks":[]}`)],
    [FRAME.UNKNOWN, "no name", book('{"timestamp":1787644800104,"change_id":7,"bids":[],"asks":[]}')],
    [
      FRAME.UNKNOWN,
      "a quote without amounts",
      frame(`quote.${PERPETUAL}`, `{${head},"best_bid_price":1.0,"best_ask_price":2.0}`),
    ],
    [
      FRAME.UNKNOWN,
      "a direction nobody knows",
      trade('"trade_seq":5,"price":1.5,"amount":2.0,"direction":"both"'),
    ],
    [
      FRAME.UNKNOWN,
      "a direction of an object",
      trade('"trade_seq":5,"price":1.5,"amount":2.0,"direction":"toString"'),
    ],
    [FRAME.UNKNOWN, "a trade without a price", trade(`${whole.replace("1.5", "null")}`)],
    [FRAME.UNKNOWN, "a trade without a number", trade('"price":1.5,"amount":2.0,"direction":"buy"')],
    [FRAME.UNKNOWN, "greeks in a list", frame(`ticker.${CALL}.100ms`, `{${head},"greeks":[]}`)],
    [
      FRAME.UNKNOWN,
      "a channel nobody knows",
      frame("books.BTC-PERPETUAL.100ms", `{${head},"change_id":7,"bids":[],"asks":[]}`),
    ],
    [
      FRAME.UNKNOWN,
      "another method",
      '{"jsonrpc":"2.0","method":"subscriptions","params":{"channel":"quote.X","data":{}}}',
    ],
    [FRAME.UNKNOWN, "nothing", "{}"],
    [FRAME.IGNORED, "a channel that is not read", frame("deribit_price_index.btc_usd", '{"price":1.0}')],
    [FRAME.HEARTBEAT, "a heartbeat", '{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"heartbeat"}}'],
    [
      FRAME.CONTROL,
      "a test request",
      '{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}',
    ],
    [FRAME.CONTROL, "a state", frame("instrument.state.any.any", '{"state":"open"}')],
    [FRAME.CONTROL, "an answer", '{"jsonrpc":"2.0","id":1,"result":"ok"}'],
  ])("is %d: %s", (verdict, _what, text) => {
    const read = rig.text(text);
    expect([read.frame, read.slots.length]).toEqual([verdict, 0]);
  });

  it("is void whole, though rows before the wrong one were right", () => {
    const rows = `[{${head},${whole}},{${head},${whole.replace("buy", "both")}}]`;
    const read = rig.text(frame(`trades.${PERPETUAL}.100ms`, rows));
    expect([read.frame, read.slots.length]).toEqual([FRAME.UNKNOWN, 0]);
  });
});

describe("numbers", () => {
  it("are what Number makes of their text, in every form the venue may choose", () => {
    const next = random(7);
    for (let i = 0; i < 4000; i++) {
      const exact = Math.floor(next() * 10 ** Math.floor(1 + next() * 15)) / 10 ** Math.floor(next() * 9);
      for (const text of [
        String(exact),
        exact.toExponential(),
        `${exact.toExponential().replace("e+", "e")}`,
      ]) {
        const data = `{"timestamp":1787644800120,"instrument_name":"${PERPETUAL}","change_id":7,"bids":[["new",${text},1.0]],"asks":[]}`;
        const [event] = eventsOf(frame(`book.${PERPETUAL}.100ms`, data)) as unknown as [{ bids: number[][] }];
        expect(event.bids[0]![0]).toBe(Number(text));
      }
    }
  });

  it("are taken at any length, and those that no double holds are counted", () => {
    const data = `{"timestamp":1787644800120,"instrument_name":"${PERPETUAL}","change_id":7,"bids":[["new",0.12345678901234567891,1.0]],"asks":[]}`;
    const read = rig.text(frame(`book.${PERPETUAL}.100ms`, data));
    expect([read.frame, read.inexact, read.fallbacks, read.slowFallbacks]).toEqual([FRAME.DATA, 1, 0, 0]);
    expect(read.events).toMatchObject([{ bids: [[Number("0.12345678901234567891"), 1]] }]);
  });
});

describe("a book of more levels than are read in place", () => {
  it("is read all the same", () => {
    const count = 9000;
    const levels = Array.from({ length: count }, (_, i) => `["new",${i + 1}.5,${i + 1}.0]`).join(",");
    const data = `{"type":"snapshot","timestamp":1787644800120,"instrument_name":"${PERPETUAL}","change_id":7,"asks":[],"bids":[${levels}]}`;
    const read = rig.text(frame(`book.${PERPETUAL}.100ms`, data));
    expect([read.frame, read.slowFallbacks]).toEqual([FRAME.DATA, 1]);
    expect(read.events).toMatchObject([
      { bids: { length: count, [count - 1]: [count + 0.5, count] }, asks: [] },
    ]);
  });
});
