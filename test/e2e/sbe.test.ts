import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { withOptions } from "../../src/model/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { FaultName, Simulator } from "../../src/simulator/index.ts";
import { binance } from "../../src/venues/binance/venue.ts";
import { startRig, until } from "./rig.ts";
import type { Rig } from "./rig.ts";
import { truthSuite } from "./truth.ts";
import { TruthReader } from "../../src/app/chaos/reader.ts";

/** The whole path for binary frames: simulator, sockets, lane. Ids of books and trades are those of the JSON streams. */

const SBE = withOptions(binance, { stream: "sbe" });
const SYMBOL = "BTCUSDT";

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

const markets = (): Rig["lane"]["feeds"][number]["markets"] =>
  rig!.lane.feeds.flatMap((feed) => feed.markets);
const live = (): boolean => markets().every((one) => one.state.live);

async function start(): Promise<TruthReader> {
  rig = await startRig({
    venues: [SBE],
    seed: 5,
    rate: 20,
    speed: 5,
    instruments: 3,
    feed: { idleMs: 4000 },
  });
  const keys = new Map(markets().map((one) => [one.id, { venue: one.venue, symbol: one.symbol, depth: 0 }]));
  const reader = new TruthReader(rig.handle.region, rig.simulator.truth, (id) => keys.get(id) ?? null);
  reader.reader.seekOldest();
  await until("all books live", 10_000, live);
  return reader;
}

async function struck(fault: FaultName): Promise<void> {
  const { faultLog } = rig!.simulator;
  const before = faultLog.length;
  rig!.simulator.inject({ fault, venue: "binance", symbol: SYMBOL });
  await until(`${fault} struck`, 5000, () => faultLog.length > before);
}

/** Faults that cost a frame of a book or the connection, and those that cost nothing. */
const LOSSES: readonly FaultName[] = [
  "drop",
  "truncate",
  "smash",
  "binary",
  "bad_utf8",
  "reorder",
  "bad_opcode",
  "oversize",
  "reset",
];
const HARMLESS: readonly FaultName[] = ["duplicate", "flood", "empty", "unknown", "fragmented", "dripped"];

describe("binary frames from the simulator to the lane", () => {
  it("books are true, whatever happens to the frames, and heal", { timeout: 60_000 }, async () => {
    const reader = await start();
    const market = markets().find((one) => one.symbol === SYMBOL)!;
    for (const fault of HARMLESS) {
      const { epoch } = market.state;
      await struck(fault);
      reader.poll();
      expect([fault, market.state.epoch]).toEqual([fault, epoch]);
    }
    for (const fault of LOSSES) {
      const { epoch } = market.state;
      await struck(fault);
      await until(`${fault} seen`, 8000, () => market.state.epoch > epoch);
      await until(`${fault} healed`, 10_000, live);
      reader.poll();
    }
    const equal = reader.verdicts.equal;
    await until("five hundred more commits", 10_000, () => {
      reader.poll();
      return reader.verdicts.equal > equal + 500;
    });
    expect([reader.verdicts.wrong, reader.verdicts.unknown]).toEqual([[], 0]);
    expect(rig!.reports.filter((line) => /refused|not listed|broke the parser/.test(line))).toEqual([]);
  });

  it(
    "without a key the venue is asked less and less often, and the reason is told",
    { timeout: 20_000 },
    async () => {
      rig = await startRig({ venues: [SBE], seed: 5, instruments: 1, feed: { headers: {} } });
      const refused = (): number =>
        rig!.reports.filter((line) => line.includes("Unexpected server response: 401")).length;
      await until("three refusals", 10_000, () => refused() >= 3);
      const before = refused();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      // Waits grow to half a second here: no more than a handful of attempts fit into one.
      expect(refused() - before).toBeLessThanOrEqual(6);
      expect(live()).toBe(false);
    },
  );
});

describe("a gateway with a key", () => {
  const KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
  const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
  let dir = "";
  let simulator: Simulator | null = null;
  let child: ChildProcess | null = null;
  afterEach(async () => {
    child?.kill("SIGKILL");
    await simulator?.close();
    rmSync(dir, { recursive: true });
  });

  it(
    "shows it nowhere: not in the log, the metrics, the health, the configuration",
    { timeout: 60_000 },
    async () => {
      simulator = await startSimulator({ venues: [SBE], instruments: 2, seed: "key", rate: 30 });
      dir = mkdtempSync(join(tmpdir(), "feedhorn-sbe-"));
      const { ws, rest } = simulator.endpoints["binance"]!;
      const feed = {
        venue: "binance",
        symbols: simulator.symbols["binance"]!,
        options: { stream: "sbe" },
        api_key_env: "BINANCE_API_KEY",
        ws_url: ws,
        rest_url: rest,
      };
      const file = join(dir, "gateway.json");
      writeFileSync(
        file,
        JSON.stringify({
          feeds: [feed],
          region: { dir, slots: 4096 },
          ops: { port: 0 },
          log: { level: "trace" },
        }),
      );
      const env = { PATH: process.env["PATH"], BINANCE_API_KEY: KEY };
      let [stdout, said] = ["", ""];
      const config = spawn(process.execPath, ["--import", "tsx", MAIN, "config", file], { env });
      config.stdout.on("data", (text) => (stdout += String(text)));
      await new Promise((resolve) => config.once("close", resolve));
      expect(stdout).toContain('"api_key_env": "BINANCE_API_KEY"');

      child = spawn(process.execPath, ["--import", "tsx", MAIN, "run", file], { env });
      child.stderr!.on("data", (text) => (said += String(text)));
      const address = (): string | undefined =>
        /"url":"([^"]+)","msg":"operations server listening"/.exec(said)?.[1];
      await until("the operations server", 30_000, () => address() !== undefined);
      const page = async (path: string): Promise<string> => (await fetch(new URL(path, address()))).text();
      const liveBooks = async (): Promise<boolean> =>
        /feedhorn_books_live\{[^}]*\} 2\b/.test(await page("/metrics"));
      for (let tries = 0; !(await liveBooks()); tries++) {
        expect(tries, said).toBeLessThan(400);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      simulator.inject({ fault: "reset", venue: "binance" });
      await until("the loss is told", 10_000, () => said.includes("connection lost"));
      const shown = [stdout, await page("/metrics"), await page("/health"), await page("/ready")];
      const ended = new Promise((resolve) => child!.once("close", resolve));
      child.kill("SIGTERM");
      await ended;
      for (const text of [...shown, said]) {
        expect(text.length).toBeGreaterThan(10);
        expect(text).not.toContain(KEY);
      }
    },
  );
});

// Ten simulated minutes under every fault, as for the venues of the list: TRUTH_SBE=1.
if (process.env["TRUTH_SBE"] === "1") describe("ten simulated minutes", () => truthSuite([SBE]));
