/** What the frames of fixtures/venues/coinbase-exchange are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "active (control)":
    ":o channels:a channels[].name:s channels[].product_ids:a channels[].product_ids[]:s channels[]:o type:s",
  book: ":o asks:a asks[]:a asks[][]:s bids:a bids[]:a bids[][]:s changes:a changes[]:a changes[][]:s product_id:s time:s type:s",
  "error (control)": ":o message:s reason:s type:s",
  "instruments (control)":
    ":o currencies:a currencies[].convertible_to:a currencies[].details.network_confirmations:n currencies[].details.symbol:s currencies[].details.type:s currencies[].details:o currencies[].id:s currencies[].max_precision:s currencies[].min_size:s currencies[].name:s currencies[].status:s currencies[].status_message:s currencies[]:o products:a products[].auction_mode:b products[].base_currency:s products[].base_increment:s products[].cancel_only:b products[].display_name:s products[].fx_stablecoin:b products[].id:s products[].limit_only:b products[].margin_enabled:b products[].max_slippage_percentage:s products[].min_market_funds:s products[].post_only:b products[].quote_currency:s products[].quote_increment:s products[].status:s products[].status_message:s products[].type:s products[]:o type:s",
  "last_trade (control)": ":o last_trade_id:n product_id:s sequence:n time:s type:s",
  "refused (control)": ":o message:s reason:s type:s",
  stats:
    ":o best_ask:s best_ask_size:s best_bid:s best_bid_size:s high_24h:s last_size:s low_24h:s open_24h:s price:s product_id:s sequence:n side:s time:s trade_id:n type:s volume_24h:s volume_30d:s",
  trade:
    ":o maker_order_id:s price:s product_id:s sequence:n side:s size:s taker_order_id:s time:s trade_id:n type:s",
};
