import type { LedgerRow } from "../../quality/index.ts";
import type { Market } from "../../feed/market/market.ts";
import { checkConfig } from "../config.ts";
import { LaneLedger } from "../ledger/lane.ts";
import { HeardReader } from "./heard.ts";
import type { HeardTrades } from "./heard.ts";
import { missingOf, namedBy } from "./missing.ts";
import type { Missing } from "./missing.ts";
import type { Rig } from "./rig.ts";
import type { TradeBook, TradeBooks } from "./trade-book.ts";

/** Longer than the ledger waits for a trade that may still come, us. */
const PATIENCE_US = 120_000_000;
/** Violations shown of one instrument. */
const SHOWN = 5;

/** Trades of one venue in one run. Where its ids do not count each trade, nothing can be named: all 0, and not `counted`. */
export interface LedgerScore {
  readonly venue: string;
  readonly counted: boolean;
  /** Trades whose every frame the storm took, between the first and the last one heard. */
  withheld: number;
  /** Ids the ledger names, and what it says of them. */
  named: number;
  filled: number;
  never: number;
  lost: number;
}

/** What is wrong with a trade or with what is said of it. `fetchable`: it could have been had from the venue's list. */
export interface LedgerComplaint {
  readonly venue: string;
  readonly symbol: string;
  readonly what: string;
  readonly fetchable: boolean;
}

interface Witness {
  readonly market: Market;
  readonly book: TradeBook;
  readonly heard: HeardTrades;
  readonly missing: Missing;
  readonly named: ReadonlyMap<number, string>;
}

/**
 * The gateway's own ledger listens to the lane of a run, told of settled trades as the gateway tells it, and is compared
 * with what the simulator did to each trade and with what stands on the log.
 */
export class LedgerTrial {
  readonly #ledger: LaneLedger;
  readonly #heard: HeardReader;
  readonly #books: TradeBooks;
  readonly #rig: Rig;
  readonly #settled: (() => void)[] = [];

  constructor(rig: Rig, books: TradeBooks) {
    const venues = rig.lane.feeds.map((feed) => feed.venue.id);
    const feeds = venues.map((venue) => ({ venue, symbols: ["BTC-USD"] }));
    const plan = checkConfig({ feeds }, "chaos", {}).lanes[0]!;
    this.#ledger = new LaneLedger({ plan, region: rig.handle.region, keepHours: 24, pages: [] });
    this.#heard = new HeardReader(rig.handle.region);
    this.#books = books;
    this.#rig = rig;
    const { ledger } = this.#ledger;
    rig.lane.core.settled = (instrument, ranges, outcome) =>
      void this.#settled.push(() => {
        for (const [from, to] of ranges) ledger.settle(instrument, from, to, outcome);
      });
  }

  /** As the gateway does: what the lane said of trades before it settled them is read first. `now`: UNIX us. */
  look(now: number): void {
    const settled = this.#settled.splice(0);
    this.#heard.poll();
    while (this.#ledger.poll(now));
    for (const tell of settled) tell();
  }

  /** Nothing is asked for any more, and behind every trade that the storm took another one was heard. */
  get done(): boolean {
    const asked = this.#rig.lane.feeds.reduce((sum, { backfill }) => sum + (backfill?.pending ?? 0), 0);
    return asked === 0 && this.#counted().every((market) => this.#shows(market));
  }

  #shows(market: Market): boolean {
    const book = this.#bookOf(market);
    const last = this.#heard.of(market.id).ids.at(-1) ?? Infinity;
    return book.made.slice(book.made.lastIndexOf(last) + 1).every((id) => !book.withheld(id));
  }

  #counted(): Market[] {
    return this.#rig.lane.feeds
      .filter(({ venue }) => venue.trades === "contiguous")
      .flatMap(({ markets }) => markets);
  }

  #bookOf({ venue, symbol }: Market): TradeBook {
    return this.#books.of(venue.id, symbol);
  }

  /** To be called when the run is over. */
  judge(now: number): { scores: LedgerScore[]; complaints: LedgerComplaint[] } {
    this.look(now);
    // What nobody looked for any more is given up.
    this.look(now + PATIENCE_US);
    const { feeds } = this.#rig.lane;
    const complaints: LedgerComplaint[] = [];
    const scores = feeds.map(({ venue }) => emptyScore(venue.id, venue.trades === "contiguous"));
    feeds.forEach(({ markets }, i) => {
      for (const market of markets) {
        complaints.push(...this.#doubled(market));
        if (scores[i]!.counted) complaints.push(...this.#judge(market, scores[i]!, now));
      }
    });
    if (this.#ledger.lost > 0)
      complaints.push({
        venue: "",
        symbol: "",
        what: `the ledger lost ${this.#ledger.lost} slots`,
        fetchable: false,
      });
    return { scores, complaints };
  }

  #doubled({ id, venue, symbol }: Market): LedgerComplaint[] {
    const { twice } = this.#heard.of(id);
    const what = `${venue.id} ${symbol}: trades twice on the log: ${twice.slice(0, SHOWN).join(" ")}`;
    return twice.length === 0 ? [] : [{ venue: venue.id, symbol, what, fetchable: false }];
  }

  #judge(market: Market, score: LedgerScore, now: number): LedgerComplaint[] {
    const rows = this.#rowsOf(market, now);
    const { named, twice } = namedBy(rows);
    const book = this.#bookOf(market);
    const heard = this.#heard.of(market.id);
    const missing = missingOf(book, heard, market.venue.history !== undefined);
    const witness = { market, book, heard, missing, named };
    count(score, witness);
    return [
      ...complain(market, "named twice by the ledger", twice),
      ...(rows.some((row) => row.gaps_unnamed > 0) ? complain(market, "gaps that are not named", [0]) : []),
      ...judgeNames(witness),
      ...judgeStorm(witness),
    ];
  }

  #rowsOf({ venue, symbol }: Market, now: number): LedgerRow[] {
    return this.#ledger.hours
      .flatMap((hour) => this.#ledger.rows(hour, now))
      .filter((row) => row.venue === venue.id && row.symbol === symbol && row.channel === "trade");
  }
}

