import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createProgram, runProgram } from "./program.ts";
import { register } from "./load.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-load-"));
});
afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** One call of the command in this process. */
async function load(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  vi.stubEnv("FEEDHORN_DIR", dir);
  vi.spyOn(process.stdout, "write").mockImplementation((text) => (stdout += String(text)) !== "");
  vi.spyOn(process.stderr, "write").mockImplementation((text) => (stderr += String(text)) !== "");
  const status = await runProgram(createProgram([register]), ["load", ...args]);
  return { status, stdout, stderr };
}

describe("feedhorn load", () => {
  it.each([
    [["--venue", "nowhere"], "--venue: expected one of binance, "],
    [["--latency", "lowest"], '--latency: expected low or normal, saw "lowest"'],
    [["--mix", "trade=1,ticker=2"], "--mix: expected weights such as trade=3,quote=6,book=1"],
    [["--rate", "0"], "--rate: expected a number from 1 to 1000000"],
    [["--cores", "0,x"], '--cores: expected a number from 0 to 1023, saw "x"'],
    [["--lane", "main"], "--lane: expected --port too"],
  ])("refuses %j", async (args, reason) => {
    const { status, stdout, stderr } = await load(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(reason);
  });

  it("prints what it measured as JSON, and draws it", { timeout: 40_000 }, async () => {
    const file = join(dir, "curve.svg");
    const shape = ["--seconds", "0.5", "--warmup", "1", "--rate", "400", "--symbols", "2"];
    const { status, stdout, stderr } = await load(...shape, "--mix", "trade=1", "--json", "--svg", file);
    expect([status, stderr]).toEqual([0, ""]);
    const said = JSON.parse(stdout) as {
      stages: Record<string, { count: number; p50: number; max: number }>;
    };
    expect(said).toMatchObject({ venue: "binance", instruments: 2, rate: 400, latency: "normal", lost: 0 });
    expect(Object.keys(said.stages)).toEqual([
      "due_to_sent",
      "due_to_received",
      "received_to_read",
      "due_to_read",
    ]);
    const { count, p50, max } = said.stages["due_to_read"]!;
    expect(count).toBeGreaterThan(150);
    expect(max).toBeGreaterThanOrEqual(p50);
    expect(readFileSync(file, "utf8").match(/<polyline /g)).toHaveLength(4);
  });
});
