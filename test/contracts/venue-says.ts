import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type {
  Channel,
  InstrumentKind,
  OptionTickerEvent,
  TickerEvent,
  Venue,
} from "../../src/model/index.ts";
import { FIXTURES } from "./frames.ts";

/** Names of figures, as events have them. */
export type TickerFigure = Exclude<keyof TickerEvent, "type" | keyof Common>;
export type OptionFigure = Exclude<keyof OptionTickerEvent, "type" | keyof Common>;
type Common = Pick<TickerEvent, "venue" | "symbol" | "instrument" | "ts_event" | "ts_recv" | "flags">;

/**
 * What a venue's frames have room for: `fixtures/venues/<venue>/says.json`, so that the suite itself names no venue.
 * Everything is optional; a venue whose frames say all that an event can hold needs no file.
 */
export interface Says {
  /** Fields that are null after the round trip, whatever went in, by channel. */
  readonly blanks?: Readonly<Partial<Record<Channel, readonly string[]>>>;
  /** Figures that come together in one frame of the ticker channel: one list for each kind of frame. */
  readonly ticker?: readonly (readonly TickerFigure[])[];
  /** Figures of an option; a venue that has them has options. */
  readonly option?: readonly OptionFigure[];
  /** Book events are numbered one by one. */
  readonly one_by_one?: boolean;
  /** Channels that are asked for by kinds of instruments, so that requests do not name them; and those of options. */
  readonly wholesale?: readonly Channel[];
  readonly wholesale_options?: readonly Channel[];
  /** Channels whose frames are read without JSON.parse, whatever the order of their keys. */
  readonly any_order?: readonly Channel[];
  /** Kinds that are in the metadata only with a switch of the venue set. */
  readonly unlisted?: readonly InstrumentKind[];
}

const KEYS: Readonly<Record<keyof Says, true>> = {
  blanks: true,
  ticker: true,
  option: true,
  one_by_one: true,
  wholesale: true,
  wholesale_options: true,
  any_order: true,
  unlisted: true,
};

const read = new Map<string, Says>();

/** Throws Error that names a key nobody knows. */
export function saysOf({ id }: Venue): Says {
  let says = read.get(id);
  if (says === undefined) read.set(id, (says = load(join(FIXTURES, id, "says.json"))));
  return says;
}

function load(path: string): Says {
  if (!existsSync(path)) return {};
  const says = JSON.parse(readFileSync(path, "utf8")) as Says;
  const unknown = Object.keys(says).filter((key) => !Object.hasOwn(KEYS, key));
  if (unknown.length === 0) return says;
  throw new Error(`${path}: expected ${Object.keys(KEYS).join(", ")}, saw ${unknown.join(", ")}`);
}
