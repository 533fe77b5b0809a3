import { millis, z } from "../zod.ts";
import { MIB, ofAll } from "./of-all.ts";
import { Tls } from "./tls.ts";
import { variable } from "./variable.ts";

const NAME = /^(?:[a-zA-Z0-9._-]|\{kind\}){1,249}$/;
const KIB = 1024;

export const Kafka = z
  .strictObject({
    type: z.literal("kafka").describe("Kafka: one record an event"),
    ...ofAll,
    brokers: z
      .array(z.string().regex(/^[^\s:/@]+:\d{1,5}$|^\[[0-9a-fA-F:]+\]:\d{1,5}$/, "expected host:port"))
      .min(1)
      .default(["127.0.0.1:9092"])
      .describe("Brokers to ask first, host:port"),
    topic: z
      .string()
      .regex(NAME, "expected letters, digits, . _ -, and {kind} where one topic for each kind is wanted")
      .default("feedhorn")
      .describe("Topic; {kind} in it stands for trade, quote, ...: then each kind has its own"),
    scheme: z
      .enum(["native", "gemini"])
      .default("native")
      .describe("native: every event as JSON; gemini: trades only, {ts_ms, symbol, price_u, qty_u, side}"),
    compression: z
      .enum(["none", "gzip", "snappy", "lz4", "zstd"])
      .default("none")
      .describe("How batches are packed; zstd needs Node 22.15"),
    create: z.boolean().default(true).describe("Whether topics that are missing are created"),
    partitions: z
      .int()
      .min(-1)
      .max(10_000)
      .refine((count) => count !== 0, "expected 1 or more, or -1")
      .default(-1)
      .describe("Partitions of topics that are created; -1: as the broker has it"),
    replicas: z
      .int()
      .min(-1)
      .max(100)
      .refine((count) => count !== 0, "expected 1 or more, or -1")
      .default(-1)
      .describe("Replicas of topics that are created; -1: as the broker has it"),
    max_message_bytes: z
      .int()
      .min(KIB)
      .max(64 * MIB)
      .default(8 * MIB)
      .describe("max.message.bytes of topics that are created: a large book is one record"),
    batch_bytes: z
      .int()
      .min(KIB)
      .max(16 * MIB)
      .default(512 * KIB)
      .describe("Bytes of a partition's batch, before packing; one larger record goes alone"),
    sasl: z
      .enum(["plain", "scram-sha-256", "scram-sha-512"])
      .optional()
      .describe("How the brokers are told who it is; unset: not at all"),
    username: z.string().min(1).optional().describe("Name for SASL"),
    password_env: variable.describe("Environment variable that holds the password for SASL"),
    tls: Tls,
    connect_timeout_ms: millis(100, 60_000).default(5000).describe("Longest time for a connection"),
    request_timeout_ms: millis(1000, 300_000)
      .default(30_000)
      .describe("Longest time for an answer, and for trying to send a batch"),
  })
  .refine(
    ({ sasl, username, password_env }) =>
      sasl === undefined || (username !== undefined && password_env !== undefined),
    {
      message: "sasl: expected username and password_env beside it",
    },
  );
