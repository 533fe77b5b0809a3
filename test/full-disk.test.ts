import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRegion, openRegion, RegionError } from "../src/store/index.ts";

/** A real file system of one megabyte; only root may make one. */
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "feedhorn-full-"));
let mounted = false;
try {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", dir], { stdio: "ignore" });
  mounted = true;
} catch {
  // said in the name of the suite
}

afterAll(() => {
  // Lazily: mappings live as long as their process.
  if (mounted) execFileSync("umount", ["-l", dir]);
  fs.rmdirSync(dir);
});

describe.skipIf(!mounted)(`a full file system${mounted ? "" : " (skipped: mounting one takes root)"}`, () => {
  const small = { dir, slots: 512, venues: 2, instruments: 16, counters: 16, histograms: 2, readers: 2 };

  beforeAll(() => {
    createRegion({ lane: "first", ...small }).close();
  });

  it("refuses a region that does not fit, in one line, and leaves nothing behind", () => {
    const big = { lane: "second", ...small, slots: 65_536 };
    expect(() => createRegion(big)).toThrow(RegionError);
    expect(() => createRegion(big)).toThrow(
      /expected \d+ bytes of room, saw ENOSPC; free space or ask for fewer slots/,
    );
    expect(fs.readdirSync(dir)).toEqual(["first.region"]);
  });

  it("goes on writing to one that was made before the disk was full", () => {
    fs.writeFileSync(path.join(dir, "filler"), "");
    try {
      fs.writeFileSync(path.join(dir, "filler"), Buffer.alloc(2 << 20));
    } catch {
      // full now
    }
    const handle = createRegion({ lane: "first", ...small });
    handle.region.slots.i32.fill(7);
    expect(openRegion(handle.path!).region.slots.i32.every((word) => word === 7)).toBe(true);
    handle.close();
  });
});
