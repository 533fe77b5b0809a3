import { topicOf, webSocketOf } from "../consume/sources.ts";
import { compatPaths } from "../config/env.ts";
import { ConfigError } from "../config/error.ts";
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
  PULSAR_TOKEN: z.string().optional().describe("Token for it"),
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
      sinks: sinksOf(theirs, origin),
    };
    const { PULSAR_TOKEN: token } = theirs;
    const secrets: Record<string, string> = token === undefined ? {} : { PULSAR_TOKEN: token };
    return { config, secrets, notes: notesOf(theirs) };
  },
};

type Theirs = z.output<typeof Theirs>;

/** Both where both are named; where neither is, Kafka at its usual place. */
function sinksOf(
  { KAFKA_BROKERS, KAFKA_TOPIC, PULSAR_URL, PULSAR_TOKEN }: Theirs,
  origin: string,
): NonNullable<ConfigInput["sinks"]> {
  const topic = KAFKA_TOPIC ?? TOPIC;
  const scheme = "gemini" as const;
  const kinds = ["trade"];
  const brokers = listOf(KAFKA_BROKERS) ?? [KAFKA];
  const token = PULSAR_TOKEN === undefined ? {} : { token_env: "PULSAR_TOKEN" };
  return [
    ...(KAFKA_BROKERS === undefined && PULSAR_URL !== undefined
      ? []
      : [{ type: "kafka" as const, scheme, kinds, brokers, topic }]),
    ...(PULSAR_URL === undefined
      ? []
      : [{ type: "pulsar" as const, scheme, kinds, ...pulsarPlace(PULSAR_URL, topic, origin), ...token }]),
  ];
}

/** As `feedhorn consume` takes them: pulsar://host:6650 is the WebSocket service of that host. */
function pulsarPlace(url: string, name: string, origin: string): { url: string; topic: string } {
  try {
    return { url: webSocketOf(url), ...topicOf(name) };
  } catch {
    throw new ConfigError([
      `${origin}: PULSAR_URL: expected pulsar://host:6650, or ws:// or http:// of its WebSocket service, without credentials (PULSAR_TOKEN holds a token)`,
    ]);
  }
}

function notesOf({ PG_DSN, RUST_LOG }: Theirs): string[] {
  return [
    ...(PG_DSN === undefined ? [] : ["PG_DSN is read by feedhorn consume, which writes trades to Postgres"]),
    ...(RUST_LOG === undefined ? [] : ["RUST_LOG means nothing here: set FEEDHORN_LOG_LEVEL"]),
  ];
}
