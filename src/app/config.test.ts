import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHANNELS, VENUE_CODES } from "../model/index.ts";
import { checkConfig, printConfig, readConfig } from "./config.ts";
import { ConfigError } from "./config/error.ts";
import { jsonErrorAt } from "./config/json.ts";
import { distance, nearest } from "./config/nearest.ts";
import { SINK_TYPES } from "./config/sinks/list.ts";

const FEED = { venue: "kraken", symbols: ["BTC-USD"] };

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-config-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

function faults(input: unknown, env: Record<string, string> = {}): readonly string[] {
  try {
    checkConfig(input, "f", env);
  } catch (error) {
    if (error instanceof ConfigError) return error.lines;
    throw error;
  }
  return [];
}

describe("a good configuration", () => {
  const resolved = {
    region: { dir: "/x", slots: 262144, instruments: 4096 },
    ops: { host: "127.0.0.1", port: 9090, allow_remote: false, aliases: [], service: "feedhorn" },
    log: { level: "info" },
    socket: { implementation: "fast", compression: "off" },
    ledger: { enabled: true, every_ms: 10_000, keep_hours: 24, keep_days: 90 },
    drift: true,
    unknown_frames: { max_bytes: 16_777_216 },
    data: {},
    journal: {
      enabled: true,
      fsync_ms: 200,
      segment_bytes: 67_108_864,
      max_bytes: 8_589_934_592,
      keep_ms: 0,
      max_stall_ms: 100,
      backlog_bytes: 268_435_456,
      reserve_bytes: 268_435_456,
      isolation: "thread",
    },
    tape: {
      enabled: false,
      max_bytes: 8_589_934_592,
      segment_bytes: 268_435_456,
      flush_ms: 1000,
      ring_bytes: 33_554_432,
    },
    supervisor: { restarts: 5, window_ms: 300_000 },
    shutdown_ms: 30_000,
    sinks: [],
    lanes: [
      {
        name: "main",
        feeds: [
          {
            venue: "kraken",
            symbols: ["BTC-USD"],
            chains: [],
            channels: ["trade", "quote", "book"],
            refresh_ms: 600_000,
            backfill: "on",
            redundancy: 1,
            audit_ms: 60_000,
            max_instruments: 2000,
            backoff: { min_ms: 250, max_ms: 30000 },
            silence: { factor: 4, min_ms: 3000, learn_ms: 900_000, off: false },
            required: true,
            options: {},
          },
        ],
        latency: "normal",
        scanner: "auto",
        isolation: "thread",
      },
    ],
  };

  it("says the same in YAML, TOML and JSON, with every default filled in", () => {
    const yaml = file("a.yaml", "region: { dir: /x }\nfeeds:\n  - venue: kraken\n    symbols: [BTC-USD]\n");
    const toml = file("a.toml", '[region]\ndir = "/x"\n[[feeds]]\nvenue = "kraken"\nsymbols = ["BTC-USD"]\n');
    const json = file("a.json", `\uFEFF${JSON.stringify({ region: { dir: "/x" }, feeds: [FEED] })}`);
    for (const path of [yaml, toml, json]) expect(readConfig(path, {})).toEqual(resolved);
  });

  it("resolves to itself when what is printed is read again", () => {
    const symbols = fc.uniqueArray(fc.stringMatching(/^[A-Z]{2,5}-[A-Z]{3}$/), {
      minLength: 1,
      maxLength: 5,
    });
    const feed = fc.record(
      {
        venue: fc.constantFrom(...Object.keys(VENUE_CODES)),
        symbols,
        channels: fc.uniqueArray(fc.constantFrom(...CHANNELS), { minLength: 1 }),
        depth: fc.integer({ min: 1, max: 5000 }),
        rotate_ms: fc.nat(1e6),
        required: fc.boolean(),
        options: fc.dictionary(
          fc.stringMatching(/^[a-j_]{1,8}$/),
          fc.oneof(fc.boolean(), fc.string(), fc.integer()),
        ),
      },
      { requiredKeys: ["venue", "symbols"] },
    );
    fc.assert(
      fc.property(feed, fc.integer({ min: 9, max: 24 }), (one, power) => {
        const first = checkConfig({ feeds: [one], region: { slots: 2 ** power } }, "f", {});
        expect(checkConfig(JSON.parse(printConfig(first)), "f", {})).toEqual(first);
      }),
    );
  });

  it("lets the environment win, and ignores empty variables", () => {
    const env = { FEEDHORN_DIR: "/e", FEEDHORN_OPS_PORT: "0", FEEDHORN_LOG_LEVEL: "warn" };
    const config = checkConfig({ feeds: [FEED], region: { dir: "/x" } }, "f", env);
    expect([config.region.dir, config.ops.port, config.log.level]).toEqual(["/e", 0, "warn"]);
    expect(checkConfig({ feeds: [FEED] }, "f", { FEEDHORN_OPS_PORT: "" }).ops.port).toBe(9090);
    expect(() => checkConfig({ feeds: [FEED] }, "f", { FEEDHORN_OPS_PORT: "99999" })).toThrow(
      'environment: FEEDHORN_OPS_PORT: expected a port from 0 to 65535, saw "99999"',
    );
    expect(() => checkConfig({ feeds: [FEED] }, "f", { FEEDHORN_LOG_LEVEL: "wran" })).toThrow(
      "did you mean warn?",
    );
  });

  it("hides secrets when printed", () => {
    const options = { api_key: "k1", nested: true, apiSecret: "s1", TOKEN: "t1" };
    const text = printConfig(
      checkConfig({ feeds: [{ ...FEED, ws_url: "wss://me:pass@h/x", options }] }, "f", {}),
    );
    expect(text).not.toMatch(/k1|s1|t1|pass@/);
    expect(text).toContain('"ws_url": "wss://[redacted]@h/x"');
    expect(text).toContain('"api_key": "[redacted]"');
  });
});

