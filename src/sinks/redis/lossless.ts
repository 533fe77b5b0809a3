import { NativeEvents } from "../kit/native.ts";
import type { NativeEvent } from "../kit/native.ts";
import { Refused } from "../kit/refused.ts";
import type { DurableMarks, OpenSink, SinkHost, SlotBatch } from "../sink.ts";
import { Commands } from "./commands.ts";
import type { Connection } from "./connection.ts";
import { LaneStream, mostBulkBytes, persistence } from "./lane-stream.ts";

export interface LosslessOptions {
  readonly prefix: string;
  /** Entries of a lane's stream, about; 0 = all. */
  readonly streamMax: number;
}

/** A transaction ends behind so many bytes. */
const MOST_BYTES = 256 * 1024;

/**
 * Every event as an entry of `<prefix>:log:<lane>`, in order and once: its id is its place in the log, so Redis itself has no way to take one
 * twice, and the newest id tells where to go on. Entries come in transactions, one after the other: if one could fail in the middle, or the next
 * be taken where one was refused, what is missing could never be put in between.
 */
export class LosslessStreams implements OpenSink {
  readonly #connection: Connection;
  readonly #host: SinkHost;
  readonly #options: LosslessOptions;
  readonly #streams: ReadonlyMap<string, LaneStream>;
  readonly #mostBulk: number;
  readonly #events = new NativeEvents();
  readonly #refused: Refused;
  readonly #marks = new Map<string, number>();
  #filling = new Commands();
  #flying = new Commands();
  /** The transaction that is not answered yet. */
  #under: Promise<void> = Promise.resolve();
  #entries = 0;

  private constructor(
    connection: Connection,
    streams: readonly LaneStream[],
    mostBulk: number,
    options: LosslessOptions,
    host: SinkHost,
  ) {
    this.#connection = connection;
    this.#host = host;
    this.#options = options;
    this.#streams = new Map(streams.map((stream) => [stream.lane, stream]));
    this.#mostBulk = mostBulk;
    this.#refused = new Refused(host);
    for (const { lane, next } of streams) if (next !== null) this.#marks.set(lane, next);
  }

  static async open(
    connection: Connection,
    options: LosslessOptions,
    host: SinkHost,
  ): Promise<LosslessStreams> {
    try {
      const streams: LaneStream[] = [];
      for (const lane of host.lanes) streams.push(await LaneStream.open(connection, options.prefix, lane));
      const kept = await persistence(connection);
      if (kept !== null)
        host.report("warn", "Redis does not keep everything that it confirms", { reason: kept });
      return new LosslessStreams(connection, streams, await mostBulkBytes(connection), options, host);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  resumeAt(lane: string): number | null {
    return this.#streams.get(lane)?.next ?? null;
  }

  async write(batch: SlotBatch): Promise<void> {
    const stream = this.#streams.get(batch.lane)!;
    for (const event of this.#events.bytesOf(batch)) {
      if (!this.#fits(batch.lane, event)) continue;
      if (this.#filling.writer.commands === 0) this.#filling.multi();
      this.#filling.append(stream.key, `${event.seq}-1`, 0, ["data", event.text]);
      if (this.#filling.writer.bytes >= MOST_BYTES) await this.#send(stream);
    }
    if (this.#filling.writer.bytes > 0) await this.#send(stream);
    this.#marks.set(batch.lane, batch.end);
  }

  async flush(): Promise<DurableMarks> {
    await this.#under;
    this.#host.figure("counter", "entries_total", "Entries that Redis has confirmed", this.#entries);
    return Object.fromEntries(this.#marks);
  }

  async close(): Promise<void> {
    this.#under.catch(() => undefined);
    this.#connection.close();
  }

  /** False, and the event is kept elsewhere, where Redis would close the connection over it. */
  #fits(lane: string, { text, seq }: NativeEvent<Buffer>): boolean {
    if (text.length <= this.#mostBulk) return true;
    const reason = `longer than the server's proto-max-bulk-len of ${this.#mostBulk} bytes; raise it there`;
    this.#refused.keep(lane, seq, reason, text.toString("utf8"));
    return false;
  }

  /** Sends what was put together, once the one before it is in. */
  async #send(stream: LaneStream): Promise<void> {
    const commands = this.#filling;
    const { writer } = commands;
    const entries = writer.commands - 1;
    if (this.#options.streamMax > 0) commands.trim(stream.key, this.#options.streamMax);
    commands.exec();
    this.#filling = this.#flying;
    this.#flying = commands;
    await this.#under;
    this.#filling.writer.clear();
    this.#under = this.#transaction(stream, commands, entries);
    // Who waits for it hears of it; until then it is nobody's unhandled rejection.
    this.#under.catch(() => undefined);
  }

  async #transaction({ key }: LaneStream, { writer }: Commands, entries: number): Promise<void> {
    const refusals = await this.#connection.send(writer.view(), writer.commands);
    if (refusals.length > 0)
      throw new Error(
        `stream ${key}: expected Redis to take ${entries} entries, saw "${refusals[0]!.error.message}"`,
      );
    this.#entries += entries;
  }
}
