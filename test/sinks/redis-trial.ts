import { readFileSync } from "node:fs";
import { createClient } from "redis";
import type { SinkTrial, TrialPlace, Written } from "../contracts/sink-trial.ts";
import { services, startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";

export const PASSWORD = "p%rl/of-w&ods 7";
/** A confirmed entry outlives a kill. */
const SET = { appendonly: "yes", appendfsync: "always" };
const LOSSLESS = {
  delivery: "lossless",
  password_env: "REDIS_PASSWORD",
  stream_max: 0,
  flush_ms: 100,
  answer_ms: 5000,
};
/** Entries read at a time. */
const STEP = 10_000;

/** The log of each lane as a stream, read by another client than ours. */
export const trial: SinkTrial<Service> = {
  title: "lossless streams",
  delivery: "lossless",
  servers: {
    missing: () => services.missing("redis"),
    start: () => startService("redis", { password: PASSWORD, set: SET }),
  },
  options: ({ word, server }) => ({ ...LOSSLESS, url: `redis://${server.address}`, prefix: word }),
  env: () => ({ REDIS_PASSWORD: PASSWORD }),
  read: (place, lane) => entriesOf(place, lane),
  refusal: {
    // Some nine bytes a level, and the smallest limit that Redis takes is a mebibyte.
    levels: 200_000,
    prepare: async ({ server }) => {
      await asking(server, (client) => client.configSet("proto-max-bulk-len", "1048576"));
    },
  },
  credentials: {
    options: ({ word, server }) => ({ ...LOSSLESS, url: `redis://${server.address}`, prefix: word }),
    env: () => ({ REDIS_PASSWORD: "another-password-9" }),
  },
  tls: {
    start: () => startService("redis", { password: PASSWORD, tls: true, set: SET }),
    options: ({ word, server }) => ({ ...LOSSLESS, url: `rediss://${server.address}`, prefix: word }),
  },
};

export type Client = ReturnType<typeof createClient>;

/** Another program's connection to the same server. */
export async function clientOf({ host, port, certs, password }: Service): Promise<Client> {
  const socket =
    certs === null
      ? { host, port }
      : {
          host,
          port,
          tls: true as const,
          ca: readFileSync(certs.ca),
          cert: readFileSync(certs.cert),
          key: readFileSync(certs.key),
        };
  const client = createClient({ socket, ...(password === null ? {} : { password }) }) as Client;
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

export async function asking<T>(server: Service, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = await clientOf(server);
  try {
    return await ask(client);
  } finally {
    client.destroy();
  }
}

async function* entriesOf(
  { server, word }: TrialPlace<Service>,
  lane: string,
): AsyncIterable<readonly Written[]> {
  const client = await clientOf(server);
  try {
    for (let from = "-"; ;) {
      const entries = (await client.xRange(`${word}:log:${lane}`, from, "+", { COUNT: STEP })) ?? [];
      yield entries.map(({ message }) => writtenOf(message["data"]!));
      const last = entries.at(-1);
      if (last === undefined || entries.length < STEP) return;
      from = `(${last.id}`;
    }
  } finally {
    client.destroy();
  }
}

function writtenOf(text: string): Written {
  const event = JSON.parse(text) as {
    readonly log_seq: number;
    readonly slots: number;
    readonly type: string;
  };
  const { log_seq: seq, slots, type } = event;
  return type === "hole" ? { seq, slots, hole: true } : { seq, slots, key: "", event: { ...event } };
}
