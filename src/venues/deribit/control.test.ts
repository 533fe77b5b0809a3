import { describe, expect, it } from "vitest";
import { withOptions } from "../../model/index.ts";
import type { Channel, ServerConnection, Subscription } from "../../model/index.ts";
import { deribit } from "./venue.ts";

const connection = (active: Subscription[] = []): ServerConnection => ({
  path: "/ws/api/v2",
  sequence: 0,
  active,
  now: () => 1_787_644_800_200_000,
});
const TIMES = '"usIn":1787644800200000,"usOut":1787644800200143,"usDiff":143';

function counter(from: number): () => number {
  let id = from;
  return () => id++;
}

const one = (channel: Channel, symbol: string, depth?: number): Subscription =>
  depth === undefined ? { channel, symbol } : { channel, symbol, depth };

const ALL = [
  one("heartbeat", ""),
  one("status", ""),
  one("instrument", ""),
  one("trade", "BTC-PERPETUAL"),
  one("quote", "BTC-PERPETUAL"),
  one("book", "BTC-PERPETUAL"),
  one("partial_book", "BTC-25DEC26-100000-C", 5),
  one("ticker", "BTC-25DEC26-100000-C"),
  one("index", "btc_usd"),
];

describe("requests", () => {
  it("are these", () => {
    const made = deribit.subscribe(ALL, counter(1));
    expect(made.map(({ text }) => text)).toEqual([
      '{"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":30}}',
      '{"jsonrpc":"2.0","id":2,"method":"public/subscribe","params":{"channels":["platform_state","instrument.state.any.any","trades.BTC-PERPETUAL.100ms","quote.BTC-PERPETUAL","book.BTC-PERPETUAL.100ms","book.BTC-25DEC26-100000-C.none.10.100ms","ticker.BTC-25DEC26-100000-C.100ms","deribit_volatility_index.btc_usd"]}}',
    ]);
    expect(made.map(({ covers }) => covers)).toEqual([ALL.slice(0, 1), ALL.slice(1)]);
    expect(deribit.unsubscribe(ALL.slice(0, 4), counter(3)).map(({ text }) => text)).toEqual([
      '{"jsonrpc":"2.0","id":3,"method":"public/disable_heartbeat","params":{}}',
      '{"jsonrpc":"2.0","id":4,"method":"public/unsubscribe","params":{"channels":["platform_state","instrument.state.any.any","trades.BTC-PERPETUAL.100ms"]}}',
    ]);
  });

  it("hold 200 channels at most, and a connection 500", () => {
    const many = Array.from({ length: 500 }, (_, i) => one("ticker", `BTC-25DEC26-${1000 + i}-C`));
    expect(deribit.subscribe(many, counter(1)).map(({ covers }) => covers.length)).toEqual([200, 200, 100]);
    expect(deribit.limits.streamsPerSocket).toBe(500);
  });

  it.each([
    [undefined, "none.20"],
    [1, "none.1"],
    [2, "none.10"],
    [11, "none.20"],
    [1000, "none.20"],
  ])("of %s levels ask for %s", (depth, name) => {
    const [request] = deribit.subscribe([{ ...one("partial_book", "ETH-PERPETUAL", depth) }], counter(1));
    expect(request!.text).toContain(`"book.ETH-PERPETUAL.${name}.100ms"`);
  });

  it("start on every connection with heartbeats and states", () => {
    expect(deribit.sockets[0]!.always).toEqual(ALL.slice(0, 3));
    expect(deribit.heartbeat.idleMs).toBe(60_000);
  });
});

