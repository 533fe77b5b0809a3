import { venueById } from "../../venues/index.ts";
import { ConfigError } from "../config/error.ts";
import type { ConfigInput } from "../config/schema.ts";
import { z } from "../config/zod.ts";
import type { Preset } from "./preset.ts";
import { checkTheirs } from "./theirs.ts";

/** Of its tables the keys that mean something here; others are told and left out, as its files have more than its README says. */

/** Tables whose further keys are sizes of its buffers and names of its streams: nothing of ours goes by them. */
const BUFFERS = /(^|\.)(buffers?|\w*(capacity|buffer|buffer_size))$/;
/** A file of one type and venue ends with so many rows, as there by default. */
const ROWS = 10_000;
const PASSWORD = "MD_INGEST_REDIS_PASSWORD";
/** Where a venue of options is told apart: it lists volatilities. */
const QUOTE = "USD";

const count = (fallback: number) => z.number().int().min(1).max(1e9).default(fallback);
const seconds = (fallback: number) => z.number().min(0.1).max(86_400).default(fallback);
const words = z.array(z.string().min(1).max(64)).min(1).max(1000).optional();

const Connector = z.looseObject({
  enabled: z.boolean().default(true).describe("Whether it is listened to"),
  venue: z.string().optional().describe("Venue, where the table is called otherwise"),
  ws_url: z
    .url({ protocol: /^wss?$/ })
    .optional()
    .describe("Websocket address"),
  rest_url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("REST address"),
  products: words.describe("Spot pairs"),
  symbols: words.describe("The same"),
  currencies: words.describe("Underlyings of options"),
  strikes: z.number().int().min(1).max(200).default(50).describe("Strikes below and above the price, each"),
  perpetuals: words.describe("Perpetuals; unset: that of each underlying"),
});

const Theirs = z.looseObject({
  connectors: z.record(z.string(), Connector).default({}).describe("Venues"),
  router: z.looseObject({}).default({}).describe("Buffers"),
  pipeline: z
    .looseObject({
      spot_mid: z
        .looseObject({
          enabled: z.boolean().default(true),
          interval_ms: count(1000),
          stale_ms: count(3000),
          divergence_bps: z.number().min(0).max(10_000).default(20),
        })
        .prefault({}),
      iv_surface: z
        .looseObject({
          enabled: z.boolean().default(true),
          interval_ms: count(1000),
          stale_ms: count(3000),
          max_expiries: count(4),
          strike_range_factor: z.number().min(0.01).max(10).default(0.5),
        })
        .prefault({}),
    })
    .prefault({})
    .describe("Derived figures"),
  sinks: z
    .looseObject({
      parquet: z
        .looseObject({
          enabled: z.boolean().default(true),
          data_dir: z.string().min(1).default("data"),
          schema_version: z.literal("v1").default("v1"),
          flush_rows: count(ROWS),
          flush_interval_secs: seconds(60),
        })
        .prefault({}),
      redis: z
        .looseObject({
          enabled: z.boolean().default(true),
          url: z
            .string()
            .regex(/^rediss?:\/\/\S+$/, "expected redis://host:6379")
            .default("redis://127.0.0.1:6379"),
          prefix: z.string().min(1).max(64).default("md:v1"),
          max_pending_keys: count(10_000),
        })
        .prefault({}),
    })
    .prefault({})
    .describe("Where it is written to"),
  supervisor: z
    .looseObject({ max_restarts: z.number().int().min(0).default(5), window_secs: seconds(300) })
    .prefault({})
    .describe("Restarts"),
});
type Theirs = z.output<typeof Theirs>;
type Connector = z.output<typeof Connector>;

/** md-ingest: spot quotes and trades, option chains, funding, DVOL, mids and surfaces to Parquet files and Redis keys. */
export const mdIngest: Preset = {
  name: "md-ingest",
  summary: "md-ingest: spot, options, mids and surfaces to its Parquet layout and Redis keys",
  translate(input, _env, origin) {
    const theirs = checkTheirs(Theirs, input, origin);
    const wanted = Object.entries(theirs.connectors).filter(([, { enabled }]) => enabled);
    if (wanted.length === 0)
      throw new ConfigError([
        `${origin}: connectors: missing; expected a table for each venue, as [connectors.deribit]`,
      ]);
    const feeds = wanted.map(([name, one]) => feedOf(name, one, theirs, origin));
    const redis = redisOf(theirs.sinks.redis);
    const { parquet } = theirs.sinks;
    const { max_restarts: restarts, window_secs: window } = theirs.supervisor;
    const config: ConfigInput = {
      feeds,
      ...derivedOf(theirs, feeds),
      ops: { service: "md-ingest", aliases: ["md-ingest"] },
      supervisor: { restarts, window_ms: window * 1000 },
      ...(parquet.enabled ? { data: { dir: `${parquet.data_dir}/_feedhorn` } } : {}),
      sinks: [
        ...(parquet.enabled
          ? [
              {
                type: "parquet",
                layout: "md-ingest",
                dir: parquet.data_dir,
                flush_ms: parquet.flush_interval_secs * 1000,
              } as const,
            ]
          : []),
        ...(theirs.sinks.redis.enabled ? [redis.sink] : []),
      ],
    };
    return { config, secrets: redis.secrets, notes: notesOf(theirs) };
  },
};

type Feed = NonNullable<ConfigInput["feeds"]>[number];

