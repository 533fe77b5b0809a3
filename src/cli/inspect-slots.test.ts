import { expect, it } from "vitest";
import { DerivedWriter, EventWriter, RingWriter } from "../log/index.ts";
import { SymbolTable } from "../model/index.ts";
import { heapRegion } from "../store/index.ts";
import { slotsOf } from "./inspect-slots.ts";

it("shows each slot by its place in its event, wherever it begins to read", () => {
  const { region } = heapRegion({ lane: "x", slots: 1024, instruments: 16 });
  const ring = new RingWriter(region.control, region.slots);
  const out = new EventWriter(ring, new SymbolTable());
  out.option.set(Array.from({ length: 15 }, (_, i) => i));
  out.optionTicker(0, 0);
  const source = {
    bid_price: 1,
    ask_price: 2,
    mid: 1.5,
    age_us: 7,
    state: "fresh",
    validity: "live",
  } as const;
  new DerivedWriter(ring, () => 7).write(
    {
      type: "spot_mid",
      venue: "derived",
      symbol: "",
      instrument: null,
      mid: 1.5,
      quality: "ok",
      divergence_bps: 0,
      fresh: 2,
      min_age_us: 7,
      max_age_us: 7,
      sources: ["kraken", "okx"].map((venue) => ({ venue, ...source })),
      ts_event: 1,
      ts_recv: 1,
    },
    0,
  );
  ring.commit();
  const seen = slotsOf(region, 5);
  expect(seen.map(({ slot, kind }) => `${slot} ${kind}`)).toEqual([
    "1 option_ticker",
    "2 option_ticker",
    "3 spot_mid",
    "4 spot_mid",
    "5 spot_mid",
  ]);
  expect(seen).toMatchObject([
    { mark_iv: 5, bid_iv: 6 },
    { vega: 10, volume: 14 },
    { mid: 1.5, min_age: 7, fresh: 2 },
    { bid_price: 1, ask_price: 2, venue_code: 7, state: 1 },
    { bid_price: 1, age: 7, validity: 1 },
  ]);
});
