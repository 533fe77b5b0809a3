import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WindowBudget } from "../snapshots/budget.ts";
import { Http } from "../snapshots/http.ts";
import { Metadata, Refresh } from "./metadata.ts";
import type { Listed } from "./metadata.ts";
import { instrumentOf } from "../../model/index.ts";
import type { RestRequest, Venue } from "../../model/index.ts";

const undo: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

interface Rig {
  readonly metadata: Metadata;
  readonly asked: string[];
  readonly reports: string[];
  readonly budget: WindowBudget;
}

/** A venue whose lists are lines: names separated by blanks, then perhaps the address of the next page. */
async function rig(answer: (path: string, count: number) => string | number, limit = 1000): Promise<Rig> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url!);
    const said = answer(request.url!, asked.length);
    if (typeof said === "number") response.writeHead(said, { "retry-after": "1" }).end("no");
    else response.end(said);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const http = new Http({});
  const budget = new WindowBudget(limit, 400);
  const reports: string[] = [];
  const venue = {
    id: "kraken",
    rest: { url: "" },
    limits: { restWeight: limit },
    instruments: {
      requests: [
        { path: "/spot", weight: 5 },
        { path: "/swap", weight: 5 },
      ],
      next: (request: RestRequest, body: string) => {
        const next = body.split("\n")[1];
        return next === undefined ? null : { ...request, path: next };
      },
      parse: (body: string) => {
        if (body.startsWith("{")) throw new SyntaxError("expected names");
        return body
          .split("\n")[0]!
          .split(" ")
          .map((symbol) => instrumentOf({ symbol, canonical: symbol }));
      },
    },
  } as unknown as Venue;
  const restUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const metadata = new Metadata({ venue, http, restUrl, budget, report: (one) => void reports.push(one) });
  undo.push(async () => {
    metadata.stop();
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  return { metadata, asked, reports, budget };
}

const names = (listed: Listed | null): string[] | undefined => listed?.instruments.map((one) => one.symbol);

describe("Metadata over a real server", () => {
  it("reads every request and every page of it", async () => {
    const { metadata, asked } = await rig((path) =>
      path === "/spot" ? "A B\n/spot?page=2" : path === "/swap" ? "D" : "C",
    );
    const listed = await metadata.fetch(1);
    expect([names(listed), listed?.whole]).toEqual([["A", "B", "C", "D"], true]);
    expect(asked).toEqual(["/spot", "/spot?page=2", "/swap"]);
  });

  it("gives no list at all when a part of it cannot be had", async () => {
    const { metadata, reports } = await rig((path) => (path === "/spot" ? "A" : "{}"));
    expect(await metadata.fetch(2)).toBeNull();
    expect(reports).toEqual([1, 2].map(() => "metadata of kraken not readable: expected names"));
  });

  it("says that there is more than it reads, where pages have no end", async () => {
    const { metadata, asked } = await rig((path) => (path === "/swap" ? "B" : "A\n/more"));
    const listed = await metadata.fetch(1);
    expect([listed?.whole, asked.length]).toEqual([false, 101]);
  });

  it("spends no more weight than there is, and waits as long as a 429 asks", async () => {
    const at: number[] = [];
    const { metadata } = await rig((_path, count) => {
      at.push(performance.now());
      return count === 2 ? 429 : "A";
    }, 5);
    expect(names(await metadata.fetch(3))).toEqual(["A", "A"]);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(350);
    expect(at[2]! - at[1]!).toBeGreaterThanOrEqual(950);
  });
});

describe("Refresh", () => {
  it("fetches again and again, tells failures, and is quiet after its end", async () => {
    const { metadata } = await rig((_path, count) => (count > 4 ? "{}" : "A"));
    const told: string[] = [];
    const refresh = new Refresh({
      everyMs: 40,
      metadata,
      take: (listed) => void told.push(names(listed)!.join()),
      failed: () => void told.push("failed"),
    });
    undo.push(() => refresh.stop());
    refresh.start();
    await expect.poll(() => told, { timeout: 8000 }).toEqual(["A,A", "A,A", "failed"]);
    refresh.stop();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(told).toHaveLength(3);
  });

  it("comes sooner when it is asked to, once", async () => {
    const { metadata, asked } = await rig(() => "A");
    let taken = 0;
    const refresh = new Refresh({
      everyMs: 60_000,
      metadata,
      take: () => void taken++,
      failed: () => undefined,
    });
    undo.push(() => refresh.stop());
    refresh.start();
    for (let i = 0; i < 5; i++) refresh.soon();
    await expect.poll(() => taken).toBe(1);
    refresh.soon();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([taken, asked.length]).toEqual([1, 2]);
  });
});
