import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ageText, micros } from "./compat-text.ts";

const MAIN = join(import.meta.dirname, "main.ts");

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-cli-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

function run(
  args: readonly string[],
  env: Record<string, string> = {},
): { status: number | null; stdout: string; stderr: string } {
  const whole = { PATH: process.env["PATH"], OB_MMAP: join(dir, "ob"), TOB_MMAP: join(dir, "tob"), ...env };
  return spawnSync(process.execPath, ["--import", "tsx", MAIN, ...args], { encoding: "utf8", env: whole });
}

describe("the command line", () => {
  it("explains itself with examples", () => {
    const { status, stdout } = run(["--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Usage: feedhorn \[options\] \[command\]/);
    expect(stdout).toMatch(/\n {2}testdata .*\n/);
    expect(stdout).toMatch(/feedhorn config gateway\.yaml +check a configuration/);
    expect(run(["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each([
    [[], "Usage: feedhorn"],
    [["redaer"], "(Did you mean reader?)"],
    [["reader", "--bok", "x"], "(Did you mean --book?)"],
    [["config"], "expected either a configuration file or --schema"],
    [["config", "x.yaml", "--schema"], "expected either a configuration file or --schema"],
    [["testdata", "extra"], "too many arguments"],
  ])("%j is a usage error", (args, words) => {
    const { status, stdout, stderr } = run(args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(words);
  });

  it("imports the rooms behind a command only when that command runs", () => {
    const seen = new Set<string>();
    const beyond: string[] = [];
    const visit = (name: string): void => {
      if (seen.has(name)) return;
      seen.add(name);
      const text = readFileSync(join(import.meta.dirname, name), "utf8");
      for (const [, from] of text.matchAll(/^import (?!type )(?:.|\n)*? from "([^"]+)"/gm))
        if (from!.startsWith("./")) visit(from!.slice(2));
        else if (!from!.startsWith("node:")) beyond.push(`${name} ${from}`);
    };
    visit("main.ts");
    expect([...seen]).toContain("testdata.ts");
    expect(beyond).toEqual(["program.ts commander"]);
  });

  it("ends quietly when its reader leaves", async () => {
    const child = spawn(process.execPath, ["--import", "tsx", MAIN, "config", "--schema"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const status = await new Promise((resolve) => child.on("close", resolve));
    expect([status, stderr]).toEqual([0, ""]);
  });
});

describe("config", () => {
  it("prints the resolved configuration, or every fault and exit code 1", () => {
    const good = join(dir, "good.toml");
    writeFileSync(good, '[[feeds]]\nvenue = "kraken"\nsymbols = ["BTC-USD"]\n');
    const { status, stdout } = run(["config", good], { FEEDHORN_OPS_PORT: "9191" });
    expect([status, (JSON.parse(stdout) as { ops: { port: number } }).ops.port]).toEqual([0, 9191]);
    const bad = join(dir, "bad.yaml");
    writeFileSync(bad, "feeds:\n  - venue: kraken\n    symbol: [BTC-USD]\n");
    const wrong = run(["config", bad]);
    expect([wrong.status, wrong.stdout]).toEqual([1, ""]);
    expect(wrong.stderr).toContain(`${bad}: feeds[0].symbol: unknown key; did you mean symbols?`);
  });

  it("prints the schema", () => {
    const schema = JSON.parse(run(["config", "--schema"]).stdout) as { $schema: string; properties: object };
    expect(schema.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(Object.keys(schema.properties)).toEqual([
      "region",
      "ops",
      "log",
      "socket",
      "ledger",
      "drift",
      "unknown_frames",
      "data",
      "journal",
      "tape",
      "supervisor",
      "shutdown_ms",
      "sinks",
      "compat",
      "derived",
      "lanes",
      "feeds",
    ]);
  });
});

describe("testdata and reader", () => {
  it("write and print the known figures, byte for byte", () => {
    expect(run(["testdata"]).status).toBe(0);
    const top = readFileSync(join(dir, "tob"));
    const book = readFileSync(join(dir, "ob"));
    const words = (bytes: Buffer): bigint[] =>
      Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readBigUInt64LE(i * 8));
    expect(words(top)).toEqual([145_850_000n, 2_500_000n, 145_900_000n, 1_800_000n, 1_726_311_234_567n]);
    const filled = words(book).flatMap((word, i) => (word === 0n ? [] : [[i, word]]));
    expect(book.length).toBe(1608);
    expect(filled.filter(([i]) => Number(i) % 2 === 0)).toEqual([
      [0, 145_850_000n],
      [2, 145_800_000n],
      [4, 145_750_000n],
      [6, 145_700_000n],
      [8, 145_650_000n],
      [100, 145_900_000n],
      [102, 145_950_000n],
      [104, 146_000_000n],
      [106, 146_050_000n],
      [108, 146_100_000n],
      [200, 1_726_311_234_567n],
    ]);
    const { status, stdout } = run(["reader"]);
    expect(status).toBe(0);
    expect(stdout.replace(/age .*\(/, "age AGE (")).toBe(
      [
        "Top of book",
        "  bid     145.850000 x 2.500000",
        "  ask     145.900000 x 1.800000",
        "  spread  0.050000 (3.43 bps of mid)",
        "  age AGE (2024-09-14T10:53:54.567Z)",
        "",
        "Order book",
        "   #    bid quantity       bid price |       ask price    ask quantity",
        "   1        2.500000      145.850000 |      145.900000        1.800000",
        "   2        3.000000      145.800000 |      145.950000        2.300000",
        "   3        3.500000      145.750000 |      146.000000        2.800000",
        "   4        4.000000      145.700000 |      146.050000        3.300000",
        "   5        4.500000      145.650000 |      146.100000        3.800000",
        "  levels  bids 5/50, asks 5/50",
        "",
      ].join("\n"),
    );
  });

  it("name a malformed file and exit with 1", () => {
    writeFileSync(join(dir, "short"), "x");
    const { status, stderr } = run(["reader", "--top", join(dir, "short")]);
    expect([status, stderr]).toEqual([
      1,
      `error: ${join(dir, "short")}: expected a top of book file of 40 bytes, saw 1\n`,
    ]);
    expect(run(["reader", "--book", join(dir, "absent")]).stderr).toContain("absent: no such file or folder");
  });

  it("write ages and millionths for people", () => {
    expect([0, 59_999, 60_000, 3_600_000, 90_000_000, -1500].map(ageText)).toEqual([
      "0.000 s",
      "59.999 s",
      "1 min 0 s",
      "1 h 0 min",
      "1 d 1 h",
      "1.500 s in the future",
    ]);
    expect([0n, 1n, -50_000n, 2n ** 64n - 1n].map(micros)).toEqual([
      "0.000000",
      "0.000001",
      "-0.050000",
      "18446744073709.551615",
    ]);
  });
});
