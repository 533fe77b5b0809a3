/** The processes of the gateway bench: all end with it, also when it fails or is stopped. */
import { fork, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildProcess } from "node:child_process";

const STOP_MS = 5000;
/** Ticks of utime and stime per second (USER_HZ, the same on every Linux). */
const TICKS = 100;

/** A folder in memory where there is one, and the children that use it. */
export class Processes {
  readonly folder = mkdtempSync(
    join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "feedhorn-bench-gateway-"),
  );
  readonly #children = new Set<ChildProcess>();
  readonly #atExit = (): void => this.#abandon();
  readonly #onSignal = (): void => process.exit(130);

  constructor() {
    process.once("exit", this.#atExit);
    process.once("SIGINT", this.#onSignal);
    process.once("SIGTERM", this.#onSignal);
  }

  /** A bench file of this folder, with IPC. */
  fork(name: string): ChildProcess {
    return this.#add(fork(fileURLToPath(new URL(`./${name}.ts`, import.meta.url))));
  }

  /** A program whose standard output is read; its input stays open as long as we live (`simulate` ends with it). */
  spawn(command: readonly string[], args: readonly string[]): ChildProcess {
    const [program, ...rest] = command;
    return this.#add(spawn(program, [...rest, ...args], { stdio: ["pipe", "pipe", "inherit"] }));
  }

  #add(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  /** Ends one child, by force when it does not go. */
  async stop(child: ChildProcess): Promise<void> {
    if (!this.#children.has(child)) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(timer);
  }

  async stopAll(): Promise<void> {
    // The youngest first: a client leaves before what it listens to, and has nothing to complain about.
    for (const child of [...this.#children].toReversed()) await this.stop(child);
  }

  /** Ends all of them and removes the folder. */
  async close(): Promise<void> {
    await this.stopAll();
    process.off("exit", this.#atExit);
    process.off("SIGINT", this.#onSignal);
    process.off("SIGTERM", this.#onSignal);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #abandon(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const ends = new WeakMap<ChildProcess, Promise<never>>();

/** Rejects when the child ends. One promise per child, however often it is asked for. */
export function ended(child: ChildProcess): Promise<never> {
  const end = ends.get(child) ?? endOf(child);
  ends.set(child, end);
  return end;
}

function endOf(child: ChildProcess): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.once("exit", (code, signal) => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`;
      reject(new Error(`expected ${child.spawnargs.slice(1, 4).join(" ")} to go on, saw it end ${how}`));
    });
  });
}

/** What a child says next; rejects when it ends instead. */
export function answer<T>(child: ChildProcess, listen: (heard: (value: T) => void) => void): Promise<T> {
  return Promise.race([new Promise<T>(listen), ended(child)]);
}

/** CPU seconds of a process, all threads. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** CPU seconds of the machine: spent by anybody, and idle. */
export function machineSeconds(): { busy: number; idle: number } {
  const [user, nice, system, idle, iowait, irq, softirq, steal] = readFileSync("/proc/stat", "latin1")
    .split("\n")[0]
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) / TICKS);
  return { busy: user + nice + system + irq + softirq + steal, idle: idle + iowait };
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return Number(kib) * 1024;
}
