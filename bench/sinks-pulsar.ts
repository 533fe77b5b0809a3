import { WebSocket } from "ws";
import { pulsar } from "../src/sinks/pulsar.ts";
import { services, startService } from "../test/services/service.ts";
import { geminiOf } from "./sinks-kafka.ts";
import type { BenchPlace, PlainEvent, PlainWriter, VendorBench, VendorCase } from "./sinks-vendor.ts";

/** Messages on the way: as many as our sink has by default. */
const WINDOW = 2000;
const QUERY = `batchingEnabled=true&batchingMaxMessages=500&batchingMaxPublishDelay=2&maxPendingMessages=${WINDOW + 1}`;

export const vendor: VendorBench = {
  sink: pulsar,
  missing: () => services.missing("pulsar"),
  start: () => startService("pulsar"),
  cases: [caseOf("native"), caseOf("gemini")],
};

function caseOf(scheme: "native" | "gemini"): VendorCase {
  return {
    name: scheme,
    events: 20_000,
    options: ({ word, server }) => ({ url: `ws://${server.host}:${server.port}`, topic: word, scheme }),
    plain: (place) => plainWriter(place, scheme === "gemini" ? geminiOf : JSON.stringify),
  };
}

/** Pulsar's own example of a producer in Node, with a window and acknowledgements looked at. */
async function plainWriter(
  { word, server }: BenchPlace,
  text: (event: PlainEvent) => string | null,
): Promise<PlainWriter> {
  const path = `/ws/v2/producer/persistent/public/default/${word}?${QUERY}`;
  const socket = new WebSocket(`ws://${server.host}:${server.port}${path}`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  const pending = new Set<string>();
  let wake: () => void = () => undefined;
  let failure: string | null = null;
  socket.on("message", (data: Buffer) => {
    const ack = JSON.parse(data.toString()) as { result: string; context: string };
    if (ack.result !== "ok") failure = ack.result;
    pending.delete(ack.context);
    wake();
  });
  const until = async (most: number): Promise<void> => {
    while (pending.size > most) await new Promise<void>((resolve) => (wake = resolve));
    if (failure !== null) throw new Error(failure);
  };
  let next = 0;
  return {
    write: async (events) => {
      for (const event of events) {
        const body = text(event);
        if (body === null) continue;
        await until(WINDOW - 1);
        const { lane, log_seq: seq, slots, venue, instrument } = event;
        const context = `${next++}`;
        pending.add(context);
        socket.send(
          JSON.stringify({
            payload: Buffer.from(body).toString("base64"),
            context,
            key: `${venue}:${instrument}`,
            properties: { lane, log_seq: `${seq}`, slots: `${slots}` },
            eventTime: new Date(Number(event["ts_event"]) / 1000).toISOString(),
          }),
        );
      }
      await until(0);
    },
    close: async () => socket.terminate(),
  };
}
