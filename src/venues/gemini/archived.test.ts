import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FRAME, instrumentOf, withOptions } from "../../model/index.ts";
import type { Channel, Level, MarketEvent, ServerConnection, Subscription } from "../../model/index.ts";
import { RECV, Rig } from "../../../test/contracts/venue-rig.ts";
import type { Read } from "../../../test/contracts/venue-rig.ts";
import { gemini } from "./venue.ts";

const BTC = instrumentOf({ symbol: "BTCUSD", canonical: "BTC-USD", tick: 0.01, lot: 1e-5 });
const rig = new Rig(gemini, [BTC]);
const read = (frame: string): Read => rig.text(frame, { at: 7, behind: 0x30 });
const one = (channel: Channel, symbol: string): Subscription => ({ channel, symbol });
const connection = (path = "/", sequence = 0): ServerConnection => ({
  path,
  sequence,
  active: [],
  now: () => RECV,
});

const price = fc.integer({ min: 1, max: 99_999_999 }).map((n) => n / 100);
const size = fc.integer({ min: 0, max: 2 ** 40 }).map((n) => n / 1e5);
const side = fc.uniqueArray(fc.tuple(price, size) as fc.Arbitrary<Level>, {
  maxLength: 9,
  selector: ([at]) => at,
});
const time = fc.integer({ min: 1_767_225_600_000, max: 1_798_761_599_999 }).map((ms) => ms * 1000);
const names = { venue: "gemini", symbol: "BTCUSD", instrument: "BTC-USD", ts_recv: RECV };

const trade: fc.Arbitrary<MarketEvent> = fc
  .record({
    id: fc.integer({ min: 1, max: 2 ** 52 }).map(String),
    price,
    size,
    side: fc.constantFrom("buy" as const, "sell" as const, null),
    ts_event: time,
  })
  .map((body) => ({ type: "trade", ...names, ...body }));

function book(ts_event: fc.Arbitrary<number | null>, seq: string | null): fc.Arbitrary<MarketEvent> {
  return fc
    .record({
      action: fc.constantFrom("snapshot" as const, "update" as const),
      bids: side,
      asks: side,
      ts_event,
    })
    .map((body) => ({ type: "book", ...names, ...body, seq, prev_seq: null }));
}

