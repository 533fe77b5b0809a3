import type { DurableMarks, OpenSink, SinkHost, SinkTables, SlotBatch } from "../sink.ts";
import { Complaints } from "./complaints.ts";
import type { Connection } from "./connection.ts";
import { Intake } from "./intake.ts";
import type { Scheme } from "./scheme.ts";
import { Sender } from "./sender.ts";

export interface BestEffortOptions {
  readonly scheme: Scheme;
  readonly queueEvents: number;
  readonly pendingKeys: number;
  readonly bufferEvents: number;
  readonly bufferMs: number;
}

/** Longest wait of a flush for what waits: lanes are not read meanwhile. */
const FLUSH_MS = 250;
const FIGURES_MS = 250;

/**
 * Writes what is so now, as fast as Redis takes it. Batches are taken at once, so lanes are read however slow Redis is; every event is
 * then written, or a newer one stands in for it, or it is dropped and counted.
 */
export class BestEffort implements OpenSink {
  readonly #host: SinkHost;
  readonly #intake: Intake;
  readonly #sender: Sender;
  readonly #complaints: Complaints;
  readonly #timers: NodeJS.Timeout[] = [];

  private constructor(
    connection: Connection,
    connect: () => Promise<Connection>,
    options: BestEffortOptions,
    host: SinkHost,
  ) {
    const { scheme, queueEvents, pendingKeys, bufferEvents, bufferMs } = options;
    const tables = (lane: string): SinkTables | null => host.tables?.(lane) ?? null;
    this.#host = host;
    this.#complaints = new Complaints(host);
    this.#intake = new Intake({ scheme, queueEvents, pendingKeys, tables });
    this.#sender = new Sender(connection, {
      intake: this.#intake,
      complaints: this.#complaints,
      bufferEvents,
      bufferMs,
      connect,
    });
    this.#every(FIGURES_MS, () => this.#figures());
    if (scheme.beatMs > 0) this.#every(scheme.beatMs, () => this.#beat(scheme));
    if (scheme.beatMs > 0) this.#beat(scheme);
  }

  static async open(
    connect: () => Promise<Connection>,
    options: BestEffortOptions,
    host: SinkHost,
  ): Promise<BestEffort> {
    return new BestEffort(await connect(), connect, options, host);
  }

  async write(batch: SlotBatch): Promise<void> {
    this.#intake.take(batch);
    this.#sender.kick();
  }

  async flush(): Promise<DurableMarks> {
    await this.#sender.drain(FLUSH_MS);
    this.#figures();
    return this.#sender.marks;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#figures();
    this.#sender.close();
  }

  get #dropped(): number {
    const { each, newest } = this.#intake;
    return each.dropped + newest.dropped + this.#sender.unanswered;
  }

  #every(ms: number, work: () => void): void {
    const timer = setInterval(work, ms);
    timer.unref();
    this.#timers.push(timer);
  }

  #beat(scheme: Scheme): void {
    const lanes = this.#host.lanes.flatMap((lane) => this.#host.tables?.(lane) ?? []);
    const standing = {
      waiting: this.#intake.waitingEvents,
      dropped: this.#dropped,
      state: this.#complaints.any ? ("Degraded" as const) : ("Healthy" as const),
    };
    this.#sender.post(({ commands }) => scheme.beat(lanes, standing, Date.now(), commands));
  }

  /** events_total is the sum of the others but the last one, and of what waits. */
  #figures(): void {
    const { events, ignored, newest, waitingEvents } = this.#intake;
    const { written, refused, flying } = this.#sender;
    const count = (name: string, help: string, value: number): void =>
      this.#host.figure("counter", name, help, value);
    count("events_total", "Events that the sink has read", events);
    count("events_ignored_total", "Events that are nothing in this scheme", ignored);
    count("events_written_total", "Events that Redis has answered for", written);
    count("events_coalesced_total", "Events that a newer one of the same key stood in for", newest.coalesced);
    count(
      "events_dropped_total",
      "Events that Redis was too slow for, or that were under way when it went",
      this.#dropped,
    );
    count("events_refused_total", "Events that Redis answered with an error", refused);
    const waiting = waitingEvents + flying;
    this.#host.figure("gauge", "events_waiting", "Events that wait for Redis or its answer", waiting);
  }
}
