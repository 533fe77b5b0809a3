import { MAX_SLOTS, MIN_SLOTS } from "../../log/index.ts";
import { CHANNELS } from "../../model/index.ts";
import type { Channel, VenueId } from "../../model/index.ts";
import { VENUES } from "../../venues/index.ts";
import { SCANNERS } from "../scanner.ts";
import { Compat } from "./compat.ts";
import { Derived } from "./derived.ts";
import { Data, Isolation, Journal, ShutdownMs, Supervision, Tape } from "./keeping.ts";
import { LaneUdp } from "./lane-udp.ts";
import { Sinks } from "./sinks.ts";
import { millis, z } from "./zod.ts";

/** One schema says what a configuration may hold; it checks files, fills defaults and prints the editor schema. */

const VENUE_IDS = VENUES.map(({ id }) => id) as [VenueId, ...VenueId[]];
/** Systems whose names /metrics can tell its figures under as well. */
const ALIAS_NAMES = ["b25", "md-ingest"] as const;
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
const DEFAULT_CHANNELS: Channel[] = ["trade", "quote", "book"];

const Backoff = z.strictObject({
  min_ms: millis(1, 600_000).default(250).describe("Wait before the first reconnect; doubles with jitter"),
  max_ms: millis(1, 3_600_000).default(30_000).describe("Longest wait between reconnects"),
});

const Chain = z.strictObject({
  base: z.string().min(1).max(16).describe("Asset whose options are wanted (BTC)"),
  quote: z.string().min(1).max(16).optional().describe("Only those quoted in this currency; unset: any"),
  expiries: z.int().min(1).max(64).default(4).describe("Expiries, the nearest first"),
  strikes: z.int().min(1).max(200).default(10).describe("Strikes below and above the price, each"),
  kinds: z
    .array(z.enum(["option", "future"]))
    .min(1)
    .default(["option"])
    .describe("option: the strikes nearest the money; future: the dated futures"),
});

/** A feed's silent streams. */
const Silence = z.strictObject({
  factor: z
    .number()
    .min(2)
    .max(100)
    .default(4)
    .describe("A stream silent for this many times its longest ordinary gap is subscribed again"),
  min_ms: millis(500, 3_600_000).default(3000).describe("No shorter silence is judged"),
  learn_ms: millis(1000, 86_400_000).default(900_000).describe("Time a stream is listened to before"),
  off: z.boolean().default(false).describe("Silence of single streams is not judged"),
});

const Feed = z.strictObject({
  venue: z.enum(VENUE_IDS).describe("Venue to listen to"),
  symbols: z
    .array(z.string().min(1).max(64))
    .default([])
    .describe("Canonical (BTC-USD) or native symbols, or patterns of them (*-USDT)"),
  chains: z.array(Chain).max(64).default([]).describe("Option chains, followed around the money"),
  channels: z.array(z.enum(CHANNELS)).min(1).default(DEFAULT_CHANNELS).describe("What to listen to"),
  depth: z
    .int()
    .min(1)
    .max(5000)
    .optional()
    .describe("Book levels per side, where the venue offers a choice"),
  ws_url: z
    .url({ protocol: /^wss?$/ })
    .optional()
    .describe("Instead of the venue's own websocket address"),
  rest_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Instead of the venue's own REST address"),
  idle_ms: millis(100, 600_000)
    .optional()
    .describe("Silence after which a connection counts as dead; unset: the venue's own rule"),
  backoff: Backoff.prefault({}).describe("Waits between reconnects"),
  rotate_ms: millis(0, 604_800_000)
    .optional()
    .describe("Age at which a connection is replaced, 0 = never; unset: the venue's own rule"),
  redundancy: z
    .int()
    .min(1)
    .max(4)
    .default(1)
    .describe("Connections that carry the same: the first copy of each event wins (docs/integrity.md)"),
  refresh_ms: millis(0, 86_400_000)
    .default(600_000)
    .describe("Time between two fetches of the venue's instrument list, 0 = never"),
  backfill: z
    .enum(["on", "off"])
    .default("on")
    .describe("on: trades that were missed are fetched, where the venue lists them (docs/integrity.md)"),
  audit_ms: millis(0, 86_400_000)
    .default(60_000)
    .describe("Time between two books compared with fetched ones, where the venue allows it, 0 = never"),
  max_instruments: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(2000)
    .describe("Instruments that patterns, chains and orders may make of this feed"),
  silence: Silence.prefault({}).describe("Streams that fall silent while others of their connection talk"),
  required: z.boolean().default(true).describe("Whether /ready waits for this feed"),
  api_key_env: z
    .string()
    .regex(
      /^[A-Z][A-Z0-9_]{0,63}$/,
      "expected the name of an environment variable (capital letters, digits, _), not the key itself",
    )
    .optional()
    .describe("Environment variable that holds the API key, where a venue's sockets ask for one"),
  options: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe("Switches of one venue, by name"),
});

