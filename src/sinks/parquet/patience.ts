import type { SinkHost } from "../sink.ts";
import { isDiskFull } from "./files.ts";

const RETRY_MS = 1000;

/** Waits for room on the disk: what is not written yet is kept, and its lanes' journals keep what comes. */
export class Patience {
  readonly #dir: string;
  readonly #host: SinkHost;
  readonly #retryMs: number;
  #waits = 0;

  constructor(dir: string, host: SinkHost, retryMs = RETRY_MS) {
    this.#dir = dir;
    this.#host = host;
    this.#retryMs = retryMs;
  }

  /** Repeats a step until the disk has room for it; anything else it throws is thrown. */
  async with<T>(step: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        const done = await step();
        if (tries > 0) this.#relieved();
        return done;
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        this.#alarm(tries, error);
        await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
      }
    }
  }

  #alarm(tries: number, error: unknown): void {
    this.#waits += 1;
    const help = "Attempts to write that found no room on the disk";
    this.#host.figure("counter", "lake_disk_full_total", help, this.#waits);
    if (tries > 0) return;
    const reason = `no room on the disk for ${this.#dir}: free some; nothing is lost while the journal has room`;
    this.#host.state("degraded", reason);
    this.#host.report("error", reason, { error: error instanceof Error ? error.message : String(error) });
  }

  #relieved(): void {
    this.#host.state("connected");
    this.#host.report("info", "the disk has room again: the lake goes on", { dir: this.#dir });
  }
}