describe("the second protocol", () => {
  const v2 = withOptions(gemini, { api: "v2" });
  const write = (event: MarketEvent): string =>
    v2.server.encode(event, BTC, one("book", "BTCUSD"), connection());

  it.each([
    ["trades", trade],
    ["books", book(fc.constant(null), null)],
  ] as const)(
    "%s: parse(encode(event)) is the event, straight through and by the reference",
    (_what, events) => {
      fc.assert(
        fc.property(events, (event) => {
          const [fast, slow] = [read(write(event)), read(` ${write(event)}`)];
          expect([fast.frame, fast.slowFallbacks, slow.frame, slow.slowFallbacks]).toEqual([
            FRAME.DATA,
            0,
            FRAME.DATA,
            1,
          ]);
          expect(fast.events).toEqual([event]);
          expect(slow.slots).toEqual(fast.slots);
        }),
        { seed: 41, numRuns: 200 },
      );
    },
  );

  it("reads what it wrote of marks", () => {
    const event: MarketEvent = {
      type: "ticker",
      ...names,
      ts_event: RECV,
      mark_price: 77233.302,
      index_price: 77188.41867,
    };
    expect(read(write(event)).events).toEqual([event]);
  });

  it("gives the history of a first frame oldest first, marked, behind the book", () => {
    const row = (id: number): string =>
      `{"type":"trade","symbol":"BTCUSD","event_id":${id},"timestamp":1779955200428,"price":"1.5","quantity":"2","side":"buy"}`;
    const frame = (ids: number[]): string =>
      `{"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","1","1"]],"trades":[${ids.map(row).join(",")}],"auction_events":[]}`;
    for (const pad of ["", " "]) {
      const { events } = read(pad + frame([9, 7, 5]));
      expect(events.map((event) => (event.type === "trade" ? event.id : event.type))).toEqual([
        "book",
        "5",
        "7",
        "9",
      ]);
      expect(events.slice(1).every((event) => event.flags?.includes("snapshot"))).toBe(true);
    }
    const ids = Array.from({ length: 513 }, (_, i) => 1000 - i);
    expect([read(frame(ids.slice(1))).slowFallbacks, read(frame(ids)).slowFallbacks]).toEqual([0, 1]);
    expect(read(frame(ids)).events).toHaveLength(514);
  });

  const good = '{"type":"l2_updates","symbol":"BTCUSD","changes":[["buy","118340.10","0.25"]]}';
  it.each([
    ["a negative size", good.replace("0.25", "-1"), FRAME.BAD],
    ["an empty price", good.replace("118340.10", ""), FRAME.BAD],
    ["half a frame", good.slice(0, 50), FRAME.BAD],
    ["more behind its end", `${good}]`, FRAME.BAD],
    ["another side", good.replace("buy", "bid"), FRAME.UNKNOWN],
    ["a number for a text", good.replace('"0.25"', "0.25"), FRAME.UNKNOWN],
    ["a change of two", good.replace(',"0.25"', ""), FRAME.UNKNOWN],
    ["no symbol", good.replace('"symbol":"BTCUSD",', ""), FRAME.UNKNOWN],
    ["another type", good.replace("l2_updates", "l3_updates"), FRAME.UNKNOWN],
    [
      "a trade without a time",
      '{"type":"trade","symbol":"BTCUSD","event_id":1,"price":"1","quantity":"1","side":"buy"}',
      FRAME.UNKNOWN,
    ],
    [
      "a trade of a third side",
      '{"type":"trade","symbol":"BTCUSD","event_id":1,"timestamp":1,"price":"1","quantity":"1","side":"both"}',
      FRAME.UNKNOWN,
    ],
    [
      "a mark that is none",
      '{"type":"mark_price_updates","symbol":"BTCUSD","changes":[{"mark_price":"x","spot_index":"1","timestamp":1}]}',
      FRAME.BAD,
    ],
  ])("gives nothing for %s", (_what, frame, verdict) => {
    expect([read(frame).frame, read(frame).slots.length]).toEqual([verdict, 0]);
  });

  it("asks for books and trades by one name, and for marks by another", () => {
    let id = 0;
    const wanted = [
      one("book", "BTCUSD"),
      one("trade", "BTCUSD"),
      one("trade", "ETHUSD"),
      one("ticker", "BTCGUSDPERP"),
    ];
    const made = v2.subscribe(wanted, () => ++id);
    expect(made).toEqual([
      {
        id: 1,
        text: '{"type":"subscribe","subscriptions":[{"name":"l2","symbols":["BTCUSD","ETHUSD"]}]}',
        covers: [],
      },
      {
        id: 2,
        text: '{"type":"subscribe","subscriptions":[{"name":"mark_price","symbols":["BTCGUSDPERP"]}]}',
        covers: [],
      },
    ]);
    const heard = v2.server.request(made[0]!.text);
    if (heard instanceof Error) throw heard;
    expect(heard.subscriptions).toEqual([
      one("book", "BTCUSD"),
      one("trade", "BTCUSD"),
      one("book", "ETHUSD"),
      one("trade", "ETHUSD"),
    ]);
    expect(v2.server.accept(heard, heard.subscriptions, connection())).toEqual([]);
    const refused = v2.server.refuse(heard, heard.subscriptions, connection());
    expect(refused.flatMap((text) => v2.control(text))).toEqual([
      { type: "error", reason: "NoValidTradingPairs" },
    ]);
    expect(read(v2.server.heartbeat(connection())!).frame).toBe(FRAME.HEARTBEAT);
    expect(v2.server.request("{")).toBeInstanceOf(Error);
    expect(v2.connectUrl(v2.sockets[0]!, "wss://api.gemini.com/v2/marketdata")).toBe(
      "wss://api.gemini.com/v2/marketdata",
    );
  });
});

