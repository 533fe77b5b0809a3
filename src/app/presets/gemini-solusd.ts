import { compatPaths } from "../config/env.ts";
import type { ConfigInput } from "../config/schema.ts";
import { z } from "../config/zod.ts";
import type { Preset } from "./preset.ts";
import { checkTheirs, listOf, overlaid } from "./theirs.ts";

/** Its variables; a file of them (.env) may stand in for the environment, which wins. PG_DSN is the consumer's. */
const Theirs = z.strictObject({
  OB_MMAP: z.string().optional().describe("Order book file"),
  TOB_MMAP: z.string().optional().describe("Top of book file"),
  KAFKA_BROKERS: z.string().optional().describe("Brokers, comma separated"),
  KAFKA_TOPIC: z.string().optional().describe("Topic of trades"),
  PULSAR_URL: z.string().optional().describe("Broker of Pulsar"),
  PG_DSN: z.string().optional().describe("Database of the consumer"),
  RUST_LOG: z.string().optional().describe("Its log level"),
});

const SYMBOL = "SOL-USD";
const TOPIC = "gemini.trades";
const KAFKA = "localhost:9092";

/**
 * The Gemini SOLUSD pipeline: the book in two mapped files, trades to Kafka or Pulsar or both. Its consumer (trades to Postgres) is `feedhorn consume`,
 * which reads the same variables.
 */
export const geminiSolusd: Preset = {
  name: "gemini-solusd",
  summary: "Gemini SOL-USD: book in two mapped files, trades to Kafka and Pulsar",
  translate(input, env, origin) {
    const known = Object.keys(Theirs.shape);
    const set = Object.fromEntries(known.flatMap((key) => (env[key] ? [[key, env[key]]] : [])));
    const theirs = checkTheirs(Theirs, overlaid(input, set), origin);
    const { book, top } = compatPaths(theirs);
    const config: ConfigInput = {
      feeds: [{ venue: "gemini", symbols: [SYMBOL], channels: ["trade", "quote", "book"] }],
      compat: { book_files: { venue: "gemini", symbol: SYMBOL, book_file: book, top_file: top } },
      data: { dir: "data/gemini-solusd" },
      sinks: sinksOf(theirs),
    };
    return { config, secrets: {}, notes: notesOf(theirs) };
  },
};

type Theirs = z.output<typeof Theirs>;

/** Both where both are named; where neither is, Kafka at its usual place. */
function sinksOf({ KAFKA_BROKERS, KAFKA_TOPIC, PULSAR_URL }: Theirs): NonNullable<ConfigInput["sinks"]> {
  const topic = KAFKA_TOPIC ?? TOPIC;
  const wantsKafka = KAFKA_BROKERS !== undefined || PULSAR_URL === undefined;
  const brokers = listOf(KAFKA_BROKERS) ?? [KAFKA];
  return wantsKafka ? [{ type: "kafka", scheme: "gemini", kinds: ["trade"], brokers, topic }] : [];
}

function notesOf({ PG_DSN, RUST_LOG }: Theirs): string[] {
  return [
    ...(PG_DSN === undefined ? [] : ["PG_DSN is read by feedhorn consume, which writes trades to Postgres"]),
    ...(RUST_LOG === undefined ? [] : ["RUST_LOG means nothing here: set FEEDHORN_LOG_LEVEL"]),
  ];
}
