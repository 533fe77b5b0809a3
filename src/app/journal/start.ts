import type { CounterSample, JournalHealth } from "../../servers/ops-source.ts";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { moduleBeside, startPart } from "../parts/part.ts";
import type { Part } from "../parts/part.ts";
import { Supervised } from "../supervisor.ts";
import type { PartStanding, Started } from "../supervisor.ts";
import { JOURNAL_METRICS } from "./metrics.ts";
import type { JournalData, JournalMessage, JournalOrder, JournalStanding, LanePlace } from "./messages.ts";

type JournalPart = Part<JournalOrder, JournalMessage>;

/** The journal as the gateway sees it. */
export class GatewayJournal {
  readonly #config: Config;
  readonly #lanes: readonly LanePlace[];
  readonly #log: Log;
  readonly #supervised: Supervised;
  #standings: readonly JournalStanding[] = [];

  constructor(config: Config, lanes: readonly LanePlace[], log: Log) {
    if (config.journal.isolation === "process" && lanes.some(({ path }) => path === null))
      throw new Error("journal.isolation: process needs shared memory, which this system does not have");
    this.#config = config;
    this.#lanes = lanes;
    this.#log = log;
    const plan = { name: "journal", kind: "journal", as: config.journal.isolation, spare: false } as const;
    this.#supervised = new Supervised({ ...plan, start: () => this.#start() }, config.supervisor, log);
  }

  /** Rejects in the journal's own words when it cannot start. */
  begin(): Promise<void> {
    return this.#supervised.begin();
  }

  get failed(): Promise<string> {
    return this.#supervised.failed;
  }

  get standing(): PartStanding {
    return this.#supervised.standing;
  }

  get health(): Readonly<Record<string, JournalHealth>> {
    const all = this.#standings.map(({ lane, position, durable, lag, stats }): [string, JournalHealth] => [
      lane,
      {
        end: String(position),
        durable: String(durable),
        lag_slots: lag,
        bytes: stats.bytes,
        segments: stats.segments,
        holes: stats.holes,
        lost_slots: stats.lost,
        dropped_slots: stats.dropped,
        failing: stats.failing,
      },
    ]);
    return Object.fromEntries(all);
  }

  counters(): CounterSample[] {
    return JOURNAL_METRICS.flatMap(({ read, ...metric }) =>
      this.#standings.map((one) => ({ ...metric, labels: { lane: one.lane }, value: read(one) })),
    );
  }

  /** Copies what the lanes have left. Resolves with the sequence each lane's journal ends at; null when it did not get that far. */
  async stop(ms: number, force: Promise<unknown>): Promise<ReadonlyMap<string, number> | null> {
    // the sinks come after it and need time, too
    const order: JournalOrder = { type: "stop", ms: ms / 2 };
    const inOrder = await this.#supervised.stop(order, ms, force);
    return inOrder ? new Map(this.#standings.map(({ lane, position }) => [lane, position])) : null;
  }

  #start(): Started {
    const data: JournalData = {
      dir: this.#config.data.dir!,
      settings: this.#config.journal,
      lanes: this.#lanes,
      sinks: this.#config.sinks.map(({ name }) => name),
    };
    const as = this.#config.journal.isolation;
    const part: JournalPart = startPart(moduleBeside(import.meta.url, "./worker"), data, { as });
    const ready = new Promise<void>((resolve) => {
      part.onMessage((message) => {
        if (message.type === "ready") resolve();
        else if (message.type === "standing") this.#standings = message.lanes;
        else this.#log[message.level](message.message, message.facts);
      });
    });
    return { part: part as Part, ready };
  }
}
