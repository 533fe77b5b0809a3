import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { call } from "../../test/cli-rig.ts";

/** The command against a server that answers as a gateway does. */

let close: (() => void) | null = null;
afterEach(() => close?.());

async function gateway(status: number, answer: object): Promise<{ port: string; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      seen.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: String((server.address() as AddressInfo).port), seen };
}

const RESULTS = [
  { action: "add", venue: "kraken", symbol: "SOL-USD", outcome: "accepted", instruments: ["SOL/USD"] },
  {
    action: "add",
    venue: "kraken",
    symbol: "NOPE-USD",
    outcome: "not_listed",
    instruments: [],
    reason: "check it",
  },
];

it("orders, and prints what became of each name", async () => {
  const { port, seen } = await gateway(200, { results: RESULTS });
  const ended = await call([
    "subscribe",
    "kraken",
    "SOL-USD",
    "NOPE-USD",
    "--channels",
    "trade, book",
    "--port",
    port,
  ]);
  expect(seen).toEqual([
    'POST /subscriptions application/json {"add":[{"venue":"kraken","symbols":["SOL-USD","NOPE-USD"],"channels":["trade","book"]}]}',
  ]);
  expect([ended.status, ended.stderr, ended.stdout]).toEqual([
    1,
    "error: 1 of 2 names could not be taken\n",
    "name      outcome     instruments  reason\nSOL-USD   accepted    SOL/USD\nNOPE-USD  not_listed               check it\n",
  ]);
});

it("prints a gateway's refusal in its words", async () => {
  const { port } = await gateway(404, { error: 'venue "okx" has no feed in the configuration' });
  const ended = await call(["subscribe", "okx", "A", "--port", port]);
  expect([ended.status, ended.stderr]).toEqual([
    1,
    `error: http://127.0.0.1:${port}/subscriptions: venue "okx" has no feed in the configuration\n`,
  ]);
});

it("says so when no gateway is there, and when it is called wrongly", async () => {
  const { port } = await gateway(200, {});
  close!();
  const missing = await call(["subscribe", "kraken", "A", "--port", port]);
  expect([missing.status, missing.stderr]).toEqual([
    1,
    `error: http://127.0.0.1:${port}/subscriptions: no gateway answers there; start one (feedhorn run), or name its port with --port\n`,
  ]);
  const wrong = await call(["subscribe", "kraken", "A", "--remove", "--channels", "trade"]);
  expect([wrong.status, wrong.stderr]).toEqual([
    2,
    "error: --channels: an instrument is given up as a whole; leave it out with --remove\n",
  ]);
  expect((await call(["subscribe", "kraken"])).status).toBe(2);
  expect((await call(["subscribe", "kraken", "A", "--port", "x"])).status).toBe(2);
});
