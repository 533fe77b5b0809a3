import { Buffer } from "node:buffer";
import { tlsFiles } from "../kit/tls.ts";
import type { TlsOptions } from "../kit/tls.ts";
import { after, within } from "../kit/within.ts";
import type { Packing } from "./record-batch.ts";
import { loadVendor } from "./vendor.ts";
import type { Vendor, VendorConnection, VendorConsumer } from "./vendor.ts";
import { CODE, codesOf, passes, wordsOf } from "./words.ts";

/** How a cluster is reached: the same for writing and for reading. */
export interface KafkaAddress {
  readonly brokers: readonly string[];
  readonly sasl?: "plain" | "scram-sha-256" | "scram-sha-512" | undefined;
  readonly username?: string | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly connect_timeout_ms: number;
  readonly request_timeout_ms: number;
}

export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** A topic as the cluster has it: its id, and the leader of each partition. */
export interface KafkaTopic {
  readonly id: string;
  readonly leaders: readonly number[];
}

/** One record batch for a partition. */
export interface ProducePart {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

/** What the broker said of a part: code 0 and the first record's offset, or why not. */
export interface ProduceAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly code: number;
  readonly words: string;
  readonly offset: bigint;
}

export interface FetchPart {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** A partition's record batches, as the library reads them. */
export interface Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly high: bigint;
  readonly batches: readonly FetchedBatch[];
}

export interface FetchedBatch {
  readonly firstOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly attributes: number;
  readonly firstTimestamp: bigint;
  readonly producerId: bigint;
  readonly firstSequence: number;
  readonly records: readonly {
    readonly offsetDelta: number;
    readonly timestampDelta: bigint;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: readonly (readonly [Buffer, Buffer | null])[];
  }[];
}

interface ClientOptions {
  readonly name: string;
  readonly password?: string | undefined;
  /** Members of a group give its name; others never join one. */
  readonly group?: string;
}

/** Bytes of one partition that a fetch asks for, and of all. */
const FETCH_BYTES = 1 << 20;
const FETCH_MOST = 8 << 20;
/** A member that was not heard of for so long is out of its group; a rebalance waits for members so long. */
const SESSION_MS = 30_000;
const REBALANCE_MS = 30_000;
const CLOSE_MS = 2000;
/** What passes by itself is waited for so long. */
const PASSING_MS = 15_000;
const PAUSE_MS = 100;
const EARLIEST = -2n;

/** A cluster, by requests. Each has a time limit, and fails with words. */
export class KafkaClient {
  readonly consumer: VendorConsumer;
  readonly #vendor: Vendor;
  readonly #address: KafkaAddress;
  readonly #connections = new Set<VendorConnection>();

  private constructor(vendor: Vendor, address: KafkaAddress, options: ClientOptions) {
    this.#vendor = vendor;
    this.#address = address;
    this.consumer = new vendor.Consumer({
      clientId: options.name,
      groupId: options.group ?? `${options.name}-reads-back`,
      bootstrapBrokers: [...address.brokers],
      connectTimeout: address.connect_timeout_ms,
      timeout: address.request_timeout_ms,
      retries: 1,
      retryDelay: 100,
      autocommit: false,
      sessionTimeout: SESSION_MS,
      rebalanceTimeout: REBALANCE_MS,
      // Who reads back looks for all that is there; who consumes, for what counts.
      isolationLevel: options.group === undefined ? "READ_UNCOMMITTED" : "READ_COMMITTED",
      ...securityOf(address, options.password),
    });
    this.consumer.on("client:broker:connect", (event: { connection: VendorConnection }) => {
      this.#connections.add(event.connection);
      event.connection.once("close", () => this.#connections.delete(event.connection));
    });
  }

  /** Nothing is asked yet. */
  static async make(address: KafkaAddress, options: ClientOptions): Promise<KafkaClient> {
    if (address.sasl !== undefined && (address.username === undefined || options.password === undefined))
      throw new Error("sasl: expected username and password_env with a value, saw none");
    return new KafkaClient(await loadVendor(), address, options);
  }

  /** Topics as they are now; those that are not there are left out. */
  async topics(names: readonly string[]): Promise<Map<string, KafkaTopic>> {
    const found = new Map<string, KafkaTopic>();
    for (const name of names) {
      const topic = await this.#topic(name);
      if (topic !== null) found.set(name, topic);
    }
    return found;
  }

  /** Those that are there already stay as they are. -1: as the broker has it. */
  async create(names: readonly string[], partitions: number, replicas: number, most: number): Promise<void> {
    const { createTopicsV7 } = this.#vendor;
    const connection = await this.#connection(await this.#controller());
    const topics = names.map((name) => ({
      name,
      numPartitions: partitions,
      replicationFactor: replicas,
      assignments: [],
      configs: [{ name: "max.message.bytes", value: String(most) }],
    }));
    const asked = createTopicsV7.api.async(connection, topics, this.#address.request_timeout_ms, false);
    await this.#limited("to create topics", asked).catch((error: unknown) => {
      if (codesOf(error).some((code) => code !== CODE.TOPIC_EXISTS) || codesOf(error).length === 0)
        throw error;
    });
  }

