import type { Venue } from "../model/index.ts";
import { binanceCoinm } from "./binance-coinm/venue.ts";
import { binanceUs } from "./binance-us/venue.ts";
import { binanceUsdm } from "./binance-usdm/venue.ts";
import { binance } from "./binance/venue.ts";
import { bitget } from "./bitget/venue.ts";
import { bybit } from "./bybit/venue.ts";
import { coinbaseExchange } from "./coinbase-exchange/venue.ts";
import { coinbase } from "./coinbase/venue.ts";
import { deribit } from "./deribit/venue.ts";
import { gemini } from "./gemini/venue.ts";
import { kraken } from "./kraken/venue.ts";
import { okx } from "./okx/venue.ts";

/** Every venue there is: what is not in this list does not run, and what is in it is tested. */
export const VENUES: readonly Venue[] = [
  binance,
  binanceUsdm,
  binanceCoinm,
  binanceUs,
  coinbase,
  coinbaseExchange,
  kraken,
  deribit,
  gemini,
  okx,
  bitget,
  bybit,
];

/** The venue with this id, or null. */
export function venueById(id: string): Venue | null {
  return VENUES.find((venue) => venue.id === id) ?? null;
}
