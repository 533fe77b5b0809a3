import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { replay } from "../src/app/replay.ts";
import type { ReplaySummary } from "../src/app/replay.ts";
import type { ScannerChoice } from "../src/app/scanner.ts";
import { venueById } from "../src/venues/index.ts";

/** A recorded session through the real path, read back by every client there is. */
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CAPTURES = process.env["FEEDHORN_CAPTURES"] ?? path.join(ROOT, "../shared/captures");
const SESSIONS = [
  { venue: "binance", file: "binance-spot.frames.ndjson", books: 4, trades: 2, quotes: 84 },
  { venue: "binance-us", file: "binance-us.frames.ndjson", books: 4, trades: 11, quotes: 128 },
  { venue: "binance-usdm", file: "binance-usdm.frames.ndjson", books: 4, trades: 91, quotes: 613 },
];

let dir: string;
beforeAll(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-replay-"));
});
afterAll(() => fs.rmSync(dir, { recursive: true }));

function has(program: string): boolean {
  if (process.env["CI"] !== undefined) return true;
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function play(venue: string, file: string, lane: string, scanner: ScannerChoice): Promise<ReplaySummary> {
  const frames = path.join(CAPTURES, file);
  return replay({
    venue: venueById(venue)!,
    frames,
    lane,
    dir,
    slots: 65_536,
    speed: 0,
    report: () => undefined,
    scanner,
  });
}

function text(command: string, args: readonly string[]): string {
  return execFileSync(command, args, {
    encoding: "utf8",
    cwd: ROOT,
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

const here = fs.existsSync(path.join(CAPTURES, SESSIONS[0]!.file));
const why = here ? "" : ` (skipped: no recorded sessions in ${CAPTURES}; set FEEDHORN_CAPTURES)`;

describe.skipIf(!here).each(SESSIONS)(`replay of $file${why}`, ({ venue, file, books, trades, quotes }) => {
  it("proves every book, commits every event, and gives the same slots without the scanner", async () => {
    const first = await play(venue, file, `${venue}-a`, "wasm");
    expect(first).toMatchObject({ badLines: 0, books, booksLive: books });
    const second = await play(venue, file, `${venue}-b`, "js");
    expect(second.slots).toBe(first.slots);
    const follow = (lane: string): string =>
      text("npx", [
        "tsx",
        "clients/reader.ts",
        path.join(dir, `${lane}.region`),
        "--from",
        "oldest",
        "--count",
        String(count),
      ]);
    const count = trades + quotes;
    expect(follow(`${venue}-b`)).toBe(follow(`${venue}-a`));
  });

  it.skipIf(!has("cc") || !has("python3"))(
    "reads the same in TypeScript, C and Python (skipped without cc or python3)",
    async () => {
      await play(venue, file, `${venue}-c`, "auto");
      const region = path.join(dir, `${venue}-c.region`);
      const binary = path.join(dir, "reader");
      execFileSync("cc", ["-O2", "-o", binary, path.join(ROOT, "clients/c/reader.c"), "-lm"]);
      const count = Number(text("node", ["--import", "tsx", "-e", COUNT, region]));
      const args = [region, "--from", "oldest", "--count", String(count)];
      const typescript = text("npx", ["tsx", "clients/reader.ts", ...args]);
      expect(text(binary, args)).toBe(typescript);
      expect(text("python3", ["-B", "clients/python/feedhorn.py", ...args])).toBe(typescript);
      const lines = typescript
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { type: string });
      expect(lines.filter((one) => one.type === "trade")).toHaveLength(trades);
      expect(lines.filter((one) => one.type === "quote")).toHaveLength(quotes);
    },
  );
});

/** Events in a region, by their LAST flags. */
const COUNT = `
  const { RingReader, slotFlags } = await import("${ROOT}src/log/index.ts");
  const { openRegion } = await import("${ROOT}src/store/index.ts");
  const { region } = openRegion(process.argv.at(-1));
  const reader = new RingReader(region.control, region.slots);
  reader.seekOldest();
  let count = 0;
  reader.poll((slots, word) => { if ((slotFlags(slots, word) & 128) !== 0) count += 1; });
  console.log(count);
`;
