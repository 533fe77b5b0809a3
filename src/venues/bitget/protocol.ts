import { NUM } from "../../model/index.ts";
import type { Fields } from "../reading.ts";

/**
 * The words in which the two protocols differ; what they say is the same.
 * v2 (classic): https://www.bitget.com/api-doc/common/websocket-intro, `{"instType":"SPOT","channel":"books","instId":".."}`
 * v3 (UTA): https://www.bitget.com/api-doc/uta/websocket, `{"instType":"spot","topic":"books","symbol":".."}`
 */
export interface Protocol {
  readonly api: "v2" | "v3";
  /** Keys of `arg`. */
  readonly channel: "channel" | "topic";
  readonly symbol: "instId" | "symbol";
  /** Keys of a book's sides. */
  readonly asks: string;
  readonly bids: string;
  readonly trade: {
    readonly channel: string;
    readonly id: string;
    readonly price: string;
    readonly size: string;
    readonly side: string;
    readonly time: string;
  };
  /** Keys of a ticker: those of derivatives (next funding in ms) and those of the day (volume in base units). */
  readonly ticker: { readonly figures: Fields; readonly day: Fields };
}

export const V2: Protocol = {
  api: "v2",
  channel: "channel",
  symbol: "instId",
  asks: "asks",
  bids: "bids",
  trade: { channel: "trade", id: "tradeId", price: "price", size: "size", side: "side", time: "ts" },
  ticker: {
    figures: [
      ["markPrice", NUM.MARK],
      ["indexPrice", NUM.INDEX],
      ["fundingRate", NUM.FUNDING],
      ["nextFundingTime", NUM.NEXT_FUNDING],
      ["holdingAmount", NUM.OPEN_INTEREST],
    ],
    day: [
      ["lastPr", NUM.LAST],
      ["baseVolume", NUM.VOLUME],
      ["high24h", NUM.HIGH],
      ["low24h", NUM.LOW],
    ],
  },
};

export const V3: Protocol = {
  api: "v3",
  channel: "topic",
  symbol: "symbol",
  asks: "a",
  bids: "b",
  trade: { channel: "publicTrade", id: "i", price: "p", size: "v", side: "S", time: "T" },
  ticker: {
    figures: [
      ["markPrice", NUM.MARK],
      ["indexPrice", NUM.INDEX],
      ["fundingRate", NUM.FUNDING],
      ["nextFundingTime", NUM.NEXT_FUNDING],
      ["openInterest", NUM.OPEN_INTEREST],
    ],
    day: [
      ["lastPrice", NUM.LAST],
      ["volume24h", NUM.VOLUME],
      ["highPrice24h", NUM.HIGH],
      ["lowPrice24h", NUM.LOW],
    ],
  },
};

export const PROTOCOLS: readonly Protocol[] = [V3, V2];
