import { Region } from "../../log/index.ts";
import { openRegion, stillThere } from "../../store/index.ts";
import type { RegionHandle } from "../../store/index.ts";
import { readKeys } from "../config/keys.ts";
import { readProxies } from "../config/proxy.ts";
import type { Config } from "../config.ts";
import { UnknownFrames } from "../frames/unknown-frames.ts";
import type { Log } from "../log.ts";
import { moduleBeside, startPart } from "../parts/part.ts";
import type { Part } from "../parts/part.ts";
import { Supervised } from "../supervisor.ts";
import type { PartStanding, Started } from "../supervisor.ts";
import type {
  FeedRoster,
  LaneAnswer,
  LaneAsk,
  LaneData,
  LaneMessage,
  LaneOrder,
  SettledTrades,
} from "./messages.ts";

const STOP_MS = 5000;
/** The tape of a lane writes what it holds after the lane itself has stopped. */
const TAPE_MS = 10_000;

/** A lane that is busy answers late; one that does not answer for so long, ms, does not answer. */
const ANSWER_MS = 5000;

type LanePart = Part<LaneOrder, LaneMessage>;
type RegionMessage = LaneMessage & { type: "region" };

/** A lane as the gateway sees it, whichever of its threads or processes is at work: something to stop, and a region to read. */
export interface RunningLane {
  readonly name: string;
  readonly path: string | null;
  /** The same over restarts. */
  readonly region: Region;
  /** Its bytes, where they are no file. */
  readonly buffer: SharedArrayBuffer | null;
  /** Resolves with a reason when it ended too often. */
  readonly failed: Promise<string>;
  readonly standing: PartStanding;
  /** What its feeds listen to; null while it is not known. */
  roster(): readonly FeedRoster[] | null;
  /** Tells from now on of trades that the lane looked for and that will not come. */
  onSettled(told: (message: SettledTrades) => void): void;
  /** Rejects when the lane does not answer in time. */
  ask(ask: LaneAsk): Promise<LaneAnswer>;
  /** Its feeds may start, where it was held. */
  go(): void;
  /** Ends what runs now; it is started again. */
  kill(): void;
  stop(force?: Promise<unknown>): Promise<void>;
}

/**
 * Starts lane `index` and waits for its region. Rejects with the lane's own words when it cannot start. `hold`: its feeds start when
 * it is told to go, so that those who must miss nothing can come first.
 */
export async function startLane(config: Config, index: number, log: Log, hold = false): Promise<RunningLane> {
  const lane = new SupervisedLane(config, index, log, hold);
  await lane.begin();
  return lane;
}

class SupervisedLane implements RunningLane {
  readonly name: string;
  readonly #config: Config;
  readonly #index: number;
  readonly #log: Log;
  readonly #supervised: Supervised;
  readonly #unknown: UnknownFrames | null;
  readonly #settled: ((message: SettledTrades) => void)[] = [];
  readonly #waiting = new Map<number, (answer: LaneAnswer) => void>();
  #next = 1;
  #hold: boolean;
  #roster: readonly FeedRoster[] | null = null;
  #handle: RegionHandle | null = null;
  #region: Region | null = null;
  #buffer: SharedArrayBuffer | null = null;

  constructor(config: Config, index: number, log: Log, hold: boolean) {
    this.#hold = hold;
    this.#config = config;
    this.#index = index;
    this.#log = log;
    const { name, isolation } = config.lanes[index]!;
    this.name = name;
    const { file, max_bytes: most } = config.unknown_frames;
    this.#unknown = file === undefined ? null : new UnknownFrames(file, most, log);
    const plan = { name: `lane ${name}`, kind: "lane", as: isolation, spare: false } as const;
    this.#supervised = new Supervised({ ...plan, start: () => this.#start() }, config.supervisor, log);
  }

  get path(): string | null {
    return this.#handle?.path ?? null;
  }

  get region(): Region {
    return this.#region!;
  }

  get buffer(): SharedArrayBuffer | null {
    return this.#buffer;
  }

  get failed(): Promise<string> {
    return this.#supervised.failed;
  }

  get standing(): PartStanding {
    return this.#supervised.standing;
  }

  begin(): Promise<void> {
    return this.#supervised.begin();
  }

  roster(): readonly FeedRoster[] | null {
    return this.#roster;
  }

  onSettled(told: (message: SettledTrades) => void): void {
    this.#settled.push(told);
  }

  ask(ask: LaneAsk): Promise<LaneAnswer> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(
          new Error(`lane ${this.name}: expected an answer within ${ANSWER_MS} ms, saw none; try again`),
        );
      }, ANSWER_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      });
      this.#supervised.post({ type: "ask", id, ask } satisfies LaneOrder);
    });
  }

  go(): void {
    this.#hold = false;
    this.#supervised.post({ type: "go" } satisfies LaneOrder);
  }

  kill(): void {
    this.#supervised.kill();
  }

  /** Asks, waits, and only then ends it by force. */
  async stop(force?: Promise<unknown>): Promise<void> {
    const ms = STOP_MS + (this.#config.tape.enabled ? TAPE_MS : 0);
    await this.#supervised.stop({ type: "stop" } satisfies LaneOrder, ms, force);
  }

  #start(): Started {
    const { feeds, isolation } = this.#config.lanes[this.#index]!;
    const data: LaneData = {
      config: this.#config,
      index: this.#index,
      proxies: readProxies(),
      keys: readKeys(feeds),
      buffer: this.#buffer,
      hold: this.#hold,
    };
    this.#roster = null;
    const part: LanePart = startPart(moduleBeside(import.meta.url, "./worker"), data, { as: isolation });
    const ready = new Promise<void>((resolve, reject) => {
      part.onMessage((message) => {
        if (message.type !== "region") return this.#heard(message);
        try {
          this.#open(message);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return { part: part as Part, ready };
  }

  #heard(message: LaneMessage): void {
    if (message.type === "roster") this.#roster = message.feeds;
    else if (message.type === "frame") this.#unknown?.keep(message.venue, message.ts, message.bytes);
    else if (message.type === "answer") this.#waiting.get(message.id)?.(message.answer);
    else if (message.type === "settled") for (const told of this.#settled) told(message);
    else if (message.type === "report")
      this.#log[message.level](message.message, { lane: this.name, ...message.facts });
  }

  /** Whoever reads it goes on: after a restart it is the same memory. */
  #open({ path, buffer, note }: RegionMessage): void {
    this.#log.info("region open", { lane: this.name, path: path ?? "none", state: note });
    if (this.#region !== null) {
      if (this.#handle !== null && !stillThere(this.#handle))
        throw new Error(
          `expected the region ${path} that this gateway has open, saw it replaced; start again`,
        );
      return;
    }
    if (path !== null) this.#handle = openRegion(path);
    this.#buffer = buffer;
    this.#region = this.#handle?.region ?? new Region(buffer!);
  }
}
