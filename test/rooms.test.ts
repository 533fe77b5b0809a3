import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { functionsOf } from "./rooms/functions.ts";
import { ROOMS } from "./rooms/rooms.ts";
import { sourceOf } from "./rooms/source.ts";
import type { Source } from "./rooms/source.ts";
import { WALLS } from "./rooms/walls.ts";

const ROOT = join(import.meta.dirname, "..");

const FILES: Source[] = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .map((path) => `src/${path.replaceAll("\\", "/")}`)
  .filter((path) => path.endsWith(".ts"))
  .toSorted()
  .map((path) => sourceOf(path, readFileSync(join(ROOT, path), "utf8")));

describe("the walls stand", () => {
  it.each(Object.keys(WALLS))("%s", (wall) => {
    expect(WALLS[wall]!(FILES)).toEqual([]);
  });

  it("says of the compiler's project references what the table says", () => {
    for (const [name, room] of Object.entries(ROOMS)) {
      const path = join(ROOT, "src", name, "tsconfig.json");
      if (!existsSync(path)) continue;
      const config = JSON.parse(readFileSync(path, "utf8")) as {
        references: { path: string }[];
        compilerOptions: { types?: string[]; lib?: string[] };
      };
      const wanted = room.may.filter((other) => existsSync(join(ROOT, "src", other)));
      expect(config.references.map((one) => one.path.replace("../", "")).toSorted(), path).toEqual(
        wanted.toSorted(),
      );
      if (room.pure)
        expect([config.compilerOptions.types ?? [], config.compilerOptions.lib], path).toEqual([
          [],
          undefined,
        ]);
    }
    const base = JSON.parse(readFileSync(join(ROOT, "tsconfig.base.json"), "utf8")) as {
      compilerOptions: { types: string[]; lib: string[] };
    };
    expect([base.compilerOptions.types, base.compilerOptions.lib]).toEqual([[], ["es2023"]]);
  });
});

