import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

const START_MS = 15_000;

/** What `simulate --announce` prints first: where each venue answers and what it lists. */
export interface Announcement {
  readonly endpoints: Readonly<Record<string, { readonly ws: string; readonly rest: string }>>;
  readonly symbols: Readonly<Record<string, readonly string[]>>;
  readonly control: string;
}

export interface SimulatorProcess extends Announcement {
  /** Resolves when the process ends by itself. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts `feedhorn simulate` as a process of its own, so that the gateway is measured alone. `command` runs feedhorn.
 * The simulator ends when its standard input does, so it never outlives us, even if we are killed.
 */
export async function startSimulatorProcess(
  command: readonly string[],
  args: readonly string[],
): Promise<SimulatorProcess> {
  const [program, ...rest] = command;
  const child = spawn(program!, [...rest, "simulate", "--announce", "--until-eof", ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    // Ctrl-C is ours: the simulator ends after the gateway has left it, so that no loss is told that is none.
    detached: true,
  });
  const state = { stopping: false };
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => {
      if (!state.stopping) resolve(`simulator ended with ${signal ?? `code ${code}`}`);
    });
  });
  const announcement = await Promise.race([
    firstLine(child),
    ended.then((reason) => Promise.reject(new Error(reason))),
  ]);
  return { ...announcement, ended, stop: () => stopChild(child, state) };
}

function firstLine(child: ChildProcess): Promise<Announcement> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`simulator: expected its endpoints within ${START_MS} ms, saw nothing`)),
      START_MS,
    );
    const lines = createInterface({ input: child.stdout! });
    lines.once("line", (line) => {
      clearTimeout(timer);
      lines.on("line", () => undefined);
      resolve(JSON.parse(line) as Announcement);
    });
  });
}

async function stopChild(child: ChildProcess, state: { stopping: boolean }): Promise<void> {
  if (state.stopping || child.exitCode !== null) return;
  state.stopping = true;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
  await gone;
  clearTimeout(timer);
}
