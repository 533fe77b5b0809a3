/** What the frames of fixtures/venues/deribit are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "ack (control)": ":o id:n jsonrpc:s result:as result[]:s testnet:b usDiff:n usIn:n usOut:n",
  "answer (control)": ":o jsonrpc:s method:s params.type:s params:o",
  book: ":o jsonrpc:s method:s params.channel:s params.data.asks:a params.data.asks[]:a params.data.asks[][]:ns params.data.bids:a params.data.bids[]:a params.data.bids[][]:ns params.data.change_id:n params.data.instrument_name:s params.data.prev_change_id:nz params.data.timestamp:n params.data.type:s params.data:o params:o",
  "error (control)":
    ":o error.code:n error.message:s error:o jsonrpc:s method:s params.channel:s params.data.allow_unauthenticated_public_requests:b params.data.locked:b params.data.price_index:s params.data:o params:o testnet:b usDiff:n usIn:n usOut:n",
  index:
    ":o jsonrpc:s method:s params.channel:s params.data.index_name:s params.data.timestamp:n params.data.volatility:n params.data:o params:o",
  "instrument_state (control)":
    ":o jsonrpc:s method:s params.channel:s params.data.instrument_name:s params.data.state:s params.data.timestamp:n params.data:o params:o",
  option_ticker:
    ":o jsonrpc:s method:s params.channel:s params.data.ask_iv:n params.data.best_ask_amount:n params.data.best_ask_price:nz params.data.best_bid_amount:n params.data.best_bid_price:nz params.data.bid_iv:n params.data.delivery_price:n params.data.estimated_delivery_price:ns params.data.greeks.delta:n params.data.greeks.gamma:n params.data.greeks.rho:n params.data.greeks.theta:n params.data.greeks.vega:n params.data.greeks:o params.data.index_price:n params.data.instrument_name:s params.data.interest_rate:n params.data.last_price:nz params.data.mark_iv:n params.data.mark_price:n params.data.max_price:n params.data.min_price:n params.data.open_interest:n params.data.settlement_price:n params.data.state:s params.data.stats.high:nz params.data.stats.low:nz params.data.stats.price_change:nz params.data.stats.volume:n params.data.stats.volume_notional:n params.data.stats.volume_usd:n params.data.stats:o params.data.timestamp:n params.data.underlying_index:s params.data.underlying_price:n params.data:o params:o",
  "pong (control)": ":o id:n jsonrpc:s result.version:s result:o testnet:b usDiff:n usIn:n usOut:n",
  quote:
    ":o jsonrpc:s method:s params.channel:s params.data.best_ask_amount:n params.data.best_ask_price:nz params.data.best_bid_amount:n params.data.best_bid_price:nz params.data.instrument_name:s params.data.new_in_2027:a params.data.new_in_2027[]:n params.data.timestamp:n params.data:o params:o",
  "refused (control)":
    ":o error.code:n error.data.param:s error.data.reason:s error.data.wait:n error.data:oz error.message:s error:o id:n jsonrpc:s testnet:b usDiff:n usIn:n usOut:n",
  ticker:
    ":o jsonrpc:s method:s params.channel:s params.data.best_ask_amount:n params.data.best_ask_price:nz params.data.best_bid_amount:n params.data.best_bid_price:nz params.data.current_funding:n params.data.estimated_delivery_price:n params.data.funding_8h:n params.data.index_price:n params.data.instrument_name:s params.data.interest_value:n params.data.last_price:nz params.data.mark_price:n params.data.max_price:n params.data.min_price:n params.data.open_interest:nz params.data.settlement_price:n params.data.state:s params.data.stats.high:nz params.data.stats.low:nz params.data.stats.price_change:nz params.data.stats.volume:nz params.data.stats.volume_notional:n params.data.stats.volume_usd:n params.data.stats:o params.data.timestamp:n params.data:o params:o",
  trade:
    ":o jsonrpc:s method:s params.channel:s params.data:a params.data[].amount:n params.data[].block_rfq_id:n params.data[].block_trade_id:s params.data[].block_trade_leg_count:n params.data[].combo_id:s params.data[].combo_trade_id:ns params.data[].contracts:n params.data[].direction:s params.data[].index_price:n params.data[].instrument_name:s params.data[].iv:n params.data[].liquidation:s params.data[].mark_price:n params.data[].price:n params.data[].starbase_match_id:ns params.data[].starbase_timestamp:n params.data[].tick_direction:n params.data[].timestamp:n params.data[].trade_id:s params.data[].trade_seq:n params.data[]:o params:o",
  "venue_status (control)":
    ":o jsonrpc:s method:s params.channel:s params.data.maintenance:b params.data:o params:o",
};