function feedOf(name: string, one: Connector, theirs: Theirs, origin: string): Feed {
  const id = one.venue ?? name.replace(/[_-]spot$/, "").replaceAll("_", "-");
  const venue = venueById(id);
  if (venue === null)
    throw new ConfigError([
      `${origin}: connectors.${name}: expected the name of a venue, saw "${id}"; name it with venue = "..."`,
    ]);
  const addresses = {
    ...(one.ws_url === undefined ? {} : { ws_url: one.ws_url }),
    ...(one.rest_url === undefined ? {} : { rest_url: one.rest_url }),
  };
  const spot = one.products ?? one.symbols;
  if (spot !== undefined)
    // Where quotes are not the top of book by the venue's own word, the book says when it is live.
    return {
      venue: id,
      symbols: spot,
      channels: ["trade", "quote", ...(venue.quoteIsTop === true ? [] : (["book"] as const))],
      ...addresses,
    };
  if (one.currencies === undefined)
    throw new ConfigError([
      `${origin}: connectors.${name}: expected products (spot) or currencies (options), saw neither`,
    ]);
  return {
    venue: id,
    symbols: [
      ...(one.perpetuals ?? one.currencies.map((base) => `${base}-${QUOTE}-PERP`)),
      ...one.currencies.map((base) => `${base}-DVOL`),
    ],
    chains: one.currencies.map((base) => ({
      base,
      quote: QUOTE,
      expiries: Math.min(64, theirs.pipeline.iv_surface.max_expiries),
      strikes: one.strikes,
    })),
    channels: ["ticker", "quote", "index"],
    ...addresses,
  };
}

function derivedOf({ pipeline }: Theirs, feeds: readonly Feed[]): Pick<ConfigInput, "derived"> {
  const { spot_mid: spot, iv_surface: iv } = pipeline;
  const hasSpot = spot.enabled && feeds.some(({ chains = [] }) => chains.length === 0);
  const hasOptions = iv.enabled && feeds.some(({ chains = [] }) => chains.length > 0);
  if (!hasSpot && !hasOptions) return {};
  const mid = {
    every_ms: spot.interval_ms,
    fresh_ms: spot.stale_ms,
    divergence_bps: spot.divergence_bps,
    ...productsOf(feeds),
  };
  const surface = {
    every_ms: iv.interval_ms,
    fresh_ms: iv.stale_ms,
    expiries: Math.min(64, iv.max_expiries),
    strike_range_factor: iv.strike_range_factor,
  };
  return {
    derived: { ...(hasSpot ? { spot_mid: mid } : {}), ...(hasOptions ? { iv_surface: surface } : {}) },
  };
}

/** There the newest quote of each venue went into one mid, in whichever dollars. Other currencies have products of their own. */
function productsOf(feeds: readonly Feed[]): { products?: string[]; aliases: Record<string, string> } {
  const spot = feeds.flatMap(({ symbols = [], chains = [] }) => (chains.length === 0 ? symbols : []));
  const found = spot.map((symbol) => /^(\w+?)[-_/]?USD[TC]?$/i.exec(symbol)?.[1]?.toUpperCase());
  const bases = [...new Set(found.flatMap((base) => base?.replace("XBT", "BTC") ?? []))];
  const aliases = Object.fromEntries(
    bases.flatMap((base) => ["USDT", "USDC"].map((quote) => [`${base}-${quote}`, `${base}-${QUOTE}`])),
  );
  return found.includes(undefined)
    ? { aliases }
    : { products: bases.map((base) => `${base}-${QUOTE}`), aliases };
}

type Sink = NonNullable<ConfigInput["sinks"]>[number];

/** A password in the address goes where secrets belong. */
function redisOf({ url, prefix, max_pending_keys: keys }: Theirs["sinks"]["redis"]): {
  readonly sink: Sink;
  readonly secrets: Readonly<Record<string, string>>;
} {
  const { protocol, host, pathname, username, password } = new URL(url);
  const sink: Sink = {
    type: "redis",
    scheme: "md-ingest",
    url: `${protocol}//${host}${pathname === "/" ? "" : pathname}`,
    prefix,
    pending_keys: Math.min(1 << 20, Math.max(64, keys)),
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password_env: PASSWORD }),
  };
  return { sink, secrets: password === "" ? {} : { [PASSWORD]: decodeURIComponent(password) } };
}

/** What of theirs has no part in ours. */
function notesOf(theirs: Theirs): string[] {
  const left = unknownKeys(Theirs, theirs, "");
  const buffers = left.filter((key) => BUFFERS.test(key) || key.startsWith("router."));
  const others = left.filter((key) => !buffers.includes(key));
  return [
    ...(buffers.length === 0
      ? []
      : [
          `${buffers.join(", ")}: no buffers are to be sized here: a ring and a journal stand between feeds and sinks`,
        ]),
    ...others.map((key) => `${key}: not known here, left out`),
    ...(theirs.sinks.parquet.flush_rows === ROWS
      ? []
      : [`sinks.parquet.flush_rows: files end at ${ROWS} rows here, whatever it says`]),
  ];
}

/** Paths of keys that the schema does not name. */
function unknownKeys(schema: z.ZodType, value: unknown, path: string): string[] {
  const json = z.toJSONSchema(schema, { io: "input" }) as JsonTable;
  return keysBeyond(json, value, path);
}

interface JsonTable {
  readonly properties?: Readonly<Record<string, JsonTable>>;
  readonly additionalProperties?: boolean | JsonTable;
}

function keysBeyond(schema: JsonTable, value: unknown, path: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const more = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
  return Object.entries(value).flatMap(([key, inner]) => {
    const known = schema.properties?.[key];
    const here = path === "" ? key : `${path}.${key}`;
    if (known !== undefined) return keysBeyond(known, inner, here);
    return more.properties === undefined ? [here] : keysBeyond(more, inner, here);
  });
}
