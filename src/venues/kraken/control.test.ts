import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServerConnection, Subscription } from "../../model/index.ts";
import { fixturesOf } from "../../../test/contracts/frames.ts";
import { canonical, native, statusOf, statusWord } from "./instruments.ts";
import { kraken } from "./venue.ts";

const [CONNECT] = fixturesOf("kraken");
const said = CONNECT!.frames.flatMap(({ dir, text }) => (dir === "in" ? kraken.control(text!) : []));

const spot = { kind: "spot", contractValue: 1, expiry: NaN, strike: NaN } as const;
const BTC = {
  ...spot,
  symbol: "BTC/USD",
  canonical: "BTC-USD",
  base: "BTC",
  quote: "USD",
  status: "trading",
  tick: 0.1,
  lot: 1e-8,
  pricePrecision: 1,
  sizePrecision: 8,
} as const;

describe("cold frames of Kraken", () => {
  it("say what they say", () => {
    const doge = {
      symbol: "DOGE/USD",
      canonical: "DOGE-USD",
      base: "DOGE",
      tick: 1e-5,
      pricePrecision: 5,
    } as const;
    expect(said).toEqual([
      { type: "venue_status", state: "trading", detail: "online" },
      { type: "ack", id: 1, channel: "instrument", symbol: "" },
      { type: "instruments", instruments: [BTC, { ...BTC, ...doge, status: "post_only" }], snapshot: true },
      { type: "ack", id: 2, channel: "book", symbol: "BTC/USD" },
      { type: "refused", id: 2, symbol: "FOO/BAR", reason: "Currency pair not supported FOO/BAR" },
      { type: "ack", id: 3, symbol: "BTC/USD" },
      { type: "unknown" },
      { type: "pong", id: 101 },
      { type: "error", reason: "Exceeded msg rate" },
      { type: "instruments", instruments: [{ ...BTC, status: "cancel_only" }], snapshot: false },
      { type: "venue_status", state: "halted", detail: "maintenance" },
      { type: "ack", id: 7, channel: "quote", symbol: "BTC/USD" },
      { type: "ack", id: 8, channel: "ticker", symbol: "ETH/USD" },
    ]);
  });

  it("name the refused pair in their text where they have no field for it", () => {
    const text =
      '{"error":"Currency pair not in ISO 4217-A3 format XBT/USD","method":"subscribe","req_id":9,"success":false}';
    expect(kraken.control(text)).toEqual([
      {
        type: "refused",
        id: 9,
        symbol: "XBT/USD",
        reason: "Currency pair not in ISO 4217-A3 format XBT/USD",
      },
    ]);
  });

  it("tell the two triggers of the ticker channel apart", () => {
    const ack = (trigger: string): string =>
      `{"method":"subscribe","req_id":1,"result":{"channel":"ticker","event_trigger":"${trigger}","snapshot":true,"symbol":"BTC/USD"},"success":true}`;
    expect(["bbo", "trades"].flatMap((one) => kraken.control(ack(one)))).toMatchObject([
      { channel: "quote" },
      { channel: "ticker" },
    ]);
  });
});

