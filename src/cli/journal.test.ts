import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EventWriter, RingWriter } from "../log/index.ts";
import { SymbolTable } from "../model/index.ts";
import { CursorFile, heapRegion, journalFolder, JournalWriter } from "../store/index.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
let data: string;

beforeAll(async () => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-cli-journal-"));
  const handle = heapRegion({
    lane: "main",
    slots: 512,
    venues: 1,
    instruments: 1,
    counters: 1,
    histograms: 1,
    readers: 2,
  });
  const { region } = handle;
  const out = new EventWriter(new RingWriter(region.control, region.slots), new SymbolTable());
  const folder = journalFolder(data, "main");
  const journal = new JournalWriter(folder, "main", { segmentBytes: 8192 });
  journal.attach(handle);
  for (let i = 0; i < 300; i++) {
    out.num.set([i, 1]);
    out.trade(0, 1, 0);
    out.ring.commit();
    if (i % 50 === 49) journal.poll();
  }
  new CursorFile(folder, "lake").write(120);
  await journal.close();
});
afterAll(() => fs.rmSync(data, { recursive: true }));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", MAIN, "journal", ...args, "--data", data],
    { encoding: "utf8" },
  );
  return { status, stdout, stderr };
}

it("lists segments and cursors, verifies, and names what is missing", () => {
  const list = run();
  expect(list.stdout).toMatch(
    /^main: 2 segments, 19\.\d KiB\n\nfirst slot +size +written\n +0 +\S+ KiB +.*ago\n +150 /,
  );
  expect(list.stdout).toMatch(/sink +next slot +segments behind\nlake +120 +1\n/);
  const good = run("main", "--verify");
  expect([good.status, good.stdout]).toEqual([
    0,
    expect.stringMatching(/300 +150 .*whole, closed\n[\s\S]*no holes/),
  ]);
  const file = path.join(journalFolder(data, "main"), "0000000000000000.fhj");
  const bytes = fs.readFileSync(file);
  bytes[4000]! ^= 1;
  fs.writeFileSync(file, bytes);
  const bad = run("--verify", "--json");
  expect(bad.status).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({
    lane: "main",
    segments: [
      { first: 0, problem: "3240 bytes between blocks are none" },
      { first: 150, next: 300, problem: null },
    ],
    cursors: [{ sink: "lake", next: 120 }],
    holes: [{ first: 50, last: 100, reason: "damaged" }],
  });
  expect(run("main", "--forget", "lake").stdout).not.toContain("lake");
  expect(run("other")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("saw none; name the data folder") as string,
  });
});
