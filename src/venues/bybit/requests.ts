import type { Request, Subscription } from "../../model/index.ts";
import { textOf } from "./names.ts";
import type { Category, Names } from "./names.ts";

/**
 * What we ask for, by topics. A request is answered as a whole, and one topic that does not exist fails all of it
 * (documented by examples of spot alone): so each holds the topics of one symbol, which are fewer than the ten that spot
 * allows, and a symbol that is refused costs no other.
 * {"req_id":"17","op":"subscribe","args":["orderbook.50.BTCUSDT","orderbook.1.BTCUSDT","publicTrade.BTCUSDT"]}
 */

/** Depths of books, by how often they come: 20 ms, 100 ms and 200 ms; options have two. */
const DEPTHS: Readonly<Record<Category, readonly number[]>> = {
  spot: [50, 200, 1000],
  linear: [50, 200, 1000],
  inverse: [50, 200, 1000],
  option: [25, 100],
};

/** Levels a side of the shallowest book that has as many as are wanted, or of the deepest there is. */
export function depthOf(category: Category, wanted = 0): number {
  return DEPTHS[category].find((depth) => depth >= wanted) ?? DEPTHS[category].at(-1)!;
}

const STATUS = "system.status";

/** The coin of an option; trades of all options of a coin are one topic. */
function coinOf(text: string): string {
  return text.split("-")[0]!;
}

/** The topic of a subscription, or null for a channel that there is not. */
export function topicOf({ category }: Names, { channel, symbol, depth }: Subscription): string | null {
  const text = textOf(symbol);
  switch (channel) {
    case "trade":
      return `publicTrade.${category === "option" ? coinOf(text) : text}`;
    case "quote":
      return `orderbook.1.${text}`;
    case "book":
      return `orderbook.${depthOf(category, depth)}.${text}`;
    case "ticker":
      return `tickers.${text}`;
    case "liquidation":
      return `allLiquidation.${text}`;
    case "status":
      return STATUS;
    default:
      return null;
  }
}

/** The subscription a topic is; its symbol is "" where the topic is of many. Null for what we do not know. */
export function subscriptionOf(names: Names, topic: string): Subscription | null {
  if (topic === STATUS) return { channel: "status", symbol: "" };
  const [, stream = "", depth, text = ""] = /^([a-zA-Z]+)\.(?:(\d+)\.)?(.+)$/.exec(topic) ?? [];
  const symbol = names.symbol(text);
  if (stream === "orderbook" && depth !== undefined) {
    if (depth === "1") return { channel: "quote", symbol };
    const levels = Number(depth);
    return DEPTHS[names.category].includes(levels) ? { channel: "book", symbol, depth: levels } : null;
  }
  if (depth !== undefined) return null;
  if (stream === "publicTrade")
    return { channel: "trade", symbol: names.category === "option" ? "" : symbol };
  if (stream === "tickers") return { channel: "ticker", symbol };
  return stream === "allLiquidation" ? { channel: "liquidation", symbol } : null;
}

type Ask = (subscriptions: readonly Subscription[], nextId: () => number) => Request[];

/**
 * `subscribe` or `unsubscribe` of a category. Trades of options are told for a whole coin: they are not ended, as others
 * on the connection may want them, and what nobody wants is skipped cheaply.
 */
export function requestsOf(names: Names, op: "subscribe" | "unsubscribe"): Ask {
  return (subscriptions, nextId) => {
    const groups = new Map<string, { topics: Set<string>; covers: Subscription[] }>();
    for (const one of subscriptions) {
      const topic = topicOf(names, one);
      const ofCoin = names.category === "option" && one.channel === "trade";
      if (topic === null || (ofCoin && op === "unsubscribe")) continue;
      const shared = one.channel === "status" || ofCoin;
      const name = shared ? topic : one.symbol;
      const group = groups.get(name) ?? { topics: new Set(), covers: [] };
      group.topics.add(topic);
      group.covers.push(one);
      groups.set(name, group);
    }
    return [...groups.values()].map(({ topics, covers }) => {
      const id = nextId();
      return { id, text: JSON.stringify({ req_id: String(id), op, args: [...topics] }), covers };
    });
  };
}
