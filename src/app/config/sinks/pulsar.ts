import { millis, z } from "../zod.ts";
import { MIB, ofAll } from "./of-all.ts";
import { Tls } from "./tls.ts";
import { variable } from "./variable.ts";

const NAME = /^(?:[a-zA-Z0-9._=:-]|\{kind\}){1,200}$/;
const PART = /^[a-zA-Z0-9._=:-]{1,200}$/;

export const Pulsar = z.strictObject({
  type: z.literal("pulsar").describe("Pulsar: one message an event, over its WebSocket API"),
  ...ofAll,
  url: z
    .string()
    .regex(
      /^wss?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/,
      "expected ws://host:port or wss://host:port, without a password",
    )
    .default("ws://127.0.0.1:8080")
    .describe("Where its WebSocket service is: a broker's web port, or a proxy"),
  admin_url: z
    .string()
    .regex(
      /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/,
      "expected http://host:port or https://host:port, without a password",
    )
    .optional()
    .describe("Where its admin interface is; unset: the host and port of url"),
  tenant: z.string().regex(PART).default("public").describe("Tenant of the topics"),
  namespace: z.string().regex(PART).default("default").describe("Namespace of the topics"),
  topic: z
    .string()
    .regex(NAME, "expected letters, digits, . _ - = :, and {kind} where one topic for each kind is wanted")
    .default("feedhorn")
    .describe("Topic; {kind} in it stands for trade, quote, ...: then each kind has its own"),
  scheme: z
    .enum(["native", "gemini"])
    .default("native")
    .describe("native: every event as JSON; gemini: trades only, {ts_ms, symbol, price_u, qty_u, side}"),
  compression: z
    .enum(["none", "lz4", "zlib", "zstd", "snappy"])
    .default("none")
    .describe("How the broker's side packs messages"),
  partitions: z
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .describe("Partitions of a topic that is missing; 0: the broker makes it as it likes"),
  max_message_bytes: z
    .int()
    .min(1024)
    .max(32 * MIB)
    .default(720_000)
    .describe(
      "Larger events are refused; the broker's webSocketMaxTextFrameSize must hold 4/3 of it and 2 KiB",
    ),
  window: z.int().min(1).max(50_000).default(2000).describe("Messages on the way, at most"),
  batching: z.boolean().default(true).describe("Whether the broker's side gathers messages into entries"),
  batch_messages: z.int().min(1).max(10_000).default(500).describe("Messages of an entry, at most"),
  batch_delay_ms: millis(1, 1000).default(2).describe("Longest time that an entry is gathered for"),
  token_env: variable.describe("Environment variable that holds the token"),
  tls: Tls,
  connect_timeout_ms: millis(100, 60_000).default(15_000).describe("Longest time for a connection"),
  request_timeout_ms: millis(1000, 300_000)
    .default(30_000)
    .describe("Longest time for an answer or an acknowledgement"),
});
