import { fork } from "node:child_process";
import { readFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";
import type { Config } from "../config.ts";

const STOP_MS = 8000;
/** Clock ticks of utime and stime per second (USER_HZ, the same on every Linux). */
const TICKS = 100;

/** A gateway in a process of its own. */
export interface GatewayProcess {
  /** Rejects when it ends by itself. */
  readonly ended: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Starts a gateway on a checked configuration. Rejects, with the process ended, in the gateway's own words when it
 * cannot start, or when `stopped` does.
 */
export async function startGatewayProcess(config: Config, stopped?: Promise<never>): Promise<GatewayProcess> {
  const source = import.meta.url.endsWith(".ts");
  const child = fork(new URL(`./gateway.${source ? "ts" : "js"}`, import.meta.url), {
    execArgv: source ? ["--import", import.meta.resolve("tsx")] : [],
  });
  const state = { stopping: false };
  const ended = endOf(child, state);
  ended.catch(() => undefined);
  child.send(config);
  const running = new Promise<void>((resolve) => {
    child.on("message", (said) => {
      if (said === "running") resolve();
    });
  });
  try {
    await Promise.race(stopped === undefined ? [running, ended] : [running, ended, stopped]);
  } catch (error) {
    await stop(child, state);
    throw error;
  }
  return { ended, stop: () => stop(child, state) };
}

function endOf(child: ChildProcess, state: { stopping: boolean }): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.once("error", reject);
    child.on("message", (said: string | { readonly reason: string }) => {
      if (typeof said !== "string") reject(new Error(said.reason));
    });
    child.once("exit", (code, signal) => {
      if (!state.stopping) reject(new Error(`the gateway ended with ${signal ?? `code ${code}`}`));
    });
  });
}

/** Ends it in order: it stops when its parent lets go of it. */
async function stop(child: ChildProcess, state: { stopping: boolean }): Promise<void> {
  if (state.stopping || child.exitCode !== null) return;
  state.stopping = true;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await gone;
  clearTimeout(timer);
}

/** CPU seconds of a process, all its threads; null where the system does not tell (not Linux, or no such process). */
export function cpuSeconds(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return null;
  }
}
