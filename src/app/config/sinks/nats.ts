import { z } from "../zod.ts";
import { ofAll } from "./of-all.ts";
import { Tls } from "./tls.ts";
import { variable } from "./variable.ts";

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

export const Nats = z.strictObject({
  type: z.literal("nats").describe("NATS: a message an event"),
  ...ofAll,
  servers: z
    .array(
      z
        .string()
        .regex(
          /^((nats|tls):\/\/)?[^\s/@?#]+$/,
          "expected host:port or nats://host:port, without credentials: those have keys of their own",
        ),
    )
    .min(1)
    .max(16)
    .default(["127.0.0.1:4222"])
    .describe("Servers of one cluster"),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, "expected words of A-Z a-z 0-9 _ - between dots")
    .max(128)
    .default("feedhorn")
    .describe("First words of every subject"),
  mode: z
    .enum(["jetstream", "core"])
    .default("jetstream")
    .describe("jetstream: stored and confirmed; core: to whoever listens"),
  stream: z
    .string()
    .regex(NAME, "expected 1 to 64 of A-Z a-z 0-9 _ -")
    .default("FEEDHORN")
    .describe("Name of the stream; it has one writer"),
  stream_create: z
    .boolean()
    .default(true)
    .describe("Whether the stream is made, and changed to what follows"),
  storage: z
    .enum(["file", "memory"])
    .default("file")
    .describe("Where the stream lives; fixed once it is made"),
  replicas: z.int().min(1).max(5).default(1).describe("Copies in the cluster"),
  retention: z
    .enum(["limits", "interest", "workqueue"])
    .default("limits")
    .describe("What ends a message's life; other than limits it cannot be read back after a crash"),
  max_age_s: z.int().min(0).max(3_155_760_000).default(0).describe("Age at which messages go, 0 = never"),
  max_bytes: z
    .int()
    .min(0)
    .max(2 ** 50)
    .default(0)
    .describe("Bytes of the stream; then the oldest messages go, 0 = no limit"),
  duplicate_window_s: z
    .int()
    .min(10)
    .max(86_400)
    .default(120)
    .describe("For so long the server knows the names of messages again"),
  in_flight: z
    .int()
    .min(1)
    .max(65_536)
    .default(4096)
    .describe("Messages sent and not yet confirmed, at most"),
  user: z.string().min(1).optional().describe("User, with password_env"),
  password_env: variable.describe("Environment variable that holds the password"),
  token_env: variable.describe("Environment variable that holds a token"),
  nkey_env: variable.describe("Environment variable that holds the seed of an nkey (SU...)"),
  credentials_file: z.string().min(1).optional().describe("A .creds file: JWT and seed"),
  tls: Tls,
});
