import type { OpenSink, Sink, SinkHost, SlotBatch } from "./sink.ts";
import { NativeEvents } from "./kit/native.ts";
import type { NativeEvent } from "./kit/native.ts";
import { Refused } from "./kit/refused.ts";
import { Chain } from "./nats/chain.ts";
import { openLink } from "./nats/link.ts";
import type { NatsLink } from "./nats/link.ts";
import type { NatsOptions } from "./nats/options.ts";
import { ensureStream, lastOf } from "./nats/stream.ts";
import { Subjects } from "./nats/subject.ts";

/** Headers of a message, at most: two ids of a lane's name and a sequence. */
const HEAD_BYTES = 256;

/**
 * JetStream: one message an event, scheme native, at `<prefix>.<lane>.<venue>.<instrument>.<kind>`, named `<lane>:<log_seq>`. What
 * is flushed was confirmed by the server; after a crash it goes on behind the last message of each lane that the stream holds.
 * `mode: core` publishes to whoever listens: flushed is what the server has heard.
 */
export const nats: Sink<NatsOptions> = {
  type: "nats",
  delivery: "lossless",
  accepts: "all",
  flushMs: 200,
  open: async (options, host) => {
    const link = await openLink(options, host);
    try {
      return await begin(link, options, host);
    } catch (error) {
      await link.close();
      throw error;
    }
  },
};

async function begin(link: NatsLink, options: NatsOptions, host: SinkHost): Promise<OpenSink> {
  const subjects = new Map(host.lanes.map((lane) => [lane, new Subjects(options.prefix, lane)]));
  if (options.mode === "core") return new CoreNats(link, subjects);
  await ensureStream(link, options, options.prefix);
  const marks = new Map<string, number>();
  for (const [lane, { all }] of subjects) {
    const next = await lastOf(link, options.stream, all);
    if (next !== null) marks.set(lane, next);
  }
  return new OpenNats({ link, subjects, marks, host, inFlight: options.in_flight });
}

interface Parts {
  readonly link: NatsLink;
  readonly subjects: ReadonlyMap<string, Subjects>;
  /** Where each lane goes on, of lanes that the stream has something of. */
  readonly marks: Map<string, number>;
  readonly host: SinkHost;
  readonly inFlight: number;
}

class OpenNats implements OpenSink {
  readonly #link: NatsLink;
  readonly #subjects: ReadonlyMap<string, Subjects>;
  readonly #marks: Map<string, number>;
  readonly #host: SinkHost;
  readonly #chain: Chain;
  readonly #refused: Refused;
  readonly #events = new NativeEvents();

  constructor({ link, subjects, marks, host, inFlight }: Parts) {
    this.#link = link;
    this.#subjects = subjects;
    this.#marks = marks;
    this.#host = host;
    this.#refused = new Refused(host);
    const refused = this.#refused;
    this.#chain = new Chain({
      link,
      inFlight,
      waits: (reason) => host.state(reason === null ? "connected" : "degraded", reason ?? undefined),
      refused: ({ lane, seq, body }, reason) => refused.keep(lane, seq, reason, Buffer.from(body).toString()),
    });
  }

  resumeAt(lane: string): number | null {
    return this.#marks.get(lane) ?? null;
  }

  async write(batch: SlotBatch): Promise<void> {
    const { lane } = batch;
    const subjects = this.#subjects.get(lane)!;
    subjects.begin(batch.session);
    for (const event of this.#events.bytesOf(batch)) {
      const { seq, at, text: body } = event;
      const subject = at < 0 ? subjects.hole : subjects.of(batch.slots, at << 4, batch.rows);
      if (body.length + HEAD_BYTES > this.#link.maxPayload) this.#tooLong(lane, event);
      else {
        if (!this.#chain.open) await this.#chain.room();
        this.#chain.send({ subject, id: `${lane}:${seq}`, lane, seq, body });
      }
    }
    this.#marks.set(lane, batch.end);
  }

  #tooLong(lane: string, { seq, text }: NativeEvent<Buffer>): void {
    const most = this.#link.maxPayload;
    this.#refused.keep(
      lane,
      seq,
      `longer than the server's max_payload of ${most} bytes; raise it there`,
      text.toString(),
    );
  }

  async flush(): Promise<Readonly<Record<string, number>>> {
    await this.#chain.drained();
    const { acked, duplicates } = this.#chain;
    this.#host.figure("counter", "acked_total", "Messages that JetStream has confirmed", acked);
    this.#host.figure("counter", "duplicates_total", "Of these, messages it had already", duplicates);
    return Object.fromEntries(this.#marks);
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

/** Messages to whoever listens now. */
class CoreNats implements OpenSink {
  readonly #link: NatsLink;
  readonly #subjects: ReadonlyMap<string, Subjects>;
  readonly #marks = new Map<string, number>();
  readonly #events = new NativeEvents();
  #lost: string | null = null;

  constructor(link: NatsLink, subjects: ReadonlyMap<string, Subjects>) {
    this.#link = link;
    this.#subjects = subjects;
    void this.#watch(link);
  }

  async #watch({ closed }: NatsLink): Promise<void> {
    this.#lost = await closed;
  }

  async write(batch: SlotBatch): Promise<void> {
    this.#check();
    const subjects = this.#subjects.get(batch.lane)!;
    subjects.begin(batch.session);
    let bytes = 0;
    for (const { at, text: body } of this.#events.bytesOf(batch)) {
      const subject = at < 0 ? subjects.hole : subjects.of(batch.slots, at << 4, batch.rows);
      if (body.length > this.#link.maxPayload) continue;
      this.#link.publish(subject, null, body, "");
      if ((bytes += body.length) < CORE_BYTES) continue;
      bytes = 0;
      await this.#link.reached();
    }
    this.#marks.set(batch.lane, batch.end);
  }

  async flush(): Promise<Readonly<Record<string, number>>> {
    this.#check();
    await this.#link.reached();
    return Object.fromEntries(this.#marks);
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  #check(): void {
    if (this.#lost !== null)
      throw new Error(`nats: expected the connection to last, saw it end: ${this.#lost}`);
  }
}

/** Sent ahead of the server, at most. */
const CORE_BYTES = 4 << 20;
