import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { RingWriter } from "../../src/log/index.ts";
import { createRegion, defaultDir, regionPath } from "../../src/store/index.ts";
import { Child, compileScripts, HERE, removeScripts } from "./child.ts";
import { putEvent } from "./pattern.ts";

/** Wakes of the long and the short run; STRESS=1 or CI for the long one. */
const LONG = process.env["STRESS"] !== undefined || process.env["CI"] !== undefined;
const WAKES = LONG ? 1_000_000 : 30_000;
const SMALL = { slots: 1024, venues: 1, instruments: 1, counters: 1, histograms: 1, readers: 8 };
/** Longest sleep: with a lost wake a run does not go on before this is over, and says so earlier. */
const NAP_MS = 60_000;

let dir: string;
beforeAll(() => {
  compileScripts();
  dir = fs.mkdtempSync(
    path.join(process.platform === "linux" ? path.dirname(defaultDir()) : os.tmpdir(), "feedhorn-wake-"),
  );
});
afterEach(() => Child.killAll());
afterAll(() => {
  removeScripts();
  fs.rmSync(dir, { recursive: true });
});

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

function inC(): string {
  const program = path.join(dir, "sleeper");
  const flags = ["-std=gnu11", "-O2", "-Wall", "-Wno-unused-function", "-o", program];
  execFileSync("cc", [...flags, path.join(HERE, "sleeper.c")]);
  return program;
}

/** A reader in its own process, in row `row` of the readers table, that sleeps whenever there is nothing to read. */
function sleeper(language: string, file: string, row: number, slots: number): Child {
  const args = [file, String(row), String(NAP_MS), String(slots)];
  if (language === "C") return new Child(inC(), args);
  if (language === "Python") return new Child("python3", ["-B", path.join(HERE, "sleeper.py"), ...args]);
  return Child.script("sleeper.ts", ...args);
}

describe.skipIf(process.platform !== "linux")("readers that sleep on the head", () => {
  it.each([
    ["TypeScript", ["TypeScript"], WAKES],
    ["TypeScript twice and C", ["TypeScript", "C", "TypeScript"], WAKES / 10],
    ["TypeScript, C and Python", ["TypeScript", "C", "Python"], WAKES / 50],
  ])("are woken for every commit: %s", { timeout: 600_000 }, async (_, languages, wakes) => {
    const here = languages.filter(
      (one) => (one !== "C" || has("cc")) && (one !== "Python" || has("python3")),
    );
    const lane = `wake-${languages.join("-")}`;
    createRegion({ dir, lane, ...SMALL }).close();
    const writer = Child.script("waker.ts", dir, lane, String(wakes), String(here.length), "7");
    expect(await writer.line()).toBe("ready");
    const readers = here.map((one, row) => sleeper(one, regionPath(lane, dir), row, wakes));
    for (const reader of readers) expect(await reader.line()).toBe("ready");
    writer.say("go");
    expect(await writer.line()).toBe(`woken ${wakes}`);
    for (const reader of readers) {
      const { naps, ...read } = JSON.parse((await reader.line()) ?? "{}") as Record<string, number>;
      expect(read).toEqual({ seen: wakes, torn: 0, lost: 0 });
      expect(naps).toBeGreaterThan(wakes / 4); // most commits found it asleep or on its way
    }
  });

  it(
    "cost the writer nothing once they were killed, and take no wake from others",
    { timeout: 60_000 },
    async () => {
      const { region, close } = createRegion({ dir, lane: "killed", ...SMALL });
      let rings = 0;
      const ring = (): void => {
        rings += 1;
        region.bell!.ring();
      };
      const writer = new RingWriter(region.control, region.slots, { sleeps: region.sleeps, ring });
      const commit = (): void => {
        putEvent(writer, writer.head, 1);
        writer.commit();
      };
      const kills = 20;
      const survivor = sleeper("TypeScript", regionPath("killed", dir), 0, kills * 50 + 1);
      expect(await survivor.line()).toBe("ready");
      const asleep = async (count: number): Promise<void> => {
        while (region.sleeps[0]! < count) await pause(1);
        await pause(20);
      };
      await asleep(1);
      for (let i = 0; i < kills; i++) {
        const victim = sleeper("TypeScript", regionPath("killed", dir), 1, 1_000_000);
        const before = region.sleeps[0]!;
        expect(await victim.line()).toBe("ready");
        await asleep(before + 1);
        expect(await victim.kill()).toBe(true);
        for (let n = 0; n < 50; n++) commit();
        await asleep(before + 2);
      }
      commit();
      expect(JSON.parse((await survivor.line()) ?? "{}")).toMatchObject({
        seen: kills * 50 + 1,
        lost: 0,
      });
      // nobody is left: after two commits the writer is silent
      commit();
      commit();
      rings = 0;
      for (let n = 0; n < 1000; n++) commit();
      expect(rings).toBe(0);
      close();
    },
  );
});

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
