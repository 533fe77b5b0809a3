import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readLedger } from "../../src/app/ledger/client.ts";
import { checkConfig } from "../../src/app/config.ts";
import { startGateway } from "../../src/app/gateway.ts";
import type { Gateway } from "../../src/app/gateway.ts";
import type { LedgerReport } from "../../src/app/ledger/select.ts";
import { createLog } from "../../src/app/log.ts";
import type { Venue } from "../../src/model/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { binanceUs } from "../../src/venues/binance-us/venue.ts";
import { binance } from "../../src/venues/binance/venue.ts";
import { coinbaseExchange } from "../../src/venues/coinbase-exchange/venue.ts";
import { coinbase } from "../../src/venues/coinbase/venue.ts";
import { deribit } from "../../src/venues/deribit/venue.ts";
import { until } from "./rig.ts";

/** What the simulator withheld is what the ledger names: the whole path, asked over HTTP. */

const folders: string[] = [];
let simulator: Simulator | null = null;
let gateway: Gateway | null = null;
let child: ChildProcess | null = null;
afterEach(async () => {
  child?.kill("SIGKILL");
  child = null;
  await gateway?.stop();
  await simulator?.close();
  gateway = simulator = null;
  for (const made of folders.splice(0)) rmSync(made, { recursive: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "feedhorn-ledger-"));
  folders.push(made);
  return made;
}

async function simulate(venues: readonly Venue[]): Promise<Simulator> {
  simulator = await startSimulator({
    venues: venues.map((venue) => ({ venue })),
    instruments: 3,
    seed: 11,
    rate: 40,
    speed: 4,
  });
  return simulator;
}

function configOf(sim: Simulator, ledger: object, region: string): object {
  const feeds = Object.entries(sim.endpoints).map(([venue, { ws, rest }]) => ({
    venue,
    symbols: sim.symbols[venue],
    channels: ["trade", "book"],
    ws_url: ws,
    rest_url: rest,
    backoff: { min_ms: 50, max_ms: 500 },
  }));
  return { region: { dir: region, slots: 65_536 }, ops: { port: 0 }, log: { level: "error" }, ledger, feeds };
}

async function run(sim: Simulator, ledger: object, region = folder()): Promise<Gateway> {
  const config = checkConfig(configOf(sim, ledger, region), "test", {});
  gateway = await startGateway(config, createLog({ level: "silent" }));
  return gateway;
}

async function ask(query: string): Promise<LedgerReport> {
  const response = await fetch(`${gateway!.ops.url}/ledger?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as LedgerReport;
}

async function live(): Promise<void> {
  await until("all books live", 20_000, () => gateway!.source.ready().ready);
}

/** What comes before the first trade that is heard cannot be missed. */
async function allHeard(): Promise<void> {
  const wanted = Object.values(simulator!.symbols).flat().length;
  for (const end = performance.now() + 20_000; performance.now() < end;) {
    if ((await ask("channel=trade")).rows.length === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`expected trades of ${wanted} instruments`);
}

/** Ids in gaps of trades, as "venue symbol id": those of mid-stream, or those that a lost connection took with it. */
function named({ rows }: LedgerReport, withConnection = false): string[] {
  return rows
    .flatMap(({ venue, symbol, gaps }) =>
      gaps
        .filter(({ cause }) => withConnection || cause !== "connection_lost")
        .flatMap(({ from_id, count }) =>
          Array.from({ length: count! }, (_, i) => `${venue} ${symbol} ${Number(from_id) + i}`),
        ),
    )
    .toSorted();
}

const COUNTED = [binance, binanceUs, coinbase, coinbaseExchange, deribit];

describe("trades that the simulator withholds", () => {
  it(
    "are exactly those that the ledger names, of every venue that counts them",
    { timeout: 60_000 },
    async () => {
      const sim = await simulate(COUNTED);
      await run(sim, {});
      await live();
      await allHeard();
      const struck = 6;
      const before = sim.faultLog.length;
      let injected = 0;
      for (let i = 0; i < struck; i++)
        for (const { id } of COUNTED)
          for (const symbol of sim.symbols[id]!.slice(0, 2))
            injected += sim.inject({ fault: "drop", venue: id, symbol, channel: "trade" });
      expect(injected).toBe(struck * COUNTED.length * 2);
      await until("every fault", 30_000, () => sim.faultLog.length - before === injected);
      const withheld = sim.faultLog
        .map(({ venue, symbol, trade }) => `${venue} ${symbol} ${trade}`)
        .toSorted();
      // A hole shows with the next trade.
      let seen: string[] = [];
      const last = performance.now() + 20_000;
      while (withheld.some((one) => !seen.includes(one)) && performance.now() < last) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        seen = named(await ask("channel=trade&gaps=true&limit=10000"), true);
      }
      expect(withheld.filter((one) => !seen.includes(one))).toEqual([]);
      // Whatever else is missing went down with a connection: venues cut those that ask too often for new books.
      const report = await ask("channel=trade&gaps=true&limit=10000");
      const exact = new Set(named(report));
      expect([...exact].filter((one) => !withheld.includes(one))).toEqual([]);
      expect(withheld.filter((one) => exact.has(one)).length).toBeGreaterThan(withheld.length / 2);
    },
  );
});

/** Trades of a stream over all hours: what was heard and what is missing is everything between the first and the last. */
function balances({ rows }: LedgerReport): { stream: string; first: number; last: number; sum: number }[] {
  const streams = new Map<string, LedgerReport["rows"]>();
  for (const row of rows) {
    const stream = `${row.venue} ${row.symbol}`;
    streams.set(stream, [...(streams.get(stream) ?? []), row]);
  }
  return [...streams].map(([stream, all]) => {
    const oldest = all.toSorted((a, b) => a.hour - b.hour);
    const gaps = all.flatMap((row) => row.gaps).filter(({ outcome }) => outcome !== "filled");
    const heard = all.reduce((sum, { messages }) => sum + messages, 0);
    return {
      stream,
      first: Number(oldest[0]!.first_id),
      last: Number(oldest.at(-1)!.last_id),
      sum: heard + gaps.reduce((sum, { count }) => sum + count!, 0),
    };
  });
}

const EVERY_MS = 300;

/** A gateway in a process of its own, that is killed when it has been writing for a while. */
async function killed(config: object, ledgerDir: string): Promise<number> {
  const file = join(folder(), "gateway.json");
  writeFileSync(file, JSON.stringify(config));
  const main = new URL("../../src/cli/main.ts", import.meta.url);
  child = fork(main, ["run", file], { execArgv: ["--import", import.meta.resolve("tsx")], stdio: "ignore" });
  const heardAll = (): boolean => {
    try {
      const { rows } = readLedger(ledgerDir, { channel: "trade" });
      return rows.filter(({ messages }) => messages > 20).length === 3;
    } catch {
      return false;
    }
  };
  await until("trades in the files", 40_000, heardAll);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  child = null;
  return Date.now() * 1000;
}

describe("a gateway that is killed", () => {
  it.each(["is still there", "is gone, too"])(
    "leaves whole files, and the next one names what was missed: its memory %s",
    { timeout: 120_000 },
    async (what) => {
      const sim = await simulate([binance]);
      const [dir, region] = [folder(), folder()];
      const config = configOf(sim, { dir, every_ms: EVERY_MS }, region);
      const at = await killed(config, dir);
      const left = readLedger(dir, { channel: "trade" });
      expect(left.lane_gaps).toEqual([]);
      const reached = Math.max(...left.rows.map((row) => row.last_ts!));
      expect(at - reached).toBeLessThan((EVERY_MS + 2000) * 1000);
      for (const { stream, first, last, sum } of balances(left))
        expect([stream, sum]).toEqual([stream, last - first + 1]);
      if (what !== "is still there") rmSync(join(region, "main.region"));

      await run(sim, { dir, every_ms: EVERY_MS }, region);
      await live();
      const ended = new Map(balances(left).map(({ stream, last }) => [stream, last]));
      await until("new trades", 20_000, () => {
        const rows = balances(readLedger(dir, { channel: "trade" }));
        return rows.length === 3 && rows.every(({ stream, last }) => last > ended.get(stream)! + 20);
      });
      const now = await ask("channel=trade");
      for (const { stream, first, last, sum } of balances(now))
        expect([stream, sum]).toEqual([stream, last - first + 1]);
      const [gap, ...others] = now.lane_gaps;
      expect(others).toEqual([]);
      expect(gap!.cause).toBe("gateway_killed");
      // What the memory still held was read; without it, the gap begins where the files end.
      if (what === "is still there") expect(gap!.from).toBeGreaterThanOrEqual(reached);
      expect(gap!.to).toBeGreaterThan(at);
      for (const row of now.rows) {
        expect(row.gaps.some(({ cause }) => cause === "gateway_down")).toBe(true);
        expect(row.down_ms["gateway_down"]).toBeGreaterThan(100);
      }
      await gateway!.stop();
      gateway = null;
      const final = readLedger(dir, { channel: "trade" });
      expect(balances(final).map(({ stream }) => stream)).toEqual(balances(now).map(({ stream }) => stream));
      for (const { stream, first, last, sum } of balances(final))
        expect([stream, sum]).toEqual([stream, last - first + 1]);
    },
  );
});