describe("what is kept", () => {
  const kept = (input: object) => checkConfig({ feeds: [FEED], ...input }, "f", {});

  it("is the lake, the journal and the ledger where there is a folder, and nothing where there is none", () => {
    const { sinks, ledger } = kept({ data: { dir: "d" } });
    expect(sinks).toEqual([expect.objectContaining({ type: "parquet", name: "lake", dir: "d/lake" })]);
    expect(ledger.dir).toBe("d/ledger");
    expect(kept({}).sinks).toEqual([]);
    expect(kept({ data: { dir: "d" }, sinks: [] }).sinks).toEqual([]);
  });

  it("fills in names and folders, and reads the same when printed", () => {
    const sinks = [
      { type: "ndjson", name: "all" },
      { type: "ndjson", delivery: "lapped" },
      { type: "parquet" },
    ];
    const config = kept({ data: { dir: "d" }, sinks });
    expect(config.sinks.map((sink) => [sink.name, sink.dir])).toEqual([
      ["all", "d/all"],
      ["ndjson", "d/ndjson"],
      ["parquet", "d/lake"],
    ]);
    expect(checkConfig(JSON.parse(printConfig(config)), "f", {})).toEqual(config);
  });
});

describe("a wrong configuration is explained in one line per fault", () => {
  it.each([
    [
      { feeds: [{ ...FEED, chanels: ["trade"] }] },
      "f: feeds[0].chanels: unknown key; did you mean channels?",
    ],
    [
      { feeds: [FEED], zzz: 1 },
      "f: zzz: unknown key; known keys are region, ops, log, socket, ledger, drift, unknown_frames, data, journal, tape, supervisor, shutdown_ms, sinks, compat, derived, lanes, feeds",
    ],
    [
      { feeds: [FEED], sinks: [{ type: "ndjson", delivery: "lapped" }] },
      "f: sinks[0].dir: missing; expected a folder (or data.dir)",
    ],
    [
      { feeds: [FEED], data: { dir: "d" }, journal: { enabled: false }, sinks: [{ type: "ndjson" }] },
      "f: sinks[0]: expected a journal for a sink that loses nothing, saw journal.enabled: false; set true, or delivery: lapped",
    ],
    [
      { feeds: [FEED], data: { dir: "d" }, sinks: [{ type: "ndjson" }, { type: "ndjson", dir: "d/x" }] },
      'f: sinks[1].name: expected a name of its own, saw "ndjson" again',
    ],
    [
      { feeds: [FEED], data: { dir: "d" }, sinks: [{ type: "ndjson", dir: "d/lake" }, { type: "parquet" }] },
      "f: sinks[1].dir: expected a folder of its own, saw that of ndjson: d/lake",
    ],
    [
      { feeds: [FEED], data: { dir: "d" }, sinks: [{ type: "ndjson", lanes: ["mian"] }] },
      'f: sinks[0].lanes[0]: expected one of main, saw "mian"',
    ],
    [
      { feeds: [FEED], data: { dir: "d" }, sinks: [{ type: "ndjson", kinds: ["trades"] }] },
      "f: sinks[0].kinds[0]: expected one of trade, quote, book, ticker, stats, option_ticker, index, liquidation, instrument, status, spot_mid, iv_surface, " +
        'saw "trades"; did you mean trade?',
    ],
    [
      { feeds: [FEED], data: { dir: "d" }, sinks: [{ type: "parquet", layuot: "lake" }] },
      "f: sinks[0].layuot: unknown key; did you mean layout?",
    ],
    [
      { feeds: [FEED], data: { dir: "d" }, sinks: [{ type: "parket" }] },
      `f: sinks[0].type: expected one of ${SINK_TYPES.map((one) => one.shape.type.value).join(", ")}, saw "parket"; did you mean parquet?`,
    ],
    [
      { feeds: [FEED], data: { dir: "d" }, journal: { max_bytes: 1 << 20 } },
      "f: journal.max_bytes: expected at least two segments (134217728), saw 1048576; set segment_bytes lower",
    ],
    [
      { feeds: [{ ...FEED, channels: ["trades"] }] },
      `f: feeds[0].channels[0]: expected one of ${CHANNELS.join(", ")}, saw "trades"; did you mean trade?`,
    ],
    [
      { feeds: [{ venue: "kraken" }] },
      "f: feeds[0].symbols: missing; expected a list of symbols or patterns, or chains",
    ],
    [
      { feeds: [{ ...FEED, symbols: [] }] },
      "f: feeds[0].symbols: missing; expected a list of symbols or patterns, or chains",
    ],
    [
      { feeds: [{ ...FEED, chains: [{ base: "BTC" }] }] },
      "f: feeds[0].channels: expected ticker among them: it tells the price that chains go by",
    ],
    [
      { feeds: [{ ...FEED, chains: [{ base: "BTC", strike: 3 }] }] },
      "f: feeds[0].chains[0].strike: unknown key; did you mean strikes?",
    ],
    [
      { feeds: [{ ...FEED, symbols: [""] }] },
      'f: feeds[0].symbols[0]: expected text of at least 1 character, saw ""',
    ],
    [
      { feeds: [{ ...FEED, ws_url: "http://u:p@x" }] },
      'f: feeds[0].ws_url: expected a URL (Instead of the venue\'s own websocket address), saw "http://[redacted]@x"',
    ],
    [
      { feeds: [{ ...FEED, options: { a: [1] } }] },
      "f: feeds[0].options.a: expected text or a number or true or false, saw [1]",
    ],
    [
      { feeds: [{ ...FEED, backoff: { min_ms: 9, max_ms: 8 } }] },
      "f: feeds[0].backoff.max_ms: expected at least min_ms (9), saw 8",
    ],
    [{ feeds: [FEED], region: { slots: 100 } }, "f: region.slots: expected at least 512, saw 100"],
    [{ feeds: [FEED], region: { slots: 5000 } }, "f: region.slots: expected a power of two, saw 5000"],
    [{ feeds: [FEED], ops: { port: 1.5 } }, "f: ops.port: expected a whole number, saw 1.5"],
    [{ feeds: [FEED], ops: { port: "9090" } }, 'f: ops.port: expected a whole number, saw "9090"'],
    [
      { feeds: [FEED], ops: { host: "0.0.0.0" } },
      'f: ops.host: expected a loopback address such as 127.0.0.1, saw "0.0.0.0"; set ops.allow_remote: true to serve others',
    ],
    [
      { feeds: [FEED], log: { level: "wran" } },
      'f: log.level: expected one of trace, debug, info, warn, error, fatal, silent, saw "wran"; did you mean warn?',
    ],
    [
      { feeds: [FEED, FEED] },
      "f: feeds[1]: kraken trade BTC-USD is already asked for by feeds[0]; remove one of them",
    ],
    [
      { feeds: [FEED], derived: {} },
      "f: derived: expected spot_mid or iv_surface, saw neither; name one ({} is enough) or leave it out",
    ],
    [
      { lanes: [{ name: "derived", feeds: [FEED] }], derived: { spot_mid: {} } },
      'f: lanes[0].name: expected another name than "derived", which is the lane of derived figures',
    ],
    [
      { lanes: [{ name: "Main", feeds: [FEED] }] },
      'f: lanes[0].name: expected a lower-case letter, then up to 31 of a-z 0-9 _ -, saw "Main"',
    ],
    [
      { lanes: [{ name: "a", feeds: [FEED] }], feeds: [FEED] },
      "f: feeds: expected feeds or lanes, saw both; move the feeds into a lane",
    ],
    [{}, "f: feeds: missing; expected a list of feeds (or lanes) to listen to"],
    [null, "f: feeds: missing; expected a list of feeds (or lanes) to listen to"],
    [[], "f: (file): expected a table of keys, saw []"],
    ["kraken", 'f: (file): expected a table of keys, saw "kraken"'],
  ])("%j", (input, line) => {
    expect(faults(input)[0]).toBe(line);
  });

  it("names every fault at once and never shows a secret", () => {
    const lines = faults({ feeds: [{ venue: "krakne", symbols: "BTC", options: { api_key: ["hush"] } }] });
    expect(lines.length).toBe(3);
    expect(lines[0]).toMatch(/feeds\[0\]\.venue: .*saw "krakne"; did you mean kraken\?$/);
    expect(lines.join()).not.toContain("hush");
  });

  it("refuses cores that this machine does not have", () => {
    const lane = { name: "a", feeds: [FEED] };
    const cores = cpus().length;
    expect(faults({ lanes: [{ ...lane, cores: [0, cores - 1], latency: "low" }] })).toEqual([]);
    expect(faults({ lanes: [{ ...lane, cores: [0, cores] }] })).toEqual([
      `f: lanes[0].cores[1]: expected a core of this machine, 0 to ${cores - 1}, saw ${cores}`,
    ]);
    expect(faults({ lanes: [{ ...lane, cores: [] }] })).toEqual([
      "f: lanes[0].cores: expected a list of at least 1 item, saw []",
    ]);
    expect(faults({ lanes: [{ ...lane, latency: "lo" }] })[0]).toContain("did you mean low?");
  });

  it("refuses a lane name used twice, allows a remote host when told so", () => {
    const other = { ...FEED, symbols: ["ETH-USD"] };
    const twice = {
      lanes: [
        { name: "a", feeds: [FEED] },
        { name: "a", feeds: [other] },
      ],
    };
    expect(faults(twice)).toEqual(['f: lanes[1].name: expected a name of its own, saw "a" again']);
    expect(faults({ feeds: [FEED], ops: { host: "0.0.0.0", allow_remote: true } })).toEqual([]);
  });
});

