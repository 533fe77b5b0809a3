import type { Instrument, VenueServer } from "../model/index.ts";
import { encode, fixed, snapshotBody } from "./binance-encode.ts";
import type { Grammar } from "./binance-encode.ts";
import { historyServer } from "./binance-history.ts";
import { answer, errorText, initialStreams, readRequest } from "./binance-requests.ts";
import { statusWord } from "./binance-symbols.ts";

/** Batch of the `@100ms` depth streams. */
const DEPTH_MS = 100;

/** Binance's side of the wire for one product. */
export function makeServer(grammar: Grammar, pingMs: number): VenueServer {
  const { streams } = grammar;
  return {
    heartbeatMs: 0,
    pingMs,
    bookBatchMs: DEPTH_MS,
    request: (text) => readRequest(streams, text),
    welcome: () => [],
    initial: (path) => initialStreams(streams, path),
    accept: (request, _accepted, connection) => [answer(streams, request, connection)],
    // A well-formed name of a symbol that does not exist is accepted, and stays silent.
    refuse: (request, refused, connection) =>
      refused.length === request.subscriptions.length ? [answer(streams, request, connection)] : [],
    failure: (error) => [errorText(error)],
    heartbeat: () => null,
    encode: (event, instrument, subscription, connection) =>
      encode(grammar, event, instrument, subscription, connection),
    snapshotBody: (event, instrument) => snapshotBody(grammar, event, instrument),
    instrumentsBody: (instruments) =>
      JSON.stringify({
        timezone: "UTC",
        exchangeFilters: [],
        symbols: instruments.map(grammar.inverse ? coinContract : grammar.futures ? contract : pair),
      }),
    history: historyServer(grammar.inverse ? "/dapi/v1" : grammar.futures ? "/fapi/v1" : "/api/v3"),
    sendsSnapshot: () => false,
    restError,
  };
}

const ERRORS: Readonly<Record<number, { code: number; msg: string }>> = {
  400: { code: -1121, msg: "Invalid symbol." },
  418: {
    code: -1003,
    msg: "Way too much request weight used; IP banned. Please use WebSocket Streams for live updates.",
  },
  429: { code: -1003, msg: "Too much request weight used; please use WebSocket Streams for live updates." },
};

/** Retry-After in seconds: a short wait for 429, the shortest ban for 418. */
function restError(status: number): { body: string; headers: Record<string, string> } {
  const body = JSON.stringify(
    ERRORS[status] ?? { code: -1000, msg: "An unknown error occurred while processing the request." },
  );
  const wait = status === 429 ? "1" : status === 418 ? "120" : null;
  return { body, headers: wait === null ? {} : { "Retry-After": wait } };
}

/** A step as exchangeInfo writes it; "0" while it is not known. */
function step(value: number, decimals: number): string {
  return value > 0 ? fixed(value, decimals) : "0";
}

function pair(one: Instrument): object {
  const { symbol, base, quote } = one;
  return {
    symbol,
    status: statusWord(one.status),
    baseAsset: base,
    baseAssetPrecision: 8,
    quoteAsset: quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ["LIMIT", "LIMIT_MAKER", "MARKET"],
    filters: [
      {
        filterType: "PRICE_FILTER",
        minPrice: step(one.tick, 8),
        maxPrice: "1000000.00000000",
        tickSize: step(one.tick, 8),
      },
      {
        filterType: "LOT_SIZE",
        minQty: step(one.lot, 8),
        maxQty: "9000000000.00000000",
        stepSize: step(one.lot, 8),
      },
      { filterType: "NOTIONAL", minNotional: "5.00000000" },
    ],
    permissionSets: [["SPOT"]],
  };
}

/** Perpetuals "deliver" in the year 2100. */
const NEVER = 4133404800000;

/** COIN-M: one status key of its own, and the worth of a contract in US dollars. */
function coinContract(one: Instrument): object {
  const { status: contractStatus, ...row } = contract(one);
  const contractSize = one.sizeUnit === "quote" ? one.contractValue : one.base === "BTC" ? 100 : 10;
  return { ...row, marginAsset: one.base, contractStatus, contractSize };
}

function contract(one: Instrument): Record<string, unknown> {
  const { symbol, base, quote } = one;
  return {
    symbol,
    pair: symbol.split("_")[0],
    contractType: one.kind === "future" ? "CURRENT_QUARTER" : "PERPETUAL",
    deliveryDate: one.expiry > 0 ? one.expiry / 1000 : NEVER,
    status: statusWord(one.status),
    baseAsset: base,
    quoteAsset: quote,
    marginAsset: quote,
    orderTypes: ["LIMIT", "MARKET", "STOP"],
    filters: [
      {
        filterType: "PRICE_FILTER",
        minPrice: step(one.tick, 0),
        maxPrice: "4529764",
        tickSize: step(one.tick, 0),
      },
      { filterType: "LOT_SIZE", minQty: step(one.lot, 0), maxQty: "1000", stepSize: step(one.lot, 0) },
      { filterType: "MIN_NOTIONAL", notional: "5" },
    ],
  };
}
