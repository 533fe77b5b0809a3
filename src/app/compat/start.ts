import type { CounterSample } from "../../servers/ops-source.ts";
import { venueById } from "../../venues/index.ts";
import type { Config } from "../config.ts";
import { laneFor } from "../config/compat.ts";
import type { BookFilesConfig, CompatConfig, K4Config, MessageRingConfig } from "../config/compat.ts";
import type { LaneConfig } from "../config/schema.ts";
import { secretNames } from "../config/secrets.ts";
import type { LanePlace } from "../journal/messages.ts";
import type { Log } from "../log.ts";
import { moduleBeside, startPart } from "../parts/part.ts";
import type { Part } from "../parts/part.ts";
import { Supervised } from "../supervisor.ts";
import type { PartStanding, Started } from "../supervisor.ts";
import type { CompatData, CompatMessage, CompatOrder, CompatStanding, Located } from "./messages.ts";

type CompatPart = Part<CompatOrder, CompatMessage>;

/** The files that one lane is written to, as the gateway sees them. */
export class GatewayCompat {
  readonly #config: Config;
  readonly #data: CompatData;
  readonly #log: Log;
  readonly #supervised: Supervised;
  #told: CompatStanding | null = null;

  constructor(config: Config, data: CompatData, log: Log) {
    const as = config.compat!.isolation;
    const { name, path } = data.lane;
    if (as === "process" && path === null)
      throw new Error(
        "compat.isolation: process needs shared memory, which this system does not have; set thread",
      );
    this.#config = config;
    this.#data = data;
    this.#log = log;
    const plan = { name: `compat ${name}`, kind: "compat", as, spare: true } as const;
    this.#supervised = new Supervised({ ...plan, start: () => this.#start() }, config.supervisor, log);
  }

  /** Whatever becomes of it, the gateway runs. */
  begin(): Promise<void> {
    return this.#supervised.begin();
  }

  get standing(): PartStanding {
    return this.#supervised.standing;
  }

  counters(): CounterSample[] {
    const told = this.#told;
    if (told === null) return [];
    const lane = { lane: this.#data.lane.name };
    return [
      { ...LAG, labels: lane, value: told.lag },
      { ...LOST, labels: lane, value: told.lost },
      ...told.files.flatMap(({ path, written, emptied, unfit }) => [
        { ...WRITTEN, labels: { file: path }, value: written },
        { ...EMPTIED, labels: { file: path }, value: emptied },
        { ...UNFIT, labels: { file: path }, value: unfit },
      ]),
    ];
  }

  /** Writes what the lane has left, then empties what shows a book. */
  async stop(ms: number, force: Promise<unknown>): Promise<void> {
    await this.#supervised.stop({ type: "stop" } satisfies CompatOrder, ms, force);
  }

  #start(): Started {
    const part: CompatPart = startPart(moduleBeside(import.meta.url, "./worker"), this.#data, {
      as: this.#config.compat!.isolation,
      hidden: secretNames(this.#config),
    });
    const ready = new Promise<void>((resolve) => {
      part.onMessage((message) => {
        if (message.type === "ready") resolve();
        else if (message.type === "standing") this.#told = message.standing;
        else this.#log[message.level](message.message, message.facts);
      });
    });
    return { part: part as Part, ready };
  }
}

/** One for each lane that something is written from. */
export function compatOf(config: Config, places: readonly LanePlace[], log: Log): GatewayCompat[] {
  const { compat, lanes } = config;
  if (compat === undefined) return [];
  return places.flatMap((lane) => {
    const data = dataFor(compat, lanes, lane);
    const nothing = data.bookFiles === null && data.messageRing === null && data.k4.length === 0;
    return nothing ? [] : [new GatewayCompat(config, data, log)];
  });
}

function dataFor(
  { book_files: files, message_ring: ring, k4 }: CompatConfig,
  lanes: readonly LaneConfig[],
  lane: LanePlace,
): CompatData {
  const located = <T extends BookFilesConfig | MessageRingConfig | K4Config>(one: T): Located<T>[] => {
    const plan = laneFor(one, lanes)!;
    if (plan.name !== lane.name) return [];
    const venue = venueById(one.venue)!;
    const quotes =
      venue.quoteIsTop === true &&
      plan.feeds.some((feed) => feed.venue === one.venue && feed.channels.includes("quote"));
    return [{ ...one, code: venue.code, quotes }];
  };
  return {
    lane,
    bookFiles: files === undefined ? null : (located(files)[0] ?? null),
    messageRing: ring === undefined ? null : (located(ring)[0] ?? null),
    k4: k4.flatMap(located),
  };
}

const LAG = {
  name: "feedhorn_compat_lag_slots",
  kind: "gauge",
  help: "slots committed and not yet looked at for compat memory",
} as const;
const LOST = {
  name: "feedhorn_compat_lost_slots_total",
  kind: "counter",
  help: "slots that were gone before they were looked at: records of trades are missing then",
} as const;
const WRITTEN = {
  name: "feedhorn_compat_writes_total",
  kind: "counter",
  help: "times that a file of compat memory was brought up to date",
} as const;
const EMPTIED = {
  name: "feedhorn_compat_emptied_total",
  kind: "counter",
  help: "times that a book was taken out of compat memory because it was not live any more",
} as const;
const UNFIT = {
  name: "feedhorn_compat_unfit_levels_total",
  kind: "counter",
  help: "levels left out because the file's form cannot hold them",
} as const;
