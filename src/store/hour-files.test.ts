import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { HourFiles } from "./hour-files.ts";

const HOUR = 3_600_000_000;
const NEW_YEAR = Date.UTC(2026, 0, 1) * 1000;

let dir: string;
let files: HourFiles;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-hours-"));
  files = new HourFiles(join(dir, "main"));
});
afterEach(() => rmSync(dir, { recursive: true }));

it("keeps a file an hour by date, and the last that was written", async () => {
  expect([files.hours(), HourFiles.roots(dir), HourFiles.roots(join(dir, "none"))]).toEqual([[], [], []]);
  for (const [hour, text] of [
    [NEW_YEAR, "a"],
    [NEW_YEAR - HOUR, "b"],
    [NEW_YEAR, "c"],
  ] as const)
    await files.write(hour, text);
  expect(files.file(NEW_YEAR - HOUR)).toBe(join(dir, "main", "2025-12-31", "23.ndjson"));
  expect(files.hours()).toEqual([NEW_YEAR - HOUR, NEW_YEAR]);
  expect(files.hours().map((hour) => files.read(hour))).toEqual(["b", "c"]);
  expect(HourFiles.roots(dir)).toEqual(["main"]);
});

it("leaves the file as it was when a write does not come to its end", async () => {
  await files.write(NEW_YEAR, "whole");
  writeFileSync(`${files.file(NEW_YEAR)}.tmp`, "ha");
  expect([files.hours(), files.read(NEW_YEAR)]).toEqual([[NEW_YEAR], "whole"]);
  await files.write(NEW_YEAR, "again");
  expect([files.read(NEW_YEAR), readdirSync(join(dir, "main", "2026-01-01"))]).toEqual([
    "again",
    ["00.ndjson"],
  ]);
});

it("removes days that are over, and nothing that is not its own", async () => {
  const days = [-2, -1, 0].map((day) => NEW_YEAR + day * 24 * HOUR);
  for (const day of days) await files.write(day, "x");
  const note = join(dir, "main", "2025-12-30", "note.txt");
  writeFileSync(note, "mine");
  await files.removeBefore(NEW_YEAR - 24 * HOUR - 1);
  expect(files.hours()).toEqual(days);
  await files.removeBefore(NEW_YEAR);
  expect([files.hours(), existsSync(note)]).toEqual([[NEW_YEAR], true]);
  expect(existsSync(join(dir, "main", "2025-12-31"))).toBe(false);
});
