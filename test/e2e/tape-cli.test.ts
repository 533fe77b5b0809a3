import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Incident } from "../../src/app/tape/incident.ts";
import type { Played } from "../../src/app/tape/play.ts";
import { openRegion, regionPath } from "../../src/store/index.ts";
import { call, dir, start } from "../cli-rig.ts";
import { difference } from "./tape-rig.ts";

interface Announced {
  readonly endpoints: Record<string, { readonly ws: string; readonly rest: string }>;
}

const RECORD_MS = 3000;

/** Writes a configuration for two simulated venues, which answer until the test is over. */
async function venues(file: string): Promise<void> {
  const simulator = start(
    "simulate",
    "--announce",
    "--venues",
    "kraken,binance",
    "--instruments",
    "2",
    "--speed",
    "5",
  );
  let text = "";
  simulator.child.stdout!.on("data", (chunk: string) => (text += chunk));
  await simulator.until(() => text.includes("\n"));
  const { endpoints } = JSON.parse(text.slice(0, text.indexOf("\n"))) as Announced;
  const feeds = Object.entries(endpoints).map(([venue, { ws, rest }]) => ({
    venue,
    symbols: [venue === "kraken" ? "*-USD" : "*-USDT"],
    channels: ["trade", "quote", "book"],
    ws_url: ws,
    rest_url: rest,
  }));
  writeFileSync(file, JSON.stringify({ ops: { port: 0 }, region: { dir, slots: 65_536 }, feeds }));
}

/** Records a gateway until a signal ends it. */
async function recorded(file: string, data: string, signal: NodeJS.Signals): Promise<void> {
  const folder = join(data, "tape/main");
  const before = existsSync(folder) ? readdirSync(folder).length : 0;
  const gateway = start("record", file, "--data", data);
  await gateway.until(() => existsSync(folder) && readdirSync(folder).length > before);
  await new Promise((resolve) => setTimeout(resolve, RECORD_MS));
  gateway.child.kill(signal);
  await gateway.ended;
}

async function played(...args: string[]): Promise<Played & { slots: number }> {
  const { status, stdout, stderr } = await call(["replay", ...args, "--dir", dir]);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout) as Played & { slots: number };
}

function compared(lane: string, { first, end }: Played): string {
  const [then, now] = ["main", lane].map((name) => openRegion(regionPath(name, dir)));
  const found = difference(then!.region, now!.region, first, end);
  then!.close();
  now!.close();
  return found;
}

describe("record, replay, export, incident", () => {
  it("gives the slots of a gateway again, also of one that was killed and went on", async () => {
    const data = join(dir, "data");
    const file = join(dir, "gateway.json");
    await venues(file);
    await recorded(file, data, "SIGKILL");
    const first = await played(data, "--lane", "replay-first");
    expect(first).toMatchObject({ of: "main", first: 0, broken: "" });
    expect(first.slots).toBeGreaterThan(500);
    expect(compared("replay-first", first)).toBe("");
    await recorded(file, data, "SIGINT");
    const second = await played(data);
    expect(second.broken).toBe("");
    expect(second.first).toBeGreaterThanOrEqual(first.end);
    const { region } = openRegion(regionPath("main", dir));
    expect(second.end).toBe(region.head);
    expect(compared("replay", second)).toBe("");
    await exported(data);
    await incident(data, second);
  }, 120_000);
});

async function exported(data: string): Promise<void> {
  const { status, stdout } = await call(["export", "--frames", data, "--venue", "kraken"]);
  expect(status).toBe(0);
  const lines = stdout.split("\n").slice(0, -1);
  const [header, ...frames] = lines.map((line) => JSON.parse(line) as Record<string, string>);
  expect(header).toMatchObject({ format: "frames/1", venue: "kraken" });
  const dirs = new Set(frames.map((one) => one["dir"]));
  expect([...dirs].toSorted()).toEqual(["http", "in", "open", "out"]);
  const times = frames.map((one) => BigInt(one["ts"]!));
  expect(times.every((ts, i) => i === 0 || ts >= times[i - 1]!)).toBe(true);
  const file = join(dir, "kraken.ndjson");
  writeFileSync(file, stdout);
  const frameReplay = await call(["replay", file, "--venue", "kraken", "--lane", "replay-k", "--dir", dir]);
  const summary = JSON.parse(frameReplay.stdout) as object;
  expect(summary).toMatchObject({ badLines: 0, books: 2, booksLive: 2 });
  expect(
    (await call(["export", "--frames", data, "--from", "2001-01-01", "--to", "2001-01-02"])).status,
  ).toBe(1);
}

async function incident(data: string, { until }: Played): Promise<void> {
  const output = join(dir, "incident");
  const moment = String(until - 1_000_000);
  const { status, stdout, stderr } = await call([
    "incident",
    moment,
    "--window",
    "1s",
    "--data",
    data,
    "--output",
    output,
  ]);
  expect(status, stderr).toBe(0);
  const result = JSON.parse(stdout) as Incident;
  expect(result.frames).toBeGreaterThan(20);
  expect(result.events).toBeGreaterThan(20);
  const events = readFileSync(join(output, "slots.ndjson"), "utf8").split("\n").slice(0, -1);
  const seqs = events.map((line) => (JSON.parse(line) as { slot: number }).slot);
  expect(seqs.every((seq, i) => i === 0 || seq > seqs[i - 1]!)).toBe(true);
  const readme = readFileSync(join(output, "README.md"), "utf8");
  const [, command] = /^ {4}feedhorn (replay .* --lane replay-incident)$/m.exec(readme)!;
  const args = command!.split(" ").map((word) => (word === "tape" ? join(output, "tape") : word));
  const again = await call([...args, "--dir", dir]);
  expect(again.status, again.stderr).toBe(0);
  expect(compared("replay-incident", JSON.parse(again.stdout) as Played)).toBe("");
}

it("refuses what is no tape by name, and says what it expected", async () => {
  const folder = join(dir, "foreign");
  mkdirSync(folder);
  writeFileSync(join(folder, "1.fht"), "PAR1");
  const { status, stderr } = await call(["replay", folder]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/1\.fht: expected a tape \(it begins with "FHTAPE"\), saw something else/);
  expect((await call(["incident", "14:03:10", "--data", folder])).stderr).toMatch(/1\.fht: expected a tape/);
  expect((await call(["replay", dir])).stderr).toMatch(/expected a tape \(\*\.fht\), saw none/);
});