describe("the first protocol", () => {
  const v1 = withOptions(gemini, { api: "v1" });
  const write = (event: MarketEvent, sequence: number): string =>
    v1.server.encode(event, BTC, one("book", "BTCUSD"), connection("/", sequence));

  it.each([
    ["trades", trade],
    ["books", book(time, "77")],
  ] as const)("%s: parse(encode(event)) is the event, and the frame has its number", (_what, events) => {
    fc.assert(
      fc.property(events, (event) => {
        const { frame, events: seen, connection: number } = read(write(event, 77));
        expect([frame, number]).toEqual([FRAME.DATA, 77]);
        // An empty first frame says nothing of whose it is.
        const empty = event.type === "book" && event.bids.length + event.asks.length === 0;
        expect(seen).toEqual(empty ? [] : [event]);
      }),
      { seed: 42, numRuns: 200 },
    );
  });

  const change =
    '{"type":"change","symbol":"BTCUSD","side":"bid","price":"1","remaining":"1","reason":"place"}';
  const update = (events: string): string =>
    `{"type":"update","eventId":1,"timestampms":1779955200428,"socket_sequence":5,"events":[${events}]}`;
  it.each([
    ["a negative size", update(change.replace('"remaining":"1"', '"remaining":"-1"')), FRAME.BAD],
    ["another side", update(change.replace("bid", "buy")), FRAME.UNKNOWN],
    ["another reason", update(change.replace("place", "whim")), FRAME.UNKNOWN],
    ["another event", update('{"type":"gift","symbol":"BTCUSD"}'), FRAME.UNKNOWN],
    [
      "a trade without a maker",
      update('{"type":"trade","symbol":"BTCUSD","tid":1,"price":"1","amount":"1"}'),
      FRAME.UNKNOWN,
    ],
    [
      "a change without a symbol beside one with",
      update(`${change},${change.replace('"symbol":"BTCUSD",', "")}`),
      FRAME.UNKNOWN,
    ],
    ["an event that is none", update("7"), FRAME.UNKNOWN],
  ])("counts the frame and gives nothing for %s", (_what, frame, verdict) => {
    const { frame: seen, slots, connection: number } = read(frame);
    expect([seen, slots.length, number]).toEqual([verdict, 0, 5]);
  });

  it("is unknown without its number, and counts heartbeats", () => {
    expect(read(update(change).replace('"socket_sequence":5,', "")).frame).toBe(FRAME.UNKNOWN);
    const beat = read(v1.server.heartbeat(connection("/", 8))!);
    expect([beat.frame, beat.connection]).toEqual([FRAME.HEARTBEAT, 8]);
  });

  it("asks by its address alone", () => {
    const [endpoint] = v1.sockets;
    const wanted = [one("book", "BTCUSD"), one("trade", "BTCUSD"), one("book", "ETHUSD")];
    const url = v1.connectUrl(endpoint!, endpoint!.url, wanted);
    expect(url).toBe(
      "wss://api.gemini.com/v1/multimarketdata?symbols=BTCUSD,ETHUSD&heartbeat=true&bids=true&offers=true&trades=true",
    );
    expect(v1.connectUrl(endpoint!, endpoint!.url, [one("trade", "BTCUSD")])).toMatch(
      /\?symbols=BTCUSD&heartbeat=true&trades=true$/,
    );
    expect([v1.subscribe(wanted, () => 1), v1.unsubscribe(wanted, () => 1)]).toEqual([[], []]);
    const { pathname, search } = new URL(url);
    expect(v1.server.initial(pathname + search)).toEqual([
      one("book", "BTCUSD"),
      one("trade", "BTCUSD"),
      one("book", "ETHUSD"),
      one("trade", "ETHUSD"),
    ]);
    expect(v1.server.initial("/v1/multimarketdata?symbols=BTCUSD")).toHaveLength(2);
    expect(v1.server.initial("/v1/multimarketdata")).toEqual([]);
  });
});

describe("the switch", () => {
  it("knows three protocols", () => {
    expect(["current", "v2", "v1"].map((api) => withOptions(gemini, { api }).book)).toEqual([
      "overlap",
      "none",
      "connectionWide",
    ]);
    expect(() => withOptions(gemini, { api: "v3" })).toThrow("gemini api: expected current or v2 or v1");
  });
});
