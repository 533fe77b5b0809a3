import { millis, z } from "../zod.ts";
import { MIB, ofAll } from "./of-all.ts";
import { Tls } from "./tls.ts";
import { variable } from "./variable.ts";

export const Clickhouse = z.strictObject({
  type: z.literal("clickhouse").describe("ClickHouse: a table a kind"),
  ...ofAll,
  url: z
    .string()
    .regex(/^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/, "expected http://host:port, without user and password")
    .default("http://127.0.0.1:8123")
    .describe("Its HTTP interface"),
  user: z.string().min(1).optional().describe("User; unset: default"),
  password_env: variable.describe("Environment variable that holds the password"),
  tls: Tls,
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "expected a letter or _, then up to 62 of A-Z a-z 0-9 _")
    .default("feedhorn")
    .describe("Database of the tables"),
  create: z.boolean().default(true).describe("Whether database and tables are made where they are missing"),
  keep_days: z.int().min(0).max(36_500).default(0).describe("Days that are kept, 0 = all"),
  async_insert: z
    .boolean()
    .default(false)
    .describe("Whether the server gathers inserts of several writers; the answer is waited for all the same"),
  gzip: z.boolean().default(false).describe("Whether rows are compressed on their way"),
  buffer_bytes: z
    .int()
    .min(65_536)
    .max(256 * MIB)
    .default(16 * MIB)
    .describe("Text of rows that are gathered; while the server works on them as much is gathered"),
  timeout_ms: millis(1000, 600_000).default(30_000).describe("Longest time of one request"),
});
