/** What the frames of fixtures/venues/okx are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "ack (control)": ":o arg.channel:s arg.instId:s arg.instType:s arg:o connId:s event:s id:s",
  book: ":o action:s arg.channel:s arg.instId:s arg:o data:a data[].asks:a data[].asks[]:a data[].asks[][]:s data[].bids:a data[].bids[]:a data[].bids[][]:s data[].checksum:n data[].instId:s data[].prevSeqId:n data[].seqId:n data[].ts:s data[]:o id:s",
  "error (control)": ":o code:s connId:s event:s msg:s",
  index:
    ":o arg.channel:s arg.instId:s arg:o data:a data[].high24h:s data[].idxPx:s data[].instId:s data[].low24h:s data[].open24h:s data[].sodUtc0:s data[].sodUtc8:s data[].ts:s data[]:o",
  "instruments (control)":
    ":o arg.channel:s arg.instType:s arg:o data:a data[].alias:s data[].baseCcy:s data[].category:s data[].ctMult:s data[].ctType:s data[].ctVal:s data[].ctValCcy:s data[].expTime:s data[].instCategory:s data[].instFamily:s data[].instId:s data[].instIdCode:n data[].instType:s data[].lever:s data[].listTime:s data[].lotSz:s data[].maxLmtSz:s data[].maxMktSz:s data[].minSz:s data[].optType:s data[].quoteCcy:s data[].ruleType:s data[].settleCcy:s data[].state:s data[].stk:s data[].tickSz:s data[].tradeQuoteCcyList:a data[].uly:s data[].upcChg:a data[]:o",
  liquidation:
    ":o arg.channel:s arg.instType:s arg:o data:a data[].details:a data[].details[].bkLoss:s data[].details[].bkPx:s data[].details[].ccy:s data[].details[].posSide:s data[].details[].side:s data[].details[].sz:s data[].details[].ts:s data[].details[]:o data[].instFamily:s data[].instId:s data[].instType:s data[].uly:s data[]:o id:s",
  option_ticker:
    ":o arg.channel:s arg.instFamily:s arg.instId:s arg:o data:a data[].askVol:s data[].bidVol:s data[].delta:s data[].deltaBS:s data[].deltaBs:s data[].fwdPx:s data[].gamma:s data[].gammaBS:s data[].gammaBs:s data[].instId:s data[].instType:s data[].lever:s data[].markVol:s data[].realVol:s data[].theta:s data[].thetaBS:s data[].thetaBs:s data[].ts:s data[].uly:s data[].vega:s data[].vegaBS:s data[].vegaBs:s data[].volLv:s data[]:o",
  quote:
    ":o arg.channel:s arg.instId:s arg:o data:a data[].asks:a data[].asks[]:a data[].asks[][]:s data[].bids:a data[].bids[]:a data[].bids[][]:s data[].prevSeqId:n data[].seqId:n data[].ts:s data[]:o",
  "refused (control)": ":o code:s connId:s event:s id:s msg:s",
  "shutdown (control)": ":o code:s connId:s event:s msg:s",
  stats:
    ":o arg.channel:s arg.instId:s arg:o data:a data[].askPx:s data[].askSz:s data[].bidPx:s data[].bidSz:s data[].high24h:s data[].instId:s data[].instType:s data[].last:s data[].lastSz:s data[].low24h:s data[].open24h:s data[].sodUtc0:s data[].sodUtc8:s data[].ts:s data[].vol24h:s data[].volCcy24h:s data[]:o",
  ticker:
    ":o arg.channel:s arg.instId:s arg:o data:a data[].formulaType:s data[].fundingRate:s data[].fundingTime:s data[].impactValue:s data[].instId:s data[].instType:s data[].interestRate:s data[].markPx:s data[].maxFundingRate:s data[].method:s data[].minFundingRate:s data[].nextFundingRate:s data[].nextFundingTime:s data[].oi:s data[].oiCcy:s data[].oiUsd:s data[].premium:s data[].prevFundingTime:s data[].settFundingRate:s data[].settState:s data[].ts:s data[]:o",
  trade:
    ":o arg.channel:s arg.instId:s arg:o data:a data[].count:s data[].instId:s data[].px:s data[].seqId:n data[].side:s data[].source:s data[].sz:s data[].tradeId:s data[].ts:s data[]:o",
  "venue_status (control)":
    ":o arg.channel:s arg:o data:a data[].begin:s data[].end:s data[].env:s data[].href:s data[].maintType:s data[].preOpenBegin:s data[].scheDesc:s data[].serviceType:s data[].state:s data[].system:s data[].title:s data[].ts:s data[]:o",
};