describe("answers", () => {
  it("list what was accepted: in what they leave out lies the refusal", () => {
    const [, request] = deribit.subscribe(ALL, counter(1));
    const heard = deribit.server.request(request!.text);
    if (heard instanceof Error) throw heard;
    const accepted = [ALL[3]!, ALL[8]!];
    const text = `{"jsonrpc":"2.0","id":2,"result":["deribit_volatility_index.btc_usd","trades.BTC-PERPETUAL.100ms"],${TIMES},"testnet":false}`;
    expect(deribit.server.accept(heard, accepted, connection())).toEqual([text]);
    expect(deribit.server.refuse(heard, ALL.slice(4, 6), connection())).toEqual([]);
    expect(deribit.control(text)).toEqual([{ type: "ack", id: 2, only: accepted.toReversed() }]);
  });

  it("are given to a request of which nothing was accepted", () => {
    const heard = deribit.server.request(
      '{"jsonrpc":"2.0","id":7,"method":"public/subscribe","params":{"channels":["quote.BTC-31JAN25-90000-C","nonsense"]}}',
    );
    if (heard instanceof Error) throw heard;
    expect(heard.subscriptions).toEqual([one("quote", "BTC-31JAN25-90000-C")]);
    const text = `{"jsonrpc":"2.0","id":7,"result":[],${TIMES},"testnet":false}`;
    expect(deribit.server.refuse(heard, heard.subscriptions, connection())).toEqual([text]);
    expect(deribit.control(text)).toEqual([{ type: "ack", id: 7, only: [] }]);
  });

  it("to heartbeats and tests are words", () => {
    const ok = `{"jsonrpc":"2.0","id":1,"result":"ok",${TIMES},"testnet":false}`;
    const heard = deribit.server.request(deribit.subscribe(ALL.slice(0, 1), counter(1))[0]!.text);
    if (heard instanceof Error) throw heard;
    expect(deribit.server.accept(heard, ALL.slice(0, 1), connection())).toEqual([ok]);
    expect(deribit.control(ok)).toEqual([{ type: "ack", id: 1 }]);
    const test = `{"jsonrpc":"2.0","id":0,"result":{"version":"1.2.26"},${TIMES},"testnet":false}`;
    expect(deribit.control(test)).toEqual([{ type: "pong", id: 0, at: 1787644800200143 }]);
  });

  it("tell errors with their codes", () => {
    const told = (id: string, error: string): unknown =>
      deribit.control(`{"jsonrpc":"2.0",${id}"error":${error},"testnet":false,${TIMES}}`);
    expect(told('"id":1,', '{"code":10028,"message":"too_many_requests","data":{"wait":2}}')).toEqual([
      { type: "refused", id: 1, reason: '10028 too_many_requests {"wait":2}', again: true },
    ]);
    expect(told('"id":2,', '{"code":13009,"message":"unauthorized","data":null}')).toEqual([
      { type: "refused", id: 2, reason: "13009 unauthorized" },
    ]);
    expect(told("", '{"code":-32700,"message":"Parse error"}')).toEqual([
      { type: "error", reason: "-32700 Parse error" },
    ]);
    expect(told('"id":0,', '{"code":13888,"message":"timed_out"}')).toEqual([
      { type: "error", reason: "13888 timed_out" },
    ]);
    expect(told("", '{"code":11051,"message":"system_maintenance"}')).toEqual([
      {
        type: "venue_status",
        state: "halted",
        detail: "11051 system_maintenance",
      },
    ]);
  });

  it.each([
    "",
    "{",
    "[]",
    "null",
    "1",
    "{}",
    '{"id":1}',
    '{"result":3}',
    '{"method":"x"}',
    '{"method":"heartbeat"}',
  ])("that are %j are unknown", (text) => expect(deribit.control(text)).toEqual([{ type: "unknown" }]));
});

describe("heartbeats", () => {
  it("want an answer, which is given", () => {
    const asked = deribit.server.heartbeat(connection([one("heartbeat", "")]))!;
    expect(asked).toBe('{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}');
    const [answer] = deribit.control(asked);
    expect(answer).toEqual({
      type: "answer",
      text: '{"jsonrpc":"2.0","id":0,"method":"public/test","params":{}}',
    });
    const heard = deribit.server.request((answer as { text: string }).text);
    if (heard instanceof Error) throw heard;
    expect(deribit.server.accept(heard, [], connection())).toEqual([
      `{"jsonrpc":"2.0","id":0,"result":{"version":"1.2.26"},${TIMES},"testnet":false}`,
    ]);
  });

  it("do not come to those who did not ask", () => {
    expect(deribit.server.heartbeat(connection([one("book", "BTC-PERPETUAL")]))).toBeNull();
  });
});

