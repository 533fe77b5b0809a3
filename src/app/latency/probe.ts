import type { MarketEvent } from "../../model/index.ts";
import type { Paced, PacedMessage } from "../../simulator/index.ts";
import { LatencyHistogram } from "./histogram.ts";

/** Stages of a message's way that can be told from outside, each a distribution in us. */
export interface ProbeStages {
  /** How late the generator itself was. */
  readonly dueToSent: LatencyHistogram;
  /** Until the lane's receive time. */
  readonly dueToReceived: LatencyHistogram;
  readonly receivedToRead: LatencyHistogram;
  /** The whole way, by one clock. */
  readonly dueToRead: LatencyHistogram;
}

/** The clock of the generator: UNIX us of its beginning, and us since then. */
export type LoadClock = Pick<Paced, "origin" | "elapsed">;

/** Messages of one stream that may wait to be seen; beyond it the oldest count as lost. */
const MOST = 1 << 20;

/** What was sent of one kind for one symbol and not yet seen, oldest first. */
class Outstanding {
  readonly #ids: number[] = [];
  readonly #dues: number[] = [];
  #head = 0;

  get size(): number {
    return this.#ids.length - this.#head;
  }

  push(id: number, due: number): void {
    this.#ids.push(id);
    this.#dues.push(due);
  }

  /** Id and time of the oldest. */
  get id(): number {
    return this.#ids[this.#head]!;
  }

  get due(): number {
    return this.#dues[this.#head]!;
  }

  shift(): void {
    this.#head += 1;
    if (this.#head < 4096) return;
    this.#ids.splice(0, this.#head);
    this.#dues.splice(0, this.#head);
    this.#head = 0;
  }
}

/**
 * Pairs what was sent with what a reader saw: by id, and where the venue gives no id by order, which one connection
 * keeps. A message that is passed over, or never comes, is lost. Messages due before `begin` are not counted.
 */
export class LatencyProbe {
  readonly stages: ProbeStages = {
    dueToSent: new LatencyHistogram(),
    dueToReceived: new LatencyHistogram(),
    receivedToRead: new LatencyHistogram(),
    dueToRead: new LatencyHistogram(),
  };
  readonly #clock: LoadClock;
  readonly #outstanding = new Map<string, Outstanding>();
  #from = Infinity;
  sent = 0;
  seen = 0;
  /** Passed over: a later one of the same stream was seen. */
  lost = 0;

  constructor(clock: LoadClock) {
    this.#clock = clock;
  }

  /** Counts messages due from now on. */
  begin(): void {
    this.#from = this.#clock.origin + this.#clock.elapsed();
  }

  /** Messages that are counted, sent, and not yet seen. */
  get waiting(): number {
    return this.sent - this.seen - this.lost;
  }

  sending(message: PacedMessage, late: number): void {
    const key = `${message.kind} ${message.symbol}`;
    let queue = this.#outstanding.get(key);
    if (queue === undefined) this.#outstanding.set(key, (queue = new Outstanding()));
    if (queue.size >= MOST) this.#pass(queue);
    queue.push(message.id, message.due);
    if (message.due < this.#from) return;
    this.sent += 1;
    this.stages.dueToSent.record(late);
  }

  /** An event as the lane's readers get it. Snapshots and what nobody sent are none of ours. */
  read(event: MarketEvent): void {
    const now = this.#clock.elapsed();
    const queue = this.#outstanding.get(`${event.type} ${event.symbol}`);
    if (queue === undefined || (event.type === "book" && event.action === "snapshot")) return;
    const id = idOf(event);
    while (queue.size > 0 && queue.id < id) this.#pass(queue);
    if (queue.size === 0 || queue.id > id) return;
    const { due } = queue;
    queue.shift();
    if (due >= this.#from) this.#record(due, event.ts_recv, now);
  }

  #pass(queue: Outstanding): void {
    if (queue.due >= this.#from) this.lost += 1;
    queue.shift();
  }

  #record(due: number, received: number, now: number): void {
    this.seen += 1;
    const { origin } = this.#clock;
    this.stages.dueToReceived.record(received - due);
    this.stages.receivedToRead.record(now - (received - origin));
    this.stages.dueToRead.record(now - (due - origin));
  }
}

/** NaN, which is neither above nor below any id, where there is none. */
function idOf(event: MarketEvent): number {
  if (event.type === "trade") return Number(event.id);
  if (event.type === "quote") return Number(event.update_id ?? NaN);
  return event.type === "book" ? Number(event.seq ?? NaN) : NaN;
}
