import { isPattern } from "./glob.ts";
import { asksFor } from "./roster.ts";
import type { Ask } from "./roster.ts";
import { ended } from "./selection.ts";
import { channelFaults } from "../session/subscribe.ts";
import type { Wants } from "./wants.ts";
import { VALIDITY_NAMES } from "../../model/index.ts";
import type { Channel } from "../../model/index.ts";

/** Names and patterns that one feed may be asked for while it runs. */
const MOST_ASKS = 10_000;
const MOST_PATTERNS = 64;

/** What became of one name of an order. */
export interface Outcome {
  readonly symbol: string;
  readonly outcome:
    | "accepted"
    | "already"
    | "not_listed"
    | "no_room"
    | "refused"
    | "removed"
    | "not_subscribed";
  /** Native symbols it concerns. */
  readonly instruments: readonly string[];
  readonly reason?: string;
}

/** One channel of one instrument: asked for, heard, refused, or asked for without an answer. */
export interface ChannelReport {
  readonly state: "waiting" | "active" | "refused" | "silent";
  readonly reason?: string;
}

export interface InstrumentReport {
  readonly symbol: string;
  readonly instrument: string;
  /** Trading state by the venue's metadata. */
  readonly status: string;
  /** Of its book; null where none is subscribed. */
  readonly validity: string | null;
  readonly channels: Readonly<Record<string, ChannelReport>>;
}

/** What one feed wants and what it has. */
export interface FeedReport {
  readonly venue: string;
  readonly instruments: readonly InstrumentReport[];
  /** Names asked for that the venue does not list. */
  readonly unlisted: readonly string[];
  /** Instruments asked for that found no room, by native symbol. */
  readonly left_out: Readonly<Record<string, string>>;
}

/** Everything a feed listens to, channel by channel. */
export function reportOf(wants: Wants): FeedReport {
  const { markets, venue } = wants.options;
  const { choice } = wants;
  const limited = choice.left.map((symbol) => [symbol, beyondLimit(wants)]);
  const untaken = [...choice.wanted.keys()].map((symbol) => [symbol, wants.untaken(symbol)]);
  return {
    venue: venue.id,
    instruments: markets.all.map((market) => ({
      symbol: market.symbol,
      instrument: market.instrument.canonical,
      status: market.instrument.status,
      validity: market.book === null ? null : VALIDITY_NAMES[market.state.validity]!,
      channels: Object.fromEntries(
        wants.subscriptions(market).map((one) => {
          const { state, reason } = wants.standing(one);
          return [one.channel, reason === "" ? { state } : { state, reason }];
        }),
      ),
    })),
    unlisted: choice.unknown,
    left_out: Object.fromEntries([...limited, ...untaken.filter(([, reason]) => reason !== undefined)]),
  };
}

/** Adds names and patterns. Channels left out are those of the feed. */
export function addNames(
  wants: Wants,
  names: readonly string[],
  channels: readonly Channel[] = wants.options.channels,
): Outcome[] {
  const faults = channelFaults(wants.options.venue, channels);
  if (faults.length > 0) return names.map((symbol) => outcome(symbol, "refused", [], faults.join("; ")));
  const held = new Set(wants.choice.wanted.keys());
  const judged = names.map((name) => {
    const one = judge(wants, { name, channels });
    if ("ask" in one) wants.options.roster.add(one.ask);
    return one;
  });
  const asks = judged.filter((one) => "ask" in one);
  const crowded = new Set(makeRoom(wants, asks, held));
  if (asks.length > crowded.size) wants.settle();
  return judged.map((one) => {
    if (!("ask" in one)) return one;
    const { ask, meant } = one;
    if (crowded.has(one)) return outcome(ask.name, "no_room", meant, beyondLimit(wants));
    const untaken = meant.map((symbol) => wants.untaken(symbol)).find((reason) => reason !== undefined);
    return outcome(ask.name, untaken === undefined ? "accepted" : "no_room", meant, untaken);
  });
}

/** A name that nothing speaks against, and the native symbols it means now. */
interface Sound {
  readonly ask: Ask;
  readonly meant: readonly string[];
}

function judge(wants: Wants, ask: Ask): Sound | Outcome {
  const { roster, venue } = wants.options;
  const { name } = ask;
  if (roster.asked.all >= MOST_ASKS)
    return outcome(name, "no_room", [], `a feed takes at most ${MOST_ASKS} names and patterns`);
  if (isPattern(name) && roster.asked.patterns >= MOST_PATTERNS)
    return outcome(name, "no_room", [], `a feed takes at most ${MOST_PATTERNS} patterns`);
  const meant = meantBy(wants, name);
  if (isPattern(name)) return { ask, meant };
  const [symbol] = meant;
  if (symbol === undefined) return outcome(name, "not_listed", [], unlisted(wants, name));
  const before = wants.channelsOf(symbol);
  const union = [...new Set([...before, ...ask.channels])];
  if (before.length > 0 && union.length === before.length) return outcome(name, "already", meant);
  const faults = channelFaults(venue, union);
  return faults.length === 0 ? { ask, meant } : outcome(name, "refused", meant, faults.join("; "));
}

/** Takes the last ones back until neither they nor what was there before is beyond the limit; returns those taken back. */
function makeRoom(wants: Wants, asks: readonly Sound[], held: ReadonlySet<string>): Sound[] {
  const back: Sound[] = [];
  for (const one of asks.toReversed()) {
    const meant = new Set(asks.flatMap((other) => (back.includes(other) ? [] : other.meant)));
    if (!wants.preview().left.some((symbol) => held.has(symbol) || meant.has(symbol))) break;
    wants.options.roster.withdraw(one.ask);
    back.push(one);
  }
  return back;
}

/** Takes names and patterns back, and whatever else asks for the same instruments. */
export function removeNames(wants: Wants, names: readonly string[]): Outcome[] {
  const { markets, roster } = wants.options;
  const outcomes = names.map((name) => {
    const heard = markets.all.filter((one) => asksFor(name, one.instrument)).map((one) => one.symbol);
    const asked = roster.asksExactly(name);
    if (heard.length === 0 && !asked) return outcome(name, "not_subscribed", []);
    roster.remove(name);
    return outcome(name, "removed", heard);
  });
  wants.settle(true);
  return outcomes;
}

/** Native symbols that a name or pattern means now. */
function meantBy({ options }: Wants, name: string): string[] {
  const { catalog } = options.roster;
  if (!isPattern(name)) {
    const found = catalog.find(name);
    return found === undefined || ended(found) ? [] : [found.symbol];
  }
  return options.roster.matching(name).filter((symbol) => !ended(catalog.get(symbol)!));
}

function unlisted({ options }: Wants, name: string): string {
  const { catalog } = options.roster;
  const known = catalog.find(name);
  if (known !== undefined) return `${known.symbol} is ${known.status}`;
  return catalog.size === 0
    ? "the venue's list of instruments has not come yet; ask again"
    : `the venue lists ${catalog.size} instruments, this is none of them; check the name`;
}

function beyondLimit({ options }: Wants): string {
  return `max_instruments is ${options.roster.limit}; raise it or ask for less`;
}

function outcome(
  symbol: string,
  word: Outcome["outcome"],
  instruments: readonly string[],
  reason?: string,
): Outcome {
  return { symbol, outcome: word, instruments, ...(reason === undefined ? {} : { reason }) };
}
