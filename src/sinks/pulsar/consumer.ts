import { Buffer } from "node:buffer";
import type { MessageSource, SourceHost, SourceMessage, SourceStart } from "../kit/source.ts";
import { within } from "../kit/within.ts";
import { PulsarCluster } from "./address.ts";
import type { PulsarAddress } from "./address.ts";
import { decodeId } from "./message-id.ts";
import type { PulsarSocket } from "./socket.ts";

export interface PulsarSourceOptions extends PulsarAddress {
  readonly topic: string;
  readonly subscription: string;
  /** Where a subscription begins that is not there yet. */
  readonly from: SourceStart;
  /** Where messages go that cannot be used; in the same namespace. */
  readonly dead_letter_topic: string;
}

/**
 * A member of a subscription, of type Failover: of several members one reads a topic, or a partition of it, and the next takes over in order. Secret:
 * `token_env`. A connection that is lost ends it: `next` rejects, and what was not committed comes again to whoever is opened next.
 */
export async function openPulsarSource(
  options: PulsarSourceOptions,
  host: SourceHost,
): Promise<MessageSource> {
  const cluster = new PulsarCluster(options, host.secrets["token_env"]);
  const { topic, subscription, from } = options;
  const socket = await cluster.open("consumer", topic, `/${encodeURIComponent(subscription)}`, {
    subscriptionType: "Failover",
    subscriptionInitialPosition: from === "earliest" ? "Earliest" : "Latest",
    consumerName: host.name,
    // It is told how many it may send: otherwise it stops at 1,000 that are not acknowledged.
    pullMode: true,
    receiverQueueSize: QUEUE,
  });
  host.report("info", "reads a subscription", { topic, subscription });
  return new PulsarSource(cluster, options, socket);
}

const QUEUE = 1000;

interface PulsarMessage extends SourceMessage {
  readonly id: string;
  /** In the order of handing out. */
  readonly number: number;
}

interface Told {
  readonly messageId: string;
  readonly payload: string;
  readonly key?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly publishTime?: string;
}

class PulsarSource implements MessageSource {
  readonly #cluster: PulsarCluster;
  readonly #options: PulsarSourceOptions;
  readonly #socket: PulsarSocket;
  #ready: PulsarMessage[] = [];
  /** Handed out and not committed, by stream, in order. */
  readonly #open = new Map<string, PulsarMessage[]>();
  /** Messages that it may still send. */
  #permits = 0;
  #number = 0;
  #failure: Error | null = null;
  #closed = false;
  #wake: () => void = () => undefined;
  #deadLetters: DeadLetters | null = null;

  constructor(cluster: PulsarCluster, options: PulsarSourceOptions, socket: PulsarSocket) {
    this.#cluster = cluster;
    this.#options = options;
    this.#socket = socket;
    socket.heard = (text) => this.#heard(JSON.parse(text) as Told);
    socket.ended = (reason) => {
      this.#failure = new Error(
        `Pulsar topic ${options.topic}: expected the connection to stay, saw ${reason}`,
      );
      this.#wake();
    };
  }

  async next(max: number, waitMs: number): Promise<readonly SourceMessage[]> {
    const more = max - this.#ready.length - this.#permits;
    if (more > 0 && this.#failure === null && !this.#closed) {
      this.#permits += more;
      this.#socket.send(JSON.stringify({ type: "permit", permitMessages: more }));
    }
    if (this.#ready.length === 0) await this.#something(waitMs);
    if (this.#closed) return [];
    if (this.#failure !== null) throw this.#failure;
    const handed = this.#ready.splice(0, max);
    for (const message of handed) {
      const open = this.#open.get(message.stream);
      if (open === undefined) this.#open.set(message.stream, [message]);
      else open.push(message);
    }
    return handed;
  }

  /**
   * An acknowledgement is not answered: one that is lost with its connection lets the message come again. But the server has read all of
   * them when this resolves, unless it takes very long.
   */
  async commit(upTo: readonly SourceMessage[]): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const last = new Map<string, number>();
    for (const { stream, number } of upTo as readonly PulsarMessage[])
      last.set(stream, Math.max(number, last.get(stream) ?? -1));
    for (const [stream, number] of last) {
      const open = this.#open.get(stream) ?? [];
      const done = open.filter((message) => message.number <= number);
      this.#open.set(stream, open.slice(done.length));
      for (const { id } of done) this.#socket.send(JSON.stringify({ messageId: id }));
    }
    if (last.size > 0) await this.#socket.reached(READ_MS);
  }

  async deadLetter(message: SourceMessage, reason: string): Promise<void> {
    if (this.#deadLetters?.lost === true) this.#deadLetters = null;
    this.#deadLetters ??= await DeadLetters.open(this.#cluster, this.#options.dead_letter_topic);
    await this.#deadLetters.put(message, reason);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    this.#deadLetters?.close();
    this.#socket.close();
  }

  #something(waitMs: number): Promise<void> {
    if (this.#closed || this.#failure !== null) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #heard({ messageId: id, payload, key, properties, publishTime }: Told): void {
    this.#permits -= 1;
    const { ledger, entry, partition, batch } = decodeId(id);
    const { topic } = this.#options;
    const stream = partition < 0 ? topic : `${topic}-partition-${partition}`;
    const offset = `${ledger}:${entry}:${partition}:${batch}`;
    this.#ready.push({
      key: key ?? null,
      value: Buffer.from(payload, "base64"),
      headers: properties ?? {},
      stream,
      offset,
      place: `${stream}/${offset}`,
      timestamp: publishTime === undefined ? 0 : Date.parse(publishTime) || 0,
      id,
      number: this.#number++,
    });
    this.#wake();
  }
}

/** Acknowledgements are waited for so long, ms. */
const READ_MS = 2000;

/** A producer that waits for each of its few messages. */
class DeadLetters {
  lost = false;
  readonly #socket: PulsarSocket;
  readonly #topic: string;
  readonly #timeoutMs: number;
  #answer: (text: string) => void = () => undefined;
  #refuse: (reason: Error) => void = () => undefined;

  private constructor(socket: PulsarSocket, topic: string, timeoutMs: number) {
    this.#socket = socket;
    this.#topic = topic;
    this.#timeoutMs = timeoutMs;
    socket.heard = (text) => this.#answer(text);
    socket.ended = (reason) => {
      this.lost = true;
      this.#refuse(new Error(`dead letter to ${topic}: expected the connection to stay, saw ${reason}`));
    };
  }

  static async open(cluster: PulsarCluster, topic: string): Promise<DeadLetters> {
    const socket = await cluster.open("producer", topic, "", {});
    return new DeadLetters(socket, topic, cluster.address.request_timeout_ms);
  }

  async put({ key, value, headers, place }: SourceMessage, reason: string): Promise<void> {
    const properties = { ...headers, dead_letter_reason: reason, dead_letter_place: place };
    const payload = Buffer.from(value).toString("base64");
    const answered = new Promise<string>((resolve, reject) => {
      this.#answer = resolve;
      this.#refuse = reject;
    });
    this.#socket.send(JSON.stringify({ payload, properties, ...(key === null ? {} : { key }) }));
    const words = `dead letter to ${this.#topic}: expected Pulsar to take it within ${this.#timeoutMs} ms, saw no answer`;
    const { result, errorMsg } = JSON.parse(await within(answered, this.#timeoutMs, words)) as {
      result: string;
      errorMsg?: string;
    };
    if (result !== "ok")
      throw new Error(`dead letter to ${this.#topic}: expected Pulsar to take it, saw ${errorMsg ?? result}`);
  }

  close(): void {
    this.#socket.close();
  }
}
