import { millis, z } from "../zod.ts";
import { ofAll } from "./of-all.ts";
import { Tls } from "./tls.ts";
import { variable } from "./variable.ts";

const url = z
  .string()
  .max(512)
  .regex(
    /^rediss?:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s/@?#:[\]]+)(:\d{1,5})?(\/\d{0,4})?$/,
    "expected redis://host:6379/0 or rediss://host:6379/0, without a user or password: those have keys of their own",
  );

export const Redis = z
  .strictObject({
    type: z.literal("redis").describe("Redis: channels, streams and keys"),
    ...ofAll,
    url: url
      .default("redis://127.0.0.1:6379/0")
      .describe("Server and number of the database; rediss:// for TLS; never with a password"),
    username: z.string().min(1).max(128).optional().describe("User of its ACL; unset: the default one"),
    password_env: variable.describe("Environment variable that holds the password"),
    tls: Tls,
    scheme: z
      .enum(["native", "b25", "alphapulse", "md-ingest"])
      .default("native")
      .describe("Names and shapes of what is written"),
    prefix: z
      .string()
      .regex(/^[\x21-\x7e]{1,64}$/, "expected 1 to 64 ASCII characters without blanks")
      .optional()
      .describe("First part of all names, of native and md-ingest; unset: feedhorn, md:v1"),
    outputs: z
      .array(z.enum(["pubsub", "streams", "latest"]))
      .min(1)
      .default(["pubsub", "latest"])
      .describe("What native writes; the other schemes write what they write"),
    depth: z.int().min(1).max(50).default(20).describe("Levels of a book, a side"),
    levels: z
      .enum(["array", "object"])
      .default("array")
      .describe("Levels of b25's books: [[price, size], ...] or {price: size}"),
    expire_s: z
      .int()
      .min(0)
      .max(31_536_000)
      .optional()
      .describe("Life of keys after their last write, 0 = no end; unset: 300 for b25's, else no end"),
    stream_max: z
      .int()
      .min(0)
      .max(2 ** 40)
      .optional()
      .describe("Entries of a stream, about, 0 = all; unset: 100000, of a lossless lane 1000000"),
    buffer_events: z
      .int()
      .min(1)
      .max(1 << 20)
      .default(1000)
      .describe("Events that are gathered at most before they are sent, where buffer_ms is not 0"),
    buffer_ms: z
      .int()
      .min(0)
      .max(60_000)
      .optional()
      .describe("Time that events are gathered; unset: 100 for alphapulse, else 0, at once"),
    queue_events: z
      .int()
      .min(64)
      .max(1 << 20)
      .default(65_536)
      .describe("Trades and the like that wait for Redis at most; then the oldest goes"),
    pending_keys: z
      .int()
      .min(64)
      .max(1 << 20)
      .default(10_000)
      .describe("Newest values that wait for Redis at most; then the one that waited longest goes"),
    connect_ms: millis(100, 120_000).default(5000).describe("Longest time to connect and authenticate"),
    answer_ms: millis(100, 600_000)
      .default(15_000)
      .describe("Longest wait for an answer; then the connection is made anew"),
  })
  .refine(({ delivery }) => delivery !== "latest", {
    path: ["delivery"],
    message: "expected lapped (the default: newest values are chosen by key) or lossless",
  })
  .refine(({ delivery, scheme }) => delivery !== "lossless" || scheme === "native", {
    path: ["delivery"],
    message: "expected lapped with this scheme; lossless is scheme native, a stream for each lane",
  });
