import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import type { Part } from "./parts/part.ts";
import type { PartWay } from "./parts/way.ts";

/** Wait before the first restart; doubles with each further one of the window. */
const BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 10_000;

export type PartKind = "lane" | "journal" | "sink" | "tape" | "compat" | "derived";
/** starting, running; restarting: it ended and is to be started again; failed: it ended too often; stopped: in order. */
export type PartState = "starting" | "running" | "restarting" | "failed" | "stopped";

/** A part just started, and when it is at work. */
export interface Started {
  readonly part: Part;
  /** Rejects when it cannot be; the part is then ended. */
  readonly ready: Promise<void>;
}

export interface PartPlan {
  /** "lane main" */
  readonly name: string;
  readonly kind: PartKind;
  readonly as: PartWay;
  /** Starts the part, the first time and again. */
  start(): Started;
  /** Whether the gateway can do without it: then it is started again also when it never was at work. */
  readonly spare: boolean;
}

export interface PartStanding {
  readonly name: string;
  readonly kind: PartKind;
  readonly as: PartWay;
  /** 0 while it does not run. */
  readonly pid: number;
  readonly state: PartState;
  readonly restarts: number;
  /** Why it ended last; null when it never did. */
  readonly reason: string | null;
}

/** Restarts within a window of time. */
export class RestartBudget {
  readonly #most: number;
  readonly #windowMs: number;
  #times: number[] = [];

  constructor({ restarts, window_ms: windowMs }: Config["supervisor"]) {
    this.#most = restarts;
    this.#windowMs = windowMs;
  }

  /** Takes one at time `now`, ms; the wait before it, ms, or null when the budget is used up. */
  take(now: number): number | null {
    this.#times = this.#times.filter((time) => time > now - this.#windowMs);
    if (this.#times.length >= this.#most) return null;
    this.#times.push(now);
    return Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** (this.#times.length - 1));
  }
}

/** One part that is kept running. */
export class Supervised {
  /** Resolves with a reason when it ended too often. */
  readonly failed: Promise<string>;
  readonly #plan: PartPlan;
  readonly #budget: RestartBudget;
  readonly #log: Log;
  #fail: (reason: string) => void = () => undefined;
  #part: Part | null = null;
  #state: PartState = "starting";
  #stopping = false;
  #worked = false;
  #restarts = 0;
  #reason: string | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: PartPlan, settings: Config["supervisor"], log: Log) {
    this.#plan = plan;
    this.#budget = new RestartBudget(settings);
    this.#log = log;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  get standing(): PartStanding {
    const { name, kind, as } = this.#plan;
    const runs = this.#state === "running" || this.#state === "starting";
    const pid = runs ? (this.#part?.pid ?? 0) : 0;
    return { name, kind, as, pid, state: this.#state, restarts: this.#restarts, reason: this.#reason };
  }

  /** Resolves when it is at work. Rejects in the part's own words when it cannot start; a spare one is tried again then. */
  async begin(): Promise<void> {
    try {
      await this.#launch();
      const { name: part, as, pid } = this.standing;
      this.#log.info("part runs", { part, as, pid });
    } catch (error) {
      if (!this.#plan.spare) throw error;
    }
  }

  /** Nothing happens while it does not run. */
  post(message: unknown): void {
    if (this.#state === "running" || this.#state === "starting") this.#part?.post(message);
  }

  /** Ends it now; unless it is to stop, it is started again. */
  kill(): void {
    this.#part?.kill();
  }

  /** Asks it to end with `order`, and after `ms` (or as soon as `force` is settled) ends it. True when it ended by itself. */
  async stop(order: unknown, ms: number, force?: Promise<unknown>): Promise<boolean> {
    const gone = this.#state === "restarting" || this.#state === "failed" || this.#part === null;
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (gone) return false;
    const part = this.#part!;
    let inOrder = true;
    const end = (): void => {
      inOrder = false;
      part.kill();
    };
    const timer = setTimeout(end, ms);
    void force?.then(end);
    part.post(order);
    await part.exited;
    clearTimeout(timer);
    this.#state = "stopped";
    return inOrder;
  }

  async #launch(): Promise<void> {
    this.#state = "starting";
    const { part, ready } = this.#plan.start();
    this.#part = part;
    let words: string | null = null;
    const ended = part.exited.then((reason) => this.#ended(words ?? reason));
    const ends = (error: unknown): Promise<string> => {
      words = error instanceof Error ? error.message : String(error);
      part.kill();
      return ended;
    };
    const reason = await Promise.race([ready.then(() => null, ends), ended]);
    if (reason !== null) throw new Error(`${this.#plan.name}: ${reason}`);
    this.#worked = true;
    if (!this.#stopping) this.#state = "running";
  }

  /** A part that cannot even start for the first time is a fault of the configuration or the machine: it is told, not tried again. */
  #ended(reason: string): string {
    if (this.#stopping) return reason;
    this.#reason = reason;
    if (this.#worked || this.#plan.spare) this.#again(reason);
    else this.#state = "failed";
    return reason;
  }

  #again(reason: string): void {
    const { name: part } = this.#plan;
    const wait = this.#budget.take(performance.now());
    if (wait === null) {
      this.#state = "failed";
      this.#log.error("part ended too often, it is not started again; see supervisor.restarts", {
        part,
        reason,
      });
      this.#fail(`${part} ended too often, at last: ${reason}`);
      return;
    }
    this.#state = "restarting";
    this.#restarts += 1;
    this.#log.warn("part ended, starting it again", {
      part,
      reason,
      restarts: this.#restarts,
      wait_ms: wait,
    });
    this.#timer = setTimeout(() => this.#relaunch(), wait);
  }

  #relaunch(): void {
    this.#launch().then(
      () => this.#log.info("part runs again", { part: this.#plan.name, pid: this.#part?.pid }),
      () => undefined,
    );
  }
}
