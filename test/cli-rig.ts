import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, vi } from "vitest";
import { COMMANDS } from "../src/cli/commands.ts";
import { createProgram, runProgram } from "../src/cli/program.ts";
import type { MarketEvent } from "../src/model/index.ts";

/** The tools as processes: exit codes, streams, signals, and a real region in shared memory. */
const MAIN = join(import.meta.dirname, "../src/cli/main.ts");

/** Folder of this run; set before the first test. */
export let dir = "";
/** A crowded machine may take its time to start a process; ms. */
const UNTIL_MS = 45_000;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-tools-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function run(args: readonly string[], input: string | Uint8Array = ""): Ended {
  const env = { PATH: process.env["PATH"], FEEDHORN_DIR: dir };
  const options = { encoding: "utf8", env, input, maxBuffer: 1 << 28 } as const;
  return spawnSync(process.execPath, ["--import", "tsx", MAIN, ...args], options);
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until something is so; when the tool ends before or takes too long, says what it printed. */
  until(what: () => boolean): Promise<void>;
}

export function start(...args: string[]): Started {
  const env = { PATH: process.env["PATH"], FEEDHORN_DIR: dir };
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args], {
    env,
    stdio: ["pipe", "pipe", "pipe"],
  });
  children.push(child);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
  const until = async (what: () => boolean): Promise<void> => {
    const end = performance.now() + UNTIL_MS;
    while (!what()) {
      if (child.exitCode !== null || performance.now() > end)
        throw new Error(`feedhorn ${args.join(" ")}: ${child.exitCode ?? "still runs"}: ${stdout}${stderr}`);
      await setTimeout(5);
    }
  };
  return { child, ended, until };
}

/**
 * The same command line inside this process: what main.ts does with its arguments, for tables of wrong calls.
 * Nothing that is called wrongly reads standard input or writes to standard output.
 */
export async function call(args: readonly string[]): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => (stdout += String(text)) !== "");
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => (stderr += String(text)) !== "");
  try {
    const status = await runProgram(createProgram(COMMANDS), args);
    return { status, stdout, stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

export function events(text: string): (MarketEvent & { validity?: string | null })[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as MarketEvent);
}
