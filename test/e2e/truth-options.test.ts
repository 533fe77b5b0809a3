import { describe } from "vitest";
import { withOptions } from "../../src/model/index.ts";
import type { Venue } from "../../src/model/index.ts";
import type { FaultName } from "../../src/simulator/index.ts";
import { VENUES } from "../../src/venues/index.ts";
import { truthSuite } from "./truth.ts";
import type { TruthRun } from "./truth.ts";

/** Faults that cost a client its patience, in real time: minutes of a market that runs ten times as fast. */
const LONG: readonly FaultName[] = ["hang_upgrade", "half_open", "rest_hang", "rest_418", "rest_429"];

/** A few simulated minutes with all other faults, for the forms a venue takes when its switches are set. */
const SHORT: TruthRun = {
  minutes: 4.5,
  storm: { from: 8_000, to: 210_000, every: 3_600, without: [...LONG, "expire"] },
  compared: 2_000,
  spared: 10,
};

type Switches = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Venues that have these switches, with them set; each venue once a round, as a lane knows it by its name. */
function switched(round: Switches): Venue[] {
  return Object.entries(round).map(([id, chosen]) =>
    withOptions(
      VENUES.find((venue) => venue.id === id)!,
      chosen,
    ),
  );
}

/**
 * Not here: the archived protocols of Gemini, whose books carry no time or a coarse one, so that no state has a name; and
 * fetched snapshots of OKX, which know the best 400 levels of books that have more.
 */
const FIRST: Switches = {
  binance: { stream: "sbe" },
  bitget: { api: "v2" },
  bybit: { category: "linear" },
  coinbase: { market_trades_side: "taker" },
};

const SECOND: Switches = {
  okx: { products: "spot" },
  bitget: { products: "spot" },
  bybit: { category: "inverse" },
};
const SPOT = ["BTC-USDT", "ETH-USDT", "SOL-USDT", "XRP-USDT"];

describe("other protocols and products, first round", () => truthSuite(switched(FIRST), SHORT));
describe("other protocols and products, second round", () =>
  truthSuite(switched(SECOND), { ...SHORT, listed: { okx: SPOT, bitget: SPOT } }));