describe("metadata of Kraken", () => {
  const body = CONNECT!.frames.find(({ dir }) => dir === "http")!.text!;

  it("reads AssetPairs by wsname, with modern codes", () => {
    expect(kraken.instruments.parse(body)).toEqual([
      BTC,
      {
        ...BTC,
        symbol: "DOGE/EUR",
        canonical: "DOGE-EUR",
        base: "DOGE",
        quote: "EUR",
        tick: 1e-7,
        pricePrecision: 7,
      },
      {
        ...BTC,
        symbol: "XTZ/USD",
        canonical: "XTZ-USD",
        base: "XTZ",
        status: "unknown",
        tick: 1e-4,
        pricePrecision: 4,
      },
    ]);
  });

  it("writes them back with the old ones", () => {
    const written = kraken.server.instrumentsBody(kraken.instruments.parse(body), "");
    expect(Object.keys((JSON.parse(written) as { result: object }).result)).toEqual([
      "XBTUSD",
      "XDGEUR",
      "XTZUSD",
    ]);
    expect(kraken.instruments.parse(written)).toEqual(kraken.instruments.parse(body));
  });

  it("says what was wrong with a body that is none", () => {
    expect(() => kraken.instruments.parse('{"error":["EGeneral:Too many requests"]}')).toThrow(
      "EGeneral:Too many requests",
    );
    expect(() => kraken.instruments.parse('{"error":[]}')).toThrow(
      'expected {"error":[],"result":{..}}, saw {"error":[]}',
    );
  });

  it("names pairs both ways, and nothing else", () => {
    const code = fc.stringMatching(/^[A-Za-z0-9.]{1,10}$/);
    fc.assert(
      fc.property(code, code, (base, quote) => {
        expect(canonical(`${base}/${quote}`)).toBe(`${base}-${quote}`);
        expect(native(`${base}-${quote}`)).toBe(`${base}/${quote}`);
      }),
      { seed: 3 },
    );
    expect(["BTCUSD", "/USD", "BTC/", "A/B/C", "A-B/C"].map(canonical)).toEqual([
      null,
      null,
      null,
      null,
      null,
    ]);
    for (const name of ["BTC-USDT-PERP", "BTC", "-USD", ""]) expect(() => native(name)).toThrow(RangeError);
  });

  it("knows states both ways, and takes unknown ones for not tradable", () => {
    for (const word of ["online", "post_only", "cancel_only", "maintenance", "work_in_progress", "delisted"])
      expect(statusWord(statusOf(word))).toBe(word);
    expect([statusOf("reduce_only"), statusOf("brand_new"), statusOf(7)]).toEqual([
      "unknown",
      "unknown",
      "unknown",
    ]);
  });
});

describe("requests to Kraken", () => {
  const ids = (): (() => number) => {
    let id = 6;
    return () => ++id;
  };
  const book = (symbol: string, depth?: number): Subscription => ({
    channel: "book",
    symbol,
    ...(depth === undefined ? {} : { depth }),
  });

  it("are one for each channel and depth, and repeat the depth when they unsubscribe", () => {
    const made = kraken.subscribe(
      [book("BTC/USD"), book("ETH/USD", 25), book("LTC/USD", 100), { channel: "status", symbol: "" }],
      ids(),
    );
    expect(made.map(({ text }) => text)).toEqual([
      '{"method":"subscribe","params":{"channel":"book","depth":100,"snapshot":true,"symbol":["BTC/USD","LTC/USD"]},"req_id":7}',
      '{"method":"subscribe","params":{"channel":"book","depth":25,"snapshot":true,"symbol":["ETH/USD"]},"req_id":8}',
    ]);
    expect(kraken.unsubscribe([book("BTC/USD", 500)], ids())[0]!.text).toContain('"depth":500');
  });

  it("take the next depth on offer", () => {
    const asked = [1, 10, 11, 100, 101, 5000].map(
      (depth) => kraken.subscribe([book("BTC/USD", depth)], ids())[0]!.text,
    );
    expect(asked.map((text) => /"depth":(\d+)/.exec(text)![1])).toEqual([
      "10",
      "10",
      "25",
      "100",
      "500",
      "1000",
    ]);
  });

  it("name at most a hundred pairs", () => {
    const many = Array.from({ length: 230 }, (_, i): Subscription => ({
      channel: "trade",
      symbol: `A${i}/USD`,
    }));
    expect(kraken.subscribe(many, ids()).map(({ covers }) => covers.length)).toEqual([100, 100, 30]);
  });
});

