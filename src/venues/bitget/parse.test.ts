import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf } from "../../model/index.ts";
import { fixturesOf, symbolsOf } from "../../../test/contracts/frames.ts";
import { Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { canonical } from "./names.ts";
import { bitget } from "./venue.ts";

const NAMES = symbolsOf("bitget").map((symbol) => instrumentOf({ symbol, canonical: canonical(symbol)! }));
const KNOWN = new Set(NAMES.map(({ symbol }) => symbol));
const rig = new Rig(bitget, NAMES);

function read(frame: string): Read {
  return rig.text(frame, { at: 7, behind: 0x30 });
}

const FRAMES = fixturesOf("bitget").flatMap(({ name, frames }) =>
  frames.flatMap(({ dir, text }) => (dir === "in" && text !== undefined ? [{ name, text }] : [])),
);

type Json = { [key: string]: Json } & Json[] & string;

const pair = (level: Json): [number, number] => [Number(level[0]), Number(level[1])];
const orNull = (text: string | undefined): string | null =>
  text === undefined || text === "0" ? null : text;
/** Figures of both protocols; the number of a channel's figures says which event they are part of. */
const FIGURES = [
  ["mark_price", "markPrice", "markPrice"],
  ["index_price", "indexPrice", "indexPrice"],
  ["funding_rate", "fundingRate", "fundingRate"],
  ["next_funding_ts", "nextFundingTime", "nextFundingTime"],
  ["open_interest", "openInterest", "holdingAmount"],
] as const;
const DAY = [
  ["last_price", "lastPrice", "lastPr"],
  ["volume_24h", "volume24h", "baseVolume"],
  ["high_24h", "highPrice24h", "high24h"],
  ["low_24h", "lowPrice24h", "low24h"],
] as const;

/** What a data frame says, by the documentation and nothing else: JSON.parse, Number and BigInt. */
function plain(text: string): object[] {
  // Sequence numbers as texts: they may be beyond 2^53.
  const frame = JSON.parse(text.replaceAll(/("p?seq":)(\d+)/g, '$1"$2"')) as Json;
  const { arg, data, action } = frame;
  const old = arg!["channel"] !== undefined;
  const channel = String(arg!["channel"] ?? arg!["topic"]);
  const type = arg!["instType"]!.toUpperCase();
  const ours = (id: Json): string => (type === "SPOT" ? String(id) : `${String(id)}:${type}`);
  const symbol = ours((arg!["instId"] ?? arg!["symbol"]) as Json);
  const micros = (ms: Json | undefined): number => Number(ms) * 1000;
  const flags = action === "snapshot" ? { flags: ["snapshot"] } : {};
  const of = (row: Json, v3: string, v2: string): Json | undefined => (old ? row[v2] : row[v3]);

  const ticker = (row: Json, figures: readonly (readonly [string, string, string])[]): object[] => {
    const none = ["", "0", undefined] as unknown[];
    const funded = !none.includes(row["nextFundingTime"]);
    const known = figures.flatMap(([name, v3, v2]) => {
      const value = of(row, v3, v2);
      if (value === undefined || none.includes(value)) return [];
      if (name.includes("funding") && !funded) return [];
      return [[name, name === "next_funding_ts" ? micros(value) : Number(value)] as const];
    });
    const said = known.length > 0 && (figures !== DAY || known.some(([name]) => name === "last_price"));
    const at = micros(old ? row["ts"] : frame["ts"]);
    return said ? [{ type: "ticker", symbol, ts_event: at, ...Object.fromEntries(known) }] : [];
  };
  const best = (side: Json | undefined): (number | null)[] =>
    side?.[0] === undefined || !(Number(side[0][0]) > 0) ? [null, null] : pair(side[0]);

  const rows = data!.toReversed();
  const inTime = rows.toSorted((a, b) => {
    const [x, y] = [a, b].map(
      (row) => BigInt((row["T"] ?? row["ts"])!) * 10n ** 20n + BigInt((row["i"] ?? row["tradeId"] ?? "0")!),
    );
    return x! < y! ? -1 : x! > y! ? 1 : 0;
  });
  if (channel === "liquidation")
    return inTime.map((row) => {
      const side = row["side"] === "buy" ? "sell" : "buy";
      const values = { price: Number(row["price"]), size: Number(row["amount"]), side };
      return { type: "liquidation", symbol: ours(row["symbol"]!), ts_event: micros(row["ts"]), ...values };
    });
  if (channel === "trade" || channel === "publicTrade")
    return inTime.map((row) => {
      const values = { price: Number(of(row, "p", "price") ?? row["P"]), size: Number(of(row, "v", "size")) };
      const names = { id: of(row, "i", "tradeId"), side: of(row, "S", "side") };
      return { type: "trade", symbol, ts_event: micros(of(row, "T", "ts")), ...values, ...names, ...flags };
    });
  return data!.flatMap((row): object[] => {
    if (channel === "ticker") return [...ticker(row, FIGURES), ...ticker(row, DAY)];
    const [asks, bids] = [of(row, "a", "asks")!, of(row, "b", "bids")!];
    const head = { symbol, ts_event: micros(row["ts"]) };
    if (channel === "books1") {
      const [[bid_price, bid_size], [ask_price, ask_size]] = [best(bids), best(asks)];
      return [
        { type: "quote", ...head, bid_price, bid_size, ask_price, ask_size, update_id: orNull(row["seq"]) },
      ];
    }
    const numbered = channel !== "books" || (row["seq"] !== undefined && row["pseq"] !== undefined);
    const ids = {
      seq: numbered ? orNull(row["seq"]) : null,
      prev_seq: numbered ? orNull(row["pseq"]) : null,
    };
    const crc = Number(row["checksum"] ?? 0);
    const full = action === "snapshot" || row["pseq"] === "0";
    const word = { type: "book", action: full ? "snapshot" : "update" };
    return [
      {
        ...word,
        ...head,
        bids: bids.map(pair),
        asks: asks.map(pair),
        ...ids,
        ...(crc === 0 ? {} : { checksum: crc >>> 0 }),
      },
    ];
  });
}

function stripped({ events }: Read): object[] {
  return events.map(({ venue: _venue, instrument: _name, ts_recv: _recv, ...rest }) => {
    if (rest.type === "book") delete rest.flags;
    return rest;
  });
}

describe("frames of Bitget", () => {
  it("mean what a naive reading says", () => {
    const data = FRAMES.filter(({ name, text }) => text.includes('"data"') && !/^0[18]/.test(name));
    expect(data.length).toBeGreaterThan(70);
    for (const { text } of data) {
      const seen = read(text);
      expect(seen.frame, text).toBe(FRAME.DATA);
      const wanted = plain(text).filter((event) => KNOWN.has((event as { symbol: string }).symbol));
      expect(stripped(seen), text).toEqual(wanted);
    }
  });

  it("are on the fast path in every form that was seen of production", () => {
    const fellBack = ({ fallbacks, slowFallbacks }: Read): boolean => fallbacks + slowFallbacks > 0;
    const slow = FRAMES.filter(({ text }) => fellBack(read(text))).map(({ text }) => text.slice(0, 120));
    expect(slow).toEqual([
      // Another order of keys, an empty text for a side, a page's misprint, and lists without rows.
      expect.stringContaining('{"ts":1787644800401,"data":[{"ts":"1787644800440"'),
      expect.stringContaining('"topic":"books1","symbol":"PEPEUSDT"},"data":[{"a":[["",'),
      expect.stringContaining('"topic":"publicTrade","symbol":"ETHUSDT"},"data":[{"i":"147'),
      expect.stringContaining('"topic":"publicTrade","symbol":"BTCUSDT"},"data":[]'),
      expect.stringContaining('{"data":[{"symbol":"BTCUSDT","side":"buy"'),
    ]);
  });

  it("keep ids and numbers exact to the last of 64 bits, on both ways", () => {
    const trade = (id: string): string =>
      `{"action":"update","arg":{"instType":"spot","topic":"publicTrade","symbol":"BTCUSDT"},"data":[{"i":"${id}","p":"1","v":"2","S":"buy","T":"1787644800210","L":"1","isRPI":"no"}],"ts":1787644800213}`;
    const ids = ["7", "999999999999999", "1000000000000000", "1234567890123456789", "3999999999999999999"];
    for (const id of [...ids, "4294967295999999999", "9999999999999999999", "18446744073709551615"])
      for (const text of [trade(id), ` ${trade(id)}`]) expect(read(text).events[0], id).toMatchObject({ id });
    for (const id of ["18446744073709551616", "-1", "1.5", "", "x"])
      expect(read(trade(id)).frame, id).toBe(FRAME.BAD);
    const book = (seq: string): string =>
      `{"action":"update","arg":{"instType":"spot","topic":"books","symbol":"BTCUSDT"},"data":[{"a":[],"b":[],"seq":${seq},"pseq":9007199254740993,"ts":"1787644800210"}],"ts":1787644800213}`;
    for (const text of [book("9007199254740995"), ` ${book("9007199254740995")}`])
      expect(read(text).events[0]).toMatchObject({ seq: "9007199254740995", prev_seq: "9007199254740993" });
    expect(read(book("18446744073709551616")).frame).toBe(FRAME.BAD);
    expect(read(book("1.5")).frame).toBe(FRAME.BAD);
    expect(read(book('"5"')).frame).toBe(FRAME.UNKNOWN);
  });

  it("of a list of any length come oldest first", () => {
    const rows = Array.from({ length: 1500 }, (_, i) => {
      const time = 1787644800000 + Math.floor(i / 3);
      return `{"i":"${1471419264227065858n + BigInt(i)}","p":"1","v":"${i + 1}","S":"buy","T":"${time}"}`;
    });
    const frame = (all: string[]): string =>
      `{"action":"snapshot","arg":{"instType":"spot","topic":"publicTrade","symbol":"BTCUSDT"},"data":[${all.join(",")}],"ts":1787644800213}`;
    const sizes = (all: string[]): number[] =>
      read(frame(all)).events.map((event) => (event.type === "trade" ? event.size : NaN));
    for (const count of [2, 100, 1024, 1500]) {
      const some = rows.slice(0, count);
      const ascending = some.map((_, i) => i + 1);
      expect(sizes(some.toReversed())).toEqual(ascending);
      expect(sizes(some)).toEqual(ascending);
    }
    expect([1024, 1025].map((count) => read(frame(rows.slice(0, count))).slowFallbacks)).toEqual([0, 1]);
  });

  it("tell one symbol of four products apart", () => {
    const frame = (type: string): string =>
      `{"action":"snapshot","arg":{"instType":"${type}","topic":"books1","symbol":"BTCUSDT"},"data":[{"a":[],"b":[],"seq":1,"pseq":0,"ts":"1787644800330"}],"ts":1787644800334}`;
    const symbols = ["spot", "usdt-futures", "coin-futures", "usdc-futures"].map((type) => read(frame(type)));
    expect(symbols.map(({ frame: verdict }) => verdict)).toEqual(Array(4).fill(FRAME.DATA));
    expect(symbols.flatMap(({ events }) => events.map(({ symbol }) => symbol))).toEqual([
      "BTCUSDT",
      "BTCUSDT:USDT-FUTURES",
    ]);
    for (const type of ["margin", "Spot", "susdt-futures"])
      expect(read(frame(type)).frame).toBe(FRAME.UNKNOWN);
  });

  const BOOK = `{"action":"snapshot","arg":{"instType":"spot","topic":"books","symbol":"BTCUSDT"},"data":[{"a":[["2","1"]],"b":[["1","1"]],"seq":5,"pseq":0,"ts":"1787644800330"}],"ts":1787644800334}`;
  const WRONG: readonly (readonly [change: string, to: string, verdict: number])[] = [
    ['"snapshot"', '"partial"', FRAME.UNKNOWN],
    ['"books"', '"books15"', FRAME.UNKNOWN],
    ['"books"', '"books7"', FRAME.UNKNOWN],
    ['"books"', '"kline"', FRAME.IGNORED],
    ['["2","1"]', '["2"]', FRAME.UNKNOWN],
    ['["2","1"]', '["2","1","1"]', FRAME.UNKNOWN],
    ['["2","1"]', "[2,1]", FRAME.UNKNOWN],
    ['["2","1"]', '["-2","1"]', FRAME.BAD],
    ['["2","1"]', '["2",""]', FRAME.BAD],
    ['["2","1"]', '["1e400","1"]', FRAME.BAD],
    ['"ts":"1787644800330"', '"ts":1787644800330', FRAME.UNKNOWN],
    ['"ts":"1787644800330"', '"ts":"17876448003300000000"', FRAME.BAD],
    ['"seq":5', '"seq":-5', FRAME.BAD],
    ['"seq":5', '"checksum":5000000000', FRAME.BAD],
    ['"ts":1787644800334', '"ts":01', FRAME.BAD],
    ['"symbol":"BTCUSDT"', '"symbol":7', FRAME.UNKNOWN],
    [',"data"', ',"rows"', FRAME.UNKNOWN],
  ];

  it.each(WRONG)("with %s as %s are judged", (change, to, verdict) => {
    expect(read(BOOK).frame).toBe(FRAME.DATA);
    const seen = read(BOOK.replace(change, to));
    expect([seen.frame, seen.slots.length]).toEqual([verdict, 0]);
  });

  it("with one number alone are not numbered, whichever way they are read", () => {
    const update = BOOK.replace("snapshot", "update");
    for (const text of [update.replace('"seq":5,', ""), update.replace('"pseq":0,', "")])
      for (const frame of [text, ` ${text}`])
        expect(read(frame).events).toMatchObject([{ action: "update", seq: null, prev_seq: null }]);
    expect(read(update).events).toMatchObject([{ action: "snapshot", seq: "5", prev_seq: null }]);
  });

  it("of a partial book are not believed as a change", () => {
    expect(read(BOOK.replace('"books"', '"books50"')).frame).toBe(FRAME.DATA);
    for (const channel of ["books1", "books5", "books50"])
      expect(read(BOOK.replace('"books"', `"${channel}"`).replace("snapshot", "update")).frame).toBe(
        FRAME.UNKNOWN,
      );
  });

  it("that are a sign of life, or ask for one, are known without JSON", () => {
    expect(["pong", "ping"].map((text) => read(text).frame)).toEqual([FRAME.HEARTBEAT, FRAME.CONTROL]);
    expect(["pongs", "pon", ""].map((text) => read(text).frame)).toEqual([FRAME.BAD, FRAME.BAD, FRAME.BAD]);
  });
});
