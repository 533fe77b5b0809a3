import { Messages, topicNames, topicOf } from "./kit/messages.ts";
import type { Message, Scheme } from "./kit/messages.ts";
import { Kept } from "./kit/kept.ts";
import { Present } from "./kit/present.ts";
import { Refused } from "./kit/refused.ts";
import { after } from "./kit/within.ts";
import { PulsarCluster } from "./pulsar/address.ts";
import type { PulsarAddress } from "./pulsar/address.ts";
import { encodeId } from "./pulsar/message-id.ts";
import { NotTaken, PulsarProducer } from "./pulsar/producer.ts";
import type { ProducerEvents } from "./pulsar/producer.ts";
import { readBack } from "./pulsar/reader.ts";
import type { DurableMarks, OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";

/** Its part of the configuration. */
export interface PulsarOptions extends PulsarAddress {
  /** With `{kind}` in it: one for each kind of event. */
  readonly topic: string;
  readonly kinds?: readonly string[] | undefined;
  readonly scheme: Scheme;
  readonly compression: "none" | "lz4" | "zlib" | "zstd" | "snappy";
  /** Of topics that are created; 0: the broker makes them as it likes. */
  readonly partitions: number;
  readonly max_message_bytes: number;
  readonly window: number;
  readonly batching: boolean;
  readonly batch_messages: number;
  readonly batch_delay_ms: number;
}

/** What is kept in `<data>/sinks/<name>.json`. */
interface PulsarState {
  readonly version: 1;
  /** The last message of each part of a topic that is surely ours or older than us; null: the part was empty. */
  readonly parts: Readonly<Record<string, string | null>>;
  /** Next sequence of each lane. */
  readonly marks: Readonly<Record<string, number>>;
  /** A message that was not taken: it and so many behind it are sent alone the next time, and kept aside if that fails as well. */
  readonly doubtful: Doubtful | null;
}

interface Doubtful {
  readonly lane: string;
  readonly seq: number;
  readonly count: number;
}

/**
 * Pulsar over its WebSocket API: one message an event, its key `venue:instrument`, (lane, log_seq) in its properties. Each is there
 * once, in the order of its lane by key, whatever is killed: docs/sinks/pulsar.md says how and what it takes.
 */
export const pulsar: Sink<PulsarOptions> = {
  type: "pulsar",
  delivery: "lossless",
  accepts: "all",
  flushMs: 1000,
  open: (options, host) => OpenPulsar.open(options, host),
};

/** What Pulsar says when it is the message, and not the moment. */
const ITS_FAULT = /exceed|too large|bigger|not ?allowed|invalid|schema|deserializ|encod/i;

/** What Pulsar says while another producer of our name is there: one of ours that it has not let go yet, or a second gateway. */
const OUR_NAME_IS_TAKEN = /is already connected to topic/;
const TRY_AGAIN_MS = 50;

class OpenPulsar implements OpenSink {
  readonly #options: PulsarOptions;
  readonly #host: SinkHost;
  readonly #cluster: PulsarCluster;
  readonly #kept: Kept<PulsarState>;
  readonly #refused: Refused;
  readonly #messages: Messages;
  readonly #producers = new Map<string, PulsarProducer>();
  readonly #present = new Present();
  readonly #tally = { messages: 0, bytes: 0, repeats: 0 };
  /** Where was read from, for as long as something of it is still to come again; then null. */
  #from: Readonly<Record<string, string | null>> | null = null;
  /** Ends of parts that were there when it began. */
  #parts: Record<string, string | null> = {};
  #marks: Record<string, number> = {};
  #doubtful: Doubtful | null = null;
  /** Messages that are still to be sent alone. */
  #careful = 0;
  #waits = false;

  private constructor(options: PulsarOptions, host: SinkHost) {
    this.#options = options;
    this.#host = host;
    this.#cluster = new PulsarCluster(options, host.secrets["token_env"]);
    this.#kept = new Kept("pulsar", host);
    this.#refused = new Refused(host);
    this.#messages = new Messages(options.scheme);
  }

  static async open(options: PulsarOptions, host: SinkHost): Promise<OpenPulsar> {
    const sink = new OpenPulsar(options, host);
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
    for (const message of this.#messages.of(batch)) if (!this.#isThere(message)) await this.#send(message);
    this.#marks[batch.lane] = batch.end;
  }

  async flush(): Promise<DurableMarks> {
    for (const producer of this.#producers.values()) await this.#drain(producer);
    this.#forgetPassed();
    this.#keep();
    this.#figures();
    return { ...this.#marks };
  }

  async close(): Promise<void> {
    for (const producer of this.#producers.values()) producer.close();
  }

  async #begin(): Promise<void> {
    const kept = this.#kept.read();
    this.#marks = { ...kept?.marks };
    this.#doubtful = kept?.doubtful ?? null;
    // The producer first: from then on nobody else of this name writes, not even what is left of us on the way.
    for (const topic of topicNames(this.#options)) await this.#openTopic(topic);
    for (const topic of topicNames(this.#options)) await this.#find(topic, kept);
    this.#from = { ...this.#parts };
    // Before anything is written: where to look for it after a crash.
    this.#keep();
    this.#figures();
  }

  async #openTopic(topic: string): Promise<void> {
    const { partitions, compression, window, batching } = this.#options;
    const { batch_messages: batchMessages, batch_delay_ms: batchDelayMs } = this.#options;
    if (partitions > 0 && (await this.#cluster.parts(topic)) === null)
      await this.#cluster.create(topic, partitions);
    const options = { window, compression, batching, batchMessages, batchDelayMs };
    const name = `feedhorn-${this.#host.name}`;
    const end = performance.now() + this.#options.connect_timeout_ms;
    for (;;) {
      try {
        const opened = await PulsarProducer.open(this.#cluster, topic, { name, ...options }, this.#events());
        this.#producers.set(topic, opened);
        return;
      } catch (error) {
        // The broker lets go of one that was closed or killed in a moment of its own.
        if (!OUR_NAME_IS_TAKEN.test((error as Error).message) || performance.now() > end) throw error;
        await after(TRY_AGAIN_MS);
      }
    }
  }

  /** What is behind that which was kept. A part that is new to us begins where it ends now. */
  async #find(topic: string, kept: PulsarState | null): Promise<void> {
    const parts = await this.#cluster.parts(topic);
    if (parts === null)
      throw new Error(`Pulsar topic ${topic}: expected it to be there, saw none; it is tried again`);
    for (const part of parts) {
      const known = kept?.parts[part];
      if (known === undefined) {
        this.#parts[part] = await this.#cluster.last(part);
        continue;
      }
      this.#parts[part] = known;
      await readBack(this.#cluster, part, known, (lane, seq) => this.#present.add(lane, seq));
    }
  }

  /** It came through before a crash. */
  #isThere({ lane, seq }: Message): boolean {
    if (!this.#present.take(lane, seq)) return false;
    this.#tally.repeats += 1;
    return true;
  }

  async #send(message: Message): Promise<void> {
    const { body, lane, seq, key } = message;
    const most = this.#options.max_message_bytes;
    if (body === null) {
      this.#refused.keep(lane, seq, "no form in this scheme: price or size is no number", "");
      return;
    }
    if (body.length > most) {
      this.#refused.keep(
        lane,
        seq,
        `${body.length} bytes are more than max_message_bytes, ${most}`,
        body.toString(),
      );
      return;
    }
    const producer = this.#producers.get(topicOf(this.#options.topic, key.kind))!;
    if (this.#doubtful?.lane === lane && this.#doubtful.seq <= seq) {
      this.#careful = this.#doubtful.count;
      this.#doubtful = null;
    }
    if (this.#careful === 0) return this.#asked(() => producer.send(message, body));
    this.#careful -= 1;
    await this.#sendAlone(producer, message, body);
  }

  /** Nothing else is on the way: what fails now is this message. */
  async #sendAlone(producer: PulsarProducer, message: Message, body: Buffer): Promise<void> {
    await this.#drain(producer);
    try {
      await producer.send(message, body);
      await producer.drain();
    } catch (error) {
      if (!(error instanceof NotTaken) || !ITS_FAULT.test(error.reason)) throw error;
      this.#refused.keep(message.lane, message.seq, error.reason, body.toString());
      // A producer that has failed is not used again.
      this.#producers.delete(producer.topic);
      producer.close();
      await this.#openTopic(producer.topic);
    }
  }

  #drain(producer: PulsarProducer): Promise<void> {
    return this.#asked(() => producer.drain());
  }

  /** Remembers which message was not taken. */
  async #asked(ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      if (error instanceof NotTaken && ITS_FAULT.test(error.reason)) {
        this.#doubtful = { lane: error.lane, seq: error.seq, count: error.onWay };
        const state = this.#kept.read();
        if (state !== null) this.#kept.write({ ...state, doubtful: this.#doubtful });
      }
      throw error;
    }
  }

  /** What is there and comes again is left out only while it is known: until then it has to be read back after the next crash as well. */
  #forgetPassed(): void {
    if (this.#from === null) return;
    if (this.#present.forget(this.#marks) === 0) this.#from = null;
  }

  #keep(): void {
    for (const { topic, last } of this.#producers.values())
      for (const [partition, id] of last)
        this.#parts[partition < 0 ? topic : `${topic}-partition-${partition}`] = encodeId(id);
    const parts = this.#from ?? this.#parts;
    this.#kept.write({ version: 1, parts, marks: this.#marks, doubtful: this.#doubtful });
  }

  #events(): ProducerEvents {
    return {
      slow: (reason) => {
        this.#waits = true;
        this.#host.state("degraded", reason);
      },
      acked: (bytes) => {
        this.#tally.messages += 1;
        this.#tally.bytes += bytes;
        if (this.#waits) this.#host.state("connected");
        this.#waits = false;
      },
    };
  }

  #figures(): void {
    const { messages, bytes, repeats } = this.#tally;
    const counter = (name: string, help: string, value: number): void =>
      this.#host.figure("counter", name, help, value);
    counter("messages_total", "Messages that Pulsar has acknowledged", messages);
    counter("bytes_total", "Bytes of the payloads of messages that Pulsar has acknowledged", bytes);
    counter("repeats_total", "Messages that were there already after a crash and were left out", repeats);
  }
}
