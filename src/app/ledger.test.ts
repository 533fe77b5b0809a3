import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EventWriter, InstrumentWriter, RingWriter, VenueWriter } from "../log/index.ts";
import type { Region } from "../log/index.ts";
import { LONG, SIDE, SymbolTable, instrumentOf, putNumber } from "../model/index.ts";
import { heapRegion, wallClock } from "../store/index.ts";
import { VENUES } from "../venues/index.ts";
import { checkConfig } from "./config.ts";
import { readLedger } from "./ledger/client.ts";
import { GatewayLedger } from "./ledger.ts";
import { createLog } from "./log.ts";

const VENUE = VENUES.find(({ trades }) => trades === "contiguous")!;
const PLAN = checkConfig({ feeds: [{ venue: VENUE.id, symbols: ["A"] }] }, "test", {}).lanes[0]!;
const LOG = createLog({ level: "silent" });

let region: Region;
let out: EventWriter;
let dir: string;
let ledger: GatewayLedger;
beforeEach(() => {
  region = heapRegion({ lane: "main", slots: 1024, instruments: 16 }).region;
  out = new EventWriter(new RingWriter(region.control, region.slots, null), new SymbolTable());
  out.venue = VENUE.code;
  new VenueWriter(region.venues).declare(VENUE.code, VENUE.id);
  const instruments = new InstrumentWriter(region.control, region.instruments);
  instruments.add(VENUE.code, instrumentOf({ symbol: "A", canonical: "A" }));
  dir = mkdtempSync(join(tmpdir(), "feedhorn-gateway-ledger-"));
});
afterEach(async () => {
  await ledger.stop();
  rmSync(dir, { recursive: true });
});

function trade(id: number): void {
  out.begin(wallClock());
  putNumber(id, out.long, LONG.ID);
  out.trade(0, SIDE.BUY, 0);
  out.endFrame();
  out.ring.commit();
}

function start(folder: string): void {
  const settings = { enabled: true, dir: folder, every_ms: 100, keep_hours: 2, keep_days: 1 };
  ledger = new GatewayLedger(settings, LOG);
  ledger.watch(PLAN, region);
}

function figure(name: string): number {
  const found = ledger.counters().filter((one) => one.name === `feedhorn_ledger_${name}`);
  return found.reduce((sum, { value }) => sum + Number(value), 0);
}

async function until(done: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !done();) {
    if (performance.now() > end) throw new Error("expected it within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

it("writes what it answers, and goes on when a folder that was gone is back", async () => {
  start(join(dir, "ledger"));
  trade(1);
  trade(4);
  const heard = (): unknown => {
    try {
      return readLedger(join(dir, "ledger"), { channel: "trade" }).rows[0];
    } catch {
      return null;
    }
  };
  await until(() => heard() !== null);
  expect(heard()).toMatchObject({ lane: "main", venue: VENUE.id, symbol: "A", messages: 2, last_id: "4" });
  expect(ledger.report({ gaps: true, limit: 5 }).rows).toMatchObject([
    { channel: "trade", gaps: [{ from_id: "2", to_id: "3", count: 2, outcome: "open" }] },
  ]);
  expect([figure("gaps_open"), figure("write_failures_total")]).toEqual([1, 0]);

  renameSync(join(dir, "ledger"), join(dir, "away"));
  writeFileSync(join(dir, "ledger"), "in the way");
  await until(() => figure("write_failures_total") > 1);
  trade(5);
  rmSync(join(dir, "ledger"));
  await until(() => (heard() as { messages?: number } | null)?.messages === 3);
});

it("knows what became of trades that the lane has looked for", () => {
  start(dir);
  for (const id of [1000, 1005, 1010]) trade(id);
  ledger.settle("main", {
    type: "settled",
    instrument: 0,
    ranges: [
      [1001, 1002],
      [1004, 1004],
    ],
    outcome: "never_existed",
  });
  ledger.settle("main", { type: "settled", instrument: 0, ranges: [[1006, 1009]], outcome: "lost" });
  const [row] = ledger.report({ gaps: true, channel: "trade", limit: 5 }).rows;
  expect(row!.gaps.map(({ from_id, to_id, outcome }) => `${from_id}-${to_id} ${outcome}`)).toEqual([
    "1001-1002 never_existed",
    "1003-1003 open",
    "1004-1004 never_existed",
    "1006-1009 lost",
  ]);
});

it("writes to the end when it is stopped", async () => {
  start(dir);
  for (let id = 10; id < 40; id++) trade(id);
  await ledger.stop();
  const [row] = readLedger(dir, { channel: "trade" }).rows;
  expect(row).toMatchObject({ messages: 30, first_id: "10", last_id: "39" });
  const day = new Date(row!.hour / 1000).toISOString();
  const text = readFileSync(join(dir, "main", day.slice(0, 10), `${day.slice(11, 13)}.ndjson`), "utf8");
  expect(JSON.parse(text.split("\n")[0]!)).toMatchObject({
    type: "ledger",
    lane: "main",
    stopped: true,
    closed: false,
  });
});

it("does not start with a folder that cannot be", () => {
  const file = join(dir, "file");
  writeFileSync(file, "");
  expect(() => start(join(file, "ledger"))).toThrow(/^ledger\.dir: expected a folder that can be made at /);
  start(dir);
});
