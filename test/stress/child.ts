import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";
import { fileURLToPath } from "node:url";

export const HERE = path.dirname(fileURLToPath(import.meta.url));
const TOP = path.join(HERE, "../..");

/** Each test file has its own: another that compiles meanwhile must not change what a child is just loading. */
const COMPILED = path.join(TOP, `dist/.stress-${process.pid}`);

/** Compiles the child programs to JavaScript: they start in a tenth of the time it takes to load a TypeScript runner. */
export function compileScripts(): void {
  const compiler = path.join(TOP, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [compiler, "-p", HERE, "--outDir", COMPILED]);
}

export function removeScripts(): void {
  rmSync(COMPILED, { recursive: true, force: true });
}

/** A child process spoken to in lines. */
export class Child {
  static readonly #all = new Set<Child>();
  readonly process: ChildProcess;
  readonly #lines: string[] = [];
  #waiting: ((line: string | null) => void) | null = null;
  #ended = false;

  constructor(command: string, args: readonly string[]) {
    this.process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    Child.#all.add(this);
    this.process.once("exit", () => Child.#all.delete(this));
    // a killed child's pipe may be gone when we write to it
    this.process.stdin!.on("error", () => {});
    const input = readline.createInterface(this.process.stdout!);
    input.on("line", (line) => this.#push(line));
    input.on("close", () => this.#push(null));
  }

  /** A TypeScript file of this folder, after `compileScripts`. */
  static script(name: string, ...args: string[]): Child {
    const file = path.join(COMPILED, "test/stress", name.replace(/\.ts$/, ".js"));
    return new Child(process.execPath, [file, ...args]);
  }

  /** Kills what is still running. */
  static async killAll(): Promise<void> {
    for (const child of Child.#all) await child.kill();
    Child.#all.clear();
  }

  /** The next line it printed; null when it has ended. */
  line(): Promise<string | null> {
    const next = this.#lines.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((done) => (this.#waiting = done));
  }

  say(text: string): void {
    this.process.stdin!.write(`${text}\n`);
  }

  /** SIGKILL, and wait until it is gone. True when that is what ended it: it had not crashed before. */
  async kill(): Promise<boolean> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const gone = new Promise((done) => this.process.once("exit", done));
      this.process.kill("SIGKILL");
      await gone;
    }
    return this.process.signalCode === "SIGKILL";
  }

  #push(line: string | null): void {
    if (line === null) this.#ended = true;
    else if (this.#waiting === null) this.#lines.push(line);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(line);
  }
}