function emptyScore(venue: string, counted: boolean): LedgerScore {
  return { venue, counted, withheld: 0, named: 0, filled: 0, never: 0, lost: 0 };
}

function count(score: LedgerScore, { book, missing, named }: Witness): void {
  for (const id of missing.must.keys()) if (book.withheld(id)) score.withheld += 1;
  for (const outcome of named.values()) {
    score.named += 1;
    if (outcome === "filled") score.filled += 1;
    if (outcome === "never_existed") score.never += 1;
    if (outcome === "lost") score.lost += 1;
  }
}

function complain(
  { venue, symbol }: Market,
  what: string,
  ids: readonly (number | string)[],
  fetchable = false,
): LedgerComplaint[] {
  if (ids.length === 0) return [];
  const more = ids.length > SHOWN ? ` and ${ids.length - SHOWN} more` : "";
  const text = `ledger: ${venue.id} ${symbol}: ${what}: ${ids.slice(0, SHOWN).join(", ")}${more}`;
  return [{ venue: venue.id, symbol, what: text, fetchable }];
}

/** The ledger names exactly what did not come in order, and says of each what became of it. */
function judgeNames({ market, book, missing, named }: Witness): LedgerComplaint[] {
  const { must, may } = missing;
  const unnamed = [...must.keys()].filter((id) => !named.has(id));
  const wrongly = [...named.keys()].filter((id) => !must.has(id) && !may.has(id));
  const other = [...must].filter(([id, fate]) => named.has(id) && named.get(id) !== fate);
  // Nobody answered what there was: that an id never existed was not proved.
  const unproved = other.filter(([id, fate]) => fate === "never_existed" && named.get(id) === "lost");
  const wrong = other.filter((one) => !unproved.includes(one));
  const told = wrong.map(([id, fate]) => `${id} is ${fate} and not ${named.get(id)}`);
  const had = [...must].filter(([id, fate]) => fate === "lost" && book.existed(id)).map(([id]) => id);
  const listed = market.venue.history !== undefined;
  return [
    ...complain(market, "missing and not named", unnamed),
    ...complain(market, "named and not missing", wrongly),
    ...complain(market, "said wrongly what became of it", told),
    ...(listed ? complain(market, "lost although the venue lists them", had, true) : []),
    ...complain(
      market,
      "not proved never to have existed although the venue's list tells",
      unproved.map(([id]) => id),
      true,
    ),
  ];
}

/** What the storm took is named, and what is named was taken by the storm, went down with a connection, or never was. */
function judgeStorm({ market, book, heard, missing, named }: Witness): LedgerComplaint[] {
  const arrived = new Set(heard.ids.filter((id) => !heard.fetched.has(id)));
  const taken = [...missing.must.keys()].filter((id) => book.withheld(id) && !named.has(id));
  const ours = [...missing.must.keys()].filter(
    (id) => book.existed(id) && !arrived.has(id) && book.delivered(id, arrived) !== null,
  );
  return [
    ...complain(market, "withheld and not named", taken),
    ...complain(market, "delivered by the venue and not on the log", ours),
  ];
}
