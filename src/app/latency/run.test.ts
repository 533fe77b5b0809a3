import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { VENUES } from "../../venues/index.ts";
import { checkConfig } from "../config.ts";
import { startGatewayProcess } from "./process.ts";
import { runLoad } from "./run.ts";
import type { LoadOptions } from "./run.ts";
import type { LoadReport } from "./report.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-load-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const NEVER = new Promise<never>(() => undefined);
/** One venue of each way to prove a book, or all of them on demand. */
const PLAYED =
  process.env["FEEDHORN_LONG"] === undefined
    ? VENUES.filter(({ book }, i) => VENUES.findIndex((one) => one.book === book) === i).slice(0, 2)
    : VENUES;

function options(changes: Partial<LoadOptions>): LoadOptions {
  return {
    venue: VENUES[0]!,
    instruments: 3,
    rate: 500,
    seconds: 0.6,
    warmup: 1.2,
    mix: { trade: 1, quote: 1, book: 1 },
    seed: "test",
    port: 0,
    lane: null,
    dir,
    latency: "normal",
    ...changes,
  };
}

/** Nothing lost, and the figures fit together. */
function expectSound(report: LoadReport): void {
  const { stages, faults } = report;
  expect([...faults].filter(([, count]) => count > 0)).toEqual([]);
  expect([report.seen, report.lost, report.readerLost, report.cut]).toEqual([report.sent, 0, 0, 0]);
  expect(Math.abs(report.sent - report.due)).toBeLessThan(report.due * 0.2 + 2);
  const { dueToSent, dueToRead } = stages;
  expect(dueToRead.at(0.5)).toBeGreaterThan(dueToSent.at(0.5));
  expect(dueToRead.at(0.5)).toBeGreaterThan(2);
  expect(report.lane.get("whole read")!.count).toBeGreaterThan(report.sent * 0.8);
}

it.each(PLAYED.map((venue) => [venue.id, venue] as const))(
  "%s: every paced message comes through a lane of its own",
  { timeout: 40_000 },
  async (_id, venue) => {
    const phases = new Set<string>();
    const report = await runLoad(options({ venue }), ({ phase }) => phases.add(phase), NEVER);
    expectSound(report);
    expect([...phases]).toEqual(["waiting", "warming up", "measuring", "draining"]);
    if (process.platform === "linux") expect(report.cpu!.share).toBeLessThan(0.9);
  },
);

it("measures the lane of a gateway that runs already", { timeout: 40_000 }, async () => {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as AddressInfo;
  free.close();
  const [venue] = VENUES;
  const symbols = ["BTC", "ETH", "SOL"].map((base) => `${base}-USDT`);
  const feed = {
    venue: venue!.id,
    symbols,
    ws_url: `ws://127.0.0.1:${port}`,
    rest_url: `http://127.0.0.1:${port}`,
  };
  const config = checkConfig(
    {
      lanes: [{ name: "theirs", feeds: [feed] }],
      region: { dir, slots: 4096 },
      ops: { port: 0 },
      log: { level: "silent" },
    },
    "test",
    {},
  );
  const gateway = await startGatewayProcess(config);
  try {
    expectSound(await runLoad(options({ lane: "theirs", port }), () => undefined, NEVER));
  } finally {
    await gateway.stop();
  }
});

it("says what is wrong, and leaves nothing running", { timeout: 40_000 }, async () => {
  await expect(runLoad(options({ lane: "nobody", port: 0 }), () => undefined, NEVER)).rejects.toThrow(
    "expected an existing region, saw none",
  );
  const stopped = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error("enough")), 1500);
  });
  await expect(runLoad(options({ seconds: 60 }), () => undefined, stopped)).rejects.toThrow("enough");
  const file = join(dir, "a file");
  writeFileSync(file, "");
  await expect(runLoad(options({ dir: join(file, "x") }), () => undefined, NEVER)).rejects.toThrow(
    /lane load: .*a file/,
  );
});
