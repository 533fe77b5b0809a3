import { Buffer } from "node:buffer";
import { Present } from "../kit/present.ts";
import type { SinkHost } from "../sink.ts";
import type { Fetched, FetchedBatch, KafkaClient, KafkaTopic } from "./client.ts";
import { CODE, codesOf } from "./words.ts";

/** What is kept in `<data>/sinks/<name>.json`: from where on to look for records whose acknowledgement nobody has written down. */
export interface KafkaState {
  readonly version: 1;
  readonly producer: KafkaProducer;
  /** Producers before it whose records may stand behind these offsets. */
  readonly before: readonly string[];
  /** The broker and we do not agree about sequence numbers: another producer is needed. */
  readonly anew: boolean;
  readonly topics: Readonly<Record<string, TopicState>>;
  /** Next sequence of each lane. */
  readonly marks: Readonly<Record<string, number>>;
}

export interface KafkaProducer {
  readonly id: string;
  readonly epoch: number;
}

export interface TopicState {
  readonly id: string;
  /** Of each partition: where to read from, and the sequence of the producer's first record behind that. */
  readonly partitions: readonly { readonly offset: string; readonly sequence: number }[];
}

/** A partition as its only writer knows it. */
export interface Partition {
  readonly topic: string;
  readonly index: number;
  leader: number;
  /** Behind the last record that is known. */
  offset: bigint;
  /** Of the next record of our producer. */
  sequence: number;
}

export interface Found {
  readonly partitions: ReadonlyMap<string, readonly Partition[]>;
  /** Where it was read from. */
  readonly from: Readonly<Record<string, TopicState>>;
  readonly present: Present;
  /** The producer's sequences do not go on from what the topics hold: it has to be another one. */
  readonly broken: boolean;
}

/** The log of a partition has moved away under us this often: then something else is wrong. */
const MOST_EMPTY = 50;
const WAIT_MS = 100;
const SEQUENCES = 2 ** 31;
const LANE = Buffer.from("lane");
const LOG_SEQ = Buffer.from("log_seq");

/** The sequence `count` records later: 31 bits, around. */
export function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) % SEQUENCES;
}

/** Finds where partitions stand, and what they hold behind what was kept. */
export class Finder {
  readonly #client: KafkaClient;
  readonly #kept: KafkaState | null;
  readonly #report: SinkHost["report"];
  readonly #present = new Present();
  #broken: boolean;

  constructor(client: KafkaClient, kept: KafkaState | null, report: SinkHost["report"]) {
    this.#client = client;
    this.#kept = kept;
    this.#report = report;
    this.#broken = kept?.anew ?? false;
  }

  /**
   * Compares what was kept with what the topics hold, and reads what is behind: records that the broker took and that nobody heard of any more.
   * A topic that is new to us, or was made anew, begins where it ends now.
   */
  async find(topics: ReadonlyMap<string, KafkaTopic>): Promise<Found> {
    const partitions = new Map<string, Partition[]>();
    const from: Record<string, TopicState> = {};
    for (const [topic, known] of topics) {
      const list = await this.#begin(topic, known);
      partitions.set(topic, list);
      from[topic] = topicState(known.id, list);
      const ends = await this.#client.offsets(topic, "next");
      if (this.#kept !== null)
        for (const partition of list) await this.#behind(partition, ends[partition.index]!);
    }
    return { partitions, from, present: this.#present, broken: this.#broken };
  }

  /** Where each partition is to be read from. */
  async #begin(topic: string, { id, leaders }: KafkaTopic): Promise<Partition[]> {
    const firsts = await this.#client.offsets(topic, "first");
    const ends = await this.#client.offsets(topic, "next");
    const before = this.#kept?.topics[topic];
    const same = before !== undefined && before.id === id;
    if (before !== undefined && !same) {
      this.#report("warn", "the topic is another one of that name: it begins at its end", { topic });
      this.#broken = true;
    }
    return leaders.map((leader, index): Partition => {
      const known = same ? before.partitions[index] : undefined;
      // A partition that was added later holds nothing of ours that is older than what was kept.
      const wanted = same ? BigInt(known?.offset ?? 0) : ends[index]!;
      const offset = this.#within({ topic, index, wanted, first: firsts[index]!, end: ends[index]! });
      return { topic, index, leader, offset, sequence: known?.sequence ?? 0 };
    });
  }

  #within(at: { topic: string; index: number; wanted: bigint; first: bigint; end: bigint }): bigint {
    const { topic, index, wanted, first, end } = at;
    if (wanted >= first && wanted <= end) return wanted;
    this.#broken = true;
    const what =
      wanted < first
        ? "records were deleted before they were read back"
        : "it has lost records that it confirmed";
    const facts = {
      topic,
      partition: index,
      expected_offset: String(wanted),
      first: String(first),
      end: String(end),
    };
    this.#report("warn", `a partition is not where it was: ${what}`, facts);
    return wanted < first ? first : end;
  }

  async #behind(partition: Partition, end: bigint): Promise<void> {
    for (let empty = 0; partition.offset < end;) {
      const { topic, index, offset, leader } = partition;
      const fetched = await this.#fetch(leader, topic, index, offset);
      if (fetched === null || (fetched.batches.length === 0 && ++empty > MOST_EMPTY))
        throw new Error(
          `reading back ${topic}/${index} from ${offset} to ${end}: expected records, saw none`,
        );
      for (const batch of fetched.batches) this.#take(partition, batch);
    }
  }

  async #fetch(leader: number, topic: string, partition: number, offset: bigint): Promise<Fetched | null> {
    try {
      return (await this.#client.fetch(leader, [{ topic, partition, offset }], WAIT_MS))[0] ?? null;
    } catch (error) {
      if (codesOf(error).includes(CODE.OFFSET_OUT_OF_RANGE)) return null;
      throw error;
    }
  }

  #take(partition: Partition, batch: FetchedBatch): void {
    const next = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
    if (next <= partition.offset) return;
    partition.offset = next;
    const { producer, before } = this.#kept!;
    const writer = String(batch.producerId);
    if (writer === producer.id) {
      if (batch.firstSequence !== partition.sequence) this.#broken = true;
      partition.sequence = sequenceAfter(batch.firstSequence, batch.lastOffsetDelta + 1);
    } else if (!before.includes(writer)) return;
    this.#note(batch);
  }

  #note({ records }: FetchedBatch): void {
    for (const { headers } of records) {
      let [lane, seq] = ["", -1];
      for (const [name, value] of headers) {
        if (name.equals(LANE)) lane = String(value);
        else if (name.equals(LOG_SEQ)) seq = Number(value);
      }
      if (seq < 0) continue;
      this.#present.add(lane, seq);
    }
  }
}

/** As it is kept. */
export function topicState(id: string, partitions: readonly Partition[]): TopicState {
  return { id, partitions: partitions.map(({ offset, sequence }) => ({ offset: String(offset), sequence })) };
}
