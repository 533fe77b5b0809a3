import type { SinkLevel } from "../sink.ts";

/** One message as a consumer is handed it. Its bytes stay valid for as long as it is kept. */
export interface SourceMessage {
  readonly key: string | null;
  readonly value: Uint8Array;
  /** Kafka: record headers; Pulsar: properties. What feedhorn wrote has `lane`, `log_seq` and `slots`, decimal; others may have none. */
  readonly headers: Readonly<Record<string, string>>;
  /** The ordered stream it stands in: Kafka `<topic>/<partition>`, Pulsar the topic (with its partition). */
  readonly stream: string;
  /** Where it stands in that stream, decimal and growing: Kafka the offset; Pulsar `<ledger>:<entry>:<partition>:<batch index>`. Unique with `stream`. */
  readonly offset: string;
  /** For people: stream and offset in one word. */
  readonly place: string;
  /** When it was sent, by its sender's clock, UNIX ms; 0 when it does not say. */
  readonly timestamp: number;
}

/**
 * Messages of a broker for one member of a consumer group. Calls do not overlap, but for `close`, which ends a `next` that waits.
 *
 * At least once: what was handed out and not committed comes again, to this member or another, after a crash, a rebalance or
 * when the broker was away. So the insert has to know its rows by a key of their own; then nothing is there twice.
 */
export interface MessageSource {
  /**
   * Up to `max` messages, those of one stream in order; as soon as there are any, at the latest after `waitMs` (then none). Holds back what
   * it fetches ahead: at most `max` messages and a few MiB. Rejects when the broker says what waiting does not mend (authorisation, no such topic),
   * or has been away for longer than its time limits: close it and open another after a pause.
   */
  next(max: number, waitMs: number): Promise<readonly SourceMessage[]>;
  /**
   * Call it after the insert: these messages, and whatever was handed out before each of them in its stream, do not come again. Of streams that were taken
   * away meanwhile (rebalance) nothing is committed and nothing is wrong: their new owner gets the messages once more.
   */
  commit(upTo: readonly SourceMessage[]): Promise<void>;
  /**
   * Puts a message that cannot be used on the dead-letter topic with key, value and headers as they are, and
   * `dead_letter_reason`, `dead_letter_place` beside them; resolves when the broker has it. Then commit it as any other.
   */
  deadLetter(message: SourceMessage, reason: string): Promise<void>;
  /** Leaves the group and gives everything back. What is not committed comes again. */
  close(): Promise<void>;
}

/** What a source is given by the program that reads it. */
export interface SourceHost {
  /** Who it is, for the broker's own lists of clients. */
  readonly name: string;
  /** Values of the environment variables that its options name in keys ending in `_env`, by that key. Never log them. */
  readonly secrets: Readonly<Record<string, string>>;
  /** One line in the log. Never secrets. */
  report(level: SinkLevel, message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** Where a group begins that has never committed. */
export type SourceStart = "earliest" | "latest";
