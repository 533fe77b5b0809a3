import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { environmentWithout } from "../config/env.ts";
import { startWorker } from "../worker.ts";
import { isLastWords } from "./inside.ts";
import type { PartWay } from "./way.ts";

/** A part of the gateway that runs beside the main thread, whichever way it does. */
export interface Part<In = unknown, Out = unknown> {
  readonly as: PartWay;
  /** Of the process it runs in. */
  readonly pid: number;
  /** Nothing happens when it is gone. */
  post(message: In): void;
  /** To be called at once: messages that came before are not kept. */
  onMessage(take: (message: Out) => void): void;
  /** Why it ended: the error that ended it in its own words, or its code or signal. */
  readonly exited: Promise<string>;
  /** Ends it now, whatever it does. */
  kill(): void;
}

export interface PartOptions {
  readonly as: PartWay;
  /** Environment variables that a process is not given. */
  readonly hidden?: readonly string[];
}

/**
 * Starts a module of ours that calls `runPart`. `data` is copied to it, never through the command line or the environment. A
 * process ends by itself as soon as this one is gone.
 */
export function startPart<In, Out>(
  module: URL,
  data: unknown,
  { as, hidden = [] }: PartOptions,
): Part<In, Out> {
  return as === "thread" ? thread(module, data) : child(module, data, hidden);
}

/** The module beside a file of ours: compiled, or as TypeScript where the program runs from its sources. */
export function moduleBeside(url: string, name: string): URL {
  return new URL(`${name}.${url.endsWith(".ts") ? "ts" : "js"}`, url);
}

function thread<In, Out>(module: URL, data: unknown): Part<In, Out> {
  const worker = startWorker(module, { workerData: data });
  const exited = new Promise<string>((resolve) => {
    worker.once("error", (error) => resolve(error instanceof Error ? error.message : String(error)));
    worker.once("exit", (code) => resolve(`thread ended with code ${code}`));
  });
  return {
    as: "thread",
    pid: process.pid,
    post: (message) => worker.postMessage(message),
    onMessage: (take) => void worker.on("message", take),
    exited,
    kill: () => void worker.terminate(),
  };
}

function child<In, Out>(module: URL, data: unknown, hidden: readonly string[]): Part<In, Out> {
  const started = fork(module, [], {
    serialization: "advanced",
    execArgv: nodeOptions(module),
    env: environmentWithout(hidden),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  send(started, data);
  const takers: ((message: Out) => void)[] = [];
  let words: string | null = null;
  started.on("message", (message) => {
    if (isLastWords(message)) words = message.lastWords;
    else for (const take of takers) take(message as Out);
  });
  const exited = new Promise<string>((resolve) => {
    started.once("error", (error) => resolve(error.message));
    // "close" comes behind the last message, "exit" may come before it.
    started.once("exit", (code, signal) => {
      const plain = `process ended with ${signal ?? `code ${code}`}`;
      if (!started.connected) return resolve(words ?? plain);
      started.once("disconnect", () => resolve(words ?? plain));
    });
  });
  return {
    as: "process",
    pid: started.pid ?? 0,
    post: (message) => send(started, message),
    onMessage: (take) => void takers.push(take),
    exited,
    kill: () => void started.kill("SIGKILL"),
  };
}

/** A process that is just ending takes no message: its end is told by `exited`. */
function send(started: ChildProcess, message: unknown): void {
  if (started.connected) started.send(message as object, () => undefined);
}

/** Options of Node that this process was given hold for its parts; a debugger and a script on the command line are for one of them. */
function nodeOptions(module: URL): string[] {
  if (module.pathname.endsWith(".ts")) return ["--import", import.meta.resolve("tsx")];
  const { execArgv } = process;
  if (execArgv.some((argument) => /^(-[ep]|--eval|--print|--input-type)/.test(argument))) return [];
  return execArgv.filter((argument) => !argument.startsWith("--inspect"));
}
