import { afterEach, describe, expect, it } from "vitest";
import { readLedgerQuery } from "./ledger.ts";
import type { LedgerQuery } from "./ledger.ts";
import { serveOps } from "./ops.ts";
import type { OpsServer } from "./ops.ts";
import type { OpsSource } from "./ops-source.ts";

const SOURCE = { counters: () => [], histograms: () => [] } as Partial<OpsSource> as OpsSource;

let server: OpsServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

describe("the query of GET /ledger", () => {
  it("is read, times as dates or UNIX ms", () => {
    expect(readLedgerQuery({})).toEqual({ gaps: false, limit: 1000 });
    const query = {
      venue: "v",
      symbol: "BTC-USD",
      from: "2026-11-21T10:00Z",
      to: "1795255200000",
      gaps: "true",
    };
    expect(readLedgerQuery({ ...query, limit: "7" })).toEqual({
      venue: "v",
      symbol: "BTC-USD",
      from: 1_795_255_200_000_000,
      to: 1_795_255_200_000_000,
      gaps: true,
      limit: 7,
    });
  });

  it.each([
    [{ venues: "v" }, 'expected lane, venue, symbol, channel, from, to, gaps, limit, saw "venues"'],
    [{ from: "noon" }, 'from: expected a time such as 2026-11-21T10:00Z or UNIX milliseconds, saw "noon"'],
    [{ gaps: "yes" }, 'gaps: expected true or false, saw "yes"'],
    [{ limit: "10001" }, 'limit: expected 1 to 10000, saw "10001"'],
    [{ limit: "1.5" }, 'limit: expected 1 to 10000, saw "1.5"'],
    [{ venue: ["a", "b"] }, "venue: expected one value, saw several"],
  ])("%j is refused in words", (query, words) => {
    expect(readLedgerQuery(query)).toBe(words);
  });
});

describe("GET /ledger", () => {
  it("hands the question on, refuses what is none, and is there only with a ledger", async () => {
    const asked: LedgerQuery[] = [];
    const ledger = { report: (query: LedgerQuery) => asked.push(query) && { rows: [] } };
    server = await serveOps(SOURCE, { host: "127.0.0.1", port: 0, ledger });
    const answer = await fetch(`${server.url}/ledger?channel=trade&limit=5`);
    expect([answer.status, await answer.json()]).toEqual([200, { rows: [] }]);
    expect(asked).toEqual([{ channel: "trade", gaps: false, limit: 5 }]);
    const wrong = await fetch(`${server.url}/ledger?limit=0`);
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { error: 'limit: expected 1 to 10000, saw "0"' },
    ]);
    const posted = await fetch(`${server.url}/ledger`, { method: "POST" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    await server.close();
    server = await serveOps(SOURCE, { host: "127.0.0.1", port: 0 });
    expect((await fetch(`${server.url}/ledger`)).status).toBe(404);
  });
});
