import { readFileSync } from "node:fs";
import { Admin, Consumer, stringDeserializers } from "@platformatic/kafka";
import { setTimeout as sleep } from "node:timers/promises";
import type { SinkTrial, TrialPlace, Written } from "../contracts/sink-trial.ts";
import { services, startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";

/** After a kill -9 a broker is let in again when its session is over: 9 s unless it is told otherwise. */
export const SET = { "broker.session.timeout.ms": "5000" };
export const USER = "feed";
export const PASSWORD = "pw-of-kafka-7";
const PATIENCE_MS = 30_000;

/** Read by the vendor's own consumer, which knows nothing of the sink. */
export const trial: SinkTrial<Service> = {
  servers: {
    missing: () => services.missing("kafka"),
    start: () => startService("kafka", { user: USER, password: PASSWORD, set: SET }),
  },
  options: optionsOf,
  env: () => ({ KAFKA_PASSWORD: PASSWORD }),
  read: recordsOf,
  refusal: {
    levels: 300,
    prepare: async (place) => {
      const admin = new Admin(clientOf(place.server));
      const { incrementalAlterConfigsV1 } = await import("@platformatic/kafka");
      const [connection] = [...(await admin.connectToBrokers(null)).values()];
      const config = { name: "max.message.bytes", configOperation: 0, value: "3000" };
      const resource = { resourceType: 2, resourceName: place.word, configs: [config] };
      await incrementalAlterConfigsV1.api.async(connection!, [resource], false);
      await admin.close();
    },
  },
  proxy: "a broker tells its clients its own address; test/sinks/kafka.test.ts has one that tells a proxy's",
  credentials: { options: optionsOf, env: () => ({ KAFKA_PASSWORD: "another-password-9" }) },
  tls: {
    start: () => startService("kafka", { user: USER, password: PASSWORD, tls: true, set: SET }),
    options: optionsOf,
  },
};

export function optionsOf({ word, server }: TrialPlace<Service>): object {
  return {
    brokers: [server.address],
    topic: word,
    partitions: 3,
    // Below what the refused record needs by itself, so that it comes in a batch with others.
    batch_bytes: 65_536,
    sasl: "plain",
    username: USER,
    password_env: "KAFKA_PASSWORD",
    flush_ms: 100,
  };
}

interface ClientOptions {
  clientId: string;
  bootstrapBrokers: string[];
  sasl: { mechanism: "PLAIN"; username: string; password: string };
  tls?: { ca: string };
}

export function clientOf({ address, certs }: Service): ClientOptions {
  return {
    clientId: "trial",
    bootstrapBrokers: [address],
    sasl: { mechanism: "PLAIN", username: USER, password: PASSWORD },
    ...(certs === null ? {} : { tls: { ca: readFileSync(certs.ca, "utf8") } }),
  };
}

/** Every record of a lane, partition by partition in the order of offsets. */
export async function* recordsOf(
  { word, server }: TrialPlace<Service>,
  lane: string,
): AsyncIterable<readonly Written[]> {
  const admin = new Admin(clientOf(server));
  // A broker on a busy machine may be out of its own cluster for a moment.
  const there = (await patiently(() => admin.listTopics())).includes(word);
  await admin.close();
  if (!there) return;
  const consumer = new Consumer({
    ...clientOf(server),
    groupId: `${word}-${Math.random()}`,
    deserializers: stringDeserializers,
  });
  try {
    const ends = (await patiently(() => consumer.listOffsets({ topics: [word] }))).get(word)!;
    let left = ends.reduce((sum, end) => sum + Number(end), 0);
    if (left === 0) return;
    const stream = await consumer.consume({
      topics: [word],
      mode: "earliest",
      autocommit: false,
      maxWaitTime: 100,
    });
    let chunk: Written[] = [];
    for await (const { key, value, headers } of stream) {
      left -= 1;
      if (headers.get("lane") === lane) chunk.push(writtenOf(key, value));
      if (chunk.length >= 4096 || left === 0) {
        yield chunk;
        chunk = [];
      }
      if (left === 0) break;
    }
  } finally {
    await consumer.close(true);
  }
}

function writtenOf(key: string, text: string): Written {
  const event = JSON.parse(text) as { log_seq: number; slots: number; type: string };
  const { log_seq: seq, slots, type } = event;
  return type === "hole" ? { seq, slots, hole: true } : { seq, slots, key, event: { ...event } };
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(500);
    }
  }
}
