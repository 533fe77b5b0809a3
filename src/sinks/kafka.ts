import { Buffer } from "node:buffer";
import { KafkaClient } from "./kafka/client.ts";
import type { Compression, KafkaAddress, KafkaTopic } from "./kafka/client.ts";
import { RecordBatchEncoder } from "./kafka/record-batch.ts";
import type { KafkaRecord } from "./kafka/record-batch.ts";
import { Finder, topicState } from "./kafka/state.ts";
import type { KafkaProducer, KafkaState, Partition, TopicState } from "./kafka/state.ts";
import { KafkaWriter } from "./kafka/writer.ts";
import type { WriterEvents } from "./kafka/writer.ts";
import { after } from "./kit/within.ts";
import { Kept } from "./kit/kept.ts";
import { Messages, topicNames, topicOf } from "./kit/messages.ts";
import type { Message, Scheme } from "./kit/messages.ts";
import { Present } from "./kit/present.ts";
import { Refused } from "./kit/refused.ts";
import type { DurableMarks, OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";

/** Its part of the configuration. */
export interface KafkaOptions extends KafkaAddress {
  /** With `{kind}` in it: one for each kind of event. */
  readonly topic: string;
  readonly kinds?: readonly string[] | undefined;
  readonly scheme: Scheme;
  readonly compression: Compression;
  readonly create: boolean;
  /** -1: as the broker has it. */
  readonly partitions: number;
  readonly replicas: number;
  readonly max_message_bytes: number;
  readonly batch_bytes: number;
}

/**
 * Kafka: one record an event, its key `venue:instrument`, (lane, log_seq) in its headers. Each is there once, in the order of its lane by
 * key, whatever is killed: docs/sinks/kafka.md says how.
 */
export const kafka: Sink<KafkaOptions> = {
  type: "kafka",
  delivery: "lossless",
  accepts: "all",
  flushMs: 1000,
  open: (options, host) => OpenKafka.open(options, host),
};

const LEADER_MS = 100;

class OpenKafka implements OpenSink {
  readonly #options: KafkaOptions;
  readonly #host: SinkHost;
  readonly #client: KafkaClient;
  readonly #kept: Kept<KafkaState>;
  readonly #refused: Refused;
  readonly #messages: Messages;
  readonly #tally = { records: 0, bytes: 0, retries: 0, repeats: 0 };
  #topics: ReadonlyMap<string, KafkaTopic> = new Map();
  #partitions: ReadonlyMap<string, readonly Partition[]> = new Map();
  #present = new Present();
  /** Where it was read from, for as long as something of it is still to come again; then null. */
  #from: Readonly<Record<string, TopicState>> | null = null;
  #producer: KafkaProducer = { id: "-1", epoch: 0 };
  #before: readonly string[] = [];
  #writer!: KafkaWriter;
  /** Partition of a key: topic and key's text to it. */
  readonly #routes = new Map<string, Map<string, { readonly partition: Partition; readonly key: Buffer }>>();
  #marks: Record<string, number> = {};
  #waits = false;

  private constructor(options: KafkaOptions, host: SinkHost, client: KafkaClient) {
    this.#options = options;
    this.#host = host;
    this.#client = client;
    this.#kept = new Kept("kafka", host);
    this.#refused = new Refused(host);
    this.#messages = new Messages(options.scheme);
  }

  static async open(options: KafkaOptions, host: SinkHost): Promise<OpenKafka> {
    const password = host.secrets["password_env"];
    const client = await KafkaClient.make(options, { name: `feedhorn-${host.name}`, password });
    const sink = new OpenKafka(options, host, client);
    try {
      await sink.#begin();
      return sink;
    } catch (error) {
      await sink.close();
      throw error;
    }
  }

  resumeAt(lane: string): number | null {
    return this.#marks[lane] ?? null;
  }

  async write(batch: SlotBatch): Promise<void> {
    for (const message of this.#messages.of(batch)) {
      if (this.#isThere(message)) continue;
      if (message.body === null)
        this.#refused.keep(
          message.lane,
          message.seq,
          "no form in this scheme: price or size is no number",
          "",
        );
      else if (this.#add(message, message.body)) await this.#writer.send();
    }
    await this.#writer.send();
    this.#marks[batch.lane] = batch.end;
  }

  async flush(): Promise<DurableMarks> {
    await this.#writer.drain();
    this.#forgetPassed();
    this.#keep();
    this.#figures();
    return { ...this.#marks };
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #begin(): Promise<void> {
    const packing = this.#client.packing(this.#options.compression);
    const kept = this.#kept.read();
    this.#topics = await this.#findTopics();
    const found = await new Finder(this.#client, kept, this.#host.report).find(this.#topics);
    this.#partitions = found.partitions;
    this.#present = found.present;
    this.#from = found.from;
    this.#marks = { ...kept?.marks };
    this.#before = kept?.before ?? [];
    if (kept === null || found.broken) await this.#newProducer(kept);
    else this.#producer = kept.producer;
    // Before anything is written: where to look for it after a crash.
    this.#keep();
    const { id, epoch } = this.#producer;
    const { batch_bytes: batchBytes, connect_timeout_ms: giveUpMs } = this.#options;
    const encoder = new RecordBatchEncoder(packing, (bytes) => this.#client.crc(bytes));
    const options = { producerId: BigInt(id), epoch, batchBytes, giveUpMs };
    this.#writer = new KafkaWriter(this.#client, encoder, options, this.#events());
    this.#figures();
  }

  /** Its sequences begin at 0 everywhere. */
  async #newProducer(kept: KafkaState | null): Promise<void> {
    const { id, epoch } = await this.#client.producerId();
    this.#producer = { id: String(id), epoch };
    if (kept !== null) this.#before = [...kept.before, kept.producer.id];
    for (const list of this.#partitions.values()) for (const partition of list) partition.sequence = 0;
    const anew = Object.entries(this.#from ?? {}).map(([topic, { id: topicId, partitions }]) => {
      const list = partitions.map(({ offset }) => ({ offset, sequence: 0 }));
      return [topic, { id: topicId, partitions: list }] as const;
    });
    this.#from = Object.fromEntries(anew);
  }

  async #findTopics(): Promise<Map<string, KafkaTopic>> {
    const { topic, create, partitions, replicas, max_message_bytes: most } = this.#options;
    const names = topicNames(this.#options);
    const found = await this.#client.topics(names);
    const missing = names.filter((name) => !found.has(name));
    if (missing.length === 0) return found;
    if (!create)
      throw new Error(
        `topic ${topic}: expected ${missing.join(", ")} in Kafka, saw none; create it or set create: true`,
      );
    await this.#client.create(missing, partitions, replicas, most);
    return this.#whenLed(names);
  }

  /** It takes the cluster a moment to tell everybody of new topics. */
  async #whenLed(names: readonly string[]): Promise<Map<string, KafkaTopic>> {
    const end = performance.now() + this.#options.request_timeout_ms;
    for (;;) {
      const all = await this.#client.topics(names);
      const led = [...all.values()].filter(
        ({ leaders }) => leaders.length > 0 && leaders.every((one) => one >= 0),
      );
      if (led.length === names.length) return all;
      if (performance.now() > end)
        throw new Error(
          `created topics: expected a leader for each partition, saw ${led.length} of ${names.length} topics`,
        );
      await after(LEADER_MS);
    }
  }

  /** It came through before a crash. */
  #isThere({ lane, seq }: Message): boolean {
    if (!this.#present.take(lane, seq)) return false;
    this.#tally.repeats += 1;
    return true;
  }

  #add({ key, lane, seq, slots }: Message, body: Buffer): boolean {
    const route = this.#route(key.text, key.kind);
    return this.#writer.add(route.partition, { key: route.key, body, lane, seq, slots });
  }

  #route(text: string, kind: string): { readonly partition: Partition; readonly key: Buffer } {
    let routes = this.#routes.get(kind);
    if (routes === undefined) this.#routes.set(kind, (routes = new Map()));
    let route = routes.get(text);
    if (route === undefined) {
      const key = Buffer.from(text);
      const list = this.#partitions.get(topicOf(this.#options.topic, kind))!;
      route = { key, partition: list[this.#client.partitionOf(key, list.length)]! };
      routes.set(text, route);
    }
    return route;
  }

  /** What is there and comes again is left out only while it is known: until then it has to be read back after the next crash as well. */
  #forgetPassed(): void {
    if (this.#from === null) return;
    if (this.#present.forget(this.#marks) > 0) return;
    this.#from = null;
    this.#before = [];
  }

  #keep(anew = false): void {
    const now = [...this.#partitions].map(
      ([topic, list]) => [topic, topicState(this.#topics.get(topic)!.id, list)] as const,
    );
    const topics = this.#from ?? Object.fromEntries(now);
    const [producer, before, marks] = [this.#producer, this.#before, this.#marks];
    this.#kept.write({ version: 1, producer, before, anew, topics, marks });
  }

  #events(): WriterEvents {
    return {
      refused: ({ lane, seq, body }: KafkaRecord, reason: string) =>
        this.#refused.keep(lane, seq, reason, body.toString()),
      retry: (reason: string) => {
        this.#tally.retries += 1;
        this.#wait(reason);
      },
      slow: (reason: string) => this.#wait(reason),
      // Once it may be a batch of a process that was killed; if it was so from the start, it will be so again.
      outOfStep: () => {
        if (this.#tally.records === 0) this.#keep(true);
      },
      sent: (records: number, bytes: number) => {
        this.#tally.records += records;
        this.#tally.bytes += bytes;
        if (this.#waits) this.#host.state("connected");
        this.#waits = false;
      },
    };
  }

  #wait(reason: string): void {
    this.#waits = true;
    this.#host.state("degraded", reason);
  }

  #figures(): void {
    const { records, bytes, retries, repeats } = this.#tally;
    const counter = (name: string, help: string, value: number): void =>
      this.#host.figure("counter", name, help, value);
    counter("records_total", "Records that Kafka has acknowledged", records);
    counter("bytes_total", "Bytes of record batches that Kafka has acknowledged", bytes);
    counter("retries_total", "Times that batches were sent again", retries);
    counter("repeats_total", "Records that were there already after a crash and were left out", repeats);
  }
}
