import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageText } from "../app/ledger/page.ts";
import type { LedgerRow } from "../quality/index.ts";
import { HourFiles } from "../store/index.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const HOUR = Date.UTC(2026, 10, 21, 10) * 1000;

const ROW: LedgerRow = {
  venue: "acme",
  symbol: "BTCUSD",
  instrument: "BTC-USD",
  channel: "trade",
  hour: HOUR,
  messages: 3,
  slots: 3,
  first_id: "7",
  last_id: "14",
  first_ts: HOUR + 1_000_000,
  last_ts: HOUR + 9_000_000,
  recovered: 1,
  resets: 0,
  gaps: [gap("8", 1, "filled"), gap("9", 5, "lost")],
  gaps_unnamed: 0,
  down_ms: { connection_lost: 2500 },
  hash: "00000000deadbeef",
};

function gap(from: string, count: number, outcome: "filled" | "lost"): LedgerRow["gaps"][number] {
  const to = String(Number(from) + count - 1);
  const times = { since: HOUR + 1_000_000, until: HOUR + 3_500_000 };
  return { from_id: from, to_id: to, count, ...times, cause: "connection_lost", outcome };
}

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-cli-ledger-"));
  const file = new HourFiles(join(dir, "main")).file(HOUR);
  mkdirSync(dirname(file), { recursive: true });
  const head = {
    lane: "main",
    hour: HOUR,
    written: HOUR,
    closed: true,
    stopped: false,
    region: "1",
    cursor: "1",
  };
  const quiet: LedgerRow = { ...ROW, channel: "book", gaps: [], down_ms: {} };
  const stopped = { from: HOUR, to: HOUR + 60_000_000, slots: null, cause: "gateway_killed" };
  const venue = { venue: "acme", hour: HOUR, duplicates: { trade: 4 }, connections_lost: 1, bad_frames: 0 };
  writeFileSync(file, pageText({ head, rows: [ROW, quiet], venues: [venue], gaps: [stopped] }));
});
afterAll(() => rmSync(dir, { recursive: true }));

function run(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["--import", "tsx", MAIN, "ledger", ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], FEEDHORN_OPS_PORT: "1" },
  });
}

describe("feedhorn ledger", () => {
  it("prints a row a stream, and the times in which nothing was read", () => {
    const { stdout, status } = run("--dir", dir);
    expect(status).toBe(0);
    const [names, trade, book, , lane, killed] = stdout
      .split("\n")
      .map((line) => line.replaceAll(/ {2,}/g, "  "));
    expect(names).toContain(
      "hour  lane  venue  symbol  channel  messages  first id  last id  gaps  missing  down  hash",
    );
    expect(trade).toContain(
      "2026-11-21T10  main  acme  BTCUSD  trade  3  7  14  2  5  connection_lost 2.5 s",
    );
    expect(book).toContain("book  3  7  14  0  0");
    expect(lane).toContain("not read");
    expect(killed).toContain("main  gateway_killed  -  2026-11-21T10:00:00.000Z  2026-11-21T10:01:00.000Z");
  });

  it("prints a gap a line, and the same as NDJSON", () => {
    const table = run("--dir", dir, "--gaps", "--symbol", "BTC-USD").stdout.split("\n");
    const [, , lost] = table.map((line) => line.replaceAll(/ {2,}/g, "  "));
    expect(lost).toContain("acme  BTCUSD  trade  9  13  5  connection_lost  lost");
    const lines = run("--dir", dir, "--json").stdout.trim().split("\n");
    const types = lines.map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toEqual(["row", "row", "venue", "lane_gap"]);
    expect(JSON.parse(lines[0]!)).toMatchObject({ lane: "main", gaps: ROW.gaps });
  });

  it("says what is wrong", () => {
    expect(run("--dir", join(dir, "none")).stderr).toContain("expected the folder of a ledger");
    expect(run("--dir", dir, "--limit", "0").stderr).toBe('error: --limit: expected 1 to 10000, saw "0"\n');
    expect(run("--dir", dir, "--url", "http://127.0.0.1:1")).toMatchObject({ status: 2 });
    expect(run().stderr).toContain("no gateway answers there; start one (feedhorn run)");
  });
});
