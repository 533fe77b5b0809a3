import type { FaultName } from "./faults.ts";

/** Lasting faults of a venue's front door and REST side: each is on until a simulated time (UNIX us). */
export class Switches {
  readonly #until = new Map<FaultName, number>();

  set(fault: FaultName, until: number): void {
    this.#until.set(fault, Math.max(until, this.#until.get(fault) ?? 0));
  }

  on(fault: FaultName, now: number): boolean {
    return now < (this.#until.get(fault) ?? 0);
  }

  /** Microseconds until `fault` is over; 0 when it is not on. */
  left(fault: FaultName, now: number): number {
    return Math.max(0, (this.#until.get(fault) ?? 0) - now);
  }
}
