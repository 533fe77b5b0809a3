const WIDTH = 30;
/** Lines of a terminal are drawn again at most this often, ms. */
const EVERY_MS = 200;

/** A bar on standard error that is drawn over itself; nothing where that is no terminal. */
export class ProgressBar {
  readonly #what: string;
  readonly #started = performance.now();
  #drawnAt = -Infinity;

  constructor(what: string) {
    this.#what = what;
  }

  /** `share`: 0 to 1. */
  at(share: number): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#drawnAt < EVERY_MS) return;
    this.#drawnAt = now;
    process.stderr.write(`\r${barText(this.#what, share, now - this.#started)}`);
  }

  /** Leaves nothing behind. */
  end(): void {
    if (process.stderr.isTTY && this.#drawnAt > -Infinity) process.stderr.write("\r\u001B[K");
  }
}

/** What it is, how much of it is done, and how long the rest may take. */
export function barText(what: string, share: number, tookMs: number): string {
  const full = Math.round(WIDTH * Math.min(1, Math.max(0, share)));
  const left = share > 0.01 ? `, ${Math.round((tookMs / share - tookMs) / 1000)} s left` : "";
  return `${what} [${"#".repeat(full)}${"-".repeat(WIDTH - full)}] ${Math.floor(100 * share)} %${left}`;
}
