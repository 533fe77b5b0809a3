import { describe, expect, it } from "vitest";
import type { Outcome } from "../feed/index.ts";
import { checkConfig } from "./config.ts";
import type { LaneAnswer, LaneAsk } from "./lane/messages.ts";
import { LaneSubscriptions } from "./subscriptions.ts";

const CONFIG = checkConfig(
  {
    lanes: [
      { name: "one", feeds: [{ venue: "kraken", symbols: ["BTC-USD"] }] },
      { name: "two", feeds: [{ venue: "okx", symbols: ["BTC-USD"] }] },
      { name: "three", feeds: [{ venue: "kraken", symbols: ["ETH-USD"] }] },
    ],
  },
  "test",
  {},
);

/** Lanes that list what they are told to, and remember what they were asked. */
function rig(listed: Record<string, string[]>): { asked: string[]; orders: LaneSubscriptions } {
  const asked: string[] = [];
  const lane = (name: string): { name: string; ask(ask: LaneAsk): Promise<LaneAnswer> } => ({
    name,
    ask: async (ask) => {
      if (ask.type === "report")
        return { outcomes: [], feeds: [{ venue: name, instruments: [], unlisted: [], left_out: {} }] };
      asked.push(`${name} ${ask.type} ${ask.symbols.join()}`);
      const outcomes = ask.symbols.map((symbol): Outcome => {
        const known = listed[name]!.includes(symbol);
        if (ask.type === "add")
          return { symbol, outcome: known ? "accepted" : "not_listed", instruments: known ? [symbol] : [] };
        return { symbol, outcome: known ? "removed" : "not_subscribed", instruments: known ? [symbol] : [] };
      });
      return { feeds: [], outcomes };
    },
  });
  return { asked, orders: new LaneSubscriptions(["one", "two", "three"].map(lane), CONFIG) };
}

describe("orders to lanes", () => {
  it("go to the lanes with a feed of the venue, each name to the first that lists it", async () => {
    const { asked, orders } = rig({ one: ["A"], two: ["A"], three: ["B"] });
    const said = await orders.order({
      add: [{ venue: "kraken", symbols: ["A", "B", "C"] }],
      remove: [{ venue: "kraken", symbols: ["B"] }],
    });
    expect(asked).toEqual(["one remove B", "three remove B", "one add A,B,C", "three add B,C"]);
    expect(said).toEqual({
      type: "done",
      results: [
        { action: "remove", venue: "kraken", symbol: "B", outcome: "removed", instruments: ["B"] },
        { action: "add", venue: "kraken", symbol: "A", outcome: "accepted", instruments: ["A"] },
        { action: "add", venue: "kraken", symbol: "B", outcome: "accepted", instruments: ["B"] },
        { action: "add", venue: "kraken", symbol: "C", outcome: "not_listed", instruments: [] },
      ],
    });
  });

  it("tell what every lane tells", async () => {
    const { orders } = rig({});
    expect(await orders.report()).toMatchObject({
      feeds: [
        { lane: "one", venue: "one" },
        { lane: "two", venue: "two" },
        { lane: "three", venue: "three" },
      ],
    });
  });

  it.each([
    [null, "(file): expected a table of keys, saw null"],
    [{}, "expected something to add or to remove, saw neither"],
    [
      { add: [{ venue: "kraken", symbols: [] }] },
      "add[0].symbols: expected a list of at least 1 item, saw []",
    ],
    [{ ad: [] }, "ad: unknown key; did you mean add?"],
    [
      { add: [{ venue: "kraken", symbols: ["A"], channels: ["trades"] }] },
      "add[0].channels[0]: expected one of trade, agg_trade",
    ],
    [
      { add: [1, 2].map(() => ({ venue: "kraken", symbols: Array.from({ length: 150 }, () => "A") })) },
      "expected at most 200 names in one order, saw 300; send several",
    ],
  ])("that are none are explained: %j", async (body, error) => {
    const { asked, orders } = rig({});
    const said = await orders.order(body);
    expect(said.type).toBe("wrong");
    expect(said.type === "wrong" && said.error).toContain(error);
    expect(asked).toEqual([]);
  });

  it("for a venue without a feed name those that have one", async () => {
    const { orders } = rig({});
    expect(await orders.order({ remove: [{ venue: "gemini", symbols: ["A"] }] })).toEqual({
      type: "no_feed",
      error: 'venue "gemini" has no feed in the configuration; it has kraken, okx',
    });
  });
});
