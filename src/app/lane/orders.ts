import { addNames, removeNames, reportOf } from "../../feed/index.ts";
import type { Feed, Outcome } from "../../feed/index.ts";
import type { FeedRoster, LaneAnswer, LaneAsk } from "./messages.ts";

/** Does what a lane is asked for while it runs. Every name gets an answer. */
export function answerAsk(feeds: readonly Feed[], ask: LaneAsk): LaneAnswer {
  if (ask.type === "report") return { feeds: feeds.map((feed) => reportOf(feed.wants)), outcomes: [] };
  const ours = feeds.filter((feed) => feed.venue.id === ask.venue);
  const outcomes = ask.type === "add" ? add(ours, ask) : remove(ours, ask.symbols);
  return { feeds: [], outcomes };
}

/** Feeds of one venue list different instruments: a name goes to the first that lists it, or has it already. */
function add(feeds: readonly Feed[], ask: LaneAsk & { type: "add" }): Outcome[] {
  let best = new Map<string, Outcome>();
  let names = ask.symbols;
  for (const feed of feeds) {
    const outcomes = addNames(feed.wants, names, ask.channels);
    best = new Map([...best, ...outcomes.map((one) => [one.symbol, one] as const)]);
    names = outcomes.filter((one) => !settled(one)).map((one) => one.symbol);
  }
  return ask.symbols.flatMap((name) => best.get(name) ?? []);
}

/** Whether another feed need not be asked; a pattern that means nothing here is left here, and asked of the next too. */
function settled({ outcome, instruments }: Outcome): boolean {
  return outcome !== "not_listed" && !(outcome === "accepted" && instruments.length === 0);
}

/** Every feed gives it up. */
function remove(feeds: readonly Feed[], symbols: readonly string[]): Outcome[] {
  const all = feeds.map((feed) => removeNames(feed.wants, symbols));
  return symbols.flatMap((_, i) => {
    const told = all.map((outcomes) => outcomes[i]!);
    const done = told.filter((one) => one.outcome === "removed");
    if (done.length === 0) return told.slice(0, 1);
    return [{ ...done[0]!, instruments: done.flatMap((one) => one.instruments) }];
  });
}

/** What the feeds listen to, for whoever judges whether all of it is there. */
export function rosterOf(feeds: readonly Feed[]): FeedRoster[] {
  return feeds.map(({ wants, markets }) => ({
    heard: markets.map((market) => ({ symbol: market.symbol, channels: wants.channelsOf(market.symbol) })),
    unlisted: wants.choice.unknown,
  }));
}
