import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { run, start, call, events } from "./cli-rig.ts";

const TRADE =
  '{"e":"trade","E":1700000000120,"s":"BTCUSDT","t":28457,"p":"43210.10000000","q":"0.50000000","T":1700000000119,"m":false,"M":true}';

describe("normalize", () => {
  it("needs a venue: exit code 2", () => {
    const { status, stdout, stderr } = run(["normalize"], TRADE);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(
      /^error: expected --venue, as the input does not name one; known: binance [^\n]*\n$/,
    );
  });

  it.each([
    [["--venue", "binanse"], 'expected one that feedhorn speaks, saw "binanse"; did you mean binance?'],
    [["--venue", "x"], 'saw "x"; known: binance binance-usdm'],
    [["--venue"], "argument missing"],
    [["--venue", "binance", "--depth", "5"], "expected --books beside --depth and --final"],
    [["--venue", "binance", "--final"], "expected --books beside --depth and --final"],
    [
      ["--venue", "binance", "--books", "--depth", "0"],
      '--depth: expected a whole number from 1 on, saw "0"',
    ],
    [["--venue", "binance", "--max-line", "1e3"], '--max-line: expected a whole number from 1 on, saw "1e3"'],
    [["--venue", "binance", "--frames", "/nonexistent/x"], "--frames /nonexistent/x: no such file"],
    [["--venue", "binance", "--frames", "/"], "--frames /: expected a file, saw a folder"],
    [["--venue", "binance", "file.ndjson"], "too many arguments"],
  ])("%j is called wrongly: exit code 2", async (args, words) => {
    const { status, stdout, stderr } = await call(["normalize", ...args]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it.each([
    ["nothing", "", "standard input: expected frames, saw none"],
    ["empty lines", "\n\n", "standard input: expected frames, saw none"],
    [
      "no frame of this venue",
      "hello\n<x>\n",
      "none of 2 lines could be read; is it the venue that --venue says?",
    ],
    ["cut gzip", gzipSync(TRADE).subarray(0, 30), "damaged gzip: unexpected end of file"],
  ])("%s in the input: exit code 1", (_what, input, words) => {
    const { status, stdout, stderr } = run(["normalize", "--venue", "binance"], input);
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(words);
  });

  it("reads past everything that is bad, says where, and ends with 0", () => {
    const lines = [
      "\u001b]0;owned\u0007",
      TRADE,
      TRADE.replace("43210.10000000", "NaN"),
      TRADE.replace("43210.10000000", "-1"),
      TRADE.replace("0.50000000", "1e400"),
      '{"e":"newThing"}',
      `{"pad":"${"x".repeat(5000)}"}`,
      TRADE.replace("BTCUSDT", "NOSUCH"),
      TRADE.slice(0, -1),
      "\u0000\u00ff",
    ];
    const { status, stdout, stderr } = run(
      ["normalize", "--venue", "binance", "--max-line", "4096", "--summary"],
      lines.join("\r\n"),
    );
    expect(status).toBe(0);
    expect(events(stdout).map(({ symbol }) => symbol)).toEqual(["BTCUSDT", "NOSUCH"]);
    const said = stderr.trimEnd().split("\n");
    expect(said.slice(0, -1).map((line) => line.slice(0, 49))).toEqual([
      "line 1: bad frame: not JSON: \\u001b]0;owned\\u0007",
      "line 3: bad frame: expected a decimal >= 0 that f",
      "line 4: bad frame: expected a decimal >= 0 that f",
      "line 5: bad frame: expected a decimal >= 0 that f",
      'line 6: unknown frame: {"e":"newThing"}',
      "line 7: bad line: expected at most 4096 bytes, sa",
      'line 9: bad frame: not JSON: {"e":"trade","E":170',
      "line 10: bad frame: not JSON: \\u0000\u00ff",
    ]);
    expect(JSON.parse(said.at(-1)!)).toMatchObject({
      frames: 9,
      parsed: 2,
      unknown: 1,
      bad: 6,
      bad_lines: 1,
      events: { trade: 2 },
    });
  });

  it("says 20 bad frames one by one and counts the rest", () => {
    const { status, stderr } = run(["normalize", "--venue", "binance"], `${"bad\n".repeat(50)}${TRADE}\n`);
    const said = stderr.trimEnd().split("\n");
    expect([status, said.length, said[19], said[20]]).toEqual([
      0,
      21,
      "line 20: bad frame: not JSON: bad",
      "30 more lines like these",
    ]);
  });

  it("takes the venue from the header, and says when the two differ", () => {
    const frame = JSON.stringify({ ts: "1700000000000000000", dir: "in", text: TRADE });
    const input = `{"format":"frames/1","venue":"binance"}\n${frame}\n`;
    expect(events(run(["normalize"], gzipSync(input)).stdout)).toMatchObject([
      { venue: "binance", id: "28457" },
    ]);
    const other = run(["normalize", "--venue", "binance-us"], input);
    expect(other.stderr).toBe('line 1: the file says its frames are of "binance", read as binance-us\n');
    expect(events(other.stdout)).toMatchObject([{ venue: "binance-us" }]);
  });

  it("gives the same bytes every time", () => {
    const input = `${TRADE}\n`.repeat(1000);
    const [first, second] = [
      run(["normalize", "--venue", "binance"], input),
      run(["normalize", "--venue", "binance"], input),
    ];
    expect(first.stdout.length).toBeGreaterThan(100_000);
    expect(second.stdout).toBe(first.stdout);
  });

  it("ends quietly when its reader leaves", async () => {
    const { child, ended } = start("normalize", "--venue", "binance");
    child.stdin!.on("error", () => {});
    child.stdin!.end(`${TRADE}\n`.repeat(50_000));
    child.stdout!.once("data", () => child.stdout!.destroy());
    const { status, stderr } = await ended;
    expect([status, stderr]).toEqual([0, ""]);
  });
});
