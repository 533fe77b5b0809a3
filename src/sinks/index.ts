import { clickhouse } from "./clickhouse.ts";
import { kafka } from "./kafka.ts";
import { nats } from "./nats.ts";
import { ndjson } from "./ndjson.ts";
import { parquet } from "./parquet.ts";
import { postgres } from "./postgres.ts";
import { pulsar } from "./pulsar.ts";
import { questdb } from "./questdb.ts";
import { redis } from "./redis.ts";
import type { Sink } from "./sink.ts";
import { udp } from "./udp.ts";

export * from "./sink.ts";

/** Every sink there is. A vendor's package is loaded when its sink opens. */
export const SINKS: readonly Sink<never>[] = [
  clickhouse,
  kafka,
  nats,
  ndjson,
  parquet,
  postgres,
  pulsar,
  questdb,
  redis,
  udp,
];

/** The sink of a type. RangeError when there is none. */
export function sinkOf(type: string): Sink<never> {
  const sink = SINKS.find((one) => one.type === type);
  if (sink === undefined)
    throw new RangeError(
      `sink type: expected one of ${SINKS.map((one) => one.type).join(", ")}, saw "${type}"`,
    );
  return sink;
}