describe("states", () => {
  const told = (channel: string, data: string): unknown =>
    deribit.control(
      `{"jsonrpc":"2.0","method":"subscription","params":{"channel":"${channel}","data":${data}}}`,
    );

  it("of instruments", () => {
    const state = (word: string): unknown =>
      told(
        "instrument.state.any.any",
        `{"timestamp":1787644800000,"state":"${word}","instrument_name":"BTC-25DEC26-100000-C"}`,
      );
    const as = (status: string): unknown => [
      { type: "instrument_state", symbol: "BTC-25DEC26-100000-C", state: status },
    ];
    expect([state("created"), state("locked"), state("delivered"), state("archivized")]).toEqual(
      ["pre_open", "halted", "expired", "delisted"].map(as),
    );
    expect(state("a_word_of_2027")).toEqual(as("unknown"));
    expect(told("instrument.state.option.BTC", '{"state":1}')).toEqual([{ type: "unknown" }]);
  });

  it("of the platform", () => {
    expect([
      told("platform_state", '{"maintenance":true}'),
      told("platform_state", '{"maintenance":false}'),
    ]).toEqual([
      [{ type: "venue_status", state: "halted", detail: "maintenance" }],
      [{ type: "venue_status", state: "trading", detail: "no maintenance" }],
    ]);
    expect(told("platform_state", '{"price_index":"sol_usdc","locked":true}')).toEqual([
      { type: "error", reason: "price index sol_usdc is locked" },
    ]);
    expect(told("platform_state", "{}")).toEqual([{ type: "unknown" }]);
    expect(
      told("platform_state.public_methods_state", '{"allow_unauthenticated_public_requests":false}'),
    ).toEqual([
      {
        type: "error",
        reason: "public requests need an account: without one nothing more can be asked for",
      },
    ]);
  });
});

describe("the server", () => {
  it.each([
    ["{]", -32700, "Parse error"],
    ['{"jsonrpc":"2.0","id":[],"method":"public/test"}', -32600, "Invalid Request"],
    ['{"jsonrpc":"2.0","id":1,"method":"public/nothing","params":{}}', -32601, "Method not found"],
    ['{"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{}}', -32602, "Invalid params"],
    [
      '{"jsonrpc":"2.0","id":1,"method":"public/set_heartbeat","params":{"interval":5}}',
      -32602,
      "Invalid params",
    ],
  ])("answers %s by %d", (text, code, message) => {
    const error = deribit.server.request(text);
    expect(error).toBeInstanceOf(Error);
    expect(deribit.server.failure(error as Error, connection())).toEqual([
      `{"jsonrpc":"2.0","error":{"code":${code},"message":"${message}"},"testnet":false,${TIMES}}`,
    ]);
  });

  it("tells REST errors as the venue does", () => {
    expect([429, 404, 503].map((status) => deribit.server.restError(status).body)).toEqual([
      '{"jsonrpc":"2.0","error":{"code":10028,"message":"too_many_requests"},"testnet":false}',
      '{"jsonrpc":"2.0","error":{"code":13020,"message":"not_found"},"testnet":false}',
      '{"jsonrpc":"2.0","error":{"code":11051,"message":"system_maintenance"},"testnet":false}',
    ]);
  });
});

describe("hosts", () => {
  it("are chosen by a switch", () => {
    const urls = ["www", "streams", "test", "drb"].map((host) => {
      const venue = withOptions(deribit, { host });
      return [venue.sockets[0]!.url, venue.rest.url];
    });
    expect(urls).toEqual([
      ["wss://www.deribit.com/ws/api/v2", "https://www.deribit.com"],
      ["wss://streams.deribit.com/ws/api/v2", "https://www.deribit.com"],
      ["wss://test.deribit.com/ws/api/v2", "https://test.deribit.com"],
      ["wss://drb.coinbase.com/ws/api/v2", "https://www.deribit.com"],
    ]);
  });
});