const Lane = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, "expected a lower-case letter, then up to 31 of a-z 0-9 _ -")
    .describe("Name of the lane, unique"),
  feeds: z.array(Feed).default([]).describe("Feeds written by this lane"),
  udp: LaneUdp.optional().describe("What the lane hears instead of feeds: lanes of other gateways"),
  latency: z
    .enum(["normal", "low"])
    .default("normal")
    .describe("low: the lane's thread never sleeps and takes a whole core (docs/latency.md)"),
  scanner: z
    .enum(SCANNERS)
    .default("auto")
    .describe(
      "wasm: frames are read by the scanner (docs/scanner.md); js: without; auto: wasm where it runs",
    ),
  cores: z
    .array(z.int().min(0).max(1023))
    .min(1)
    .optional()
    .describe("Cores the lane's thread may run on, by the system's numbers; Linux only. Unset: any"),
  isolation: Isolation,
});

export const ConfigSchema = z
  .strictObject({
    region: z
      .strictObject({
        dir: z
          .string()
          .min(1)
          .optional()
          .describe("Folder of the shared memory; unset: /dev/shm/feedhorn, or the temporary folder"),
        slots: z
          .int()
          .min(MIN_SLOTS)
          .max(MAX_SLOTS)
          .refine(powerOfTwo, "expected a power of two")
          .default(262_144)
          .describe("Slots of 64 bytes per lane, a power of two"),
        instruments: z.int().min(16).max(1_048_576).default(4096).describe("Rows of the instrument tables"),
      })
      .prefault({})
      .describe("Shared memory"),
    ops: z
      .strictObject({
        host: z.string().min(1).default("127.0.0.1").describe("Address of /health, /ready and /metrics"),
        port: z.int().min(0).max(65_535).default(9090).describe("Port; 0 = any free one"),
        aliases: z
          .array(z.enum(ALIAS_NAMES))
          .default([])
          .describe("Systems under whose names /metrics tells its figures as well"),
        service: z.string().min(1).max(64).default("feedhorn").describe("What /health calls this service"),
        allow_remote: z.boolean().default(false).describe("Permits a host other than loopback"),
      })
      .prefault({})
      .describe("Operations server"),
    log: z
      .strictObject({ level: z.enum(LOG_LEVELS).default("info").describe("Least level written to stderr") })
      .prefault({})
      .describe("Log of the gateway itself"),
    socket: z
      .strictObject({
        implementation: z
          .enum(["fast", "ws"])
          .default("fast")
          .describe("fast: frames parsed where they are read; ws: the ws package"),
        compression: z
          .enum(["off", "on"])
          .default("off")
          .describe("on: permessage-deflate is offered; saves bandwidth, costs CPU time"),
        max_frame: z
          .int()
          .min(1024)
          .max(2 ** 28)
          .optional()
          .describe("Largest frame accepted, bytes; unset: the venue's own limit"),
      })
      .prefault({})
      .describe("All websocket connections"),
    ledger: z
      .strictObject({
        enabled: z.boolean().default(true).describe("Whether what was heard and what is missing is kept"),
        dir: z.string().min(1).optional().describe("Folder of the ledger's files; unset: memory only"),
        every_ms: millis(100, 3_600_000)
          .default(10_000)
          .describe("Time between two writes of the current hour"),
        keep_hours: z.int().min(1).max(744).default(24).describe("Hours kept in memory for GET /ledger"),
        keep_days: z.int().min(0).max(3650).default(90).describe("Days whose files are kept, 0 = all"),
      })
      .prefault({})
      .describe("Ledger of completeness"),
    drift: z
      .boolean()
      .default(true)
      .describe("Whether samples of frames are compared with what is known of the venue's frames"),
    unknown_frames: z
      .strictObject({
        file: z
          .string()
          .min(1)
          .optional()
          .describe("Where frames nobody could read are kept; unset: nowhere"),
        max_bytes: z
          .int()
          .min(65_536)
          .max(2 ** 32)
          .default(16_777_216)
          .describe("Bytes kept of one venue, at most"),
      })
      .prefault({})
      .describe("Frames of no known form and frames that cannot be read"),
    data: Data.prefault({}).describe("What is kept on disk"),
    journal: Journal.prefault({}).describe(
      "Copies of the lanes on disk, from which sinks read what they were too slow for",
    ),
    tape: Tape.prefault({}).describe("Recordings of everything that lanes receive"),
    supervisor: Supervision.prefault({}).describe("Parts that end are started again, so often"),
    shutdown_ms: ShutdownMs,
    sinks: Sinks,
    compat: Compat,
    derived: Derived,
    lanes: z.array(Lane).min(1).max(64).optional().describe("Lanes, each one thread with one ring"),
    feeds: z.array(Feed).min(1).optional().describe("Short form of one lane named main"),
  })
  .describe("feedhorn configuration");

