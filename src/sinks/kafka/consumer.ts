import { Buffer } from "node:buffer";
import type { MessageSource, SourceHost, SourceMessage, SourceStart } from "../kit/source.ts";
import { after } from "../kit/within.ts";
import { KafkaClient } from "./client.ts";
import type { Fetched, KafkaAddress } from "./client.ts";
import { CODE, codesOf } from "./words.ts";

export interface KafkaSourceOptions extends KafkaAddress {
  readonly topic: string;
  /** Consumer group. */
  readonly group: string;
  /** Where a group begins that has never committed. */
  readonly from: SourceStart;
  /** Where messages go that cannot be used; created when it is missing. */
  readonly dead_letter_topic: string;
}

/** A member of a consumer group. Secret: `password_env`. Rejects while the brokers cannot be reached, or the topic is not there. */
export async function openKafkaSource(options: KafkaSourceOptions, host: SourceHost): Promise<MessageSource> {
  const password = host.secrets["password_env"];
  const client = await KafkaClient.make(options, { name: host.name, password, group: options.group });
  const source = new KafkaSource(client, options, host);
  try {
    await source.begin();
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

interface KafkaMessage extends SourceMessage {
  readonly partition: number;
  readonly at: bigint;
  /** When this member got the partition: a commit holds only while it has kept it. */
  readonly since: number;
}

/** A partition that is ours. */
interface Owned {
  readonly since: number;
  readonly leader: number;
  next: bigint;
}

/** Longest wait of one fetch: a rebalance is noticed between two. */
const FETCH_MS = 500;
const IDLE_MS = 50;
const DEAD_LETTER_BYTES = 64 << 20;
/** Bit of a batch's attributes: it marks the end of a transaction and holds no messages. */
const CONTROL = 0x20;

class KafkaSource implements MessageSource {
  readonly #client: KafkaClient;
  readonly #options: KafkaSourceOptions;
  readonly #host: SourceHost;
  #owned = new Map<number, Owned>();
  #ready: KafkaMessage[] = [];
  /** Grows with every assignment; `#stands` is the one that `#owned` is made of. */
  #joined = 0;
  #stands = 0;
  #generation = 0;
  #failure: unknown = null;
  #closed = false;
  #since = 0;
  /** When requests began to fail in a row; 0: they do not. */
  #failing = 0;
  #deadLetters: { readonly leaders: readonly number[] } | null = null;

  constructor(client: KafkaClient, options: KafkaSourceOptions, host: SourceHost) {
    this.#client = client;
    this.#options = options;
    this.#host = host;
    client.consumer.on("consumer:group:join", () => {
      this.#joined += 1;
    });
    client.consumer.on("error", (error: unknown) => {
      this.#failure = error;
    });
  }

  async begin(): Promise<void> {
    const { topic } = this.#options;
    if ((await this.#client.topics([topic])).size === 0)
      throw new Error(
        `topic ${topic}: expected it in Kafka, saw none; create it or start its producer first`,
      );
    await this.#client.join(topic);
    await this.#take();
  }

  async next(max: number, waitMs: number): Promise<readonly SourceMessage[]> {
    const end = performance.now() + waitMs;
    for (;;) {
      if (this.#closed) return [];
      if (this.#failure !== null) throw this.#failure;
      try {
        if (this.#stands !== this.#joined) await this.#take();
        if (this.#ready.length === 0)
          await this.#fetch(Math.max(0, Math.min(FETCH_MS, end - performance.now())));
        this.#failing = 0;
      } catch (error) {
        await this.#failed(error);
      }
      if (this.#stands === this.#joined && this.#ready.length > 0) return this.#ready.splice(0, max);
      if (performance.now() >= end) return [];
    }
  }

  async commit(upTo: readonly SourceMessage[]): Promise<void> {
    const next = new Map<number, bigint>();
    for (const { partition, at, since } of upTo as readonly KafkaMessage[]) {
      if (this.#stands !== this.#joined || this.#owned.get(partition)?.since !== since) continue;
      if (at >= (next.get(partition) ?? 0n)) next.set(partition, at + 1n);
    }
    if (next.size === 0) return;
    try {
      await this.#client.commit(this.#options.topic, next);
    } catch (error) {
      if (!codesOf(error).some((code) => REBALANCED.has(code))) throw error;
      this.#host.report("info", "the group was rebalanced before a commit: these messages come again", {
        group: this.#options.group,
      });
    }
  }

  async deadLetter(message: SourceMessage, reason: string): Promise<void> {
    const { dead_letter_topic: topic } = this.#options;
    const { leaders } = (this.#deadLetters ??= await this.#findDeadLetters(topic));
    const key = message.key === null ? undefined : Buffer.from(message.key);
    const index = key === undefined ? 0 : this.#client.partitionOf(key, leaders.length);
    const said = { ...message.headers, dead_letter_reason: reason, dead_letter_place: message.place };
    const headers = new Map(
      Object.entries(said).map(([name, value]) => [Buffer.from(name), Buffer.from(value)]),
    );
    const bytes = this.#client.batchOf(key, Buffer.from(message.value), headers);
    const [answer] = await this.#client.produce(leaders[index]!, [{ topic, partition: index, bytes }]);
    if (answer?.code === 0) return;
    this.#deadLetters = null;
    this.#client.forget();
    throw new Error(
      `dead letter to ${topic}/${index}: expected Kafka to take it, saw ${answer?.words ?? "no answer"}`,
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  /** What is ours now. A partition that we had before and have kept goes on where it is. */
  async #take(): Promise<void> {
    const joined = this.#joined;
    const { topic, group } = this.#options;
    const { assignments, generationId } = this.#client.consumer;
    const mine = (assignments ?? []).find((one) => one.topic === topic)?.partitions ?? [];
    // With a generation in between, somebody else may have had it.
    const kept = generationId === this.#generation + 1 ? this.#owned : new Map<number, Owned>();
    const { leaders } = (await this.#client.topics([topic])).get(topic) ?? { leaders: [] };
    const fresh = mine.filter((partition) => !kept.has(partition));
    const starts = await this.#starts(fresh);
    this.#since += 1;
    this.#owned = new Map(
      mine.map((partition) => {
        const { since, next } = kept.get(partition) ?? { since: this.#since, next: starts.get(partition)! };
        return [partition, { since, next, leader: leaders[partition]! }];
      }),
    );
    this.#ready = this.#ready.filter(({ partition, since }) => this.#owned.get(partition)?.since === since);
    this.#generation = generationId;
    this.#stands = joined;
    this.#host.report("info", "partitions of the group that are read here", {
      topic,
      group,
      partitions: mine,
    });
  }

  async #starts(partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    if (partitions.length === 0) return new Map();
    const { topic, from } = this.#options;
    const committed = await this.#client.committed(topic, partitions);
    const firsts = await this.#client.offsets(topic, from === "earliest" ? "first" : "next");
    return new Map([...committed].map(([partition, at]) => [partition, at >= 0n ? at : firsts[partition]!]));
  }

  /** From every broker that leads something of ours. */
  async #fetch(waitMs: number): Promise<void> {
    const { topic } = this.#options;
    const joined = this.#joined;
    const byLeader = new Map<number, { topic: string; partition: number; offset: bigint }[]>();
    for (const [partition, { leader, next: offset }] of this.#owned)
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), { topic, partition, offset }]);
    if (byLeader.size === 0) await after(Math.min(IDLE_MS, waitMs));
    const asked = [...byLeader].map(([leader, parts]) =>
      this.#client.fetch(leader, parts, Math.floor(waitMs)),
    );
    const answers = (await Promise.all(asked)).flat();
    if (joined !== this.#joined) return;
    for (const fetched of answers) this.#gather(fetched);
  }

  #gather({ topic, partition, batches }: Fetched): void {
    const owned = this.#owned.get(partition);
    if (owned === undefined) return;
    for (const { firstOffset, lastOffsetDelta, firstTimestamp, attributes, records } of batches) {
      if ((attributes & CONTROL) === 0)
        for (const record of records) {
          const at = firstOffset + BigInt(record.offsetDelta);
          // A batch comes whole, also when it was asked for its middle.
          if (at < owned.next) continue;
          const timestamp = Number(firstTimestamp + record.timestampDelta);
          this.#ready.push(messageOf(record, { topic, partition, at, since: owned.since, timestamp }));
        }
      const behind = firstOffset + BigInt(lastOffsetDelta) + 1n;
      if (behind > owned.next) owned.next = behind;
    }
  }

  /** Once more, until it has gone on for too long. */
  async #failed(fault: unknown): Promise<void> {
    if (codesOf(fault).includes(CODE.OFFSET_OUT_OF_RANGE)) await this.#outOfRange();
    const now = performance.now();
    if (this.#failing === 0) this.#failing = now;
    if (now - this.#failing > this.#options.request_timeout_ms) throw fault;
    this.#client.forget();
    await after(IDLE_MS);
    const { topic } = this.#options;
    const found = (await this.#client.topics([topic]).catch(() => null))?.get(topic);
    for (const [partition, owned] of this.#owned)
      this.#owned.set(partition, { ...owned, leader: found?.leaders[partition] ?? owned.leader });
  }

  /** What was to be read next is deleted, or was never there. */
  async #outOfRange(): Promise<void> {
    const { topic } = this.#options;
    const firsts = await this.#client.offsets(topic, "first");
    const ends = await this.#client.offsets(topic, "next");
    for (const [partition, owned] of this.#owned) {
      const { next } = owned;
      if (next >= firsts[partition]! && next <= ends[partition]!) continue;
      owned.next = firsts[partition]!;
      this.#host.report(
        "warn",
        "messages were deleted before they were read: it goes on with the oldest that is there",
        { topic, partition, expected_offset: String(next), saw: String(owned.next) },
      );
    }
  }

  async #findDeadLetters(topic: string): Promise<{ readonly leaders: readonly number[] }> {
    const there = (await this.#client.topics([topic])).get(topic);
    if (there !== undefined) return there;
    await this.#client.create([topic], -1, -1, DEAD_LETTER_BYTES);
    const made = (await this.#client.topics([topic])).get(topic);
    if (made === undefined)
      throw new Error(`topic ${topic}: expected it to be created, saw none yet; try again`);
    return made;
  }
}

/** What a member hears that has missed a rebalance. */
const REBALANCED: ReadonlySet<number> = new Set([
  CODE.ILLEGAL_GENERATION,
  CODE.UNKNOWN_MEMBER,
  CODE.REBALANCE_IN_PROGRESS,
]);

function messageOf(
  { key, value, headers }: Fetched["batches"][number]["records"][number],
  {
    topic,
    partition,
    at,
    since,
    timestamp,
  }: Pick<KafkaMessage, "partition" | "at" | "since" | "timestamp"> & {
    topic: string;
  },
): KafkaMessage {
  const stream = `${topic}/${partition}`;
  const offset = String(at);
  return {
    key: key?.toString() ?? null,
    value: value ?? new Uint8Array(0),
    headers: Object.fromEntries(headers.map(([name, text]) => [name.toString(), text?.toString() ?? ""])),
    stream,
    offset,
    place: `${stream}/${offset}`,
    timestamp,
    partition,
    at,
    since,
  };
}
