import { Region } from "../../log/index.ts";
import { DERIVED } from "../../model/index.ts";
import type { CounterSample } from "../../servers/ops-source.ts";
import { openRegion } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import type { Config } from "../config.ts";
import { secretNames } from "../config/secrets.ts";
import type { LanePlace } from "../journal/messages.ts";
import type { Log } from "../log.ts";
import { moduleBeside, startPart } from "../parts/part.ts";
import type { Part } from "../parts/part.ts";
import { Supervised } from "../supervisor.ts";
import type { PartStanding, Started } from "../supervisor.ts";
import { countersOf } from "./metrics.ts";
import type { DerivedData, DerivedMessage, DerivedOrder, DerivedStanding } from "./messages.ts";

const STOP_MS = 5000;

type DerivedPart = Part<DerivedOrder, DerivedMessage>;

/** The derived lane as the gateway sees it, whichever of its threads or processes is at work. */
export class GatewayDerived {
  readonly name = DERIVED;
  readonly #config: Config;
  readonly #lanes: readonly LanePlace[];
  readonly #log: Log;
  readonly #supervised: Supervised;
  #hold = true;
  #handle: RegionHandle | null = null;
  #region: Region | null = null;
  #buffer: SharedArrayBuffer | null = null;
  #told: DerivedStanding | null = null;

  constructor(config: Config, lanes: readonly LanePlace[], log: Log) {
    this.#config = config;
    this.#lanes = lanes;
    this.#log = log;
    const as = config.derived!.isolation;
    if (as === "process" && lanes.some(({ path }) => path === null))
      throw new Error(
        "derived.isolation: process needs shared memory, which this system does not have; set thread",
      );
    const plan = { name: DERIVED, kind: "derived", as, spare: false } as const;
    this.#supervised = new Supervised({ ...plan, start: () => this.#start() }, config.supervisor, log);
  }

  /** Rejects in its own words when it cannot start. */
  begin(): Promise<void> {
    return this.#supervised.begin();
  }

  get place(): LanePlace {
    return { name: this.name, path: this.#handle?.path ?? null, buffer: this.#buffer };
  }

  get region(): Region {
    return this.#region!;
  }

  get standing(): PartStanding {
    return this.#supervised.standing;
  }

  counters(): CounterSample[] {
    return this.#told === null ? [] : countersOf(this.#told);
  }

  /** It may begin, where it was held. */
  go(): void {
    this.#hold = false;
    this.#supervised.post({ type: "go" } satisfies DerivedOrder);
  }

  async stop(force?: Promise<unknown>): Promise<void> {
    await this.#supervised.stop({ type: "stop" } satisfies DerivedOrder, STOP_MS, force);
  }

  #start(): Started {
    const data: DerivedData = {
      config: this.#config,
      lanes: this.#lanes,
      buffer: this.#buffer,
      hold: this.#hold,
    };
    const part: DerivedPart = startPart(moduleBeside(import.meta.url, "./worker"), data, {
      as: this.#config.derived!.isolation,
      hidden: secretNames(this.#config),
    });
    const ready = new Promise<void>((resolve, reject) => {
      part.onMessage((message) => {
        if (message.type === "standing") this.#told = message.standing;
        else if (message.type === "report") this.#log[message.level](message.message, message.facts);
        else {
          try {
            this.#open(message);
            resolve();
          } catch (error) {
            reject(error);
          }
        }
      });
    });
    return { part: part as Part, ready };
  }

  /** Whoever reads it goes on: after a restart it is the same memory. */
  #open({ path, buffer, note }: DerivedMessage & { type: "region" }): void {
    this.#log.info("region open", { lane: this.name, path: path ?? "none", state: note });
    if (this.#region !== null) return;
    if (path !== null) this.#handle = openRegion(path);
    this.#buffer = buffer;
    this.#region = this.#handle?.region ?? new Region(buffer!);
  }
}
