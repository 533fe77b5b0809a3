import { createClient as createClickHouse } from "@clickhouse/client";
import type { ClickHouseClient } from "@clickhouse/client";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats } from "@nats-io/transport-node";
import { Consumer, Producer } from "@platformatic/kafka";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { createClient } from "redis";
import { WebSocket } from "ws";
import type { Service, ServiceName } from "./service.ts";

/** Gives a server something to keep, as its usual client does, and asks for it again. */
interface Keeper {
  put(service: Service, text: string): Promise<void>;
  get(service: Service): Promise<string>;
}

function redisOf(service: Service) {
  const { host, port, user, password, certs } = service;
  const tls = certs === null ? {} : { tls: true as const, ...filesOf(service) };
  return createClient({
    socket: { host, port, reconnectStrategy: false, ...tls },
    ...(user === null ? {} : { username: user }),
    ...(password === null ? {} : { password }),
  });
}

async function viaRedis<T>(
  service: Service,
  act: (client: ReturnType<typeof redisOf>) => Promise<T>,
): Promise<T> {
  const client = redisOf(service);
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

async function viaPostgres(service: Service, sql: string): Promise<string> {
  const { host, port, user, password, certs } = service;
  const client = new Client({
    host,
    port,
    user: user ?? "postgres",
    database: "postgres",
    password: password ?? undefined,
    ...(certs === null ? {} : { ssl: filesOf(service) }),
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ text: string }>(sql);
    return rows[0]?.text ?? "";
  } finally {
    await client.end();
  }
}

async function viaNats<T>(
  service: Service,
  act: (nc: Awaited<ReturnType<typeof connectNats>>) => Promise<T>,
): Promise<T> {
  const { address, user, password, certs } = service;
  const token = password === null ? {} : { token: password };
  const nc = await connectNats({
    servers: address,
    ...(user === null ? token : { user, pass: password! }),
    ...(certs === null ? {} : { tls: { caFile: certs.ca, certFile: certs.cert, keyFile: certs.key } }),
  });
  try {
    return await act(nc);
  } finally {
    await nc.close();
  }
}

function kafkaOf(service: Service) {
  const { address, user, password, certs } = service;
  const sasl = { mechanism: "PLAIN" as const, username: user ?? "feedhorn", password: password ?? "" };
  return {
    clientId: "keeper",
    bootstrapBrokers: [address],
    retries: 2,
    deserializers: {},
    ...(password === null ? {} : { sasl }),
    ...(certs === null ? {} : { tls: filesOf(service) }),
  };
}

/** Opens one of the doors of Pulsar's WebSocket API, says something or nothing, and gives the first answer. */
async function viaSocket(
  service: Service,
  door: string,
  query: string,
  words: string | null,
): Promise<string> {
  const { address, token, certs } = service;
  const url = `${certs === null ? "ws" : "wss"}://${address}/ws/v2/${door}/persistent/public/default/kept${query}`;
  const socket = new WebSocket(url, {
    ...(certs === null ? {} : filesOf(service)),
    ...(token === null ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
  try {
    await once(socket, "open");
    const answer = once(socket, "message");
    if (words !== null) socket.send(words);
    return String((await answer)[0]);
  } finally {
    socket.terminate();
  }
}

async function viaClickHouse<T>(service: Service, act: (client: ClickHouseClient) => Promise<T>): Promise<T> {
  const { address, user, password, certs } = service;
  const files = certs === null ? null : filesOf(service);
  const client = createClickHouse({
    url: `${certs === null ? "http" : "https"}://${address}`,
    username: user ?? "default",
    password: password ?? "",
    ...(files === null ? {} : { tls: { ca_cert: files.ca, cert: files.cert, key: files.key } }),
  });
  try {
    return await act(client);
  } finally {
    await client.close();
  }
}

async function ask(service: Service, path: string): Promise<string> {
  const { address, user, password } = service;
  const authorization = `Basic ${Buffer.from(`${user ?? "admin"}:${password}`).toString("base64")}`;
  const answer = await fetch(`http://${address}${path}`, {
    headers: password === null ? {} : { authorization },
  });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.text();
}

function filesOf({ certs }: Service): { ca: Buffer; cert: Buffer; key: Buffer } {
  return { ca: readFileSync(certs!.ca), cert: readFileSync(certs!.cert), key: readFileSync(certs!.key) };
}

export const KEEPERS: Readonly<Record<ServiceName, Keeper>> = {
  redis: {
    put: async (service, text) => void (await viaRedis(service, (client) => client.set("kept", text))),
    get: (service) => viaRedis(service, async (client) => (await client.get("kept")) ?? ""),
  },
  postgres: {
    put: async (service, text) =>
      void (await viaPostgres(service, `CREATE TABLE kept AS SELECT '${text}' AS text`)),
    get: (service) => viaPostgres(service, "SELECT text FROM kept"),
  },
  nats: {
    put: (service, text) =>
      viaNats(service, async (nc) => {
        await (await jetstreamManager(nc)).streams.add({ name: "kept", subjects: ["kept"] });
        await jetstream(nc).publish("kept", text);
      }),
    get: (service) =>
      viaNats(service, async (nc) => {
        const found = await (await jetstreamManager(nc)).streams.getMessage("kept", { last_by_subj: "kept" });
        return found?.string() ?? "";
      }),
  },
  kafka: {
    put: async (service, text) => {
      const producer = new Producer({ ...kafkaOf(service), autocreateTopics: true });
      await producer.send({ messages: [{ topic: "kept", value: Buffer.from(text) }] });
      await producer.close();
    },
    get: async (service) => {
      const consumer = new Consumer({ ...kafkaOf(service), groupId: "kept" });
      try {
        const stream = await consumer.consume({ topics: ["kept"], mode: "earliest" });
        for await (const message of stream) return message.value.toString();
        return "";
      } finally {
        await consumer.close(true);
      }
    },
  },
  pulsar: {
    put: async (service, text) => {
      const payload = Buffer.from(text).toString("base64");
      await viaSocket(service, "producer", "", JSON.stringify({ payload }));
    },
    get: async (service) => {
      const told = await viaSocket(service, "reader", "?messageId=earliest", null);
      return Buffer.from((JSON.parse(told) as { payload: string }).payload, "base64").toString();
    },
  },
  questdb: {
    put: async (service, text) => {
      await ask(service, `/exec?query=${encodeURIComponent("CREATE TABLE kept (text STRING)")}`);
      await ask(service, `/exec?query=${encodeURIComponent(`INSERT INTO kept VALUES ('${text}')`)}`);
    },
    get: async (service) => {
      const told = await ask(service, `/exec?query=${encodeURIComponent("SELECT text FROM kept")}`);
      return (JSON.parse(told) as { dataset: string[][] }).dataset[0]![0]!;
    },
  },
  clickhouse: {
    put: (service, text) =>
      viaClickHouse(service, async (client) => {
        await client.command({ query: "CREATE TABLE kept (text String) ENGINE = MergeTree ORDER BY text" });
        await client.insert({ table: "kept", values: [{ text }], format: "JSONEachRow" });
      }),
    get: (service) =>
      viaClickHouse(service, async (client) => {
        const found = await client.query({ query: "SELECT text FROM kept", format: "JSONEachRow" });
        return (await found.json<{ text: string }>())[0]!.text;
      }),
  },
};
