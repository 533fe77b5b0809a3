import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { parquet } from "../../src/sinks/parquet.ts";
import { seeded } from "../stress/pattern.ts";
import { batchFrom, BLOCK } from "./market.ts";
import { proofOf } from "./proof.ts";
import { hostOf, LAKE_OPTIONS, temporaryFolder } from "./rig.ts";

const KILLS = Number(process.env["KILLS"] ?? 10);
/** Of the changes of the file system every so many is tried. */
const STRIDE = process.env["FEEDHORN_LONG"] === undefined ? 12 : 3;
const MERGES = 4;
const SEED = Number(process.env["SEED"] ?? 20261121);

/** From the `left`-th change of the file system on, nothing changes any more: what a kill in that moment leaves behind. */
const crash = vi.hoisted(() => ({ left: Infinity, seen: 0 }));

vi.mock("node:fs", async (original) => {
  const fs = await original<Record<string, (...args: unknown[]) => unknown>>();
  const changing = ["renameSync", "fsyncSync", "writeFileSync", "rmSync", "mkdirSync"];
  const mortal =
    (name: string) =>
    (...args: unknown[]) => {
      crash.seen += 1;
      if (--crash.left < 0) throw new Error("killed");
      return fs[name]!(...args);
    };
  return { ...fs, ...Object.fromEntries(changing.map((name) => [name, mortal(name)])) };
});

const root = temporaryFolder("feedhorn-crash-", afterAll);
beforeEach(() => {
  crash.left = Infinity;
});

/** Writes the log up to `blocks` from wherever the lake is, a flush every three; then merges what can be. */
async function write(data: string, blocks: number): Promise<void> {
  const { host, told } = hostOf(data);
  const sink = await parquet.open({ ...LAKE_OPTIONS, compact: true }, host);
  try {
    let at = sink.resumeAt!("main") ?? 0;
    for (; at < blocks * BLOCK; at += BLOCK) {
      await sink.write(batchFrom(at));
      if ((at / BLOCK) % 3 === 2) await sink.flush();
    }
    for (let i = 0; i < MERGES; i++) await sink.flush();
    if (told.reports.length > 0) throw new Error(JSON.stringify(told.reports));
  } finally {
    await sink.close();
  }
}

describe("a writer that dies", () => {
  it.each([
    ["a new lake", 0],
    ["one with files to merge", 6],
  ])(
    "before any change of the files of %s leaves what goes on without a hole or a duplicate",
    async (_, before) => {
      const base = path.join(root, `base${before}`);
      if (before > 0) await write(base, before);
      const begin = (name: string): string => {
        const data = path.join(root, `${name}-${before}`);
        if (before > 0) cpSync(base, data, { recursive: true });
        return data;
      };
      const all = begin("whole");
      crash.seen = 0;
      await write(all, 9);
      const changes = crash.seen;
      const whole = await proofOf(path.join(all, "lake"));
      expect(whole).toMatchObject({ first: 0, end: 9 * BLOCK, slots: 9 * BLOCK, breaks: 0 });
      for (let died = STRIDE >> 1; died < changes; died += STRIDE) {
        const data = begin(`died${died}`);
        crash.left = died;
        // What fails while merging is told of, not thrown.
        await write(data, 9).catch(() => undefined);
        crash.left = Infinity;
        await write(data, 9);
        expect(await proofOf(path.join(data, "lake")), `change ${died}`).toMatchObject({
          ...whole,
          files: expect.any(Number),
        });
      }
    },
    240_000,
  );

  it(
    `by kill -9 at ${KILLS} random moments goes on without a hole or a duplicate`,
    async () => {
      const random = seeded(SEED);
      const data = path.join(root, "killed");
      const file = path.join(import.meta.dirname, "crash-child.ts");
      for (let kill = 0; kill < KILLS; kill++) {
        const child = spawn(process.execPath, ["--import", "tsx", file, data], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        await once(child.stdout, "data");
        await sleep(random() * 400);
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      const { host, told } = hostOf(data);
      const sink = await parquet.open(LAKE_OPTIONS, host);
      const end = sink.resumeAt!("main")!;
      await sink.close();
      expect(told.reports).toEqual([]);
      expect(await proofOf(path.join(data, "lake"))).toMatchObject({ first: 0, end, slots: end, breaks: 0 });
      expect(end).toBeGreaterThan(BLOCK);
    },
    60_000 + KILLS * 5000,
  );
});
