import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeTextFile } from "./text-file.ts";

it("replaces a file whole, and leaves nothing behind when it cannot", () => {
  const dir = mkdtempSync(join(tmpdir(), "feedhorn-text-"));
  const file = join(dir, "a.svg");
  writeTextFile(file, "one");
  writeTextFile(file, "two");
  expect(readFileSync(file, "utf8")).toBe("two");
  expect(() => writeTextFile(join(dir, "none", "b.svg"), "x")).toThrow(
    /expected to write .*b\.svg, saw ENOENT/,
  );
  expect(() => writeTextFile(dir, "x")).toThrow(/expected to write /);
  expect(readdirSync(dir)).toEqual(["a.svg"]);
  rmSync(dir, { recursive: true });
});
