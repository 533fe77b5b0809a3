import { Admin, Producer, stringSerializers } from "@platformatic/kafka";
import { kafka } from "../src/sinks/kafka.ts";
import { services, startService } from "../test/services/service.ts";
import type { BenchPlace, PlainEvent, PlainWriter, VendorBench, VendorCase } from "./sinks-vendor.ts";

/** Messages that a careful user sends at a time: below a mebibyte for a partition. */
const AT_A_TIME = 2000;
const PARTITIONS = 3;

export const vendor: VendorBench = {
  sink: kafka,
  missing: () => services.missing("kafka"),
  start: () => startService("kafka"),
  cases: [caseOf("native", "none"), caseOf("native lz4", "lz4"), caseOf("gemini", "none")],
};

function caseOf(name: string, compression: "none" | "lz4"): VendorCase {
  const scheme = name === "gemini" ? "gemini" : "native";
  return {
    name,
    options: ({ word, server }) => ({
      brokers: [`${server.host}:${server.port}`],
      topic: word,
      partitions: PARTITIONS,
      scheme,
      compression,
    }),
    plain: (place) => plainWriter(place, compression, scheme === "gemini" ? geminiOf : JSON.stringify),
  };
}

/** The library's idempotent producer, as its page shows it. */
async function plainWriter(
  { word, server }: BenchPlace,
  compression: "none" | "lz4",
  text: (event: PlainEvent) => string | null,
): Promise<PlainWriter> {
  const client = { clientId: "plain", bootstrapBrokers: [`${server.host}:${server.port}`] };
  const admin = new Admin(client);
  await admin.createTopics({ topics: [word], partitions: PARTITIONS, replicas: 1 });
  await admin.close();
  const producer = new Producer({ ...client, idempotent: true, compression, serializers: stringSerializers });
  return {
    write: async (events) => {
      for (let at = 0; at < events.length; at += AT_A_TIME) {
        const messages = [];
        for (const event of events.slice(at, at + AT_A_TIME)) {
          const value = text(event);
          if (value === null) continue;
          const { lane, log_seq: seq, slots, venue, instrument } = event;
          const headers = { lane, log_seq: `${seq}`, slots: `${slots}` };
          messages.push({ topic: word, key: `${venue}:${instrument}`, value, headers });
        }
        if (messages.length > 0) await producer.send({ messages });
      }
    },
    close: () => producer.close(),
  };
}

/** Trades as the Gemini pipeline has them. */
export function geminiOf(event: PlainEvent): string | null {
  if (event.type !== "trade") return null;
  const { symbol, price, size, side, ts_event: us } = event as PlainEvent & Record<string, number>;
  const millionths = (value: number): number => Math.round(value * 1e6);
  return JSON.stringify({
    ts_ms: Math.floor(us! / 1000),
    symbol,
    price_u: millionths(price!),
    qty_u: millionths(size!),
    side,
  });
}
