import { describe, expect, it } from "vitest";
import { AckBook, SubscribeError, channelFaults, shard } from "./subscribe.ts";
import type { SocketEndpoint, Subscription, Venue } from "../../model/index.ts";

const PUBLIC: SocketEndpoint = {
  name: "public",
  url: "wss://a",
  channels: ["book", "quote"],
  always: [{ channel: "heartbeat", symbol: "" }],
};
const MARKET: SocketEndpoint = { name: "market", url: "wss://b", channels: ["trade"] };
const venue = {
  id: "binance",
  sockets: [PUBLIC, MARKET],
  limits: { streamsPerSocket: 5 },
} as unknown as Venue;

const all = (symbols: string[]): Subscription[] =>
  symbols.flatMap((symbol) => (["book", "trade", "quote"] as const).map((channel) => ({ channel, symbol })));

describe("shard", () => {
  it("sends each channel to its endpoint, keeps a symbol together and respects the limit", () => {
    const shards = shard(venue, all(["A", "B", "C"]));
    expect(
      shards.map((one) => [one.endpoint.name, one.subscriptions.map((s) => `${s.channel}:${s.symbol}`)]),
    ).toEqual([
      ["public", ["book:A", "quote:A", "book:B", "quote:B"]],
      ["public", ["book:C", "quote:C"]],
      ["market", ["trade:A", "trade:B", "trade:C"]],
    ]);
  });

  it("names a channel the venue does not have", () => {
    expect(() => shard(venue, [{ channel: "liquidation", symbol: "A" }])).toThrow(SubscribeError);
    expect(() => shard(venue, [{ channel: "liquidation", symbol: "A" }])).toThrow(
      /liquidation.*it has book, quote, trade/,
    );
  });
});

describe("channelFaults", () => {
  it("names channels that are not there and those that exclude each other", () => {
    expect(channelFaults(venue, ["book", "trade"])).toEqual([]);
    expect(channelFaults(venue, ["book", "partial_book"])).toEqual([
      'binance has no channel "partial_book"; it has book, quote, trade',
      'binance: "book" and "partial_book" exclude each other; keep one',
    ]);
  });
});

describe("AckBook", () => {
  const covers = all(["A", "B"]);

  it("reports what no ack covered, once", () => {
    const acks = new AckBook();
    acks.sent(1, covers, 0);
    acks.answered(1, "book", "A");
    acks.answered(1, "trade", "A");
    acks.answered(1, "quote", "A");
    acks.answered(1, "trade", "B");
    expect(acks.unanswered(4999, 5000)).toEqual([]);
    expect(
      acks.unanswered(5000, 5000).map(({ subscription: one }) => `${one.channel}:${one.symbol}`),
    ).toEqual(["book:B", "quote:B"]);
    expect(acks.unanswered(9000, 5000)).toEqual([]);
  });

  it("takes a whole-request ack and a list of what is active", () => {
    const acks = new AckBook();
    acks.sent(1, covers, 0);
    acks.sent(
      2,
      [
        { channel: "heartbeat", symbol: "" },
        { channel: "book", symbol: "C" },
        { channel: "book", symbol: "D" },
      ],
      0,
    );
    acks.answered(1);
    acks.active([
      { channel: "heartbeat", symbol: "heartbeats" },
      { channel: "book", symbol: "C" },
    ]);
    expect(acks.unanswered(99, 1)).toEqual([
      { subscription: { channel: "book", symbol: "D" }, ending: false },
    ]);
  });

  it("takes the end of a subscription as answered when it is not listed any more", () => {
    const acks = new AckBook();
    const [a, , , b] = covers;
    acks.sent(1, [a!, b!], 0, true);
    expect(acks.active([b!])).toEqual([{ subscription: a, ending: true }]);
    expect(acks.answered(1)).toEqual([{ subscription: b, ending: true }]);
    expect(acks.unanswered(99, 1)).toEqual([]);
  });
});
