import { ConfigError } from "../config/error.ts";
import type { ConfigInput } from "../config/schema.ts";
import { z } from "../config/zod.ts";
import type { Preset } from "./preset.ts";
import { checkTheirs, listOf, named, overlaid } from "./theirs.ts";

/** Its configuration, with its defaults. Variables of the same names in capitals win over the file. */
const Theirs = z.strictObject({
  symbols: z.array(z.string().min(1).max(64)).min(1).describe("Symbols of the venue (BTCUSDT)"),
  exchange_ws_url: z
    .url({ protocol: /^wss?$/ })
    .default("wss://stream.binance.com:9443/ws")
    .describe("Websocket address: spot, or USD-M futures by its host"),
  exchange_rest_url: z
    .url({ protocol: /^https?$/ })
    .default("https://api.binance.com")
    .describe("REST address"),
  redis_url: z
    .string()
    .regex(/^rediss?:\/\/\S+$/, "expected redis://host:6379")
    .default("redis://localhost:6379")
    .describe("Redis"),
  order_book_depth: z.int().min(1).max(50).default(20).describe("Levels a side of published books"),
  health_port: z.int().min(0).max(65_535).default(9090).describe("Port of /health, /ready and /metrics"),
  shm_name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "expected a name of letters, digits, dots, dashes")
    .default("market_data_shm")
    .describe("Name of the shared memory"),
  reconnect_delay_ms: z.int().min(1).max(600_000).default(1000).describe("Wait before the first reconnect"),
  max_reconnect_delay_ms: z
    .int()
    .min(1)
    .max(3_600_000)
    .default(60_000)
    .describe("Longest wait between reconnects"),
});
type Theirs = z.output<typeof Theirs>;

/** Its variables. */
const VARIABLES = Object.fromEntries(Object.keys(Theirs.shape).map((key) => [key.toUpperCase(), key]));
const NUMBERS = new Set(["order_book_depth", "health_port", "reconnect_delay_ms", "max_reconnect_delay_ms"]);
/** Trades one by one, and figures of 24 hours. */
const SPOT: ReadonlySet<string> = new Set(["binance", "binance-us"]);
/** More levels have no room in an entry. */
const RING_DEPTH = 30;
/** Where a password that stood in redis_url is found from then on. */
const PASSWORD = "REDIS_URL_PASSWORD";

/** The B25 market data service: Binance trades and books to Redis, /health and /ready and /metrics under its names. */
export const b25: Preset = {
  name: "b25",
  summary: "B25 market data service: Binance to Redis channels and keys, health on port 9090",
  translate(input, env, origin) {
    const theirs = checkTheirs(Theirs, overlaid(input, fromEnvironment(env)), origin);
    const market = marketOf(theirs);
    if (theirs.reconnect_delay_ms > theirs.max_reconnect_delay_ms)
      throw new ConfigError([
        `${origin}: max_reconnect_delay_ms: expected at least reconnect_delay_ms (${theirs.reconnect_delay_ms}), saw ${theirs.max_reconnect_delay_ms}`,
      ]);
    const redis = redisOf(theirs.redis_url, theirs.order_book_depth);
    const config: ConfigInput = {
      feeds: [
        {
          ...market,
          symbols: theirs.symbols.map((symbol) => symbol.toUpperCase()),
          channels: SPOT.has(market.venue)
            ? ["trade", "quote", "book", "ticker"]
            : ["agg_trade", "quote", "book"],
          backoff: { min_ms: theirs.reconnect_delay_ms, max_ms: theirs.max_reconnect_delay_ms },
        },
      ],
      compat: { message_ring: ringOf(theirs, market.venue) },
      ops: { port: theirs.health_port, service: "market-data", aliases: ["b25"] },
      sinks: [redis.sink],
    };
    return { config, secrets: redis.secrets, notes: [] };
  },
};

/** As a file of theirs would hold it; lists by commas, numbers as numbers. */
function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const { symbols, ...rest } = named(env, VARIABLES);
  const values = Object.entries(rest).map(([key, text]): [string, unknown] => [
    key,
    NUMBERS.has(key) && /^\d+$/.test(text ?? "") ? Number(text) : text,
  ]);
  return {
    ...Object.fromEntries(values),
    ...(symbols === undefined ? {} : { symbols: listOf(symbols) ?? [] }),
  };
}

type Market = Pick<NonNullable<ConfigInput["feeds"]>[number], "venue" | "ws_url" | "rest_url">;

/** The venue by its addresses: they are the only word theirs has for it. Addresses that are nobody's known are gone to. */
function marketOf({ exchange_ws_url: ws, exchange_rest_url: rest }: Theirs): Market {
  const both = `${ws} ${rest}`;
  const venue = /dstream|dapi/.test(both)
    ? "binance-coinm"
    : /fstream|fapi/.test(both)
      ? "binance-usdm"
      : /binance\.us\b/.test(both)
        ? "binance-us"
        : "binance";
  return {
    venue,
    ...(known(ws) ? {} : { ws_url: new URL(ws).origin }),
    ...(known(rest) ? {} : { rest_url: new URL(rest).origin }),
  };
}

function known(url: string): boolean {
  return /(^|\.)binance\.(com|us|vision)$/.test(new URL(url).hostname);
}

type Ring = NonNullable<NonNullable<ConfigInput["compat"]>["message_ring"]>;

/** Its shared memory: a name is a file in /dev/shm. */
function ringOf({ shm_name: name, order_book_depth: depth, symbols }: Theirs, venue: Ring["venue"]): Ring {
  const wanted = symbols.map((symbol) => symbol.toUpperCase());
  return { venue, symbols: wanted, file: `/dev/shm/${name}`, depth: Math.min(depth, RING_DEPTH) };
}

type Sink = NonNullable<ConfigInput["sinks"]>[number];

/** A password in the address goes where secrets belong. */
function redisOf(
  address: string,
  depth: number,
): { readonly sink: Sink; readonly secrets: Readonly<Record<string, string>> } {
  const { protocol, host, pathname, username, password } = new URL(address);
  const sink: Sink = {
    type: "redis",
    scheme: "b25",
    required: true,
    url: `${protocol}//${host}${pathname === "/" ? "" : pathname}`,
    depth,
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password_env: PASSWORD }),
  };
  return { sink, secrets: password === "" ? {} : { [PASSWORD]: decodeURIComponent(password) } };
}
