import type { CounterSample, SinkHealth } from "../../servers/ops-source.ts";
import type { Config } from "../config.ts";
import { hasJournal } from "../config.ts";
import { readSecrets, secretNames } from "../config/secrets.ts";
import { deliveryOf } from "../config/sinks.ts";
import type { SinkConfig } from "../config/sinks.ts";
import type { Log } from "../log.ts";
import type { LanePlace } from "../journal/messages.ts";
import { moduleBeside, startPart } from "../parts/part.ts";
import type { Part } from "../parts/part.ts";
import { Supervised } from "../supervisor.ts";
import type { PartStanding, Started } from "../supervisor.ts";
import { SINK_METRICS } from "./metrics.ts";
import type { SinkData, SinkMessage, SinkOrder, SinkStanding } from "./messages.ts";

type SinkPart = Part<SinkOrder, SinkMessage>;

/** A sink tells of itself four times a second; one that has not for so long stands still. */
const SILENT_MS = 10_000;

/** One sink as the gateway sees it. */
export class GatewaySink {
  readonly name: string;
  readonly #config: Config;
  readonly #sink: SinkConfig;
  readonly #lanes: readonly LanePlace[];
  readonly #log: Log;
  readonly #supervised: Supervised;
  #told: SinkStanding | null = null;
  /** ms, by the monotonic clock. */
  #toldAt = 0;

  constructor(config: Config, sink: SinkConfig, lanes: readonly LanePlace[], log: Log) {
    this.name = sink.name;
    this.#config = config;
    this.#sink = sink;
    this.#lanes = lanes.filter(({ name }) => sink.lanes === undefined || sink.lanes.includes(name));
    this.#log = log;
    const plan = { name: `sink ${sink.name}`, kind: "sink", as: "process", spare: true } as const;
    this.#supervised = new Supervised({ ...plan, start: () => this.#start() }, config.supervisor, log);
  }

  /** Whatever becomes of it, the gateway runs. */
  begin(): Promise<void> {
    return this.#supervised.begin();
  }

  /** Whether the gateway is ready without it. */
  get required(): boolean {
    return this.#sink.required === true;
  }

  get standing(): PartStanding {
    return this.#supervised.standing;
  }

  get health(): SinkHealth {
    const { state, reason, restarts } = this.standing;
    const told = this.#told;
    const runs = state === "running";
    const silent = this.#silence();
    return {
      type: this.#sink.type,
      delivery: deliveryOf(this.#sink),
      state: runs ? stateOf(told, silent) : state === "starting" ? "starting" : "down",
      reason: runs ? (silent ?? told?.reason ?? null) : reason,
      lag_slots: told?.lagSlots ?? 0,
      lag_ms: told?.lagMs ?? 0,
      written_slots: told?.written ?? 0,
      lost_slots: told?.lost ?? 0,
      failures: told?.failures ?? 0,
      restarts,
      last_flush: told === null || told.lastFlush === 0 ? null : told.lastFlush,
      marks: Object.fromEntries(
        Object.entries(told?.marks ?? {}).map(([lane, mark]) => [lane, String(mark)]),
      ),
    };
  }

  /** In words, when its process stands still: all else that is said of it is as old. */
  #silence(): string | null {
    const ms = performance.now() - this.#toldAt;
    if (this.#told === null || ms < SILENT_MS) return null;
    return `its process has said nothing for ${Math.round(ms / 1000)} s`;
  }

  counters(): CounterSample[] {
    const told = this.#told;
    if (told === null) return [];
    const labels = { sink: this.name };
    const own = told.figures.map(({ name, ...figure }) => ({
      ...figure,
      name: `feedhorn_sink_${name}`,
      labels,
    }));
    return [...SINK_METRICS.map(({ read, ...metric }) => ({ ...metric, labels, value: read(told) })), ...own];
  }

  /**
   * Writes everything before `ends` and ends. Resolves with the slots that are left, of lanes where some are: as it last
   * told, when it did not get that far.
   */
  async stop(
    ends: ReadonlyMap<string, number>,
    ms: number,
    force: Promise<unknown>,
  ): Promise<ReadonlyMap<string, number>> {
    const order: SinkOrder = { type: "stop", ends: Object.fromEntries(ends) };
    await this.#supervised.stop(order, ms, force);
    const left = this.#lanes.map(({ name }): [string, number] => {
      return [name, Math.max(0, (ends.get(name) ?? 0) - (this.#told?.marks[name] ?? 0))];
    });
    return new Map(left.filter(([, slots]) => slots > 0));
  }

  #start(): Started {
    const { data } = this.#config;
    const given: SinkData = {
      sink: this.#sink,
      lanes: this.#lanes.map(({ name, path }) => ({ name, path })),
      dir: data.dir ?? null,
      journal: hasJournal(this.#config),
      secrets: readSecrets(this.#sink),
    };
    const part: SinkPart = startPart(moduleBeside(import.meta.url, "./process"), given, {
      as: "process",
      hidden: secretNames(this.#config, this.#sink),
    });
    const ready = new Promise<void>((resolve) => {
      part.onMessage((message) => {
        if (message.type === "ready") resolve();
        else if (message.type === "standing") {
          this.#told = message.standing;
          this.#toldAt = performance.now();
        } else this.#log[message.level](message.message, message.facts);
      });
    });
    return { part: part as Part, ready };
  }
}

function stateOf(told: SinkStanding | null, silent: string | null): SinkHealth["state"] {
  if (told === null) return "starting";
  return silent !== null && told.state === "connected" ? "degraded" : told.state;
}
