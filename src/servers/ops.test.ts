import { request } from "node:http";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { parseExposition } from "../../test/exposition.ts";
import { OpsError, serveOps } from "./ops.ts";
import type { OpsServer } from "./ops.ts";
import type { SubscriptionsSource } from "./subscriptions.ts";
import type { HealthReport, OpsSource } from "./ops-source.ts";

const HEALTH: HealthReport = {
  status: "healthy",
  service: "feedhorn",
  version: "0.1.0",
  venues: {
    kraken: {
      state: "live",
      connections: { open: 1, wanted: 1 },
      instruments: { live: 2, total: 2 },
      last_receive_age_ms: 12,
      reconnects: 0,
      gaps: 3,
      clock: { offset_us: -1200, error_us: 350 },
    },
  },
  parts: {},
  lanes: { main: { epoch: 1, head: "18446744073709551615" } },
};

const SOURCE: OpsSource = {
  health: () => HEALTH,
  ready: () => ({ ready: true, reasons: [] }),
  counters: () => [
    { name: "feedhorn_gaps_total", help: "Gaps.", kind: "counter", labels: { venue: "kraken" }, value: 3 },
  ],
  histograms: () => [
    {
      name: "feedhorn_lag_seconds",
      help: "Lag.",
      labels: {},
      bounds: [0.001, 0.1],
      counts: [5, 1, 0],
      sum: 0.02,
    },
  ],
};

let server: OpsServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(
  over: Partial<OpsSource> = {},
  allowRemote = false,
  subscriptions?: SubscriptionsSource,
): Promise<string> {
  server = await serveOps({ ...SOURCE, ...over }, { host: "127.0.0.1", port: 0, allowRemote, subscriptions });
  return server.url;
}

/** node:http rather than fetch, which does not let a test choose the Host header. */
function ask(
  url: string,
  path: string,
  options: { host?: string; method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const { host, method = "GET", body, headers = {} } = options;
    const outgoing = request(
      url + path,
      { method, agent: false, headers: host === undefined ? headers : { ...headers, host } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode!, type: response.headers["content-type"] ?? "", body: text }),
        );
      },
    );
    outgoing.on("error", reject).end(body);
  });
}

describe("/subscriptions", () => {
  const json = { "content-type": "application/json" };
  const body = '{"add":[{"venue":"kraken","symbols":["BTC-USD"]}]}';
  let orders: unknown[] = [];
  const source: SubscriptionsSource = {
    report: async () => ({ feeds: [{ venue: "kraken" }] }),
    order: async (order) => {
      orders.push(order);
      const [first] = (order as { add: { venue: string }[] }).add;
      if (first === undefined) return { type: "wrong", error: "expected something" };
      if (first.venue === "nowhere") return { type: "no_feed", error: "no feed" };
      if (first.venue === "deaf") throw new Error("no answer");
      return { type: "done", results: [] };
    },
  };
  const post = (url: string, headers: Record<string, string>, text = body): ReturnType<typeof ask> =>
    ask(url, "/subscriptions", { method: "POST", body: text, headers });

  it("tells what is listened to, takes orders, and says what is wrong with them", async () => {
    orders = [];
    const url = await start({}, false, source);
    const told = await ask(url, "/subscriptions");
    expect([told.status, JSON.parse(told.body)]).toEqual([200, { feeds: [{ venue: "kraken" }] }]);
    const done = await post(url, json);
    expect([done.status, JSON.parse(done.body), orders]).toEqual([200, { results: [] }, [JSON.parse(body)]]);
    const answers = ['{"add":[]}', body.replace("kraken", "nowhere"), body.replace("kraken", "deaf"), "{"];
    const codes = await Promise.all(answers.map(async (text) => (await post(url, json, text)).status));
    expect(codes).toEqual([400, 404, 503, 400]);
  });

  it("takes no orders that a web page could send, none that are too large, and no other methods", async () => {
    orders = [];
    const url = await start({}, false, source);
    const plain = await post(url, { "content-type": "text/plain" });
    expect([plain.status, JSON.parse(plain.body)]).toEqual([
      415,
      { error: "expected content-type application/json, saw text/plain" },
    ]);
    expect((await post(url, {})).status).toBe(415);
    expect((await post(url, { ...json, origin: "http://127.0.0.1:9090" })).status).toBe(403);
    expect((await post(url, { ...json, host: "evil.com" })).status).toBe(403);
    expect((await post(url, json, JSON.stringify({ add: "x".repeat(70_000) }))).status).toBe(413);
    const put = await ask(url, "/subscriptions", { method: "PUT" });
    expect([put.status, JSON.parse(put.body)]).toEqual([405, { error: "expected GET or POST, saw PUT" }]);
    expect(orders).toEqual([]);
  });

  it("is not there where nobody takes orders", async () => {
    const url = await start();
    expect((await ask(url, "/subscriptions")).status).toBe(404);
    expect((await post(url, json)).status).toBe(413);
  });
});

