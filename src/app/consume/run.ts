import type { Log } from "../log.ts";
import { Consumer } from "./consumer.ts";
import { serveConsumer } from "./ops.ts";
import type { ConsumeSettings } from "./settings.ts";

/** Consumes until `stop` resolves. `port`: of /health, /ready and /metrics; null: none. */
export async function consume(
  settings: ConsumeSettings,
  log: Log,
  { port, stop }: { readonly port: number | null; readonly stop: Promise<unknown> },
): Promise<void> {
  const consumer = new Consumer(settings, log);
  const server = port === null ? null : await serveConsumer(consumer.tally, port);
  if (server !== null) log.info("operations server listening", { url: server.url });
  void stop.then(() => consumer.stop());
  try {
    await consumer.run();
  } finally {
    await server?.close();
  }
}
