import type { Subscription, Venue } from "../model/index.ts";
import { history } from "./binance-history.ts";
import { parse } from "./binance-parse.ts";
import { restSnapshot } from "./binance-snapshot.ts";
import { FUTURES_STREAMS, lowerAscii, readControl, requests } from "./binance-streams.ts";
import { readInstruments } from "./binance-symbols.ts";

/** What USD-M and COIN-M have in common; `root` is the folder of their REST paths, `family` the st of their frames. */
export function futures(root: "/fapi/v1" | "/dapi/v1", family: 1 | 2) {
  return {
    headers: {},
    limits: {
      // 1024 in the newer page, 200 in an older copy of it: the smaller holds under both.
      streamsPerSocket: 200,
      messages: 10,
      messageWindowMs: 1_000,
      connects: 300,
      connectWindowMs: 300_000,
      // One pool for both products since 2026-06: the header says what the other has used of it.
      restWeight: 2_400,
      maxFrame: 1 << 20,
    },
    // The venue pings every 3 minutes only: ask ourselves.
    heartbeat: { idleMs: 90_000, ping: { everyMs: 30_000 } },
    rotateMs: 23.5 * 3_600_000,
    book: "prevLink",
    // Insurance-fund and ADL prints take ids of the same series and are left out.
    trades: "increasing",
    snapshot: restSnapshot(`${root}/depth`, 1000, 20),
    history: history({ root, recent: 5, old: 20, aggregates: 20 }),
    instruments: { requests: [{ path: `${root}/exchangeInfo`, weight: 1 }], parse: readInstruments },
    quoteIsTop: true,
    subscribe: (subscriptions, nextId) => requests(FUTURES_STREAMS, "SUBSCRIBE", subscriptions, nextId),
    unsubscribe: (subscriptions, nextId) => requests(FUTURES_STREAMS, "UNSUBSCRIBE", subscriptions, nextId),
    control: (text) => readControl(FUTURES_STREAMS, text, family),
    aliases: (symbol) => [lowerAscii(symbol)],
    parse,
  } satisfies Partial<Venue>;
}

/** What becomes of contracts is told while it happens, on every connection of the address that carries it. */
export const CONTRACTS: readonly Subscription[] = [{ channel: "instrument", symbol: "" }];

/** ms between the pings that the venue sends. */
export const PING_MS = 180_000;
