import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("./ring-child.ts", import.meta.url));
/** As lanes run (docs/decisions/0012-wider-inlining-budget.md). */
const FLAGS = ["--max-inlined-bytecode-size-cumulative=3000", "--import", "tsx"];

/** A process that answers lines with lines. */
class Peer {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface(this.process.stdout)[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error(`expected an answer of ${this.process.spawnfile}, saw its end`);
    return value;
  }

  /** Gives an order and waits until it is begun. */
  async order(text: string): Promise<void> {
    this.process.stdin.write(`${text}\n`);
    await this.line();
  }
}

/** One writer and one reader, each a process, on a region of their own. They speak as ring-child.ts says. */
export class Pair {
  readonly #writer: Peer;
  readonly #reader: Peer;

  /** `program`: bench/c/ring.c compiled; null for TypeScript. */
  constructor(program: string | null, file: string) {
    const start = (role: string): Peer =>
      program === null
        ? new Peer(process.execPath, [...FLAGS, CHILD, role, file])
        : new Peer(program, [role, file]);
    this.#writer = start("writer");
    this.#reader = start("reader");
  }

  async ready(): Promise<void> {
    await this.#writer.line();
    await this.#reader.line();
  }

  /** ns per slot, `batch` per commit, by the reader's clock; throws when what was read is not what was written. */
  async batches(slots: number, batch: number): Promise<number> {
    const [written, read] = await this.#both(`batch ${slots} ${batch}`);
    const [ns, sum] = read.split(" ");
    if (written.split(" ")[1] !== sum)
      throw new Error(`expected what was written (${written}) to be read, saw ${read}`);
    return Number(ns) / slots;
  }

  /** Median delay from commit to reader, ns, at one slot per `gap` ns. */
  async delay(slots: number, gap: number, how: string): Promise<number> {
    const [, read] = await this.#both(`pace ${slots} ${gap} ${how}`);
    return Number(read.split(" ")[0]);
  }

  /** Processor time, ns per second of waiting for nothing. */
  async idle(ms: number, how: string): Promise<number> {
    await this.#reader.order(`idle ${ms} ${how}`);
    return (Number(await this.#reader.line()) / ms) * 1000;
  }

  end(): void {
    for (const peer of [this.#writer, this.#reader]) peer.process.kill();
  }

  async #both(order: string): Promise<[written: string, read: string]> {
    await this.#reader.order(order);
    await this.#writer.order(order);
    return [await this.#writer.line(), await this.#reader.line()];
  }
}