describe("the operations server", () => {
  it("answers /health with the report", async () => {
    const { status, type, body } = await ask(await start(), "/health");
    expect([status, type, JSON.parse(body)]).toEqual([200, "application/json; charset=utf-8", HEALTH]);
  });

  it("answers /ready with 200, or 503 and the reasons", async () => {
    let ready = false;
    const url = await start({
      ready: () => (ready ? { ready, reasons: [] } : { ready, reasons: ["kraken BTC-USD is warming"] }),
    });
    const before = await ask(url, "/ready");
    expect([before.status, JSON.parse(before.body)]).toEqual([
      503,
      { status: "not_ready", reason: "kraken BTC-USD is warming", reasons: ["kraken BTC-USD is warming"] },
    ]);
    ready = true;
    const after = await ask(url, "/ready");
    expect([after.status, JSON.parse(after.body)]).toEqual([200, { status: "ready", reasons: [] }]);
  });

  it("answers /metrics in Prometheus' format", async () => {
    const { status, type, body } = await ask(await start(), "/metrics");
    expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
    const families = parseExposition(body);
    expect(families.get("feedhorn_gaps_total")!.samples).toMatchObject([
      { labels: { venue: "kraken" }, value: 3 },
    ]);
    expect(families.get("feedhorn_lag_seconds")!.samples.map(({ value }) => value)).toEqual([
      5, 6, 6, 0.02, 6,
    ]);
  });

  it("says in JSON what it does not do", async () => {
    const url = await start();
    const missing = await ask(url, "/nope?x=1");
    expect([missing.status, JSON.parse(missing.body)]).toEqual([
      404,
      { error: "no /nope here; try /health, /ready, /metrics" },
    ]);
    const method = await ask(url, "/health", { method: "DELETE" });
    expect([method.status, JSON.parse(method.body)]).toEqual([405, { error: "expected GET, saw DELETE" }]);
    const body = await ask(url, "/health", { method: "POST", body: "{}" });
    expect([body.status, JSON.parse(body.body)]).toEqual([413, { error: "expected no request body" }]);
    expect((await ask(url, "/ready", { method: "HEAD" })).status).toBe(200);
  });

  it("answers only to loopback names, unless told otherwise", async () => {
    const url = await start();
    for (const host of ["evil.com", "evil.com:9090", "127.0.0.1.evil.com", "a b"]) {
      expect((await ask(url, "/health", { host })).status, host).toBe(403);
    }
    for (const host of ["localhost:9090", "127.0.0.1", "[::1]:1"]) {
      expect((await ask(url, "/health", { host })).status, host).toBe(200);
    }
    await server!.close();
    expect((await ask(await start({}, true), "/health", { host: "gateway:9090" })).status).toBe(200);
  });

  it("says so when a figure cannot be read", async () => {
    const url = await start({
      health: () => {
        throw new Error("the region is gone");
      },
    });
    const { status, body } = await ask(url, "/health");
    expect([status, JSON.parse(body)]).toEqual([500, { error: "the region is gone" }]);
  });

  it("explains in one line why it cannot listen", async () => {
    await start();
    const { port } = server!;
    await expect(serveOps(SOURCE, { host: "127.0.0.1", port })).rejects.toThrow(
      new OpsError(
        `ops server: cannot listen on 127.0.0.1:${port}: the port is in use; stop the other program, or set ops.port (FEEDHORN_OPS_PORT)`,
      ),
    );
    await expect(serveOps(SOURCE, { host: "203.0.113.7", port: 0 })).rejects.toThrow(
      "the host is no address of this machine",
    );
  });

  it("frees its port when closed, open connections or not", async () => {
    const url = await start();
    const { port } = server!;
    const idle = await new Promise<{ destroy(): void }>((resolve) => {
      const outgoing = request(`${url}/health`, { headers: { connection: "keep-alive" } });
      outgoing.on("response", (response) => resolve(response.resume().socket)).end();
    });
    await server!.close();
    await new Promise<void>((resolve, reject) => {
      const probe = createServer().on("error", reject);
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
    });
    idle.destroy();
  });
});
