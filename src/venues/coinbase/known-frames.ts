/** What the frames of fixtures/venues/coinbase are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "active (control)":
    ":o channel:s client_id:s events:a events[].subscriptions.heartbeats:a events[].subscriptions.heartbeats[]:s events[].subscriptions.level2:a events[].subscriptions.level2[]:s events[].subscriptions.market_trades:a events[].subscriptions.market_trades[]:s events[].subscriptions.ticker:a events[].subscriptions.ticker[]:s events[].subscriptions.ticker_batch:a events[].subscriptions.ticker_batch[]:s events[].subscriptions:o events[]:o sequence_num:n timestamp:s",
  book: ":o channel:s client_id:s events:a events[].product_id:s events[].type:s events[].updates:a events[].updates[].event_time:s events[].updates[].new_quantity:s events[].updates[].price_level:s events[].updates[].side:s events[].updates[]:o events[]:o sequence_num:n timestamp:s",
  "error (control)": ":o message:s type:s",
  stats:
    ":o channel:s client_id:s events:a events[].tickers:a events[].tickers[].best_ask:s events[].tickers[].best_ask_quantity:s events[].tickers[].best_bid:s events[].tickers[].best_bid_quantity:s events[].tickers[].high_24_h:s events[].tickers[].high_52_w:s events[].tickers[].low_24_h:s events[].tickers[].low_52_w:s events[].tickers[].price:s events[].tickers[].price_percent_chg_24_h:s events[].tickers[].product_id:s events[].tickers[].type:s events[].tickers[].volume_24_h:s events[].tickers[]:o events[].type:s events[]:o sequence_num:n timestamp:s",
  trade:
    ":o channel:s client_id:s events:a events[].trades:a events[].trades[].price:s events[].trades[].product_id:s events[].trades[].side:s events[].trades[].size:s events[].trades[].time:s events[].trades[].trade_id:s events[].trades[]:o events[].type:s events[]:o sequence_num:n timestamp:s",
};
