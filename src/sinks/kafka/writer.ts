import { after } from "../kit/within.ts";
import type { KafkaClient, ProduceAnswer, ProducePart } from "./client.ts";
import type { KafkaRecord, RecordBatchEncoder } from "./record-batch.ts";
import { roomOf } from "./record-batch.ts";
import { sequenceAfter } from "./state.ts";
import type { Partition } from "./state.ts";
import { outOfStep, refuses } from "./words.ts";

/** What a writer tells while it works. */
export interface WriterEvents {
  /** The broker will not take this record, whatever is tried. */
  refused(record: KafkaRecord, reason: string): void;
  /** Nothing was acknowledged, for this reason; it is tried again until its time is over. */
  retry(reason: string): void;
  /** An acknowledgement takes long. */
  slow(reason: string): void;
  /** The producer's sequence numbers are not those that the broker expects; what comes next is an error. */
  outOfStep(): void;
  /** Records and bytes that are safe. */
  sent(records: number, bytes: number): void;
}

export interface WriterOptions {
  readonly producerId: bigint;
  readonly epoch: number;
  /** Bytes of a batch, at most, unless one record has more. */
  readonly batchBytes: number;
  /** A round that failed is tried again for so long, ms; then the sink begins again from what the topics hold. */
  readonly giveUpMs: number;
}

interface Waiting {
  readonly partition: Partition;
  records: KafkaRecord[];
}

/** An acknowledgement that takes longer is told of. */
const SLOW_MS = 2000;
const RETRY_MS = 100;
const MOST_RETRY_MS = 2000;

/**
 * An idempotent producer with one batch a partition on the way (decision 43): what is sent again has the same sequence numbers, so the broker
 * keeps it once, and in order. `add` until it says that it is time, then `send`: the next round is gathered meanwhile.
 */
export class KafkaWriter {
  readonly #client: KafkaClient;
  readonly #encoder: RecordBatchEncoder;
  readonly #options: WriterOptions;
  readonly #events: WriterEvents;
  #open = new Map<Partition, { records: KafkaRecord[]; bytes: number }>();
  #onWay: Promise<void> | null = null;
  /** Partitions that have taken a batch of ours since this writer began. */
  readonly #begun = new Set<Partition>();

  constructor(
    client: KafkaClient,
    encoder: RecordBatchEncoder,
    options: WriterOptions,
    events: WriterEvents,
  ) {
    this.#client = client;
    this.#encoder = encoder;
    this.#options = options;
    this.#events = events;
  }

  /** True when a batch is full: `send` then. */
  add(partition: Partition, record: KafkaRecord): boolean {
    let open = this.#open.get(partition);
    if (open === undefined) this.#open.set(partition, (open = { records: [], bytes: 0 }));
    open.records.push(record);
    open.bytes += roomOf(record);
    return open.bytes >= this.#options.batchBytes;
  }