/** Names in one part of an order. */
const Names = z.array(z.string().min(1).max(64)).min(1).max(200).describe("names or patterns");

/** An order to running feeds (POST /subscriptions). */
export const OrderSchema = z.strictObject({
  add: z
    .array(
      z.strictObject({
        venue: z.string().min(1).max(32),
        symbols: Names,
        channels: z.array(z.enum(CHANNELS)).min(1).optional(),
      }),
    )
    .max(64)
    .default([]),
  remove: z
    .array(z.strictObject({ venue: z.string().min(1).max(32), symbols: Names }))
    .max(64)
    .default([]),
});

export type SubscriptionOrder = z.output<typeof OrderSchema>;

export type ConfigInput = z.input<typeof ConfigSchema>;
export type ParsedConfig = z.output<typeof ConfigSchema>;
export type FeedConfig = z.output<typeof Feed>;
export type LaneConfig = z.output<typeof Lane>;
export type AliasName = (typeof ALIAS_NAMES)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_LEVEL_NAMES: readonly string[] = LOG_LEVELS;

/** The one lane of a configuration that only lists feeds: all its other settings are the defaults. */
export function mainLane(feeds: FeedConfig[]): LaneConfig {
  return Lane.parse({ name: "main", feeds });
}

/** What zod says is wrong, with only the fields the messages are made of. */
export interface SchemaIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly origin?: string;
  readonly expected?: string;
}

/** Draft 2020-12 JSON schema of a configuration file, for editors. */
export function jsonSchema(): JsonSchema {
  return z.toJSONSchema(ConfigSchema, { io: "input" }) as JsonSchema;
}

export function orderJsonSchema(): JsonSchema {
  return z.toJSONSchema(OrderSchema, { io: "input" }) as JsonSchema;
}

/** The part of JSON schema that the configuration uses. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  /** Tables that differ by their `type`. */
  readonly oneOf?: readonly JsonSchema[];
}

function powerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}
