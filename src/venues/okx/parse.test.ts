import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf } from "../../model/index.ts";
import { fixturesOf, symbolsOf } from "../../../test/contracts/frames.ts";
import { Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { canonical } from "./names.ts";
import { okx } from "./venue.ts";

const NAMES = symbolsOf("okx").map((symbol) => instrumentOf({ symbol, canonical: canonical(symbol)! }));
const rig = new Rig(okx, NAMES);

function read(frame: string): Read {
  return rig.text(frame, { at: 7, behind: 0x30 });
}

/** Whether a frame was read by another way than the straight one. */
function fellBack({ fallbacks, slowFallbacks }: Read): boolean {
  return fallbacks + slowFallbacks > 0;
}

const FRAMES = fixturesOf("okx").flatMap(({ name, frames }) =>
  frames.flatMap(({ dir, text }) => (dir === "in" && text !== undefined ? [{ name, text }] : [])),
);

type Json = { [key: string]: Json } & Json[] & string;

const micros = (ms: string): number | null => (ms === "0" || ms === undefined ? null : Number(ms) * 1000);
const orNull = (value: unknown): string | null =>
  value === undefined || value === -1 ? null : String(value);
const pair = (level: Json): [number, number] => [Number(level[0]), Number(level[1])];

/** What a row says, by the documentation and nothing else: JSON.parse and Number. */
const PLAIN: Readonly<Record<string, (row: Json, arg: Json, action: unknown) => object[]>> = {
  books: plainBook,
  books5: plainBook,
  "bbo-tbt": (row, arg) => {
    const [bid_price = null, bid_size = null] = row["bids"]!.flatMap(pair);
    const [ask_price = null, ask_size = null] = row["asks"]!.flatMap(pair);
    const update_id = orNull(row["seqId"]);
    const quote = { bid_price, bid_size, ask_price, ask_size, update_id };
    return [{ type: "quote", ...head(arg, row), ...quote }];
  },
  trades: plainTrade,
  "trades-all": plainTrade,
  tickers: (row) => {
    if (row["last"] === "") return [];
    const volume = row["instType"] === "SPOT" ? row["vol24h"] : row["volCcy24h"];
    const figures = { last_price: row["last"], volume_24h: volume };
    return [plainTicker(row, { ...figures, high_24h: row["high24h"], low_24h: row["low24h"] })];
  },
  "mark-price": (row) => [plainTicker(row, { mark_price: row["markPx"] })],
  "open-interest": (row) => [plainTicker(row, { open_interest: row["oi"] })],
  "funding-rate": (row) => {
    if (row["fundingRate"] === "") return [];
    const at = row["fundingTime"] === "" ? "" : String(Number(row["fundingTime"]) * 1000);
    return [plainTicker(row, { funding_rate: row["fundingRate"], next_funding_ts: at })];
  },
  "index-tickers": (row) => [{ type: "index", ...head(row, row), price: Number(row["idxPx"]) }],
  "opt-summary": (row) => {
    const greek = (name: string): string => row[`${name}BS`] ?? row[`${name}Bs`]!;
    const vols = { mark_iv: row["markVol"], bid_iv: row["bidVol"], ask_iv: row["askVol"] };
    const greeks = {
      delta: greek("delta"),
      gamma: greek("gamma"),
      vega: greek("vega"),
      theta: greek("theta"),
    };
    const event = plainTicker(row, { underlying_price: row["fwdPx"], ...vols, ...greeks });
    return Object.keys(event).length === 3 ? [] : [{ ...event, type: "option_ticker" }];
  },
  "liquidation-orders": (row) =>
    row["details"]!.flatMap((order) => {
      if (order["bkPx"] === "" || order["sz"] === "") return [];
      const values = { price: Number(order["bkPx"]), size: Number(order["sz"]), side: order["side"] };
      return [{ type: "liquidation", ...head(row, order), ...values }];
    }),
};

function head(named: Json, timed: Json): object {
  const symbol = String(named["instId"]);
  return { symbol, ts_event: micros(timed["ts"]!) };
}

function plainBook(row: Json, arg: Json, action: unknown): object[] {
  const checksum = Number(row["checksum"] ?? 0);
  const sum = checksum === 0 ? {} : { checksum: checksum >>> 0 };
  const levels = { bids: row["bids"]!.map(pair), asks: row["asks"]!.map(pair) };
  const ids = { seq: orNull(row["seqId"]), prev_seq: orNull(row["prevSeqId"]) };
  const word = action === "update" ? "update" : "snapshot";
  return [{ type: "book", action: word, ...head(arg, row), ...levels, ...ids, ...sum }];
}

function plainTrade(row: Json): object[] {
  const values = { id: row["tradeId"], price: Number(row["px"]), size: Number(row["sz"]), side: row["side"] };
  return [{ type: "trade", ...head(row, row), ...values }];
}

function plainTicker(row: Json, figures: Record<string, unknown>): object {
  const known = Object.entries(figures).filter(([, text]) => text !== "" && text !== undefined);
  return {
    type: "ticker",
    ...head(row, row),
    ...Object.fromEntries(known.map(([name, text]) => [name, Number(text)])),
  };
}

/** Every event of a frame that is about a symbol of ours. */
function plain(text: string): object[] {
  const { arg, data, action } = JSON.parse(text) as Json;
  const symbols = new Set(NAMES.map(({ symbol }) => symbol));
  return data!
    .flatMap((row) => PLAIN[String(arg!["channel"])]!(row, arg!, action))
    .filter((event) => symbols.has((event as { symbol: string }).symbol));
}

function stripped({ events }: Read): object[] {
  return events.map(({ venue: _venue, instrument: _name, ts_recv: _recv, ...rest }) => rest);
}

describe("frames of OKX", () => {
  it("mean what a naive reading says", () => {
    const data = FRAMES.filter(({ name, text }) => text.includes('"data"') && !/^0[18]/.test(name));
    expect(data.length).toBeGreaterThan(60);
    for (const { text } of data) {
      const seen = read(text);
      expect(seen.frame, text).toBe(FRAME.DATA);
      expect(stripped(seen), text).toEqual(plain(text));
      expect(seen.inexact, text).toBe(0);
    }
  });

  it("are on the fast path in every form that was seen of production", () => {
    const slow = FRAMES.filter(({ text }) => fellBack(read(text))).map(({ text }) => text.slice(0, 60));
    expect(slow).toEqual([
      // Orders of keys that only documentation or peers show, and the channel of single fills.
      '{"arg":{"instId":"BTC-USDT","channel":"books"},"action":"upd',
      '{"arg":{"channel":"books5","instId":"BTC-USDT"},"action":"sn',
      '{"arg":{"channel":"trades-all","instId":"BTC-USDT"},"data":[',
      '{"arg":{"channel":"tickers","instId":"BTC-USDT-SWAP"},"data"',
      '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"d',
    ]);
  });

  it("keep what a 64-bit number or a decimal cannot hold out of the log", () => {
    const book = (ids: string): string =>
      `{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[],"bids":[],"ts":"1787644800205","checksum":0,${ids}}]}`;
    expect(read(book('"prevSeqId":9007199254740990,"seqId":9007199254740991')).frame).toBe(FRAME.DATA);
    expect(read(book('"prevSeqId":9007199254740990,"seqId":9007199254740992')).frame).toBe(FRAME.BAD);
    expect(read(book('"prevSeqId":9007199254740993,"seqId":1')).frame).toBe(FRAME.BAD);
    const long = '["64010.5","1234567890123456789","0","1"]';
    const inexact = read(book('"prevSeqId":1,"seqId":2').replace('"asks":[]', `"asks":[${long}]`));
    expect([inexact.frame, inexact.inexact, fellBack(inexact)]).toEqual([FRAME.DATA, 1, false]);
  });
});

const BOOK =
  '{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["64010.1","2","0","4"]],"bids":[],"ts":"1787644800205","checksum":0,"prevSeqId":1,"seqId":2}]}';
const QUOTE =
  '{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["64010.1","2","0","4"]],"bids":[],"ts":"1787644800205","seqId":2}]}';
const TRADE =
  '{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"1","px":"64040.3","sz":"0.001","side":"buy","ts":"1786538760500"}]}';
const MARK =
  '{"arg":{"channel":"mark-price","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","markPx":"63921.4","ts":"1786540471710"}]}';
const FUNDING =
  '{"arg":{"channel":"funding-rate","instId":"BTC-USDT-SWAP"},"data":[{"fundingRate":"-0.1","fundingTime":"1642147200000","instId":"BTC-USDT-SWAP","ts":"1642147200000"}]}';
const FORCED =
  '{"arg":{"channel":"liquidation-orders","instType":"SWAP"},"data":[{"details":[{"bkPx":"1","side":"buy","sz":"13","ts":"1692266434010"}],"instId":"BTC-USDT-SWAP"}]}';

/** [frame, what is replaced, by what, verdict] */
const WRONG: readonly (readonly [string, string, string, number])[] = [
  // Values that cannot be.
  [BOOK, '"64010.1"', '"-64010.1"', FRAME.BAD],
  [BOOK, '"64010.1"', '""', FRAME.BAD],
  [BOOK, '"64010.1"', '"1e400"', FRAME.BAD],
  [BOOK, '"64010.1"', '"NaN"', FRAME.BAD],
  [BOOK, '"64010.1"', '"064010.1"', FRAME.BAD],
  [BOOK, '"0","4"', '"0","x"', FRAME.BAD],
  [BOOK, '"1787644800205"', '"yesterday"', FRAME.BAD],
  [BOOK, '"1787644800205"', '"01787644800205"', FRAME.BAD],
  [BOOK, '"1787644800205"', '"9787644800205"', FRAME.BAD],
  [BOOK, '"checksum":0', '"checksum":4294967296', FRAME.BAD],
  [BOOK, '"checksum":0', '"checksum":-2147483649', FRAME.BAD],
  [BOOK, '"checksum":0', '"checksum":0.5', FRAME.BAD],
  [BOOK, '"seqId":2', '"seqId":-2', FRAME.BAD],
  [QUOTE, '"2"', '"-2"', FRAME.BAD],
  [TRADE, '"64040.3"', '""', FRAME.BAD],
  [TRADE, '"tradeId":"1"', '"tradeId":"a1"', FRAME.BAD],
  [MARK, '"63921.4"', '""', FRAME.BAD],
  [FUNDING, '"-0.1"', '"--0.1"', FRAME.BAD],
  [FUNDING, '"1642147200000","instId"', '"-1","instId"', FRAME.BAD],
  [FORCED, '"13"', '"-13"', FRAME.BAD],
  // Forms that nobody has documented.
  [BOOK, '"update"', '"partial"', FRAME.UNKNOWN],
  [BOOK, '["64010.1","2","0","4"]', '["64010.1","2","0"]', FRAME.UNKNOWN],
  [BOOK, '["64010.1","2","0","4"]', '[64010.1,"2","0","4"]', FRAME.UNKNOWN],
  [BOOK, '"prevSeqId":1,', "", FRAME.UNKNOWN],
  [BOOK, ',"seqId":2', "", FRAME.UNKNOWN],
  [BOOK, '"prevSeqId":1', '"prevSeqId":-1', FRAME.UNKNOWN],
  [BOOK, '"prevSeqId":1', '"prevSeqId":"1"', FRAME.UNKNOWN],
  [BOOK, '"checksum":0', '"checksum":"0"', FRAME.UNKNOWN],
  [BOOK, '"bids":[],', "", FRAME.UNKNOWN],
  [BOOK, '"books"', '"books6"', FRAME.UNKNOWN],
  [QUOTE, '"bids":[]', '"bids":[["1","1","0","1"],["1","1","0","1"]]', FRAME.UNKNOWN],
  [TRADE, '"buy"', '"BUY"', FRAME.UNKNOWN],
  [TRADE, '"tradeId":"1"', '"tradeId":1', FRAME.UNKNOWN],
  [MARK, '"markPx"', '"mark"', FRAME.UNKNOWN],
  [FORCED, '"side":"buy"', '"side":"long"', FRAME.UNKNOWN],
  [FORCED, '"ts":"1692266434010"', '"ts":1692266434010', FRAME.UNKNOWN],
];

describe("verdicts", () => {
  it.each(WRONG)("on %s with %s as %s", (frame, from, to, verdict) => {
    expect(read(frame).frame).toBe(FRAME.DATA);
    expect(frame).toContain(from);
    const seen = read(frame.replace(from, to));
    expect([seen.frame, seen.slots.length]).toEqual([verdict, 0]);
  });

  it("on a snapshot that links to something: it is not the beginning it claims to be", () => {
    const snapshot = BOOK.replace('"update"', '"snapshot"').replace('"prevSeqId":1', '"prevSeqId":-1');
    expect([read(snapshot).frame, fellBack(read(snapshot))]).toEqual([FRAME.DATA, false]);
    expect(read(snapshot.replace('"prevSeqId":-1', '"prevSeqId":1')).frame).toBe(FRAME.UNKNOWN);
  });

  it("on texts that are no JSON, and on JSON that is no frame", () => {
    expect(read("pong").frame).toBe(FRAME.HEARTBEAT);
    for (const text of ["", "pon", "pongs", "{", '{"arg":']) expect(read(text).frame).toBe(FRAME.BAD);
    for (const text of ["{}", "[]", "17", '{"arg":{"channel":"books"}}', '{"event":"hello"}'])
      expect(read(text).frame).toBe(FRAME.UNKNOWN);
  });

  it("on checksums: zero is none, the others are kept as they came, signed or not", () => {
    const sum = (text: string): unknown => {
      const [event] = read(BOOK.replace('"checksum":0', `"checksum":${text}`)).events;
      return event?.type === "book" ? event.checksum : null;
    };
    expect(["0", "-0", "1", "-1", "-2147483648", "4294967295"].map(sum)).toEqual([
      undefined,
      undefined,
      1,
      4294967295,
      2147483648,
      4294967295,
    ]);
  });
});
