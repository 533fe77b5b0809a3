/** What the frames of fixtures/venues/kraken are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "ack (control)":
    ":o error:s method:s req_id:n result.channel:s result.depth:n result.event_trigger:s result.snapshot:b result.symbol:s result.warnings:a result.warnings[]:s result:o success:b symbol:s time_in:s time_out:s",
  book: ":o channel:s data:a data[].asks:a data[].asks[].price:n data[].asks[].qty:n data[].asks[]:o data[].bids:a data[].bids[].price:n data[].bids[].qty:n data[].bids[]:o data[].checksum:n data[].symbol:s data[].timestamp:s data[]:o type:s",
  "error (control)": ":o Error:s",
  "instruments (control)":
    ":o channel:s data.assets:a data.assets[].borrowable:b data.assets[].collateral_value:n data.assets[].id:s data.assets[].margin_rate:n data.assets[].precision:n data.assets[].precision_display:n data.assets[].status:s data.assets[]:o data.pairs:a data.pairs[].base:s data.pairs[].cost_min:n data.pairs[].cost_precision:n data.pairs[].has_index:b data.pairs[].margin_initial:n data.pairs[].marginable:b data.pairs[].position_limit_long:n data.pairs[].position_limit_short:n data.pairs[].price_increment:n data.pairs[].price_precision:n data.pairs[].qty_increment:n data.pairs[].qty_min:n data.pairs[].qty_precision:n data.pairs[].quote:s data.pairs[].status:s data.pairs[].symbol:s data.pairs[].tick_size:n data.pairs[]:o data:o type:s",
  "pong (control)": ":o method:s req_id:n time_in:s time_out:s",
  quote:
    ":o channel:s data:a data[].ask:n data[].ask_qty:n data[].bid:n data[].bid_qty:n data[].change:n data[].change_pct:n data[].high:n data[].last:n data[].low:n data[].symbol:s data[].timestamp:s data[].trades:n data[].volume:n data[].vwap:n data[]:o type:s",
  "refused (control)": ":o error:s method:s req_id:n success:b symbol:s time_in:s time_out:s",
  trade:
    ":o channel:s data:a data[].ord_type:s data[].price:n data[].qty:n data[].side:s data[].symbol:s data[].timestamp:s data[].trade_id:n data[]:o type:s",
  "venue_status (control)":
    ":o channel:s data:a data[].api_version:s data[].connection_id:n data[].emergency:a data[].system:s data[].upcoming_maintenance:a data[].upcoming_maintenance[].action:s data[].upcoming_maintenance[].services:a data[].upcoming_maintenance[].services[]:s data[].upcoming_maintenance[].stage:s data[].upcoming_maintenance[]:o data[].version:s data[]:o type:s",
};
