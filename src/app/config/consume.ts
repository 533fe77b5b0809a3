import type { Environment } from "./env.ts";

/** What `feedhorn consume` takes from the environment, with the defaults of the Gemini pipeline's programs. */
export interface ConsumeEnvironment {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly pulsarUrl: string;
  readonly dsn: string;
  /** Kafka's password and Pulsar's token; unset: none is needed. */
  readonly kafkaPassword?: string;
  readonly pulsarToken?: string;
  /** Where the dsn has none: as libpq does. */
  readonly pgPassword?: string;
}

export function consumeEnvironment(env: Environment = process.env): ConsumeEnvironment {
  const password = env["KAFKA_PASSWORD"];
  const token = env["PULSAR_TOKEN"];
  const pgPassword = env["PGPASSWORD"];
  return {
    brokers: (env["KAFKA_BROKERS"] || "localhost:9092").split(",").map((one) => one.trim()),
    topic: env["KAFKA_TOPIC"] || "gemini.trades",
    pulsarUrl: env["PULSAR_URL"] || "pulsar://localhost:6650",
    dsn: env["PG_DSN"] || "host=localhost user=postgres password=postgres dbname=trades",
    ...(password ? { kafkaPassword: password } : {}),
    ...(token ? { pulsarToken: token } : {}),
    ...(pgPassword ? { pgPassword } : {}),
  };
}
