/** What the frames of fixtures/venues/bitget are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "ack (control)":
    ":o arg.channel:s arg.instId:s arg.instType:s arg.symbol:s arg.topic:s arg:o connId:s event:s",
  book: ":o action:s arg.channel:s arg.instId:s arg.instType:s arg.symbol:s arg.topic:s arg:o data:a data[].a:a data[].a[]:a data[].a[][]:s data[].asks:a data[].asks[]:a data[].asks[][]:s data[].b:a data[].b[]:a data[].b[][]:s data[].bids:a data[].bids[]:a data[].bids[][]:s data[].checksum:n data[].maxdepth:s data[].pseq:n data[].seq:n data[].ts:s data[]:o ts:n",
  "error (control)": ":o code:s event:s msg:s",
  liquidation:
    ":o action:s arg.instType:s arg.topic:s arg:o data:a data[].amount:s data[].price:s data[].side:s data[].symbol:s data[].ts:s data[]:o ts:n",
  quote:
    ":o action:s arg.channel:s arg.instId:s arg.instType:s arg.symbol:s arg.topic:s arg:o data:a data[].a:a data[].a[]:a data[].a[][]:s data[].asks:a data[].asks[]:a data[].asks[][]:s data[].b:a data[].b[]:a data[].b[][]:s data[].bids:a data[].bids[]:a data[].bids[][]:s data[].checksum:n data[].pseq:n data[].seq:n data[].ts:s data[]:o ts:n",
  "refused (control)":
    ":o arg.channel:s arg.instId:s arg.instType:s arg.symbol:s arg.topic:s arg:o code:ns event:s msg:s op:s",
  stats:
    ":o action:s arg.channel:s arg.instId:s arg.instType:s arg.symbol:s arg.topic:s arg:o data:a data[].ask1Price:s data[].ask1Size:s data[].askPr:s data[].askSz:s data[].baseVolume:s data[].bid1Price:s data[].bid1Size:s data[].bidPr:s data[].bidSz:s data[].change24h:s data[].changeUtc24h:s data[].high24h:s data[].highPrice24h:s data[].instId:s data[].lastPr:s data[].lastPrice:s data[].low24h:s data[].lowPrice24h:s data[].open24h:s data[].openPrice24h:s data[].openUtc:s data[].price24hPcnt:s data[].quoteVolume:s data[].ts:s data[].turnover24h:s data[].volume24h:s data[]:o ts:n",
  ticker:
    ":o action:s arg.channel:s arg.instId:s arg.instType:s arg.symbol:s arg.topic:s arg:o data:a data[].ask1Price:s data[].ask1Size:s data[].askPr:s data[].askSz:s data[].baseVolume:s data[].bid1Price:s data[].bid1Size:s data[].bidPr:s data[].bidSz:s data[].change24h:s data[].deliveryPrice:s data[].deliveryStartTime:s data[].deliveryStatus:s data[].deliveryTime:s data[].fundingRate:s data[].high24h:s data[].highPrice24h:s data[].holdingAmount:s data[].indexPrice:s data[].instId:s data[].lastPr:s data[].lastPrice:s data[].low24h:s data[].lowPrice24h:s data[].markPrice:s data[].nextFundingTime:s data[].open24h:s data[].openInterest:s data[].openPrice24h:s data[].openUtc:s data[].price24hPcnt:s data[].quoteVolume:s data[].symbol:s data[].symbolType:s data[].ts:s data[].turnover24h:s data[].volume24h:s data[]:o ts:n",
  trade:
    ":o action:s arg.channel:s arg.instId:s arg.instType:s arg.symbol:s arg.topic:s arg:o data:a data[].L:s data[].P:s data[].S:s data[].T:s data[].i:s data[].isRPI:s data[].p:s data[].price:s data[].side:s data[].size:s data[].tradeId:s data[].ts:s data[].v:s data[]:o ts:n",
};
