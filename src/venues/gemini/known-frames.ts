/** What the frames of fixtures/venues/gemini are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "ack (control)":
    ":o id:ns rateLimits:a rateLimits[].count:n rateLimits[].interval:s rateLimits[].intervalNum:n rateLimits[].limit:n rateLimits[].rateLimitType:s rateLimits[]:o status:n",
  "active (control)": ":o id:n result:a result[]:s status:n",
  book: ":o E:n U:n a:a a[]:a a[][]:s asks:a asks[]:a asks[][]:s auction_events:a auction_events[].auction_price:s auction_events[].auction_quantity:s auction_events[].collar_price:s auction_events[].highest_bid_price:s auction_events[].lowest_ask_price:s auction_events[].result:s auction_events[].symbol:s auction_events[].time_ms:n auction_events[].type:s auction_events[]:o b:a b[]:a b[][]:s bids:a bids[]:a bids[][]:s changes:a changes[]:a changes[][]:s e:s eventId:n events:a events[].delta:s events[].price:s events[].reason:s events[].remaining:s events[].side:s events[].symbol:s events[].type:s events[]:o lastUpdateId:n s:s socket_sequence:n symbol:s timestamp:n timestampms:n trades:a trades[].event_id:n trades[].price:s trades[].quantity:s trades[].side:s trades[].symbol:s trades[].tid:n trades[].timestamp:n trades[].type:s trades[]:o type:s u:n x:a x[]:ns",
  "error (control)": ":o error.code:n error.msg:s error:o reason:s result:s status:n",
  quote: ":o A:s B:s C:s E:n a:s b:s c:s s:s u:n",
  "refused (control)": ":o error.code:n error.msg:s error:o id:ns status:n",
  ticker:
    ":o changes:a changes[].mark_price:s changes[].spot_index:s changes[].timestamp:n changes[]:o symbol:s type:s",
  trade:
    ":o E:n eventId:n event_id:n eventid:n events:a events[].amount:s events[].auction_price:s events[].auction_quantity:s events[].delta:s events[].makerSide:s events[].price:s events[].reason:s events[].remaining:s events[].result:s events[].side:s events[].symbol:s events[].tid:n events[].time_ms:n events[].type:s events[]:o m:b p:s price:s q:s quantity:s s:s side:s socket_sequence:n symbol:s t:n tid:n timestamp:n timestampms:n type:s",
};
