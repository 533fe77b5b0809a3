import { connect, headers } from "@nats-io/transport-node";
import type { NatsConnection } from "@nats-io/transport-node";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { nats } from "../src/sinks/nats.ts";
import { services, startService } from "../test/services/service.ts";
import type { BenchPlace, PlainEvent, PlainWriter, VendorBench } from "./sinks-vendor.ts";

const IN_FLIGHT = 4096;

/**
 * The loops are of the same package: what its own documentation says for JetStream (`js.publish`, a thousand at a time), the fastest loop
 * that is known (messages with a reply subject, acks counted on one subscription), and for core NATS publish and one flush.
 */
export const vendor: VendorBench = {
  sink: nats,
  missing: () => services.missing("nats"),
  start: () => startService("nats"),
  cases: [
    {
      name: "js.publish",
      events: 10_000,
      options,
      plain: (place) => viaPublish(place),
      reset,
    },
    {
      name: "ack inbox",
      options,
      plain: (place) => viaInbox(place),
      reset,
    },
    {
      name: "core",
      options: (place) => ({ ...options(place), mode: "core" }),
      plain: (place) => viaCore(place),
    },
  ],
};

function options({ word, server }: BenchPlace): object {
  return { servers: [`${server.host}:${server.port}`], prefix: word, stream: word, in_flight: IN_FLIGHT };
}

function connected({ server }: BenchPlace): Promise<NatsConnection> {
  return connect({ servers: `${server.host}:${server.port}`, noAsyncTraces: true });
}

async function reset(place: BenchPlace): Promise<void> {
  const nc = await connected(place);
  const manager = await jetstreamManager(nc);
  const { streams } = manager;
  for (const name of await streams.names().next()) if (name.startsWith(place.word)) await streams.purge(name);
  await nc.close();
}

function subjectOf(word: string, { lane, venue, instrument, type }: PlainEvent): string {
  return `${word}plain.${lane}.${venue}.${instrument}.${type}`;
}

async function withStream(place: BenchPlace): Promise<NatsConnection> {
  const nc = await connected(place);
  const manager = await jetstreamManager(nc);
  await manager.streams.add({ name: `${place.word}plain`, subjects: [`${place.word}plain.>`] });
  return nc;
}

async function viaPublish(place: BenchPlace): Promise<PlainWriter> {
  const nc = await withStream(place);
  const js = jetstream(nc);
  return {
    write: async (events) => {
      for (let at = 0; at < events.length; at += 1000)
        await Promise.all(
          events.slice(at, at + 1000).map((event) =>
            js.publish(subjectOf(place.word, event), JSON.stringify(event), {
              msgID: `${event.lane}:${event.log_seq}`,
            }),
          ),
        );
    },
    close: () => nc.close(),
  };
}

async function viaInbox(place: BenchPlace): Promise<PlainWriter> {
  const nc = await withStream(place);
  const inbox = `_INBOX.${place.word}`;
  let sent = 0;
  let acked = 0;
  let wake = (): void => undefined;
  nc.subscribe(`${inbox}.*`, {
    callback: (_, message) => {
      if (message.json<{ error?: unknown }>().error !== undefined) throw new Error(message.string());
      acked += 1;
      if (sent === acked || sent - acked === IN_FLIGHT / 2) wake();
    },
  });
  const until = async (most: number): Promise<void> => {
    const few = (): boolean => sent - acked <= most;
    while (!few())
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return {
    write: async (events) => {
      for (const event of events) {
        if (sent - acked >= IN_FLIGHT) await until(IN_FLIGHT / 2);
        const head = headers();
        head.set("Nats-Msg-Id", `${event.lane}:${event.log_seq}`);
        nc.publish(subjectOf(place.word, event), JSON.stringify(event), {
          headers: head,
          reply: `${inbox}.${sent++}`,
        });
      }
      await until(0);
    },
    close: () => nc.close(),
  };
}

async function viaCore(place: BenchPlace): Promise<PlainWriter> {
  const nc = await connected(place);
  return {
    write: async (events) => {
      let bytes = 0;
      for (const event of events) {
        const text = JSON.stringify(event);
        nc.publish(subjectOf(place.word, event), text);
        if ((bytes += text.length) < 4 << 20) continue;
        bytes = 0;
        await nc.flush();
      }
      await nc.flush();
    },
    close: () => nc.close(),
  };
}
