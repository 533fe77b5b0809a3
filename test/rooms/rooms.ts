/** The rooms of DESIGN: what each holds, whether it is pure, and which rooms it may import from. */
export interface Room {
  readonly holds: string;
  readonly pure: boolean;
  readonly may: readonly string[];
}

function pure(holds: string, ...may: string[]): Room {
  return { holds, pure: true, may };
}

function edge(holds: string, ...may: string[]): Room {
  return { holds, pure: false, may };
}

export const ROOMS: Readonly<Record<string, Room>> = {
  model: pure("words and formulas"),
  log: pure("bytes in memory", "model"),
  store: edge("bytes mapped, appended and rolled", "model", "log"),
  venues: pure("what a venue says and how", "model"),
  book: pure("the state of one book", "model"),
  feed: edge("connections to venues for data", "model", "log", "venues", "book"),
  pipelines: pure("new figures made from events", "model", "book"),
  quality: pure("judgements of the stream", "model", "book"),
  sinks: edge("one file per vendor", "model", "log"),
  servers: edge("what is called from outside", "model", "log", "book"),
  trading: edge("connections to venues for orders", "model", "log", "venues"),
  simulator: edge("venues played over real sockets", "model", "venues"),
  client: edge("what other programs import", "model", "log", "store", "book"),
  app: edge(
    "who runs where",
    "model",
    "log",
    "store",
    "venues",
    "book",
    "feed",
    "pipelines",
    "quality",
    "sinks",
    "servers",
    "trading",
    "simulator",
    "client",
  ),
  cli: edge("one file per command", "model", "log", "store", "venues", "book", "client", "app", "simulator"),
};

/**
 * Packages with two ends, a client's and a server's: one file in each of the rooms that has an end. WebSockets are spoken by venues (feed), by
 * those that play them (simulator), and by a broker that has no other door for us (sinks: Pulsar).
 */
export const TWO_ENDED: readonly string[] = ["ws"];

/** Files that may say venues' names although they are not of one venue: the table of ids, and presets. */
export const SAYS_VENUES: readonly RegExp[] = [
  /^src\/model\/venue\.ts$/,
  /^src\/venues\/(list|index|assembly\/index)\.ts$/,
  /^src\/app\/(demo|preset[a-z-]*)\.ts$/,
  /^src\/cli\/(demo|simulate)\.ts$/,
  // An earlier system, not the venue: its payload, its table, its files and its preset go by this name.
  /^src\/(sinks|app\/config\/sinks|app\/consume|app\/compat|app\/presets)\//,
  /^src\/(sinks\/[a-z]+|app\/config\/(compat|consume)|cli\/consume)\.ts$/,
  // A form of messages and rows is called after the pipeline that it comes from, which is called after a venue.
  /^src\/sinks\/(kit\/(gemini|messages)|postgres|postgres\/[a-z-]+)\.ts$/,
  /^src\/app\/config\/sinks\/(kafka|pulsar|postgres)\.ts$/,
];

/** The list of venues: one line each, as it passes them on and does nothing else. */
export const VENUE_LIST = "src/venues/list.ts";

/** Data tables may be longer than 500 lines; each is named here. */
export const DATA_TABLES: readonly string[] = [];

export const VENUE_FAMILIES: readonly string[] = [
  "binance",
  "coinbase",
  "kraken",
  "deribit",
  "gemini",
  "okx",
  "bitget",
  "bybit",
];

export const LIMITS = { fileMedian: 120, fileCap: 500, testCap: 1000, functionMedian: 10, functionCap: 60 };
