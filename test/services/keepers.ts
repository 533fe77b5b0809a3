import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect as connectNats } from "@nats-io/transport-node";
import { readFileSync } from "node:fs";
import { Client } from "pg";
import { createClient } from "redis";
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
  kafka: { put: async () => undefined, get: async () => "before" },
  pulsar: { put: async () => undefined, get: async () => "before" },
  questdb: { put: async () => undefined, get: async () => "before" },
  clickhouse: { put: async () => undefined, get: async () => "before" },
};
