import type { MessageSource } from "../../sinks/kit/source.ts";
import { ConsumedTable, isOfDatabase } from "../../sinks/postgres/consumed.ts";
import { withoutSecrets } from "../config/redact.ts";
import type { Log } from "../log.ts";
import { Batch, Stubborn } from "./batch.ts";
import type { ConsumeSettings } from "./settings.ts";
import { openSource } from "./sources.ts";
import { ConsumeTally } from "./tally.ts";

/** How long the broker is waited for at a time: an order to stop is seen between two. */
const WAIT_MS = 500;
const HOUR_MS = 3_600_000;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 10_000;
const TELL_MS = 10_000;
/** Dead letters told one by one between two lines of progress. */
const MOST_TOLD = 20;
const NAME = "feedhorn consume";

/**
 * Messages of a broker into a table: insert, then bury what is no row, then commit. What fails is tried again: the database with the
 * same messages, the broker with whatever it hands out then. Nothing is committed that is not in the table.
 */
export class Consumer {
  readonly tally = new ConsumeTally();
  readonly #settings: ConsumeSettings;
  readonly #log: Log;
  #table: ConsumedTable | null = null;
  #source: MessageSource | null = null;
  #batch: Batch | null = null;
  #forgot = -Infinity;
  #stopping = false;
  #wake: () => void = () => undefined;
  #toldAt = performance.now();
  #told = 0;
  readonly #stubborn = new Stubborn();
  #buriedNow = 0;

  constructor(settings: ConsumeSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
  }

  /** Ends what is under way, and then. */
  stop(): void {
    this.#stopping = true;
    this.#wake();
  }

  /** Resolves when it was told to stop and has given everything back. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#step();
        this.#tell();
      } catch (error) {
        await this.#failed(error);
      }
    }
    this.#tell(true);
    const left = this.#batch?.messages.length ?? 0;
    await this.#leave();
    await this.#table?.close();
    this.tally.stopped();
    this.#log.info("stopped", { ...this.tally.standing(), come_again: left });
  }

  async #step(): Promise<void> {
    const table = (this.#table ??= await this.#openTable());
    await this.#forget(table);
    const source = (this.#source ??= await this.#openSource());
    this.#batch ??= await this.#next(source);
    if (this.#batch !== null) await this.#carry(this.#batch, table, source);
    this.tally.works();
  }

  async #next(source: MessageSource): Promise<Batch | null> {
    const messages = await source.next(this.#settings.batch, WAIT_MS);
    return messages.length === 0 ? null : new Batch(messages, this.#settings, Date.now());
  }

  async #carry(batch: Batch, table: ConsumedTable, source: MessageSource): Promise<void> {
    const { rows, repeated } = await batch.write(table);
    this.tally.add("rows", rows);
    this.tally.add("repeated", repeated);
    await batch.bury(source, this.#stubborn, ({ message, reason }) => this.#buried(message.place, reason));
    await source.commit(batch.messages);
    this.#batch = null;
    this.tally.add("messages", batch.messages.length);
    this.tally.add("expired", batch.expired);
    this.tally.committed(Date.now());
  }

  /** The first of a while are told one by one, all of them counted. */
  #buried(place: string, reason: string): void {
    this.tally.add("dead_letters", 1);
    this.#buriedNow += 1;
    if (this.#buriedNow <= MOST_TOLD)
      this.#log.warn("a message is no row: it is on the dead-letter topic", { place, reason });
    if (this.#buriedNow === MOST_TOLD) this.#log.warn("more of them are only counted for a while");
  }

  /** At the start and every hour. */
  async #forget(table: ConsumedTable): Promise<void> {
    if (performance.now() - this.#forgot < HOUR_MS) return;
    const { rows, partitions } = await table.forget(Date.now());
    this.#forgot = performance.now();
    this.tally.add("deleted_rows", rows);
    if (rows + partitions.length > 0)
      this.#log.info("rows older than the days to keep deleted", { rows, partitions });
  }

  async #openTable(): Promise<ConsumedTable> {
    const { address, schema, scheme, create, keepDays } = this.#settings;
    const waits = (what: string | null): void => this.tally.waits(what);
    const table = await ConsumedTable.open({ address, name: NAME, schema, scheme, create, keepDays, waits });
    this.#log.info("database is connected", { schema, scheme, keep_days: keepDays });
    return table;
  }

  async #openSource(): Promise<MessageSource> {
    return openSource(this.#settings, (level, message, facts) => this.#log[level](message, facts));
  }

  /** Gives up the side that failed, and waits; longer each time. */
  async #failed(error: unknown): Promise<void> {
    const reason = withoutSecrets(
      error instanceof Error ? error.message : String(error),
      this.#settings.secrets,
    );
    const times = this.tally.failed(reason);
    const wait = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(times - 1, 10));
    this.#log.warn("failed, trying again", { reason, wait_ms: wait });
    if (isOfDatabase(error)) {
      await this.#table?.close();
      this.#table = null;
    } else await this.#leave();
    if (!this.#stopping)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, wait);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
  }

  /** What was handed out and not committed comes again, to this member or another. */
  async #leave(): Promise<void> {
    this.#batch = null;
    const source = this.#source;
    this.#source = null;
    await source
      ?.close()
      .catch((error: unknown) => this.#log.debug("leaving the group", { error: String(error) }));
  }

  #tell(now = false): void {
    const messages = this.tally.of("messages");
    if ((!now && performance.now() - this.#toldAt < TELL_MS) || messages === this.#told) return;
    this.#toldAt = performance.now();
    this.#told = messages;
    this.#buriedNow = 0;
    this.#log.info("consumed", this.tally.standing());
  }
}