/** Files that break one wall each, and what is said. */
const BREACHES: [wall: string, files: Record<string, string>, says: string][] = [
  ["knownRooms", { "src/market/x.ts": "" }, "src/market/x.ts stands in no room: expected one of model, log"],
  ["knownRooms", { "src/x.ts": "" }, "src/x.ts stands in no room"],
  [
    "arrows",
    { "src/book/x.ts": 'import type { Y } from "../feed/y.ts";' },
    "src/book/x.ts:1 imports src/feed/y.ts, but book/ (the state of one book) may only import from model. connections to venues for data belong in feed/; app may use both and can pass it in.",
  ],
  [
    "arrows",
    { "src/model/x.ts": '\nimport { y } from "../log/y.ts";' },
    "src/model/x.ts:2 imports src/log/y.ts, but model/ (words and formulas) may only import from nothing.",
  ],
  [
    "arrows",
    { "src/store/x.ts": 'export { y } from "../venues/index.ts";' },
    "store/ (bytes mapped, appended and rolled) may only import from model, log",
  ],
  [
    "arrows",
    { "src/servers/x.ts": 'const y = await import("../feed/y.ts");' },
    "src/servers/x.ts:1 imports src/feed/y.ts",
  ],
  [
    "arrows",
    { "src/feed/x.ts": 'import {\n  a,\n  type B,\n} from "../app/y.ts";' },
    "src/feed/x.ts:1 imports src/app/y.ts",
  ],
  [
    "sideways",
    { "src/venues/okx/parse.ts": 'import { y } from "../kraken/parse.ts";' },
    "src/venues/okx/parse.ts:1 imports src/venues/kraken/parse.ts: no imports sideways. What both need goes to venues/kit.ts",
  ],
  [
    "sideways",
    { "src/venues/okx/parse.ts": 'import { y } from "../binance-kit.ts";' },
    "no imports sideways",
  ],
  ["sideways", { "src/venues/kit.ts": 'import { y } from "./okx/parse.ts";' }, "no imports sideways"],
  ["sideways", { "src/sinks/redis.ts": 'import { y } from "./kafka.ts";' }, "goes to sinks/kit.ts"],
  [
    "vendors",
    { "src/app/a.ts": 'import { z } from "zod";', "src/servers/b.ts": 'import type { z } from "zod/v4";' },
    "zod is imported by src/app/a.ts and src/servers/b.ts: one vendor, one file.",
  ],
  [
    "vendors",
    { "src/feed/a.ts": 'import ws from "ws";', "src/feed/b.ts": 'import ws from "ws";' },
    "ws in feed/ is imported by",
  ],
  [
    "vendors",
    { "src/sinks/redis.ts": 'import { createClient } from "redis";' },
    "src/sinks/redis.ts:1 imports redis eagerly",
  ],
  ["purity", { "src/log/x.ts": "const t = Date.now();" }, "src/log/x.ts:1 uses Date: log/ is pure."],
  ["purity", { "src/venues/okx/x.ts": "const t = Math.random();" }, "uses Math.random: venues/ is pure"],
  ["purity", { "src/book/x.ts": "export async function f() {}" }, "uses async"],
  ["purity", { "src/pipelines/x.ts": "const t = performance.now();" }, "uses performance"],
  [
    "purity",
    { "src/quality/x.ts": 'import { readFileSync } from "node:fs";' },
    "imports node:fs: quality/ is pure and imports only rooms",
  ],
  [
    "environment",
    { "src/feed/x.ts": 'const a = process.env["X"];' },
    "src/feed/x.ts:1 reads the environment: only app/config.ts does.",
  ],
  ["environment", { "src/app/run.ts": "const { HOME } = process.env;" }, "reads the environment"],
  [
    "offsets",
    { "src/store/x.ts": "view.setBigUint64(8, 1n, true);" },
    "src/store/x.ts:1 counts bytes: only log/ knows offsets.",
  ],
  ["offsets", { "src/client/x.ts": "buffer.readUInt32LE(4);" }, "counts bytes"],
  [
    "offsets",
    { "src/client/x.ts": 'import { SLOT } from "../log/layout.ts";' },
    "imports src/log/layout.ts: only log/ knows offsets",
  ],
  [
    "world",
    { "src/app/x.ts": 'import { writeFileSync } from "node:fs";' },
    "src/app/x.ts:1 imports node:fs: writing files belongs in store/",
  ],
  ["world", { "src/client/x.ts": 'import koffi from "koffi";' }, "mapping memory belongs in store/"],
  ["world", { "src/cli/x.ts": 'import { connect } from "node:net";' }, "connections belong in feed/"],
  [
    "world",
    { "src/feed/x.ts": "new Worker(url)" },
    "src/feed/x.ts:1 starts a thread: only app/ chooses who runs where.",
  ],
  [
    "venueNames",
    { "src/feed/x.ts": 'if (venue === "kraken") {}' },
    'src/feed/x.ts:1 says "kraken": only venues/<venue>/ says a venue\'s name.',
  ],
  ["venueNames", { "src/book/x.ts": "function krakenCrc() {}" }, 'says "kraken"'],
  ["venueNames", { "src/venues/okx/x.ts": 'const other = "bybit";' }, 'says "bybit"'],
  ["venueNames", { "src/venues/kit.ts": 'const other = "OKX";' }, 'says "OKX"'],
  ["emptyNames", { "src/feed/utils.ts": "" }, 'src/feed/utils.ts: "utils" says nothing.'],
  ["emptyNames", { "src/book/core/x.ts": "" }, '"core" says nothing'],
  [
    "cycles",
    { "src/book/a.ts": 'import "./b.ts";', "src/book/b.ts": 'import { A } from "./a.ts";' },
    "src/book/a.ts -> src/book/b.ts -> src/book/a.ts: a circle.",
  ],
  [
    "reexports",
    { "src/book/a.ts": 'export * from "./b.ts";' },
    "src/book/a.ts:1 passes ./b.ts on: only index.ts",
  ],
  [
    "reexports",
    { "src/venues/index.ts": 'export * from "./okx/index.ts";' },
    "src/venues/index.ts:1 passes ./okx/index.ts on, which is a door itself",
  ],
  ["sizes", { "src/book/a.ts": "x;\n".repeat(501) }, "src/book/a.ts has 501 lines, cap 500"],
  ["sizes", { "src/book/a.test.ts": "x;\n".repeat(1001) }, "src/book/a.test.ts has 1001 lines, cap 1000"],
  ["sizes", { "src/book/a.ts": "x;\n".repeat(121) }, "The median file has 121 lines, limit 120."],
  [
    "sizes",
    { "src/book/a.ts": `function f(): void {\n${"  x;\n".repeat(59)}}` },
    "src/book/a.ts:1 f has 61 lines, cap 60",
  ],
  [
    "sizes",
    { "src/book/a.ts": `function f(): void {\n${"  x;\n".repeat(9)}}` },
    "The median function has 11 lines, limit 10.",
  ],
];

