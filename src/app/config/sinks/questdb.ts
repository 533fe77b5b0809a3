import { millis, z } from "../zod.ts";
import { MIB, ofAll } from "./of-all.ts";
import { Tls } from "./tls.ts";
import { variable } from "./variable.ts";

export const Questdb = z.strictObject({
  type: z.literal("questdb").describe("QuestDB: a table a kind"),
  ...ofAll,
  url: z
    .string()
    .regex(/^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/, "expected http://host:port, without user and password")
    .default("http://127.0.0.1:9000")
    .describe("Its HTTP interface"),
  user: z.string().min(1).optional().describe("User; unset: admin"),
  password_env: variable.describe("Environment variable that holds the password"),
  token_env: variable.describe("Environment variable that holds a token, where it takes those"),
  tls: Tls,
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/, "expected a lower-case letter, then up to 62 of a-z 0-9 _")
    .default("feedhorn_")
    .describe("What the names of its tables begin with"),
  create: z.boolean().default(true).describe("Whether tables are made where they are missing"),
  keep_days: z.int().min(0).max(36_500).default(0).describe("Days that are kept, 0 = all"),
  buffer_bytes: z
    .int()
    .min(65_536)
    .max(256 * MIB)
    .default(4 * MIB)
    .describe("Text of one request; while the server works on it as much is gathered"),
  timeout_ms: millis(1000, 600_000).default(30_000).describe("Longest time of one request"),
});
