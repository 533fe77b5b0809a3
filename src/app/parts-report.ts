import type { CounterSample, JournalHealth, PartHealth, SinkHealth } from "../servers/ops-source.ts";
import type { Parts } from "./shutdown.ts";
import type { GatewaySink } from "./sinks/start.ts";
import type { PartStanding } from "./supervisor.ts";

/** What is said of the parts beside the main thread. */
export interface Beside {
  parts(): Readonly<Record<string, PartHealth>>;
  /** Null where there is none. */
  journal(): Readonly<Record<string, JournalHealth>> | null;
  sinks(): Readonly<Record<string, SinkHealth>>;
  /** Why the gateway is not ready, of sinks that it is to wait for. */
  awaited(): readonly string[];
}

/** The parts that are reported on. */
export type Reported = Pick<Parts, "lanes" | "derived" | "journal" | "sinks" | "compat">;

/** Nothing but lanes that are somebody else's. */
export const NOTHING_BESIDE: Beside = {
  parts: () => ({}),
  journal: () => null,
  sinks: () => ({}),
  awaited: () => [],
};

const RESTARTS = {
  name: "feedhorn_part_restarts_total",
  kind: "counter",
  help: "times a part of the gateway ended and was started again",
} as const;
const UP = {
  name: "feedhorn_part_up",
  kind: "gauge",
  help: "1 while a part of the gateway runs",
} as const;

/** The parts of a gateway for `/health` and `/metrics`. */
export class PartsReport implements Beside {
  readonly #all: Reported;

  constructor(all: Reported) {
    this.#all = all;
  }

  parts(): Record<string, PartHealth> {
    return Object.fromEntries(
      this.#standings().map(({ name, pid, ...rest }) => [name, { ...rest, pid: pid === 0 ? null : pid }]),
    );
  }

  journal(): Readonly<Record<string, JournalHealth>> | null {
    return this.#all.journal?.health ?? null;
  }

  sinks(): Record<string, SinkHealth> {
    return Object.fromEntries(this.#all.sinks.map((sink) => [sink.name, sink.health]));
  }

  awaited(): string[] {
    return this.#all.sinks.flatMap(({ name, required, health: { state, reason } }) =>
      !required || state === "connected"
        ? []
        : [`sink ${name}: ${state}${reason === null ? "" : `: ${reason}`}`],
    );
  }

  counters(): CounterSample[] {
    const own = this.#standings().flatMap(({ name: part, state, restarts }) => [
      { ...RESTARTS, labels: { part }, value: restarts },
      { ...UP, labels: { part }, value: state === "running" ? 1 : 0 },
    ]);
    const journal = this.#all.journal?.counters() ?? [];
    return [...own, ...journal, ...this.#beside().flatMap((one) => one.counters())];
  }

  #beside(): Pick<GatewaySink, "counters" | "standing">[] {
    const { derived, sinks, compat } = this.#all;
    return [...(derived === null ? [] : [derived]), ...sinks, ...compat];
  }

  #standings(): PartStanding[] {
    const { lanes, journal } = this.#all;
    return [...lanes, ...(journal === null ? [] : [journal]), ...this.#beside()].map(
      ({ standing }) => standing,
    );
  }
}
