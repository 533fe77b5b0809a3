import type { Message } from "../kit/messages.ts";
import type { PulsarCluster } from "./address.ts";
import { compareIds, decodeId } from "./message-id.ts";
import type { MessageId } from "./message-id.ts";
import type { PulsarSocket } from "./socket.ts";

/** What a producer tells while it works. */
export interface ProducerEvents {
  /** Acknowledgements take long. */
  slow(reason: string): void;
  /** One is there. */
  acked(bytes: number): void;
}

export interface ProducerOptions {
  readonly name: string;
  /** Messages on the way, at most. */
  readonly window: number;
  readonly compression: string;
  readonly batching: boolean;
  readonly batchMessages: number;
  readonly batchDelayMs: number;
}

/** Pulsar's word for one message that it will not take. */
export class NotTaken extends Error {
  readonly lane: string;
  readonly seq: number;
  readonly reason: string;
  /** Messages that were on the way, it and those behind it: its entry may have been too large, and not it. */
  readonly onWay: number;

  constructor(topic: string, { lane, seq }: Message, reason: string, onWay: number) {
    super(`Pulsar topic ${topic}: expected it to take ${lane} ${seq}, saw ${reason}`);
    this.lane = lane;
    this.seq = seq;
    this.reason = reason;
    this.onWay = onWay;
  }
}

const TICK_MS = 500;
const SLOW_MS = 2000;
/** Bytes that wait for the system, at most. */
const MOST_WAITING = 8 << 20;

/** Messages of one topic, acknowledged one by one; the only producer of its name that the broker lets in. */
export class PulsarProducer {
  readonly topic: string;
  /** The newest acknowledged of each partition (-1: the topic has none). */
  readonly last = new Map<number, MessageId>();
  readonly #socket: PulsarSocket;
  readonly #events: ProducerEvents;
  readonly #window: number;
  readonly #giveUpMs: number;
  readonly #pending = new Map<number, Message>();
  readonly #timer: NodeJS.Timeout;
  #next = 0;
  #heardAt = performance.now();
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  private constructor(
    topic: string,
    socket: PulsarSocket,
    window: number,
    giveUpMs: number,
    events: ProducerEvents,
  ) {
    this.topic = topic;
    this.#socket = socket;
    this.#events = events;
    this.#window = window;
    this.#giveUpMs = giveUpMs;
    socket.heard = (text) => this.#heard(text);
    socket.ended = (reason) =>
      this.#fail(new Error(`Pulsar topic ${topic}: expected the connection to stay, saw ${reason}`));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  static async open(
    cluster: PulsarCluster,
    topic: string,
    options: ProducerOptions,
    events: ProducerEvents,
  ): Promise<PulsarProducer> {
    const { request_timeout_ms: giveUpMs } = cluster.address;
    const socket = await cluster.open("producer", topic, "", {
      producerName: options.name,
      sendTimeoutMillis: giveUpMs,
      // More than that on the way are an error of the other side.
      maxPendingMessages: options.window + 1,
      batchingEnabled: options.batching,
      batchingMaxMessages: options.batching ? options.batchMessages : undefined,
      batchingMaxPublishDelay: options.batching ? options.batchDelayMs : undefined,
      compressionType: options.compression === "none" ? undefined : options.compression.toUpperCase(),
    });
    return new PulsarProducer(topic, socket, options.window, giveUpMs, events);
  }

  /** Resolves when there is room for the next. `body`: what is sent of the message. */
  async send(message: Message, body: Buffer): Promise<void> {
    while (
      this.#failure === null &&
      (this.#pending.size >= this.#window || this.#socket.waiting > MOST_WAITING)
    )
      await this.#changed();
    if (this.#failure !== null) throw this.#failure;
    if (this.#pending.size === 0) this.#heardAt = performance.now();
    const context = this.#next++;
    this.#pending.set(context, message);
    this.#socket.send(textOf(message, body, context));
  }

  /** Until everything sent is acknowledged. */
  async drain(): Promise<void> {
    while (this.#failure === null && this.#pending.size > 0) await this.#changed();
    if (this.#failure !== null) throw this.#failure;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #heard(text: string): void {
    const { result, messageId, context, errorMsg } = JSON.parse(text) as Ack;
    const message = this.#pending.get(Number(context));
    if (message === undefined) return;
    this.#heardAt = performance.now();
    if (result !== "ok" || messageId === undefined) {
      this.#fail(new NotTaken(this.topic, message, errorMsg ?? result, this.#pending.size));
      return;
    }
    this.#pending.delete(Number(context));
    const id = decodeId(messageId);
    const before = this.last.get(id.partition);
    if (before === undefined || compareIds(before, id) < 0) this.last.set(id.partition, id);
    this.#events.acked(message.body?.length ?? 0);
    this.#wake?.();
  }

  #tick(): void {
    if (this.#pending.size === 0) return;
    const ms = performance.now() - this.#heardAt;
    const words = `expected acknowledgements of Pulsar for ${this.topic}, saw none for ${Math.round(ms)} ms`;
    if (ms > this.#giveUpMs) this.#fail(new Error(words));
    else if (ms > SLOW_MS) this.#events.slow(words);
  }

  /** The first reason stays. */
  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}

interface Ack {
  readonly result: string;
  readonly messageId?: string;
  readonly context?: string;
  readonly errorMsg?: string;
}

function textOf({ key, lane, seq, slots, at }: Message, body: Buffer, context: number): string {
  const time = at > 0 ? `,"eventTime":"${new Date(at).toISOString()}"` : "";
  const properties = `{"lane":${JSON.stringify(lane)},"log_seq":"${seq}","slots":"${slots}"}`;
  return `{"payload":"${body.toString("base64")}","context":"${context}","key":${JSON.stringify(key.text)},"properties":${properties}${time}}`;
}