/** Look like breaches and are none. */
const ALLOWED: [wall: string, files: Record<string, string>][] = [
  [
    "arrows",
    {
      "src/book/x.ts":
        '// import { y } from "../feed/y.ts";\nconst s = "import x from \\"../feed/y.ts\\"";\nimport { a } from "../model/index.ts";',
    },
  ],
  ["arrows", { "src/book/x.test.ts": 'import { y } from "../feed/y.ts";' }],
  [
    "sideways",
    {
      "src/venues/index.ts": 'import { kraken } from "./kraken/venue.ts";',
      "src/venues/okx/parse.ts": 'import { y } from "../kit.ts";',
    },
  ],
  ["sideways", { "src/venues/binance-usdm/parse.ts": 'import { y } from "../binance-kit.ts";' }],
  [
    "vendors",
    {
      "src/feed/a.ts": 'import ws from "ws";',
      "src/simulator/b.ts": 'import ws from "ws";',
      "src/sinks/redis.ts": 'await import("redis");',
    },
  ],
  [
    "purity",
    {
      "src/log/x.ts": '/* Date */ const s = "process"; x.fetch(); const y = { process: 1 };',
      "src/feed/y.ts": "Date.now();",
    },
  ],
  [
    "environment",
    { "src/app/config/env.ts": "process.env", "src/feed/x.ts": 'process.exit(); "process.env"' },
  ],
  [
    "offsets",
    {
      "src/log/x.ts": "view.setUint8(0, 1)",
      "src/venues/binance/sbe.ts": "view.getFloat64(0)",
      "src/feed/x.ts": "file.readFile(); map.get(1)",
    },
  ],
  [
    "world",
    {
      "src/app/x.ts": 'import { readFileSync } from "node:fs"; new Worker(url);',
      "src/store/y.ts": 'import { renameSync } from "node:fs";',
    },
  ],
  [
    "venueNames",
    {
      "src/feed/x.ts": "// as kraken does",
      "src/cli/x.ts": "const EXAMPLES = `feedhorn normalize --venue kraken`; help('such as okx');",
      "src/venues/binance-us/x.ts": '"binance"',
      "src/venues/binance-kit.ts": '"binance"',
      "src/app/presets.ts": '"okx"',
    },
  ],
  [
    "cycles",
    {
      "src/book/a.ts": 'import "./b.ts"; import "./c.ts";',
      "src/book/b.ts": 'import "./c.ts";',
      "src/book/c.ts": "",
    },
  ],
  [
    "reexports",
    {
      "src/book/index.ts": 'export * from "./a.ts";',
      "src/book/a.ts": "export const a = 1; export type { B };",
    },
  ],
  ["sizes", { "src/book/a.ts": `function f(): void {\n${"  x;\n\n// why\n".repeat(8)}}` }],
];

function tree(files: Record<string, string>): Source[] {
  return Object.entries(files).map(([path, text]) => sourceOf(path, text));
}

describe("each wall goes red for a breach", () => {
  it.each(BREACHES)("%s %j", (wall, files, says) => {
    expect(WALLS[wall]!(tree(files)).join("\n")).toContain(says);
  });

  it.each(ALLOWED)("and not for what only looks like one: %s %j", (wall, files) => {
    expect(WALLS[wall]!(tree(files))).toEqual([]);
  });

  it("covers every wall", () => {
    expect(new Set(BREACHES.map(([wall]) => wall))).toEqual(new Set(Object.keys(WALLS)));
  });
});

describe("the scanner", () => {
  it.each<[string, string, (string | number)[]]>([
    ["declaration", "function f(a: number): string {\n  return a;\n}", ["f", 3]],
    ["object return type", "function f(): { a: number } {\n}", ["f", 2]],
    ["generic", "function f<T extends { a: 1 }>(x: T): Map<string, () => void> {\n}", ["f", 2]],
    ["type guard", "function f(x: unknown): x is { a: 1 } {\n}", ["f", 2]],
    ["function type", "function f(): (a: number) => void {\n}", ["f", 2]],
    ["array type", "function f(): readonly number[] | null {\n}", ["f", 2]],
    ["method", "class A { #x(): void { y(); }\n}", ["#x", 1]],
    ["arrow", "const f = (a) => {\n};", ["f", 2]],
    ["typed arrow", "const f = (a): number => {\n};", ["f", 2]],
    ["one name arrow", "list.map(x => {\n});", ["(anonymous)", 2]],
    ["control only", "if (a) { b; } for (const x of y) { z; } while (c) { d; }", []],
    ["case", "switch (a) { case (b): { c; } }", []],
    ["ternary", "const a = b ? (c) : { d: 1 };", []],
    ["overload", "function f(a: number): void;\nfunction f(a: string): void {\n}", ["f", 2]],
    ["comments do not count", "function f() {\n  // one\n\n  /* two\n  three */ a;\n}", ["f", 3]],
    [
      "braces in literals",
      "function f() {\n  const s = \"{\" + '{' + `{${a}{` + /[/{]{/.source;\n}",
      ["f", 3],
    ],
    ["nested templates", "function f() {\n  return `a${`b${{ c: 1 }.c}`}`;\n}", ["f", 3]],
    ["division", "function f() {\n  return a / b / { c: 1 }.c;\n}", ["f", 3]],
  ])("measures a %s", (_, text, expected) => {
    expect(functionsOf(sourceOf("src/x/y.ts", text)).flatMap(({ name, lines }) => [name, lines])).toEqual(
      expected,
    );
  });

  it("sees every import of the real tree that a plain search sees", () => {
    for (const { path, text, imports } of FILES.filter((file) => !file.path.endsWith(".test.ts"))) {
      const plain = text
        .split("\n")
        .filter((line) => /^(import|export|\}) .*from "[^"]+";$/.test(line)).length;
      expect(imports.filter(({ dynamic }) => !dynamic).length, path).toBe(plain);
    }
  });
});
