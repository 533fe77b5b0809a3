import type { Complaints } from "./complaints.ts";
import type { Connection, Refusals } from "./connection.ts";
import type { Intake } from "./intake.ts";
import type { Newest } from "./newest.ts";
import { Pipeline } from "./pipeline.ts";

export interface SenderOptions {
  readonly intake: Intake;
  readonly complaints: Complaints;
  /** Events that are gathered before they are sent, unless `bufferMs` are over: 0 ms = at once. */
  readonly bufferEvents: number;
  readonly bufferMs: number;
  connect(): Promise<Connection>;
}

/** ms between two looks at all that is not done event by event. */
const TICK_MS = 250;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;
/** ms until what came before its row in a table is looked at again. */
const EARLY_MS = 1;
/** A value that was refused is tried again after so many ticks. */
const RETRY_TICKS = 4;

/**
 * Sends what waits, as fast as Redis answers and never more than two pipelines ahead of it. Nobody waits for it: what Redis cannot take
 * waits in the intake, which is bounded. A connection that fails is made again from here, as what waits must not be lost with it.
 */
export class Sender {
  /** Events that Redis has answered for; that it refused; that were under way when a connection failed. */
  written = 0;
  refused = 0;
  unanswered = 0;
  readonly #options: SenderOptions;
  /** One that Redis works on, one that is on its way to it. */
  readonly #free: Pipeline[] = [new Pipeline(), new Pipeline()];
  readonly #marks = new Map<string, number>();
  readonly #tick: NodeJS.Timeout;
  #connection: Connection | null;
  /** Pipelines under way, and the events in them. */
  #pipelines = 0;
  #flying = 0;
  /** Values to be tried again. */
  readonly #again = new Set<Newest>();
  #ticks = 0;
  #buffering: NodeJS.Timeout | null = null;
  #ripe = false;
  #early: NodeJS.Timeout | null = null;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(connection: Connection, options: SenderOptions) {
    this.#options = options;
    this.#connection = connection;
    connection.onLost = (error) => void this.#lost(error);
    this.#tick = setInterval(() => this.#look(), TICK_MS);
    this.#tick.unref();
  }

  /** Sequences up to which everything is decided, by lane. */
  get marks(): Record<string, number> {
    const { intake } = this.#options;
    if (intake.waiting === 0 && intake.early === 0 && this.#pipelines === 0)
      for (const [lane, end] of intake.ends) this.#marks.set(lane, end);
    return Object.fromEntries(this.#marks);
  }

  /** Events under way. */
  get flying(): number {
    return this.#flying;
  }

  /** Sends what can be sent now. */
  kick(): void {
    const { intake, bufferMs, bufferEvents } = this.#options;
    if (bufferMs > 0 && !this.#ripe && intake.waitingEvents < bufferEvents) this.#buffer(bufferMs);
    else this.#send();
  }

  /** Resolves when everything that waits is answered for, when Redis stands still, or after `ms`. */
  async drain(ms: number): Promise<void> {
    this.#ripe = true;
    this.#send();
    const until = performance.now() + ms;
    while (this.#busy && performance.now() < until && (this.#connection?.silence ?? Infinity) < ms)
      await this.#settled(until - performance.now());
  }

  /** A command of its own, like a beat, when nothing is under way; false when something is. */
  post(fill: (pipeline: Pipeline) => void): boolean {
    const pipeline = this.#connection === null ? undefined : this.#free.pop();
    if (pipeline === undefined) return false;
    pipeline.clear();
    fill(pipeline);
    this.#fly(pipeline);
    return true;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#tick);
    clearTimeout(this.#buffering ?? undefined);
    clearTimeout(this.#early ?? undefined);
    // Before it fails what is under way: that is not to be sent again.
    const connection = this.#connection;
    this.#connection = null;
    connection?.close();
  }

  get #busy(): boolean {
    const { waiting, early } = this.#options.intake;
    return this.#connection !== null && (this.#pipelines > 0 || waiting > 0 || early > 0);
  }

  #buffer(ms: number): void {
    if (this.#buffering !== null || this.#options.intake.waiting === 0) return;
    this.#buffering = setTimeout(() => {
      this.#buffering = null;
      this.#ripe = true;
      this.#send();
    }, ms);
  }

  #send(): void {
    const { intake } = this.#options;
    while (this.#connection !== null && intake.waiting > 0) {
      const pipeline = this.#free.pop();
      if (pipeline === undefined) return;
      pipeline.clear();
      intake.fill(pipeline);
      this.#fly(pipeline);
    }
    if (intake.waiting === 0) this.#ripe = false;
    if (intake.early > 0 && this.#early === null) this.#early = setTimeout(() => this.#lookAgain(), EARLY_MS);
  }

  #lookAgain(): void {
    this.#early = null;
    this.#options.intake.again();
    this.#send();
  }

  #fly(pipeline: Pipeline): void {
    const { writer } = pipeline.commands;
    if (writer.commands === 0) {
      this.#land(pipeline, []);
      this.#free.push(pipeline);
      this.#tellIdle();
      return;
    }
    this.#pipelines += 1;
    this.#flying += pipeline.count;
    this.#connection!
      .send(writer.view(), writer.commands)
      .then((refusals) => this.#land(pipeline, refusals))
      .catch(() => this.#crash(pipeline))
      .finally(() => {
        this.#pipelines -= 1;
        this.#flying -= pipeline.count;
        this.#free.push(pipeline);
        this.#tellIdle();
        this.#send();
      });
  }

  /** All of it is answered. */
  #land(pipeline: Pipeline, refusals: Refusals): void {
    if (refusals.length === 0) this.written += pipeline.count;
    else this.#sort(pipeline, refusals);
    this.#options.complaints.refused(refusals.length === 0 ? null : refusals[0]!.error.message);
    for (const [lane, end] of pipeline.ends ?? []) this.#marks.set(lane, end);
  }

  #sort(pipeline: Pipeline, refusals: Refusals): void {
    for (const { one, counted, refused } of pipeline.events(refusals)) {
      if (!refused) this.written += counted;
      else {
        this.refused += counted;
        if (one !== null) this.#again.add(one);
      }
    }
  }

  /** Nobody knows what Redis has done of it. A value is sent again, as that does no harm; one of many is not. */
  #crash(pipeline: Pipeline): void {
    for (const { one, counted } of pipeline.events([])) {
      if (one === null) this.unanswered += counted;
      else this.#options.intake.newest.add(one, counted);
    }
  }

  async #lost(error: Error): Promise<void> {
    this.#connection = null;
    this.#tellIdle();
    let reason = error.message;
    for (let failures = 1; !this.#closed; failures++) {
      this.#options.complaints.unreachable(reason, failures);
      await pause(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)));
      if (this.#closed) return;
      try {
        await this.#reconnect();
        return;
      } catch (again) {
        reason = again instanceof Error ? again.message : String(again);
      }
    }
  }

  async #reconnect(): Promise<void> {
    const connection = await this.#options.connect();
    if (this.#closed) {
      connection.close();
      return;
    }
    this.#connection = connection;
    connection.onLost = (error) => void this.#lost(error);
    this.#options.complaints.answers();
    this.#send();
  }

  #look(): void {
    if (this.#connection !== null) this.#options.complaints.silent(this.#connection.silence);
    this.#ticks += 1;
    if (this.#ticks % RETRY_TICKS !== 0 || this.#again.size === 0) return;
    for (const one of this.#again) this.#options.intake.newest.add(one, 0);
    this.#again.clear();
    this.#send();
  }

  #tellIdle(): void {
    for (const idle of this.#idle.splice(0)) idle();
  }

  #settled(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#idle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