describe("a file that cannot be read", () => {
  it.each([
    [
      "bad.yaml",
      "feeds:\n  - venue: kraken\n   symbols: [x]\n",
      /bad\.yaml:3:1: Sequence item without - indicator/,
    ],
    ["dup.yaml", "feeds: []\nfeeds: []\n", /dup\.yaml:2:1: Map keys must be unique/],
    ["bad.toml", "[region]\nslots = = 3\n", /bad\.toml:2:9: .+/],
    ["bad.json", '{\n  "feeds": [1,]\n}', /bad\.json:2:15: expected a value, saw "\]"/],
    ["bad.ini", "", /bad\.ini: expected a name ending in \.yaml, \.yml, \.toml or \.json/],
  ])("%s", (name, text, line) => {
    const path = file(name, text);
    expect(() => readConfig(path, {})).toThrow(line);
  });

  it("is named with the reason", () => {
    expect(() => readConfig(join(dir, "none.yaml"), {})).toThrow(/none\.yaml: no such file$/);
    expect(() => readConfig(file("big.yaml", "#".repeat(1_048_577)), {})).toThrow(
      /expected at most 1048576 bytes, saw 1048577/,
    );
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
      .split("")
      .map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefg"[i]}`).join()}]`)
      .join("\n")}\n`;
    expect(() => readConfig(file("bomb.yaml", bomb), {})).toThrow(/alias/i);
  });
});

describe("the JSON scanner", () => {
  it("accepts exactly what JSON.parse accepts, duplicate keys apart", () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", "]", "}", ",", '"', "\\", "1", ".", "x", "\u0001"))
      .map(([text, at, put]) => {
        const p = at % (text.length + 1);
        return text.slice(0, p) + put + text.slice(p + 1);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        const fault = jsonErrorAt(text);
        if (fault?.reason.endsWith("appears twice")) return;
        expect(fault === null).toBe(valid);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ["", 1, 1, "expected a value, saw the end of the file"],
    ['{"a":1,\n "a":2}', 2, 2, 'key "a" appears twice'],
    ["{a:1}", 1, 2, 'expected JSON, saw "a:1}"'],
    ['{"a" 1}', 1, 6, 'expected ":", saw "1}"'],
    ["[1 2]", 1, 4, 'expected "," or "]", saw "2]"'],
    ["{} {}", 1, 4, 'expected the end of the file, saw "{}"'],
    ["[01]", 1, 2, 'expected JSON, saw "01]"'],
    ["[".repeat(70), 1, 66, "nested deeper than 64"],
  ])("%s", (text, line, column, reason) => {
    expect(jsonErrorAt(text)).toEqual({ line, column, reason });
  });
});

describe("nearest", () => {
  it("counts a swap of neighbours as one step", () => {
    expect([distance("wran", "warn"), distance("abc", ""), distance("kitten", "sitting")]).toEqual([1, 3, 3]);
  });

  it("offers nothing far away", () => {
    expect(nearest("binanc", Object.keys(VENUE_CODES))).toBe("binance");
    expect(nearest("nasdaq", Object.keys(VENUE_CODES))).toBeNull();
  });
});