  async producerId(): Promise<{ id: bigint; epoch: number }> {
    const { initProducerIdV4 } = this.#vendor;
    const connection = await this.#connection(await this.#controller());
    const { producerId: id, producerEpoch: epoch } = await this.#patiently("for a producer id", () =>
      initProducerIdV4.api.async(connection, null, 0, -1n, -1),
    );
    return { id, epoch };
  }

  /** To the leader of all these partitions, acknowledged by all replicas in sync. */
  async produce(node: number, parts: readonly ProducePart[]): Promise<readonly ProduceAnswer[]> {
    const connection = await this.#connection(node);
    const { version, parseResponse } = await this.#produceApi(connection);
    const sent = new Promise<ProduceResponse>((resolve, reject) => {
      const payload = (): WriterOf => this.#produceRequest(parts);
      connection.send<ProduceResponse>(0, version, payload, parseResponse, true, true, (error, response) => {
        const known = error === null ? response : responseIn(error);
        if (known === undefined) reject(error ?? new Error("no answer"));
        else resolve(known);
      });
    });
    const { responses } = await this.#limited("for an acknowledgement", sent, () =>
      connection.socket.destroy(),
    );
    return responses.flatMap(({ name: topic, partitionResponses }) =>
      partitionResponses.map(({ index: partition, errorCode: code, errorMessage, baseOffset: offset }) => {
        const words = `${this.#vendor.protocolErrorsCodesById[code] ?? code}${errorMessage ? `: ${errorMessage}` : ""}`;
        return { topic, partition, code, words, offset };
      }),
    );
  }

  /** The offset behind the last record of each partition, or of the first. */
  async offsets(topic: string, end: "first" | "next"): Promise<readonly bigint[]> {
    const timestamp = end === "first" ? { timestamp: EARLIEST } : {};
    const all = await this.#patiently("for offsets", () =>
      this.consumer.listOffsets({ topics: [topic], ...timestamp }),
    );
    return all.get(topic) ?? [];
  }

  /** From one broker, as soon as there is anything. An error of one partition is an error of all: see `codesOf`. */
  async fetch(node: number, parts: readonly FetchPart[], waitMs: number): Promise<readonly Fetched[]> {
    for (const { topic } of parts) if (!this.consumer.topics.has(topic)) this.consumer.topics.track(topic);
    const metadata = await this.#limited(
      "for metadata",
      this.consumer.metadata({ topics: this.consumer.topics.current }),
    );
    const names = new Map<string, string>();
    const topics = parts.map(({ topic, partition, offset: fetchOffset }) => {
      const topicId = metadata.topics.get(topic)!.id;
      names.set(topicId, topic);
      const part = {
        partition,
        fetchOffset,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: FETCH_BYTES,
      };
      return { topicId, partitions: [part] };
    });
    const asked = this.consumer.fetch({
      node,
      topics,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes: FETCH_MOST,
    });
    const { responses } = await this.#limited("for records", asked);
    return responses.flatMap(({ topicId, partitions }) =>
      partitions.map(({ partitionIndex: partition, highWatermark: high, records }) => {
        const batches = (records ?? []) as unknown as readonly FetchedBatch[];
        return { topic: names.get(topicId)!, partition, high, batches };
      }),
    );
  }

  /** Leaders may have changed. */
  forget(): void {
    this.consumer.clearMetadata();
  }

  /** As Kafka's own clients choose it: murmur2 of the key. */
  partitionOf(key: Buffer, partitions: number): number {
    return (this.#vendor.murmur2(key) & 0x7fffffff) % partitions;
  }

  crc(bytes: Buffer): number {
    return this.#vendor.crc32c(new this.#vendor.DynamicBuffer(bytes)) >>> 0;
  }

  /** Tries it once, so that what is not there is said at the start. */
  packing(name: Compression): Packing | null {
    if (name === "none") return null;
    const { bitmask: bits, compressSync } = this.#vendor.compressionsAlgorithms[name];
    try {
      compressSync(Buffer.from("feedhorn"));
    } catch (error) {
      const hint = name === "zstd" ? "Node 22.15 or newer" : `the optional package of ${name}`;
      throw new Error(
        `compression ${name}: expected ${hint}, saw none (${wordsOf(error)}); take gzip or none`,
        { cause: error },
      );
    }
    return { bits, pack: (bytes) => compressSync(bytes) };
  }

  /** Joins the group for a topic; resolves with the first assignment. */
  async join(topic: string): Promise<void> {
    this.consumer.topics.track(topic);
    const ms = REBALANCE_MS + this.#address.request_timeout_ms;
    await this.#patiently("to join the group", () => this.consumer.joinGroup({}), ms);
  }

  /** What the group has committed of each of these partitions: the offset to read next; -1: nothing. */
  async committed(topic: string, partitions: readonly number[]): Promise<ReadonlyMap<number, bigint>> {
    const all = await this.#patiently("for committed offsets", () =>
      this.consumer.listCommittedOffsets({ topics: [{ topic, partitions: [...partitions] }] }),
    );
    const list = all.get(topic) ?? [];
    return new Map(partitions.map((partition) => [partition, list[partition] ?? -1n]));
  }

  /** `next`: the offset to read next, as Kafka's own clients commit it. */
  async commit(topic: string, next: ReadonlyMap<number, bigint>): Promise<void> {
    const offsets = [...next].map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
    await this.#limited("to commit offsets", this.consumer.commit({ offsets }));
  }

  /** One record, as a batch of a producer without a number. */
  batchOf(key: Buffer | undefined, value: Buffer, headers: Map<Buffer, Buffer>): Buffer {
    const message = { key, value, headers, topic: "", partition: 0, timestamp: BigInt(Date.now()) };
    return this.#vendor.createRecordsBatch([message]).buffer;
  }

  /** Also when the brokers do not answer any more. */
  async close(): Promise<void> {
    const closed = within(this.consumer.close(true) as unknown as Promise<void>, CLOSE_MS, "late");
    await closed.catch(() => undefined);
    for (const { socket } of this.#connections) socket.destroy();
  }

  async #topic(name: string): Promise<KafkaTopic | null> {
    try {
      const { topics } = await this.#patiently("for metadata", () =>
        this.consumer.metadata({ topics: [name], forceUpdate: true }),
      );
      const topic = topics.get(name);
      if (topic === undefined) return null;
      return { id: topic.id, leaders: topic.partitions.map(({ leader }) => leader) };
    } catch (error) {
      if (codesOf(error).includes(CODE.UNKNOWN_TOPIC)) return null;
      throw error;
    }
  }

  /** Any broker passes on what is the controller's. */
  async #controller(): Promise<number> {
    const { brokers } = await this.#limited("for metadata", this.consumer.metadata({ topics: [] }));
    return [...brokers.keys()][0]!;
  }

  async #connection(node: number): Promise<VendorConnection> {
    const asked = this.consumer.connectToBrokers([node]);
    const connection = (await this.#limited("for a connection", asked)).get(node);
    if (connection === undefined) throw new Error(`expected broker ${node} in the cluster's list, saw none`);
    return connection;
  }

  #api: { version: number; parseResponse: ParseProduce } | null = null;

  async #produceApi(connection: VendorConnection): Promise<{ version: number; parseResponse: ParseProduce }> {
    if (this.#api !== null) return this.#api;
    const { apiVersionsV3, produceV9, produceV10, produceV11 } = this.#vendor;
    const asked = apiVersionsV3.api.async(connection, "feedhorn", "1");
    const range = (await this.#limited("for versions", asked)).apiKeys.find(({ apiKey }) => apiKey === 0);
    const all = [
      [11, produceV11.parseResponse],
      [10, produceV10.parseResponse],
      [9, produceV9.parseResponse],
    ] as const;
    const best = all.find(
      ([version]) => range !== undefined && version >= range.minVersion && version <= range.maxVersion,
    );
    if (best === undefined)
      throw new Error(
        `expected a broker that takes Produce 9 to 11 (Kafka 2.8 or newer), saw ${range?.minVersion} to ${range?.maxVersion}`,
      );
    this.#api = { version: best[0], parseResponse: best[1] as ParseProduce };
    return this.#api;
  }

  #produceRequest(parts: readonly ProducePart[]): WriterOf {
    const byTopic = new Map<string, ProducePart[]>();
    for (const part of parts) byTopic.set(part.topic, [...(byTopic.get(part.topic) ?? []), part]);
    return this.#vendor.Writer.create()
      .appendString(null)
      .appendInt16(-1)
      .appendInt32(this.#address.request_timeout_ms)
      .appendArray([...byTopic], (writer, [topic, some]) => {
        writer.appendString(topic).appendArray(some, (inner, { partition, bytes }) => {
          inner
            .appendInt32(partition)
            .appendUnsignedVarInt(bytes.length + 1)
            .append(bytes);
        });
      })
      .appendTaggedFields();
  }

  /** Once more while something in the cluster finds its place. */
  async #patiently<T>(what: string, ask: () => Promise<T>, ms?: number): Promise<T> {
    const end = performance.now() + PASSING_MS;
    for (;;) {
      try {
        return await this.#limited(what, ask(), undefined, ms);
      } catch (error) {
        if (!passes(error) || performance.now() > end) throw error;
        this.forget();
        await after(PAUSE_MS);
      }
    }
  }

  async #limited<T>(
    what: string,
    asked: Promise<T>,
    late?: () => void,
    ms = this.#address.request_timeout_ms,
  ): Promise<T> {
    const { brokers } = this.#address;
    const where = `Kafka at ${brokers.join(", ")}`;
    const words = `asked ${where} ${what}: expected an answer within ${ms} ms, saw none; is it up, and reachable from here?`;
    try {
      return await within(asked, ms, words, late);
    } catch (error) {
      if (error instanceof Error && error.message === words) throw error;
      throw new Error(`asked ${where} ${what}: expected an answer, saw ${wordsOf(error)}`, {
        cause: error,
      });
    }
  }
}

type WriterOf = ReturnType<Vendor["Writer"]["create"]>;
type ProduceResponse = ReturnType<Vendor["produceV11"]["parseResponse"]>;
type ParseProduce = Vendor["produceV11"]["parseResponse"];

/** Where some partitions failed the library throws, with the whole answer in the error. */
function responseIn(error: Error): ProduceResponse | undefined {
  return "response" in error ? (error.response as ProduceResponse) : undefined;
}

function securityOf(address: KafkaAddress, password: string | undefined): object {
  const { sasl, username, tls } = address;
  return {
    ...(tls === undefined ? {} : { tls: tlsFiles(tls) }),
    ...(sasl === undefined ? {} : { sasl: { mechanism: sasl.toUpperCase(), username, password } }),
  };
}
