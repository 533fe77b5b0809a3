import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RingReader } from "../../src/log/index.ts";
import { createRegion, defaultDir, openRegion, regionPath } from "../../src/store/index.ts";
import { Child, compileScripts, HERE, removeScripts } from "./child.ts";
import { isWhole, seeded } from "./pattern.ts";

/** Slots of the long and the short run; STRESS=1 or CI for the long one. */
const LONG = process.env["STRESS"] !== undefined || process.env["CI"] !== undefined;
const SLOTS = LONG ? 10_000_000 : 1_000_000;
const KILLS = 200;
const SMALL = { venues: 1, instruments: 1, counters: 1, histograms: 1, readers: 8 };
const LINUX = process.platform === "linux";

let dir: string;
beforeAll(() => {
  compileScripts();
  // where lanes live; elsewhere a page flush may come between
  const parent = LINUX ? path.dirname(defaultDir()) : os.tmpdir();
  dir = fs.mkdtempSync(path.join(parent, "feedhorn-stress-"));
});
afterEach(() => Child.killAll());
afterAll(() => {
  removeScripts();
  fs.rmSync(dir, { recursive: true });
});

describe("one writer, many readers, each in its own process", () => {
  it.each([512, 8192])(
    "nobody sees a torn slot and seen + lost = written (%d slots)",
    { timeout: 180_000 },
    async (slots) => {
      const lane = `pace-${slots}`;
      const file = regionPath(lane, dir);
      const done = path.join(dir, `${lane}.done`);
      createRegion({ dir, lane, slots, ...SMALL }).close();
      const readers = [Child.script("reader.ts", file, done), Child.script("reader.ts", file, done)];
      if (spawnSync("cc", ["--version"]).status === 0) readers.push(new Child(compile(), [file, done]));
      for (const reader of readers) expect(await reader.line()).toBe("ready");
      const writer = Child.script("writer.ts", dir, lane, String(SLOTS), String(slots));
      expect(await writer.line()).toBe("ready");
      writer.say("go");
      expect(await writer.line()).toBe("epoch 1");
      const written = Number((await writer.line())?.replace("head ", ""));
      expect(written).toBeGreaterThanOrEqual(SLOTS);
      fs.writeFileSync(`${done}.tmp`, String(written));
      fs.renameSync(`${done}.tmp`, done);
      for (const reader of readers) {
        const result = JSON.parse((await reader.line()) ?? "{}") as Record<string, number>;
        expect(result).toMatchObject({ torn: 0, rows: true });
        expect(result["seen"]! + result["lost"]!).toBe(written);
      }
    },
  );
});

function compile(): string {
  const program = path.join(dir, "reader");
  const flags = ["-std=gnu11", "-O2", "-Wall", "-Wno-unused-function", "-o", program];
  execFileSync("cc", [...flags, path.join(HERE, "reader.c")]);
  return program;
}

describe(`a writer killed at ${KILLS} random moments`, () => {
  it(
    "leaves a region that reads back and that the next writer goes on with",
    { timeout: 300_000 },
    async () => {
      const random = seeded(20260101);
      createRegion({ dir, lane: "kill", slots: 1024, ...SMALL }).close();
      const { region } = openRegion(regionPath("kill", dir));
      const follower = new RingReader(region.control, region.slots);
      follower.seek(0);
      const epochs: number[] = [];
      follower.onEpoch = (epoch) => epochs.push(epoch);
      let seen = 0;
      let torn = 0;
      const read = (reader: RingReader): number =>
        reader.poll((slots, word) => (torn += isWhole(slots, word, reader.cursor) ? 0 : 1));
      const start = (i: number): Child => Child.script("writer.ts", dir, "kill", "0", String(i));
      const warm = [start(0), start(1), start(2)];
      let begun = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        const writer = warm.shift()!;
        expect(await writer.line()).toBe("ready");
        const before = follower.head;
        writer.say("go");
        const early = random() < 0.2;
        if (!early) expect(await writer.line()).toBe(`epoch ${begun + 1}`);
        await new Promise((wake) => setTimeout(wake, random() * 12));
        expect(await writer.kill()).toBe(true);
        if (kill + 3 < KILLS) warm.push(start(kill + 3));
        seen += read(follower);
        const now = follower.epoch;
        expect(now - begun).toBeLessThanOrEqual(1);
        if (!early) expect(now).toBe(begun + 1);
        begun = now;
        expect(follower.head).toBeGreaterThanOrEqual(before);
        const fresh = openRegion(regionPath("kill", dir)).region;
        const again = new RingReader(fresh.control, fresh.slots);
        again.seekOldest();
        read(again);
        expect([torn, again.cursor, again.lost]).toEqual([0, follower.head, 0]);
        expect(seen + follower.lost).toBe(follower.head);
      }
      expect(epochs).toEqual(Array.from({ length: begun }, (_, i) => i + 1));
      expect(begun).toBeGreaterThan(KILLS * 0.8);
    },
  );
});
