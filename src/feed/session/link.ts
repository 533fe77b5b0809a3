import { ConnectionSequence } from "../../book/index.ts";
import type { Nanos, SymbolTable, Venue } from "../../model/index.ts";
import type { Meters } from "../meters.ts";
import type { Market } from "../market/market.ts";
import type { Pace } from "../redundancy/pace.ts";
import type { Session } from "./session.ts";

/** What the links of connections that carry the same have in common. */
export interface Copies {
  readonly pace: Pace;
  /** The socket of a link opened, or is gone. The caller commits. */
  turned(link: Link, up: boolean): void;
  /** A market's book is brought by these from now on. */
  attach(market: Market): void;
}

/** Who replaces the connection of a link in time. */
export interface Bundled {
  /** Some times per second, for each link. */
  tick(link: Link): void;
}

/** One connection as the hot path sees it: whose frames these are and whom they concern. */
export class Link {
  readonly venue: Venue;
  readonly meters: Meters;
  /** Native symbols of the venue that this lane listens to. */
  readonly symbols: SymbolTable;
  /** Markets by instrument id, for the whole lane (ids of other venues are never named by this one's frames). */
  readonly byId: readonly (Market | undefined)[];
  /** Markets whose book arrives here. */
  readonly markets: Market[] = [];
  readonly sequence = new ConnectionSequence();
  /** Receive time of the last frame. */
  readonly lastRecv: Nanos = { hi: 0, lo: 0 };
  /** When the connection opened (ms), and whether data came since: an ack and a ping do not prove that a stream flows. */
  openedAt = 0;
  heard = false;
  /** Connections in a row that brought no data. */
  unheard = 0;
  /** Kinds of event (bits) of which a frame is still to be sampled in this second. */
  sampling = 0;
  /** One of several connections that carry the same: its place among them, and whether it leads; null: it is alone. */
  copies: Copies | null = null;
  bundle: Bundled | null = null;
  place = 0;
  leads = true;
  /** Where its cold frames go. */
  readonly cold: (link: Link, text: string) => void;
  /** Null while frames come from a file. */
  session: Session | null = null;

  constructor(
    venue: Venue,
    meters: Meters,
    symbols: SymbolTable,
    byId: readonly (Market | undefined)[],
    cold: (link: Link, text: string) => void,
  ) {
    this.cold = cold;
    this.venue = venue;
    this.meters = meters;
    this.symbols = symbols;
    this.byId = byId;
  }
}
