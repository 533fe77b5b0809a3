import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { Room } from "./room.ts";

const { bavail, blocks, bsize } = fs.statfsSync(tmpdir());

it("asks for its reserve, of a small disk for an eighth of it, and for nothing when there is none", () => {
  expect(() => new Room(tmpdir(), 0).check(0)).not.toThrow();
  expect(() => new Room(tmpdir(), 1).check(0)).not.toThrow();
  const huge = new Room(tmpdir(), Number.MAX_SAFE_INTEGER);
  if (bavail * 8 >= blocks) expect(() => huge.check(0)).not.toThrow();
  else expect(() => huge.check(0)).toThrow(`of ${Math.round((blocks * bsize) / 8)} that are kept for sinks`);
});
