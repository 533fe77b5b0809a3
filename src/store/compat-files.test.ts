import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { encodeCompatBook, encodeCompatTop } from "../log/compat-book-file.ts";
import { CompatFileError, readCompatBook, readCompatTop, writeCompatFile } from "./compat-files.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-compat-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

it("writes the bytes in place and reads them back", () => {
  const path = join(dir, "book");
  writeCompatFile(path, encodeCompatBook([[2, 1]], [[3, 1]], 1));
  const inode = statSync(path).ino;
  const second = encodeCompatBook([[2.5, 1]], [[3, 1]], 2);
  writeCompatFile(path, second);
  expect(readFileSync(path).equals(second)).toBe(true);
  expect(statSync(path).ino).toBe(inode);
  expect(readCompatBook(path)).toEqual({
    bids: [{ price: 2_500_000n, quantity: 1_000_000n }],
    asks: [{ price: 3_000_000n, quantity: 1_000_000n }],
    timestampMs: 2,
  });
});

it("names the path and the reason of every refusal", () => {
  const other = join(dir, "other");
  writeFileSync(other, "somebody else's");
  const top = encodeCompatTop([1, 1], [2, 1], 3);
  expect(() => writeCompatFile(other, top)).toThrow(`${other}: expected 40 bytes, saw 15; not overwriting`);
  expect(readFileSync(other, "utf8")).toBe("somebody else's");
  expect(() => readCompatTop(other)).toThrow(`${other}: expected a top of book file of 40 bytes, saw 15`);
  expect(() => readCompatTop(join(dir, "none"))).toThrow(/none: no such file or folder/);
  expect(() => readCompatBook(dir)).toThrow(CompatFileError);
  const link = join(dir, "link");
  symlinkSync(other, link);
  expect(() => writeCompatFile(link, top)).toThrow(`${link}: a symbolic link`);
  writeFileSync(join(dir, "long"), Buffer.alloc(41));
  expect(() => readCompatTop(join(dir, "long"))).toThrow("of 40 bytes, saw 41");
});