describe("Kraken's side", () => {
  const connection: ServerConnection = {
    path: "/v2",
    sequence: 0,
    active: [],
    now: () => 1_791_191_564_100_001,
  };
  const hear = (text: string): string[] => {
    const request = kraken.server.request(text);
    if (request instanceof Error) return kraken.server.failure(request, connection);
    return kraken.server.accept(request, request.subscriptions, connection);
  };

  it("acknowledges each pair by itself", () => {
    expect(
      hear(
        '{"method":"subscribe","params":{"channel":"ticker","symbol":["BTC/USD","ETH/USD"],"event_trigger":"bbo"},"req_id":7}',
      ),
    ).toEqual(
      ["BTC/USD", "ETH/USD"].map(
        (symbol) =>
          `{"method":"subscribe","req_id":7,"result":{"channel":"ticker","event_trigger":"bbo","snapshot":true,"symbol":"${symbol}"},"success":true,"time_in":"2026-10-05T09:12:44.100001Z","time_out":"2026-10-05T09:12:44.100001Z"}`,
      ),
    );
  });

  it("takes a book without depth for one of ten levels", () => {
    expect(
      kraken.server.request('{"method":"unsubscribe","params":{"channel":"book","symbol":["BTC/USD"]}}'),
    ).toMatchObject({
      op: "unsubscribe",
      id: null,
      subscriptions: [{ channel: "book", symbol: "BTC/USD", depth: 10 }],
    });
  });

  it("answers pings, and says what it does not take", () => {
    expect(hear('{"method":"ping","req_id":101}').flatMap((text) => kraken.control(text))).toEqual([
      { type: "pong", id: 101 },
    ]);
    const bad = [
      '{"method":"subscribe","params":{"channel":"book","symbol":["BTC/USD"],"depth":50}}',
      '{"method":"subscribe","params":{"channel":"level3"}}',
      '{"method":"dance"}',
      "x",
    ];
    expect(bad.map((text) => (kraken.server.request(text) as Error).message)).toEqual([
      "Subscription depth not supported",
      "Channel not supported",
      "Malformed request",
      "Malformed request",
    ]);
  });

  it("greets with a connection id that JSON.parse cannot hold", () => {
    const [greeting = ""] = kraken.server.welcome(connection);
    const id = BigInt(/"connection_id":(\d+)/.exec(greeting)![1]!);
    expect(id > 2n ** 53n && id < 2n ** 64n).toBe(true);
    expect(kraken.control(greeting)).toEqual([{ type: "venue_status", state: "trading", detail: "online" }]);
  });

  it("beats only once something is subscribed", () => {
    const subscribed = { ...connection, active: [{ channel: "trade" as const, symbol: "BTC/USD" }] };
    expect([kraken.server.heartbeat(connection), kraken.server.heartbeat(subscribed)]).toEqual([
      null,
      '{"channel":"heartbeat"}',
    ]);
  });

  it("refuses a pair it does not list by name", () => {
    const request = kraken.server.request(
      '{"method":"subscribe","params":{"channel":"trade","symbol":["XBT/USD"]},"req_id":5}',
    );
    if (request instanceof Error) throw request;
    expect(
      kraken.server
        .refuse(request, request.subscriptions, connection)
        .flatMap((text) => kraken.control(text)),
    ).toEqual([{ type: "refused", id: 5, symbol: "XBT/USD", reason: "Currency pair not supported XBT/USD" }]);
  });

  it("tells a pair's state by its instrument channel", () => {
    const event = {
      type: "status",
      venue: "kraken",
      symbol: "BTC/USD",
      instrument: "BTC-USD",
      ts_event: null,
      ts_recv: 0,
    } as const;
    const frame = kraken.server.encode(
      { ...event, scope: "instrument", state: "cancel_only" },
      BTC,
      { channel: "instrument", symbol: "" },
      connection,
    );
    expect(kraken.control(frame)).toEqual([
      { type: "instruments", instruments: [{ ...BTC, status: "cancel_only" }], snapshot: false },
    ]);
    const venue = kraken.server.encode(
      { ...event, scope: "venue", state: "halted" },
      BTC,
      { channel: "status", symbol: "" },
      connection,
    );
    expect(kraken.control(venue)).toEqual([{ type: "venue_status", state: "halted", detail: "maintenance" }]);
  });
});
