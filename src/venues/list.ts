/** Every venue there is, one line each: what is not in this list does not run, and what is in it is tested. */
export { binanceCoinm } from "./binance-coinm/venue.ts";
export { binanceUs } from "./binance-us/venue.ts";
export { binanceUsdm } from "./binance-usdm/venue.ts";
export { binance } from "./binance/venue.ts";
export { bitget } from "./bitget/venue.ts";
export { bybit } from "./bybit/venue.ts";
export { coinbaseExchange } from "./coinbase-exchange/venue.ts";
export { coinbase } from "./coinbase/venue.ts";
export { deribit } from "./deribit/venue.ts";
export { gemini } from "./gemini/venue.ts";
export { kraken } from "./kraken/venue.ts";
export { okx } from "./okx/venue.ts";
