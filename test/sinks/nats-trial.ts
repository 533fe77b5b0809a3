import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { readFileSync } from "node:fs";
import type { SinkTrial, TrialPlace, Written } from "../contracts/sink-trial.ts";
import { services, startService } from "../services/service.ts";
import type { Service } from "../services/service.ts";

const USER = "feed";
const PASSWORD = "p%rl/of-w&ods 7";

/** Read by the vendor's own consumer, which knows nothing of the sink. */
export const trial: SinkTrial<Service> = {
  servers: {
    missing: () => services.missing("nats"),
    start: () => startService("nats", { user: USER, password: PASSWORD }),
  },
  options: ({ word, server }) => ({
    servers: [server.address],
    prefix: word,
    stream: word,
    user: USER,
    password_env: "NATS_PASSWORD",
    flush_ms: 100,
  }),
  env: () => ({ NATS_PASSWORD: PASSWORD }),
  read: (place, lane) => messagesOf(place, lane),
  refusal: {
    levels: 300,
    prepare: (place) =>
      connected(place, async (nc) => {
        const manager = await jetstreamManager(nc);
        const { config } = await manager.streams.info(place.word);
        await manager.streams.update(place.word, { ...config, max_msg_size: 3000 });
      }),
  },
  credentials: {
    options: ({ word, server }) => ({
      servers: [server.address],
      prefix: word,
      stream: word,
      user: USER,
      password_env: "NATS_PASSWORD",
    }),
    env: () => ({ NATS_PASSWORD: "another-password-9" }),
  },
  tls: {
    start: () => startService("nats", { user: USER, password: PASSWORD, tls: true }),
    options: ({ word, server }) => ({
      servers: [server.address],
      prefix: word,
      stream: word,
      user: USER,
      password_env: "NATS_PASSWORD",
      flush_ms: 100,
    }),
  },
};

interface Line {
  readonly log_seq: number;
  readonly slots: number;
  readonly type: string;
}

export async function* messagesOf(
  place: TrialPlace<Service>,
  lane: string,
): AsyncIterable<readonly Written[]> {
  const nc = await connectedTo(place.server);
  try {
    const manager = await jetstreamManager(nc);
    const there = await manager.streams.names(`${place.word}.>`).next();
    if (there.length === 0) return;
    const made = await manager.consumers.add(place.word, {
      filter_subject: `${place.word}.${lane}.>`,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.All,
      inactive_threshold: 60_000_000_000,
      mem_storage: true,
    });
    const consumer = await jetstream(nc).consumers.get(place.word, made.name);
    for (let left = made.num_pending; left > 0;) {
      const chunk: Written[] = [];
      for await (const message of await consumer.fetch({
        max_messages: Math.min(left, 4096),
        expires: 30_000,
      }))
        chunk.push(writtenOf(message.json<Line>()));
      if (chunk.length === 0) throw new Error(`expected ${left} more messages, saw none within 30 s`);
      left -= chunk.length;
      yield chunk;
    }
  } finally {
    await nc.close();
  }
}

function writtenOf(line: Line): Written {
  const { log_seq: seq, slots, type } = line;
  return type === "hole" ? { seq, slots, hole: true } : { seq, slots, key: "", event: { ...line } };
}

async function connected(
  { server }: TrialPlace<Service>,
  act: (nc: NatsConnection) => Promise<void>,
): Promise<void> {
  const nc = await connectedTo(server);
  try {
    await act(nc);
  } finally {
    await nc.close();
  }
}

function connectedTo({ address, certs }: Service): Promise<NatsConnection> {
  const tls = certs === null ? {} : { tls: { ca: readFileSync(certs.ca, "utf8") } };
  return connect({ servers: address, user: USER, pass: PASSWORD, ...tls });
}
