import type { SinkHost } from "../sink.ts";

/** ms without an answer after which Redis stands still, as far as anybody is told. */
const STALLED_MS = 1000;
/** So many failures in a row, and it is down. */
const DOWN_AFTER = 5;
const TELL_AGAIN_MS = 60_000;

/** What is wrong with a server, as the host and its log are told: each thing once, and when it is over. */
export class Complaints {
  readonly #host: SinkHost;
  /** Why nothing is answered, and what commands are refused for. */
  #trouble: string | null = null;
  #refusal: string | null = null;
  #told = "";
  #toldAt = 0;

  constructor(host: SinkHost) {
    this.#host = host;
  }

  get any(): boolean {
    return this.#trouble !== null || this.#refusal !== null;
  }

  /** `failures` in a row. */
  unreachable(reason: string, failures: number): void {
    this.#begin(reason, failures >= DOWN_AFTER ? "down" : "degraded");
  }

  /** The oldest command has waited so many ms for its answer. */
  silent(ms: number): void {
    if (ms > STALLED_MS)
      this.#begin(
        `expected Redis to answer within ${STALLED_MS} ms, saw nothing for ${Math.round(ms / 1000)} s`,
        "degraded",
      );
    else this.answers();
  }

  answers(): void {
    if (this.#trouble === null) return;
    this.#trouble = null;
    this.#host.report("info", "Redis answers again", {});
    this.#state();
  }

  /** What Redis says of a command that it refuses, or null when it refused none. */
  refused(message: string | null): void {
    if (message === this.#refusal) return;
    this.#refusal = message;
    if (message !== null)
      this.#tell("Redis refuses commands: they are counted, and newest values are tried again", message);
    this.#state();
  }

  #begin(reason: string, state: "degraded" | "down"): void {
    if (this.#trouble === null)
      this.#tell("Redis does not answer: what is newest waits, the rest is dropped and counted", reason);
    this.#trouble = reason;
    this.#host.state(state, reason);
  }

  #state(): void {
    if (this.#trouble !== null) return;
    if (this.#refusal === null) this.#host.state("connected");
    else this.#host.state("degraded", `expected Redis to take what it gets, saw "${this.#refusal}"`);
  }

  /** Once for each reason, and again now and then while it stays the same. */
  #tell(message: string, reason: string): void {
    const now = performance.now();
    if (reason === this.#told && now - this.#toldAt < TELL_AGAIN_MS) return;
    this.#told = reason;
    this.#toldAt = now;
    this.#host.report("warn", message, { reason });
  }
}
