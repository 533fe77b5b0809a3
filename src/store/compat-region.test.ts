import {
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeCompatTop } from "../log/compat-book-file.ts";
import { k4RegionBytes, K4Writer } from "../log/compat-k4.ts";
import type { K4Shape } from "../log/compat-k4.ts";
import { CompatFileError, readCompatTop } from "./compat-files.ts";
import { CompatOpenFile } from "./compat-open-file.ts";
import { openCompatRegion } from "./compat-region.ts";

let dir = "";
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "feedhorn-compat-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

const SHAPE: K4Shape = { record: "trade", symbols: ["BTCUSDT", "ETHUSDT"], records: 7 };

describe("a region", () => {
  it("is made whole, written through its mapping, and goes on in the same file", () => {
    const path = join(dir, "a", "trades");
    const region = openCompatRegion(path, SHAPE);
    expect([region.resumed, region.buffer.byteLength]).toEqual([false, k4RegionBytes(SHAPE)]);
    const writer = new K4Writer(region.buffer, SHAPE);
    writer.begin(1, 2);
    writer.commit(1);
    const bytes = readFileSync(path);
    expect(bytes.equals(Buffer.from(region.buffer))).toBe(true);
    expect(bytes.readBigUInt64LE(0)).toBe(1n);
    const again = openCompatRegion(path, SHAPE);
    expect([again.resumed, new K4Writer(again.buffer, SHAPE).has(1)]).toEqual([true, true]);
    expect(readdirSync(join(dir, "a"))).toEqual(["trades"]);
  });

  it("of another shape is replaced by a new file, and who has mapped the old one keeps it", () => {
    const path = join(dir, "other");
    const before = openCompatRegion(path, SHAPE);
    const old = statSync(path).ino;
    const now = openCompatRegion(path, { ...SHAPE, symbols: ["SOLUSDT"] });
    expect([now.resumed, statSync(path).ino === old]).toEqual([false, false]);
    expect([before.intact(), now.intact()]).toEqual([false, true]);
    expect(Buffer.from(before.buffer).toString("latin1")).toContain("ETHUSDT");
  });

  it("is not put where another file, a folder or a link is", () => {
    const path = join(dir, "foreign");
    writeFileSync(path, "somebody else's");
    expect(() => openCompatRegion(path, SHAPE)).toThrow(
      `${path}: expected a region of this form, saw another file`,
    );
    expect(readFileSync(path, "utf8")).toBe("somebody else's");
    symlinkSync(path, join(dir, "link"));
    for (const name of ["link", "."])
      expect(() => openCompatRegion(join(dir, name), SHAPE)).toThrow(CompatFileError);
  });
});

describe("a file held open", () => {
  const one = encodeCompatTop([1, 1], [2, 1], 3);
  const two = encodeCompatTop([1.5, 1], [2, 1], 4);

  it("is written in place, and put back when it was deleted or cut", () => {
    const path = join(dir, "b", "top");
    const file = new CompatOpenFile(path, one);
    expect(readCompatTop(path).timestampMs).toBe(3);
    file.write(two);
    expect([readCompatTop(path).bid?.price, file.restore(two)]).toEqual([1_500_000n, false]);
    truncateSync(path, 0);
    expect([file.restore(two), readCompatTop(path).timestampMs]).toEqual([true, 4]);
    rmSync(path);
    expect([file.restore(one), readCompatTop(path).timestampMs]).toEqual([true, 3]);
    file.close();
  });

  it("is not another program's", () => {
    const path = join(dir, "not-ours");
    writeFileSync(path, "somebody else's");
    expect(() => new CompatOpenFile(path, one)).toThrow(
      `${path}: expected 40 bytes, saw 15; not overwriting a file of another kind`,
    );
    expect(readFileSync(path, "utf8")).toBe("somebody else's");
  });
});
