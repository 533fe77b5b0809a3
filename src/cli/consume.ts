import type { ConsumeOptions } from "../app/consume/options.ts";
import { UsageError } from "./program.ts";
import type { Program } from "./program.ts";
import { stopSignal } from "./signals.ts";

interface Options extends Omit<ConsumeOptions, keyof typeof WORDS | "keepDays" | "batch" | "maxBytes"> {
  readonly from: string;
  readonly sasl?: string;
  readonly start: string;
  readonly scheme: string;
  readonly keepDays: string;
  readonly batch: string;
  readonly maxBytes: string;
  readonly port?: string;
}

const WORDS = {
  from: ["kafka", "pulsar"],
  sasl: ["plain", "scram-sha-256", "scram-sha-512"],
  start: ["earliest", "latest"],
  scheme: ["gemini", "native"],
} as const;

const HELP = `
Environment, where a flag is not given: KAFKA_BROKERS (localhost:9092), KAFKA_TOPIC (gemini.trades), PULSAR_URL (pulsar://localhost:6650),
PG_DSN ("host=localhost user=postgres password=postgres dbname=trades"), KAFKA_PASSWORD, PULSAR_TOKEN, PGPASSWORD.

Examples:
  feedhorn consume
  PG_DSN="host=db user=feed dbname=market" feedhorn consume --brokers k1:9092,k2:9092 --topic feedhorn --scheme native
  feedhorn consume --from pulsar --port 9095
`;

/** `consume`: messages of Kafka or Pulsar into PostgreSQL. */
export function register(program: Program): void {
  program
    .command("consume")
    .description("write trades or events of Kafka or Pulsar to PostgreSQL, each once (docs/consume.md)")
    .option("--from <broker>", "where from: kafka or pulsar", "kafka")
    .option("--brokers <list>", "Kafka's brokers, host:port and commas")
    .option("--topic <name>", "topic")
    .option("--group <name>", "Kafka's consumer group", "gemini-consumer")
    .option("--sasl <way>", "how Kafka knows us: plain, scram-sha-256 or scram-sha-512")
    .option("--username <name>", "user of Kafka; its password is KAFKA_PASSWORD")
    .option("--pulsar-url <url>", "pulsar://host:port, or http:// or ws:// of its WebSocket service")
    .option("--subscription <name>", "Pulsar's subscription", "gemini-trades-sub")
    .option("--ca-file <file>", "authorities to trust, PEM: TLS to the broker")
    .option("--start <where>", "where a new group begins: earliest or latest", "earliest")
    .option("--dead-letter <topic>", "where messages go that are no rows (default: <topic>.dead)")
    .option("--scheme <name>", "what messages are: gemini or native", "gemini")
    .option("--pg <dsn>", "the database: host=.. user=.. dbname=.., or a postgres:// URL")
    .option("--schema <name>", "schema of the table", "public")
    .option("--no-create", "make no table and no partitions")
    .option("--keep-days <days>", "older rows are deleted, at the start and every hour; 0: none", "7")
    .option("--batch <messages>", "messages of one insert", "2000")
    .option("--max-bytes <bytes>", "longer messages are no rows", "1048576")
    .option("--port <port>", "/health, /ready and /metrics on 127.0.0.1; 0: any free port")
    .addHelpText("after", HELP)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const signal = stopSignal();
  const { number } = await import("./simulate.ts");
  const { consumeSettings } = await import("../app/consume/options.ts");
  const { consume } = await import("../app/consume/run.ts");
  const { createLog } = await import("../app/log.ts");
  const port = options.port === undefined ? null : number("--port", options.port, 0, 65_535);
  const settings = consumeSettings({
    ...options,
    from: oneOf("from", options.from),
    start: oneOf("start", options.start),
    scheme: oneOf("scheme", options.scheme),
    sasl: options.sasl === undefined ? undefined : oneOf("sasl", options.sasl),
    keepDays: number("--keep-days", options.keepDays, 0, 36_500),
    batch: number("--batch", options.batch, 1, 100_000),
    maxBytes: number("--max-bytes", options.maxBytes, 64, 64 << 20),
  });
  await consume(settings, createLog(), { port, stop: signal.seen });
  signal.release();
}

function oneOf<Key extends keyof typeof WORDS>(key: Key, text: string): (typeof WORDS)[Key][number] {
  const found = WORDS[key].find((word) => word === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${key}: expected ${WORDS[key].join(" or ")}, saw ${JSON.stringify(text)}`);
}
