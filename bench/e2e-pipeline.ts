/** What the pipelines of the bench have in common: asked over IPC, each plays a stream once and says what that cost. */
import { writeFileSync } from "node:fs";
import { EventLog } from "./e2e-events.ts";
import type { Sums } from "./e2e-events.ts";
import type { Stream } from "./e2e-streams.ts";

/** From the bench to a pipeline's process. */
export interface Order {
  stream: Stream;
  url: string;
  /** A file for the rows of all events; such a round is not timed. */
  log: string | null;
  /** The first `frames` of the stream at an even pace; `file` gets the time at which each was handled. Null: flat out. */
  pace: Pace | null;
  /** For files of this process. */
  folder: string;
  /** What reads the frames in our pipelines. */
  scanner: Scanner;
}

export type Scanner = "js" | "wasm";

export interface Pace {
  /** Frames per second, and how many. */
  rate: number;
  frames: number;
  file: string;
}

/** One round. */
export interface Played {
  /** From "go" to the last frame handled. */
  ns: number;
  /** CPU of the whole process in that time, ns. */
  cpu: number;
  /** What was handed on; null where it is proved by the ring's contents. */
  sums: Sums | null;
  /** Slots committed, and a hash over the last of them without their receive times; 0 where there is no ring. */
  slots: number;
  hash: number;
  /** What must not be: a name with a number above 0 for each. */
  faults: Record<string, number>;
}

export type Result = Pick<Played, "sums" | "slots" | "hash" | "faults">;

/** One round in the making. */
export interface Round {
  readonly countdown: Countdown;
  /** Resolves when the socket is open and everything that is not to be timed is done. */
  open(url: string): Promise<void>;
  /** Says `ask` to the server; resolves when the last frame was handled. */
  run(ask: string): Promise<void>;
  close(): Promise<Result>;
}

/** Plays rounds until the bench disconnects. `log` is null in those that are timed. */
export function servePipeline(make: (order: Order, log: EventLog | null) => Round): void {
  const play = async (order: Order): Promise<Played> => {
    const file = order.log;
    const log = file === null ? null : new EventLog(order.stream.symbols);
    const round = make(order, log);
    await round.open(order.url);
    const cpu = process.cpuUsage();
    const start = process.hrtime.bigint();
    await round.run(order.pace === null ? "go" : `pace ${order.pace.rate} ${order.pace.frames}`);
    const ns = Number(process.hrtime.bigint() - start);
    const { user, system } = process.cpuUsage(cpu);
    const result = await round.close();
    if (file !== null && log !== null) writeFileSync(file, new Uint8Array(log.rows.slice().buffer));
    const { times } = round.countdown;
    if (order.pace !== null && times !== null)
      writeFileSync(order.pace.file, new Uint8Array(times.buffer as ArrayBuffer));
    return { ns, cpu: (user + system) * 1000, ...result };
  };
  process.on("message", (order: Order) => void play(order).then((played) => process.send?.(played)));
  process.once("disconnect", () => process.exit());
}

/** Counts frames down; `done` resolves at the last. Where there is a pace it also keeps the time of each. */
export class Countdown {
  readonly done: Promise<void>;
  /** Monotonic ns, the same clock in every process; null when flat out. */
  readonly times: Float64Array | null;
  #left: number;
  #stamped = 0;
  #finish: () => void = () => {};

  constructor({ stream, pace }: Order) {
    this.#left = pace?.frames ?? stream.frames;
    this.times = pace === null ? null : new Float64Array(this.#left);
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** One more frame was taken. */
  count(): void {
    this.#left -= 1;
  }

  /** All that was taken is handled: committed, or emitted. */
  settle(): void {
    if (this.times !== null) this.#stamp(this.times);
    if (this.#left === 0) this.#finish();
  }

  #stamp(times: Float64Array): void {
    const now = Number(process.hrtime.bigint());
    const taken = times.length - this.#left;
    times.fill(now, this.#stamped, taken);
    this.#stamped = taken;
  }
}
