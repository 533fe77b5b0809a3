import { setImmediate } from "node:timers/promises";
import type { Lane } from "../client/index.ts";
import type { MarketEvent } from "../model/index.ts";
import { LANE_ARGUMENT, lanePath } from "./lane.ts";
import { NdjsonOutput } from "./ndjson.ts";
import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";
import { EventFilter } from "./tail-filter.ts";
import type { FilterOptions } from "./tail-filter.ts";
import { ValidityTrack } from "./tail-validity.ts";
import type { Standing } from "./tail-validity.ts";

interface Options extends FilterOptions {
  readonly from: string;
  readonly count?: string;
  readonly follow?: true;
}

const EXAMPLES = `
From the head it follows; from the oldest event it prints what the ring holds and ends, unless --follow.
"validity" is that of the instrument's book when the event was written, "reason" why; null where nothing tells.

Examples:
  feedhorn tail --type trade,quote --symbol BTC-USDT
  feedhorn tail main --from oldest --count 100
  feedhorn tail /dev/shm/feedhorn/main.region --from oldest --follow`;

/** `tail` prints what a lane writes, as one more reader of its ring. */
export function register(program: Program): void {
  program
    .command("tail")
    .description("print the events of a running lane (NDJSON) with their validity; losses go to stderr")
    .argument(...LANE_ARGUMENT)
    .option("--from <where>", "head: from now on; oldest: from what the ring still holds", "head")
    .option("--count <events>", "end after so many events")
    .option("--type <types>", "only these types, by comma: trade,quote,book,ticker,status ...")
    .option("--symbol <symbols>", "only these instruments, by comma, canonical or native")
    .option("--venue <venues>", "only these venues, by comma")
    .option("--follow", "go on waiting for events")
    .addHelpText("after", EXAMPLES)
    .action(tail);
}

async function tail(lane: string | undefined, options: Options): Promise<void> {
  const { from } = options;
  if (from !== "head" && from !== "oldest")
    throw new UsageError(`--from: expected head or oldest, saw ${JSON.stringify(from)}`);
  const filter = new EventFilter(options);
  const limit = countOf(options.count);
  const path = await lanePath(lane);
  const { openLane } = await import("../client/index.ts");
  const ahead = openLane(path, { from, name: "tail" });
  const run = new Tail(openLane(path, { from, name: "tail" }), filter, limit);
  run.begin(ahead);
  await run.to(from === "head" || options.follow === true);
}

/** Slots looked at before output is written and the event loop turns. */
const BATCH = 1024;
const IDLE_MS = 5;

class Tail {
  readonly #lane: Lane;
  readonly #filter: EventFilter;
  readonly #validity: ValidityTrack;
  readonly #output = new NdjsonOutput(process.stdout);
  #left: number;
  #lost = 0;
  #stopped = false;

  constructor(lane: Lane, filter: EventFilter, limit: number) {
    this.#lane = lane;
    this.#filter = filter;
    this.#left = limit;
    this.#validity = new ValidityTrack(lane);
  }

  /** Learns the validity of every book from a lane that was opened earlier at the same place, and closes it. */
  begin(ahead: Lane): void {
    this.#validity.begin(ahead);
    ahead.close();
  }

  /** Prints until the limit, a signal, or (unless following) the end of what is there. */
  async to(follow: boolean): Promise<void> {
    const stop = (): void => void (this.#stopped = true);
    process.once("SIGINT", stop).once("SIGTERM", stop);
    try {
      if (follow) await this.#follow();
      else await this.#drain();
    } finally {
      await this.#output.settle();
      this.#lane.close();
      process.off("SIGINT", stop).off("SIGTERM", stop);
    }
  }

  get #done(): boolean {
    return this.#stopped || this.#left <= 0;
  }

  async #drain(): Promise<void> {
    while (!this.#done && this.#lane.poll((event) => this.#take(event), BATCH) > 0) await this.#turn();
  }

  /** The lane itself waits, reports its cursor, and moves over when the file is replaced. */
  async #follow(): Promise<void> {
    const abort = new AbortController();
    const timer = setInterval(() => this.#tick(abort), IDLE_MS);
    let taken = 0;
    try {
      for await (const event of this.#lane.follow({ signal: abort.signal, idleMs: IDLE_MS })) {
        if (this.#done) break;
        this.#take(event);
        if (++taken % BATCH === 0) await this.#turn();
      }
    } finally {
      clearInterval(timer);
    }
  }

  #tick(abort: AbortController): void {
    this.#tellLost();
    this.#output.flush();
    this.#validity.caughtUp();
    if (this.#done) abort.abort();
  }

  /** Output is waited for, and signals are heard even when the lane never pauses. */
  async #turn(): Promise<void> {
    this.#tellLost();
    await this.#output.settle();
    await setImmediate();
  }

  #take(event: MarketEvent): void {
    this.#tellLost();
    const standing = this.#validity.of(event);
    if (this.#left <= 0 || !this.#filter.accepts(event)) return;
    this.#left -= 1;
    this.#output.print(
      event.type === "status" || event.type === "instrument" ? event : { ...event, ...saying(standing) },
    );
  }

  /** A reader that was lapped says so at the place where events are missing, and forgets what it knew. */
  #tellLost(): void {
    const { lost } = this.#lane;
    if (lost === this.#lost) return;
    process.stderr.write(
      `lost ${lost - this.#lost} slots (${lost} in all): the lane was faster than this reader\n`,
    );
    this.#lost = lost;
    this.#validity.lost();
  }
}

function saying(standing: Standing | null): object {
  const { validity, reason } = standing ?? { validity: null, reason: "none" };
  return reason === "none" ? { validity } : { validity, reason };
}

function countOf(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (!/^\d{1,15}$/.test(text) || Number(text) < 1)
    throw new UsageError(`--count: expected a whole number from 1 on, saw ${JSON.stringify(text)}`);
  return Number(text);
}
