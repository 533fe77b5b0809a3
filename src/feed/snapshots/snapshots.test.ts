import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WindowBudget } from "./budget.ts";
import { Http } from "./http.ts";
import { SnapshotQueue } from "./snapshots.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const open: { server: Server; http: Http; queue: SnapshotQueue }[] = [];

async function rig(
  handler: Handler,
  budget = new WindowBudget(1000, 60_000),
  asked: (url: string) => void = () => undefined,
): Promise<{ base: string; queue: SnapshotQueue }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const http = new Http({});
  const get: Http["get"] = (url, header) => {
    asked(new URL(url).pathname);
    return http.get(url, header);
  };
  const queue = new SnapshotQueue({ get }, budget);
  open.push({ server, http, queue });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, queue };
}

function ask(queue: SnapshotQueue, base: string, key: string, weight = 10): Promise<string | null> {
  return new Promise((resolve) => {
    queue.request({ key, url: `${base}/${key}`, weight, done: (body) => resolve(body?.toString() ?? null) });
  });
}

afterEach(async () => {
  for (const { server, http, queue } of open.splice(0)) {
    queue.stop();
    await http.close();
    server.closeAllConnections();
    server.close();
  }
});

describe("SnapshotQueue over a real server", () => {
  it("fetches in order, a few at a time, and not the same key twice", async () => {
    const seen: string[] = [];
    const { base, queue } = await rig((request, response) => {
      seen.push(request.url!);
      setTimeout(() => response.end(`body ${request.url}`), 20);
    });
    const all = Promise.all(["a", "b", "c", "d"].map((key) => ask(queue, base, key)));
    expect(queue.request({ key: "a", url: base, weight: 1, done: () => undefined })).toBe(false);
    expect(await all).toEqual(["body /a", "body /b", "body /c", "body /d"]);
    expect(seen).toEqual(["/a", "/b", "/c", "/d"]);
  });

  it("asks for the most important first, of equals for the first, and lets none be kept out by one that fails", async () => {
    const seen: string[] = [];
    const answer: Handler = (request, response) => {
      if (request.url === "/bad" && seen.filter((one) => one === "/bad").length < 3) request.socket.destroy();
      else setTimeout(() => response.end(""), 10);
    };
    const { base, queue } = await rig(answer, undefined, (url) => seen.push(url));
    const jobs = [
      ["a", 0],
      ["b", 0],
      ["c", 0],
      ["d", 1],
      ["e", 9],
      ["f", 9],
      ["bad", 12],
      ["g", 10],
    ] as const;
    const all = jobs.map(
      ([key, importance]) =>
        new Promise((resolve) => {
          queue.request({ key, url: `${base}/${key}`, weight: 1, importance, done: resolve });
        }),
    );
    await Promise.all(all);
    expect(seen.slice(0, 3)).toEqual(["/a", "/b", "/c"]);
    expect(seen[3]).toBe("/bad");
    expect(seen.filter((one) => one !== "/bad").slice(3)).toEqual(["/g", "/e", "/f", "/d"]);
    expect(seen.slice(-2)).toEqual(["/bad", "/bad"]);
  });

  it("keeps silent for as long as a 429 asks, then succeeds", async () => {
    const at: number[] = [];
    const { base, queue } = await rig((_request, response) => {
      at.push(performance.now());
      if (at.length > 1) response.end("ok");
      else response.writeHead(429, { "retry-after": "1" }).end("slow down");
    });
    expect(await ask(queue, base, "x")).toBe("ok");
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(990);
    expect(queue.rateLimited).toBe(1);
  });

  it("gives up on a request the venue refuses for good and retries one that fails", async () => {
    let tries = 0;
    const { base, queue } = await rig((request, response) => {
      if (request.url === "/gone") response.writeHead(400).end('{"code":-1121}');
      else if (++tries < 3) request.socket.destroy();
      else response.end("third time");
    });
    expect(await ask(queue, base, "gone")).toBeNull();
    expect(await ask(queue, base, "flaky")).toBe("third time");
  });

  it("waits when the request weight is spent", async () => {
    const at: number[] = [];
    const { base, queue } = await rig(
      (_request, response) => {
        at.push(performance.now());
        response.end("ok");
      },
      new WindowBudget(10, 400),
    );
    await Promise.all([ask(queue, base, "p"), ask(queue, base, "q")]);
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(350);
  });
});

describe("jobs that can wait", () => {
  const spare = (queue: SnapshotQueue, base: string, key: string, weight: number): Promise<string | null> =>
    new Promise((resolve) => {
      const done = (body: Buffer | null): void => resolve(body?.toString() ?? null);
      queue.request({ key, url: `${base}/${key}`, weight, spare: true, done });
    });

  it("come behind all others, and never take the last connection", async () => {
    const seen: string[] = [];
    const { base, queue } = await rig((request, response) => {
      seen.push(request.url!);
      setTimeout(() => response.end("ok"), 30);
    });
    const waiting = ["w1", "w2", "w3"].map((key) => spare(queue, base, key, 1));
    const urgent = ["a", "b", "c"].map((key) => ask(queue, base, key, 1));
    await Promise.all([...waiting, ...urgent]);
    expect(seen.slice(0, 3).toSorted()).toEqual(["/a", "/w1", "/w2"]);
    expect(seen.indexOf("/w3")).toBeGreaterThan(3);
    expect(queue.fetched).toBe(3);
  });

  it("leave half of the budget to the others", async () => {
    const budget = new WindowBudget(100, 60_000);
    const { base, queue } = await rig((_request, response) => void response.end("ok"), budget);
    expect(await spare(queue, base, "w1", 40)).toBe("ok");
    const late = spare(queue, base, "w2", 40);
    expect(await ask(queue, base, "a", 50)).toBe("ok");
    await expect(Promise.race([late, Promise.resolve("waits")])).resolves.toBe("waits");
    expect(budget.free(performance.now())).toBe(10);
  });
});
