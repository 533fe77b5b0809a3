import { millis, z } from "../zod.ts";
import { MIB, ofAll } from "./of-all.ts";
import { Tls } from "./tls.ts";
import { variable } from "./variable.ts";

/** Either form of a DSN holds one so. */
const WITH_PASSWORD = /(^|\s)password\s*=|^\w+:\/\/[^@/]*:[^@/]*@/;

export const Postgres = z.strictObject({
  type: z.literal("postgres").describe("PostgreSQL or TimescaleDB: a table a kind"),
  ...ofAll,
  host: z.string().min(1).optional().describe("Host, or folder of its socket; unset: localhost"),
  port: z.int().min(1).max(65_535).optional().describe("Port; unset: 5432"),
  database: z.string().min(1).optional().describe("Database; unset: named as the user"),
  user: z.string().min(1).optional().describe("User; unset: postgres"),
  password_env: variable.describe("Environment variable that holds the password"),
  dsn: z
    .string()
    .refine((dsn) => !WITH_PASSWORD.test(dsn), {
      message: "expected no password in it; name a variable in password_env, or the whole dsn in dsn_env",
    })
    .optional()
    .describe("All of it in one, as libpq has it: host=localhost user=.. dbname=.., or a postgres:// URL"),
  dsn_env: variable.describe("Environment variable that holds the dsn"),
  sslmode: z
    .enum(["disable", "require", "verify-ca", "verify-full"])
    .optional()
    .describe("unset: verify-full where tls is set, else as the dsn says, else disable"),
  tls: Tls,
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, "expected a lower-case letter or _, then up to 62 of a-z 0-9 _")
    .optional()
    .describe("Schema of the tables; unset: feedhorn, of the layout gemini public"),
  layout: z
    .enum(["tables", "gemini"])
    .default("tables")
    .describe("tables: one for each kind of event; gemini: trades as integers in one table"),
  create: z
    .boolean()
    .default(true)
    .describe("Whether schema, tables and partitions are made where missing, and old ones dropped"),
  keep_days: z.int().min(0).max(36_500).default(0).describe("Days that are kept, 0 = all"),
  timescale: z
    .enum(["auto", "never"])
    .default("auto")
    .describe("auto: hypertables where the extension is installed"),
  compress_days: z
    .int()
    .min(0)
    .max(36_500)
    .default(0)
    .describe("Age in days at which chunks of hypertables are compressed, 0 = never"),
  symbol_index: z.boolean().default(false).describe("Whether every table has an index of symbol and time"),
  buffer_bytes: z
    .int()
    .min(MIB)
    .max(256 * MIB)
    .default(8 * MIB)
    .describe("Rows of one transaction; while the server works on them as many are gathered"),
  timeout_ms: millis(1000, 600_000).default(30_000).describe("Longest time of one statement"),
});