  /** Waits for the round before and lets this one go; what went wrong with either is thrown here or by the next call. */
  async send(): Promise<void> {
    await this.drain();
    if (this.#open.size === 0) return;
    const round = [...this.#open].map(([partition, { records }]) => ({ partition, records }));
    this.#open = new Map();
    this.#onWay = this.#deliver(round);
    // It is looked at by the next call, which may come later than it fails.
    this.#onWay.catch(() => undefined);
  }

  /** Until nothing is on the way. What was added since the last `send` still waits. */
  async drain(): Promise<void> {
    const onWay = this.#onWay;
    if (onWay === null) return;
    await onWay;
    this.#onWay = null;
  }

  async #deliver(round: Waiting[]): Promise<void> {
    const slow = setTimeout(() => {
      this.#events.slow(`expected an acknowledgement of Kafka, saw none for ${SLOW_MS} ms`);
    }, SLOW_MS);
    try {
      await this.#insist(round);
    } finally {
      clearTimeout(slow);
    }
  }

  async #insist(round: Waiting[]): Promise<void> {
    const end = performance.now() + this.#options.giveUpMs;
    let left = round;
    for (let wait = RETRY_MS; ; wait = Math.min(2 * wait, MOST_RETRY_MS)) {
      const reasons = new Set<string>();
      left = await this.#attempt(left, reasons);
      if (left.length === 0) return;
      if (reasons.size === 0) continue;
      const reason = [...reasons].join("; ");
      if (performance.now() + wait > end) throw new Error(reason);
      this.#events.retry(reason);
      await after(wait);
      await this.#findLeaders(left).catch((error: unknown) => {
        this.#events.retry(error instanceof Error ? error.message : String(error));
      });
    }
  }

  /** What has to be sent again, and why; also what waits behind another batch of its partition. */
  async #attempt(round: readonly Waiting[], reasons: Set<string>): Promise<Waiting[]> {
    const now = round.filter(
      (waiting, i) => round.findIndex(({ partition }) => partition === waiting.partition) === i,
    );
    const byLeader = new Map<number, Waiting[]>();
    for (const waiting of now) {
      const { leader } = waiting.partition;
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), waiting]);
    }
    const all = [...byLeader].map(([leader, some]) => this.#produce(leader, some, reasons));
    const left = (await Promise.all(all)).flat();
    return [...left, ...round.filter((waiting) => !now.includes(waiting))];
  }

  async #produce(leader: number, some: readonly Waiting[], reasons: Set<string>): Promise<Waiting[]> {
    const parts = some.map((waiting) => this.#part(waiting));
    let answers: readonly ProduceAnswer[];
    try {
      answers = await this.#client.produce(leader, parts);
    } catch (error) {
      reasons.add(error instanceof Error ? error.message : String(error));
      return [...some];
    }
    const left: Waiting[] = [];
    for (const [i, waiting] of some.entries()) {
      const { topic, index } = waiting.partition;
      const answer = answers.find((one) => one.topic === topic && one.partition === index);
      if (answer?.code === 0) await this.#taken(waiting, answer.offset, parts[i]!.bytes.length);
      else left.push(...this.#failed(waiting, answer, reasons));
    }
    return left;
  }

  #part({ partition, records }: Waiting): ProducePart {
    const { producerId, epoch } = this.#options;
    const stamp = { producerId, epoch, sequence: partition.sequence, now: Date.now() };
    return {
      topic: partition.topic,
      partition: partition.index,
      bytes: this.#encoder.encode(records, stamp),
    };
  }

  async #taken({ partition, records }: Waiting, offset: bigint, bytes: number): Promise<void> {
    if (!this.#begun.has(partition)) await this.#check(partition, records, offset);
    this.#begun.add(partition);
    partition.sequence = sequenceAfter(partition.sequence, records.length);
    partition.offset = offset + BigInt(records.length);
    this.#events.sent(records.length, bytes);
  }

  /**
   * Whether the first batch of ours that a partition has taken is the one that is there. A process of ours that was killed may have left a batch on the
   * way; if it arrived after we looked, with the same sequence numbers and other records, the broker would call ours a repetition of it.
   */
  async #check(
    { topic, index, leader }: Partition,
    [first]: readonly KafkaRecord[],
    offset: bigint,
  ): Promise<void> {
    const fetched = await this.#client.fetch(leader, [{ topic, partition: index, offset }], RETRY_MS);
    const record = fetched[0]?.batches.find((batch) => batch.firstOffset === offset)?.records[0];
    const seq = record?.headers.find(([name]) => name.toString() === "log_seq")?.[1]?.toString();
    const lane = record?.headers.find(([name]) => name.toString() === "lane")?.[1]?.toString();
    if (seq === String(first!.seq) && lane === first!.lane) return;
    throw new Error(
      `expected ${first!.lane} ${first!.seq} at ${topic}/${index}/${offset}, saw ${lane} ${seq}; what is there is read again`,
    );
  }

  #failed(waiting: Waiting, answer: ProduceAnswer | undefined, reasons: Set<string>): Waiting[] {
    const { partition, records } = waiting;
    const where = `${partition.topic}/${partition.index}`;
    const words = answer?.words ?? "no answer for this partition";
    const code = answer?.code ?? -1;
    if (outOfStep(code)) {
      this.#events.outOfStep();
      throw new Error(`${where}: ${words}; what is there is read again`);
    }
    if (!refuses(code)) {
      reasons.add(`Kafka has not taken records for ${where}: ${words}`);
      return [waiting];
    }
    if (records.length === 1) {
      this.#events.refused(records[0]!, words);
      return [];
    }
    // One of these: the first half goes at once, the second behind it.
    const half = records.length >> 1;
    return [
      { partition, records: records.slice(0, half) },
      { partition, records: records.slice(half) },
    ];
  }

  async #findLeaders(left: readonly Waiting[]): Promise<void> {
    this.#client.forget();
    const topics = await this.#client.topics([...new Set(left.map(({ partition }) => partition.topic))]);
    for (const { partition } of left)
      partition.leader = topics.get(partition.topic)?.leaders[partition.index] ?? partition.leader;
  }
}
