import fc from "fast-check";
import { instrumentOf } from "../../src/model/index.ts";
import type { InstrumentEvent } from "../../src/model/index.ts";
import { ivSurface, spotMid } from "../../src/pipelines/index.ts";
import type { Heard } from "../../src/pipelines/index.ts";
import { testPipeline } from "./pipeline.ts";

const START = 1_700_000_000_000_000;
const VENUES = ["okx", "deribit", "kraken"];
const EXPIRIES = [START + 3_000_000, START + 86_400_000_000, START + 9 * 86_400_000_000];
const STRIKES = [80, 90, 100, 110];

function listing(venue: string, canonical: string, kind: string, more = {}): InstrumentEvent {
  const { base, quote } = instrumentOf({ symbol: canonical, canonical });
  const facts = { kind, base, quote, status: "trading", tick: 0.5, ...more };
  return {
    type: "instrument",
    venue,
    symbol: canonical,
    instrument: canonical,
    ...facts,
    ts_event: null,
    ts_recv: 0,
  };
}

const spots = VENUES.flatMap((venue) => [
  listing(venue, "BTC-USD", "spot"),
  listing(venue, "ETH-USD", "spot"),
  listing(venue, "BTC-USD-PERP", "perpetual"),
]);

const options = VENUES.slice(0, 2).flatMap((venue) =>
  EXPIRIES.flatMap((expiry, day) =>
    STRIKES.flatMap((strike) =>
      ["C", "P"].map((side) =>
        listing(venue, `BTC-USD-${day + 1}NOV23-${strike}-${side}`, "option", { expiry, strike }),
      ),
    ),
  ),
);

const figure = fc.oneof(
  fc.constant(null),
  fc.integer({ min: 0, max: 400 }).map((n) => n / 2),
);
const recv = fc.integer({ min: 0, max: 20_000_000 }).map((us) => START + us);

function topOf(instruments: readonly InstrumentEvent[]): fc.Arbitrary<Heard> {
  return fc
    .record({
      type: fc.constant("top" as const),
      one: fc.constantFrom(...instruments),
      bid_price: figure,
      bid_size: figure,
      ask_price: figure,
      ask_size: figure,
      validity: fc.constantFrom("live", "live", "live", "stale", "crossed", "none"),
      ts_recv: recv,
    })
    .map(({ one: { venue, symbol }, ...rest }) => ({ ...rest, venue, symbol }));
}

const ticker = fc
  .record({
    one: fc.constantFrom(...options),
    index: fc.integer({ min: 85, max: 105 }),
    iv: fc.integer({ min: 0, max: 150 }),
    bid: fc.integer({ min: 0, max: 150 }),
    open: fc.nat(2),
    ts_recv: recv,
  })
  .map(({ one: { venue, symbol, instrument }, index, iv, bid, open, ts_recv }): Heard => {
    const figures = {
      index_price: index,
      mark_iv: iv / 100,
      bid_iv: bid / 100,
      ask_iv: 1.5,
      open_interest: open,
    };
    return { type: "option_ticker", venue, symbol, instrument, ...figures, ts_event: ts_recv, ts_recv };
  });

testPipeline({
  make: () => spotMid({ every: 1000, fresh: 3000, divergenceBps: 20, products: null, aliases: new Map() }),
  listings: spots,
  events: topOf(spots),
});

testPipeline({
  make: () => ivSurface({ every: 1000, fresh: 3000, expiries: 2, strikeRangeFactor: 0.4, maxStrikes: 3 }),
  listings: options,
  events: fc.oneof({ weight: 5, arbitrary: ticker }, { weight: 1, arbitrary: topOf(options) }),
});
