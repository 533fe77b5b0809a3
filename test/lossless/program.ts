import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Processes of these tests: none of them outlives the test, whatever becomes of it. */

const ROOT = join(import.meta.dirname, "../..");
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export interface SpawnOptions {
  /** File that standard error is appended to. */
  readonly errors: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** A process that is spoken to in lines. */
export class Program {
  readonly process: ChildProcess;
  /** Resolves with code or signal. */
  readonly ended: Promise<string>;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[], { errors, env }: SpawnOptions) {
    const fd = fs.openSync(errors, "a");
    this.process = spawn(process.execPath, args, {
      stdio: ["pipe", "pipe", fd],
      env: { ...process.env, ...env },
      cwd: ROOT,
    });
    fs.closeSync(fd);
    running.add(this.process);
    this.process.stdin!.on("error", () => undefined); // it may be gone
    this.ended = new Promise((resolve) => {
      this.process.once("exit", (code, signal) => {
        running.delete(this.process);
        resolve(signal ?? `code ${code}`);
      });
    });
    this.#lines = createInterface({ input: this.process.stdout! })[Symbol.asyncIterator]();
  }

  /** A TypeScript file of this folder. */
  static script(name: string, args: readonly string[], options: SpawnOptions): Program {
    return new Program(
      ["--import", import.meta.resolve("tsx"), join(import.meta.dirname, name), ...args],
      options,
    );
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** The next line it prints, as JSON. Rejects when it has ended. */
  async answer<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`expected a line of ${this.process.spawnargs[3]}, saw its end`);
    return JSON.parse(value) as T;
  }

  async ask<T>(line: string): Promise<T> {
    this.process.stdin!.write(`${line}\n`);
    return this.answer<T>();
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

/**
 * The built program, in a folder of its own: what is built meanwhile does not change what is tested. Dependencies are
 * those of the repository.
 */
export function programIn(folder: string): string {
  for (const name of ["package.json", "node_modules"]) fs.symlinkSync(join(ROOT, name), join(folder, name));
  fs.cpSync(join(ROOT, "dist"), join(folder, "dist"), { recursive: true });
  return join(folder, "dist/cli/main.js");
}
