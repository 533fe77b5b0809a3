/** What the frames of fixtures/venues/bybit are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "ack (control)":
    ":o conn_id:s data.failTopics:a data.successTopics:a data.successTopics[]:s data:o op:s req_id:s ret_msg:s success:b type:s",
  book: ":o cts:n data.a:a data.a[]:a data.a[][]:s data.b:a data.b[]:a data.b[][]:s data.s:s data.seq:n data.u:n data:o id:s topic:s ts:n type:s",
  "error (control)": ":o conn_id:s op:s req_id:s ret_msg:s success:b",
  liquidation:
    ":o data:a data[].S:s data[].T:n data[].p:s data[].s:s data[].v:s data[]:o topic:s ts:n type:s",
  option_ticker:
    ":o data.askIv:s data.askPrice:s data.askSize:s data.bidIv:s data.bidPrice:s data.bidSize:s data.change24h:s data.delta:s data.gamma:s data.highPrice24h:s data.indexPrice:s data.lastPrice:s data.lowPrice24h:s data.markPrice:s data.markPriceIv:s data.openInterest:s data.predictedDeliveryPrice:s data.symbol:s data.theta:s data.totalTurnover:s data.totalVolume:s data.turnover24h:s data.underlyingPrice:s data.vega:s data.volume24h:s data:o id:s topic:s ts:n type:s",
  quote:
    ":o cts:n data.a:a data.a[]:a data.a[][]:s data.b:a data.b[]:a data.b[][]:s data.s:s data.seq:n data.u:n data:o topic:s ts:n type:s",
  "refused (control)":
    ":o conn_id:s data.failTopics:a data.failTopics[]:s data.successTopics:a data:o op:s req_id:s ret_msg:s success:b type:s",
  stats:
    ":o cs:n data.highPrice24h:s data.lastPrice:s data.lowPrice24h:s data.prevPrice24h:s data.price24hPcnt:s data.symbol:s data.turnover24h:s data.usdIndexPrice:s data.volume24h:s data:o topic:s ts:n type:s",
  ticker:
    ":o cs:n data.ask1Price:s data.ask1Size:s data.basis:s data.basisRate:s data.bid1Price:s data.bid1Size:s data.curPreListingPhase:s data.deliveryFeeRate:s data.deliveryTime:s data.fundingCap:s data.fundingIntervalHour:s data.fundingRate:s data.highPrice24h:s data.indexPrice:s data.lastPrice:s data.lowPrice24h:s data.markPrice:s data.nextFundingTime:s data.openInterest:s data.openInterestValue:s data.preOpenPrice:s data.preQty:s data.predictedDeliveryPrice:s data.prevPrice1h:s data.prevPrice24h:s data.price24hPcnt:s data.singleOpenInterest:s data.singleOpenInterestValue:s data.symbol:s data.tickDirection:s data.turnover24h:s data.volume24h:s data:o topic:s ts:n type:s",
  trade:
    ":o data:a data[].BT:b data[].L:s data[].RPI:b data[].S:s data[].T:n data[].i:s data[].iP:s data[].iv:s data[].mIv:s data[].mP:s data[].p:s data[].s:s data[].seq:n data[].v:s data[]:o id:s topic:s ts:n type:s",
  "venue_status (control)":
    ":o data:a data[].begin:s data[].end:s data[].env:n data[].href:s data[].id:s data[].maintainType:n data[].product:a data[].product[]:n data[].serviceTypes:a data[].serviceTypes[]:n data[].state:s data[].title:s data[].uidSuffix:a data[]:o topic:s ts:n",
};
