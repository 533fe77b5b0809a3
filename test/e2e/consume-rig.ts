import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Admin, Consumer, Producer, stringDeserializers } from "@platformatic/kafka";
import pg from "pg";
import { programIn } from "../lossless/program.ts";
import type { Service } from "../services/service.ts";

/** After a kill -9 a broker is let in again when its session is over: 9 s unless it is told otherwise. */
export const KAFKA_SET = { "broker.session.timeout.ms": "5000" };

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** `feedhorn consume` as a process of its own. */
export class ConsumeProcess {
  readonly #main: string;
  readonly #dir = mkdtempSync(join(tmpdir(), "feedhorn-consume-"));
  readonly #env: Readonly<Record<string, string>>;
  readonly #flags: readonly string[];
  #child: ChildProcess | null = null;
  #ended: Promise<string> = Promise.resolve("");
  log = "";
  url = "";

  constructor(flags: readonly string[], env: Readonly<Record<string, string>>) {
    this.#main = programIn(this.#dir);
    this.#flags = flags;
    this.#env = env;
  }

  async start(): Promise<void> {
    this.log = "";
    const args = [this.#main, "consume", "--port", "0", ...this.#flags];
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...this.#env },
    });
    this.#child = child;
    running.add(child);
    this.#ended = new Promise((resolve) =>
      child.once("close", (code, signal) => {
        running.delete(child);
        resolve(signal ?? `code ${code}`);
      }),
    );
    child.stderr.on("data", (text: Buffer) => {
      this.log += text.toString();
    });
    await eventually(
      () => /"url":"([^"]+)"/.exec(this.log)?.[1],
      (url) => url !== undefined,
      () => this.log,
    );
    this.url = /"url":"([^"]+)"/.exec(this.log)![1]!;
  }

  async standing(): Promise<Record<string, number | string | null>> {
    const health = (await (await fetch(`${this.url}/health`)).json()) as { consume: Record<string, number> };
    return health.consume;
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.url}/metrics`)).text();
  }

  /** How it ended: a signal, or `code 0`. */
  end(signal: NodeJS.Signals): Promise<string> {
    this.#child?.kill(signal);
    return this.#ended;
  }

  async remove(): Promise<void> {
    await this.end("SIGKILL");
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Waits for something that may fail meanwhile. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  good: (seen: T) => boolean,
  more: () => string = () => "",
  ms = 90_000,
): Promise<T> {
  let seen: unknown = "nothing";
  for (const end = performance.now() + ms; performance.now() < end; await sleep(50)) {
    try {
      const now = await look();
      if (good(now)) return now;
      seen = now;
    } catch (error) {
      seen = error;
    }
  }
  throw new Error(
    `not within ${ms} ms, saw ${seen instanceof Error ? String(seen) : JSON.stringify(seen)} ${more()}`,
  );
}

/** One question, as often as the server is away. */
export function asked({ host, port }: Service, sql: string): Promise<Record<string, unknown>[]> {
  return eventually(
    async () => {
      const client = new pg.Client({ host, port, user: "postgres", database: "postgres" });
      client.on("error", () => undefined);
      try {
        await client.connect();
        return (await client.query<Record<string, unknown>>(sql)).rows;
      } catch (error) {
        // What the server says of the question itself is no reason to ask again.
        if (/^(42|22|23)/.test(String((error as { code?: string }).code))) return error as Error;
        throw error;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    () => true,
  ).then((rows) => {
    if (rows instanceof Error) throw rows;
    return rows;
  });
}

export interface Sent {
  readonly key: string;
  readonly value: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A topic of three partitions. */
export async function createTopic(
  { address }: Service,
  topic: string,
  configs: { name: string; value: string }[] = [],
): Promise<void> {
  const admin = new Admin({ clientId: "test", bootstrapBrokers: [address] });
  await eventually(
    () => admin.createTopics({ topics: [topic], partitions: 3, replicas: 1, configs }),
    () => true,
  );
  await admin.close();
}

export async function send({ address }: Service, topic: string, messages: readonly Sent[]): Promise<void> {
  const producer = new Producer({
    clientId: "test",
    bootstrapBrokers: [address],
    maxRequestSize: 4 << 20,
  } as object as { clientId: string; bootstrapBrokers: string[] });
  try {
    for (let at = 0; at < messages.length; at += 500)
      await producer.send({
        messages: messages.slice(at, at + 500).map(({ key, value, headers = {} }) => ({
          topic,
          key: Buffer.from(key),
          value: Buffer.from(value),
          headers: new Map(Object.entries(headers).map(([k, v]) => [Buffer.from(k), Buffer.from(v)])),
        })),
        acks: -1,
      });
  } finally {
    await producer.close();
  }
}

/** Everything of a topic. */
export async function messagesOf(
  { address }: Service,
  topic: string,
): Promise<{ value: string; headers: Record<string, string> }[]> {
  const consumer = new Consumer({
    clientId: "test",
    bootstrapBrokers: [address],
    groupId: `test-${Math.random()}`,
    deserializers: stringDeserializers,
  });
  const found: { value: string; headers: Record<string, string> }[] = [];
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)!;
    const left = ends.reduce((sum, end) => sum + Number(end), 0);
    if (left === 0) return found;
    const stream = await consumer.consume({
      topics: [topic],
      mode: "earliest",
      autocommit: false,
      maxWaitTime: 100,
    });
    for await (const { value, headers } of stream) {
      found.push({ value, headers: Object.fromEntries(headers) });
      if (found.length === left) break;
    }
    return found;
  } finally {
    await consumer.close(true);
  }
}
