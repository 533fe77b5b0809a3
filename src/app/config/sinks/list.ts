import { Clickhouse } from "./clickhouse.ts";
import { Kafka } from "./kafka.ts";
import { Ndjson } from "./ndjson.ts";
import { Nats } from "./nats.ts";
import { Parquet } from "./parquet.ts";
import { Postgres } from "./postgres.ts";
import { Pulsar } from "./pulsar.ts";
import { Questdb } from "./questdb.ts";
import { Redis } from "./redis.ts";
import { Udp } from "./udp.ts";

/** One member a type; its keys have a page in docs/sinks/, or their place in docs/config.md. */
export const SINK_TYPES = [
  Clickhouse,
  Kafka,
  Nats,
  Ndjson,
  Parquet,
  Postgres,
  Pulsar,
  Questdb,
  Redis,
  Udp,
] as const;
