import type { CounterSample, JournalHealth, PartHealth, SinkHealth } from "../servers/ops-source.ts";
import type { GatewayCompat } from "./compat/start.ts";
import type { GatewayJournal } from "./journal/start.ts";
import type { RunningLane } from "./lane/start.ts";
import type { GatewaySink } from "./sinks/start.ts";
import type { PartStanding } from "./supervisor.ts";

/** What is said of the parts beside the main thread. */
export interface Beside {
  parts(): Readonly<Record<string, PartHealth>>;
  /** Null where there is none. */
  journal(): Readonly<Record<string, JournalHealth>> | null;
  sinks(): Readonly<Record<string, SinkHealth>>;
}

/** Nothing but lanes that are somebody else's. */
export const NOTHING_BESIDE: Beside = { parts: () => ({}), journal: () => null, sinks: () => ({}) };

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
  readonly #lanes: readonly RunningLane[];
  readonly #journal: GatewayJournal | null;
  readonly #sinks: readonly GatewaySink[];
  readonly #compat: readonly GatewayCompat[];

  constructor(
    lanes: readonly RunningLane[],
    journal: GatewayJournal | null,
    sinks: readonly GatewaySink[],
    compat: readonly GatewayCompat[] = [],
  ) {
    this.#lanes = lanes;
    this.#journal = journal;
    this.#sinks = sinks;
    this.#compat = compat;
  }

  parts(): Record<string, PartHealth> {
    return Object.fromEntries(
      this.#standings().map(({ name, pid, ...rest }) => [name, { ...rest, pid: pid === 0 ? null : pid }]),
    );
  }

  journal(): Readonly<Record<string, JournalHealth>> | null {
    return this.#journal?.health ?? null;
  }

  sinks(): Record<string, SinkHealth> {
    return Object.fromEntries(this.#sinks.map((sink) => [sink.name, sink.health]));
  }

  counters(): CounterSample[] {
    const own = this.#standings().flatMap(({ name: part, state, restarts }) => [
      { ...RESTARTS, labels: { part }, value: restarts },
      { ...UP, labels: { part }, value: state === "running" ? 1 : 0 },
    ]);
    const journal = this.#journal?.counters() ?? [];
    const beside = [...this.#sinks, ...this.#compat].flatMap((one) => one.counters());
    return [...own, ...journal, ...beside];
  }

  #standings(): PartStanding[] {
    const journal = this.#journal === null ? [] : [this.#journal];
    return [...this.#lanes, ...journal, ...this.#sinks, ...this.#compat].map(({ standing }) => standing);
  }
}
